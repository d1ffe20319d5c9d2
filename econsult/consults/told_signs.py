"""Signs of danger that were told and stop nothing any more: those of the same day, and stops of the same child before.

Whoever reads a request must know of them, and neither waits as long as what is routine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from econsult.consults.asked import signs_in_forms
from econsult.consults.details import flags_of
from econsult.consults.handover import reopened_at
from econsult.consults.records import RANKS, UNCALLED, Consult, Kind, RedFlagStop, Source, Urgency, by_today
from econsult.consults.redflags import ASKED_AT, UNSAFE, flags_today
from econsult.consults.screening import attested_among
from econsult.people.deaths import the_dead
from econsult.people.persons import FAMILIES, Person

STOP_LINGERS = timedelta(hours=48)
"""So long after a stop a question about the same child is looked at with that in mind."""


def is_uncalled() -> tuple[ColumnElement[bool], ...]:
    """What holds of a family's stop, or hint of one, that nobody has dealt with: with its `Consult`, and its `Person`.

    A clinician who was stopped while writing has the child in view: there is nobody to call. On the telephone it is the
    family that was stopped, whoever wrote it down. Nobody telephones where a child has died.
    """
    is_familys = or_(Person.role.in_(FAMILIES), Consult.source == Source.PHONE)
    return (
        and_(UNCALLED, is_familys),
        Consult.patient_id.not_in(the_dead()),
    )


def signs_for_today(session: Session, consult: Consult) -> tuple[str, ...]:
    """The codes of the signs told with this request, in the list or in an answer to a form, for which a doctor should
    see the child the same day."""
    return flags_today((*flags_of(consult.details), *signs_in_forms(session, consult)))


def stopped_before(session: Session, consults: Iterable[Consult]) -> dict[int, list[RedFlagStop]]:
    """By consult, the stops of the same child shortly before it was sent or opened again and until it was answered,
    oldest first: of other requests, and of its own those for which nobody answered with an attestation, however late
    they came.

    A family that was stopped and then says "none of these" may be right, or may only want to get through: whoever reads
    the question must know. That a home is not safe is not told here: it belongs to its own line and no further.
    """
    sent = [consult for consult in consults if consult.submitted_at is not None]
    query = select(RedFlagStop, Consult.patient_id).join(Consult, Consult.id == RedFlagStop.consult_id)
    # The sum keeps SQLite from beginning with all that was ever asked about these children: stops are few.
    query = query.where((Consult.patient_id + 0).in_({consult.patient_id for consult in sent}))
    since = min((consult.submitted_at for consult in sent if consult.submitted_at is not None), default=None)
    query = query.where(RedFlagStop.at >= since - STOP_LINGERS) if since is not None else query
    query = query.where(~RedFlagStop.is_attested, ~RedFlagStop.is_hint, RedFlagStop.codes != UNSAFE)
    stops = list(session.execute(query.order_by(RedFlagStop.id))) if sent else []
    answered = attested_among(session, [consult.id for consult in sent]) if stops else {}
    reopened = reopened_at(session, [consult.id for consult in sent]) if stops else {}
    found = {
        consult.id: [
            stop
            for stop, patient_id in stops
            if patient_id == consult.patient_id
            and (
                _came_after(stop, consult, reopened.get(consult.id, ()))
                or any(_led_to(stop, at) for at in (consult.submitted_at, *reopened.get(consult.id, ())))
            )
            and not (stop.consult_id == consult.id and consult.id in answered)
        ]
        for consult in sent
    }
    return {number: earlier for number, earlier in found.items() if earlier}


def _led_to(stop: RedFlagStop, asked_at: datetime | None) -> bool:
    return asked_at is not None and asked_at - STOP_LINGERS <= stop.at <= asked_at


def _came_after(stop: RedFlagStop, consult: Consult, reopened: Collection[datetime]) -> bool:
    """Whether the sign was told once the question was sent: on the question itself, in a window of before, or anywhere
    else after it was last asked and before it was answered or had ended.
    """
    if consult.submitted_at is None or stop.at <= consult.submitted_at:
        return False
    over_at = consult.answered_at or consult.ended_at
    is_waiting = over_at is None or stop.at <= over_at
    return stop.consult_id == consult.id or (is_waiting and stop.at > max(reopened, default=consult.submitted_at))


def hastened(session: Session, consult: Consult, wish: Urgency, now: datetime) -> Urgency:
    """How urgent a question is that is asked now: of the same day at least where a sign was told that asks for it, or
    where its child was stopped shortly before.

    Call it once the question counts as sent or opened again at `now`.
    """
    stops = stopped_before(session, [consult]).get(consult.id, ())
    is_today = _asks_for_today(session, consult, now) or any(_led_to(stop, now) for stop in stops)
    return by_today(wish) if is_today else wish


def hasten(session: Session, consult: Consult, now: datetime) -> None:
    """Make a request that is sent now as urgent as what was told with it; see `hastened`.

    Stops of before hasten a family's question alone: a clinic has seen the child since, and says itself how soon. A
    sign of the same day in an answer to its form counts as one in the list.
    """
    wish = Urgency(consult.urgency)
    if consult.kind == Kind.FAMILY_QUESTION:
        wish = hastened(session, consult, wish, now)
    elif _asks_for_today(session, consult, now):
        wish = by_today(wish)
    consult.urgency, consult.urgency_rank = wish, RANKS[wish]


def _asks_for_today(session: Session, consult: Consult, now: datetime) -> bool:
    """Whether a sign of the same day was told, not long before: a question asked again weeks later is another one."""
    said_at = consult.details.get(ASKED_AT)
    is_late = isinstance(said_at, str) and now - datetime.fromisoformat(said_at) >= STOP_LINGERS
    return bool(signs_for_today(session, consult)) and not is_late

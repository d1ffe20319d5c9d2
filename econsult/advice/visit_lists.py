"""The visits of a clinic or a program: which need somebody, which are to be arranged, which are ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from econsult.access import patients_on
from econsult.advice.following import Followed, with_words
from econsult.advice.lists import answers_of
from econsult.consults.conversion import VISIT
from econsult.consults.recommendations import TO_DO, Recommendation
from econsult.consults.records import Consult
from econsult.consults.visits import CURRENT, Reply, Visit, VisitState
from econsult.errors import ForbiddenError
from econsult.people.caregivers import caregivers_of
from econsult.people.deaths import died_among, the_dead
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

SHOWN = 200
PLACES = 20
STAFFS = ("pcp", "specialist", "coordinator")
GROUPS = ("needs", "arrange", "coming", "listed")


@dataclass(frozen=True)
class Entry:
    """One line of a list.

    `why` says what somebody must do: died, withdrawn, changed, past, cannot, ride, call or list; empty for nothing.
    """

    followed: Followed
    consult: Consult
    patient: Patient
    visit: Visit | None = None
    why: str = ""


def visit_lists(session: Session, person: Person, now: datetime) -> dict[str, list[Entry]]:
    """Of GROUPS each with its lines: what needs somebody, steps without a visit, and what is ahead, the soonest first.

    A clinic's are those of its own requests, the desk's those of the program. Raises ForbiddenError for others.
    """
    scope = _scope(person)
    ahead = select(Recommendation, Consult, Visit).join(Visit, Visit.recommendation_id == Recommendation.id)
    ahead = ahead.join(Consult, Consult.id == Recommendation.consult_id).where(Visit.state.in_(CURRENT), *scope)
    rows: list[tuple[Recommendation, Consult, Visit | None]] = [
        (step, consult, visit)
        for step, consult, visit in session.execute(ahead.order_by(Visit.starts_at, Visit.id).limit(SHOWN))
    ]
    rows += [(step, consult, None) for step, consult in session.execute(_to_arrange(scope).limit(SHOWN))]
    children = patients_on(session, person, [consult for _, consult, _ in rows], now=now)
    dead = died_among(session, set(children))
    steps = [step for step, _, _ in rows]
    words = with_words(session, steps, answers_of(session, steps))
    found: dict[str, list[Entry]] = {name: [] for name in GROUPS}
    for followed, (_, consult, visit) in zip(words, rows, strict=True):
        child = children[consult.patient_id]
        why = _why(session, followed.step, consult, visit, now, is_dead=child.id in dead) if visit else ""
        group = "needs" if why else _group(visit)
        found[group].append(Entry(followed, consult, child, visit, why))
    return found


def places_known(session: Session, person: Person) -> list[tuple[str, str]]:
    """Where visits of this program were booked lately, with the telephone numbers: so that nobody types them again."""
    query = (
        select(Visit)
        .join(Consult, Consult.id == Visit.consult_id)
        .where(Consult.program_id == person.program_id)
        .order_by(Visit.id.desc())
        .limit(PLACES)
    )
    return list(dict.fromkeys((each.place, each.phone or "") for each in session.scalars(query) if each.place))


def _scope(person: Person) -> list[ColumnElement[bool]]:
    if person.role == Role.PCP and person.organization_id is not None:
        return [Consult.program_id == person.program_id, Consult.organization_id == person.organization_id]
    if person.role == Role.COORDINATOR:
        return [Consult.program_id == person.program_id]
    raise ForbiddenError("The clinic and the desk keep the visits.")


def _to_arrange(scope: Sequence[ColumnElement[bool]]) -> Select[Recommendation, Consult]:
    """The steps of the staff that lead to a visit of which nobody has booked any."""
    is_booked = exists().where(Visit.recommendation_id == Recommendation.id, Visit.state.in_(CURRENT))
    return (
        select(Recommendation, Consult)
        .join(Consult, Consult.id == Recommendation.consult_id)
        .where(
            Recommendation.state.in_(TO_DO),
            Recommendation.kind == VISIT,
            Recommendation.owner.in_(STAFFS),
            ~is_booked,
            Consult.consent_withdrawn_at.is_(None),
            Consult.patient_id.not_in(the_dead()),
            *scope,
        )
        .order_by(Recommendation.due_at, Recommendation.id)
    )


def _why(
    session: Session, step: Recommendation, consult: Consult, visit: Visit, now: datetime, *, is_dead: bool
) -> str:
    """What somebody must do about a visit; empty where it only waits for its day."""
    is_over = visit.is_over(now)
    reasons = {
        "died": is_dead,
        "withdrawn": consult.consent_withdrawn_at is not None,
        "changed": step.state not in TO_DO,
        "list": visit.state == VisitState.LISTED and visit.asked_at is not None,
        "past": is_over,
        "cannot": visit.reply == Reply.CANNOT,
        "ride": visit.reply == Reply.RIDE,
    }
    found = next((name for name, holds in reasons.items() if holds), "")
    is_reminded = visit.reminded_at is not None and visit.reply is None
    if not found and is_reminded and not _has_account(session, consult, now):
        return "call"
    return found


def _has_account(session: Session, consult: Consult, now: datetime) -> bool:
    return bool(caregivers_of(session, consult.patient_id, now, only_self=consult.is_confidential))


def _group(visit: Visit | None) -> str:
    if visit is None:
        return "arrange"
    return "listed" if visit.state == VisitState.LISTED else "coming"

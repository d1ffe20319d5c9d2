"""What a change of who is there or may take what would do to open requests: done, looked at and taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from econsult.consults.desks import desk_gaps
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, number_of
from econsult.consults.wishes import Wish
from econsult.people.persons import Person
from econsult.queue.forecast import CLINIC_AWAY, Forecast, Gap, LatePromise, Risk, forecast
from econsult.queue.reoffering import MOST, ORDER, roster_changed
from econsult.rosters.shifts import TimeOff, rostered
from econsult.rosters.stretches import outside
from econsult.rosters.watching import look_soon

AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class Stretch:
    """A time in which nobody would answer for a specialty although somebody does now, or the other way round.

    Without a specialty it is the desk's: no coordinator would be there.
    """

    specialty: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Promised:
    """A promise of an open request, as plain values: what was tried out is gone when it is shown."""

    number: str
    specialty: str
    clock: str
    lane: str
    why: str
    due_at: datetime


@dataclass(frozen=True)
class Offered:
    """A request that waits and would be offered elsewhere: at the desk, or to the pool of `specialty`.

    `is_kept`: somebody alone is asked, by name. `was_kept`: somebody alone is asked now, and would be no longer.
    """

    number: str
    specialty: str
    is_at_desk: bool
    is_kept: bool = False
    was_kept: bool = False


@dataclass(frozen=True)
class Returned:
    """A request that somebody has and would lose: it would wait for `specialty`, or at the desk where nobody may."""

    number: str
    holder: str
    specialty: str
    is_at_desk: bool


@dataclass(frozen=True)
class Trial:
    """What would be otherwise within a week; `is_part` where more runs out than was looked at.

    `late` would be late and is not now, `kept` the other way round; `sooner` is how many requests would have to be
    taken sooner, since somebody comes sooner. `moved` are requests that wait and would be offered elsewhere, as they
    would be then; `returned` are those that would be taken from whoever has them. `unplanned` are specialties of which
    nothing is planned any more, so that their whole pool counts as on duty at all hours.
    """

    late: list[Promised]
    kept: list[Promised]
    uncovered: list[Stretch]
    covered: list[Stretch]
    sooner: int
    moved: list[Offered]
    returned: list[Returned]
    unplanned: list[str]
    is_part: bool

    @property
    def is_quiet(self) -> bool:
        """Whether nothing would change for anybody."""
        somebody = self.uncovered or self.covered or self.unplanned
        return not (self.late or self.kept or self.sooner or self.moved or self.returned or somebody)


def try_out(session: Session, program_id: int, act: Callable[[Session], object], now: datetime) -> Trial:
    """Do it, compare what will be late before and after, and take it back; whatever `act` raises is raised.

    Nothing of it stays, no notice and no line of the trail either. It wants a transaction of its own: what the caller
    did before in the same one would miss its line of the trail.
    """
    before = _ahead(session, program_id, now)
    planned, offered = rostered(session, program_id), _offered(session, program_id, now)
    held = _held(session, program_id)
    attempt = session.begin_nested()
    try:
        # The watch is locked before any consult, as the clock process does.
        look_soon(session, program_id, now)
        act(session)
        sooner = roster_changed(session, program_id, now)
        after = _ahead(session, program_id, now)
        kept = {each.number for each in offered if each.is_kept}
        returned = _returned(session, held)
        known = {*offered, *_as_offered(returned)}
        moved = [
            replace(each, was_kept=each.number in kept and not each.is_kept)
            for each in _offered(session, program_id, now)
            if each not in known
        ]
        unplanned = sorted(planned - rostered(session, program_id))
        return replace(_compared(before, after, sooner, unplanned), moved=moved, returned=returned)
    finally:
        attempt.rollback()


def _ahead(session: Session, program_id: int, now: datetime) -> Forecast:
    """The forecast of the week, with the times in which nobody is at the desk."""
    found = forecast(session, program_id, now, AHEAD)
    desk = [Gap("", start, end, 0) for start, end in desk_gaps(session, program_id, now, now + AHEAD)]
    return replace(found, gaps=[*found.gaps, *desk])


def _offered(session: Session, program_id: int, now: datetime) -> list[Offered]:
    """Where each request that waits is offered; so many are looked at as one form offers again."""
    columns = (Consult.id, Consult.specialty, Consult.fallback_specialty, Consult.is_unallocated)
    kept = exists().where(Wish.consult_id == Consult.id, Wish.first_until > now, ~_leaves_before(now))
    waiting = select(*columns, kept.label("is_kept")).where(
        Consult.program_id == program_id, Consult.status == Status.SUBMITTED
    )
    rows = session.execute(waiting.order_by(*ORDER).limit(MOST))
    return [
        Offered(
            number_of(row.id),
            row.fallback_specialty or row.specialty or "",
            row.is_unallocated,
            is_kept=row.is_kept,
        )
        for row in rows
    ]


def _leaves_before(now: datetime) -> ColumnElement[bool]:
    """Whether the named person's leave begins before their time is over: then the others are asked sooner."""
    return exists().where(
        TimeOff.person_id == Wish.named_id, TimeOff.starts_at < Wish.first_until, TimeOff.ends_at > now
    )


def _held(session: Session, program_id: int) -> dict[int, tuple[int, str]]:
    """What somebody has, by number, with who it is."""
    has = (Consult.program_id == program_id, Consult.status.in_((Status.CLAIMED, Status.NEEDS_INFO)))
    query = select(Consult.id, Person.id.label("holder"), Person.name).join(Person, Person.id == Consult.holder_id)
    rows = session.execute(query.where(*has).order_by(*ORDER).limit(MOST))
    return {row.id: (row.holder, row.name) for row in rows}


def _returned(session: Session, held: Mapping[int, tuple[int, str]]) -> list[Returned]:
    """Of these what its holder has no more."""
    columns = (Consult.id, Consult.holder_id, Consult.specialty, Consult.fallback_specialty, Consult.is_unallocated)
    rows = session.execute(select(*columns).where(Consult.id.in_(held)).order_by(Consult.id)) if held else ()
    return [
        Returned(number_of(row.id), held[row.id][1], row.fallback_specialty or row.specialty or "", row.is_unallocated)
        for row in rows
        if row.holder_id != held[row.id][0]
    ]


def _as_offered(returned: Iterable[Returned]) -> list[Offered]:
    return [Offered(each.number, each.specialty, each.is_at_desk) for each in returned]


def _compared(before: Forecast, after: Forecast, sooner: int, unplanned: list[str]) -> Trial:
    return Trial(
        late=_without_promises(after.risks, before.risks),
        kept=_without_promises(_known(before.risks, unplanned), after.risks),
        uncovered=_without(after.gaps, before.gaps),
        covered=[each for each in _without(before.gaps, after.gaps) if each.specialty not in unplanned],
        sooner=sooner,
        moved=[],
        returned=[],
        unplanned=unplanned,
        is_part=before.is_part or after.is_part,
    )


def _known(risks: Iterable[Risk], unplanned: Collection[str]) -> list[Risk]:
    """What of these can be told to be kept: without a plan, nobody knows any more which specialist is there."""
    found = (
        replace(risk, late=tuple(each for each in risk.late if each.why == CLINIC_AWAY))
        if risk.consult.specialty in unplanned
        else risk
        for risk in risks
    )
    return [risk for risk in found if risk.late]


def _without_promises(risks: Iterable[Risk], others: Iterable[Risk]) -> list[Promised]:
    """Each consult of `risks` once, by the first of its late promises that are not among those of the `others`."""
    known = {(risk.consult.id, each.clock, each.lane) for risk in others for each in risk.late}
    fresh = (
        (risk, [each for each in risk.late if (risk.consult.id, each.clock, each.lane) not in known]) for risk in risks
    )
    return [_promised(risk.consult, late[0]) for risk, late in fresh if late]


def _promised(consult: Consult, late: LatePromise) -> Promised:
    return Promised(consult.number, consult.specialty or "", late.clock, late.lane, late.why, late.due_at)


def _without(gaps: Iterable[Gap], others: Iterable[Gap]) -> list[Stretch]:
    """The stretches of `gaps` that lie in none of the `others`."""
    left = [Stretch(gap.specialty, gap.start, gap.end) for gap in gaps]
    for other in others:
        parted = (
            [each] if each.specialty != other.specialty else outside(each, other.start, other.end) for each in left
        )
        left = [part for parts in parted for part in parts]
    return sorted(left, key=lambda each: (each.start, each.specialty))

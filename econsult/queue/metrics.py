"""How the promise was kept, worked out from the ledger alone, so that anybody can work it out again.

What is counted by specialty, site and language is that of whom was asked when the promise broke, or else when it was
kept: sending a request on, or giving it to another clinic, changes no figure of before.

A clock counts in the period in which it stopped by being kept. One that was broken and never kept counts in the period
in which it was broken, whether it still runs or was given up (the question was sent on, taken back or closed): a pause
that came later moves nothing of that, and a promise for sooner than now is broken from when it was made. Test consults
never count. Times are the wall's, as families live through them, and net of pauses, as specialists are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from econsult.cells import harmless
from econsult.consults.ledger import OFFERED_ANEW, Asked, Clock, ClockEvent, ClockState
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.replies import FAMILY
from econsult.figuring import grouped, hours, percent, site_names, within_hours
from econsult.queue.replay import NOTHING, STEPS, Replayed, replay_all

KEPT_BY = {
    ClockName.ALLOCATE: {"claim", "assign"},
    ClockName.FIRST_REPLY: {"signed", "decline"},
    ClockName.NEXT_REPLY: {"reply", "signed", "released"},
    ClockName.FAMILY_INFORMED: {"opened", "phone", "visit", "code"},
}
"""What stops a clock by doing what was promised. Anything else (taken back, sent on, reopened) was no answer: a promise
that ends so before its time counts nowhere, and one that was broken by then stays broken. Another target for the same
promise (less urgent now, a newer policy) is no new promise: what was late against the old one counts as late, once."""

BEFORE = datetime.min.replace(tzinfo=UTC)
SHARES = (50, 90, 99)
"""The percentiles that are told of times."""
MEDICAL_HOME = "family_question"
"""Stands for a specialty where none was asked."""
Late = tuple[int, str, float]


@dataclass(frozen=True)
class Facts:
    """What figures are split by."""

    specialty: str
    site: str
    language: str


@lru_cache(maxsize=4096)
def _as_of(facts: Facts, asked: Asked) -> Facts:
    """As it was written down then; as it is now where nobody did. Of a month's requests a few hundred differ."""
    known = asked.known()
    named = {"specialty": known.get("specialty") or MEDICAL_HOME, "site": str(known.get("site") or "")}
    return replace(facts, **{name: str(named.get(name, value)) for name, value in known.items()})


@dataclass(frozen=True)
class Broken:
    """When a promise was broken, what it had promised, and who was asked."""

    at: datetime
    target: timedelta
    asked: Asked


@dataclass(frozen=True)
class Kept:
    """One clock that was kept, or broken and never kept."""

    clock: Replayed
    facts: Facts
    wall: timedelta
    net: timedelta
    target: timedelta

    @property
    def is_within(self) -> bool:
        # What ends at the very instant of its deadline is broken where the ledger says so.
        return self.net <= self.target and not self.clock.is_breached


@dataclass(frozen=True)
class Figure:
    """One line: how many, how many of them in time, and the times in hours."""

    clock: str
    by: str
    value: str
    count: int
    within: int
    wall: tuple[float, ...]
    net: tuple[float, ...]

    def as_row(self) -> dict[str, Any]:
        """The line with the names of its columns; the share is in percent."""
        times = {
            f"{kind}_p{share}_h": value
            for kind, values in (("wall", self.wall), ("net", self.net))
            for share, value in zip(SHARES, values, strict=True)
        }
        share = percent(self.within, self.count)
        named = {"clock": self.clock, "by": self.by, "value": harmless(self.value)}
        return {**named, "count": self.count, "within": self.within, "percent_within": share, **times}


def figures(
    session: Session,
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    program_id: int | None = None,
    is_past: bool = False,
) -> list[Figure]:
    """The figures of the period from `start` up to, not including, `end`: over all, by specialty, site and language.

    They are one program's where one is named, else the installation's. Where `now` `is_past`, they are what they were
    then: what was late and has been kept since counts as it counted on that day.
    """
    kept = _kept(session, (start, end), now, program_id, until=now if is_past else None)
    return _figures(list(kept), site_names(session, program_id))


def figures_and_missed(
    session: Session, start: datetime, end: datetime, now: datetime, *, program_id: int | None = None
) -> tuple[list[Figure], list[Late]]:
    """What `figures` says of the period, and its broken promises, the latest first: consult id, clock, and by how many
    hours net of pauses. The ledger is read once for both.
    """
    kept = list(_kept(session, (start, end), now, program_id))
    return _figures(kept, site_names(session, program_id)), _missed(kept)


def _figures(kept: Sequence[Kept], sites: Mapping[str, str]) -> list[Figure]:
    found = []
    for name in ClockName:
        ours = [each for each in kept if each.clock.name == name]
        found += _split(name, "all", ours, lambda _each: "")
        found += _split(name, "specialty", ours, lambda each: each.facts.specialty)
        found += _split(name, "site", ours, lambda each: sites.get(each.facts.site, each.facts.site))
        found += _split(name, "language", ours, lambda each: each.facts.language)
    return found


def _missed(kept: Iterable[Kept]) -> list[Late]:
    late = [each for each in kept if not each.is_within]
    late.sort(key=lambda each: each.target - each.net)
    return [(each.clock.consult_id, each.clock.name, hours(each.net - each.target)) for each in late]


def _kept(
    session: Session,
    period: tuple[datetime, datetime],
    now: datetime,
    program_id: int | None,
    *,
    until: datetime | None = None,
) -> Iterator[Kept]:
    wanted = _wanted(period, program_id)
    facts = _facts(session, wanted)
    # What was written by a moment is told by the order of all lines.
    only = () if until is not None else (ClockEvent.kind.not_in(STEPS),)
    for clocks in replay_all(session, ClockEvent.consult_id.in_(wanted), *only, until=until):
        around = facts.get(clocks[0].consult_id)
        if around is None:  # Sent a moment ago: PostgreSQL shows each statement what there is by then.
            continue
        waits = _waits(clocks)
        for clock, broken in _promises(clocks, now):
            at = _counted_at(clock, broken)
            if at is not None and period[0] <= at < period[1]:
                target = min([clock.target, *(each.target for each in broken)])
                wall = clock.wall(now) + (waits[clock.cycle] if clock.name == ClockName.ALLOCATE else NOTHING)
                yield Kept(clock, _then(around, clock, broken, now), wall, clock.net(now), target)


def _promises(clocks: Sequence[Replayed], now: datetime) -> Iterator[tuple[Replayed, list[Broken]]]:
    """Each promise by its last cycle, and how it was broken in this one and in those that this one took over from."""
    broken, made_at = list[Broken](), BEFORE
    # Two lanes wait for a reply side by side, and so does what a family asked before a signature beside what it asked
    # after; their cycles are numbered in one row. Whatever takes over keeps the start of what it takes over from.
    for clock in sorted(clocks, key=lambda each: (each.name, each.lane, each.started_at or BEFORE, each.cycle)):
        if _is_broken(clock, now):
            at = max(clock.broken_at or clock.deadline_at or BEFORE, made_at)
            broken.append(Broken(at, clock.target, clock.asked_at(at)))
        if clock.is_superseded:
            made_at = clock.stopped_at or BEFORE
        else:
            yield clock, broken
            broken, made_at = [], BEFORE


def _then(around: Facts, clock: Replayed, broken: Sequence[Broken], now: datetime) -> Facts:
    """The facts as they were when the promise broke, else when it ended, whatever came later."""
    return _as_of(around, broken[0].asked if broken else clock.asked_at(clock.stopped_at or now))


def _waits(clocks: Sequence[Replayed]) -> dict[int, timedelta]:
    """How long a request had waited to be taken before it was offered anew, by the cycle that began then."""
    found: dict[int, timedelta] = {}
    since: datetime | None = None
    for clock in sorted((each for each in clocks if each.name == ClockName.ALLOCATE), key=attrgetter("cycle")):
        starts = clock.started_at or clock.stopped_at
        began = since or starts
        found[clock.cycle] = starts - began if starts and began else NOTHING
        since = began if clock.is_superseded or clock.reason in OFFERED_ANEW else None
    return found


def _counted_at(clock: Replayed, broken: Sequence[Broken]) -> datetime | None:
    """When the promise counts, if it does."""
    if clock.stopped_at is not None and clock.reason in _kept_by(clock):
        return clock.stopped_at
    return broken[0].at if broken else None


def _kept_by(clock: Replayed) -> set[str]:
    """A signature is an answer to the clinic alone: the family cannot read it before it is released."""
    return KEPT_BY[ClockName(clock.name)] - ({"signed"} if clock.lane == FAMILY else set())


def _is_broken(clock: Replayed, now: datetime) -> bool:
    # The times say it too where no clock process was there to write that the promise was broken.
    return clock.is_breached or clock.net(now) > clock.target


def _wanted(period: tuple[datetime, datetime], program_id: int | None) -> Select[int]:
    """The consults of which something may count in the period, so that no page reads the ledger of all years.

    What is kept has its line then; what is broken has one at that moment or later, or its clock runs and is late.
    """
    has_line = select(ClockEvent.consult_id).where(ClockEvent.at >= period[0])
    runs_late = select(Clock.consult_id).where(Clock.state != ClockState.STOPPED, Clock.deadline_at < period[1])
    chosen = select(Consult.id).where(~Consult.is_test, Consult.id.in_(has_line.union(runs_late)))
    return chosen if program_id is None else chosen.where(Consult.program_id == program_id)


def _facts(session: Session, wanted: Select[int]) -> Mapping[int, Facts]:
    columns = (Consult.id, Consult.specialty, Consult.organization_id, Consult.language)
    query = select(*columns).where(Consult.id.in_(wanted))
    return {
        row.id: Facts(row.specialty or MEDICAL_HOME, str(row.organization_id or ""), row.language)
        for row in session.execute(query)
    }


def _split(name: str, by: str, kept: Iterable[Kept], key: Callable[[Kept], str]) -> list[Figure]:
    return [_figure(name, by, value, group) for value, group in grouped(kept, key)]


def _figure(name: str, by: str, value: str, group: list[Kept]) -> Figure:
    wall = within_hours((each.wall for each in group), *SHARES)
    net = within_hours((each.net for each in group), *SHARES)
    return Figure(name, by, value, len(group), sum(each.is_within for each in group), wall, net)

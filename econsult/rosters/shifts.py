"""The roster: weekly shifts in local time, time off and swaps, as spans of real time.

A shift says "Tuesdays 18:00 to 06:00 in Denver": it starts and ends by the clock on the wall, so that it is an hour
shorter or longer on the nights when the clocks change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, String, bindparam, exists, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, numbered_within, program_of
from econsult.database import Base, Instant
from econsult.people.ages import home_zone
from econsult.people.persons import Person, PractitionerSpecialty, specialties_of
from econsult.picking import one_of
from econsult.rosters.damaged import is_sound, readable
from econsult.rosters.stretches import outside, within
from econsult.zones import zone_of

DAY = timedelta(days=1)
OVER = 4 * DAY
"""A shift of a day that lies further back than this has ended wherever it was planned."""
HORIZON = timedelta(days=8)
"""A weekly roster repeats within a week: whoever does not come within this time never comes."""


class Shift(Base):
    """One person's weekly duty for a specialty: `starts` minutes after midnight, for `minutes` by the wall clock."""

    __tablename__ = "shift"
    __table_args__ = (
        Index("ix_shift_specialty", "program_id", "specialty"),
        numbered_within("shift"),
        *in_program("shift", person_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    specialty: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    weekday: Mapped[int]
    starts: Mapped[int]
    minutes: Mapped[int]
    time_zone: Mapped[str] = mapped_column(String(40))
    from_day: Mapped[date] = mapped_column(Date)
    to_day: Mapped[date | None] = mapped_column(Date)


class TimeOff(Base):
    """Somebody is away, whatever the roster says."""

    __tablename__ = "time_off"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)


_ASKED = text("accepted_at IS NULL AND declined_at IS NULL")
_ACCEPTED = text("accepted_at IS NOT NULL")


class Swap(Base):
    """One shift of one day given to somebody else; it counts once that person has accepted.

    Of a shift and day one may be accepted and another asked for: the first counts until the second is accepted.
    """

    __tablename__ = "swap"
    __table_args__ = (
        Index("uq_swap_asked", "shift_id", "on_day", unique=True, sqlite_where=_ASKED, postgresql_where=_ASKED),
        Index(
            "uq_swap_accepted", "shift_id", "on_day", unique=True, sqlite_where=_ACCEPTED, postgresql_where=_ACCEPTED
        ),
        *in_program("swap", shift_id="shift", to_id="person", asked_by_id="person"),
    )

    program_id: Mapped[int | None] = program_of("shift")
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    on_day: Mapped[date] = mapped_column(Date)
    to_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    declined_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True)
class Span:
    """Somebody is on duty from `start` up to, not including, `end`; `shift_id` and `day` name the entry it is from."""

    person_id: int
    start: datetime
    end: datetime
    shift_id: int = 0
    day: date | None = None


def wall(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The instant at which the clock on the wall shows so many minutes after the day's midnight, in UTC.

    A time that is left out in spring counts as an hour later; of one that comes twice in autumn the first is meant.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return shown.replace(tzinfo=zone).astimezone(UTC)


def _hours(day: date, starts: int, minutes: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when a shift lasts: for no time where it ends within the hour that is left out in spring."""
    opens = wall(day, starts, zone)
    return opens, max(opens, wall(day, starts + minutes, zone))


def has_roster(session: Session, program_id: int, specialty: str) -> bool:
    """Whether anybody was ever put on a roster for the specialty; without one, the whole pool counts as on duty."""
    query = select(Shift.id).where(Shift.program_id == program_id, Shift.specialty == specialty)
    return session.scalars(query.limit(1)).first() is not None


def rostered(session: Session, program_id: int) -> set[str]:
    """The specialties for which somebody was ever put on a roster."""
    return set(session.connection().scalars(_ROSTERED, {"program": program_id}))


def spans(session: Session, program_id: int, specialty: str, start: datetime, end: datetime) -> list[Span]:
    """Who is on duty for the specialty between two instants: swaps and time off are taken in, earliest start first."""
    return all_spans(session, program_id, (specialty,), start, end)[specialty]


def all_spans(
    session: Session, program_id: int, specialties: Collection[str], start: datetime, end: datetime
) -> dict[str, list[Span]]:
    """What `spans` says of each of these specialties, in four statements however many they are."""
    found: dict[str, list[Span]] = {name: [] for name in specialties}
    given = {"program": program_id, "specialties": list(specialties), "since": start.date() - OVER}
    shifts = readable(session, _SHIFTS, Shift, given)
    home, names = home_zone(session), {shift.id: shift.specialty for shift in shifts}
    planned = [span for shift in shifts for span in _planned(shift, home, start, end)]
    there = _still_here(session, _swapped(session, planned), names) if planned else []
    cut = [within(span, start, end) for span in there]
    for span in without_time_off(session, cut, start, end):
        found[names[span.shift_id]].append(span)
    return found


# Made once each, for the clock process asks them for every program in every minute.
_ROSTERED = select(Shift.specialty).where(Shift.program_id == bindparam("program")).distinct()
_SHIFTS = select(Shift).where(
    Shift.program_id == bindparam("program"),
    Shift.specialty.in_(bindparam("specialties", expanding=True)),
    or_(Shift.to_day.is_(None), Shift.to_day >= bindparam("since")),
)
_SWAPS = select(Swap).where(one_of(Swap.shift_id, "shifts"), Swap.accepted_at.is_not(None))
_HERE = (
    select(PractitionerSpecialty.person_id, PractitionerSpecialty.specialty)
    .join(Person, Person.id == PractitionerSpecialty.person_id)
    .where(one_of(Person.id, "people"), Person.is_active)
)
_OFF = (
    select(TimeOff)
    .where(one_of(TimeOff.person_id, "people"))
    .where(TimeOff.starts_at < bindparam("end"), TimeOff.ends_at > bindparam("start"))
    .order_by(TimeOff.starts_at)
)


def is_off_duty(session: Session, person: Person, specialties: Collection[str], now: datetime) -> bool:
    """Whether the person is away, or off duty by the roster for all of these specialties that they answer for.

    Somebody with a specialty that has no roster is on duty, like its whole pool.
    """
    own = specialties_of(session, person) & set(specialties)
    is_planned = bool(own) and own <= rostered(session, person.program_id)
    if is_off(session, person.id, now):
        return True
    return is_planned and not any(person.id in on_duty(session, person.program_id, name, now) for name in own)


def own_spans(session: Session, person: Person, start: datetime, end: datetime) -> list[tuple[str, Span]]:
    """When this person is on duty between two instants, and for which specialty, earliest start first."""
    found = [
        (specialty, span)
        for specialty in sorted(rostered(session, person.program_id))
        for span in spans(session, person.program_id, specialty, start, end)
        if span.person_id == person.id
    ]
    return sorted(found, key=lambda each: (each[1].start, each[0]))


def whole_span(session: Session, shift: Shift, day: date) -> Span:
    """The shift of this day, as the weekly plan says; a damaged one lasts for no time."""
    zone = zone_of_shift(session, shift)
    starts, minutes = (shift.starts, shift.minutes) if is_sound(shift) else (0, 0)
    opens, ends = _hours(day, starts, minutes, zone)
    return Span(shift.person_id, opens, ends, shift.id, day)


def zone_of_shift(session: Session, shift: Shift) -> ZoneInfo:
    """The zone in which the shift is planned; where this machine does not know it, the program's."""
    return zone_of(shift.time_zone, home_zone(session), f"shift {shift.id}")


def without_time_off(session: Session, given: Sequence[Span], start: datetime, end: datetime) -> list[Span]:
    """These spans between two instants without the time off of their people, earliest start first."""
    return sorted(_without(given, _away(session, given, start, end)), key=lambda span: (span.start, span.person_id))


def on_duty(session: Session, program_id: int, specialty: str, now: datetime) -> set[int]:
    """The ids of those who are on duty at this moment."""
    return {span.person_id for span in spans(session, program_id, specialty, now, now + timedelta(microseconds=1))}


def awake_among(session: Session, people: Collection[Person], now: datetime) -> set[int]:
    """The ids of those of these people who are on duty at this moment, for any of their specialties."""
    if not people:
        return set()
    own = select(Person.program_id, PractitionerSpecialty.specialty).join(
        Person, Person.id == PractitionerSpecialty.person_id
    )
    own = own.where(
        Person.id.in_({person.id for person in people}),
        exists().where(Shift.program_id == Person.program_id, Shift.specialty == PractitionerSpecialty.specialty),
    ).distinct()
    here = {number for row in session.execute(own) for number in on_duty(session, row.program_id, row.specialty, now)}
    return here & {person.id for person in people}


def is_away(now: datetime) -> ColumnElement[bool]:
    """Whether a person is away at this moment, as a part of a look at people."""
    return exists().where(TimeOff.person_id == Person.id, TimeOff.starts_at <= now, TimeOff.ends_at > now)


def is_off(session: Session, person_id: int, now: datetime) -> bool:
    """Whether the person is away at this moment."""
    return session.scalar(select(Person.id).where(Person.id == person_id, is_away(now))) is not None


def first_cover(
    session: Session, program_id: int, specialty: str, people: Collection[int], now: datetime
) -> datetime | None:
    """When one of these people comes on duty next, after now; None where none of them does within the week."""
    found = spans(session, program_id, specialty, now, now + HORIZON)
    return next((span.start for span in found if span.person_id in people and span.start > now), None)


def _planned(shift: Shift, home: str, start: datetime, end: datetime) -> list[Span]:
    """The shift's spans that touch the stretch, as the weekly plan says; none of a damaged one."""
    if not is_sound(shift):
        return []
    zone = zone_of(shift.time_zone, home, f"shift {shift.id}")
    day = start.astimezone(zone).date() - 2 * DAY - timedelta(minutes=shift.minutes)
    last = end.astimezone(zone).date() + DAY
    found = []
    while day <= last:
        if day.weekday() == shift.weekday and shift.from_day <= day <= (shift.to_day or last):
            opens, ends = _hours(day, shift.starts, shift.minutes, zone)
            if max(opens, start) < min(ends, end):
                found.append(Span(shift.person_id, opens, ends, shift.id, day))
        day += DAY
    return found


def _swapped(session: Session, planned: Sequence[Span]) -> list[Span]:
    shifts = {"shifts": {span.shift_id for span in planned}}
    given = {(swap.shift_id, swap.on_day): swap.to_id for swap in readable(session, _SWAPS, Swap, shifts)}
    return [
        replace(span, person_id=given.get((span.shift_id, span.day), span.person_id)) if span.day else span
        for span in planned
    ]


def _still_here(session: Session, given: Sequence[Span], specialties: Mapping[int, str]) -> list[Span]:
    """Without who has left, or answers no more for the shift's specialty (by its number), whose ever the shift was."""
    rows = session.execute(_HERE, {"people": {span.person_id for span in given}})
    here = {(row.person_id, row.specialty) for row in rows}
    return [span for span in given if (span.person_id, specialties[span.shift_id]) in here]


def _away(session: Session, planned: Sequence[Span], start: datetime, end: datetime) -> list[TimeOff]:
    people = {span.person_id for span in planned}
    return readable(session, _OFF, TimeOff, {"people": people, "start": start, "end": end}) if people else []


def _without(planned: Iterable[Span], away: Sequence[TimeOff]) -> list[Span]:
    """The spans with everybody's time off cut out of them."""
    left = list(planned)
    for off in away:
        parted = (
            [span] if span.person_id != off.person_id else outside(span, off.starts_at, off.ends_at) for span in left
        )
        left = [part for parts in parted for part in parts]
    return left

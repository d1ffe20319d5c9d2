"""Changing the roster: shifts and time off, each checked and written down."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from econsult import audit
from econsult.cursors import no_such_page, pack, unpack
from econsult.database import changed_rows, new_public_id
from econsult.errors import InvalidError, NotFoundError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import SPECIALTIES, Person, member_of, specialties_of
from econsult.rosters.sent_away import note_sent_away
from econsult.rosters.shifts import Shift, Swap, TimeOff
from econsult.trail import AuditEvent

LONGEST_SHIFT = 24 * 60
LATEST = 1000
"""So many rows of the trail are looked through for what somebody else did a moment ago."""
LONGEST_AWAY = timedelta(days=366)


@dataclass(frozen=True)
class ShiftForm:
    """A weekly shift as a form gives it: `starts` in minutes after midnight, by the clock on the wall.

    With `on_day` it is of that day alone, whatever the weekday is.
    """

    person: str
    specialty: str
    weekday: int
    starts: int
    minutes: int
    time_zone: str
    on_day: date | None = None


class AwayPage(NamedTuple):
    """Times off with the names of whom they are of, and the cursor of the next page, if there is one."""

    rows: list[tuple[TimeOff, str]]
    next_cursor: str


def add_shift(session: Session, by: Person, form: ShiftForm, *, now: datetime) -> Shift:
    """Put somebody on the weekly roster from today on, or on duty once. Raises InvalidError naming each wrong field.

    Once is beside a weekly plan: without one, everybody counts as on duty, and one day would make it the whole plan.
    """
    person = member_of(session, by, form.person)
    wrong: dict[str, str] = {}
    if person is None or form.specialty not in specialties_of(session, person):
        wrong["person"] = "unsuitable"
    if form.specialty not in SPECIALTIES:
        wrong["specialty"] = "unknown_value"
    if form.weekday not in range(7):
        wrong["weekday"] = "invalid"
    if form.starts not in range(24 * 60):
        wrong["starts"] = "invalid"
    if not 15 <= form.minutes <= LONGEST_SHIFT:
        wrong["hours"] = "invalid"
    if not _is_zone(form.time_zone):
        wrong["time_zone"] = "unknown_value"
    today = now.astimezone(ZoneInfo(form.time_zone)).date() if _is_zone(form.time_zone) else now.date()
    if form.on_day is not None and not today <= form.on_day <= today + LONGEST_AWAY:
        wrong["on_day"] = "passed"
    if wrong or person is None:
        raise InvalidError("This shift is not right: " + ", ".join(sorted(wrong)) + ".", wrong)
    if form.on_day is not None and not _has_plan(session, by, form.specialty):
        raise InvalidError("There is no weekly plan beside which it would be.", {"on_day": "no_plan"})
    _check_new(session, person, form)
    shift = Shift(
        program_id=by.program_id,
        specialty=form.specialty,
        person_id=person.id,
        weekday=_weekday(form),
        starts=form.starts,
        minutes=form.minutes,
        time_zone=form.time_zone,
        from_day=form.on_day or today,
        to_day=form.on_day,
    )
    session.add(shift)
    session.flush()
    tell_changed(session, by, {person.id}, now)
    write_down(session, by, "add_shift", f"{shift.id}", now)
    return shift


def _weekday(form: ShiftForm) -> int:
    return form.weekday if form.on_day is None else form.on_day.weekday()


def _has_plan(session: Session, by: Person, specialty: str) -> bool:
    """Whether the specialty has a weekly plan, which nobody may end meanwhile."""
    own = (Shift.program_id == by.program_id, Shift.specialty == specialty, Shift.to_day.is_(None))
    return (
        session.scalars(select(Shift.id).where(*own).order_by(Shift.id).with_for_update(key_share=True)).first()
        is not None
    )


def _check_new(session: Session, person: Person, form: ShiftForm) -> None:
    """Raise InvalidError where this person has a shift with the same beginning already, every week or on that day."""
    _hold(session, person)
    same = {"specialty": form.specialty, "weekday": _weekday(form), "starts": form.starts, "time_zone": form.time_zone}
    query = select(Shift.id).filter_by(person_id=person.id, **same)
    query = query.where(or_(Shift.to_day.is_(None), Shift.to_day == form.on_day))
    if session.scalars(query.limit(1)).first() is not None:
        raise InvalidError("This person has this shift already.", {"starts": "taken"})


def _hold(session: Session, person: Person) -> None:
    """One form of the roster at a time for each person: two clicks at once would both find nothing."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def remove_shift(session: Session, by: Person, shift_id: int, *, now: datetime, ends_plan: bool = False) -> None:
    """Take a shift off the roster, with its swaps; who has it, and who took a day of it that is to come, is told.

    Without its last weekly shift a specialty has no plan, and its whole pool counts as on duty at all hours: raises
    InvalidError where that is not meant (`ends_plan`). What was planned for single days ends with it.
    """
    plan = _plan_of(session, by, shift_id)
    shift = plan.pop(shift_id)
    is_last = shift.to_day is None and all(each.to_day for each in plan.values())
    if is_last and not ends_plan:
        raise InvalidError("This is the last shift of the plan.", {"ends_plan": "required"})
    gone = {each.id: each for each in (shift, *(plan.values() if is_last else ()))}
    since = now.date() - timedelta(days=2)
    coming = select(Swap.to_id).where(Swap.shift_id.in_(gone), Swap.on_day >= since, Swap.accepted_at.is_not(None))
    theirs = {each.person_id for each in gone.values() if each.to_day is None or each.to_day >= since}
    tell_changed(session, by, theirs | set(session.scalars(coming)), now)
    session.execute(delete(Swap).where(Swap.shift_id.in_(gone)))
    for each in gone.values():
        session.delete(each)
    write_down(session, by, "remove_shift", f"{shift_id}", now)


def is_just_gone(session: Session, by: Person, act: str, number: int) -> bool:
    """Whether somebody of this program removed this shift, or ended this time off, by one of its latest acts."""
    latest = select(AuditEvent.action, AuditEvent.entity, AuditEvent.entity_id)
    latest = latest.where(AuditEvent.program_id == by.program_id).order_by(AuditEvent.sequence.desc()).limit(LATEST)
    return (act, "roster", f"{number}") in set(map(tuple, session.execute(latest)))


def _plan_of(session: Session, by: Person, shift_id: int) -> dict[int, Shift]:
    """All shifts of the specialty of this one, held until the end. Raises NotFoundError.

    Two who take the last two off at once must not each see the other's.
    """
    specialty = select(Shift.specialty).where(Shift.id == shift_id, Shift.program_id == by.program_id)
    query = select(Shift).where(Shift.program_id == by.program_id, Shift.specialty == specialty.scalar_subquery())
    held = query.order_by(Shift.id).with_for_update().execution_options(populate_existing=True)
    plan = {shift.id: shift for shift in session.scalars(held)}
    if shift_id not in plan:
        raise NotFoundError
    return plan


def take_off(
    session: Session, by: Person, person_id: str, starts_at: datetime, ends_at: datetime, *, now: datetime
) -> TimeOff:
    """Somebody is away between two instants. Where a time off that ends with it holds that already, it is that one.

    So a form that was sent twice makes one, and ending it ends it; "from now" is some seconds later the second time.
    """
    person = member_of(session, by, person_id)
    if person is None:
        raise InvalidError("This person is not on the roster.", {"person": "unsuitable"})
    if ends_at <= starts_at or ends_at <= now:
        raise InvalidError("The time off must end after it starts, and not have passed.", {"ends_at": "invalid"})
    if ends_at - starts_at > LONGEST_AWAY:
        raise InvalidError("Nobody is away for more than a year at once.", {"ends_at": "too_long"})
    _hold(session, person)
    same = (TimeOff.person_id == person.id, TimeOff.starts_at <= starts_at, TimeOff.ends_at == ends_at)
    known = session.scalars(select(TimeOff).where(*same).order_by(TimeOff.id).limit(1)).first()
    if known is not None:
        return known
    off = TimeOff(person_id=person.id, starts_at=starts_at, ends_at=ends_at)
    session.add(off)
    session.flush()
    note_sent_away(session, by, person, starts_at, ends_at)
    tell_changed(session, by, {person.id}, now)
    write_down(session, by, "time_off", f"{off.id}", now)
    return off


def end_time_off(session: Session, by: Person, number: int, *, now: datetime) -> None:
    """Somebody is here after all: what has not begun is removed, what goes on ends now. Raises NotFoundError.

    What is over stays as it was; so does what somebody else removed or ended meanwhile.
    """
    off = session.get(TimeOff, number)
    person = session.get_one(Person, off.person_id) if off is not None else None
    if off is None or person is None or person.program_id != by.program_id:
        raise NotFoundError
    own = TimeOff.id == number
    ended = update(TimeOff).where(own, TimeOff.starts_at <= now, TimeOff.ends_at > now).values(ends_at=now)
    removed = delete(TimeOff).where(own, TimeOff.starts_at > now)
    changed = sum(changed_rows(session.execute(statement)) for statement in (removed, ended))
    if changed:
        tell_changed(session, by, {person.id}, now)
        write_down(session, by, "end_time_off", f"{number}", now)


def time_off_from(session: Session, by: Person, now: datetime, cursor: str = "", limit: int = 50) -> AwayPage:
    """Who of the program is away now or later, the earliest beginning first."""
    query = select(TimeOff, Person.name).join(Person, Person.id == TimeOff.person_id)
    query = query.where(Person.program_id == by.program_id, Person.is_active, TimeOff.ends_at > now)
    if cursor:
        query = query.where(tuple_(TimeOff.starts_at, TimeOff.id) > _place(cursor))
    rows = session.execute(query.order_by(TimeOff.starts_at, TimeOff.id).limit(limit + 1)).all()
    last = rows[limit - 1][0] if len(rows) > limit else None
    found = [(off, name) for off, name in rows[:limit]]
    return AwayPage(found, pack(last.starts_at.isoformat(), last.id) if last else "")


def own_time_off(session: Session, person: Person, now: datetime) -> list[TimeOff]:
    """When this person is away, now or later."""
    query = select(TimeOff).where(TimeOff.person_id == person.id, TimeOff.ends_at > now)
    return list(session.scalars(query.order_by(TimeOff.starts_at, TimeOff.id).limit(200)))


def _place(cursor: str) -> tuple[datetime, int]:
    values = unpack(cursor)
    try:
        starts_at, number = datetime.fromisoformat(values[0]), values[1]
    except (ValueError, TypeError, IndexError):
        raise no_such_page() from None
    if starts_at.tzinfo is None or type(number) is not int or not 0 <= number < 2**31 or len(values) != 2:
        raise no_such_page()
    return starts_at, number


def shifts_of(session: Session, program_id: int, specialty: str) -> list[Shift]:
    """The weekly plan of a specialty."""
    query = select(Shift).where(Shift.program_id == program_id, Shift.specialty == specialty, Shift.to_day.is_(None))
    return list(session.scalars(query.order_by(Shift.weekday, Shift.starts, Shift.id)))


def single_shifts_of(session: Session, program_id: int, specialty: str, now: datetime) -> list[Shift]:
    """What is planned beside it for single days that are not over, the earliest first."""
    query = select(Shift).where(Shift.program_id == program_id, Shift.specialty == specialty)
    query = query.where(Shift.to_day >= now.date() - timedelta(days=1))
    return list(session.scalars(query.order_by(Shift.to_day, Shift.starts, Shift.id)))


def shift_of(session: Session, by: Person, shift_id: int) -> Shift:
    """A shift of one's own program, to be changed. Raises NotFoundError."""
    shift = locked_shift(session, shift_id)
    if shift is None or shift.program_id != by.program_id:
        raise NotFoundError
    return shift


def locked_shift(session: Session, number: int) -> Shift | None:
    """The shift, held until the end of this transaction: its swaps are changed by one form at a time."""
    return session.get(Shift, number, with_for_update=True, populate_existing=True)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def tell_of(session: Session, person: Person, kind: NoticeKind, now: datetime) -> None:
    """Tell somebody of a change of the roster.

    Each has a mark of its own, for a row that is removed may leave its number to the next one.
    """
    notify(session, person, kind, consult_id=None, about=f"roster:{new_public_id()}", now=now)


def tell_changed(session: Session, by: Person, people: Collection[int], now: datetime) -> None:
    """Tell each of these people but the one who did it that their duty changed; whoever has left is told nothing."""
    query = select(Person).where(Person.id.in_(people), Person.id != by.id, Person.is_active).order_by(Person.id)
    for person in session.scalars(query):
        tell_of(session, person, NoticeKind.DUTY_CHANGED, now)


def write_down(session: Session, by: Person, action: str, number: str, now: datetime) -> None:
    """A line of the trail."""
    audit.record(session, action, "roster", number, now=now, person_id=by.id)

"""Who of a clinic's team is there. A medical home has no roster: everybody is there, but for their time off."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from econsult.people.persons import Organization, Person, Role
from econsult.picking import ANY, Pick
from econsult.rosters.shifts import HORIZON, Span, TimeOff, is_away, without_time_off
from econsult.rosters.watching import LOOK_EVERY


def there_of(session: Session, people: Sequence[Person], now: datetime) -> list[Person]:
    """Those of these people who are not away now, in the same order."""
    numbers = [person.id for person in people]
    off = select(TimeOff.person_id).where(TimeOff.person_id.in_(numbers), TimeOff.starts_at <= now)
    away = set(session.scalars(off.where(TimeOff.ends_at > now)))
    return [person for person in people if person.id not in away]


def back_at(session: Session, people: Sequence[Person], now: datetime) -> datetime | None:
    """When the first of these people is there; None where none of them is within the week."""
    week = [Span(person.id, now, now + HORIZON) for person in people]
    return min((span.start for span in without_time_off(session, week, now, now + HORIZON)), default=None)


def empty_homes(session: Session, now: datetime, pick: Pick = ANY) -> list[int]:
    """The clinics of every program of which no clinician is there: all are away, or none is left."""
    there = select(Person.organization_id).where(
        Person.role == Role.PCP, Person.is_active, Person.organization_id.is_not(None), ~is_away(now)
    )
    query = select(Organization.id).where(Organization.id.not_in(there)).order_by(Organization.id)
    return list(session.scalars(pick.narrow(query, Organization.id)))


def last_there(session: Session, clinics: Collection[int]) -> dict[int, datetime]:
    """Since when each of these clinics is empty, as the watch found it: what was told before is of another gap."""
    query = select(Organization.id, Organization.empty_since).where(Organization.id.in_(clinics))
    return {number: at for number, at in session.execute(query) if at is not None}


def noted(session: Session) -> dict[int, datetime]:
    """The clinics of which the watch knows that they are empty, and since when."""
    query = select(Organization.id, Organization.empty_since).where(Organization.empty_since.is_not(None))
    return {number: at for number, at in session.execute(query) if at is not None}


def unnoted(session: Session, empty: Collection[int], now: datetime) -> dict[int, datetime | None]:
    """What is not written down yet: since when clinics are empty, and None for those of which somebody is back."""
    known, gone = noted(session), set(empty)
    # Whoever finds it out first tells, and that may be a step of the ladder shortly before the look that writes it
    # down: what the desk heard within two looks is of this gap, if no plan says that somebody was there meanwhile.
    latest = now - 2 * LOOK_EVERY
    planned = last_planned(session, gone - set(known), now)
    return {
        **dict.fromkeys(set(known) - gone),
        **{clinic: max(planned.get(clinic, latest), latest) for clinic in gone - set(known)},
        **_gone_again(session, {clinic: at for clinic, at in known.items() if clinic in gone}, now),
    }


def note_gaps(session: Session, clinics: Collection[int], empty: Collection[int], now: datetime) -> list[int]:
    """Write down since when these clinics are empty, and nothing any more of those that are not: all are locked.

    Returns those that were known to be empty, and of which somebody was there when nobody looked.
    """
    numbers, anew = set(clinics), list[int]()
    changes = {clinic: at for clinic, at in unnoted(session, empty, now).items() if clinic in numbers}
    for clinic in session.scalars(select(Organization).where(Organization.id.in_(changes))) if changes else ():
        at = changes[clinic.id]
        if at is not None and clinic.empty_since is not None:
            anew.append(clinic.id)
        clinic.empty_since = at
    session.flush()
    return anew


def _gone_again(session: Session, since: Mapping[int, datetime], now: datetime) -> dict[int, datetime]:
    """When the last one of these empty clinics went by plan, where that is later than the gap that is known.

    No clock ran while they were back. Only the absences of those who have an account say so: whoever has left may not
    have come back when theirs ended.
    """
    if not since:
        return {}
    later = (
        select(Person.organization_id)
        .join(TimeOff, TimeOff.person_id == Person.id)
        .join(Organization, Organization.id == Person.organization_id)
        .where(Organization.id.in_(since), Person.role == Role.PCP, Person.is_active)
        .where(TimeOff.starts_at <= now, TimeOff.ends_at > now, TimeOff.starts_at > Organization.empty_since)
    )
    planned = last_planned(session, {number or 0 for number in session.scalars(later)}, now, with_left=False)
    return {clinic: at for clinic, at in planned.items() if at > since[clinic]}


def last_planned(
    session: Session,
    clinics: Collection[int],
    now: datetime,
    *,
    with_left: bool = True,
    of: InstrumentedAttribute[Any] = Person.organization_id,
    role: Role = Role.PCP,
) -> dict[int, datetime]:
    """The last moment at which time off says that somebody of each of these clinics was there, where it says so.

    Whoever is away was there when that began, and whoever has left when it ended. With `of` and `role` the same of
    other groups of people.
    """
    if not clinics:
        return {}
    found: dict[int, dict[int, tuple[datetime, datetime]]] = {}
    query = (
        select(of, TimeOff)
        .join(Person, Person.id == TimeOff.person_id)
        .where(of.in_(clinics), Person.role == role, TimeOff.starts_at <= now)
        .order_by(TimeOff.starts_at, TimeOff.id)
    )
    for clinic, off in session.execute(query if with_left else query.where(Person.is_active)):
        people = found.setdefault(clinic or 0, {})
        start, end = people.get(off.person_id, (off.starts_at, off.starts_at))
        # One absence that goes on where another ends is one, also where it was ended to be written down anew.
        start = start if off.starts_at <= end + 2 * LOOK_EVERY else off.starts_at
        people[off.person_id] = start, max(end, off.ends_at)
    return {
        clinic: max(start if end > now else end for start, end in people.values()) for clinic, people in found.items()
    }


def clinicians_of(session: Session, program_id: int) -> dict[str, list[Person]]:
    """The clinicians of each of the program's clinics, by the clinic's name."""
    query = (
        select(Organization.name, Person)
        .join(Person, Person.organization_id == Organization.id)
        .where(Organization.program_id == program_id, Person.role == Role.PCP, Person.is_active)
        .order_by(Organization.name, Organization.id, Person.id)
    )
    found: dict[str, list[Person]] = {}
    for name, person in session.execute(query):
        found.setdefault(name, []).append(person)
    return found

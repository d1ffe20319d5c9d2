"""Quiet hours: when somebody whose night it is reads a letter that is not urgent."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy.orm import object_session

from econsult.people.account import time_zone_of
from econsult.people.persons import Person
from econsult.settings import Settings
from econsult.zones import zone_of

LAST_HOUR = 23
log = logging.getLogger("econsult.queue")


@dataclass(frozen=True)
class Quiet:
    """The hours in which people are not reminded, in their own time, unless they have chosen hours of their own."""

    zone: str = "America/Denver"
    starts: int = 21
    ends: int = 7

    def until(self, person: Person, now: datetime) -> datetime:
        """The moment itself, or the end of the person's night."""
        zone = zone_of(_zone_name(person), self.zone, f"person {person.id}")
        local = now.astimezone(zone)
        starts, ends = self._hours_of(person)
        is_over_midnight = starts > ends
        is_night = local.hour >= starts or local.hour < ends if is_over_midnight else starts <= local.hour < ends
        if not is_night:
            return now
        morning = local.replace(hour=ends, minute=0, second=0, microsecond=0, fold=0)
        if is_over_midnight and local.hour >= starts:
            morning += timedelta(days=1)
        return max(morning.astimezone(UTC), now)

    def _hours_of(self, person: Person) -> tuple[int, int]:
        """The person's own hours; the installation's where they have none, or none that can be read."""
        own = own_hours(person)
        if own is None and person.quiet_hours:
            # One damaged row must keep nobody else's letters waiting.
            _say(person.id)
        return own or (self.starts, self.ends)


def own_hours(person: Person) -> tuple[int, int] | None:
    """The hours that a person has chosen: from which hour, up to which; None where they have none that can be read."""
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", person.quiet_hours)
    starts, ends = (int(each) for each in found.groups()) if found else (LAST_HOUR + 1, LAST_HOUR + 1)
    return (starts, ends) if max(starts, ends) <= LAST_HOUR else None


@lru_cache(maxsize=4096)
def _say(number: int) -> None:
    """Once in the life of a process: the clock asks every few seconds."""
    log.warning("ALARM: the quiet hours of person %d cannot be read; the installation's are taken.", number)


forget_said = _say.cache_clear


def _zone_name(person: Person) -> str:
    """The person's own zone, else their clinic's, which a session looks up once."""
    session = object_session(person)
    return time_zone_of(session, person) if session is not None else person.time_zone


def quiet_of(settings: Settings) -> Quiet:
    """The quiet hours of the installation."""
    return Quiet(settings.time_zone, *settings.quiet_hours)

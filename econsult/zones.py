"""Time zones by name, as this machine knows them.

A name that was saved where the zones are newer, or have names of long ago, may be unknown here: that is one row's
trouble, and must keep nobody else's promises waiting.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from econsult.errors import InvalidError

REGIONS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
log = logging.getLogger("econsult.zones")


def zone_of(name: str, otherwise: str, row: str) -> ZoneInfo:
    """The zone of this name; where this machine knows none, the program's. `row` names whose it is, by its id."""
    if not name:
        return ZoneInfo(otherwise)
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        _say(row)
        return ZoneInfo(otherwise)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The names among which people choose: a region and a place; without those of long ago and of mere offsets."""
    found = (name for name in available_timezones() if "/" in name and name.partition("/")[0] in REGIONS)
    return tuple(sorted(found))


def check_zone(name: str) -> str:
    """The name as it was given, where it is empty or one of `zone_names`. Raises InvalidError."""
    if name and name not in zone_names():
        raise InvalidError("This time zone is not known.", {"time_zone": "unknown_value"})
    return name


@lru_cache(maxsize=4096)
def _say(row: str) -> None:
    """Once in the life of a process: the clock asks every few seconds."""
    log.warning("ALARM: the time zone of %s is unknown on this machine; the program's is taken.", row)


forget_said = _say.cache_clear

"""Hours and instants as the forms of the roster give them, by the clock of the program."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from econsult.errors import InvalidError
from web.context import settings
from web.shell.numbers import day_and_time, day_in, instant_in


def minutes_in(text: str) -> int:
    """Minutes after midnight of a time on the clock of 24 hours; -1 for anything else."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    return int(found[1]) * 60 + int(found[2]) if found else -1


def length_in(hours: str) -> int:
    """Minutes of hours with a decimal point, or with the comma that a Spanish phone offers; 0 for anything else."""
    found = re.fullmatch(r"([0-9]{1,2})(?:[.,]([0-9]{1,2}))?", hours)
    return int(found[1]) * 60 + round(float(f"0.{found[2] or 0}") * 60) if found else 0


def time_off_in(now: datetime) -> tuple[datetime, datetime]:
    """From when until when somebody is away: nothing means from now on, and a day without a time is the whole day.

    Raises InvalidError naming each that cannot be read: it is not taken for "from now on".
    """
    begins, finishes = day_and_time("from", "00:00"), day_and_time("until", "24:00")
    starts, ends = _instant(begins) if begins else now, _instant(finishes)
    wrong = {name: "unreadable" for name, found in (("starts_at", starts), ("ends_at", ends)) if found is None}
    if starts is None or ends is None:
        raise InvalidError("Some of the times cannot be read: " + ", ".join(sorted(wrong)) + ".", wrong)
    return starts, ends


def _instant(text: str) -> datetime | None:
    """A time that a form gives without a zone is the program's; 24:00 is the end of the day."""
    if not text.endswith("T24:00"):
        return instant_in(text, settings().time_zone)
    day = day_in(text.partition("T")[0])
    return instant_in(f"{day + timedelta(days=1)}T00:00", settings().time_zone) if day else None

"""Numbers and days that come from outside, held to what the databases and the calendar can hold.

Python counts and looks ahead without end; a key of either database is at most 2,147,483,647, and the last days of the
calendar have no tomorrow and no other time zone. What lies beyond names nothing, and is answered like any such thing.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, request
from werkzeug.routing import IntegerConverter, ValidationError

LARGEST = 2**31 - 1
FIRST_YEAR, LAST_YEAR = 1900, 2999
UNSEEN = -1
"""The version of a form that names none: it was made before there were any, and stands nowhere."""


class _KeyConverter(IntegerConverter):
    """`<int:...>` in an address: a larger number is no address of ours, so that the answer is 404."""

    def to_python(self, value: str) -> int:
        # Checked by length first: Python refuses to read a number of thousands of digits.
        if len(value) > len(str(LARGEST)) or int(value) > LARGEST:
            raise ValidationError
        return int(value)


def init_numbers(app: Flask) -> None:
    """Hold every number in an address to what a key can be."""
    app.url_map.converters["int"] = _KeyConverter


def number_in(text: str, otherwise: int) -> int:
    """A whole number as a form or an address gives it; `otherwise` for what is none, or larger than any key."""
    if not re.fullmatch(r"-?[0-9]{1,10}", text.strip()) or abs(int(text)) > LARGEST:
        return otherwise
    return int(text)


def form_number(name: str, otherwise: int = 0) -> int:
    """The number in a field of the posted form."""
    return number_in(request.form.get(name, ""), otherwise)


def argument(name: str, otherwise: int = 0) -> int:
    """The number in a parameter of the address."""
    return number_in(request.args.get(name, ""), otherwise)


def day_in(text: str) -> date | None:
    """A day as a form gives it; None for what is none, or lies where no time zone reaches."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def day_and_time(name: str, usual: str = "?") -> str:
    """The day of a form's field and the time of the one beside it (`_at`), as one text; empty where both are.

    A day alone gets the `usual` time; without one it is no instant, nor is a time without its day.
    """
    day, time = request.form.get(name, "").strip()[:16], request.form.get(f"{name}_at", "").strip()[:5]
    if "T" in day or not (day or time):
        return day
    return f"{day}T{(time or usual).zfill(5)}"


def instant_in(text: str, zone: str) -> datetime | None:
    """A time that a form gives without a zone, which is this zone's; None for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return None
    return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

"""A visit as an iCalendar entry (RFC 5545) for a telephone's own calendar: when and where, and nothing else.

What such a file says can be read by whoever picks the telephone up, so it names neither the child nor the reason.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from econsult.consults.visits import Visit
from web.words.language import gettext

LASTS = timedelta(hours=1)
WIDEST = 75
"""Octets in a line; what is longer goes on in a next one that begins with a space."""


def entry_of(visit: Visit, moves: tuple[str, int], now: datetime) -> str:
    """The file for one visit with a day. `moves` names its first booking and counts those since: a visit on another
    day takes the place of the one before it in the calendar, and does not stand beside it.
    """
    starts_at = visit.starts_at or now
    place = ", ".join(filter(None, (visit.place, visit.phone)))
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//eConsult//visit//EN",
        "BEGIN:VEVENT",
        f"UID:{moves[0]}@econsult",
        f"SEQUENCE:{moves[1]}",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(starts_at)}",
        f"DTEND:{_stamp(starts_at + LASTS)}",
        f"SUMMARY:{_text(gettext('Appointment'))}",
        f"LOCATION:{_text(place)}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(gettext('Appointment'))}",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for sign in ("\\", ";", ","):
        words = words.replace(sign, f"\\{sign}")
    # Control signs have no place in such a text, and break it for some calendars.
    lines = ("".join(sign for sign in line if unicodedata.category(sign) != "Cc") for line in words.splitlines())
    return "\\n".join(lines)


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most WIDEST octets, none of them torn within a letter."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > WIDEST:
            yield piece
            piece = " "
        piece += letter
    yield piece

"""Times as people say them: a clock time in the reader's zone and language, and how long is left.

Staff read 24-hour times; families read 3:00 PM, in Spanish 3:00 p. m.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from flask import Flask

from web.context import now, settings
from web.words.language import choose_zone, gettext, language

_CLOCK = {True: "h:mm a", False: "HH:mm"}
"""By whether a family reads it."""
_WEEKDAY = {"en": "EEE", "es": "EEEE"}
_ZONE = {"en": "z", "es": "zzzz"}
"""The zone's name: a short one where the language has one."""
_ZONE_ON_PAPER = {"en": "z", "es": "(zzzz)"}
_WRITTEN = {"en": "MMMM d, y", "es": "d 'de' MMMM 'de' y"}
_DATE = {"en": "EEE d MMM", "es": "EEEE d 'de' MMMM"}


def init_times(app: Flask) -> None:
    """Give templates the filters `moment`, `until`, `clock`, `day`, `long_day`, `due_by`, `will_hear` and more."""
    app.jinja_env.filters.update(
        moment=moment, until=until, clock=clock, day=day, due_by=due_by, time_left=time_left, long_day=long_day
    )
    app.jinja_env.filters.update(month_name=month_name, will_hear=will_hear, due_or_was=due_or_was)
    app.jinja_env.filters["on_roster"] = on_roster
    app.jinja_env.filters.update(seconds=seconds, clock_or_day=clock_or_day)


def moment(when: datetime, *, for_family: bool = False) -> str:
    """Day and clock time of an aware time: "today, 15:00", "Tue 24 Nov, 3:00 PM", "martes 24 de noviembre, 15:00".

    Families read the 12-hour clock, staff the 24-hour one.
    """
    return f"{day(when)}, {_clock(when, for_family=for_family)}"


def until(when: datetime, *, for_family: bool = False) -> str:
    """An end within a sentence: "until Tue 24 Nov, 3:00 PM", "hasta el martes 24 de noviembre, 3:00 p. m."."""
    if abs(_days_away(when)) <= 1:
        return gettext("until %(moment)s", moment=moment(when, for_family=for_family))
    return gettext("until %(day)s, %(time)s", day=day(when), time=_clock(when, for_family=for_family))


def start_large(text: str) -> str:
    """A time as a line of its own begins: only the first letter is large."""
    return text[:1].upper() + text[1:]


def clock(when: datetime) -> str:
    """The clock time alone, as staff read it: "15:00"."""
    return _clock(when, for_family=False)


def clock_or_day(when: datetime) -> str:
    """The clock time of today, as staff read it; of another day with that day, which nobody would guess."""
    return clock(when) if _days_away(when) == 0 else moment(when)


def seconds(when: datetime) -> str:
    """The clock time to the second, as staff read it: "15:00:09"."""
    return _said(when, "HH:mm:ss") + _which(when)


def day(when: datetime) -> str:
    """The day alone: today, yesterday, tomorrow, or weekday and date."""
    words = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
    return words.get(_days_away(when)) or _day_said(_here(when).date(), language())


def last_day(ends: datetime) -> str:
    """The last day before an end, so that what ends at midnight is said by the day before it."""
    return day(ends - timedelta(seconds=1))


def reader_today() -> date:
    """Which day it is for the reader."""
    return now().astimezone(ZoneInfo(choose_zone())).date()


def long_day(date_: date) -> str:
    """A date with its year, such as a birth date: "January 15, 2022", "15 de enero de 2022"."""
    return format_date(date_, format="long", locale=language())


def erased_words(when: datetime) -> str:
    """What stands in the place of a record that is no more: "erased on January 15, 2022"."""
    return gettext("erased on %(day)s", day=long_day(when.astimezone(ZoneInfo(choose_zone())).date()))


def written(when: datetime, *, zone: str, for_family: bool = False) -> str:
    """A time on paper, which says the same on every day and to everybody: with its year and, for staff, its zone."""
    pattern = f"{_WRITTEN[language()]}, {_CLOCK[for_family]}"
    if for_family:
        return _said(when, pattern, zone) + _which(when, zone)
    return _said(when, f"{pattern} {_ZONE_ON_PAPER[language()]}", zone)


def month_name(first: date) -> str:
    """A month with its year: "November 2026", "noviembre de 2026"."""
    return format_date(first, "LLLL y" if language() == "en" else "LLLL 'de' y", locale=language())


def stretch(starts: datetime, ends: datetime, zone: str) -> str:
    """From when until when in this zone, which the page names: "Mon 2 Mar, 08:00 - Tue 3 Mar, 06:00"."""
    start, end = starts.astimezone(ZoneInfo(zone)), ends.astimezone(ZoneInfo(zone))
    said = [_said(each, _DATE[language()], zone) for each in (start, end)]
    # A roster is written and read in the 24-hour clock in both languages, as its forms are.
    clocks = [wall_clock(each, zone) for each in (start, end)]
    last = clocks[1] if start.date() == end.date() else f"{said[1]}, {clocks[1]}"
    return f"{said[0]}, {clocks[0]} \N{EN DASH} {last}"


def wall_clock(when: datetime, zone: str) -> str:
    """What the clock of a roster shows then, in both languages: "18:00"."""
    return f"{when.astimezone(ZoneInfo(zone)):%H:%M}{_which(when, zone)}"


def on_roster(starts: datetime, ends: datetime | None = None) -> str:
    """An instant, or a stretch, by the clock in which the roster is written, whoever reads it; its page names it."""
    zone = settings().time_zone
    if ends is not None:
        return stretch(starts, ends, zone)
    return f"{_said(starts, _DATE[language()], zone)}, {wall_clock(starts, zone)}"


def day_of(local: datetime) -> str:
    """The day of a time as the clock on its own wall shows it: "Mon 2 Mar", "lunes 2 de marzo"."""
    return format_datetime(local.replace(tzinfo=None), _DATE[language()], locale=language())


def at_place(when: datetime, zone: str, *, for_family: bool = False) -> str:
    """When somebody is to be at a place, by its own clock: "Tue 8 Dec, 10:30 AM"; with the zone where the reader's
    clock shows another time.
    """
    said = f"{_said(when, _DATE[language()], zone)}, {_clock(when, for_family=for_family, zone=zone)}"
    here, there = (when.astimezone(ZoneInfo(each)).utcoffset() for each in (choose_zone(), zone))
    return said if here == there else f"{said} ({_said(when, _ZONE[language()], zone)})"


def due_by(when: datetime, *, for_family: bool = False) -> str:
    """The promise as a clock time: "by Tue 15:00", "antes del martes 15:00"; with the date when a week away."""
    clock = _clock(when, for_family=for_family)
    away = _days_away(when)
    if away == 0:
        return gettext("by %(time)s today", time=clock)
    if away == 1 and for_family:
        return gettext("by %(time)s tomorrow", time=clock)
    pattern = _WEEKDAY if abs(away) < 7 else _DATE
    return gettext("by %(day)s %(time)s", day=_said(when, pattern[language()]), time=clock)


def due_or_was(when: datetime) -> str:
    """A promise of which nobody knows whether it has passed: "by Tue 15:00", or "was due Tue 24 Nov, 15:00"."""
    return due_by(when) if when > now() else gettext("was due %(moment)s", moment=moment(when))


def will_hear(when: datetime) -> str:
    """What a family is promised: by when it hears; once that has passed, that it is late and not forgotten."""
    if when > now():
        return gettext("You will hear %(when)s", when=due_by(when, for_family=True))
    return gettext("This takes longer than we said. We did not forget you. If it cannot wait, call your clinic.")


def promised_by(when: datetime) -> str:
    """The same in a line of its own: "By Tue 3:00 PM", or that it takes longer."""
    return start_large(due_by(when, for_family=True)) if when > now() else gettext("It takes longer than we said")


def time_left(when: datetime) -> str:
    """How far `when` is from now, without a sign: "20 min", "2 h 10 min", "3 d 4 h"."""
    minutes = int(abs(when - now()) / timedelta(minutes=1))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return gettext("%(days)d d %(hours)d h", days=days, hours=hours)
    return (
        gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=rest)
        if hours
        else gettext("%(minutes)d min", minutes=rest)
    )


def with_zone(local: str) -> str:
    """What a field for day and time holds ("2026-03-02T08:15") by the reader's clock, with its zone, in ISO 8601.

    Anything else is given back as it is, for whoever judges it.
    """
    try:
        at = datetime.fromisoformat(local.strip())
    except ValueError:
        return local.strip()
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(choose_zone()))).isoformat()


def local_instant(local: str, zone: str) -> datetime | None:
    """The instant that a field for day and time names by the clock of this zone.

    None for what is no time, and for an hour that this clock leaves out when summer time begins.
    """
    try:
        at = datetime.fromisoformat(local.strip())
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        there = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        return there if there.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == at else None
    except (ValueError, OverflowError):
        return None


def timed_instant(local: str, zone: str) -> datetime | None:
    """The same; None also for a day without a time, which is nobody's midnight."""
    return local_instant(local, zone) if len(local.strip()) > len("2026-12-08") else None


def _days_away(when: datetime) -> int:
    return (_here(when).date() - _here(now()).date()).days


def _clock(when: datetime, *, for_family: bool, zone: str = "") -> str:
    # A time must not be torn apart at the end of a line.
    local = _here(when, zone).time().replace(second=0, microsecond=0, fold=0)
    return _clock_said(local, _CLOCK[for_family], language()).replace(" ", "\N{NO-BREAK SPACE}") + _which(when, zone)


def _which(when: datetime, zone: str = "") -> str:
    """Which one is meant in the hour that comes twice when summer time ends; nothing in any other."""
    local = _here(when, zone)
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    if first == second:
        return ""
    return " " + (gettext("(after the clock change)") if local.fold else gettext("(before the clock change)"))


def _here(when: datetime, zone: str = "") -> datetime:
    return when.astimezone(ZoneInfo(zone or choose_zone()))


@lru_cache(maxsize=4096)
def _day_said(local: date, spoken: str) -> str:
    """Kept, as `_clock_said` is: fifty rows of a list have few days, and a day 1,440 minutes."""
    return format_date(local, _DATE[spoken], locale=spoken)


@lru_cache(maxsize=4096)
def _clock_said(local: time, pattern: str, spoken: str) -> str:
    return format_time(local, pattern, locale=spoken)


def _said(when: datetime, pattern: str, zone: str = "") -> str:
    return format_datetime(when, pattern, tzinfo=ZoneInfo(zone or choose_zone()), locale=language())

"""Numbers and days beyond what a key or the calendar can hold, sent to each third page: an answer, never a crash.

The wide run sends them to all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.personas import Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.shell.numbers import LARGEST, day_in, instant_in, number_in
from workers.runtime import Runtime

NUMBERS = ("99999999999999999999999", f"{LARGEST + 1}", "9" * 5000, "-99999999999999999999999", "1e999", "\u0663")
DAYS = ("9999-12-31", "0001-01-01", "9999-12-31T23:59", "2026-02-30")
FIELDS = [
    "weekday",
    "shift",
    "starts",
    "hours",
    "capacity",
    "saves",
    "sheet",
    "days",
    "number",
    "cell",
    "again",
    "version",
    "cycle",
    "stop",
    "allocate",
    "first_reply",
    "next_reply",
    "family_informed",
    "pause",
    "release",
    "ladder",
    "day",
    "from",
    "until",
    "at",
    "examined_at",
    "due_at",
    "birth_date",
    "before",
    "after",
    "cursor",
    "page",
    "since",
]


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        # The tests' own routes, which crash on purpose, belong to no blueprint.
        if "." in rule.endpoint and not rule.rule.startswith("/health"):
            yield rule


def _paths(app: Flask, rule: Rule, known: str, value: str) -> str:
    """The address of the rule: a known consult where it asks for a name, the number where it asks for one."""
    parts = []
    for is_dynamic, part in rule._trace:
        converter = rule._converters.get(part) if is_dynamic else None
        parts.append(part if not is_dynamic else known if type(converter).__name__ == "UnicodeConverter" else value)
    return "".join(parts).lstrip("|")


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.wide)], ids=["each third", "each"])
@pytest.mark.parametrize("who", spread(["coordinator", "derm", "admin", "pcp"], 1))
@pytest.mark.parametrize(("number", "day"), spread([(NUMBERS[0], DAYS[2]), (NUMBERS[1], DAYS[0])], 1))
def test_no_page_or_route_breaks_over_a_number_or_a_day(
    shell: Flask, browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, who: str, number: str, day: str, step: int
) -> None:
    with runtime.database.writing() as session:
        known = clinic.claimed(session).public_id
    broken = []
    for rule in list(_rules(shell))[::step]:
        # Each with a sign-in of its own: some of the forms end it.
        visitor = browser_of(getattr(clinic, who))
        for value in (number, day):
            path, fields = _paths(shell, rule, known, value), dict.fromkeys(FIELDS, value)
            if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api"):
                fields |= {"person": clinic.derm.public_id, "to": clinic.derm2.public_id, "specialty": "dermatology"}
                status = _status(partial(post, visitor, path, fields))
            elif "GET" in (rule.methods or ()):
                status = _status(partial(visitor.get, path, query_string=fields))
            else:
                continue
            broken += [f"{path[:80]} {status}"] if status >= 500 else []
    assert broken == []


def _status(send: Callable[[], Any]) -> int:
    try:
        return int(send().status_code)
    except (OverflowError, ValueError):
        return 500


@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_that_no_key_can_be_counts_as_none(value: str) -> None:
    assert number_in(value, -1) == -1


def test_a_number_and_a_day_are_read() -> None:
    assert [number_in(each, 0) for each in ("7", " 7 ", "-7", f"{LARGEST}")] == [7, 7, -7, LARGEST]
    assert [day_in(each) for each in DAYS] == [None] * 4
    assert [instant_in(each, "America/Denver") for each in (*DAYS, "soon")] == [None] * 5
    assert str(instant_in("2026-03-02T05:00", "America/Denver")) == "2026-03-02 12:00:00+00:00"


def test_time_off_with_an_impossible_day_is_refused_in_words(browser_of: BrowserOf, clinic: Clinic) -> None:
    desk = browser_of(clinic.coordinator)
    for start, end in (("9999-12-31", "9999-12-31"), ("2026-01-01", "9999-12-31"), ("9999-12-31", "2999-12-30")):
        fields = {"person": clinic.derm.public_id, "from": start, "until": end, "specialty": "dermatology"}
        refused = post(desk, "/program/roster/off", fields)
        assert (refused.status_code, "Choose a day that there is" in refused.text) == (422, True)
    for path in ("/program/roster/shifts/99999999999999999999999/remove", "/stops/99999999999999999999999"):
        assert post(desk, path, {}).status_code in {404, 405}
    swap = {"shift": "99999999999999999999999", "to": clinic.derm.public_id, "day": "2026-03-03"}
    assert post(desk, "/program/roster/swaps", swap).status_code == 422

"""What a specialist may do about a request that they hold, and what in its pool alone: page by page, by hand.

The table of who may see what gives whoever waits in the pool alias, age, sex, region and pictures, and no more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from econsult.people.persons import Person
from tests.personas import Clinic
from tests.web.conftest import BrowserOf
from tests.web.test_who_may import SPECIALIST, WHO, asker
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
ABOUT = "/consults/<public_id>"
WORDS = {"text": "Words", "reason": "Why this is", "lane": "clinicians", "specialty": "neurology", "to": "neurology"}
HOLDER, POOL = "hp"
BOTH = HOLDER + POOL
OF_WHOM = {
    f"GET {ABOUT}": BOTH,
    f"GET {ABOUT}/identity": HOLDER,
    f"POST {ABOUT}/identity": HOLDER,
    f"POST {ABOUT}/messages": HOLDER,
    f"POST {ABOUT}/messages/<message_id>/take-back": HOLDER,
    f"POST {ABOUT}/marks/<attachment_id>": HOLDER,
    f"POST {ABOUT}/urgency": BOTH,
    f"GET {ABOUT}/note.pdf": HOLDER,
    f"GET {ABOUT}/note.txt": HOLDER,
    f"POST {ABOUT}/answer": HOLDER,
    f"POST {ABOUT}/answer/undo": HOLDER,
    f"GET {ABOUT}/answer/preview": HOLDER,
    f"GET {ABOUT}/correct": HOLDER,
    f"POST {ABOUT}/correct": HOLDER,
    f"POST {ABOUT}/steps/<step_id>": HOLDER,
    f"POST {ABOUT}/second": HOLDER,
    f"POST {ABOUT}/time": HOLDER,
    f"GET {ABOUT}/billing": HOLDER,
    f"GET {ABOUT}/billing/sheet.pdf": HOLDER,
    f"POST {ABOUT}/billing/time": HOLDER,
    f"POST {ABOUT}/billing/attest": HOLDER,
    f"POST {ABOUT}/billing/numbers": HOLDER,
}
OTHERS = {f"POST {ABOUT}/{end}" for end in ("claim", "decline", "release", "reroute", "take-over", "answer/leave")}
"""To take it, say no and pass it on, which is the pool's too, and to leave one's own page of an answer."""
OTHERS |= {f"POST {ABOUT}/second/{end}" for end in ("give-back", "reply", "take", "take-back")}
"""Of a colleague who was asked: tests/econsult/test_second.py."""
SHUT_OTHERWISE = {f"POST {ABOUT}/second": 422}
"""A form without its fields is refused before anybody looks whose request it is."""


def test_each_page_of_a_specialist_about_a_request_has_its_line() -> None:
    assert {page for page, roles in WHO.items() if SPECIALIST in roles and ABOUT in page} == set(OF_WHOM) | OTHERS


def test_the_pool_is_refused_what_the_table_gives_to_the_holder_alone(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, officer: Person
) -> None:
    with runtime.database.writing() as session:
        held, waiting = clinic.claimed(session, now=NOW), clinic.econsult(session, now=NOW)
    told = []
    for person, consult, letter in (
        (clinic.derm2, held, POOL),
        (clinic.derm2, waiting, POOL),
        (clinic.derm, held, HOLDER),
    ):
        ask = asker(browser_of(person), **WORDS)
        told += [(letter, page, ask(page, consult.public_id)) for page in OF_WHOM]
    wrong = [(letter, page, status) for letter, page, status in told if status not in expected(letter, page)]
    assert (wrong, officer.role) == ([], "privacy")


def expected(letter: str, page: str) -> set[int]:
    """What the page answers: its holder is led on, or told what is missing; to the pool it is shut."""
    if letter in OF_WHOM[page]:
        return {200, 303, 404, 409, 422}
    return {SHUT_OTHERWISE.get(page, 404 if page.endswith("time") or "/billing" in page else 403)}

"""Every disposition as one journey through the pages: from the answer to the closing, with who has what to do by when.

At each stop all that is open about the consult is asked for: it has an owner and an instant at which somebody is told,
and the five promises hold. What the family reads says what happens next, and nothing it is told of is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.clocks import open_clocks
from econsult.consults.contents import Disposition
from econsult.consults.outcomes import pings_of
from econsult.consults.own_steps import ASK_OTHER, CALL, SEND, TESTS
from econsult.consults.recommendations import TO_DO, steps_of
from econsult.consults.records import Consult
from econsult.consults.telephone import call_of
from econsult.notices import Notice, NoticeKind
from econsult.queue.invariants import violations
from tests.personas import ANSWER, Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

DAY = timedelta(days=1)
SEEN = {"version": "1"}
"""Which version a form has shown."""
BROUGHT: dict[str, tuple[str, str, timedelta]] = {
    "work_up_first": (TESTS["en"], "pcp", 30 * DAY),
    "new_photo": (SEND["en"], "family", 8 * DAY),
    "clinic_visit": (CALL["en"], "pcp", 30 * DAY),
    "expedite": (CALL["en"], "pcp", 7 * DAY),
    "convert_to_referral": (CALL["en"], "pcp", 30 * DAY),
    "wrong_specialty": (ASK_OTHER["en"], "pcp", 3 * DAY),
}
"""The step that an answer without one brings: its words, who does it, and by when at the latest."""
READS = {
    "advice_only": str(ANSWER["family_summary"]),
    "work_up_first": "needs tests first",
    "new_photo": "The doctor would like to see a new photo later on",
    "clinic_visit": "needs a visit. Your clinic will call you.",
    "expedite": "needs a visit. Your clinic will call you.",
    "emergency_now": "Please go to the emergency room now",
    "convert_to_referral": "needs a visit. Your clinic will call you.",
    "wrong_specialty": "A different kind of doctor should look at this",
}
"""What the family is told of what happens next."""


def open_things(session: Session, consult: Consult) -> Iterator[tuple[str, str, datetime | None]]:
    """All that is not settled about a consult: what it is, whose it is, and when somebody is told of it."""
    for clock in open_clocks(session, consult.id):
        owner = str(consult.holder_id or consult.organization_id or "")
        yield clock.name, owner, consult.next_deadline_at if clock.fired_level < 100 else None
    for step in steps_of(session, consult.id):
        if step.state in TO_DO:
            yield f"step {step.position}", step.owner, step.next_at
    call = call_of(session, consult.id)
    if call is not None and call.done_at is None:
        yield "call", "coordinator", call.next_at
    for ping in pings_of(session, consult.id):
        if ping.state == "waiting":
            yield "ping", "clinic and family", ping.next_at


def look(runtime: Runtime, public_id: str) -> dict[str, str]:
    """What is open, by name, with its owner. Fails for anything without owner or instant, and for a broken promise."""
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == public_id)).one()
        found = list(open_things(session, consult))
        assert [thing for thing in found if not thing[1] or thing[2] is None] == []
        assert list(violations(session, datetime.now(UTC))) == []
        return {name: owner for name, owner, _ in found}


def told_of_answer(runtime: Runtime, consult_id: int) -> set[int]:
    """Who has a letter that there is an answer."""
    kinds = (NoticeKind.ANSWERED, NoticeKind.READ_NOW)
    with runtime.database.reading() as session:
        query = select(Notice.person_id).where(Notice.consult_id == consult_id, Notice.kind.in_(kinds))
        return set(session.scalars(query))


def signing(disposition: str) -> dict[str, object]:
    """The form of an answer with one step, which is the family's."""
    return {
        **{name: ANSWER[name] for name in ("impression", "confidence", "family_summary", "watch_for", "references")},
        "rec_text": ["Use the cream"],
        "rec_owner": ["family"],
        "rec_due": [""],
        "disposition": disposition,
        **({"confirm_emergency": "yes"} if disposition == "emergency_now" else {}),
        "saves": "0",
        "verb": "sign",
    }


def check_brought(runtime: Runtime, consult_id: int, disposition: str, signed_at: datetime, page: str) -> None:
    """Which step the signature has added, whose it is, by when, and that the clinic reads it."""
    with runtime.database.reading() as session:
        steps = steps_of(session, consult_id)
    added = [(step.owner, step.due_at - signed_at) for step in steps[1:]]
    if disposition in BROUGHT:
        words, owner, within = BROUGHT[disposition]
        assert [each[0] for each in added] == [owner]
        assert timedelta() < added[0][1] <= within + timedelta(minutes=1)
        assert words in page
    else:
        assert added == []


@pytest.mark.parametrize("disposition", spread([str(each) for each in Disposition], 3))
def test_what_an_answer_leads_to_is_somebodys_until_it_is_closed(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, disposition: str
) -> None:
    people = (clinic.derm, clinic.pcp, clinic.mother, clinic.coordinator)
    derm, pcp, mother, desk = (browser_of(person) for person in people)
    signed_at = datetime.now(UTC)
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=signed_at - timedelta(minutes=20))
    at, theirs = f"/consults/{held.public_id}", f"/family/questions/{held.public_id}"
    assert "first_reply" in look(runtime, held.public_id)
    assert post(derm, f"{at}/answer", signing(disposition)).status_code == 303
    is_urgent = disposition == "emergency_now"

    # Signed: the family is to be told within a day, each step is somebody's, and the outcome will be asked for.
    opened = look(runtime, held.public_id)
    assert {"family_informed", "ping", "step 0"} <= opened.keys()
    assert ("call" in opened) == is_urgent
    check_brought(runtime, held.id, disposition, signed_at, pcp.get(at).text)
    told = told_of_answer(runtime, held.id)
    assert (clinic.pcp.id in told, clinic.mother.id in told) == (True, is_urgent)
    assert mother.get(f"{theirs}/answer?lang=en").status_code == (200 if is_urgent else 404)

    # Read by the clinic: the steps are accepted, and the family can read what happens next.
    assert post(pcp, f"{at}/acknowledge", SEEN).status_code == 303
    assert look(runtime, held.public_id).keys() == opened.keys()
    page = mother.get(f"{theirs}/answer?lang=en").text
    assert READS[disposition] in page
    assert clinic.mother.id in told_of_answer(runtime, held.id)
    assert (held.number if is_urgent else "1 call to make") in desk.get("/coordination").text

    # Heard by the family: nobody has to tell it any more; an emergency also has its call.
    assert post(mother, f"{theirs}/answer/understood", SEEN).status_code == 303
    if is_urgent:
        # That somebody opened it is not enough: a person must reach the family.
        assert look(runtime, held.public_id)["call"] == "coordinator"
        called = post(desk, f"/calls/{held.public_id}/done", {**SEEN, "outcome": "reached", "teach_back": "on"})
        assert called.status_code == 303
    heard = look(runtime, held.public_id)
    assert {"family_informed", "call"}.isdisjoint(heard)
    assert "Every family has been told" in desk.get("/coordination").text

    # Closed: what is still to be done stays somebody's, with its day, and is asked for weeks later.
    closing = {**SEEN, "changed": "yes", "referral": "avoided", "otherwise": "clinic", "seen": "no"}
    assert post(pcp, f"{at}/close", closing).location == "/clinic?said=closed"
    left = look(runtime, held.public_id)
    assert {"first_reply", "next_reply", "family_informed", "allocate"}.isdisjoint(left)
    assert {"step 0", "ping"} <= left.keys()
    assert ("step 1" in left) == (disposition in BROUGHT)


@pytest.mark.parametrize("disposition", ["work_up_first", "wrong_specialty"])
def test_a_step_of_the_staff_stands_for_the_one_that_would_be_added(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, disposition: str
) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=datetime.now(UTC))
    derm, at = browser_of(clinic.derm), f"/consults/{held.public_id}"
    fields = {
        **{name: ANSWER[name] for name in ("impression", "family_summary")},
        "rec_text": ["Ferritin, then neurology"],
        "rec_owner": ["pcp"],
        "rec_due": [""],
        "disposition": disposition,
        "saves": "0",
        "verb": "sign",
    }
    post(derm, f"{at}/answer", fields)
    with runtime.database.reading() as session:
        assert [step.owner for step in steps_of(session, held.id)] == ["pcp"]
    assert post(derm, f"{at}/answer/undo", {}).status_code == 303
    saves = derm.get(at).text.partition('name="saves" value="')[2].partition('"')[0]
    assert post(derm, f"{at}/answer", {**fields, "rec_owner": ["family"], "saves": saves}).status_code == 303
    with runtime.database.reading() as session:
        assert [step.owner for step in steps_of(session, held.id)] == ["family", "pcp"]
    post(derm, f"{at}/answer/undo", {})
    page = derm.get(at).text
    assert ("Ferritin, then neurology" in page, TESTS["en"] in page, ASK_OTHER["en"] in page) == (True, False, False)

"""A question to a second specialist on the pages: asked on the case, in the list of whoever is asked, then closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from econsult.consults import holding
from econsult.consults.records import Consult
from econsult.consults.sides import SideEvent, SideQuestion, side_of
from econsult.notices import Notice
from econsult.queue.asides import fire_sides
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import TimeOff
from tests.imaging.paper_readers import words_of
from tests.personas import LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_billing import YES_NO, by_hand
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
ASKED = {"whom": "neurology", "second_text": "Is this a sign of a nerve in Luz Prueba?"}


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=NOW)


def test_a_colleague_is_asked_takes_it_replies_and_is_out(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    derm, neuro, pcp = (browser_of(person) for person in (clinic.derm, clinic.neuro, clinic.pcp))
    path = f"/consults/{held.public_id}"
    assert neuro.get(path).status_code == 404
    for fields, words in (
        ({"whom": "", "second_text": "x"}, "Choose whom to ask"),
        ({"whom": "neurology", "second_text": ""}, "Write your question"),
        ({"whom": "cardiology", "second_text": "x"}, "Nobody of this specialty may answer"),
        ({"whom": f"neurology:{clinic.derm2.public_id}", "second_text": "x"}, "This person may not answer"),
    ):
        refused = post(derm, f"{path}/second", fields)
        assert (refused.status_code, words in refused.text) == (422, True)
    assert post(derm, f"{path}/second", ASKED).location == f"{path}?said=second_asked"
    assert held.number in neuro.get("/worklist").text
    page = neuro.get(path).text
    # The colleague reads the question without the child's name, and nothing that was said before taking it.
    assert ("a sign of a nerve" in page, "Prueba" in page, "Take this question" in page) == (True, False, True)
    assert ("lane=clinicians" in page, "Change the urgency" in page) == (False, False)
    assert post(neuro, f"{path}/claim", {}).status_code == 403
    assert post(neuro, f"{path}/second/reply", {"second_reply": "Yes"}).status_code == 403
    with runtime.database.writing() as session:
        session.add(Limits(person_id=clinic.neuro.id, capacity=1))
        other = clinic.econsult(session, now=NOW, specialty="neurology")
        holding.claim(session, other, clinic.neuro, now=datetime.now(UTC), lease=LEASE)
    full = post(neuro, f"{path}/second/take", {}).location
    assert (full, "Your hands are full" in neuro.get(full).text) == ("/worklist?said=at_capacity", True)
    with runtime.database.writing() as session:
        session.execute(update(Limits).values(capacity=2))
    assert post(neuro, f"{path}/second/take", {}).location == f"{path}?said=noted"
    assert "lane=clinicians" in neuro.get(path).text
    assert post(neuro, f"{path}/messages", {"lane": "clinicians", "text": "Hello"}).status_code == 403
    own = neuro.get(f"{path}/billing").text
    assert ("A colleague" in own, "no code is for it" in own, "99451" in own) == (True, True, False)
    assert ("Prueba" in own, "Your own numbers" in own, "What only you can say" in own) == (False, False, False)
    assert post(neuro, f"{path}/billing/time", by_hand("9")).status_code == 303
    assert post(neuro, f"{path}/billing/attest", YES_NO).status_code == 403
    assert "A colleague's part" in words_of(neuro.get(f"{path}/billing/sheet.pdf").data)
    refused = post(neuro, f"{path}/second/reply", {"second_reply": ""})
    assert (refused.status_code, "Write your reply" in refused.text) == (422, True)
    assert "Asked: Neurology" in pcp.get(path).text
    assert (
        post(neuro, f"{path}/second/reply", {"second_reply": "No, it is skin."}).location
        == "/worklist?said=second_replied"
    )
    assert neuro.get(path).status_code == 404
    sheet = words_of(browser_of(clinic.coordinator).get(f"{path}/billing/sheet.pdf").data)
    for words in ("none is for this work: not claimable by itself", "Read it on paper", "Minutes that count"):
        assert words in sheet
    for reader in (derm, pcp):
        assert "No, it is skin." in reader.get(f"{path}?lane=clinicians").text
    assert "No, it is skin." not in browser_of(clinic.mother).get(f"/family/questions/{held.public_id}").text


def test_after_the_reply_only_the_own_time_is_left(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    neuro, path = browser_of(clinic.neuro), f"/consults/{held.public_id}"
    assert post(browser_of(clinic.derm), f"{path}/second", ASKED).status_code == 303
    assert post(neuro, f"{path}/second/take", {}).status_code == 303
    assert post(neuro, f"{path}/billing/time", by_hand("9")).status_code == 303
    assert post(neuro, f"{path}/second/reply", {"second_reply": "No, it is skin."}).status_code == 303
    assert [neuro.get(each).status_code for each in (path, f"{path}/billing/sheet.pdf")] == [404, 404]
    # It is found from the list of what they answered.
    listed, own = neuro.get("/worklist?view=done").text, neuro.get(f"{path}/billing").text
    assert (f'href="{path}/billing#time"' in listed, "9 min" in listed) == (True, True)
    assert ("No answer of yours is still open" in listed, 'href="/worklist/advice"' in listed) == (True, True)
    assert ("Read it on paper" in own, "sheet.pdf" in own, f'href="{path}"' in own, "Prueba" in own) == (
        True, False, False, False,
    )  # fmt: skip
    late = by_hand("7", replaces=own.split('name="replaces" value="')[1].split('"')[0])
    refused = post(neuro, f"{path}/billing/time", late)
    assert (refused.status_code, "This time is locked" in refused.text) == (422, True)
    refused = post(neuro, f"{path}/billing/time", {**late, "amendment": "on", "reason": ""})
    assert (refused.status_code, "Say why you write it by hand" in refused.text) == (422, True)
    assert post(neuro, f"{path}/billing/time", {**late, "amendment": "on"}).status_code == 303
    assert ("amended" in neuro.get(f"{path}/billing").text, "7 min" in neuro.get("/worklist?view=done").text) == (
        True,
        True,
    )
    assert browser_of(clinic.derm2).get(f"{path}/billing").status_code == 404


def test_one_person_gives_it_back_and_whoever_asked_takes_it_back(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    derm, derm2 = browser_of(clinic.derm), browser_of(clinic.derm2)
    path = f"/consults/{held.public_id}"
    post(derm, f"{path}/second", {**ASKED, "whom": f"dermatology:{clinic.derm2.public_id}"})
    assert "Your reply" in derm2.get(path).text
    assert post(derm2, f"{path}/second/take-back", {}).status_code == 403
    assert post(derm2, f"{path}/second/give-back", {}).location == "/worklist?said=released"
    assert post(derm, f"{path}/second/take-back", {}).location == f"{path}?said=noted"
    assert post(derm2, f"{path}/second/take", {}).status_code == 404


def test_the_desk_sees_what_nobody_replies_to(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    post(browser_of(clinic.derm), f"/consults/{held.public_id}/second", ASKED)
    desk = browser_of(clinic.coordinator)
    assert "Questions to second specialists" not in desk.get("/coordination").text
    with runtime.database.writing() as session:
        fire_sides(session, datetime.now(UTC) + timedelta(hours=23), Quiet())
        side = side_of(session, held.id)
        assert side is not None
    assert "Questions to second specialists" in desk.get("/coordination").text


def test_the_desk_sees_what_it_was_told_of_and_finds_somebody(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, held: Consult
) -> None:
    third = clinic.more(runtime.database, 1)[0]
    with runtime.database.writing() as session:
        for person in (clinic.derm2, third):
            session.add(TimeOff(person_id=person.id, starts_at=NOW, ends_at=NOW + timedelta(days=2)))
    post(browser_of(clinic.derm), f"/consults/{held.public_id}/second", {**ASKED, "whom": "dermatology"})
    desk, path = browser_of(clinic.coordinator), f"/consults/{held.public_id}/second/desk"
    # Nobody of the pool is there: the desk was told at once, and sees it at once.
    assert held.number in desk.get("/coordination").text
    with runtime.database.writing() as session:
        for off in session.scalars(select(TimeOff).where(TimeOff.person_id == third.id)):
            session.delete(off)
    card = desk.get(f"/coordination/{held.public_id}").text
    assert (third.name in card, clinic.derm2.name in card, "a sign of a nerve" in card) == (True, False, False)
    assert post(desk, path, {"to": clinic.derm2.public_id}).location.endswith("said=second_nobody")
    assert post(browser_of(clinic.derm), path, {"to": "nobody"}).status_code == 403
    assert post(desk, path, {"to": third.public_id}).location.endswith("said=noted")
    assert "Your reply" in browser_of(third).get(f"/consults/{held.public_id}").text
    assert post(desk, path, {"to": "pool"}).location.endswith("said=noted")
    assert "Take this question" in browser_of(third).get(f"/consults/{held.public_id}").text
    with runtime.database.writing() as session:
        session.execute(update(SideQuestion).values(due_at=NOW))
    director = browser_of(clinic.director).get("/program").text
    assert ("Questions to second specialists" in director, held.number in director) == (True, True)
    assert post(desk, path, {"to": "nobody"}).location.endswith("said=noted")
    assert post(desk, path, {"to": "nobody"}).status_code == 404
    with runtime.database.reading() as session:
        told = session.scalars(select(Notice.kind).where(Notice.person_id == clinic.derm.id)).all()
        kinds = session.scalars(select(SideEvent.kind).order_by(SideEvent.id)).all()
        assert [line for line in violations(session, datetime.now(UTC)) if "colleague" in line] == []
    assert kinds == ["opened", "given", "given_back", "taken_back"]
    assert told.count("side_moved") == 3
    assert "Questions to second specialists" not in browser_of(clinic.director).get("/program").text

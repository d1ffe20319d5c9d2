"""The steps of an answer on the pages of the clinic, the desk, the specialist and the family."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from econsult.advice.asking import ask_how_it_went
from econsult.consults import answers
from econsult.consults.holding import claim
from econsult.consults.outcomes import OutcomePing, reports_of
from econsult.consults.own_steps import CALL, STEP
from econsult.consults.recommendations import Recommendation, steps_of
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.wishes import Wishes
from econsult.queue.quiet import Quiet
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
PLAN = [
    {"text": "Ferritin for Luz Prueba", "owner": "pcp", "kind": "lab_test"},
    {"text": "Crema dos veces", "owner": "family"},
    {"text": "Look at new photos", "owner": "specialist"},
]


@pytest.fixture
def answered(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "recommendations": PLAN}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        return consult


def ids(runtime: Runtime, consult: Consult) -> list[str]:
    with runtime.database.reading() as session:
        return [step.public_id for step in steps_of(session, consult.id)]


def states(runtime: Runtime, consult: Consult) -> list[str]:
    with runtime.database.reading() as session:
        return [step.state for step in steps_of(session, consult.id)]


def test_one_button_reads_and_accepts_and_another_declines_with_a_reason(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, path = browser_of(clinic.pcp), f"/consults/{answered.public_id}"
    first, *_ = ids(runtime, answered)
    assert "I have read this and accept its 3 steps" in pcp.get(path).text
    refused = post(pcp, f"{path}/acknowledge", {"version": "1", "decline": first})
    assert (refused.status_code, "Say why not" in refused.text, "checked" in refused.text) == (422, True, True)
    assert states(runtime, answered) == ["proposed"] * 3
    post(pcp, f"{path}/acknowledge", {"version": "1", "decline": first, f"why-{first}": "Done in May"})
    assert states(runtime, answered) == ["declined", "accepted", "accepted"]
    assert "Done in May" in pcp.get(path).text


def test_each_reads_and_does_what_is_theirs(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, derm, mother = (browser_of(person) for person in (clinic.pcp, clinic.derm, clinic.mother))
    path, (first, second, third) = f"/consults/{answered.public_id}", ids(runtime, answered)
    post(pcp, f"{path}/acknowledge", {"version": "1"})
    wrong = post(pcp, f"{path}/steps/{first}", {"verb": "not_done"})
    assert (wrong.status_code, "Say why not" in wrong.text) == (422, True)
    assert post(pcp, f"{path}/steps/{first}", {"verb": "magic"}).status_code == 422
    reason = {"verb": "not_done", "reason": "Luz Prueba moved away"}
    assert post(pcp, f"{path}/steps/{first}", reason).location == f"{path}?said=noted#step-{first}"
    post(derm, f"{path}/steps/{third}", {"verb": "done"})
    assert post(derm, f"{path}/steps/{first}", {"verb": "done"}).status_code == 403
    family = f"/family/questions/{answered.public_id}"
    page = mother.get(f"{family}/answer").text
    assert ("Crema dos veces" in page, "Ya lo hice" in page, "Esto no se hizo" in page) == (True, True, True)
    assert "Luz Prueba moved away" not in page
    assert post(mother, f"{family}/steps/{second}", {"verb": "done"}).location == f"{family}/answer#todo"
    assert post(mother, f"{family}/steps/{first}", {"verb": "done"}).status_code == 404
    assert states(runtime, answered) == ["not_done", "done", "done"]
    assert "Usted ya lo hizo" in mother.get(f"{family}/answer").text
    # The specialist learns what became of it, and no name.
    advice = derm.get("/worklist/advice").text
    assert ("moved away" in advice, "Prueba" in advice, clinic.pcp.name in advice) == (True, False, True)
    assert answered.number not in browser_of(clinic.derm2).get("/worklist/advice").text


def test_a_family_is_offered_nothing_to_say_about_steps_that_a_newer_answer_replaces(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    mother, (_, second, _third) = browser_of(clinic.mother), ids(runtime, answered)
    family = f"/family/questions/{answered.public_id}"
    post(browser_of(clinic.pcp), f"/consults/{answered.public_id}/acknowledge", {"version": "1"})
    post(mother, f"{family}/steps/{second}", {"verb": "done"})
    again = 'name="verb" value="again"'
    assert again in mother.get(f"{family}/answer").text
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, answered.id)
        reopen(session, consult, clinic.pcp, "It got worse", now=NOW)
        claim(session, consult, clinic.derm, now=NOW, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
    page = mother.get(f"{family}/answer").text
    assert ("Usted ya lo hizo" in page, again in page) == (True, False)
    assert post(mother, f"{family}/steps/{second}", {"verb": "again"}).status_code == 409


def test_the_desk_sees_what_is_late_and_writes_down_that_it_was_done(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    desk = browser_of(clinic.coordinator)
    assert "Nothing is late" in desk.get("/coordination/steps").text
    with runtime.database.writing() as session:
        session.execute(update(Recommendation).where(Recommendation.position == 0).values(due_at=NOW))
        session.get_one(Consult, answered.id).confidential = "clinic"
    # Who telephones is told before they do.
    for page in ("/coordination", "/coordination/steps", f"/consults/{answered.public_id}/outcome"):
        assert "talk about this with the young person alone" in desk.get(page).text, page
    assert "1 recommended step is late" in desk.get("/coordination").text
    late = desk.get("/coordination/steps").text
    assert ("Ferritin for Luz Prueba" in late, "<h2" in late, "<h3" in late) == (True, True, False)
    first, *_ = ids(runtime, answered)
    path = f"/consults/{answered.public_id}/steps/{first}"
    wrong = post(desk, path, {"verb": "not_done"})
    assert (wrong.status_code, "Say why not" in wrong.text) == (422, True)
    assert post(desk, path, {"verb": "decline", "reason": "x"}).status_code == 403
    location = f"/coordination/{answered.public_id}?said=noted#step-{first}"
    assert post(desk, path, {"verb": "done"}).location == location
    assert "Nothing is late" in desk.get("/coordination/steps").text


def test_the_form_of_the_answer_keeps_kind_and_day(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=NOW)
    derm = browser_of(clinic.derm)
    fields = {
        "rec_text": ["MRI", "Cream"], "rec_owner": ["pcp", "family"], "rec_due": ["2031-12-01", ""],
        "rec_kind": ["imaging", ""], "impression": "x", "saves": "0",
    }  # fmt: skip
    assert post(derm, f"/consults/{held.public_id}/answer", fields).status_code == 303
    page = derm.get(f"/consults/{held.public_id}").text
    assert '<option value="2031-12-01" selected>' in page
    assert '<option value="imaging" selected>' in page


def test_a_family_says_how_it_went_and_the_specialist_reads_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, derm, mother = (browser_of(person) for person in (clinic.pcp, clinic.derm, clinic.mother))
    path, family = f"/consults/{answered.public_id}", f"/family/questions/{answered.public_id}"
    post(pcp, f"{path}/acknowledge", {"version": "1"})
    assert post(mother, f"{family}/outcome", {}).status_code == 404
    assert mother.get(f"{family}/outcome").status_code == 404
    with runtime.database.writing() as session:
        session.execute(update(OutcomePing).values(next_at=NOW))
        ask_how_it_went(session, datetime.now(UTC), Quiet())
    assert ("Cuéntenos" in mother.get("/family").text, answered.number in pcp.get("/clinic").text) == (True, True)
    refused = post(mother, f"{family}/outcome", {"how": "better"})
    assert (refused.status_code, "Elija una respuesta" in refused.text) == (422, True)
    said = {"how": "worse", "seen": "emergency", "otherwise": "without"}
    assert post(mother, f"{family}/outcome", said).status_code == 303
    assert "Sentimos que esté peor" in mother.get(f"{family}/outcome").text
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, answered.id)
        answers.close(session, consult, clinic.pcp, reason="Heard at a visit", now=datetime.now(UTC))
    assert "It got worse after an answer: call them" in pcp.get("/clinic").text
    assert "Cuéntenos" not in mother.get("/family").text
    assert post(pcp, f"{path}/outcome", {"how": "same"}).status_code == 422
    assert post(pcp, f"{path}/outcome", {"how": "same", "seen": "yes", "referral": "still"}).status_code == 303
    assert "It got worse after an answer" not in pcp.get("/clinic").text
    for page in (derm.get(path).text, derm.get("/worklist/advice").text, pcp.get(path).text):
        assert ("Yes, in the emergency room" in page, "Still needed" in page) == (True, True)
        # Of a doctor the family was asked without any number of days; the clinic of thirty.
        assert page.index("Seen in person within 30 days?") < page.index("Seen by a doctor for this?")


def test_a_clinic_closes_in_three_clicks(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, path = browser_of(clinic.pcp), f"/consults/{answered.public_id}"
    post(pcp, f"{path}/acknowledge", {"version": "1"})
    post(pcp, f"{path}/informed", {"version": "1", "method": "phone"})
    page = pcp.get(path).text
    # Nothing stands against closing: the form is open, and the first tap is an answer.
    assert ('<details id="close" open>' in page, 'name="seen" value="no"' in page) == (True, True)
    assert "3 steps are still to do, and stay so after closing" in page
    refused = post(pcp, f"{path}/close", {"version": "1", "seen": "no", "changed": "yes"})
    assert (refused.status_code, "Choose one answer" in refused.text) == (422, True)
    answer = post(pcp, f"{path}/close", {"version": "1", "seen": "no", "changed": "yes", "referral": "avoided"})
    assert answer.location == "/clinic?said=closed"
    assert "Avoided" in browser_of(clinic.derm).get(path).text
    assert "What came of this answer?" not in pcp.get(path).text


@pytest.mark.wide
def test_what_the_desk_closes_its_clinic_is_asked_afterwards(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, desk, path = browser_of(clinic.pcp), browser_of(clinic.coordinator), f"/consults/{answered.public_id}"
    post(pcp, f"{path}/acknowledge", {"version": "1"})
    assert '<details id="close">' in pcp.get(path).text
    post(desk, f"/coordination/{answered.public_id}/informed", {"version": "1", "method": "phone"})
    card = desk.get(f"/coordination/{answered.public_id}").text
    assert "3 steps are still to do, and stay so after closing" in card
    assert "What came of the answer the clinic says" in card
    assert f"{path}#close-out" not in pcp.get("/clinic").text
    closed = post(desk, f"/coordination/{answered.public_id}/close", {"version": "1", "seen": "no", "changed": "yes"})
    assert closed.location == "/coordination?said=closed"
    assert f"{path}#close-out" in pcp.get("/clinic").text
    assert "What came of this answer?" in pcp.get(path).text
    refused = post(pcp, f"{path}/close-out", {"seen": "no", "changed": "yes"})
    assert (refused.status_code, "Choose one answer" in refused.text) == (422, True)
    fields = {"seen": "no", "changed": "yes", "referral": "still", "once": "a" * 16}
    for _ in range(2):
        assert post(pcp, f"{path}/close-out", fields).location == f"{path}?said=noted"
    with runtime.database.reading() as session:
        (line,) = reports_of(session, answered.id)
        assert (line.is_close, line.changed, line.otherwise) == (True, "yes", None)
    assert "What came of this answer?" not in pcp.get(path).text
    assert f"{path}#close-out" not in pcp.get("/clinic").text
    assert post(pcp, f"{path}/close-out", {**fields, "once": "b" * 16}).status_code == 404


@pytest.mark.wide
def test_a_step_tells_all_that_happened_to_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, mother, path = browser_of(clinic.pcp), browser_of(clinic.mother), f"/consults/{answered.public_id}"
    assert "What happened" not in pcp.get(path).text
    post(pcp, f"{path}/acknowledge", {"version": "1"})
    assert "What happened" not in pcp.get(path).text
    lab, own, _ = ids(runtime, answered)
    for verb, reason in (("done", ""), ("again", ""), ("not_done", "Luz Prueba fainted")):
        assert post(pcp, f"{path}/steps/{lab}", {"verb": verb, "reason": reason}).status_code == 303
    theirs = f"/family/questions/{answered.public_id}"
    assert post(mother, f"{theirs}/steps/{own}", {"verb": "done"}).status_code == 303

    def told(page: str, step: str) -> list[tuple[str, str]]:
        item = page.partition(f'id="step-{step}"')[2].partition("</details>")[0].partition("What happened")[2]
        return re.findall(r"<p><b>([^<]+)</b> <span class=\"mute\">([^,]+),", item)

    page = pcp.get(path).text
    states = ["Recommended", "Accepted", "Done", "Accepted", "Not done"]
    names = [clinic.derm.name, *[clinic.pcp.name] * 4]
    assert told(page, lab) == list(zip(states, names, strict=True))
    assert told(page, own)[-1] == ("Done", "Family")
    assert page.count("Luz Prueba fainted") == 2
    # The desk reads the same, a specialist all but the name of the child, and the family none of it.
    assert told(browser_of(clinic.coordinator).get(f"/coordination/{answered.public_id}").text, lab) == told(page, lab)
    covered = browser_of(clinic.derm).get(path).text
    assert ("What happened" in covered, "Luz Prueba fainted" in covered) == (True, False)
    assert "Lo que ocurrió" not in mother.get(f"{theirs}/answer").text


@pytest.mark.parametrize("agreed", [True, False])
def test_a_step_that_we_add_is_read_by_staff_and_by_the_family_each_in_their_language(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, agreed: bool
) -> None:
    """On the case page, in the note, on the desk's card, among older versions; what somebody wrote stays as it is."""
    english, spanish = ((STEP if agreed else CALL)[code] for code in ("en", "es"))
    with runtime.database.writing() as session:
        session.merge(clinic.child).language = "es"
        consult = clinic.take(session, clinic.econsult(session, now=NOW, wishes=Wishes(may_convert=agreed)), now=NOW)
        content = {**ANSWER, "disposition": "clinic_visit"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
    at = f"/consults/{consult.public_id}"
    for person, path in ((clinic.pcp, at), (clinic.derm, at), (clinic.derm, f"{at}/note.txt")):
        page = browser_of(person).get(path).text
        assert (english in page, spanish in page, "Triamcinolone" in page) == (True, False, True)
    if agreed:
        page = browser_of(clinic.coordinator).get(f"/coordination/{consult.public_id}").text
        assert (english in page, spanish in page) == (True, False)
    theirs = browser_of(clinic.mother).get(f"/family/questions/{consult.public_id}/answer").text
    assert (english in theirs, spanish in theirs) == (False, True)

"""How long the daily tasks take at a keyboard: 80 ms for a key, a second for a decision (`pytest -s` tells)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select

from econsult.advice.close_out import is_left_open
from econsult.consults import answers
from econsult.consults.answers import signed_answer
from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.people.persons import Person
from tests.bench._figures import report
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.web.conftest import Enter
from tests.web.filing import file_ready
from tests.web.hands import FARTHEST, KEY, Hands, Thumbs
from tests.web.test_browser_staff import copies
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
QUESTION = "Is this itchy rash at the elbows eczema, and which cream is safe on the face at her age?"
THINKS = "Atopic dermatitis, moderate. Less likely scabies: nobody else itches."
TRIED = "Hydrocortisone 1% twice a day for two weeks, helped a little, came back in three days."
BACKGROUND = "Since October, weight 16 kg, no medicines, no known allergies, mother has asthma."
ASKED = {
    "core": {
        "weight": "16",
        "onset": "1 to 6 w",
        "fever": "no",
        "history": "None",
        "medications": "None",
        "allergies": "None known",
        "exam": "Well, no fever, dry red patches at both elbows",
    },
    "dermatology": {
        "number": "2 to",
        "itch": "7",
        "pain": "no",
        "spreading": "no",
        "private_area": "no",
        "mucosal_sores": "no",
        "blisters": "Non",
        "blanching": "Yes",
        "new_drug": "None",
        "topicals": "Hydrocortisone 1% twice a day, 14 days",
    },
}
"""Of each part of the form what has to be said, in its order; in lists the beginning of what is meant."""
SUMMARY = (
    "This looks like eczema. It is common and not dangerous. Use the cream two times a day for seven days. "
    "Put on a thick cream after each bath. Call us if it gets wet, yellow or very sore."
)


@pytest.fixture
def hands(devices: Devices, enter: Enter, address: str):
    def at(person: Person, path: str) -> Hands:
        page = enter(devices.desktop(), person)
        found = Hands(page)
        page.goto(address + path)
        return found

    return at


def test_a_simple_answer_takes_a_specialist_ninety_seconds(runtime: Runtime, clinic: Clinic, hands) -> None:
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=NOW)
    for view in ("far", "close"):
        file_ready(runtime, consult, clinic.pcp, MediaKind.PHOTO, copies(), NOW, view=view)
    derm = hands(clinic.derm, "/worklist")
    page = derm.page
    derm.decide()
    derm.press("c")
    expect(page.locator("#answer")).to_be_visible()
    # Read the question, look at both pictures, one of them closely.
    derm.decide()
    derm.press("ArrowRight")
    derm.decide()
    derm.press("+", 2)
    derm.decide()
    derm.press("a")
    derm.write("Atopic dermatitis, moderate")
    derm.tick("confidence", "sure")
    derm.say("#rec1", "Triamcinolone 0.1% twice a day for 7 days, not on the face")
    derm.say("#rec2", "Thick cream after each bath")
    derm.choose("#own2", "Fam")
    derm.choose("#disposition", "Advice")
    derm.say("#watch_for", "Wet, yellow crusts, fever, or pain")
    derm.say("#family_summary", SUMMARY)
    derm.decide()
    derm.press("Control+Enter")
    page.wait_for_url("**said=signed**")
    with runtime.database.reading() as session:
        answer = signed_answer(session, consult.id)
        assert answer is not None
        steps = [(step["owner"], step["text"][:6]) for step in answer.content["recommendations"]]
        assert steps == [("pcp", "Triamc"), ("family", "Thick ")]
        assert (answer.disposition, answer.content["confidence"]) == ("advice_only", "sure")
    derm.told("specialist.simple_answer", 90)


@pytest.mark.slow
def test_a_request_takes_a_clinic_two_minutes(runtime: Runtime, clinic: Clinic, hands, tmp_path: Path) -> None:
    """With a photo and all that the specialty asks for but two views; without that it may go too, which is told."""
    photo = tmp_path / "elbow.jpg"
    Image.new("RGB", (1600, 1200), (150, 100, 80)).save(photo, "JPEG")
    pcp = hands(clinic.pcp, "/clinic")
    page = pcp.page
    pcp.decide()
    pcp.reach("a[href='/clinic/ask']")
    pcp.press("Enter")
    page.wait_for_url("**/clinic/ask")
    pcp.decide()
    pcp.reach("button[name=child]")
    pcp.press("Enter")
    page.wait_for_url("**/clinic/requests/*")
    pcp.tick("no_signs", "1")
    pcp.tick("specialty", "dermatology")
    expect(page.locator("[data-part=dermatology]")).to_be_attached()
    pcp.say("#question", QUESTION)
    pcp.choose("#question_type", "What is")
    pcp.choose("#body_site", "Arm")
    pcp.say("#thinks", THINKS)
    pcp.say("#tried", TRIED)
    pcp.say("#background", BACKGROUND)
    before = pcp.seconds
    answer_all(pcp)
    asked = pcp.seconds - before
    pcp.choose("#by", "Parent")
    pcp.choose("#method", "Said")
    pcp.enclose("input[type=file]", photo)
    pcp.choose("#lacking", "Could not")
    pcp.decide()
    pcp.press("Control+Enter")
    page.wait_for_url("**/consults/*said=request_sent")
    with runtime.database.reading() as session:
        sent = session.scalars(select(Consult)).one()
        assert (sent.status, sent.specialty, sent.question) == (Status.SUBMITTED, "dermatology", QUESTION)
        known = {name for name in sent.details if sent.details[name] not in (None, "")}
        assert {f"{subject}.{name}" for subject, said in ASKED.items() for name in said} <= known
        assert [sent.details[f"dermatology.{name}"] for name in ("itch", "pain")] == [7, False]
        assert len(session.scalars(select(Attachment)).all()) == 1
    report("task.pcp.request_without_the_form", round(pcp.seconds - asked, 1), "s", limit=120)
    pcp.told("pcp.request", 120)


def answer_all(pcp: Hands) -> None:
    """Whatever the forms of the child and of the specialty need, in the order of the page."""
    for subject, said in ASKED.items():
        pcp.reach(f"[data-part={subject}] > summary")
        if not pcp.page.locator(f"[data-part={subject}][open]").count():
            pcp.press("Enter")
        for name, words in said.items():
            link = f"{subject}.{name}"
            if words in {"yes", "no"}:
                pcp.tick(link, words)
            else:
                pcp.say(f"[name='{link}']", words)


@pytest.mark.slow
def test_a_case_is_told_and_closed_in_a_minute(runtime: Runtime, clinic: Clinic, hands) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        answers.acknowledge(session, session.get_one(Consult, consult.id), clinic.pcp, now=NOW + timedelta(minutes=15))
    desk = hands(clinic.coordinator, "/coordination")
    page = desk.page
    desk.decide()
    desk.reach(f"a[href='/coordination/{consult.public_id}']")
    desk.press("Enter")
    page.wait_for_url(f"**/coordination/{consult.public_id}")
    # Read what to tell; the telephone number is shown for the call, whose length is not the page's.
    desk.decide()
    desk.reach("form[action$='/phone'] button")
    desk.press("Enter")
    expect(page.locator("a[href^='tel:'].num, [role=status]").first).to_be_visible()
    desk.tick("method", "phone")
    desk.reach("[name=teach_back]")
    desk.decide()
    desk.press("Space")
    desk.reach("form[action$='/informed'] button")
    desk.decide()
    desk.press("Enter")
    page.wait_for_url("**said=informed")
    desk.decide()
    desk.reach("details:has(form[action$='/close']) summary")
    desk.press("Enter")
    desk.reach("form[action$='/close'] button")
    desk.decide()
    desk.press("Enter")
    page.wait_for_url("**said=closed")
    with runtime.database.reading() as session:
        closed = session.get_one(Consult, consult.id)
        # What came of the answer is the clinic's to say: asking the desk for it would take its minute.
        assert (closed.status, is_left_open(session, closed)) == (Status.CLOSED, True)
    desk.told("coordinator.closure", 60)


@pytest.mark.wide
def test_a_mouse_and_too_long_a_way_are_seen(clinic: Clinic, hands) -> None:
    desk = hands(clinic.coordinator, "/coordination")
    with pytest.raises(AssertionError, match="does not lead"):
        desk.reach("#nowhere")
    assert desk.keys == FARTHEST
    desk.told("nothing", FARTHEST * KEY)
    with pytest.raises(AssertionError, match="decisions"):
        desk.told("nothing", FARTHEST * KEY - 0.1)
    desk.page.mouse.click(5, 5)
    with pytest.raises(AssertionError, match="The mouse was used"):
        desk.told("nothing", 60)


@pytest.mark.slow
def test_a_question_with_two_photos_takes_a_mother_three_minutes(
    clinic: Clinic, devices: Devices, enter: Enter, address: str, tmp_path: Path
) -> None:
    """On a phone in Spanish, from her start page to the receipt, with each danger sign read."""
    photo = tmp_path / "codo.jpg"
    Image.new("RGB", (1600, 1200), (150, 100, 80)).save(photo, "JPEG")
    page = enter(devices.phone(), clinic.mother)
    page.goto(f"{address}/family")
    mother = Thumbs(page)
    mother.onward("section form button")
    mother.lines = page.locator("input[name=flags]").count()
    mother.onward("button[value=no]")
    mother.tap("label:has([value=elbow])")
    mother.onward("main form button")
    for view in ("far", "close"):
        mother.enclose(f"label[for={view}-choose]", photo)
    expect(page.locator("form[data-upload-state=safe]")).to_have_count(1)
    mother.onward(".onward a")
    mother.tap("label:has([name=since][value=week])")
    mother.tap("label:has([value=itch])")
    mother.say("#story", "Le pica mucho de noche y se rasca hasta sangrar. La crema no ayuda.")
    mother.onward("main form button")
    for _part in ("dermatology", "core"):
        mother.onward("main form button")
    mother.tap("label:has(#agree)")
    mother.onward("main form button")
    expect(page.locator("h1")).to_have_text("Recibimos su pregunta")
    report("task.parent.taps", mother.taps, "taps", limit=20)
    report("task.parent.question", round(mother.seconds, 1), "s", limit=180)
    assert (mother.seconds <= 180, mother.taps <= 20) == (True, True)

"""What a family is asked from the templates: by its place or topic, step by step, and nothing twice."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults.asked import TOPIC
from econsult.consults.records import Consult
from econsult.templates.loading import built_in
from imaging.samples.photos import photo
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import complaints, english_left, overflow, violations
from workers.runtime import Runtime

STORY = {"since": "days", "symptoms": ["itch"], "story": "Le pica.", "question": "¿Qué es y qué hago en casa?"}


def began(mother: FlaskClient, clinic: Clinic, site: str) -> str:
    """The address of a question that has said where it is."""
    ask = str(post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location).removesuffix("/emergency")
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": site})
    return ask


def details_at(runtime: Runtime, ask: str) -> dict[str, Any]:
    with runtime.database.reading() as session:
        query = select(Consult).where(Consult.public_id == ask.rpartition("/")[2])
        return dict(session.scalars(query).one().details)


def test_a_place_on_the_skin_leads_to_the_skins_questions_and_then_the_childs(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic
) -> None:
    ask = began(mother, clinic, "elbow")
    assert mother.get(f"{ask}/topic").location == f"{ask}/photos"
    assert post(mother, f"{ask}/story", STORY).location == f"{ask}/questions/dermatology"
    page = mother.get(f"{ask}/questions/dermatology?lang=en").text
    assert "Is it spreading?" in page
    assert "Draft form: it needs" in page
    assert 'name="dermatology.itch"' not in page
    assert 'type="file"' not in page
    answers = {"dermatology.by_family_spread": "yes", "dermatology.by_family_new_drug": "no"}
    hidden = {"dermatology.by_family_new_drug_name": "Amoxicillin"}
    assert post(mother, f"{ask}/questions/dermatology", {**answers, **hidden}).location == f"{ask}/questions/core"
    told = {"core.by_family_medications": "none", "core.by_family_course": "worse"}
    assert post(mother, f"{ask}/questions/core", told).location == f"{ask}/check"
    found = details_at(runtime, ask)
    assert (found["dermatology.by_family_spread"], found["dermatology.by_family_new_drug"]) == ("yes", False)
    assert "dermatology.by_family_new_drug_name" not in found
    check = mother.get(f"{ask}/check?lang=en").text
    assert "Is it spreading? Yes\nAny new medicine in the last 2 months? No" in check
    assert f'href="{ask}/questions/core"' in check


def test_the_clinic_reads_the_familys_answers_in_words(
    runtime: Runtime, mother: FlaskClient, browser_of: BrowserOf, clinic: Clinic
) -> None:
    ask = began(mother, clinic, "elbow")
    post(mother, f"{ask}/story", STORY)
    post(mother, f"{ask}/questions/dermatology", {"dermatology.by_family_itch": "wakes"})
    assert post(mother, f"{ask}/check", {"agree": "yes"}).location.endswith("/sent")
    page = browser_of(clinic.pcp).get(f"/consults/{ask.rpartition('/')[2]}").text
    assert "<dt>How much does it itch?</dt><dd>It wakes my child at night</dd>" in page
    assert details_at(runtime, ask)["answered_under"] == {"core-family": "1.0.0", "dermatology-family": "1.0.0"}


def test_what_is_not_about_the_skin_is_asked_for_its_topic_first(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic
) -> None:
    ask = began(mother, clinic, "not_skin")
    assert post(mother, f"{ask}/where", {"site": "not_skin"}).location == f"{ask}/topic"
    assert post(mother, f"{ask}/topic", {"core.by_family_topic": "heart"}).status_code == 422
    assert post(mother, f"{ask}/topic", {"core.by_family_topic": "asthma"}).location == f"{ask}/photos"
    assert post(mother, f"{ask}/story", STORY).location == f"{ask}/questions/asthma"
    assert "core.by_family_topic" not in mother.get(f"{ask}/questions/core").text
    post(mother, f"{ask}/topic", {"core.by_family_topic": "other"})
    assert post(mother, f"{ask}/story", STORY).location == f"{ask}/questions/core"
    assert mother.get(f"{ask}/questions/asthma").status_code == 404
    assert details_at(runtime, ask)["core.by_family_topic"] == "other"


def test_half_an_answer_is_kept_when_the_page_saves_or_changes_its_language(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic
) -> None:
    ask = began(mother, clinic, "elbow")
    page = f"{ask}/questions/core"
    saving = {"core.by_family_medications": "Vitam", "verb": "save", "csrf_token": token_from(mother.get(page).text)}
    assert mother.post(page, data=saving).get_json()["saved"] is True
    assert details_at(runtime, ask)["core.by_family_medications"] == "Vitam"
    assert post(mother, page, {"core.by_family_medications": "Vitamin", "lang": "en"}).location == page
    assert 'value="Vitamin"' in mother.get(page).text
    long = post(mother, page, {"core.by_family_medications": "x" * 401})
    assert (long.status_code, '<a href="#core.by_family_medications">' in long.text) == (422, True)
    assert details_at(runtime, ask)["core.by_family_medications"] == "Vitamin"


def test_the_questions_come_after_the_danger_signs_and_are_nobody_elses(
    mother: FlaskClient, browser_of: BrowserOf, clinic: Clinic
) -> None:
    ask = str(post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location).removesuffix("/emergency")
    for step in ("topic", "questions/core"):
        assert mother.get(f"{ask}/{step}").location == f"{ask}/emergency"
        assert browser_of(clinic.stranger).get(f"{ask}/{step}").status_code == 404
        assert browser_of(clinic.pcp).get(f"{ask}/{step}").status_code == 403


def test_the_camera_page_offers_the_views_of_the_question_and_keeps_the_old_ones(
    mother: FlaskClient, clinic: Clinic
) -> None:
    ask = began(mother, clinic, "elbow")
    page = mother.get(f"{ask}/photos?lang=en").text
    for name in ("photo:far", "photo:close", "photo:mid", "photo:oblique"):
        assert page.count(f'name="{name}"') == 2
    assert "with a knee, hand or belly button near it" in page
    fields = {"consult_id": ask.rpartition("/")[2], "next": f"{ask}/photos", "csrf_token": token_from(page)}
    sent = mother.post(
        "/uploads/simple",
        data={**fields, "photo:mid": (io.BytesIO(photo("eczema_far", size=(800, 600))), "a.jpg", "image/jpeg")},
    )
    assert "sent=1" in sent.location
    assert "Middle distance" in mother.get(f"{ask}/photos?lang=en").text
    post(mother, f"{ask}/where", {"site": "not_skin"})
    post(mother, f"{ask}/topic", {"core.by_family_topic": "neurology"})
    moving = mother.get(f"{ask}/photos?lang=en").text
    assert ('name="video:event"' in moving, 'name="photo:mid"' in moving) == (True, False)


@pytest.mark.parametrize("value", [5, True, 1.5, "x", ["x", [1]], {"a": [1]}])
def test_whatever_a_program_has_put_there_the_questions_can_be_read_and_answered(
    runtime: Runtime, mother: FlaskClient, clinic: Clinic, value: Any
) -> None:
    links = [link for form in built_in() if form.audience == "family" for link in form.by_link]
    details = dict.fromkeys(links, value) | {"body_site": "not_skin", "red_flags": [], "red_flags_asked": True}
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=datetime.now(UTC), details={**details, TOPIC: "neurology"})
    ask = f"/family/ask/{draft.public_id}"
    for step in ("topic", "photos", "questions/neurology", "questions/core", "check"):
        assert mother.get(f"{ask}/{step}").status_code == 200
    seen = {"neurology.by_family_is_episodic": "yes", "neurology.by_family_during": ["stares"]}
    assert post(mother, f"{ask}/questions/neurology", seen).location == f"{ask}/questions/core"
    assert details_at(runtime, ask)["neurology.by_family_during"] == ["stares"]


@pytest.mark.parametrize("language", spread(["es", "en"], 1))
@pytest.mark.wide
def test_the_questions_are_calm_and_accessible_on_a_phone(
    devices: Devices, enter: Enter, address: str, runtime: Runtime, clinic: Clinic, language: str
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        details = {"body_site": "elbow", "red_flags": [], "red_flags_asked": True}
        skin = clinic.family_draft(session, now=now, details=details).public_id
        details |= {"body_site": "not_skin", "core.by_family_topic": "neurology"}
        other = clinic.family_draft(session, now=now, details=details).public_id
    phone = devices.phone()
    heard = complaints(phone)
    enter(phone, clinic.mother)
    for path in (f"{skin}/questions/dermatology", f"{other}/topic", f"{other}/questions/neurology"):
        phone.goto(f"{address}/family/ask/{path}?lang={language}")
        assert (violations(phone), overflow(phone)) == ([], 0)
        if language == "es":
            assert english_left(phone) == set()
    lasting = phone.locator("[id='neurology.by_family_duration']")
    assert not lasting.is_visible()
    phone.locator("input[name='neurology.by_family_is_episodic'][value=yes]").check()
    assert lasting.is_visible()
    assert heard == []

"""A consent is kept with the text that stood on the page, whatever language another tab has chosen since."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select

from econsult.consults import furtherance, sealing, voice
from econsult.consults.furtherance import FurtherConsent
from econsult.consults.records import Consult
from econsult.consults.sealing import ConsentWithdrawal
from econsult.consults.voice import VoiceConsent
from econsult.people.consent import TEXTS, Consent, hash_of
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.test_family_ask import STORY, start
from workers.runtime import Runtime

FORMS = {
    "allowed": (FurtherConsent, furtherance.TEXTS[furtherance.Allowed.TRAINEES], {"allowed": "trainees"}),
    "voice": (VoiceConsent, voice.TEXTS, {"voice": "heard"}),
    "consent/withdraw": (ConsentWithdrawal, sealing.TEXTS, {"seal": "yes"}),
}


def mark_in(page: str, path: str) -> str:
    """What the form that goes to this path tells of its text."""
    form = re.search(rf'action="[^"]*{path}".*?</form>', page, re.DOTALL)
    found = re.search('name="shown"[^>]*value="([^"]+)"', form[0] if form else page)
    assert found is not None
    return found[1]


@pytest.fixture
def page(runtime: Runtime, clinic: Clinic, mother: FlaskClient) -> tuple[str, Consult]:
    """The Spanish page of a question whose video is heard already; then another tab turns to English."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=datetime.now(UTC))
    post(mother, f"/family/questions/{consult.public_id}/voice", {"voice": "heard"})
    text = mother.get(f"/family/questions/{consult.public_id}").text
    post(mother, "/language", {"lang": "en", "next": "/family"})
    return text, consult


@pytest.mark.parametrize("path", FORMS)
def test_what_was_read_is_what_is_kept(
    runtime: Runtime, mother: FlaskClient, page: tuple[str, Consult], path: str
) -> None:
    table, texts, fields = FORMS[path]
    address = f"/family/questions/{page[1].public_id}/{path}"
    if path == "voice":
        post(mother, address, {"voice": "silent"})
    assert post(mother, address, {**fields, "shown": "es.0123456789abcdef"}).status_code == 409
    assert post(mother, address, {**fields, "shown": mark_in(page[0], path)}).status_code == 303
    with runtime.database.reading() as session:
        row = session.scalars(select(table).order_by(table.id.desc())).first()
    assert (row.language, row.text_hash) == ("es", hash_of(texts["es"]))


def test_the_agreement_to_a_question_is_the_one_that_was_read(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient
) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "elbow"})
    post(mother, f"{ask}/story", STORY)
    shown = mark_in(mother.get(f"{ask}/check").text, "/nothing")
    post(mother, "/language", {"lang": "en", "next": "/family"})
    again = post(mother, f"{ask}/check", {"agree": "yes", "shown": "es.0123456789abcdef"})
    assert (again.status_code, str(escape(TEXTS["en"])) in again.text) == (409, True)
    assert post(mother, f"{ask}/check", {"agree": "yes", "shown": shown}).location.endswith("/sent")
    with runtime.database.reading() as session:
        consent = session.scalars(select(Consent)).one()
    assert (consent.language, consent.text_hash) == ("es", hash_of(TEXTS["es"]))

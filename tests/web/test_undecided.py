"""A caregiver who may not decide reads so at the first step, with who can; nothing that they typed is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults.records import RedFlagStop
from econsult.people.patients import RelatedPerson
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.test_family_ask import STORY, only_consult, start
from workers.runtime import Runtime

MAY_NOT, AGREE = "You may not send a new question.", 'name="agree"'


def may_decide(runtime: Runtime, clinic: Clinic, **values: object) -> None:
    mine = RelatedPerson.person_id == clinic.mother.id
    with runtime.database.writing() as session:
        session.execute(update(RelatedPerson).where(mine).values(**values))


@pytest.fixture(params=["never", "over"])
def ask(mother: FlaskClient, clinic: Clinic, runtime: Runtime, request: pytest.FixtureRequest) -> str:
    """A draft of a mother who looks in and decides nothing."""
    now = datetime.now(UTC)
    begun = start(mother, clinic)
    mother.get("/family?lang=en")
    if request.param == "never":
        may_decide(runtime, clinic, has_authority=False)
    else:
        may_decide(runtime, clinic, authority_until=now - timedelta(hours=1), ends_at=now + timedelta(days=9))
    return begun


def test_it_is_said_at_the_first_step_with_who_can_and_whom_to_call(mother: FlaskClient, ask: str) -> None:
    for path in ("/family?lang=en", f"{ask}/emergency?lang=en"):
        page = mother.get(path).text
        assert (MAY_NOT in page, "A parent or guardian who decides" in page, "505-555-0100" in page) == (True,) * 3
    assert "No puede enviar una pregunta nueva." in mother.get("/family?lang=es").text


def test_a_sign_of_danger_stops_them_like_anybody(mother: FlaskClient, ask: str, runtime: Runtime) -> None:
    assert post(mother, f"{ask}/emergency", {"emergency": "yes"}).location.endswith("/call-911")
    with runtime.database.reading() as session:
        assert len(session.scalars(select(RedFlagStop)).all()) == 1


def test_the_last_step_asks_for_no_yes_and_keeps_what_was_typed(
    mother: FlaskClient, clinic: Clinic, ask: str, runtime: Runtime
) -> None:
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "elbow"})
    photos = mother.get(f"{ask}/photos?lang=en").text
    assert ("From far" in photos, 'id="sound"' in photos, "May the doctors see the face?" in photos) == (
        True,
        False,
        False,
    )
    post(mother, f"{ask}/story", STORY)
    page = mother.get(f"{ask}/check?lang=en").text
    assert (AGREE in page, MAY_NOT in page, "What you wrote stays here." in page) == (False, True, True)
    refused = post(mother, f"{ask}/check", {"agree": "yes"})
    assert (refused.status_code, str(STORY["story"]) in refused.text) == (403, True)
    assert only_consult(runtime).submitted_at is None
    # Once the clinic has put it right, it goes on from where it was.
    may_decide(runtime, clinic, has_authority=True, authority_until=None)
    assert AGREE in mother.get(f"{ask}/check").text
    assert post(mother, f"{ask}/check", {"agree": "yes"}).status_code == 303
    assert MAY_NOT not in mother.get("/family?lang=en").text


def test_what_was_sent_shows_no_form_that_would_be_refused(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        sent = clinic.family_question(session, now=datetime.now(UTC)).public_id
    forms = ("/allowed", "/consent/withdraw")
    page = mother.get(f"/family/questions/{sent}").text
    assert [each in page for each in forms] == [True, True]
    may_decide(runtime, clinic, has_authority=False)
    page = mother.get(f"/family/questions/{sent}").text
    assert [each in page for each in forms] == [False, False]

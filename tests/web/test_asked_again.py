"""The answer about danger signs grows old: the family is asked again before its question is sent, and loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from econsult.consults.records import Consult
from econsult.consults.redflags import ANSWER_HOLDS, ASKED_AT
from econsult.consults.requests import RequestForm, SubmitForm, edit, submit
from econsult.errors import InvalidError
from tests.personas import TARGETS, Clinic
from tests.web.browsing import post
from tests.web.test_family_ask import STORY
from web.words.dangers import signs_of
from workers.runtime import Runtime


def draft_of(runtime: Runtime, clinic: Clinic, age: timedelta) -> tuple[Consult, str]:
    """A whole draft whose danger signs were answered so long ago, and its address."""
    details = {"body_site": "elbow", "red_flags": [], "red_flags_asked": True}
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=datetime.now(UTC), details=details)
        draft.details = {**draft.details, ASKED_AT: (datetime.now(UTC) - age).isoformat()}
    return draft, f"/family/ask/{draft.public_id}"


@pytest.mark.parametrize("step", ["where", "photos", "story", "check"])
def test_an_old_answer_is_asked_again_before_every_step(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, step: str
) -> None:
    _, ask = draft_of(runtime, clinic, ANSWER_HOLDS)
    assert mother.get(f"{ask}/{step}").location == f"{ask}/emergency"
    assert "volvemos a preguntar" in mother.get(f"{ask}/emergency").text
    assert post(mother, f"{ask}/check", {"agree": "yes"}).location == f"{ask}/emergency"


def test_what_was_written_is_kept_and_a_new_no_goes_on_where_it_was(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    draft, ask = draft_of(runtime, clinic, ANSWER_HOLDS)
    assert post(mother, f"{ask}/story", STORY).location == f"{ask}/emergency"
    assert post(mother, f"{ask}/emergency", {"emergency": "no"}).location == f"{ask}/check"
    assert "Le pica de noche." in mother.get(f"{ask}/check").text
    assert post(mother, f"{ask}/check", {"agree": "yes"}).location.endswith("/sent")
    with runtime.database.reading() as session:
        assert session.get_one(Consult, draft.id).status == "submitted"


def test_back_on_the_second_step_leads_to_the_first(mother: FlaskClient, runtime: Runtime, clinic: Clinic) -> None:
    _, ask = draft_of(runtime, clinic, timedelta(hours=1))
    assert f'href="{ask}/emergency"' in mother.get(f"{ask}/where").text
    assert post(mother, f"{ask}/emergency", {"emergency": "no"}).location == f"{ask}/where"


@pytest.mark.parametrize("details", [None, {"red_flags_at": "2099-01-01T00:00:00+00:00"}, {"story": "Le pica."}])
def test_no_door_sends_an_old_answer_and_nobody_else_sets_its_time(
    runtime: Runtime, clinic: Clinic, details: dict[str, str] | None
) -> None:
    draft, _ = draft_of(runtime, clinic, ANSWER_HOLDS)
    at = datetime.now(UTC)
    with pytest.raises(InvalidError) as refused, runtime.database.writing() as session:
        mine = session.merge(draft)
        edit(session, mine, clinic.mother, RequestForm(details=details), now=at)
        submit(session, mine, clinic.mother, SubmitForm(), now=at, targets=TARGETS)
    assert refused.value.fields == {"details.red_flags": "too_old"}


def test_a_sign_without_words_is_never_shown_as_a_code(mother: FlaskClient) -> None:
    with mother.application.test_request_context():
        shown = signs_of("seizure,glows_in_the_dark,not_named")
    assert shown[0] == "A seizure"
    assert not any("_" in words for words in shown)

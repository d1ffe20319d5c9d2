"""What is told by telephone: a family's question and a doctor's request, entered by staff, then as any other."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from econsult.consults.records import Consult, RedFlagStop
from tests.personas import FAMILY_QUESTION, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_clinic_request import FIELDS
from workers.runtime import Runtime

CALL: dict[str, Any] = {
    "who": "family",
    "caller_name": "Abuela Rosa",
    "caller_phone": "505-555-0199",
    "no_signs": "1",
    "question": FAMILY_QUESTION,
    "story": "Since Monday, on the elbow",
    "core.by_family_course": "worse",
    "core.by_family_medications": "None",
    "core.by_family_allergies": "None",
    "consent_by": "parent",
    "consent_method": "verbal",
    "consent_language": "es",
}


def _sent(runtime: Runtime) -> list[Consult]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Consult).order_by(Consult.id)))


@pytest.mark.parametrize("who", ["coordinator", "pcp", "nurse"])
def test_a_familys_question_is_written_down_and_goes_to_its_clinic(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, who: str
) -> None:
    with runtime.database.writing() as session:
        session.merge(clinic.child).registered_by_id = clinic.nurse.id
    staff, path = browser_of(getattr(clinic, who)), f"/clinic/phone/{clinic.child.public_id}"
    assert clinic.child.name in post(staff, "/clinic/phone", {"find": clinic.child.name.split()[0]}).text
    assert post(staff, path, CALL).status_code == 303
    (consult,) = _sent(runtime)
    assert (consult.kind, consult.source, consult.status) == ("family_question", "phone", "submitted")
    assert consult.details["caller"] == {"who": "family", "name": "Abuela Rosa", "phone": "505-555-0199"}
    assert consult.details["core.by_family_course"] == "worse"
    pcp = browser_of(clinic.pcp)
    case = pcp.get(f"/consults/{consult.public_id}").text
    assert "The family asks, by telephone" in case
    assert "Abuela Rosa, 505-555-0199" in case
    # The family reads its question as any other.
    theirs = browser_of(clinic.mother).get(f"/family/questions/{consult.public_id}").text
    assert "Recibimos su pregunta" in theirs
    # Sent on, no specialist learns who called.
    on = {"specialty": "dermatology", "question_type": "diagnosis", "question": FIELDS["question"]}
    assert post(pcp, f"/consults/{consult.public_id}/send-on", on).status_code == 303
    text = browser_of(clinic.derm).get(f"/consults/{consult.public_id}").text
    assert FAMILY_QUESTION in text
    assert "Rosa" not in text
    assert "0199" not in text


def test_the_danger_signs_come_first_and_a_sign_stops_the_call(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    page = desk.get(path).text
    assert page.index('id="red_flags"') < page.index('id="who"') < page.index('id="question"')
    unasked = post(desk, path, {name: value for name, value in CALL.items() if name != "no_signs"})
    assert unasked.status_code == 422
    assert "Ask about the danger signs first" in unasked.text
    assert "Since Monday, on the elbow" in unasked.text
    assert _sent(runtime) == []
    stopped = post(desk, path, {**CALL, "red_flags": "breathing"})
    assert stopped.status_code == 409
    assert "Tell the family to call 911" in stopped.text
    (consult,) = _sent(runtime)
    assert consult.status == "draft"
    with runtime.database.reading() as session:
        stop = session.scalars(select(RedFlagStop)).one()
    assert (stop.codes, stop.is_attested) == ("breathing", False)
    assert "505-555-0199" in stopped.text
    # It waits for no other answer, and for nobody's name.
    at_once = post(desk, path, {"red_flags": "seizure"})
    assert (at_once.status_code, "Tell the family to call 911" in at_once.text) == (409, True)
    with runtime.database.reading() as session:
        assert [each.codes for each in session.scalars(select(RedFlagStop).order_by(RedFlagStop.id))][-1] == "seizure"
    # A doctor's request has the signs ticked that were said.
    called = {"go": "clinic", "caller_name": "Dr. Ruiz", "red_flags": "seizure"}
    form = desk.get(str(post(desk, path, called).location)).text
    assert 'value="seizure" data-check="6" checked' in form


@pytest.mark.parametrize("left_out", ["who", "caller_name", "question", "consent_by"])
def test_what_is_missing_is_said_and_nothing_is_lost(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, left_out: str
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    page = post(desk, path, {name: value for name, value in CALL.items() if name != left_out})
    assert page.status_code == 422
    assert f'href="#{left_out}"' in page.text
    assert "Since Monday, on the elbow" in page.text
    assert _sent(runtime) == []


def test_a_doctors_request_goes_on_on_the_form_of_requests(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    desk, path = browser_of(clinic.coordinator), f"/clinic/phone/{clinic.child.public_id}"
    called = {"go": "clinic", "caller_name": "Dr. Ana Ruiz", "caller_phone": "505-555-0177"}
    form = str(post(desk, path, called).location)
    assert form.startswith("/clinic/requests/")
    page = desk.get(form).text
    assert "Dr. Ana Ruiz, 505-555-0177" in page
    # The desk sends no files, and sees none.
    assert "data-upload" not in page
    sent = post(desk, form, {**FIELDS, "urgency": "routine", "no_signs": "1", "verb": "send"})
    assert sent.status_code == 303, sent.text
    (consult,) = _sent(runtime)
    assert (consult.kind, consult.source, consult.status) == ("econsult", "phone", "submitted")
    card = f"/coordination/{consult.public_id}"
    assert desk.get(f"/consults/{consult.public_id}").location == card
    assert "Dr. Ana Ruiz" in desk.get(card).text
    derm = browser_of(clinic.derm).get(f"/consults/{consult.public_id}").text
    assert "Ana Ruiz" not in derm
    assert FIELDS["question"] in derm


def test_a_draft_of_a_call_is_thrown_away_to_the_board(browser_of: BrowserOf, clinic: Clinic) -> None:
    desk = browser_of(clinic.coordinator)
    form = str(
        post(desk, f"/clinic/phone/{clinic.child.public_id}", {"go": "clinic", "caller_name": "Dr. Ruiz"}).location
    )
    assert post(desk, f"{form}/discard", {}).location == "/coordination?said=withdrawn"

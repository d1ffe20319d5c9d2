"""Earlier requests on the pages: chosen on the form, read on the case, and asking twice pointed out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from econsult.consults import answers
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_clinic_request import FIELDS
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=5)


def test_an_earlier_answer_is_chosen_shown_to_the_holder_and_named_to_the_pool(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        earlier = clinic.answered(session, now=NOW)
        name = session.merge(clinic.child).name
        earlier.question = f"Is the rash of {name} eczema, and is a steroid safe?"
        earlier_id, number = earlier.public_id, earlier.number
    pcp = browser_of(clinic.pcp)
    path = str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)
    fields = {**FIELDS, "specialty": "neurology", "urgency": "routine", "earlier_asked": "yes", "earlier": earlier_id}
    post(pcp, path, {**fields, "verb": "save"})
    assert f'value="{earlier_id}" checked' in pcp.get(path).text
    assert post(pcp, path, {**fields, "earlier": "0" * 32, "verb": "save"}).status_code == 422
    assert post(pcp, path, {**fields, "verb": "send"}).status_code == 303
    case = f"/consults/{path.rpartition('/')[2]}"
    neuro = browser_of(clinic.neuro)
    before = neuro.get(case).text
    assert "1 earlier request of this child comes with it." in before
    assert "Atopic dermatitis" not in before
    post(neuro, f"{case}/claim", {})
    shown = neuro.get(case).text.partition("Earlier requests of this child")[2]
    assert "Atopic dermatitis" in shown
    assert number in shown
    # What says who the child is, is covered there as everywhere.
    assert name not in shown
    assert "steroid safe" in shown
    assert f"/consults/{earlier_id}" not in shown
    assert neuro.get(f"/consults/{earlier_id}").status_code == 404
    assert f'href="/consults/{earlier_id}"' in pcp.get(case).text
    assert "Earlier requests" not in browser_of(clinic.mother).get(f"/family/questions/{case.rpartition('/')[2]}").text


def test_a_closed_request_of_the_specialty_warns_and_one_of_another_does_not(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        closed = clinic.answered(session, now=NOW)
        answers.close(session, closed, clinic.pcp, reason="Moved", now=NOW)
        clinic.econsult(session, now=NOW, specialty="cardiology")
        number = closed.number
    pcp = browser_of(clinic.pcp)
    path = str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)
    for specialty, is_alike in (("neurology", False), ("dermatology", True)):
        fields = {**FIELDS, "specialty": specialty, "urgency": "routine"}
        post(pcp, path, {**fields, "verb": "save"})
        box = pcp.get(path).text.partition('id="alike"')[2].partition("</ul>")[0]
        assert (f"{number}</a>" in box and "Closed" in box) is is_alike
    # It is a warning: the request goes all the same.
    assert post(pcp, path, {**fields, "verb": "send"}).status_code == 303

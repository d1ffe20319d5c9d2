"""The clinic's wishes on the pages: somebody by name, and a visit that nobody has to ask about again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from econsult.consults import answers
from econsult.consults.records import Consult
from econsult.consults.wishes import Wishes, wish_of
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_clinic_request import FIELDS, SENT_ON
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=5)


def test_the_form_names_somebody_of_the_specialty_and_the_case_says_so(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    pcp = browser_of(clinic.pcp)
    path = str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)
    assert "Choose the specialty first to name one person." in pcp.get(path).text
    fields = {**FIELDS, "urgency": "routine", "wishes": "asked", "may_convert": "yes"}
    post(pcp, path, {**fields, "verb": "save"})
    page = pcp.get(path).text
    assert f'value="{clinic.derm2.public_id}">{clinic.derm2.name}' in page
    assert clinic.neuro.name not in page.partition("data-named")[2].partition("</section>")[0]
    sent = post(pcp, path, {**fields, "named_specialist": clinic.derm2.public_id, "verb": "send"})
    assert sent.status_code == 303
    case = f"/consults/{path.rpartition('/')[2]}"
    asked = pcp.get(case).text
    assert f"Asked for by name: {clinic.derm2.name}." in asked
    assert "They are asked alone until" in asked
    assert "it is arranged without asking the clinic again" in asked
    assert "The clinic asked for you by name." in browser_of(clinic.derm2).get(case).text
    assert "Asks for you" in browser_of(clinic.derm2).get("/worklist").text
    derm = browser_of(clinic.derm)
    assert "Asks for you" not in derm.get("/worklist").text
    # Somebody else who wants the next one is not given this one, and may still take it by hand.
    assert "kept_for_named" in str(post(derm, "/worklist/next", {}).location)
    assert post(derm, f"{case}/claim", {}).status_code == 303
    assert "The clinic agreed to a visit beforehand:" in derm.get(case).text


def test_a_name_of_the_specialty_before_goes_with_it(browser_of: BrowserOf, clinic: Clinic, runtime: Runtime) -> None:
    pcp = browser_of(clinic.pcp)
    path = str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)
    named = {**FIELDS, "wishes": "asked", "named_specialist": clinic.derm2.public_id, "verb": "save"}
    post(pcp, path, named)
    assert post(pcp, path, {**named, "specialty": "neurology"}).status_code == 303
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == path.rpartition("/")[2])).one()
        wish = wish_of(session, consult.id)
        assert wish is not None
        assert (consult.specialty, wish.named_id) == ("neurology", None)


def test_a_familys_question_is_sent_on_to_somebody_by_name(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.family_question(session, now=NOW)
        number, case = consult.id, f"/consults/{consult.public_id}"
    pcp = browser_of(clinic.pcp)
    assert f'<optgroup label="Neurology"><option value="{clinic.neuro.public_id}"' in pcp.get(case).text
    fields = {"specialty": "dermatology", "question_type": "diagnosis", "question": FIELDS["question"]}
    wrong = {**fields, **SENT_ON, "wishes": "asked", "named_specialist": clinic.neuro.public_id, "may_convert": "yes"}
    refused = post(pcp, f"{case}/send-on", wrong)
    assert refused.status_code == 422
    assert "Name somebody of the specialty that you chose" in refused.text
    assert post(pcp, f"{case}/send-on", {**wrong, "named_specialist": clinic.derm2.public_id}).status_code == 303
    with runtime.database.reading() as session:
        wish = wish_of(session, number)
        assert wish is not None
        assert (wish.named_id, wish.may_convert) == (clinic.derm2.id, True)


@pytest.mark.parametrize("may_convert", [True, False])
def test_the_family_reads_that_its_clinic_has_agreed(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, may_convert: bool
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.take(
            session, clinic.econsult(session, now=NOW, wishes=Wishes(may_convert=may_convert)), now=NOW
        )
        content = {**ANSWER, "disposition": "convert_to_referral"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
        page = f"/family/questions/{consult.public_id}/answer"
    text = browser_of(clinic.mother).get(page).text
    assert ("Su clínica ya dijo que sí." in text) is may_convert

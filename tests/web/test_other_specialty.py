"""An answer that another specialty should give: the clinic asks that one with the words that are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from econsult.consults import answers
from econsult.consults.earlier import attached_to
from econsult.consults.records import Consult
from econsult.consults.wishes import wish_of
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime


@pytest.mark.parametrize("disposition", ["wrong_specialty", "advice_only"])
def test_a_follow_up_goes_to_the_specialty_that_the_answer_leaves_open(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, disposition: str
) -> None:
    now, pcp = datetime.now(UTC), browser_of(clinic.pcp)
    with runtime.database.writing() as session:
        old = clinic.claimed(session, now=now - timedelta(minutes=5))
        old.details = {**old.details, "tried": "Emollient", "red_flags": [], "face_policy": "mask_all"}
        written = {**ANSWER, "disposition": disposition}
        answers.save_draft(session, old, clinic.derm, written, now=now, lease=LEASE)
        answers.sign(session, old, clinic.derm, now=now)
    is_for_another = disposition == "wrong_specialty"
    page = pcp.get(f"/consults/{old.public_id}?lang=en").text
    assert ("Ask the other specialty" in page, "Ask a follow-up" in page) == (is_for_another, not is_for_another)
    place = post(pcp, f"/consults/{old.public_id}/follow-up", {}).location
    with runtime.database.reading() as session:
        draft = session.scalars(select(Consult).where(Consult.public_id == place.rsplit("/", 1)[1])).one()
        wish = wish_of(session, draft.id)
        named = wish.named_id if wish is not None else None
        assert [each.id for each in attached_to(session, draft)] == [old.id]
        asked = (draft.kind, draft.specialty, named, draft.question, draft.details.get("tried"))
        first = (None, None, old.question, "Emollient")
        assert asked == ("follow_up", *(first if is_for_another else ("dermatology", clinic.derm.id, "", None)))
        # The child may be worse today, and a yes to the face was one to other pictures.
        assert not {"red_flags", "face_policy"} & set(draft.details)
    sent = {"earlier_asked": "yes", "earlier": old.public_id, "question": old.question, "verb": "send"}
    if is_for_another:
        refused = post(pcp, f"{place}?lang=en", {**sent, "no_signs": "1", "specialty": ""})
        assert (refused.status_code, "Choose the specialty" in refused.text) == (422, True)

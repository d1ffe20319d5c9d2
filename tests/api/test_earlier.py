"""Earlier consults and possible duplicates through the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.conftest import ProgramOf
from tests.api.test_openapi import check
from tests.api.test_wishes import ASKED
from tests.personas import Clinic

Made = Callable[..., str]


def test_a_duplicate_is_told_and_an_earlier_answer_is_read_by_who_takes_it(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    earlier = made(clinic.answered)
    pcp, derm2, mother = (program_of(person) for person in (clinic.pcp, clinic.derm2, clinic.mother))
    body = {"patient_id": clinic.child.public_id, **ASKED, "earlier": [earlier]}
    draft = pcp.post("/consults", body).json
    assert [each["id"] for each in draft["possible_duplicates"]] == [earlier]
    assert [each["status"] for each in draft["possible_duplicates"]] == ["answered"]
    at = f"/consults/{draft['id']}"
    sent = pcp.post(f"{at}/submit")
    assert sent.status_code == 200
    check(pcp.client.get("/api/openapi.json").json, "Consult", sent.json)
    assert [each["id"] for each in sent.json["possible_duplicates"]] == [earlier]
    assert [each["id"] for each in sent.json["earlier"]] == [earlier]
    assert derm2.get(at).json["earlier"] == []
    derm2.post(f"{at}/claim")
    taken = derm2.get(at).json
    assert taken["possible_duplicates"] == []
    assert [(each["id"], each["answer"]["impression"]) for each in taken["earlier"]] == [(None, "Atopic dermatitis")]
    told = mother.get(at).json
    assert (told["earlier"], told["possible_duplicates"]) == ([], [])
    other = pcp.post("/consults", {**body, "earlier": ["0" * 32]})
    assert (other.status_code, other.json["fields"]) == (422, {"earlier": "unknown_value"})


def test_a_follow_up_is_a_linked_cycle_that_asks_first_who_answered(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    earlier, pcp = made(clinic.answered), program_of(clinic.pcp)
    body = {"patient_id": clinic.child.public_id, **ASKED, "kind": "follow_up"}
    alone = pcp.post("/consults", {**body, "specialty": None})
    assert (alone.status_code, alone.json["fields"]) == (422, {"earlier": "required"})
    draft = pcp.post("/consults", {**body, "specialty": None, "question_type": None, "earlier": [earlier]})
    assert draft.status_code == 201, draft.text
    told = (draft.json["kind"], draft.json["specialty"], draft.json["question_type"])
    assert told == ("follow_up", "dermatology", "follow_up")
    assert draft.json["named_specialist"]["person"]["id"] == clinic.derm.public_id
    at = f"/consults/{draft.json['id']}"
    assert pcp.patch(at, {"earlier": []}).status_code == 200
    assert pcp.post(f"{at}/submit").json["fields"] == {"earlier": "required"}
    pcp.patch(at, {"earlier": [earlier]})
    sent = pcp.post(f"{at}/submit")
    assert sent.status_code == 200
    check(pcp.client.get("/api/openapi.json").json, "Consult", sent.json)
    derm = program_of(clinic.derm)
    assert derm.post(f"{at}/claim").status_code == 200
    assert [each["answer"]["impression"] for each in derm.get(at).json["earlier"]] == ["Atopic dermatitis"]
    mother = program_of(clinic.mother)
    assert mother.post("/consults", {**body, "earlier": []}).status_code == 403


def test_a_question_that_is_sent_on_is_compared_with_what_was_sent_before_that_and_not_before_the_family_asked(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    question, between = made(clinic.family_question), made(clinic.econsult)
    pcp, wish = program_of(clinic.pcp), {"specialty": "dermatology", "question_type": "diagnosis"}
    sent = pcp.post(f"/consults/{question}/send-on", wish)
    assert [each["id"] for each in sent.json["possible_duplicates"]] == [between]
    # What comes later asks the same as this one, and not the other way round.
    later = made(clinic.econsult)
    told = pcp.get(f"/consults/{question}").json["possible_duplicates"]
    assert (sent.status_code, [each["id"] for each in told], later != between) == (200, [between], True)

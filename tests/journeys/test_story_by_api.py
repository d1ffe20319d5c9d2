"""The story through the API alone, and every refusal that a program meets on the way."""

from __future__ import annotations

import json

import pytest

from tests.imaging.paper_readers import faults_of, words_of
from tests.journeys import story
from tests.journeys.media import BIRTH_DATE, NAME, Media
from tests.journeys.sending import TUS, create, send
from tests.journeys.story import CONSENT, PHONE, Cast
from tests.journeys.told import Told

CLINICS = {
    "kind": "econsult",
    "specialty": "dermatology",
    "question": "Is this ringworm of the forearm, and is a topical antifungal enough?",
    "question_type": "diagnosis",
    "urgency": "routine",
    "details": {"body_site": "arm", "red_flags": [], "thinks": "Tinea corporis"},
    "consent": {**CONSENT, "method": "verbal"},
}


def test_a_familys_question_travels_to_the_specialist_and_back(cast: Cast, told: Told) -> None:
    seen = cast.parent.consult(told.consult_id)
    assert seen["status"] == "closed"
    assert {clock["clock"]: clock["state"] for clock in seen["clocks"]} == {
        "first_reply": "stopped",
        "next_reply": "stopped",
        "family_informed": "stopped",
    }
    assert len(seen["attachments"]) == 5


def test_the_specialist_never_learns_whose_child_it_is(cast: Cast, told: Told) -> None:
    page = json.dumps(cast.derm.consult(told.consult_id), ensure_ascii=False)
    assert cast.parent.consult(told.consult_id)["requester"]["name"] not in page
    assert told.child["name"] not in page
    assert PHONE not in page
    assert PHONE in json.dumps(cast.pcp.consult(told.consult_id))
    assert not {"name", "birth_date", "phone", "mrn", "id"} & set(cast.derm.consult(told.consult_id)["patient"])
    assert cast.derm.get("/patients").expect(200)["items"] == []


def test_the_answer_is_taken_along_by_each_in_their_own_edition(cast: Cast, told: Told) -> None:
    papers = {
        name: getattr(cast, name).get(f"/consults/{told.consult_id}/note.pdf") for name in ("parent", "pcp", "derm")
    }
    read = {name: words_of(paper.body) for name, paper in papers.items()}
    assert all(str(story.ANSWER["family_summary"]) in words for words in read.values())
    assert all(faults_of(paper.body) == [] for paper in papers.values())
    assert story.ANSWER["impression"] in read["derm"]
    assert story.ANSWER["impression"] not in read["parent"]
    child = told.child["name"]
    assert [child in read[name] for name in ("parent", "pcp", "derm")] == [True, True, False]
    text = cast.pcp.get(f"/consults/{told.consult_id}/note.txt").body.decode()
    code = cast.derm.consult(told.consult_id)["answer"]["fingerprint"]
    assert code in text.replace(" ", "")
    cast.stranger.get(f"/consults/{told.consult_id}/note.pdf").refuses(404, "not_found")
    cast.parent.get(f"/consults/{told.consult_id}/note.txt?edition=clinician").refuses(403, "forbidden")


def test_the_report_of_a_file_tells_what_was_removed_and_never_what_it_was(cast: Cast, told: Told) -> None:
    report = cast.derm.ask("GET", told.attachments["far"]["report_url"]).expect(200)
    text = json.dumps(report, ensure_ascii=False)
    assert report["verdict"] == "ready"
    assert "gps" in text.lower()
    assert NAME not in text
    assert BIRTH_DATE not in text


@pytest.mark.slow
def test_a_clinics_own_econsult_is_answered_too(cast: Cast, media: Media) -> None:
    made = cast.pcp.post("/consults", patient_id=cast.child()["id"], **CLINICS).expect(201)
    send(cast.pcp, made["id"], "photo", media.again, view="close", filetype="image/jpeg")
    story.submit(cast.pcp, made["id"])
    story.claim(cast, made["id"])
    story.wait_ready(cast.derm, made["id"])
    story.talk(cast, made["id"])
    story.answer(cast, made["id"])
    story.hear(cast, made["id"])


def test_an_emergency_is_never_sent(cast: Cast) -> None:
    # Another mother, since what is asked about a child after such a stop is answered sooner than the story's question.
    mother = cast.stranger
    consult_id = story.draft_question(cast, mother, details={"red_flags": ["breathing"]})
    problem = mother.verb(consult_id, "submit").refuses(409, "emergency")
    assert problem["red_flags"] == ["breathing"]
    assert mother.consult(consult_id)["status"] == "draft"
    unknown = story.draft_question(cast, mother, details={"red_flags": ["something_new"]})
    mother.verb(unknown, "submit").refuses(409, "emergency")


def test_what_is_missing_is_listed(cast: Cast) -> None:
    made = cast.pcp.post("/consults", kind="econsult", patient_id=cast.child()["id"]).expect(201)
    problem = cast.pcp.verb(made["id"], "submit").refuses(422, "invalid")
    assert set(problem["fields"]) == {"question", "specialty", "question_type", "consent", "details.red_flags"}


def test_a_photo_of_a_private_place_is_refused_to_a_caregiver_only(cast: Cast, media: Media) -> None:
    # No photo answers it, so the family says how it wants to be reached.
    contact = {"way": "call_back", "phone": "505-555-0177"}
    consult_id = story.draft_question(cast, details={"body_site": "private_area", "contact": contact})
    told = {"consult_id": consult_id, "kind": "photo", "filetype": "image/jpeg"}
    create(cast.parent, 1000, told).refuses(403, "private_site")
    create(cast.parent, 1000, {**told, "kind": "video"}).refuses(403, "private_site")
    send(cast.parent, consult_id, "lab_document", media.paper, filetype="application/pdf")
    story.submit(cast.parent, consult_id)
    send(cast.pcp, consult_id, "photo", media.again, view="close", filetype="image/jpeg")
    files = story.wait_settled(cast.pcp, consult_id)
    # A PDF may be a photo, so somebody of the clinic looks at the family's first.
    assert {each["kind"]: each["state"] for each in files} == {"photo": "ready", "lab_document": "held"}


def test_another_family_finds_nothing(cast: Cast, told: Told) -> None:
    stranger, consult_id = cast.stranger, told.consult_id
    stranger.get(f"/consults/{consult_id}").refuses(404, "not_found")
    stranger.verb(consult_id, "messages", audience="family", text="?").refuses(404, "not_found")
    stranger.ask("GET", told.attachments["close"]["report_url"]).refuses(404, "not_found")
    create(stranger, 1000, {"consult_id": consult_id, "kind": "photo"}).refuses(404, "not_found")
    upload = f"/uploads/{told.attachments['close']['id']}"
    assert [stranger.ask(method, upload, None, TUS).status for method in ("HEAD", "DELETE")] == [404, 404]
    wanted = {"kind": "family_question", "patient_id": told.child["id"], "question": story.QUESTION}
    stranger.post("/consults", **wanted).refuses(404, "not_found")


def test_a_verb_that_is_impossible_names_the_state(cast: Cast, told: Told) -> None:
    for person, verb, body in (
        (cast.pcp, "acknowledge", {}),
        (cast.pcp, "close", {"reason": "again"}),
        (cast.derm, "answer/sign", {}),
        (cast.derm, "request-info", {"text": "One more?", "items": []}),
    ):
        refusal = person.verb(told.consult_id, verb, **body).refuses(409, "impossible_verb")
        assert "closed" in refusal["detail"], verb


def test_nobody_reads_anything_without_a_token(cast: Cast, told: Told) -> None:
    url = told.attachments["far"]["renditions"][0]["url"]
    wrong = {"Authorization": "Bearer wrong", "Accept": "application/json"}
    for path in (f"/api/v1/consults/{told.consult_id}", "/api/v1/worklist", url):
        reply = cast.parent.ask("GET", path, None, wrong)
        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer"), path

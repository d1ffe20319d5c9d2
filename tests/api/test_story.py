"""The whole consult through the API alone, and what each of the people in it gets to see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.conftest import Program, ProgramOf
from tests.personas import ANSWER, FAMILY_QUESTION, QUESTION, Clinic

CONSENT = {"given": True, "by": "parent", "method": "verbal", "language": "es"}
Made = Callable[..., str]


def econsult(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    """The body of a complete eConsult."""
    body = {
        "kind": "econsult",
        "patient_id": clinic.child.public_id,
        "specialty": "dermatology",
        "question": QUESTION,
        "question_type": "diagnosis",
        "urgency": "routine",
        "details": {"red_flags": [], "body_site": "elbow"},
        "consent": CONSENT,
    }
    return {**body, **changes}


def submitted(pcp: Program, clinic: Clinic) -> str:
    made = pcp.post("/consults", econsult(clinic))
    assert made.status_code == 201, made.text
    consult_id = str(made.json["id"])
    assert pcp.post(f"/consults/{consult_id}/submit").json["status"] == "submitted"
    return consult_id


def test_a_request_is_answered_signed_acknowledged_told_and_closed(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp, derm = program_of(clinic.pcp), program_of(clinic.derm)
    consult_id = submitted(pcp, clinic)
    at = f"/consults/{consult_id}"
    assert [row["id"] for row in derm.get("/worklist").json["items"]] == [consult_id]
    assert derm.post(f"{at}/claim").json["holder"]["is_me"] is True
    assert derm.post(f"{at}/answer", ANSWER).json["saves"] == 1
    assert derm.post(f"{at}/answer/sign").json["status"] == "answered"
    assert pcp.post(f"{at}/acknowledge").json["acknowledged_at"] is not None
    tried = pcp.post(f"{at}/tried", {"result": "left_message"})
    assert (tried.status_code, tried.json["informed_method"]) == (200, None)
    assert pcp.post(f"{at}/tried", {"result": "asleep"}).status_code == 422
    assert pcp.post(f"{at}/informed", {"method": "phone", "teach_back": True}).json["informed_method"] == "phone"
    refused = pcp.post(f"{at}/close", {"seen": "no"})
    assert (refused.status_code, set(refused.json["fields"])) == (422, {"changed", "referral"})
    closed = pcp.post(f"{at}/close", {"changed": "yes", "referral": "avoided", "seen": "no"})
    assert (closed.json["status"], closed.json["is_close_out_open"]) == ("closed", False)
    assert [line["otherwise"] for line in pcp.get(f"{at}/outcome").json["items"]] == [None]


def test_what_the_desk_closes_the_clinic_says_afterwards(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp, derm, desk = (program_of(each) for each in (clinic.pcp, clinic.derm, clinic.coordinator))
    at, said = f"/consults/{submitted(pcp, clinic)}", {"changed": "yes", "referral": "avoided", "seen": "no"}
    for verb, body in (("/claim", {}), ("/answer", ANSWER), ("/answer/sign", {})):
        assert derm.post(f"{at}{verb}", body).status_code == 200
    pcp.post(f"{at}/acknowledge")
    desk.post(f"{at}/informed", {"method": "phone"})
    assert (desk.post(f"{at}/close", said).status_code, pcp.post(f"{at}/close-out", said).status_code) == (403, 404)
    closed = desk.post(f"{at}/close").json
    assert (closed["status"], closed["is_close_out_open"]) == ("closed", True)
    assert "is_close_out_open" not in program_of(clinic.mother).get(at).json
    assert desk.post(f"{at}/close-out", said).status_code == 403
    refused = pcp.post(f"{at}/close-out", {"changed": "yes"})
    assert (refused.status_code, set(refused.json["fields"])) == (422, {"referral", "seen"})
    assert pcp.post(f"{at}/close-out", said).json["items"][0]["is_close"] is True
    assert pcp.get(at).json["is_close_out_open"] is False
    # What is still to be done of its steps stays in the list, and is done after closing as before.
    steps = pcp.get(f"{at}/steps").json["items"]
    assert {step["state"] for step in steps} == {"proposed"}
    assert pcp.post(f"{at}/steps/{steps[0]['id']}", {"verb": "accept"}).status_code == 200


def test_a_familys_question_can_be_sent_on_to_a_specialty(clinic: Clinic, program_of: ProgramOf) -> None:
    mother, pcp = program_of(clinic.mother), program_of(clinic.pcp)
    body = {"patient_id": clinic.child.public_id, "question": FAMILY_QUESTION, "consent": CONSENT}
    consult_id = mother.post("/consults", body).json["id"]
    refused = mother.post(f"/consults/{consult_id}/submit")
    assert (refused.status_code, refused.json["fields"]) == (422, {"details.red_flags": "required"})
    mother.patch(f"/consults/{consult_id}", {"details": {"red_flags": []}})
    assert mother.post(f"/consults/{consult_id}/submit").json["kind"] == "family_question"
    request = {"specialty": "dermatology", "question": QUESTION, "question_type": "diagnosis"}
    sent = pcp.post(f"/consults/{consult_id}/send-on", request).json
    assert (sent["kind"], sent["status"], sent["specialty"]) == ("econsult", "submitted", "dermatology")
    assert program_of(clinic.derm).get(f"/consults/{consult_id}").status_code == 200


def test_a_program_that_sends_on_answers_the_checklist_or_says_why(clinic: Clinic, program_of: ProgramOf) -> None:
    mother, pcp, derm = program_of(clinic.mother), program_of(clinic.pcp), program_of(clinic.derm)
    body = {"patient_id": clinic.child.public_id, "question": FAMILY_QUESTION, "consent": CONSENT}
    path = f"/consults/{mother.post('/consults', {**body, 'details': {'red_flags': []}}).json['id']}"
    assert mother.post(f"{path}/submit").json["status"] == "submitted"
    request = {"specialty": "dermatology", "question": QUESTION, "question_type": "diagnosis"}
    some = {**request, "details": {"dermatology.itch": 7}}
    for refusal in (pcp.post(f"{path}/send-on", some), pcp.post(f"{path}/send-on", {**some, "override_reason": " "})):
        assert (refusal.status_code, refusal.json["fields"]["details.dermatology.pain"]) == (422, "required")
    why = "The mother could not look today"
    assert program_of(clinic.other_pcp).post(f"{path}/send-on", {**some, "override_reason": why}).status_code == 404
    assert pcp.post(f"{path}/send-on", {**some, "override_reason": why}).json["override_reason"] == why
    assert derm.get(path).json["override_reason"] == "The [name] could not look today"
    assert "override_reason" not in mother.get(path).json
    assert pcp.post(f"{path}/send-on", some).status_code == 409


def test_the_first_reply_clock_runs_pauses_and_stops(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp, derm = program_of(clinic.pcp), program_of(clinic.derm)
    at = f"/consults/{submitted(pcp, clinic)}"
    clock, taking = pcp.get(at).json["clocks"]
    assert (taking["clock"], taking["state"]) == ("allocate", "running")
    assert (clock["clock"], clock["state"], clock["breached"]) == ("first_reply", "running", False)
    derm.post(f"{at}/claim")
    asked = derm.post(f"{at}/request-info", {"text": "A closer photo, please.", "items": ["photo"]}).json
    clock, taking = asked["clocks"]
    assert taking["state"] == "stopped"
    assert (clock["state"], clock["paused_reason"]) == ("paused", "needs_clinicians")
    assert pcp.post(f"{at}/messages", {"audience": "clinicians", "text": "Here it is."}).status_code == 201
    assert pcp.get(at).json["clocks"][0]["state"] == "running"


def test_each_lane_that_waits_for_a_reply_is_told_with_its_own_time(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp, derm, mother = program_of(clinic.pcp), program_of(clinic.derm), program_of(clinic.mother)
    at = f"/consults/{submitted(pcp, clinic)}"
    derm.post(f"{at}/claim")
    mother.post(f"{at}/messages", {"audience": "family", "text": "¿Y si no mejora?"})
    derm.post(f"{at}/answer", ANSWER)
    derm.post(f"{at}/answer/sign")
    since = _waits(pcp, at)["family"]
    # What the family asks after the signature, and the clinic, begins later and runs out later.
    mother.post(f"{at}/messages", {"audience": "family", "text": "¿Y la escuela?"})
    pcp.post(f"{at}/messages", {"audience": "clinicians", "text": "For how many days?"})
    assert _waits(pcp, at).keys() == {"family", "clinicians"}
    assert _waits(mother, at) == {"family": since}
    assert _waits(pcp, at)["family"] == since


def _waits(program: Program, at: str) -> dict[str, str]:
    clocks = program.get(at).json["clocks"]
    return {each["lane"]: each["deadline_at"] for each in clocks if each["clock"] == "next_reply"}


def test_a_specialist_never_learns_who_the_child_is(clinic: Clinic, program_of: ProgramOf) -> None:
    at = f"/consults/{submitted(program_of(clinic.pcp), clinic)}"
    derm = program_of(clinic.derm)
    texts = [derm.get("/worklist").text, derm.get(at).text, derm.post(f"{at}/claim").text, derm.get(at).text]
    for text in texts:
        assert clinic.child.alias in text
        assert not any(secret in text for secret in ("Luz Prueba", "2022-01-15", clinic.child.public_id))
    assert program_of(clinic.pcp).get(at).json["patient"]["name"] == "Luz Prueba"


def test_a_caregiver_reads_the_whole_answer_to_a_clinics_request_once_it_is_released(
    clinic: Clinic, program_of: ProgramOf
) -> None:
    pcp, derm, mother = program_of(clinic.pcp), program_of(clinic.derm), program_of(clinic.mother)
    at = f"/consults/{submitted(pcp, clinic)}"
    derm.post(f"{at}/claim")
    derm.post(f"{at}/messages", {"audience": "clinicians", "text": "Is there asthma in the family?"})
    derm.post(
        f"{at}/answer", {**ANSWER, "recommendations": [*ANSWER["recommendations"], {"text": "IgE", "owner": "pcp"}]}
    )
    derm.post(f"{at}/answer/sign")
    before = mother.get(at).json
    assert (before["answer"], before["question"], before["messages"], before["status"]) == (None, None, [], "answered")
    pcp.post(f"{at}/acknowledge")
    answer = mother.get(at).json["answer"]
    assert answer["family_summary"] == ANSWER["family_summary"]
    assert (answer["impression"], answer["confidence"]) == (ANSWER["impression"], ANSWER["confidence"])
    assert [item["owner"] for item in answer["recommendations"]] == ["family", "pcp"]
    assert answer == pcp.get(at).json["answer"] | {"author": answer["author"]}
    assert "id" not in answer["author"]


def test_a_draft_answer_is_its_authors_alone(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp, derm = program_of(clinic.pcp), program_of(clinic.derm)
    at = f"/consults/{submitted(pcp, clinic)}"
    derm.post(f"{at}/claim")
    derm.post(f"{at}/answer", {"impression": "Not sure yet"})
    assert derm.get(at).json["answer"]["state"] == "draft"
    assert pcp.get(at).json["answer"] is None


def test_a_red_flag_stops_the_request_as_an_emergency(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    body = econsult(clinic, details={"red_flags": ["seizure", "never_heard_of"], "body_site": "elbow"})
    consult_id = pcp.post("/consults", body).json["id"]
    refused = pcp.post(f"/consults/{consult_id}/submit")
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/emergency")
    assert refused.json["red_flags"] == ["seizure", "never_heard_of"]
    at = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="minutes")
    said = {"examined_by": "Dr. Paz", "at": at, "why": f"{clinic.child.name} is well"}
    assert pcp.post(f"/consults/{consult_id}/submit", {"red_flag_attestation": said}).status_code == 200
    # Whoever answers must know it, though not whose child it is.
    told = program_of(clinic.derm).get(f"/consults/{consult_id}").json["attested_flags"]
    assert [(one["flags"], one["examined_by"], one["at"], one["attested_by"]) for one in told] == [
        (["seizure", "never_heard_of"], "Dr. Paz", at, clinic.pcp.name)
    ]
    assert told[0]["why"] == "[name] is well"
    assert "attested_flags" not in program_of(clinic.mother).get(f"/consults/{consult_id}").json


def test_what_is_missing_is_named_and_can_be_added(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    consult_id = pcp.post("/consults", {"patient_id": clinic.child.public_id, "question": "Short?"}).json["id"]
    refused = pcp.post(f"/consults/{consult_id}/submit")
    assert refused.status_code == 422
    assert set(refused.json["fields"]) == {"question", "specialty", "question_type", "consent", "details.red_flags"}
    more = {name: value for name, value in econsult(clinic).items() if name not in {"kind", "patient_id"}}
    assert pcp.patch(f"/consults/{consult_id}", more).status_code == 200
    assert pcp.post(f"/consults/{consult_id}/submit").status_code == 200


def test_a_verb_that_is_impossible_is_409_naming_the_state(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    consult_id = made(clinic.answered)
    refused = program_of(clinic.pcp).post(f"/consults/{consult_id}/submit")
    assert (refused.status_code, refused.json["code"], refused.json["state"]) == (409, "impossible_verb", "answered")


def test_giving_a_consult_back_and_declining_it(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    consult_id = made(clinic.claimed)
    derm, at = program_of(clinic.derm), f"/consults/{consult_id}"
    assert derm.post(f"{at}/release", {"reason": "Off duty"}).json["status"] == "submitted"
    assert derm.post(f"{at}/decline").status_code == 422
    declined = derm.post(f"{at}/decline", {"reason": "Needs a visit"})
    assert (declined.status_code, declined.json["status"]) == (200, "declined")
    assert program_of(clinic.pcp).get(at).json["end_reason"] == "Needs a visit"


def test_taking_a_request_back(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    consult_id = made(clinic.family_question)
    assert program_of(clinic.mother).post(f"/consults/{consult_id}/withdraw").json["status"] == "withdrawn"


def test_a_repeated_key_gives_the_same_consult_and_another_body_is_refused(
    clinic: Clinic, program_of: ProgramOf
) -> None:
    pcp, body = program_of(clinic.pcp), econsult(clinic)
    first = pcp.post("/consults", body, Idempotency_Key="abc").json["id"]
    assert pcp.post("/consults", body, Idempotency_Key="abc").json["id"] == first
    assert pcp.post("/consults", body).json["id"] != first
    other = pcp.post("/consults", {**body, "urgency": "urgent"}, Idempotency_Key="abc")
    assert (other.status_code, other.json["fields"]) == (422, {"Idempotency-Key": "used_for_another_request"})


def test_two_who_save_at_once_lose_nothing(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    derm, at = program_of(clinic.derm), f"/consults/{made(clinic.claimed)}"
    derm.post(f"{at}/answer", {**ANSWER, "impression": "First"})
    derm.post(f"{at}/answer", {**ANSWER, "impression": "Second", "saves": 1})
    stale = derm.post(f"{at}/answer", {**ANSWER, "impression": "Third", "saves": 1})
    assert (stale.status_code, stale.json["code"]) == (409, "stale_version")
    assert derm.get(at).json["answer"]["impression"] == "Second"


def test_a_draft_is_changed_and_sent_only_as_it_was_read(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    draft = pcp.post("/consults", econsult(clinic)).json
    at, version = f"/consults/{draft['id']}", draft["version"]
    sign = pcp.patch(at, {"details": {"red_flags": ["breathing"]}, "version": version})
    assert sign.json["version"] == version + 1
    for stale in (
        pcp.patch(at, {"details": {"red_flags": []}, "version": version}),
        pcp.post(f"{at}/submit", {"version": version, "red_flag_attestation": {"examined_by": "P", "why": "Well"}}),
    ):
        assert (stale.status_code, stale.json["code"]) == (409, "stale_version")
    assert pcp.get(at).json["details"]["red_flags"] == ["breathing"]


def test_children_are_registered_and_listed(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    told = {"name": "Ana Example", "nickname": "Nita", "birth_date": "2024-05-01", "sex": "female", "language": "es"}
    made = pcp.post("/patients", told)
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1/patients/{made.json['id']}")
    listed = pcp.get("/patients").json
    told_of = [(item["name"], item["nickname"]) for item in listed["items"]]
    assert told_of == [("Luz Prueba", ""), ("Ana Example", "Nita")]
    assert listed["next"] is None
    assert [item["name"] for item in program_of(clinic.mother).get("/patients").json["items"]] == ["Luz Prueba"]


def test_a_child_whom_the_clinic_has_is_named_instead(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp, child = program_of(clinic.pcp), {"name": "Ana Example", "birth_date": "2024-05-01"}
    made = pcp.post("/patients", child).json
    again = pcp.post("/patients", {**child, "name": "ana éxample"})
    assert (again.status_code, again.json["code"], again.json["id"]) == (409, "known_child", made["id"])
    assert pcp.post("/patients", {**child, "is_another": True}).status_code == 201
    assert program_of(clinic.other_pcp).post("/patients", child).status_code == 201


def test_long_lists_come_in_pages(clinic: Clinic, program_of: ProgramOf) -> None:
    pcp = program_of(clinic.pcp)
    for number in range(50):
        pcp.post("/patients", {"name": f"Child {number}", "birth_date": "2024-05-01"})
    first = pcp.get("/patients").json
    second = pcp.get(f"/patients?cursor={first['next']}").json
    assert (len(first["items"]), len(second["items"]), second["next"]) == (50, 1, None)
    for bad in ("nonsense", "!!", first["next"][:-1] + "!!", "WzFd!", "Wy0xXQ==", "W3RydWVd", "W10="):
        assert pcp.get(f"/patients?cursor={bad}").status_code == 422

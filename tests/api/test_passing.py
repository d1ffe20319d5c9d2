"""Passing consults on through the API: one changes hands, the others learn who has it, and each says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.conftest import ProgramOf
from tests.personas import ANSWER, Clinic

Made = Callable[..., str]


def test_a_colleague_takes_over_and_whoever_comes_second_learns_who_has_it(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    path = f"/consults/{made(clinic.claimed)}"
    colleague, desk = program_of(clinic.derm2), program_of(clinic.coordinator)
    version = desk.get(path).json["version"]
    taken = colleague.post(f"{path}/take-over", {"reason": "Dr. D. is ill", "version": version})
    assert (taken.status_code, taken.json["holder"]["is_me"]) == (200, True)
    late = desk.post(f"{path}/assign", {"person": clinic.derm.public_id, "reason": "Ill", "version": version})
    assert (late.status_code, late.json["code"], late.json["holder"]) == (409, "impossible_verb", "derm2")
    assert colleague.post(f"{path}/take-over", {"reason": "Again", "version": version}).json["code"] == "stale_version"
    assert program_of(clinic.derm).post(f"{path}/claim").json["holder"] == "derm2"


def test_the_desk_assigns_to_somebody_who_fits(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    path, desk = f"/consults/{made(clinic.econsult)}", program_of(clinic.coordinator)
    for person in (clinic.neuro, clinic.mother, clinic.pcp):
        refused = desk.post(f"{path}/assign", {"person": person.public_id, "reason": "Yours"})
        assert (refused.status_code, refused.json["fields"]) == (422, {"person": "unsuitable"})
    given = desk.post(f"{path}/assign", {"person": clinic.derm.public_id, "reason": "Yours"})
    assert (given.status_code, given.json["holder"]["name"], given.json["status"]) == (200, "derm", "claimed")


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("take-over", {"reason": " "}),
        ("take-over", {}),
        ("reroute", {"specialty": "dermatology", "reason": "Same"}),
        ("reroute", {"specialty": "soup", "reason": "Why"}),
        ("urgency", {"urgency": "soup"}),
        ("urgency", {"urgency": "routine", "reason": 5}),
    ],
)
def test_what_makes_no_sense_is_422(
    clinic: Clinic, program_of: ProgramOf, made: Made, verb: str, body: dict[str, object]
) -> None:
    reply = program_of(clinic.derm2).post(f"/consults/{made(clinic.claimed)}/{verb}", body)
    assert (reply.status_code, bool(reply.json["fields"])) == (422, True)


def test_nobody_takes_over_what_nobody_has(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    reply = program_of(clinic.derm).post(f"/consults/{made(clinic.econsult)}/take-over", {"reason": "Mine"})
    assert (reply.status_code, reply.json["state"]) == (409, "submitted")


def test_urgency_is_raised_by_a_mother_and_lowered_only_by_a_clinician_who_says_why(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    path = f"/consults/{made(clinic.claimed)}/urgency"
    mother, pcp = program_of(clinic.mother), program_of(clinic.pcp)
    assert mother.post(path, {"urgency": "urgent"}).json["urgency"] == "urgent"
    assert mother.post(path, {"urgency": "routine", "reason": "Better"}).status_code == 403
    assert pcp.post(path, {"urgency": "routine"}).json["fields"] == {"reason": "required"}
    assert pcp.post(path, {"urgency": "routine", "reason": "Seen"}).json["urgency"] == "routine"


def test_the_clinic_opens_a_case_again(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    path = f"/consults/{made(clinic.answered)}/reopen"
    again = program_of(clinic.pcp).post(path, {"reason": "It came back"})
    assert (again.status_code, again.json["status"], again.json["holder"]) == (200, "submitted", None)
    twice = [program_of(clinic.pcp).post(path, {"reason": why}) for why in ("It came back", "And grew")]
    assert [each.status_code for each in twice] == [200, 409]


def test_results_go_to_whoever_asked_for_them_once(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    held = made(clinic.claimed)
    path, derm, pcp = f"/consults/{held}", program_of(clinic.derm), program_of(clinic.pcp)
    test = {"text": "Ferritin for Luz Prueba", "owner": "pcp", "kind": "lab_test"}
    derm.post(f"{path}/answer", {**ANSWER, "disposition": "work_up_first", "recommendations": [test]})
    derm.post(f"{path}/answer/sign")
    assert pcp.post(f"{path}/results", {"words": "Ferritin 6"}).status_code == 409, "the family reads nothing yet"
    pcp.post(f"{path}/acknowledge")
    awaited = pcp.get(f"{path}/results").json["awaited"]
    assert (awaited["to"]["name"], awaited["urgency"], awaited["files"]) == ("derm", "routine", [])
    assert derm.get(f"{path}/results").json == {"awaited": None, "anew": None}
    [step] = awaited["steps"]
    for body, wrong in (({"words": "Ferritin 6"}, "step"), ({"steps": [step["id"]], "words": " "}, "words")):
        assert pcp.post(f"{path}/results", body).json["fields"] == {wrong: "required"}
    body = {"steps": [step["id"]], "words": "Luz Prueba: ferritin 6"}
    assert pcp.post(f"{path}/results", body).json["status"] == "submitted"
    assert pcp.post(f"{path}/results", body).json["status"] == "submitted", "the answer was lost, and it is sent again"
    for name, other in (("words", "Ferritin 9"), ("steps", []), ("urgency", "urgent")):
        assert pcp.post(f"{path}/results", body | {name: other}).status_code == 409, "this was not kept"
    assert derm.post(f"{path}/claim").status_code == 200
    anew = derm.get(f"{path}/results").json["anew"]
    assert (anew["is_results"], anew["words"]) == (True, "[name]: ferritin 6")
    assert anew["steps"] == [{"id": step["id"], "text": "Ferritin for [name]"}]
    assert program_of(clinic.mother).get(f"{path}/results").json == {"awaited": None, "anew": None}


def test_an_emergencys_call_is_written_down(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    held = made(clinic.claimed)
    path, derm, pcp = f"/consults/{held}", program_of(clinic.derm), program_of(clinic.pcp)
    derm.post(f"{path}/answer", {**ANSWER, "disposition": "emergency_now"})
    unsaid = derm.post(f"{path}/answer/sign", {"confirm_emergency": False})
    assert (unsaid.status_code, unsaid.json["fields"]) == (422, {"confirm_emergency": "required"})
    assert pcp.get(path).json["status"] == "claimed"
    assert derm.post(f"{path}/answer/sign").status_code == 200
    assert pcp.post(f"{path}/called", {"outcome": "no_answer"}).status_code == 200
    assert pcp.post(f"{path}/called", {"outcome": "sent_help"}).json["fields"] == {"words": "required"}
    done = pcp.post(f"{path}/called", {"outcome": "reached", "teach_back": True})
    assert (done.status_code, done.json["informed_method"]) == (200, "phone")
    again = pcp.post(f"{path}/called", {"outcome": "reached"})
    assert (again.status_code, again.json["verb"]) == (409, "called")

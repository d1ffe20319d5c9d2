"""What becomes of the advice, through the API: read, accepted, declined, done; and what a family is not told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.api.conftest import ProgramOf
from tests.api.test_openapi import check
from tests.personas import Clinic

Made = Callable[..., str]


def test_an_answer_is_read_and_its_steps_are_followed(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    at = f"/consults/{made(clinic.answered)}"
    pcp, mother, derm = (program_of(person) for person in (clinic.pcp, clinic.mother, clinic.derm))
    (step,) = pcp.get(f"{at}/steps").json["items"]
    assert (step["state"], step["owner"], step["is_overdue"]) == ("proposed", "family", False)
    # Nothing is open to the family yet.
    assert mother.get(f"{at}/steps").json == {"items": []}
    assert mother.post(f"{at}/steps/{step['id']}", {"verb": "done"}).status_code == 404
    declined = {"decline": [{"step": step["id"], "reason": "Allergic to it"}]}
    assert pcp.post(f"{at}/acknowledge", {"decline": [{"step": step["id"], "reason": ""}]}).status_code == 422
    assert pcp.post(f"{at}/acknowledge", declined).json["acknowledged_at"]
    document = pcp.client.get("/api/openapi.json").json
    for reader, reason in ((pcp, "Allergic to it"), (derm, "Allergic to it"), (mother, "")):
        found = reader.get(f"{at}/steps").json
        check(document, "Steps", found)
        assert [(each["state"], each["reason"]) for each in found["items"]] == [("declined", reason)]
    assert mother.post(f"{at}/steps/{step['id']}", {"verb": "done"}).status_code == 409
    assert mother.post(f"{at}/steps/{step['id']}", {"verb": "accept"}).status_code == 403
    assert pcp.post(f"{at}/steps/{step['id']}", {"verb": "accept"}).status_code == 200
    (after,) = mother.post(f"{at}/steps/{step['id']}", {"verb": "done"}).json["items"]
    assert [each["event"] for each in after["history"]] == ["proposed", "declined", "accepted", "done"]


def test_reading_alone_decides_nothing_and_accepting_decides_all(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    at, pcp = f"/consults/{made(clinic.answered)}", program_of(clinic.pcp)
    for body, state in ({}, "proposed"), ({"accept": True}, "accepted"):
        assert pcp.post(f"{at}/acknowledge", body).status_code == 200
        assert [each["state"] for each in pcp.get(f"{at}/steps").json["items"]] == [state]


def test_what_is_said_of_an_older_version_is_refused(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    at = f"/consults/{made(clinic.answered)}"
    pcp, mother, desk, derm = map(program_of, (clinic.pcp, clinic.mother, clinic.coordinator, clinic.derm))
    assert pcp.post(f"{at}/acknowledge", {"version": 1}).status_code == 200
    content: dict[str, Any] = {
        "impression": "Scabies",
        "disposition": "emergency_now",
        "family_summary": "Go to the hospital.",
    }
    content |= {"reason": "Another child's", "version": 1}
    unmeant = derm.post(f"{at}/answer/correct", content | {"confirm_emergency": False})
    assert unmeant.json["fields"] == {"confirm_emergency": "required"}
    assert derm.post(f"{at}/answer/correct", content).status_code == 200
    said = [
        (pcp, "acknowledge", {}),
        (mother, "informed", {"method": "opened"}),
        (desk, "informed", {"method": "phone"}),
        (desk, "called", {"outcome": "reached"}),
        (pcp, "close", {"reason": "Moved away"}),
    ]
    for reader, verb, body in said:
        refused = reader.post(f"{at}/{verb}", {**body, "version": 1})
        assert (refused.status_code, refused.json["type"].rpartition("/")[2]) == (409, "stale_version"), verb
        assert (refused.json["version"], "Another version" in refused.json["detail"]) == (2, True)
        assert pcp.get(at).json["informed_at"] is None
    for reader, verb, body in said[:2]:
        assert reader.post(f"{at}/{verb}", {**body, "version": 2}).status_code == 200

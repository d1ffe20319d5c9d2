"""How it went, and a question to a second specialist, through the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from econsult.advice.asking import ask_how_it_went
from econsult.queue.quiet import Quiet
from tests.api.conftest import ProgramOf
from tests.api.test_openapi import check
from tests.personas import Clinic
from workers.runtime import Runtime

Made = Callable[..., str]


def test_how_it_went_is_said_once_it_is_asked(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    at = f"/consults/{made(clinic.answered)}"
    pcp, mother, derm = (program_of(person) for person in (clinic.pcp, clinic.mother, clinic.derm))
    pcp.post(f"{at}/acknowledge", {"accept": True})
    said = {"how": "better", "seen": "no", "otherwise": "without"}
    assert mother.post(f"{at}/outcome", said).status_code == 404
    with runtime.database.writing() as session:
        ask_how_it_went(session, datetime.now(UTC) + timedelta(days=22), Quiet())
    assert mother.post(f"{at}/outcome", {"how": "better"}).status_code == 422
    assert mother.post(f"{at}/outcome", said).status_code == 200
    assert pcp.post(f"{at}/outcome", {"how": "same", "seen": "yes", "referral": "still"}).status_code == 200
    document = pcp.client.get("/api/openapi.json").json
    for reader, sides in ((mother, ["family"]), (derm, ["family", "clinic"])):
        found = reader.get(f"{at}/outcome").json
        check(document, "Outcomes", found)
        assert [each["side"] for each in found["items"]] == sides


def test_a_second_specialist_is_asked_and_replies(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    at = f"/consults/{made(clinic.claimed)}"
    derm, neuro, mother = (program_of(person) for person in (clinic.derm, clinic.neuro, clinic.mother))
    ask = {"verb": "ask", "specialty": "neurology", "text": "Is it a nerve?"}
    assert derm.post(f"{at}/second", {**ask, "person": "0" * 32}).status_code == 422
    found = derm.post(f"{at}/second", ask).json
    check(derm.client.get("/api/openapi.json").json, "Seconds", found)
    assert [each["state"] for each in found["items"]] == ["open"]
    assert (mother.get(f"{at}/second").json, neuro.get(at).json["messages"]) == ({"items": []}, [])
    assert neuro.post(f"{at}/second", {"verb": "reply", "text": "No."}).status_code == 403
    assert neuro.post(f"{at}/second", {"verb": "take"}).json["items"][0]["holder"]["name"] == clinic.neuro.name
    assert [each["text"] for each in neuro.get(at).json["messages"]] == ["Is it a nerve?"]
    assert neuro.post(f"{at}/second", {"verb": "reply", "text": "No."}).json["items"][0]["state"] == "replied"
    assert neuro.get(at).status_code == 404
    assert derm.post(f"{at}/second", {"verb": "take_back"}).status_code == 404


def test_the_desk_finds_somebody_for_a_colleagues_question(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    at = f"/consults/{made(clinic.claimed)}/second"
    derm, neuro, desk = (program_of(person) for person in (clinic.derm, clinic.neuro, clinic.coordinator))
    assert desk.post(at, {"verb": "take_back"}).status_code == 404
    derm.post(at, {"verb": "ask", "specialty": "neurology", "text": "Is it a nerve?"})
    assert [each["holder"] for each in desk.get(at).json["items"]] == [None]
    assert derm.post(at, {"verb": "give", "person": clinic.neuro.public_id}).status_code == 403
    assert desk.post(at, {"verb": "give", "person": clinic.derm2.public_id}).status_code == 422
    given = desk.post(at, {"verb": "give", "person": clinic.neuro.public_id}).json["items"]
    assert given[0]["holder"]["name"] == clinic.neuro.name
    assert desk.post(at, {"verb": "reply", "text": "Yes"}).status_code == 403
    assert desk.post(at, {"verb": "give_back"}).json["items"][0]["holder"] is None
    assert desk.post(at, {"verb": "take_back"}).json["items"][0]["state"] == "taken_back"
    assert neuro.get(at).status_code == 404

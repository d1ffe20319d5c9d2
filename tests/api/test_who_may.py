"""Who may do what through the API. The expected answers were written by hand, from the roles' rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from econsult.consults.attachments import AttachmentState, MediaKind, Received, receive
from econsult.consults.records import Consult
from econsult.database import new_public_id
from econsult.people.signin import make_token
from econsult.rosters.shifts import TimeOff
from tests.api.conftest import Program, ProgramOf
from tests.personas import ANSWER, Clinic
from web import create_app
from workers.runtime import Runtime

Made = Callable[..., str]
EVERYBODY = (
    "mother",
    "stranger",
    "pcp",
    "other_pcp",
    "derm",
    "derm2",
    "neuro",
    "coordinator",
    "nurse",
    "director",
    "admin",
)
FAMILIES = ("mother", "stranger")
# These verbs are the clinic's or the desk's: nobody else gets as far as the consult.
ONLY_CLINICS = dict.fromkeys(EVERYBODY, 403)
# Whoever might stand in for the desk learns, while they do not, no more of the consult than of one that is not there.
ONLY_REACHING = {**ONLY_CLINICS, "director": 404, "admin": 404}
# An eConsult of the clinic that a dermatologist (derm) holds: the answer to each who is not named is 404.
HELD: dict[tuple[str, str], dict[str, int]] = {
    ("GET", ""): {"mother": 200, "pcp": 200, "derm": 200, "derm2": 200, "coordinator": 200},
    ("POST", "/submit"): {"mother": 403, "pcp": 409, "derm": 403, "derm2": 403, "coordinator": 403},
    ("POST", "/withdraw"): {"mother": 403, "pcp": 200, "derm": 403, "derm2": 403, "coordinator": 403},
    ("POST", "/send-on"): {"mother": 403, "pcp": 422, "derm": 403, "derm2": 403, "coordinator": 403},
    ("POST", "/claim"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 409, "coordinator": 403},
    ("POST", "/release"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 403, "coordinator": 403},
    ("POST", "/answer"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 403, "coordinator": 403},
    ("POST", "/answer/sign"): {"mother": 403, "pcp": 403, "derm": 422, "derm2": 403, "coordinator": 403},
    ("POST", "/answer/undo"): {"mother": 403, "pcp": 403, "derm": 409, "derm2": 403, "coordinator": 403},
    ("POST", "/acknowledge"): {"mother": 403, "pcp": 409, "derm": 403, "derm2": 403, "coordinator": 403},
    ("GET", "/answers"): {"mother": 200, "pcp": 200, "derm": 200, "derm2": 200, "coordinator": 200},
    ("GET", "/outcome"): {"mother": 200, "pcp": 200, "derm": 200, "derm2": 200, "coordinator": 200},
    ("GET", "/second"): {"mother": 200, "pcp": 200, "derm": 200, "derm2": 200, "coordinator": 200},
    ("GET", "/visits"): {"mother": 200, "pcp": 200, "derm": 200, "derm2": 200, "coordinator": 200},
    ("GET", "/steps"): {"mother": 200, "pcp": 200, "derm": 200, "derm2": 200, "coordinator": 200},
    ("POST", "/close"): {"mother": 403, "pcp": 409, "derm": 403, "derm2": 403, "coordinator": 409},
    # Nothing is closed here, so that its clinic is not asked what came of it either.
    ("POST", "/close-out"): {"mother": 403, "pcp": 404, "derm": 403, "derm2": 403, "coordinator": 403},
}
BODIES: dict[tuple[str, str], dict[str, object]] = {
    ("POST", "/decline"): {"reason": "No"},
    ("POST", "/request-info"): {"text": "More, please"},
    ("POST", "/answer/correct"): {"reason": "A slip"},
    ("POST", "/messages/nothing/take-back"): {"item": 0},
    ("POST", "/informed"): {"method": "phone"},
    ("POST", "/tried"): {"result": "no_answer"},
    ("POST", "/take-over"): {"reason": "Away"},
    ("POST", "/answer/leave"): {"text": "My thoughts"},
    ("POST", "/assign"): {"person": "nobody", "reason": "Away"},
    ("POST", "/reroute"): {"specialty": "neurology", "reason": "A nerve"},
    ("POST", "/urgency"): {"urgency": "same_day"},
    ("POST", "/reopen"): {"reason": "Worse"},
    ("POST", "/results"): {"words": "Normal"},
    ("POST", "/called"): {"outcome": "reached"},
    ("POST", "/consent/withdraw"): {"by": "parent", "method": "verbal", "language": "es"},
    ("POST", "/confidential"): {"confidential": False},
    ("POST", "/allowed"): {"what": "trainees", "given": True, "by": "parent", "method": "verbal", "language": "es"},
    ("POST", "/steps/nothing"): {"verb": "done"},
    ("POST", "/steps/nothing/visit"): {"place": "Here"},
    ("POST", "/visits/nothing"): {"verb": "came"},
    ("POST", "/outcome"): {"how": "better", "seen": "no", "otherwise": "without"},
    ("POST", "/second"): {"verb": "ask", "specialty": "neurology", "text": "Is it a nerve?"},
}
HELD_WITH_BODY: dict[tuple[str, str], dict[str, int]] = {
    ("POST", "/decline"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 403, "coordinator": 403},
    ("POST", "/answer/correct"): {"mother": 403, "pcp": 403, "derm": 409, "derm2": 403, "coordinator": 403},
    ("POST", "/request-info"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 403, "coordinator": 403},
    ("POST", "/messages/nothing/take-back"): {"mother": 403, "pcp": 403, "derm": 404, "derm2": 403, "coordinator": 403},
    ("POST", "/informed"): {"mother": 403, "pcp": 409, "derm": 403, "derm2": 403, "coordinator": 409},
    ("POST", "/tried"): {**ONLY_REACHING, "pcp": 409, "other_pcp": 404, "coordinator": 409},
    # Nobody had it before: its holder leaves no note to themselves.
    ("POST", "/answer/leave"): {"mother": 403, "pcp": 403, "derm": 409, "derm2": 403, "coordinator": 403},
    ("POST", "/take-over"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 200, "coordinator": 403},
    ("POST", "/assign"): {"mother": 403, "pcp": 403, "derm": 403, "derm2": 403, "coordinator": 422},
    ("POST", "/reroute"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 200, "coordinator": 403},
    ("POST", "/urgency"): {"mother": 200, "pcp": 200, "derm": 200, "derm2": 200, "coordinator": 200},
    ("POST", "/reopen"): {**ONLY_CLINICS, "pcp": 409, "other_pcp": 404, "nurse": 404},
    ("POST", "/results"): {**ONLY_CLINICS, "pcp": 409, "other_pcp": 404, "nurse": 404},
    ("POST", "/steps/nothing"): {"derm2": 403},
    # Whoever answers books nothing, and says nothing of what is booked.
    ("POST", "/steps/nothing/visit"): {**ONLY_CLINICS, "pcp": 404, "other_pcp": 404, "coordinator": 404},
    ("POST", "/visits/nothing"): {
        **ONLY_CLINICS,
        "mother": 403,
        "stranger": 404,
        "pcp": 404,
        "other_pcp": 404,
        "coordinator": 404,
    },
    ("POST", "/outcome"): {"derm": 403, "derm2": 403},
    ("POST", "/second"): {"mother": 403, "pcp": 403, "derm": 200, "derm2": 403, "coordinator": 403},
    ("POST", "/called"): {**ONLY_REACHING, "pcp": 409, "other_pcp": 404, "coordinator": 409},
}
# A family says it by itself; what it told, its clinic and the desk write down.
HELD_WITH_BODY |= {
    ("POST", verb): {"mother": 422, "pcp": 200, "derm": 403, "derm2": 403, "coordinator": 200}
    for verb in ("/consent/withdraw", "/allowed")
}
HELD_WITH_BODY["POST", "/confidential"] = {"mother": 403, "pcp": 200, "derm": 403, "derm2": 403, "coordinator": 403}
LANES: dict[str, dict[str, int]] = {
    "family": {"mother": 201, "pcp": 201, "derm": 201, "derm2": 403, "coordinator": 201},
    "clinicians": {"mother": 403, "pcp": 201, "derm": 201, "derm2": 403, "coordinator": 403},
    "coordination": {"mother": 403, "pcp": 201, "derm": 403, "derm2": 403, "coordinator": 201},
}


@pytest.mark.parametrize(("method", "verb"), [*HELD, *HELD_WITH_BODY])
def test_each_verb_answers_each_person_as_the_rules_say(
    clinic: Clinic, program_of: ProgramOf, made: Made, method: str, verb: str
) -> None:
    expected = {**HELD, **HELD_WITH_BODY}[method, verb]
    # Who is refused changes nothing, so that one consult serves all of them.
    found, closed = {}, made(clinic.claimed)
    for name in EVERYBODY:
        path = f"/consults/{made(clinic.claimed) if expected.get(name, 404) < 400 else closed}{verb}"
        program = program_of(getattr(clinic, name))
        reply = program.get(path) if method == "GET" else program.post(path, BODIES.get((method, verb)))
        found[name] = reply.status_code
    assert found == {name: expected.get(name, 404) for name in EVERYBODY}


@pytest.mark.parametrize("lane", LANES)
def test_each_lane_takes_the_words_of_its_people(clinic: Clinic, program_of: ProgramOf, made: Made, lane: str) -> None:
    path = f"/consults/{made(clinic.claimed)}/messages"
    body = {"audience": lane, "text": "Hello"}
    found = {name: program_of(getattr(clinic, name)).post(path, body).status_code for name in EVERYBODY}
    assert found == {name: LANES[lane].get(name, 404) for name in EVERYBODY}


# Before it is signed an answer is in no note; who reads no answers at all learns not even that.
NOTE_HELD = {"mother": 404, "pcp": 404, "derm": 404, "derm2": 403, "coordinator": 404}
NOTE_SIGNED = {"mother": 404, "pcp": 200, "derm": 200, "coordinator": 200}
NOTE_RELEASED = {**NOTE_SIGNED, "mother": 200}


@pytest.mark.parametrize("kind", ["pdf", "txt"])
def test_the_note_is_for_those_who_may_read_the_answer(
    clinic: Clinic, program_of: ProgramOf, made: Made, kind: str
) -> None:
    def found(consult: str) -> dict[str, int]:
        path = f"/consults/{consult}/note.{kind}"
        return {name: program_of(getattr(clinic, name)).get(path).status_code for name in EVERYBODY}

    signed = made(clinic.answered)
    assert found(made(clinic.claimed)) == {name: NOTE_HELD.get(name, 404) for name in EVERYBODY}
    assert found(signed) == {name: NOTE_SIGNED.get(name, 404) for name in EVERYBODY}
    program_of(clinic.pcp).post(f"/consults/{signed}/acknowledge")
    assert found(signed) == {name: NOTE_RELEASED.get(name, 404) for name in EVERYBODY}


# What was done to a file is told to staff with the ready file; a face that stays open and a voice wait for the claim.
REPORT_READY = {"pcp": 200, "derm": 200, "derm2": 200}
REPORTS: dict[tuple[AttachmentState, bool], dict[str, int]] = {
    (AttachmentState.READY, False): REPORT_READY,
    (AttachmentState.READY, True): {**REPORT_READY, "derm2": 403},
    (AttachmentState.HELD, False): {"pcp": 200},
    (AttachmentState.REJECTED, False): {"pcp": 200},
}


@pytest.mark.parametrize(("state", "shows_face"), REPORTS)
def test_what_was_done_to_a_file_is_for_those_who_are_shown_it(
    clinic: Clinic, program_of: ProgramOf, runtime: Runtime, state: AttachmentState, shows_face: bool
) -> None:
    at = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=at)
        file = receive(session, consult, Received(new_public_id(), MediaKind.PHOTO, 9, "", b"k", clinic.pcp.id), at)
        file.state, file.is_restricted, file.report = state, shows_face, {"kind": "photo"}
        number, path = consult.public_id, f"/attachments/{file.public_id}/report"
    expected = {name: REPORTS[state, shows_face].get(name, 404) for name in EVERYBODY}
    programs = {name: program_of(getattr(clinic, name)) for name in EVERYBODY}
    assert {name: program.get(path).status_code for name, program in programs.items()} == expected
    for name in ("mother", "pcp", "derm", "derm2"):
        (listed,) = programs[name].get(f"/consults/{number}").json["attachments"]
        # The pool hears where it is and what it waits for.
        assert (listed["report_url"] == f"/api/v1{path}") is (expected[name] in {200, 403}), name


def test_a_nurse_reads_no_answer_to_what_she_asked(
    clinic: Clinic, program_of: ProgramOf, runtime: Runtime, made: Made
) -> None:
    path = f"/consults/{made(clinic.answered)}"
    with runtime.database.writing() as session:
        session.execute(update(Consult).values(requester_id=clinic.nurse.id))
    shown = program_of(clinic.nurse).get(path).json
    assert (shown["status"], shown["answer"]) == ("answered", None)
    assert program_of(clinic.nurse).get(f"{path}/note.txt").status_code == 403
    assert program_of(clinic.pcp).get(path).json["answer"]["fingerprint"]


def test_words_stay_in_their_lane(clinic: Clinic, program_of: ProgramOf, made: Made) -> None:
    path = f"/consults/{made(clinic.claimed)}"
    for lane in LANES:
        program_of(clinic.pcp).post(f"{path}/messages", {"audience": lane, "text": lane})
    readers = {"mother": ["family"], "pcp": list(LANES), "derm": ["family", "clinicians"], "derm2": []}
    readers["coordinator"] = ["family", "coordination"]
    for name, lanes in readers.items():
        messages = program_of(getattr(clinic, name)).get(path).json["messages"]
        assert [message["audience"] for message in messages] == lanes


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/patients", {}),
        ("/questionnaires", {}),
        ("/consent-texts", {}),
        ("/questionnaires/core-family", {}),
        (
            "/specialists?specialty=dermatology",
            dict.fromkeys(sorted({*EVERYBODY} - {"pcp", "other_pcp", "nurse", "coordinator"}), 403),
        ),
        ("/worklist", dict.fromkeys(("mother", "stranger", "director", "admin"), 403)),
    ],
)
def test_lists_are_open_to_those_who_work_with_them(
    clinic: Clinic, program_of: ProgramOf, path: str, expected: dict[str, int]
) -> None:
    found = {name: program_of(getattr(clinic, name)).get(path).status_code for name in EVERYBODY}
    assert found == {name: expected.get(name, 200) for name in EVERYBODY}


def test_only_the_clinics_register_children(clinic: Clinic, program_of: ProgramOf) -> None:
    allowed = {"pcp", "other_pcp", "coordinator", "nurse"}
    found = {}
    for name in EVERYBODY:
        body = {"name": f"Child of {name}", "birth_date": "2024-05-01"}
        found[name] = program_of(getattr(clinic, name)).post("/patients", body).status_code
    assert found == {name: 201 if name in allowed else 403 for name in EVERYBODY}


def test_nobody_asks_for_a_child_they_do_not_know(clinic: Clinic, program_of: ProgramOf) -> None:
    body = {"patient_id": clinic.child.public_id, "question": "?"}
    allowed = {"mother": 201, "pcp": 201, "coordinator": 201}
    found = {name: program_of(getattr(clinic, name)).post("/consults", body).status_code for name in EVERYBODY}
    assert found == {name: allowed.get(name, 404) for name in EVERYBODY}


def routes_of(app: Flask) -> list[tuple[str, str]]:
    """Every route as method and path, with ids that nothing has."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]
    assert len(rules) >= 20
    found = []
    for rule in rules:
        path = rule.rule.replace("<consult_id>", "0" * 32).replace("<attachment_id>", "0" * 32)
        found += [(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def test_without_a_token_every_route_is_401(app: Flask) -> None:
    client = app.test_client()
    for method, path in routes_of(app):
        reply = client.open(path, method=method, json={} if method != "GET" else None)
        assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert reply.json["code"] == "unauthorized"


def test_where_staff_must_have_a_second_factor_a_token_opens_no_route_before(runtime: Runtime, clinic: Clinic) -> None:
    settings = replace(runtime.settings, second_factor="required")
    app = create_app(Runtime(replace(runtime.installation, settings=settings)))
    for name in EVERYBODY:
        with runtime.database.writing() as session:
            program = Program(app.test_client(), make_token(session, getattr(clinic, name), datetime.now(UTC)))
        for method, path in routes_of(app):
            reply = program.ask(method, path.removeprefix("/api/v1"))
            is_refused = (reply.status_code, (reply.json or {}).get("code")) == (403, "second_factor_needed")
            assert is_refused == (name not in FAMILIES), (name, method, path)


# While no coordinator is there, a director reaches a family that nobody of its clinic does, and does nothing else.
REACHED = {
    ("GET", ""): 200,
    ("GET", "/answers"): 200,
    ("GET", "/note.txt"): 403,
    ("POST", "/close"): 403,
    ("POST", "/close-out"): 403,
    ("POST", "/acknowledge"): 403,
    ("POST", "/reopen"): 403,
    ("POST", "/results"): 403,
    ("POST", "/consent/withdraw"): 403,
    ("POST", "/tried"): 200,
    ("POST", "/informed"): 200,
}


def test_whoever_stands_in_reaches_a_family_and_does_nothing_else(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    asked, director = made(clinic.answered), program_of(clinic.director)
    with runtime.database.writing() as session:
        now = datetime.now(UTC)
        off = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=9)}
        session.add_all(TimeOff(person_id=person.id, **off) for person in (clinic.pcp, clinic.coordinator))
    shown = director.get(f"/consults/{asked}").json
    assert (shown["patient"]["name"], shown["answer"]["watch_for"]) == (clinic.child.name, ANSWER["watch_for"])
    assert (shown["attachments"], "inform" in shown["rights"]) == ([], True)
    assert program_of(clinic.admin).get(f"/consults/{asked}").status_code == 404
    found = {}
    for method, verb in REACHED:
        path, body = f"/consults/{asked}{verb}", BODIES.get((method, verb))
        reply = director.get(path) if method == "GET" else director.post(path, body)
        found[method, verb] = reply.status_code
    assert found == REACHED
    # The family has heard: that was all they were let in for.
    assert reply.json.keys() == {"id", "number", "status"}
    assert [director.get(f"/consults/{asked}").status_code, director.post(path, body).status_code] == [403, 403]

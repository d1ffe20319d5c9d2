"""Consent through the API: taken back by whom it belongs to, in words that fit, and sealed for everybody at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select, update

from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.furtherance import FurtherConsent
from econsult.consults.records import Consult
from econsult.people.consent import hash_of
from econsult.people.patients import RelatedPerson
from tests.api.conftest import ProgramOf
from tests.personas import Clinic
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime

OWN = {"by": "parent", "method": "electronic", "language": "es"}
TOLD = {"by": "guardian", "method": "verbal", "language": "en"}
PICTURE = Made("thumb", "image/jpeg", b"a picture", 10, 10)


def test_the_mother_takes_it_back_and_nobody_opens_a_file_any_more(
    clinic: Clinic, program_of: ProgramOf, runtime: Runtime, made: Callable[..., str]
) -> None:
    number = made(clinic.family_question)
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == number)).one()
    file_ready(runtime, consult, clinic.mother, MediaKind.PHOTO, [PICTURE], datetime.now(UTC), view="close")
    mother, pcp, path = program_of(clinic.mother), program_of(clinic.pcp), f"/consults/{number}"
    picture = pcp.get(path).json["attachments"][0]["renditions"][0]["url"]
    headers = {"Authorization": f"Bearer {pcp.token}"}
    assert pcp.client.get(picture, headers=headers).status_code == 200
    assert mother.get(path).json["consent_withdrawal"] is None
    refused = mother.post(f"{path}/consent/withdraw", {**OWN, "method": "verbal"})
    assert (refused.status_code, refused.json["fields"]) == (422, {"withdrawal.method": "not_yours"})
    taken = mother.post(f"{path}/consent/withdraw", OWN)
    assert (taken.status_code, taken.json["status"]) == (200, "withdrawn")
    told = taken.json["consent_withdrawal"]
    assert {name: told[name] for name in OWN} == OWN
    assert pcp.client.get(picture, headers=headers).status_code == 404
    assert pcp.get(path).json["attachments"][0]["reason"] == "consent_withdrawn"
    # A second time changes nothing.
    assert pcp.post(f"{path}/consent/withdraw", TOLD).json["consent_withdrawal"] == told
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment.key_wrapped)).all() == [b""]


def test_staff_write_down_what_the_family_said_and_a_signed_answer_stays(
    clinic: Clinic, program_of: ProgramOf, made: Callable[..., str]
) -> None:
    pcp, path = program_of(clinic.pcp), f"/consults/{made(clinic.answered)}"
    refused = pcp.post(f"{path}/consent/withdraw", OWN)
    assert (refused.status_code, refused.json["fields"]) == (422, {"withdrawal.method": "not_yours"})
    taken = pcp.post(f"{path}/consent/withdraw", TOLD).json
    assert (taken["status"], taken["answer"]["state"], taken["consent_withdrawal"]["by"]) == (
        "answered",
        "signed",
        "guardian",
    )
    draft = f"/consults/{made(clinic.draft)}"
    assert pcp.post(f"{draft}/consent/withdraw", TOLD).status_code == 409


def test_what_is_allowed_besides_is_taken_back_as_it_was_given(
    clinic: Clinic, program_of: ProgramOf, runtime: Runtime, made: Callable[..., str]
) -> None:
    mother, pcp, path = program_of(clinic.mother), program_of(clinic.pcp), f"/consults/{made(clinic.family_question)}"
    yes = {"what": "trainees", "given": True, **OWN}
    assert mother.post(f"{path}/allowed", yes).json["allowed"] == ["trainees"]
    assert pcp.post(f"{path}/allowed", {"what": "teaching", "given": True, **TOLD}).json["allowed"] == [
        "teaching",
        "trainees",
    ]
    assert pcp.post(f"{path}/allowed", {**yes, "what": "faces"}).status_code == 422
    assert mother.post(f"{path}/allowed", {**yes, "what": "faces", "method": "paper"}).status_code == 422
    assert mother.post(f"{path}/allowed", {**yes, "given": False}).json["allowed"] == ["teaching"]
    with runtime.database.writing() as session:
        session.execute(update(RelatedPerson).values(has_authority=False))
    assert mother.post(f"{path}/allowed", yes).status_code == 403
    assert mother.post(f"{path}/consent/withdraw", OWN).status_code == 403
    assert pcp.post(f"{path}/consent/withdraw", TOLD).json["allowed"] == []
    texts = {each["name"]: each for each in mother.get("/consent-texts").json["items"]}
    assert set(texts) == {"consent", "withdrawal", "faces", "trainees", "teaching"}
    with runtime.database.reading() as session:
        row = session.scalars(select(FurtherConsent).order_by(FurtherConsent.id)).first()
    assert row is not None
    assert (row.text_version, row.text_hash) == (
        texts["trainees"]["version"],
        hash_of(texts["trainees"]["texts"]["es"]),
    )


def test_a_clinic_writes_a_yes_over_a_familys_no_only_if_it_names_that_no(
    clinic: Clinic, program_of: ProgramOf, made: Callable[..., str]
) -> None:
    mother, pcp, path = program_of(clinic.mother), program_of(clinic.pcp), f"/consults/{made(clinic.family_question)}"
    told, marks = {"by": "parent", "method": "verbal", "language": "es"}, []
    for what, address, no in (
        ("faces", "allowed", {"what": "faces", "given": False, **OWN}),
        ("trainees", "allowed", {"what": "trainees", "given": False, **OWN}),
        ("voice", "voice-consent", {"given": False}),
    ):
        yes = {"given": True, **told} | ({} if what == "voice" else {"what": what})
        if what != "faces":  # Of what nobody shows or allows there is nothing to take back.
            assert mother.post(f"{path}/{address}", {**yes, **OWN}).status_code == 200
        (refused,) = [each for each in mother.post(f"{path}/{address}", no).json["refused"] if each["what"] == what]
        unaware = pcp.post(f"{path}/{address}", yes)
        assert (unaware.status_code, unaware.json["fields"]) == (422, {"after_no": "required"})
        stale = pcp.post(f"{path}/{address}", {**yes, "after_no": "0" * 16})
        assert (stale.status_code, stale.json["code"]) == (409, "stale_version")
        assert pcp.get(path).json["refused"][-1] == refused
        agreed = pcp.post(f"{path}/{address}", {**yes, "after_no": refused["mark"]}).json
        assert what not in [each["what"] for each in agreed["refused"]]
        assert what in agreed["allowed"] or agreed["voice_consent"]["given"]
        marks.append(refused["mark"])
    assert len(set(marks)) == 3


def test_no_small_childs_own_yes_is_taken_and_its_no_is(
    clinic: Clinic, program_of: ProgramOf, made: Callable[..., str]
) -> None:
    pcp = program_of(clinic.pcp)
    own = {"by": "youth", "method": "verbal", "language": "en"}
    path = f"/consults/{made(clinic.draft)}"
    refused = pcp.patch(path, {"consent": {"given": True, **own}})
    assert (refused.status_code, refused.json["fields"]) == (422, {"consent.by": "too_young"})
    sent = f"/consults/{made(clinic.family_question)}"
    assert pcp.post(f"{sent}/consent/withdraw", own).json["consent_withdrawal"]["by"] == "youth"

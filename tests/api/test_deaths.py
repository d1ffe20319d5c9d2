"""What programs read of a child who has died, and what they cannot send any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from econsult.bereavement import mark_death
from econsult.people.patients import Patient
from tests.api.conftest import ProgramOf
from tests.personas import Clinic
from tests.web.uploading import told
from workers.runtime import Runtime


def test_who_may_know_the_child_reads_the_day_and_specialists_that_it_has_died(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf
) -> None:
    now = datetime.now(UTC)
    day = (now - timedelta(days=2)).date().isoformat()
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=now)
    path = f"/consults/{held.public_id}"
    clinics, dermatologist, mothers = (program_of(each) for each in (clinic.pcp, clinic.derm, clinic.mother))
    lives = clinics.get(path).json["patient"]
    assert (lives["deceased"], lives["deceased_on"]) == (False, None)
    with runtime.database.writing() as session:
        mark_death(session, session.get_one(Patient, clinic.child.id), clinic.pcp, day, now=now)
    known = clinics.get(path).json["patient"]
    assert (known["deceased"], known["deceased_on"]) == (True, day)
    assert clinics.get("/patients").json["items"][0]["deceased_on"] == day
    alias = dermatologist.get(path).json["patient"]
    assert (alias["deceased"], "deceased_on" in alias) == (True, False)
    refused = mothers.post("/consults", {"patient_id": clinic.child.public_id, "kind": "family_question"})
    assert (refused.status_code, refused.json["code"]) == (403, "after_death")
    asked = dermatologist.post(f"{path}/request-info", {"text": "A photo?", "audience": "family"})
    assert (asked.status_code, asked.json["fields"]) == (422, {"audience": "after_death"})


def test_a_family_reads_on_and_writes_and_sends_nothing_more_and_may_still_take_its_yes_back(
    runtime: Runtime, clinic: Clinic, program_of: ProgramOf
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        held, answered = clinic.claimed(session, now=now), clinic.answered(session, now=now)
    mothers, clinics = program_of(clinic.mother), program_of(clinic.pcp)
    path = f"/consults/{held.public_id}"
    assert {"write_family", "change_urgency"} <= set(mothers.get(path).json["rights"])
    with runtime.database.writing() as session:
        mark_death(session, session.get_one(Patient, clinic.child.id), clinic.pcp, "", now=now)
    said = {"audience": "family", "text": "Is it urgent?"}
    refused = [
        mothers.post(f"{path}/messages", said),
        mothers.post(f"/consults/{answered.public_id}/messages", said),
        mothers.post(f"{path}/urgency", {"urgency": "urgent"}),
    ]
    assert [(each.status_code, each.json["code"]) for each in refused] == [(403, "after_death")] * 3
    named = {"Authorization": f"Bearer {mothers.token}", "Tus-Resumable": "1.0.0", "Upload-Length": "9"}
    named["Upload-Metadata"] = told(consult_id=held.public_id, kind="lab_document")
    sent = mothers.client.post("/uploads", headers=named)
    assert (sent.status_code, sent.get_json()["code"]) == (403, "after_death")
    read = mothers.get(path).json
    assert read["messages"] == []
    assert not {"write_family", "change_urgency"} & set(read["rights"])
    assert clinics.post(f"{path}/messages", said).status_code == 201
    taken = {"by": "parent", "method": "electronic", "language": "es"}
    for more, what in (("allowed", {"what": "trainees"}), ("voice-consent", {})):
        no, yes = (mothers.post(f"{path}/{more}", {**taken, **what, "given": is_given}) for is_given in (False, True))
        assert (no.status_code, yes.status_code, yes.json["code"]) == (200, 403, "after_death"), more
    assert mothers.post(f"{path}/consent/withdraw", taken).status_code == 200

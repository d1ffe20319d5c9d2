"""What programs read of a child who has died, and what they cannot send any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from econsult.bereavement import mark_death
from econsult.people.patients import Patient
from tests.api.conftest import ProgramOf
from tests.personas import Clinic
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

"""The job READ_AGAIN: a paper that was read before more was on file is read once more, and only then shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from econsult.consults.attachments import MediaKind
from econsult.jobs import Job, JobKind, JobState
from econsult.people.patients import Patient, link_caregiver
from econsult.people.persons import Program, Role, add_person
from imaging import Identifiers
from tests.imaging.documents import pdf
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job
from workers.policies import told_mark

PAPER = pdf("Xochitl Quetzalli came with the sample")


def run_waiting(clinic: Clinic, desk: Desk) -> list[str]:
    """Run what waits, and what that puts in line, in turn; returns the kinds."""
    ran = []
    while waiting := [job for job in clinic.jobs() if job.state == JobState.PENDING and job.kind != JobKind.NOTIFY]:
        ran.append(waiting[0].kind)
        assert run_job(desk, waiting[0].id)
    return ran


def link_grandmother(clinic: Clinic) -> None:
    with clinic.runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        program = session.get_one(Program, child.program_id)
        grandmother = add_person(
            session, clinic.runtime.database.cipher, program,
            email="xq@example.test", name="Xochitl Quetzalli", role=Role.CAREGIVER, now=now(),
        )  # fmt: skip
        link_caregiver(session, child, grandmother, "grandparent", now())


def covered(clinic: Clinic, number: int) -> int:
    report = clinic.attachment(number).report or {}
    return len(report["masks"])


def test_a_paper_is_read_again_for_whoever_comes_on_file_and_shown_only_then(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number, beside = clinic.send(PAPER, MediaKind.LAB_DOCUMENT), clinic.send(photo)
    run_waiting(clinic, desk)
    assert clinic.is_ready(number, beside)
    before = covered(clinic, number)
    link_grandmother(clinic)
    again = next(job.id for job in clinic.jobs() if job.state == JobState.PENDING and job.kind == JobKind.READ_AGAIN)
    assert run_job(desk, again)
    assert not clinic.is_ready(number), "nobody sees the paper until it was read for her name"
    assert clinic.is_ready(beside), "all writing in a photo is covered, whoever's name it is"
    assert run_waiting(clinic, desk) == [JobKind.PREPARE]
    assert clinic.is_ready(number)
    assert covered(clinic, number) > before


@pytest.mark.wide
def test_a_paper_that_was_read_for_all_of_it_stays_as_it_is(clinic: Clinic, desk: Desk) -> None:
    number = clinic.send(PAPER, MediaKind.LAB_DOCUMENT)
    run_waiting(clinic, desk)
    with clinic.runtime.database.writing() as session:
        link_caregiver(session, session.get_one(Patient, clinic.child.id), clinic.mother, "mother", now())
    assert run_waiting(clinic, desk) == [JobKind.READ_AGAIN]
    assert clinic.is_ready(number)


def test_an_erased_record_has_nothing_to_read(clinic: Clinic, desk: Desk) -> None:
    link_grandmother(clinic)
    with clinic.runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).erased_at = now()
    assert set(run_waiting(clinic, desk)) == {JobKind.READ_AGAIN}
    with clinic.runtime.database.reading() as session:
        states = session.scalars(select(Job.state).where(Job.kind == JobKind.READ_AGAIN)).all()
    assert set(states) == {JobState.DONE}


def test_what_came_on_file_as_a_field_of_its_own_changes_no_mark_while_it_is_empty(clinic: Clinic) -> None:
    """The words of a mark as migration 0082 brought them: papers of then stay in sight after the upgrade."""
    vault, number = clinic.runtime.vault, clinic.child.id
    told = Identifiers(names=("Luz Vega", "Ana", "Ana"), birth_dates=("2019-05-01",))
    first = (
        '{"addresses": [], "birth_dates": ["2019-05-01"], "emails": [], "names": ["Ana", "Luz Vega"], '
        '"numbers": [], "phones": []}'
    )
    with clinic.runtime.database.reading() as session:
        assert told_mark(vault, session, number, told) == vault.told_mark(session, number, first)
        called = replace(told, nicknames=("Chuyita",))
        assert told_mark(vault, session, number, called) != vault.told_mark(session, number, first)

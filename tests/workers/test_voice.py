"""The sound of a film is there while a consent of its own holds, and at no other moment."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

import pytest

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, renditions_of
from econsult.consults.records import Consult
from econsult.consults.voice import VoiceChoice, choose_voice
from econsult.jobs import JobState
from econsult.people.patients import Patient
from imaging import DEIDENTIFIED, TREATMENT_USE
from storage import sealed
from tests.imaging.voices import heard, loud, sounding
from tests.spread import spread
from tests.workers.clinic import Clinic, now
from workers.desk import Desk
from workers.horse import run_job
from workers.scanner import Finding, Scanner

YES, NO = VoiceChoice(True, "parent", "electronic", "es"), VoiceChoice(is_given=False)


class Meanwhile(Scanner):
    """A scanner that finds nothing, while whose work something else is done once."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._acts = [act]

    def scan(self, plain: BinaryIO) -> Finding:  # noqa: ARG002 - it only takes its time.
        if self._acts:
            self._acts.pop()()
        return Finding.CLEAN


def choose(clinic: Clinic, choice: VoiceChoice) -> None:
    with clinic.runtime.database.writing() as session:
        consult = session.get_one(Consult, clinic.consult.id, with_for_update=True)
        choose_voice(session, consult, clinic.mother, choice, now=now())


def work(clinic: Clinic, desk: Desk) -> None:
    """Run every job that waits to prepare a file."""
    while waiting := [job for job in clinic.jobs() if job.kind == "prepare" and job.state != JobState.DONE]:
        run_job(desk, waiting[0].id)


def played(clinic: Clinic, number: int) -> float:
    """How loud the film is that a page would be given; -1 where there is none."""
    runtime = clinic.runtime
    with runtime.database.reading() as session:
        copies = {copy.name: copy for copy in renditions_of(session, [number])[number]}
        if "play" not in copies:
            return -1.0
        copy, child = copies["play"], session.get_one(Patient, clinic.child.id)
        key = runtime.vault.object_key(session, child.id, copy.object_id, copy.key_wrapped)
    with runtime.blobs.open(copy.blob_key) as blob:
        resting = io.BytesIO(blob.read())
    with sealed.open(resting, copy.object_id, key) as plain:
        film = heard(plain.read())
    return loud(film, 0.2, 0.8) if film.size else 0.0


def test_a_film_is_silent_then_heard_with_consent_then_silent_again(clinic: Clinic, desk: Desk) -> None:
    number = clinic.send(sounding(), MediaKind.VIDEO)
    work(clinic, desk)
    assert played(clinic, number) == 0.0
    assert label(clinic, number) == (DEIDENTIFIED, False)
    choose(clinic, YES)
    assert played(clinic, number) == -1.0, "nobody sees it until it is prepared anew"
    work(clinic, desk)
    assert played(clinic, number) > 0.2
    assert label(clinic, number) == (TREATMENT_USE, True)
    audible = set(clinic.runtime.blobs.list())
    choose(clinic, NO)
    assert played(clinic, number) == -1.0
    work(clinic, desk)
    assert played(clinic, number) == 0.0
    assert label(clinic, number) == (DEIDENTIFIED, False)
    left = audible & set(clinic.runtime.blobs.list())
    assert left == {clinic.attachment(number).blob_key}, "the copy with the voice is gone from the store"


def label(clinic: Clinic, number: int) -> tuple[str, bool]:
    """The label of the report, and whether the pool is shut out."""
    file: Attachment = clinic.attachment(number)
    return (file.report or {})["label"], file.is_restricted


@pytest.mark.parametrize(("first", "then", "is_heard"), spread([(YES, NO, False), (NO, YES, True)], 1))
def test_an_answer_that_comes_while_the_film_is_prepared_holds(
    clinic: Clinic, desk: Desk, first: VoiceChoice, then: VoiceChoice, is_heard: bool
) -> None:
    choose(clinic, first)
    number = clinic.send(sounding(), MediaKind.VIDEO)
    clinic.runtime.scanner = Meanwhile(lambda: choose(clinic, then))
    run_job(desk, clinic.job_of(number).id)
    assert clinic.attachment(number).state == AttachmentState.RECEIVED
    assert played(clinic, number) == -1.0
    work(clinic, desk)
    assert (played(clinic, number) > 0.2) == is_heard
    assert clinic.attachment(number).state == AttachmentState.READY


def test_a_photo_and_a_film_that_were_never_asked_about_stay_as_they_are(
    clinic: Clinic, desk: Desk, photo: bytes
) -> None:
    number = clinic.send(photo)
    work(clinic, desk)
    choose(clinic, YES)
    choose(clinic, NO)
    assert clinic.attachment(number).state == AttachmentState.READY
    assert clinic.attachment(number).reviews == 0

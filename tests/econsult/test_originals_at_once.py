"""An original whose time is over, and somebody who decides about its file at the same moment: one of them is first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import product

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import access
from econsult.consults import reviews
from econsult.consults.attachments import Attachment, AttachmentState
from econsult.consults.earlier import attach
from econsult.consults.furtherance import Allowed, Choice, choose
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.sealing import SetAsideKey, Withdrawing, withdraw_consent
from econsult.database import Database, new_public_id
from econsult.erasure.originals import let_originals_go
from econsult.erasure.retention import place_hold
from econsult.errors import ConsultError
from econsult.jobs import Job, JobKind
from econsult.people.patients import Patient
from econsult.rights import Right
from econsult.trail import AuditEvent
from tests.beside import beside
from tests.personas import NOON, TARGETS, Clinic
from tests.together import at_once

LATER = NOON + timedelta(days=32)
SHOWN = {"masks": [{"what": "face"}], "policy": {"faces": "face_is_finding"}}
"""One face was covered, and the patient's is shown."""
Act = Callable[[Session, Clinic, Consult, Attachment], None]


def _over(session: Session, clinic: Clinic, **changes: object) -> Attachment:
    """A file of a request that was closed so long ago that its original goes at the next look."""
    consult = clinic.answered(session, now=NOON)
    consult.status, consult.ended_at = Status.CLOSED, NOON
    consult.details = {**consult.details, "face_policy": "face_is_finding"}
    number = new_public_id()
    key = clinic.vault.new_object_key(session, session.get_one(Patient, clinic.child.id), number)[1]
    times = {"received_at": NOON, "finished_at": NOON, "original_due_at": LATER - timedelta(days=1)}
    values = {"kind": "photo", "size": 1, "state": AttachmentState.READY, "report": SHOWN} | times | changes
    file = Attachment(
        public_id=number, consult_id=consult.id, patient_id=consult.patient_id, uploaded_by_id=clinic.pcp.id,
        key_wrapped=key, blob_key="originals/x", **values,
    )  # fmt: skip
    session.add(file)
    session.flush()
    return file


def _sweep(database: Database) -> int:
    with database.writing() as session:
        return let_originals_go(session, LATER)


def _opened(session: Session, clinic: Clinic, consult: Consult, _file: Attachment) -> None:
    passed = access.consult_for(session, clinic.pcp, consult.public_id, now=LATER, right=Right.REQUEST)
    reopen(session, passed.consult, clinic.pcp, "It came back.", now=LATER, targets=TARGETS)


def _decided(session: Session, clinic: Clinic, _consult: Consult, file: Attachment) -> None:
    found, _ = access.review_for(session, clinic.pcp, file.public_id, now=LATER)
    reviews.release_for_treatment(session, found, clinic.pcp, reason="Needed.", now=LATER)


def _wished(session: Session, clinic: Clinic, _consult: Consult, file: Attachment) -> None:
    found, _ = access.review_for(session, clinic.derm, file.public_id, now=LATER, right=Right.SEE_MEDIA)
    reviews.ask_to_show(session, found, clinic.derm, now=LATER)


def _followed(session: Session, clinic: Clinic, consult: Consult, _file: Attachment) -> None:
    attach(session, clinic.draft(session, now=LATER), clinic.pcp, [session.get_one(Consult, consult.id)], now=LATER)


def _sealed(session: Session, clinic: Clinic, consult: Consult, file: Attachment) -> None:
    # As a page that has looked at the file before it takes the consent back.
    seen = session.get_one(Attachment, file.id)
    told = Withdrawing("parent", "verbal", "en")
    withdraw_consent(session, clinic.vault, session.get_one(Consult, consult.id), clinic.pcp, told, now=LATER)
    assert seen.id == file.id


def _refused(session: Session, clinic: Clinic, consult: Consult, file: Attachment) -> None:
    seen = session.get_one(Attachment, file.id)
    word = Choice(Allowed.FACES, False, "parent", "verbal", "en")
    choose(session, session.get_one(Consult, consult.id), clinic.pcp, word, now=LATER)
    assert seen.id == file.id


def _kept(session: Session, clinic: Clinic, consult: Consult, _file: Attachment) -> None:
    place_hold(session, session.get_one(Patient, consult.patient_id), None, "The court ordered it.", now=LATER)


ACTS: tuple[Act, ...] = (_opened, _decided, _wished, _followed, _sealed, _refused, _kept)


FOUND, GOING = "FROM attachment JOIN consult", "FROM upload"
"""What a sweep says when it has found the file and holds nothing yet, and when the key is out of its row."""


def test_either_the_original_goes_or_whoever_decides_about_its_file_is_first(
    database: Database, clinic: Clinic
) -> None:
    # SQLite lets nobody in who writes. The legal hold comes last: it keeps every file of the child from then on.
    moments = (GOING, FOUND) if database.engine.dialect.name == "postgresql" else (GOING,)
    for act, words in product(ACTS, moments):
        with database.writing() as session:
            file = _over(session, clinic)
            consult = session.get_one(Consult, file.consult_id)

        def decide(act: Act = act, file: Attachment = file, consult: Consult = consult) -> None:
            with suppress(ConsultError), database.writing() as session:
                act(session, clinic, consult, file)

        with beside(database, words, decide, patience=0.1):
            _sweep(database)
        _check(database, file)


def _check(database: Database, file: Attachment) -> None:
    """The row says of its original what is so, and the trail and the job say it once."""
    with database.reading() as session:
        found = session.get_one(Attachment, file.id)
        is_gone = found.original_gone_at is not None
        told = select(AuditEvent.id).where(
            AuditEvent.action == "let_original_go", AuditEvent.entity_id == file.public_id
        )
        removals = select(Job.id).where(Job.kind == JobKind.REMOVE_ORIGINAL, Job.subject_id == file.id)
        assert [len(session.scalars(query).all()) for query in (told, removals)] == [is_gone, is_gone]
        again = session.scalars(select(Job.id).where(Job.kind == JobKind.PREPARE, Job.subject_id == file.id)).all()
        kept = len(session.scalars(select(SetAsideKey.id).where(SetAsideKey.object_id == file.public_id)).all())
        assert (found.has_original and bool(found.key_wrapped)) + kept == (not is_gone)
        assert not (is_gone and (again or found.state not in ("ready", "rejected")))


def test_two_sweeps_at_once_let_each_original_go_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        files = [_over(session, clinic, state=state) for state in ("ready", "held", "failed", "rejected")]
    assert sum(at_once(*[lambda: _sweep(database)] * 3)) == len(files)
    with database.reading() as session:
        told = session.scalars(select(AuditEvent.entity_id).where(AuditEvent.action == "let_original_go")).all()
        assert sorted(told) == sorted(file.public_id for file in files)
        assert len(session.scalars(select(Job.id).where(Job.kind == JobKind.REMOVE_ORIGINAL)).all()) == len(files)
        states = {each.reason or each.state for each in session.scalars(select(Attachment))}
        assert states == {"ready", "undecided", "unprepared", "rejected"}

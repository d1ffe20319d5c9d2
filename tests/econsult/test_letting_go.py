"""Who may not answer any more holds nothing from that moment, and everybody who must know is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.access import consult_for, rendition_for
from econsult.consults import answers, holding, passing, threads
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, Rendition, receive
from econsult.consults.glass import break_glass, open_until
from econsult.consults.handover import handovers_of
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.database import Database, new_public_id
from econsult.errors import ForbiddenError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person, Role, add_person
from econsult.people.signin import close_account
from econsult.picking import Pick
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.letting_go import held_by_barred, let_go_later
from econsult.queue.reoffering import offer_again
from econsult.rights import Right
from econsult.rosters.qualifying import LimitsForm, bar, set_limits, set_state
from econsult.rosters.shifts import TimeOff
from tests.personas import ANSWER, LEASE, NOON, Clinic

SOON = NOON + timedelta(minutes=5)
TOLD = (NoticeKind.LET_GO, NoticeKind.NO_LONGER_YOURS, NoticeKind.NO_COVER, NoticeKind.UNALLOCATED)


def _keep_out(session: Session, clinic: Clinic, why: str) -> None:
    if why == "conflict":
        bar(session, clinic.coordinator, clinic.derm.public_id, session.get_one(Patient, clinic.child.id), now=SOON)
    elif why == "closed":
        close_account(session, session.get_one(Person, clinic.derm.id), SOON)
    elif why == "licence":
        set_limits(session, clinic.coordinator, clinic.derm.public_id, LimitsForm("TX", (), 0), now=SOON)
    else:
        set_limits(session, clinic.coordinator, clinic.derm.public_id, LimitsForm("", ("en",), 0), now=SOON)
    offer_again(session, clinic.program.id, SOON)


def _copy(session: Session, consult: Consult, clinic: Clinic) -> str:
    """A picture of the request, ready to be looked at."""
    sent = Received(new_public_id(), MediaKind.PHOTO, 10, "far", b"k", clinic.pcp.id)
    file = receive(session, consult, sent, NOON)
    session.execute(update(Attachment).values(state=AttachmentState.READY))
    copy = Rendition(attachment_id=file.id, name="thumb", media_type="image/jpeg", size=3, blob_key="b/k")
    copy.object_id, copy.key_wrapped, copy.width, copy.height, copy.sha256 = "0" * 32, b"k", 1, 1, "0" * 64
    session.add(copy)
    session.flush()
    return copy.public_id


@pytest.mark.parametrize("why", ["conflict", "licence", "closed"])
def test_whoever_is_barred_holds_nothing_from_that_moment_and_each_is_told_once(
    database: Database, clinic: Clinic, why: str
) -> None:
    with database.writing() as session:
        details = {"email": "vera@clinic.test", "name": "vera", "role": Role.PRIVACY, "now": NOON}
        add_person(session, database.cipher, clinic.program, **details)
        set_state(session, clinic.coordinator, clinic.home.public_id, "NM", now=NOON)
        held, waits, other = clinic.claimed(session), clinic.claimed(session), clinic.econsult(session)
        holding.claim(session, other, clinic.derm2, now=NOON, lease=LEASE)
        answers.save_draft(session, held, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        threads.request_info(session, waits, clinic.derm, text="Ruler?", items=[], audience=None, now=NOON)
        break_glass(session, held, clinic.derm, reason="The lab asks which child this is.", now=NOON)
        copy = _copy(session, held, clinic)
        assert rendition_for(session, clinic.derm, copy, now=SOON)
    with database.writing() as session:
        _keep_out(session, clinic, why)
        _keep_out(session, clinic, why)
    with database.writing() as session:
        for number in (held.id, waits.id):
            consult = session.get_one(Consult, number)
            assert (consult.status, consult.holder_id) == (Status.SUBMITTED, None)
            assert [(row.verb, row.from_id, row.to_id) for row in handovers_of(session, number)] == [
                ("let_go", clinic.derm.id, None)
            ]
            rows = session.execute(select(Notice.kind, Notice.person_id).where(Notice.consult_id == number)).all()
            letters = sorted((kind, person) for kind, person in rows if kind in TOLD)
            whose = [] if why == "closed" else [(NoticeKind.NO_LONGER_YOURS, clinic.derm.id)]
            assert letters == [(NoticeKind.LET_GO, clinic.coordinator.id), *whose]
        assert session.get_one(Consult, other.id).holder_id == clinic.derm2.id, "a colleague's stays theirs"
        assert open_until(session, held, clinic.derm, SOON) is None
        assert list(violations(session, SOON)) == []
        person = session.get_one(Person, clinic.derm.id)
        if why != "licence":  # Of their pool they read on, as whoever of it may not take something.
            for look in (
                lambda: consult_for(session, person, held.public_id, now=SOON),
                lambda: rendition_for(session, person, copy, now=SOON),
            ):
                with pytest.raises(NotFoundError):
                    look()
        with pytest.raises((ForbiddenError, NotFoundError)):
            consult_for(session, person, held.public_id, now=SOON, right=Right.ANSWER)
        again = holding.claim(session, session.get_one(Consult, held.id), clinic.derm2, now=SOON, lease=LEASE)
        draft = answers.draft_of(session, again.id)
        assert draft is not None
        assert draft.content["impression"] == ANSWER["impression"], "what was written is there for whoever goes on"


def test_a_language_takes_nothing_from_who_holds_it_and_a_reply_that_is_owed_is_the_desks(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        held, signed = clinic.claimed(session), clinic.answered(session)
        signed.clinic_waits_since = NOON
    with database.writing() as session:
        _keep_out(session, clinic, "language")
        assert session.get_one(Consult, held.id).holder_id == clinic.derm.id
        _keep_out(session, clinic, "conflict")
        _keep_out(session, clinic, "conflict")
        assert session.get_one(Consult, signed.id).status == Status.ANSWERED
        found = session.scalars(select(Notice.person_id).where(Notice.consult_id == signed.id, Notice.kind.in_(TOLD)))
        assert sorted(found) == sorted([clinic.derm.id, clinic.coordinator.id])


def test_the_desk_hears_once_of_what_was_answered_and_that_keeps_nothing_else_waiting(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        signed, tried, held = clinic.answered(session), clinic.answered(session), clinic.claimed(session)
        signed.clinic_waits_since = tried.clinic_waits_since = NOON
        tried.is_test = True
        close_account(session, session.get_one(Person, clinic.derm.id), SOON)
        session.flush()
        assert let_go_later(session, SOON, Pick(1)) == 1
        assert held.holder_id is None, "what goes back to a pool comes before what is only told"
        assert let_go_later(session, SOON) == 1
        later = SOON + timedelta(hours=1)
        session.add(TimeOff(person_id=clinic.coordinator.id, starts_at=SOON, ends_at=later + timedelta(days=1)))
        session.flush()
        assert (held_by_barred(session, later), offer_again(session, clinic.program.id, later)) == ([], 0)
        assert _told_of(session, signed) == [clinic.coordinator.id], "nobody else hears it when she is away"
        passing.assign(session, signed, clinic.derm2, "hers", by=clinic.coordinator, now=later, lease=LEASE)
        close_account(session, session.get_one(Person, clinic.derm2.id), later)
        assert let_go_later(session, later) == 1
        assert clinic.coordinator.id in _told_of(session, signed)[1:], "who had it next is barred as well"
        assert held_by_barred(session, later) == []


def _told_of(session: Session, consult: Consult) -> list[int]:
    letters = select(Notice.person_id).where(Notice.consult_id == consult.id, Notice.kind == NoticeKind.LET_GO)
    return list(session.scalars(letters.order_by(Notice.id)))


@pytest.mark.parametrize("waits", [False, True])
def test_a_clinician_whose_account_is_closed_gives_back_what_they_hold(
    database: Database, clinic: Clinic, waits: bool
) -> None:
    """A colleague of the clinic may take the family's question at once, also while the family was asked something."""
    with database.writing() as session:
        home = session.get_one(Organization, clinic.home.id)
        details = {"name": "Second", "role": Role.PCP, "organization": home, "now": NOON}
        second = add_person(session, database.cipher, clinic.program, email="second@clinic.test", **details)
        consult = clinic.family_question(session)
        pcp = session.get_one(Person, clinic.pcp.id)
        holding.claim(session, consult, pcp, now=NOON, lease=LEASE)
        if waits:
            lane = threads.Audience.FAMILY
            threads.request_info(session, consult, pcp, text="Photo?", items=["x"], audience=lane, now=NOON)
        close_account(session, pcp, SOON)
        offer_again(session, clinic.program.id, SOON)
        assert (consult.status, consult.holder_id) == (Status.SUBMITTED, None)
        told = session.execute(select(Notice.kind, Notice.person_id).where(Notice.created_at == SOON)).all()
        assert (NoticeKind.NEW_REQUEST, second.id) in told
        assert (NoticeKind.LET_GO, clinic.coordinator.id) in told
        assert clinic.pcp.id not in {person for _kind, person in told}
        holding.claim(session, consult, second, now=SOON, lease=LEASE)
        assert list(violations(session, SOON)) == []


@pytest.mark.parametrize("how", ["limit", "reply"])
def test_the_end_of_a_wait_renews_no_claim_of_a_closed_account(database: Database, clinic: Clinic, how: str) -> None:
    """As the version before left it: it goes back to the pool at the next look, and nobody writes to who has left."""
    with database.writing() as session:
        consult, derm = clinic.claimed(session), session.get_one(Person, clinic.derm.id)
        threads.request_info(session, consult, derm, text="Photo?", items=["x"], audience=None, now=NOON)
        close_account(session, derm, SOON)
        session.flush()
        end = NOON + timedelta(hours=72)
        if how == "limit":
            fire(session, end)
        else:
            holding.took_reply(session, consult, clinic.pcp, now=end)
        assert (consult.status, consult.claim_until) == (Status.CLAIMED, end)
        assert heard_since(session, derm, SOON) == []
        assert [each.id for each in holding.lapse_claims(session, end + timedelta(seconds=5))] == [consult.id]


def heard_since(session: Session, person: Person, at: datetime) -> list[str]:
    """What this person was told from then on."""
    return list(session.scalars(select(Notice.kind).where(Notice.person_id == person.id, Notice.created_at >= at)))

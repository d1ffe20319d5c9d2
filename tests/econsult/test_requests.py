"""Asking: what a request needs, what stops it, and what a family's question becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from econsult import access
from econsult.consults import attachments, holding, preparing, requests, threads
from econsult.consults.attachments import MediaKind, Received, Rendition
from econsult.consults.clocks import ClockState, clocks_of
from econsult.consults.handover import handovers_of
from econsult.consults.preparing import PreparedCopy
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.database import Database
from econsult.errors import EmergencyError, ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.consent import ConsentGiven, consent_for
from econsult.people.patients import link_caregiver
from econsult.rights import Right
from tests.personas import FAMILY_QUESTION, LEASE, NOON, QUESTION, TARGETS, Clinic

SENT_ON = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis", urgency="same_day")


def test_submitting_starts_the_promise(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        assert consult.status == "submitted"
        assert consult.due_at == NOON + timedelta(hours=24)
        found = {clock.name: (clock.state, clock.deadline_at) for clock in clocks_of(session, consult.id)}
        assert found == {
            "allocate": (ClockState.RUNNING, NOON + timedelta(hours=1)),
            "first_reply": (ClockState.RUNNING, NOON + timedelta(hours=24)),
        }
        # Half of the hour within which somebody should have taken it.
        assert consult.next_deadline_at == NOON + timedelta(minutes=30)


@pytest.mark.parametrize(("urgency", "hours"), [("routine", 24), ("same_day", 4), ("urgent", 1)])
def test_urgency_sets_the_target(database: Database, clinic: Clinic, urgency: str, hours: int) -> None:
    with database.writing() as session:
        assert clinic.econsult(session, urgency=urgency).due_at == NOON + timedelta(hours=hours)


def test_the_whole_pool_and_the_family_are_told_and_nobody_else(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        told = session.execute(select(Notice.person_id, Notice.kind).where(Notice.consult_id == consult.id)).all()
    assert {tuple(row) for row in told} == {
        (clinic.derm.id, NoticeKind.NEW_REQUEST),
        (clinic.derm2.id, NoticeKind.NEW_REQUEST),
        # She asked nothing herself: her clinic did.
        (clinic.mother.id, NoticeKind.CLINIC_ASKED),
    }


@pytest.mark.parametrize(
    "question", ["\u200b" * 40, "Eczema?" + "\u2060" * 40, "a" + " " * 40 + "b", "\u00ad\u202e" * 20]
)
def test_what_nobody_can_see_is_no_question(database: Database, clinic: Clinic, question: str) -> None:
    with pytest.raises(InvalidError) as refused, database.writing() as session:
        clinic.econsult(session, question=question)
    assert refused.value.fields == {"question": "too_short"}


def test_a_request_names_everything_that_is_missing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = requests.create(session, clinic.pcp, clinic.child, RequestForm(question="Eczema?"), now=NOON)
        with pytest.raises(InvalidError) as error:
            requests.submit(session, draft, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)
    assert error.value.fields == {
        "question": "too_short",
        "specialty": "required",
        "question_type": "required",
        "consent": "required",
        "details.red_flags": "required",
    }


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (RequestForm(specialty="astrology"), "specialty"),
        (RequestForm(question="?" * 301), "question"),
        (RequestForm(question_type="gossip"), "question_type"),
        (RequestForm(urgency="yesterday"), "urgency"),
        (RequestForm(details={"red_flags": "breathing"}), "details.red_flags"),
        (RequestForm(details={"body_site": "somewhere"}), "details.body_site"),
        (RequestForm(details={"body_site": [3]}), "details.body_site"),
        (RequestForm(kind="gossip"), "kind"),
    ],
)
def test_an_unknown_value_is_refused_by_name(database: Database, clinic: Clinic, form: RequestForm, field: str) -> None:
    with pytest.raises(InvalidError) as error, database.writing() as session:
        requests.create(session, clinic.pcp, clinic.child, form, now=NOON)
    assert list(error.value.fields) == [field]


def test_a_red_flag_stops_the_family_and_stays_on_record(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError) as error, database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": ["breathing", "kawasaki_signs"]})
        form = SubmitForm(
            red_flag_attestation={"examined_by": "me", "at": "now", "why": "no"}, override_reason="please"
        )
        requests.submit(session, draft, clinic.mother, form, now=NOON, targets=TARGETS)
    assert error.value.codes == ("breathing",)
    with database.reading() as session:
        stop = session.scalars(select(RedFlagStop)).one()
        assert (stop.codes, stop.is_attested) == ("breathing", False)
        told = session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.EMERGENCY)).all()
        assert told == [clinic.pcp.id]


def test_a_familys_danger_sign_makes_its_question_one_of_the_same_day(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": []})
        assert draft.urgency == "routine"
        edit = partial(requests.edit, session, draft, clinic.mother, now=NOON)
        for form in (RequestForm(details={"red_flags": ["kawasaki_signs"]}), RequestForm(urgency="routine")):
            edit(form)
            assert (draft.urgency, draft.urgency_rank) == ("same_day", 1)
        edit(RequestForm(urgency="urgent"))
        edit(RequestForm(details={"body_site": "arm"}))
        assert draft.urgency == "urgent"
        edit(RequestForm(details={"red_flags": []}))
        assert (draft.urgency, draft.urgency_rank) == ("routine", 2)


def test_a_red_flag_that_nobody_knows_counts_as_now(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError), database.writing() as session:
        clinic.econsult(session, details={"red_flags": ["glows_in_the_dark"]})


def test_a_same_day_flag_does_not_block(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        assert clinic.econsult(session, details={"red_flags": ["kawasaki_signs"]}).status == "submitted"


@pytest.mark.parametrize("missing", ["examined_by", "at", "why", None])
def test_a_clinician_passes_only_with_a_whole_attestation(
    database: Database, clinic: Clinic, missing: str | None
) -> None:
    attestation = {"examined_by": "Dr. Hale", "at": "2026-03-02T11:00Z", "why": "Seen in clinic, breathing normally"}
    attestation.pop(missing or "", None)
    with database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["breathing"]})
        form = SubmitForm(red_flag_attestation=attestation)
        if missing:
            with pytest.raises(EmergencyError):
                requests.submit(session, draft, clinic.pcp, form, now=NOON, targets=TARGETS)
        else:
            requests.submit(session, draft, clinic.pcp, form, now=NOON, targets=TARGETS)
            assert session.scalars(select(RedFlagStop)).one().is_attested


def test_a_familys_question_about_a_private_place_needs_a_way_to_reach_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"body_site": "private_area", "red_flags": []})
        with pytest.raises(InvalidError) as refused:
            requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        assert refused.value.fields == {"details.contact": "required"}
        form = RequestForm(details={"contact": {"way": "call_back", "phone": "505-555-0177"}})
        requests.edit(session, draft, clinic.mother, form, now=NOON)
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        assert draft.status == "submitted"


def test_a_private_place_is_known_from_the_draft_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"body_site": ["leg", "groin"]})
        assert draft.is_private_site
        requests.edit(session, draft, clinic.mother, RequestForm(details={"body_site": "leg"}), now=NOON)
        assert not draft.is_private_site


def test_consent_keeps_its_text_and_who_gave_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consent = consent_for(session, clinic.family_draft(session).id)
    assert consent is not None
    assert (consent.given_by, consent.method, consent.language) == ("parent", "electronic", "es")
    assert (len(consent.text_hash), consent.given_at, consent.recorded_by_id) == (64, NOON, clinic.mother.id)


def test_somebody_without_authority_cannot_consent(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        link_caregiver(session, clinic.child, clinic.stranger, "grandparent", NOON, has_authority=False)
        form = RequestForm(kind="family_question", consent=ConsentGiven("parent", "electronic", "en"))
        with pytest.raises(ForbiddenError, match="authority"):
            requests.create(session, clinic.stranger, clinic.child, form, now=NOON)


@pytest.mark.parametrize(
    "wrong", [("friend", "verbal", "en"), ("parent", "telepathic", "en"), ("parent", "verbal", "xx")]
)
def test_consent_takes_only_known_words(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidError):
        ConsentGiven(*wrong)


def test_a_caregiver_cannot_send_an_econsult_and_a_specialist_cannot_ask(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        with pytest.raises(ForbiddenError):
            requests.create(session, clinic.mother, clinic.child, RequestForm(kind="econsult"), now=NOON)
        with pytest.raises(ForbiddenError):
            requests.create(session, clinic.derm, clinic.child, RequestForm(kind="econsult"), now=NOON)


def test_what_was_sent_is_not_edited_or_sent_again(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        with pytest.raises(ImpossibleVerbError, match="submitted"):
            requests.edit(session, consult, clinic.pcp, RequestForm(question="Another one, please?"), now=NOON)
        with pytest.raises(ImpossibleVerbError):
            requests.submit(session, consult, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)


def test_a_family_question_sent_on_becomes_the_clinics_request(database: Database, clinic: Clinic) -> None:
    later = NOON + timedelta(hours=2)
    with database.writing() as session:
        consult = clinic.family_question(session)
        requests.send_on(session, consult, clinic.pcp, SENT_ON, now=later, targets=TARGETS)
        assert (consult.kind, consult.source, consult.status) == ("econsult", "caregiver", "submitted")
        assert (consult.requester_id, consult.sent_on_by_id) == (clinic.mother.id, clinic.pcp.id)
        assert (consult.question, consult.details["family_question"]) == (QUESTION, FAMILY_QUESTION)
        found = {clock.name: (clock.cycle, clock.deadline_at) for clock in clocks_of(session, consult.id)}
        assert found["first_reply"] == (2, later + timedelta(hours=4))
        assert found["allocate"] == (2, later + timedelta(hours=1))
        access.consult_for(session, clinic.derm, consult.public_id, now=later, right=Right.HOLD)


def test_a_clinician_sends_on_less_urgent_only_with_a_reason_which_is_kept(database: Database, clinic: Clinic) -> None:
    less = replace(SENT_ON, urgency="routine")
    with database.writing() as session:
        consult = clinic.family_question(session)
        consult.urgency, consult.urgency_rank = "same_day", 1
    for why in ("", " \N{ZERO WIDTH SPACE}"):
        with pytest.raises(InvalidError) as error, database.writing() as session:
            found, sending = session.get_one(Consult, consult.id), SubmitForm(why_less=why)
            requests.send_on(session, found, clinic.pcp, less, now=NOON, targets=TARGETS, sending=sending)
        assert error.value.fields == {"urgency_reason": "required"}
    with database.writing() as session:
        found, sending = session.get_one(Consult, consult.id), SubmitForm(why_less="Seen here this morning")
        requests.send_on(session, found, clinic.pcp, less, now=NOON, targets=TARGETS, sending=sending)
        assert found.urgency == "routine"
        assert [(each.verb, each.reason) for each in handovers_of(session, found.id)] == [
            ("urgency", "Seen here this morning")
        ]


def test_a_question_that_waits_for_the_family_can_be_sent_on(database: Database, clinic: Clinic) -> None:
    later = NOON + timedelta(hours=2)
    with database.writing() as session:
        consult = holding.claim(session, clinic.family_question(session), clinic.pcp, now=NOON, lease=LEASE)
        threads.request_info(session, consult, clinic.pcp, text="¿Fiebre?", items=(), audience=None, now=NOON)
        requests.send_on(session, consult, clinic.pcp, SENT_ON, now=later, targets=TARGETS)
        assert (consult.status, consult.holder_id, consult.sent_on_by_id) == ("submitted", None, clinic.pcp.id)
        replies = [clock for clock in clocks_of(session, consult.id) if clock.name == "first_reply"]
        assert [(clock.cycle, clock.state, clock.paused_until) for clock in replies] == [(2, "running", None)]
        assert replies[0].deadline_at == later + timedelta(hours=4)
        threads.post(session, consult, clinic.mother, threads.Audience.FAMILY, text="No", now=later)
        assert consult.status == "submitted"


@pytest.mark.parametrize("is_new", [True, False])
def test_whoever_saw_the_checklist_says_why_it_is_not_answered(
    database: Database, clinic: Clinic, is_new: bool
) -> None:
    with database.writing() as session:
        kept = clinic.draft(session) if is_new else clinic.family_question(session)

    def send(**given: Any) -> Consult:
        with database.writing() as session:
            consult, form = session.get_one(Consult, kept.id), SubmitForm(saw_checklist=True, **given)
            if is_new:
                return requests.submit(session, consult, clinic.pcp, form, now=NOON, targets=TARGETS)
            return requests.send_on(session, consult, clinic.pcp, SENT_ON, now=NOON, targets=TARGETS, sending=form)

    for silent in ({}, {"lacking": " \u2060"}, {"override_reason": "\n"}):
        with pytest.raises(InvalidError) as error:
            send(**silent)
        assert error.value.fields == {"lacking": "required"}
    assert send(lacking=" Seen by telephone ").override_reason == "Seen by telephone"


def test_a_program_that_sends_on_says_why_as_one_that_submits(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        kept = clinic.family_question(session)
    some = replace(SENT_ON, details={"dermatology.pain": False})
    with pytest.raises(InvalidError) as error, database.writing() as session:
        consult = session.get_one(Consult, kept.id)
        requests.send_on(session, consult, clinic.pcp, some, now=NOON, targets=TARGETS)
    assert error.value.fields["details.dermatology.itch"] == "required"
    with database.writing() as session:
        consult, why = session.get_one(Consult, kept.id), SubmitForm("Not known here")
        assert consult.kind == "family_question"
        requests.send_on(session, consult, clinic.pcp, some, now=NOON, targets=TARGETS, sending=why)
        assert (consult.kind, consult.override_reason) == ("econsult", "Not known here")


def test_only_a_family_question_is_sent_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session, pytest.raises(InvalidError):
        requests.send_on(session, clinic.econsult(session), clinic.pcp, SENT_ON, now=NOON, targets=TARGETS)


def test_a_withdrawn_request_stops_every_clock_and_tells_the_holder(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        requests.withdraw(session, consult, clinic.pcp, "Family moved", now=NOON)
        assert (consult.status, consult.next_deadline_at, consult.holder_id) == ("withdrawn", None, None)
        assert {clock.state for clock in clocks_of(session, consult.id)} == {ClockState.STOPPED}
        kinds = select(func.count()).where(Notice.kind == NoticeKind.WITHDRAWN, Notice.person_id == clinic.derm.id)
        assert session.scalar(kinds) == 1


def test_a_family_that_was_stopped_stays_stopped_on_this_request(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": ["seizure"]})
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
    with database.writing() as session:
        kept = session.get_one(Consult, draft.id)
        requests.edit(session, kept, clinic.mother, RequestForm(details={"red_flags": []}), now=NOON)
        with pytest.raises(EmergencyError) as error:
            requests.submit(session, kept, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
    assert error.value.codes == ("seizure",)


def test_a_red_flag_stops_sending_on_and_leaves_the_question_with_the_clinic(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session)
    form = replace(SENT_ON, details={"red_flags": ["breathing"]})
    with pytest.raises(EmergencyError), database.writing() as session:
        kept = session.get_one(Consult, consult.id)
        requests.send_on(session, kept, clinic.pcp, form, now=NOON, targets=TARGETS)
    attested = {"examined_by": "Dr. Hale", "at": NOON.isoformat(), "why": "Breathes normally now"}
    with database.writing() as session:
        kept = session.get_one(Consult, consult.id)
        assert (kept.kind, kept.details["red_flags"]) == ("family_question", [])
        requests.send_on(
            session,
            kept,
            clinic.pcp,
            form,
            now=NOON,
            targets=TARGETS,
            sending=SubmitForm(red_flag_attestation=attested),
        )
        assert [stop.is_attested for stop in session.scalars(select(RedFlagStop).order_by(RedFlagStop.id))] == [
            False,
            True,
        ]


def test_a_clinicians_reason_stands_in_for_what_can_be_done_without(database: Database, clinic: Clinic) -> None:
    values = {"kind": "econsult", "specialty": "dermatology", "question": QUESTION, "details": {"red_flags": []}}
    with database.writing() as session:
        consent = ConsentGiven("parent", "verbal", "en")
        draft = requests.create(session, clinic.pcp, clinic.child, RequestForm(**values, consent=consent), now=NOON)
        bare = requests.create(session, clinic.pcp, clinic.child, RequestForm(**values), now=NOON)
        form = SubmitForm(override_reason="The family leaves today")
        requests.submit(session, draft, clinic.pcp, form, now=NOON, targets=TARGETS)
        assert (draft.status, draft.override_reason) == ("submitted", "The family leaves today")
        with pytest.raises(InvalidError) as error:
            requests.submit(session, bare, clinic.pcp, form, now=NOON, targets=TARGETS)
    assert error.value.fields == {"consent": "required"}


def test_a_caregivers_reason_overrides_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, consent=None)
        with pytest.raises(InvalidError):
            form = SubmitForm(override_reason="please")
            requests.submit(session, draft, clinic.mother, form, now=NOON, targets=TARGETS)


def test_pictures_sent_before_the_place_turned_private_are_shown_to_nobody(database: Database, clinic: Clinic) -> None:
    copy = PreparedCopy("thumb", "image/jpeg", 1, 1, 9, "0" * 64, "b" * 32, "renditions/b", b"k")
    with database.writing() as session:
        draft = clinic.family_draft(session)
        sent = {}
        for name, kind, media_type in (("a", "photo", "image/jpeg"), ("c", "lab_document", "application/pdf")):
            received = Received(name * 32, MediaKind(kind), 9, "x", b"k", clinic.mother.id)
            sent[kind] = attachments.receive(session, draft, received, NOON)
            report = {"source": {"media_type": media_type}}
            preparing.link_renditions(session, sent[kind], [replace(copy, object_id=name)], report, NOON)
        requests.edit(session, draft, clinic.mother, RequestForm(details={"body_site": "groin"}), now=NOON)
        states = {kind: (attachment.state, attachment.reason) for kind, attachment in sent.items()}
        assert states == {"photo": ("held", "private_site"), "lab_document": ("held", "private_paper")}
        shown = attachments.renditions_of(session, [attachment.id for attachment in sent.values()])
        assert shown[sent["photo"].id] == []
        hidden = session.scalars(select(Rendition).where(Rendition.attachment_id == sent["photo"].id)).one()
        with pytest.raises(NotFoundError):
            access.rendition_for(session, clinic.mother, hidden.public_id, now=NOON)


def test_a_picture_that_was_still_in_the_works_stays_aside(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session)
        received = Received("a" * 32, MediaKind.PHOTO, 9, "x", b"k", clinic.mother.id)
        sent = attachments.receive(session, draft, received, NOON)
        requests.edit(session, draft, clinic.mother, RequestForm(details={"body_site": "groin"}), now=NOON)
        preparing.link_renditions(session, sent, [], {}, NOON)
        assert sent.state == "held"

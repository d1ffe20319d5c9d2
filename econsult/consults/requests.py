"""Asking: a draft becomes a request that names its question, its consent and its urgency, and opens the first clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.adopting import arrive, invited_for
from econsult.consults.answers import drop_draft, held_back, open_earlier
from econsult.consults.asked import ANSWERED_UNDER, keep_versions
from econsult.consults.askers import check_kind, source_of
from econsult.consults.clocks import stop_clock
from econsult.consults.completeness import LONGEST_QUESTION, check_fresh, check_urgency
from econsult.consults.confidential import BY_YOUTH, keep_as_told
from econsult.consults.consenting import check_signed, take_consent
from econsult.consults.details import check_details, settled
from econsult.consults.ending import end
from econsult.consults.facepolicy import MASK_ALL
from econsult.consults.furtherance import follow_policy, write_told_yes
from econsult.consults.hearers import family_of
from econsult.consults.hinting import note_question
from econsult.consults.interpreting import family_language
from econsult.consults.lifecycle import next_status
from econsult.consults.offering import offer
from econsult.consults.policies import ClockName
from econsult.consults.preparing import hold_private, read_for_caller
from econsult.consults.recomputing import promise
from econsult.consults.records import QUESTION_TYPES, RANKS, Consult, Kind, Urgency, by_today, note
from econsult.consults.redflags import body_sites, is_private, with_time
from econsult.consults.screening import screen_red_flags
from econsult.consults.told_signs import hasten
from econsult.consults.turning import turn_clocks
from econsult.consults.urgency import settle_lowering
from econsult.consults.voice import VoiceChoice, choose_voice
from econsult.consults.whole import settle_whole
from econsult.consults.wishes import NO_WISHES, Wishes, write_wishes
from econsult.errors import ImpossibleVerbError, InvalidError
from econsult.notices import NoticeKind, notify
from econsult.people.consent import ConsentGiven
from econsult.people.deaths import refuse_after_death
from econsult.people.patients import Patient
from econsult.people.persons import SPECIALTIES, Person, Role


@dataclass(frozen=True)
class RequestForm:
    """What a person asks, as a form or an API call gives it.

    When editing, what is None stays; an empty specialty or question type, and a detail that is None, are taken back.
    """

    kind: str | None = None
    specialty: str | None = None
    question: str | None = None
    question_type: str | None = None
    urgency: str | None = None
    source: str | None = None
    details: Mapping[str, Any] | None = None
    consent: ConsentGiven | None = None
    voice: VoiceChoice | None = None
    is_test: bool | None = None
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class SubmitForm:
    """What sending may carry besides the request: a clinician's reasons for going on.

    `lacking` is why it goes without something that the templates require; whoever was shown their checklist
    (`saw_checklist`) is asked for it. `is_shared`: who asks by telephone, young, says that their caregivers may see it.
    `why_less`: why a clinician sends it on less urgent than it was.
    """

    override_reason: str = ""
    red_flag_attestation: Mapping[str, Any] | None = None
    lacking: str = ""
    is_shared: bool = False
    saw_checklist: bool = False
    why_less: str = ""


NOTHING_BESIDES = SubmitForm()


def create(
    session: Session, person: Person, patient: Patient, form: RequestForm, *, now: datetime, kept: str = ""
) -> Consult:
    """Open a draft for a child whom the caller may act for; `kept` is the mark of what it is asked from."""
    kind = form.kind or (Kind.ECONSULT if person.is_staff else Kind.FAMILY_QUESTION)
    check_kind(person, kind, is_test=bool(form.is_test))
    refuse_after_death(session, patient.id, is_asked=kind == Kind.FAMILY_QUESTION)
    invitation = invited_for(session, person, patient, now) if person.role == Role.INVITED else None
    consult = Consult(
        program_id=patient.program_id,
        patient_id=patient.id,
        organization_id=patient.organization_id,
        requester_id=person.id,
        # Until they say else: what the young ask stays between them and the clinic.
        confidential=BY_YOUTH if person.role == Role.YOUTH else kept,
        kind=kind,
        source=source_of(person, form.source),
        urgency=Urgency.ROUTINE,
        urgency_rank=RANKS[Urgency.ROUTINE],
        language=patient.language,
        is_test=bool(form.is_test),
        details={},
        created_at=now,
    )
    session.add(consult)
    _fill(session, consult, form, now)
    session.flush()
    if invitation is not None:
        arrive(session, consult, invitation)
    write_wishes(session, consult, form.wishes)
    if form.consent is not None:
        take_consent(session, consult, form.consent, person, now)
    if form.voice is not None:
        choose_voice(session, consult, person, form.voice, now=now)
    note(session, consult, "create", person_id=person.id, now=now)
    return consult


def edit(session: Session, consult: Consult, person: Person, form: RequestForm, *, now: datetime) -> Consult:
    """Change a draft; what the form leaves out stays."""
    next_status(consult.status, "edit")
    _fill(session, consult, form, now)
    write_wishes(session, consult, form.wishes)
    consult.version += 1
    if form.consent is not None:
        take_consent(session, consult, form.consent, person, now)
    if form.voice is not None:
        choose_voice(session, consult, person, form.voice, now=now)
    note(session, consult, "edit", person_id=person.id, now=now)
    return consult


def submit(
    session: Session,
    consult: Consult,
    person: Person,
    form: SubmitForm,
    *,
    now: datetime,
    targets: Mapping[str, timedelta],
) -> Consult:
    """Send the request. Raises EmergencyError (recorded), InvalidError listing what is missing, ImpossibleVerbError."""
    status = next_status(consult.status, "submit")
    refuse_after_death(session, consult.patient_id, is_asked=consult.kind == Kind.FAMILY_QUESTION)
    # Before the danger signs: whoever is told of one must know who may hear of it.
    keep_as_told(session, consult, person, is_shared=form.is_shared, now=now)
    screen_red_flags(session, consult, person, consult.details, form.red_flag_attestation, now=now)
    consult.override_reason = settle_whole(session, consult, person, form, now=now)
    check_signed(session, consult, now)
    write_told_yes(session, consult, person, now=now)
    check_fresh(consult, now)
    check_urgency(session, consult, now)
    consult.status, consult.submitted_at = status, now
    if consult.kind == Kind.FAMILY_QUESTION:
        note_question(session, consult, person, now)
    hasten(session, consult, now)
    keep_versions(session, consult)
    consult.version += 1
    # What a clinic put right while this was a draft, or at this very moment.
    consult.language = family_language(session, consult)
    promise(session, consult, person.id, targets, now)
    note(session, consult, "submit", person_id=person.id, now=now)
    read_for_caller(session, consult, now)
    offer(session, consult, now)
    # A family that asked nothing did not write to us: its clinic did.
    told = NoticeKind.RECEIVED if consult.kind == Kind.FAMILY_QUESTION else NoticeKind.CLINIC_ASKED
    for caregiver in family_of(session, consult, now):
        notify(session, caregiver, told, consult_id=consult.id, about="submit", now=now)
    return consult


def send_on(
    session: Session,
    consult: Consult,
    person: Person,
    form: RequestForm,
    *,
    now: datetime,
    targets: Mapping[str, timedelta],
    sending: SubmitForm = NOTHING_BESIDES,
) -> Consult:
    """The medical home makes a family's question its own request to a specialty; media and history stay with it.

    Raises EmergencyError (recorded), InvalidError listing what is missing or not sent on, ImpossibleVerbError, and
    ForbiddenError where the desk makes it less urgent.
    """
    if consult.sent_on_by_id is not None:  # A program whose answer was lost on the way asks again.
        raise ImpossibleVerbError(consult.status, "send_on")
    if consult.kind != Kind.FAMILY_QUESTION:
        raise InvalidError("Only a family's question can be sent on.", {"kind": "not_family_question"})
    status = next_status(consult.status, "send_on")
    _check_values(consult, form)
    was, details = consult.urgency, {**consult.details, **(form.details or {})}
    screen_red_flags(session, consult, person, details, sending.red_flag_attestation, now=now, is_sent_on=True)
    consult.kind, consult.sent_on_by_id = Kind.ECONSULT, person.id
    # The clinician's focused question takes the place of the family's, which the specialist still reads word for word.
    consult.details = {**consult.details, "family_question": consult.question}
    _fill(session, consult, form, now)
    write_wishes(session, consult, form.wishes)
    consult.override_reason = settle_whole(session, consult, person, sending, now=now)
    write_told_yes(session, consult, person, now=now)
    keep_versions(session, consult)
    # A sign of the same day makes nothing less urgent, whatever was chosen.
    hasten(session, consult, now)
    settle_lowering(session, consult, person, was, sending.why_less, now=now)
    check_urgency(session, consult, now)
    # What the clinic began to write to the family may name the child, whom a specialist never knows by name.
    drop_draft(session, consult.id)
    for name in (ClockName.FIRST_REPLY, ClockName.ALLOCATE):
        stop_clock(session, consult, name, now, "sent_on")
    turn_clocks(session, consult, now, person_id=person.id)
    # No specialist has had it: whom the clinic names is asked first.
    consult.status, consult.holder_id, consult.claim_until, consult.claimed_at = status, None, None, None
    consult.version += 1
    promise(session, consult, person.id, targets, now)
    note(session, consult, "send_on", person_id=person.id, now=now)
    read_for_caller(session, consult, now)
    offer(session, consult, now)
    for caregiver in family_of(session, consult, now):
        notify(session, caregiver, NoticeKind.SENT_ON, consult_id=consult.id, about="send_on", now=now)
    return consult


def withdraw(session: Session, consult: Consult, person: Person, reason: str, *, now: datetime) -> Consult:
    """Take the request back; who works on it is told, and the family where somebody else does it.

    An answer of before that a reopening kept from the family is opened to it, unless the family took its consent back.
    """
    holder_id, was_sent = consult.holder_id, consult.submitted_at is not None
    earlier = held_back(session, consult) if consult.consent_withdrawn_at is None else None
    end(session, consult, person, "withdraw", reason=reason, now=now)
    if holder_id is not None and holder_id != person.id:
        holder = session.get_one(Person, holder_id)
        notify(session, holder, NoticeKind.WITHDRAWN, consult_id=consult.id, about="withdraw", now=now)
    if earlier is not None:
        # No newer one will come to be told.
        open_earlier(session, consult, earlier, person, now)
    if person.is_staff and was_sent:
        for caregiver in family_of(session, consult, now):
            notify(session, caregiver, NoticeKind.WITHDRAWN, consult_id=consult.id, about="withdraw", now=now)
    return consult


def _fill(session: Session, consult: Consult, form: RequestForm, now: datetime) -> None:
    _check_values(consult, form)
    if form.specialty is not None:
        consult.specialty = form.specialty or None
    if form.question is not None:
        consult.question = form.question.strip()
    if form.question_type is not None:
        consult.question_type = form.question_type or None
    if (urgency := _urgency(consult, form)) is not None:
        consult.urgency, consult.urgency_rank = urgency, RANKS[urgency]
    if form.details is not None:
        given = {name: value for name, value in form.details.items() if name != ANSWERED_UNDER}
        merged = {**consult.details, **with_time(given, now)}
        details = settled(merged)
        was_policy = consult.details.get("face_policy", MASK_ALL)
        was_private, consult.details = consult.is_private_site, details
        consult.is_private_site = is_private(body_sites(details.get("body_site")))
        if consult.is_private_site and not was_private and consult.id is not None:
            hold_private(session, consult, now)
        if consult.id is not None and details.get("face_policy", MASK_ALL) != was_policy:
            follow_policy(session, consult, was_policy, now=now)


def _urgency(consult: Consult, form: RequestForm) -> Urgency | None:
    """What was asked for; a family's question about a child with a danger sign is never less than of the same day."""
    told = form.details or {}
    wanted = Urgency(form.urgency) if form.urgency is not None else None
    if consult.kind == Kind.FAMILY_QUESTION:
        if {**consult.details, **told}.get("red_flags"):
            return by_today(wanted or Urgency(consult.urgency))
        if "red_flags" in told:
            return wanted or Urgency.ROUTINE
    return wanted


def _check_values(consult: Consult, form: RequestForm) -> None:
    wrong: dict[str, str] = {}
    if form.specialty and form.specialty not in SPECIALTIES:
        wrong["specialty"] = "unknown_value"
    if form.question_type and form.question_type not in QUESTION_TYPES:
        wrong["question_type"] = "unknown_value"
    if form.urgency is not None and form.urgency not in RANKS:
        wrong["urgency"] = "unknown_value"
    if form.question is not None and len(form.question.strip()) > LONGEST_QUESTION:
        wrong["question"] = "too_long"
    if wrong:
        raise InvalidError("Some values are not known: " + ", ".join(sorted(wrong)) + ".", wrong)
    if form.details is not None:
        check_details(form.details, {**consult.details, **form.details})

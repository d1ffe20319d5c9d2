"""What was asked about the same child before, for whoever asks now and for whoever answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for, consults_about, patient_for
from econsult.consults.confidential import keep_as_followed
from econsult.consults.contents import Disposition
from econsult.consults.details import sound
from econsult.consults.earlier import alike, attach, attached_to, by_way_of, may_show
from econsult.consults.lifecycle import ENDED, Status
from econsult.consults.records import CLINICS_OWN, Consult, Kind, note
from econsult.consults.redflags import ASKED_AT
from econsult.consults.requests import RequestForm, create, edit
from econsult.consults.versions import Answer, signed_answer
from econsult.consults.wishes import Wishes, nameable, wish_of
from econsult.errors import ImpossibleVerbError, InvalidError
from econsult.people.persons import Person
from econsult.rights import Relation, Right
from econsult.trail import AuditEvent

ASKED_ANEW = ("red_flags", "red_flags_asked", ASKED_AT, "face_policy", "face_consent")
"""What a draft with the words of an older request never takes over: the child may be worse today, and a yes to the
face was one to other pictures, or was taken back."""
ASKERS = frozenset({Relation.MEDICAL_HOME, Relation.PRESENTER, Relation.COORDINATOR})
READERS = frozenset({Relation.HOLDER, Relation.MEDICAL_HOME})
"""Who reads question and answer of what is attached; a pool and a second specialist learn that there is something."""


@dataclass(frozen=True)
class Shown:
    """One earlier consult with its last signed answer, as one reader may have it."""

    passed: Pass
    answer: Answer | None

    @property
    def consult(self) -> Consult:
        return self.passed.consult


@dataclass(frozen=True)
class Alike:
    """One request that asks nearly the same. `is_open` says whether this reader may open it."""

    consult: Consult
    is_open: bool


def choose_earlier(session: Session, passed: Pass, person: Person, public_ids: Sequence[str], *, now: datetime) -> None:
    """Show these earlier consults, each of which this person may read. Raises InvalidError for others.

    A follow-up that nobody has sent yet is kept from the caregivers as what it follows is.
    """
    known = {each.public_id: each for each in consults_about(session, person, passed.patient, now=now)}
    if unknown := [public_id for public_id in public_ids if public_id not in known]:
        raise InvalidError(f"{len(unknown)} of the earlier requests are not known.", {"earlier": "unknown_value"})
    chosen = [known[public_id] for public_id in dict.fromkeys(public_ids)]
    if (passed.consult.kind, passed.consult.status) == (Kind.FOLLOW_UP, Status.DRAFT):
        keep_as_followed(session, passed.consult, chosen, person, now=now)
    attach(session, passed.consult, person, chosen, now=now)


def ask_again(session: Session, passed: Pass, person: Person, *, now: datetime) -> Consult:
    """Open a draft with the words of a request that has ended, for the same readers: what was kept stays kept.

    Danger signs are asked anew, and so is whether a face is shown. Raises ImpossibleVerbError for what goes on.
    """
    old = passed.consult
    if old.status not in ENDED:
        raise ImpossibleVerbError(old.status, "be asked again")
    child = patient_for(session, person, passed.patient.public_id, now=now)
    return create(session, person, child, _same_words(old, Kind.ECONSULT), now=now, kept=old.confidential)


def _same_words(old: Consult, kind: Kind, *, is_elsewhere: bool = False) -> RequestForm:
    """What was asked, to be asked again; `is_elsewhere`: of a specialty that is still to be chosen."""
    return RequestForm(
        kind=kind,
        specialty=None if is_elsewhere else old.specialty,
        question=old.question,
        question_type=old.question_type,
        urgency=old.urgency,
        details={name: value for name, value in sound(old.details).items() if name not in ASKED_ANEW},
        is_test=old.is_test,
    )


def may_be_followed(consult: Consult) -> bool:
    """Whether a clinic may go on with it in a linked cycle: what a specialist has answered, and no consent was lost."""
    is_answered = consult.status in (Status.ANSWERED, Status.CLOSED)
    return is_answered and consult.kind in CLINICS_OWN and consult.consent_withdrawn_at is None


def is_for_another(answer: Answer | None) -> bool:
    """Whether the answer says that another specialty should give one."""
    return answer is not None and answer.disposition == Disposition.WRONG_SPECIALTY


def begin_follow_up(session: Session, passed: Pass, person: Person, *, now: datetime) -> Consult:
    """Open the draft of a linked cycle that shows this consult and asks first whoever answered it.

    Where the answer was that another specialty should, it has the words of this one, and the specialty is to be chosen.
    Raises ImpossibleVerbError for what cannot be followed.
    """
    followed = passed.consult
    if not may_be_followed(followed):
        raise ImpossibleVerbError(followed.status, "be followed up")
    child = patient_for(session, person, passed.patient.public_id, now=now)
    form = RequestForm(kind=Kind.FOLLOW_UP, is_test=followed.is_test)
    if is_for_another(signed_answer(session, followed.id)):
        form = _same_words(followed, Kind.FOLLOW_UP, is_elsewhere=True)
    draft = create(session, person, child, form, now=now)
    made = consult_for(session, person, draft.public_id, now=now, right=Right.REQUEST)
    choose_earlier(session, made, person, [followed.public_id], now=now)
    follow_up(session, made, person, now=now)
    return draft


def follow_up(session: Session, passed: Pass, person: Person, *, now: datetime) -> None:
    """Begin a linked cycle: the draft asks the specialty of what it follows, and first whoever answered that.

    Neither is asked again where the answer was that another specialty should. What was said already stays.
    Raises InvalidError where the draft shows nothing that it could follow.
    """
    consult, shown = passed.consult, attached_to(session, passed.consult)
    if not shown:
        raise InvalidError("Say which consult this follows.", {"earlier": "required"})
    followed = shown[0]
    wish, answer = wish_of(session, consult.id), signed_answer(session, followed.id)
    if is_for_another(answer):
        return
    specialty = consult.specialty or followed.specialty
    author = session.get_one(Person, answer.author_id) if answer is not None else None
    is_meant = author in nameable(session, consult.program_id, specialty) and (wish is None or wish.named_id is None)
    form = RequestForm(
        specialty=specialty,
        question_type=consult.question_type or "follow_up",
        wishes=Wishes(named=author.public_id if author is not None and is_meant else None),
    )
    edit(session, consult, person, form, now=now)


def choosable(session: Session, passed: Pass, person: Person, *, now: datetime) -> list[Consult]:
    """Which earlier consults this person can show with the draft, newest first."""
    about = consults_about(session, person, passed.patient, now=now)
    return [each for each in about if may_show(passed.consult, each)]


def earlier_of(session: Session, passed: Pass, person: Person, *, now: datetime) -> list[Shown]:
    """What a consult that was loaded through access shows of before, to who may read it; each look leaves its row."""
    if passed.relation not in READERS:
        return []
    found = []
    for earlier in attached_to(session, passed.consult):
        note(session, earlier, "read", person_id=person.id, now=now, detail=by_way_of(passed.consult))
        by_way = Pass(earlier, passed.patient, passed.relation, passed.rights)
        found.append(Shown(by_way, signed_answer(session, earlier.id)))
    return found


def count_earlier(session: Session, passed: Pass) -> int:
    """How many there are, for those who read nothing of them before they take the case."""
    return len(attached_to(session, passed.consult)) if Right.SEE in passed.rights else 0


def duplicates_of(session: Session, passed: Pass, person: Person, *, now: datetime) -> list[Alike]:
    """What the same specialty was asked about the same child within 14 days, for whoever asks; for others nothing.

    A request that this person may not open is told of by its date and state, one that is confidential not at all.
    """
    consult = passed.consult
    if passed.relation not in ASKERS or not consult.specialty:
        return []
    query = select(Consult).where(Consult.patient_id == consult.patient_id, Consult.specialty == consult.specialty)
    found = alike(consult, session.scalars(query), _asked_at(session, consult, now))
    openable = {each.id for each in consults_about(session, person, passed.patient, now=now)} if found else set()
    return [Alike(each, each.id in openable) for each in found if each.id in openable or not each.is_confidential]


def _asked_at(session: Session, consult: Consult, now: datetime) -> datetime:
    """When the specialty was asked: a family's question came to it only when it was sent on, and a draft would now.

    Of that moment the trail alone tells.
    """
    if consult.submitted_at is None:
        return now
    sent_on = select(AuditEvent.at).where(AuditEvent.consult_id == consult.id, AuditEvent.action == "send_on")
    return session.scalars(sent_on.order_by(AuditEvent.at.desc()).limit(1)).first() or consult.submitted_at

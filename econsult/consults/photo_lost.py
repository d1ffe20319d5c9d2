"""The awaited photo that opened a question again turns out to be none: its clinic refuses it, or it cannot be prepared.

Nobody is asked to look at nothing. The question is answered as it was, its step is to do again with the day by which it
is due, and the next photo opens it anew. Where more came with the photo than the photo, it stays open for that; where
somebody has begun to answer, their clock is held until the next photo is there. Whoever had taken it hears.
What the clinic had asked about the answer before the photo came waits for its reply again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from econsult.consults.clocks import pause_clock, start_clock, stop_clock
from econsult.consults.handover import NEW_PHOTO, PHOTO_LOST, Handover, asked_anew, hand_over
from econsult.consults.ledger import Clock
from econsult.consults.lifecycle import OPEN, Status, next_status
from econsult.consults.next_photo import PHOTO
from econsult.consults.policies import ClockName, rules_of
from econsult.consults.recommendations import StepState, add_event, steps_of
from econsult.consults.records import Consult, Urgency, note
from econsult.consults.sides import side_of
from econsult.consults.threads import Audience, Message
from econsult.consults.versions import Answer, draft_of, first_signed, signed_answer
from econsult.database import NO_KEY
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person
from econsult.trail import AuditEvent

SHOWS = (MediaKind.PHOTO, MediaKind.VIDEO)
LOST = (AttachmentState.REJECTED, AttachmentState.FAILED)


def photo_lost(session: Session, consult: Consult, *, now: datetime) -> bool:
    """Wait for the photo again, where the question was opened by one and none is left. False: it was not, or one is."""
    session.flush()
    session.refresh(consult, with_for_update=NO_KEY)
    answer, begun = signed_answer(session, consult.id), opened_by_photo(session, consult)
    if answer is None or begun is None or _has_photo(session, consult):
        return False
    for step in steps_of(session, consult.id, answer.version, is_locked=True):
        if step.kind == PHOTO and step.state == StepState.DONE:
            add_event(session, step, "again", person_id=None, now=now)
    holder = session.get(Person, consult.holder_id) if consult.holder_id is not None else None
    has_come = _has_come(session, consult, begun.at)
    if not has_come and not _is_begun(session, consult):
        # Whoever had taken it has it no more, or has nothing to look at: either way they hear of it.
        _answered_as_before(session, consult, answer, now)
        _tell(session, consult, holder, NoticeKind.WITHDRAWN, now)
        _wait_for_reply(session, consult, begun, now)
        return True
    if not has_come:
        _wait_for_photo(session, consult, begun, now)
    _tell(session, consult, holder, NoticeKind.MESSAGE, now)
    return True


def _tell(session: Session, consult: Consult, holder: Person | None, kind: NoticeKind, now: datetime) -> None:
    if holder is not None and holder.is_active:
        notify(session, holder, kind, consult_id=consult.id, about=f"photo_lost:{now.isoformat()}", now=now)


def _wait_for_photo(session: Session, consult: Consult, begun: Handover, now: datetime) -> None:
    """Somebody has begun to answer and lacks the photo alone: their clock is held, as for whatever else is asked for.

    It runs on once something comes in, or when it was held for as long as the rules allow; of what is urgent always.
    """
    if consult.status != Status.CLAIMED or consult.urgency == Urgency.URGENT or side_of(session, consult.id):
        return
    sender = session.get(Person, begun.by_id) if begun.by_id is not None else None
    lane = Audience.FAMILY if sender is not None and not sender.is_staff else Audience.CLINICIANS
    if pause_clock(session, consult, ClockName.FIRST_REPLY, f"needs_{lane}", now):
        consult.status = next_status(consult.status, "request_info")
        consult.version += 1
        note(session, consult, PHOTO_LOST, person_id=None, now=now, detail="waits")


def opened_by_photo(session: Session, consult: Consult) -> Handover | None:
    """The line that opened this question again, where it is open and its awaited photo did so."""
    if consult.status not in OPEN:
        return None
    last = asked_anew(session, consult.id)
    return last if last is not None and last.verb == NEW_PHOTO else None


def _has_photo(session: Session, consult: Consult) -> bool:
    """Whether a photo is there to look at. One that is being prepared, or that the clinic has still to look at, opens
    the question by itself once it is there."""
    sent = (Attachment.consult_id == consult.id, Attachment.received_at >= first_signed(session, consult))
    query = select(Attachment.id).where(*sent, Attachment.kind.in_(SHOWS), Attachment.state == AttachmentState.READY)
    return session.scalars(query.limit(1)).first() is not None


def _is_begun(session: Session, consult: Consult) -> bool:
    """Whether somebody works on it: has asked for something, or a colleague, or written a draft."""
    is_asking = consult.status == Status.NEEDS_INFO or side_of(session, consult.id) is not None
    return is_asking or draft_of(session, consult.id) is not None


def _has_come(session: Session, consult: Consult, since: datetime) -> bool:
    """Whether somebody wrote or sent anything since the photo came, which is to be answered all the same."""
    words = select(Message.id).where(
        Message.consult_id == consult.id, Message.created_at >= since, Message.audience == Audience.CLINICIANS
    )
    # What was sent before the question was open again was sent as the photo.
    files = select(Attachment.id).where(
        Attachment.consult_id == consult.id, Attachment.received_at > since, Attachment.state.not_in(LOST)
    )
    return any(session.scalars(query.limit(1)).first() is not None for query in (words, files))


def _answered_as_before(session: Session, consult: Consult, answer: Answer, now: datetime) -> None:
    """What the reopening forgot is told by the answer and the trail. What was closed is answered: it waits for more."""
    status = next_status(consult.status, "lose_photo")
    hand_over(session, consult, PHOTO_LOST, answer.author_id, by_id=None, now=now)
    consult.status, consult.holder_id = status, answer.author_id
    consult.claim_until = consult.uncovered_at = consult.fallback_specialty = consult.first_contact_at = None
    consult.is_unallocated = consult.is_taken_off_duty = False
    consult.answered_at, consult.released_at = first_signed(session, consult), answer.released_at
    if answer.released_at is None:
        consult.release_at = now + rules_of(consult).release
    consult.acknowledged_at = _last(session, consult, answer, "acknowledge")
    is_heard = consult.unheard_version is None
    consult.unheard_version = None
    if is_heard:
        consult.informed_at = _last(session, consult, answer, "inform") or answer.released_at
    consult.version += 1
    for name in (ClockName.ALLOCATE, ClockName.FIRST_REPLY):
        stop_clock(session, consult, name, now, PHOTO_LOST)
    note(session, consult, PHOTO_LOST, person_id=None, now=now)


def _wait_for_reply(session: Session, consult: Consult, begun: Handover, now: datetime) -> None:
    """What the clinic had asked about the answer before the photo came is still to be answered by whoever signed it.

    The reopening ended its clock, for the next answer was to say it. The promise begins anew; since when somebody waits
    stays as it was.
    """
    ended = select(func.min(Clock.started_at)).where(
        Clock.consult_id == consult.id,
        Clock.name == ClockName.NEXT_REPLY,
        Clock.lane == Audience.CLINICIANS,
        Clock.stopped_at == begun.at,
    )
    since = session.scalar(ended)
    if since is None:
        return
    consult.clinic_waits_since = since
    start_clock(session, consult, ClockName.NEXT_REPLY, rules_of(consult).next_reply, now, lane=Audience.CLINICIANS)
    author = session.get(Person, consult.holder_id) if consult.holder_id is not None else None
    _tell(session, consult, author, NoticeKind.MESSAGE, now)


def _last(session: Session, consult: Consult, answer: Answer, act: str) -> datetime | None:
    """When this was done with the answer last."""
    since = (AuditEvent.patient_id == consult.patient_id, AuditEvent.at >= answer.signed_at)
    query = select(func.max(AuditEvent.at)).where(*since, AuditEvent.consult_id == consult.id)
    return session.scalar(query.where(AuditEvent.action == act))

"""The new photo that an answer asked for has come: its step is done, and the question is asked again with it.

An answered question takes no files, but this one is waited for. It has come once it is prepared, for until then it may
be anything. The first of it opens the next cycle of the same case, with its clock, and is offered to those who answer;
what comes after it belongs to the question that is open then.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, AttachmentState
from econsult.consults.awaited import photos_awaited
from econsult.consults.handover import NEW_PHOTO
from econsult.consults.hearers import home_of
from econsult.consults.next_photo import PHOTO
from econsult.consults.photo_lost import LOST, SHOWS, opened_by_photo, photo_lost
from econsult.consults.recommendations import StepState, add_event, steps_of
from econsult.consults.records import Consult, note
from econsult.consults.reopening import reopen, usual_urgency
from econsult.consults.versions import first_signed, signed_answer
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person

WHY = "The new photo came that the answer asked for."
UNDER_WAY = (AttachmentState.RECEIVED, AttachmentState.PROCESSING, AttachmentState.HELD)


def is_under_way(session: Session, consult: Consult) -> bool:
    """Whether a photo that is waited for was sent already, and is being prepared or waits for the clinic's word."""
    since = first_signed(session, consult)
    sent = (Attachment.consult_id == consult.id, Attachment.kind.in_(SHOWS), Attachment.state.in_(UNDER_WAY))
    query = select(Attachment.id).where(*sent, Attachment.received_at >= since)
    return since is not None and session.scalars(query.limit(1)).first() is not None


def is_for_photo(session: Session, attachment: Attachment) -> bool:
    """Whether this file was sent for the photo that an answer still waits for."""
    consult = session.get_one(Consult, attachment.consult_id)
    since = first_signed(session, consult)
    if attachment.kind not in SHOWS or since is None or attachment.received_at < since:
        return False
    return bool(photos_awaited(session, consult))


def settle_awaited(session: Session, attachment: Attachment, *, now: datetime) -> None:
    """What became of a file that was prepared, where an answer waits for it; nothing of any other.

    One that is ready is the photo, and the question is asked again. Of one that is held the clinic hears, which decides
    about it first. One that is lost was none, also after it had opened the question: its sender is asked for another.
    The consult is locked where it is ready.
    """
    consult = session.get_one(Consult, attachment.consult_id)
    since = first_signed(session, consult) if attachment.kind in SHOWS else None
    # An answered question takes nothing but what it waits for: whatever came since its answer was sent for it.
    if since is None or attachment.received_at < since or attachment.is_keyless:
        return
    sender, about = session.get_one(Person, attachment.uploaded_by_id), f"photo:{attachment.id}"
    is_waiting = bool(photos_awaited(session, consult))
    if attachment.state in LOST and (is_waiting or photo_lost(session, consult, now=now)):
        notify(session, sender, NoticeKind.MORE_NEEDED, consult_id=consult.id, about=about, now=now)
    elif attachment.state == AttachmentState.READY and opened_by_photo(session, consult) is not None:
        # The one that opened the question may have been lost since, and this one come in its place.
        _steps_done(session, consult, sender, now)
    elif attachment.state == AttachmentState.READY:
        photo_came(session, consult, sender, now=now)
    elif attachment.state == AttachmentState.HELD and is_waiting:
        for each in home_of(session, consult, now):
            notify(session, each, NoticeKind.MESSAGE, consult_id=consult.id, about=about, now=now)


def photo_came(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """Ask again with the photo that this person sent, where one is waited for. `consult` is locked."""
    steps = photos_awaited(session, consult)
    if not steps:
        return
    _steps_done(session, consult, person, now)
    reopen(session, consult, person, WHY, now=now, urgency=usual_urgency(consult), how=NEW_PHOTO)
    for each in home_of(session, consult, now):
        if each.id != person.id:
            notify(session, each, NoticeKind.MESSAGE, consult_id=consult.id, about=f"photo:{steps[0].id}", now=now)


def _steps_done(session: Session, consult: Consult, person: Person, now: datetime) -> None:
    answer = signed_answer(session, consult.id)
    for step in steps_of(session, consult.id, answer.version, is_locked=True) if answer is not None else ():
        if step.kind == PHOTO and step.state == StepState.NOT_DONE:
            add_event(session, step, "again", person_id=person.id, now=now)
        if step.kind == PHOTO and step.state in (StepState.PROPOSED, StepState.ACCEPTED):
            add_event(session, step, "done", person_id=person.id, now=now)
            note(session, consult, "step_done", person_id=person.id, now=now, detail=f"{step.version}/{step.position}")

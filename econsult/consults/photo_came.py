"""The new photo that an answer asked for has come: its step is done, and the question is asked again with it.

An answered question takes no files, but this one is waited for. The first of it opens the next cycle of the same case,
with its clock, and is offered to those who answer; what comes after it belongs to the question that is open then.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.hearers import home_of
from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.recommendations import Recommendation, StepState, add_event, steps_of
from econsult.consults.records import Consult, Urgency, note
from econsult.consults.reopening import reopen
from econsult.consults.versions import signed_answer
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person

WHY = "The new photo came that the answer asked for."
WAITED_IN = (Status.ANSWERED, Status.CLOSED)
NO_MORE = (StepState.DECLINED, StepState.REPLACED)


def photos_awaited(session: Session, consult: Consult) -> list[Recommendation]:
    """The steps of the answer that ask for a new photo which has not come; none before the family can read it.

    Who has said that it is done, or cannot be done, may send it all the same: as long as the question is answered, no
    photo has come.
    """
    if consult.status not in WAITED_IN or consult.released_at is None or consult.consent_withdrawn_at is not None:
        return []
    answer = signed_answer(session, consult.id)
    steps = steps_of(session, consult.id, answer.version) if answer is not None else []
    return [step for step in steps if step.kind == PHOTO and step.state not in NO_MORE]


def photo_came(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """Ask again with the photo that this person sends, where one is waited for. `consult` is locked."""
    steps = photos_awaited(session, consult)
    if not steps:
        return
    for step in steps_of(session, consult.id, steps[0].version, is_locked=True):
        if step.kind == PHOTO and step.state == StepState.NOT_DONE:
            add_event(session, step, "again", person_id=person.id, now=now)
        if step.kind == PHOTO and step.state in (StepState.PROPOSED, StepState.ACCEPTED):
            add_event(session, step, "done", person_id=person.id, now=now)
            note(session, consult, "step_done", person_id=person.id, now=now, detail=f"{step.version}/{step.position}")
    # Nobody waits at the telephone for a photo that was asked for days ago.
    wish = Urgency.SAME_DAY if consult.urgency == Urgency.URGENT else consult.urgency
    reopen(session, consult, person, WHY, now=now, urgency=wish)
    for each in home_of(session, consult):
        if each.id != person.id:
            notify(session, each, NoticeKind.MESSAGE, consult_id=consult.id, about=f"photo:{steps[0].id}", now=now)

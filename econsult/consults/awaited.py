"""The photo that an answered question still waits for: its answer asked for a new one."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.recommendations import Recommendation, StepState, steps_of
from econsult.consults.records import Consult
from econsult.consults.versions import signed_answer
from econsult.people.deaths import has_died

WAITED_IN = (Status.ANSWERED, Status.CLOSED)
NO_MORE = (StepState.DECLINED, StepState.REPLACED)


def photos_awaited(session: Session, consult: Consult) -> list[Recommendation]:
    """The steps of the answer that ask for a new photo which has not come; none before the family can read it.

    Who has said that it is done, or cannot be done, may send it all the same: as long as the question is answered, no
    photo has come. Of the family of a child who has died nothing is awaited.
    """
    if consult.status not in WAITED_IN or consult.released_at is None or consult.consent_withdrawn_at is not None:
        return []
    if has_died(session, consult.patient_id):
        return []
    answer = signed_answer(session, consult.id)
    steps = steps_of(session, consult.id, answer.version) if answer is not None else []
    return [step for step in steps if step.kind == PHOTO and step.state not in NO_MORE]

"""What an answered question still waits for: the new photo, or the results of tests, that its answer asked for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econsult.consults.contents import Disposition
from econsult.consults.conversion import VISIT
from econsult.consults.lifecycle import Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.recommendations import Recommendation, StepState, steps_of
from econsult.consults.records import CLINICS_OWN, Consult
from econsult.consults.versions import Answer, signed_answer
from econsult.people.deaths import has_died

WAITED_IN = (Status.ANSWERED, Status.CLOSED)
NO_MORE = (StepState.DECLINED, StepState.REPLACED)
RESULTED = ("lab_test", "imaging")
"""The kinds of steps that have a result."""


def photos_awaited(session: Session, consult: Consult) -> list[Recommendation]:
    """The steps of the answer that ask for a new photo which has not come; none before the family can read it.

    Who has said that it is done, or cannot be done, may send it all the same: as long as the question is answered, no
    photo has come. Of the family of a child who has died nothing is awaited.
    """
    if not _is_open_to_family(consult) or has_died(session, consult.patient_id):
        return []
    answer = signed_answer(session, consult.id)
    steps = steps_of(session, consult.id, answer.version) if answer is not None else []
    return [step for step in steps if step.kind == PHOTO and step.state not in NO_MORE]


def results_awaited(session: Session, consult: Consult) -> Answer | None:
    """The answer of a specialist whose results the clinic may send: it says "tests first", or has a test among its
    steps. None before the family can read it, and for what the clinic answered itself."""
    if not _is_open_to_family(consult) or consult.kind not in CLINICS_OWN:
        return None
    answer = signed_answer(session, consult.id)
    if answer is None:
        return None
    is_first = answer.disposition == Disposition.WORK_UP_FIRST
    return answer if is_first or with_results(session, answer) else None


def with_results(session: Session, answer: Answer, *, is_locked: bool = False) -> list[Recommendation]:
    """The steps that results can belong to; where tests come first and none is marked as one, whatever staff do."""
    steps = steps_of(session, answer.consult_id, answer.version, is_locked=is_locked)
    steps = [step for step in steps if step.state not in NO_MORE]
    tests = [step for step in steps if step.kind in RESULTED]
    if tests or answer.disposition != Disposition.WORK_UP_FIRST:
        return tests
    return [step for step in steps if step.kind not in (PHOTO, VISIT) and step.owner != "family"]


def _is_open_to_family(consult: Consult) -> bool:
    is_answered = consult.status in WAITED_IN and consult.released_at is not None
    return is_answered and consult.consent_withdrawn_at is None

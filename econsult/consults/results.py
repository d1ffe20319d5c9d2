"""The clinic sends the results that an answer asked for: its steps are done, and the question is asked again with them.

It opens the next cycle of the same case, with its clock, and asks first whoever wrote that answer. What was sent stands
beside the steps that it belongs to: they were done at the instant at which the question was opened again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, AttachmentState, attachments_of
from econsult.consults.awaited import results_awaited, with_results
from econsult.consults.handover import NEW_PHOTO, RESULTS, asked_anew
from econsult.consults.lifecycle import OPEN
from econsult.consults.recommendations import Recommendation, StepState, add_event, steps_of
from econsult.consults.records import Consult, note
from econsult.consults.reopening import reopen, usual_urgency
from econsult.consults.threads import LONGEST_MESSAGE, Audience, Message, post
from econsult.consults.versions import Answer, first_signed, signed_answer
from econsult.consults.wishes import ask_first
from econsult.errors import ImpossibleVerbError, InvalidError
from econsult.people.persons import Person
from econsult.seeing import is_seen

WHY = "The results came that the answer asked for."
LOST = (AttachmentState.REJECTED, AttachmentState.FAILED)


@dataclass(frozen=True)
class Results:
    """What a clinic sends: the steps that it belongs to, by their public ids, in words, and how urgent it is now."""

    steps: Sequence[str]
    words: str = ""
    urgency: str = ""


@dataclass(frozen=True)
class Anew:
    """Why a question is open again: who asked, when, in which words, and with results the steps that they belong to."""

    by_id: int | None
    at: datetime
    words: str
    is_results: bool
    steps: tuple[Recommendation, ...] = ()


def send_results(
    session: Session,
    consult: Consult,
    person: Person,
    results: Results,
    *,
    now: datetime,
    targets: Mapping[str, timedelta] | None = None,
) -> Consult:
    """Send the results to whoever asked for them. Files that the clinic added since the answer go along.

    Raises ImpossibleVerbError where no results are asked for, and InvalidError for nothing to send (`words`), for no
    step where the answer has some (`step`), and for what `reopen` refuses.
    """
    answer = results_awaited(session, consult)
    if answer is None:
        raise ImpossibleVerbError(consult.status, "take results")
    steps = _chosen(session, answer, results)
    if not is_seen(results.words) and not files_since(session, consult):
        raise InvalidError("Add a file, or write what came out.", {"words": "required"})
    if len(results.words) > LONGEST_MESSAGE:
        raise InvalidError("A message has at most 5,000 characters.", {"words": "too_long"})
    for step in steps:
        _done(session, consult, step, person, now)
    ask_first(session, consult, session.get_one(Person, answer.author_id))
    urgency = results.urgency or usual_urgency(consult)
    reopen(session, consult, person, WHY, now=now, targets=targets, urgency=urgency, how=RESULTS)
    if is_seen(results.words):
        post(session, consult, person, Audience.CLINICIANS, text=results.words, now=now)
    return consult


def files_since(session: Session, consult: Consult) -> list[Attachment]:
    """What came since the answer was signed, and can be looked at or soon will be."""
    since = first_signed(session, consult)
    found = attachments_of(session, consult.id) if since is not None else []
    return [file for file in found if since is not None and file.received_at >= since and file.state not in LOST]


def why_anew(session: Session, consult: Consult) -> Anew | None:
    """Why this question is open again; None where it is not, or a photo alone opened it."""
    begun = asked_anew(session, consult.id) if consult.status in OPEN else None
    if begun is None or begun.verb == NEW_PHOTO:
        return None
    if begun.verb != RESULTS:
        return Anew(begun.by_id, begun.at, begun.reason, is_results=False)
    answer = signed_answer(session, consult.id)
    found = steps_of(session, consult.id, answer.version) if answer is not None else []
    steps = tuple(each for each in found if each.state == StepState.DONE and each.state_at == begun.at)
    said = select(Message).where(Message.consult_id == consult.id, Message.audience == Audience.CLINICIANS)
    said = said.where(Message.author_id == begun.by_id, Message.created_at == begun.at)
    message = session.scalars(said.order_by(Message.id).limit(1)).first()
    return Anew(begun.by_id, begun.at, message.text if message is not None else "", is_results=True, steps=steps)


def is_asked_so(session: Session, consult: Consult, person: Person, sent: Results, *, is_results: bool = True) -> bool:
    """Whether just this opened the question again: it is sent once more because the answer to it was lost.

    Other words, other steps or another urgency are another wish, and were not kept.
    """
    anew = why_anew(session, consult)
    if anew is None or sent.urgency not in ("", consult.urgency):
        return False
    was = anew.by_id, anew.is_results, anew.words.strip(), {step.public_id for step in anew.steps}
    return was == (person.id, is_results, sent.words.strip(), {*sent.steps})


def _chosen(session: Session, answer: Answer, results: Results) -> list[Recommendation]:
    known = {step.public_id: step for step in with_results(session, answer, is_locked=True)}
    if any(name not in known for name in results.steps) or (known and not results.steps):
        raise InvalidError("Say which steps these results belong to.", {"step": "required"})
    return [step for name, step in known.items() if name in results.steps]


def _done(session: Session, consult: Consult, step: Recommendation, person: Person, now: datetime) -> None:
    """Also of what somebody called done when the blood was drawn: its result is sent now."""
    if step.state in (StepState.DONE, StepState.NOT_DONE):
        add_event(session, step, "again", person_id=person.id, now=now)
    add_event(session, step, "done", person_id=person.id, now=now)
    note(session, consult, "step_done", person_id=person.id, now=now, detail=f"{step.version}/{step.position}")

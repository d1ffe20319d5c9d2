"""How far a question is, as a family reads it: its four steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from econsult.consults.answers import Answer
from econsult.consults.details import text_of
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, Kind
from web.words.language import gettext
from web.words.times import due_by, moment, promised_by, start_large

NO_ANSWER = (Status.DECLINED, Status.REDIRECTED, Status.WITHDRAWN)
TALKING = OPEN | {Status.ANSWERED}


@dataclass(frozen=True)
class Step:
    """One of the four steps of a question."""

    state: Literal["done", "now", "next"]
    drawing: str
    title: str
    under: str = ""


def steps_of(consult: Consult, due: datetime | None, answer: Answer | None = None) -> list[Step]:
    """Received, a doctor looks, answer, understood or closed: which are done, which one is now, and when.

    An answer from before the question was opened again is a step of its own, which is done.
    """
    before = []
    if answer is not None and consult.released_at is None:
        before = [Step("done", "message", gettext("The answer from before"), _when(answer.released_at))]
    if consult.status in NO_ANSWER:
        received = Step("done", "doc", _received(consult), _when(consult.submitted_at))
        return [received, *before, Step("done", "flag", gettext("Closed"), _when(consult.ended_at))]
    last, is_over = _last_step(consult)
    done = [consult.submitted_at, consult.answered_at, consult.released_at, is_over]
    is_going_on = consult.status in TALKING
    current = (
        next((place for place, is_done in enumerate(done) if not is_done), len(done)) if is_going_on else len(done)
    )
    promised = promised_by(due) if due else ""
    open_by = start_large(due_by(consult.release_at, for_family=True)) if consult.release_at else ""
    texts = (
        ("doc", _received(consult), _when(consult.submitted_at)),
        ("eye", _looking(consult), _when(consult.answered_at) or promised),
        ("message", gettext("Answer"), _when(consult.released_at) or open_by),
        last,
    )
    states = ["done" if is_done else "now" if place == current else "next" for place, is_done in enumerate(done)]
    steps = [Step(state, *text) for state, text in zip(states, texts, strict=True)]  # type: ignore[arg-type]
    return [steps[0], *before, *steps[1:]]


def _received(consult: Consult) -> str:
    """Whose question it is: what the clinic asked the family never sent."""
    is_clinics = consult.kind != Kind.FAMILY_QUESTION and not text_of(consult.details, "family_question")
    return gettext("Your clinic asked a specialist") if is_clinics else gettext("We got your question")


def _last_step(consult: Consult) -> tuple[tuple[str, str, str], bool]:
    """What comes after the answer, and whether it is done. An open question is never called closed."""
    if consult.status == Status.CLOSED:
        return ("flag", gettext("Closed"), _when(consult.ended_at)), True
    if consult.informed_at is not None and consult.family_waits_since is not None:
        return ("message", gettext("You wrote to us"), gettext("We answer what you wrote first.")), False
    if consult.informed_at is not None:
        under = gettext("You can still write to us until your clinic closes this.")
        return ("check", gettext("You understood the answer"), under), True
    return ("flag", gettext("You tell us that you understood"), ""), False


def _looking(consult: Consult) -> str:
    if consult.answered_at is not None:
        return gettext("A doctor looked")
    is_taken = consult.status in (Status.CLAIMED, Status.NEEDS_INFO)
    return gettext("A doctor is looking") if is_taken else gettext("A doctor will look")


def _when(at: datetime | None) -> str:
    return start_large(moment(at, for_family=True)) if at else ""

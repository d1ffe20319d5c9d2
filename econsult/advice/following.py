"""Following the steps of an answer: the clinic accepts or declines them, and somebody says that they were done.

Who may do what hangs on the relation to the consult, which `access` has found out before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.consults.answers import Answer, acknowledge, check_read, signed_answer
from econsult.consults.lifecycle import OPEN
from econsult.consults.recommendations import (
    TO_DO,
    Recommendation,
    RecommendationEvent,
    StepState,
    add_event,
    events_of,
    steps_of,
)
from econsult.consults.records import Consult, note
from econsult.consults.versions import versions_of
from econsult.consults.visits import current_visit
from econsult.consults.visits_carried import ask_again, wake_visits
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError, StaleVersionError
from econsult.people.persons import Person
from econsult.rights import OF_FAMILY, Relation, Right

LONGEST_WHY = 500
NEEDS_WHY = frozenset({"decline", "not_done"})
SAID = frozenset({"done", "not_done", "again"})
OVER_VISIT = frozenset({"done", "not_done", "decline"})
"""What is said of the visit instead, while one is booked."""
DECIDED = frozenset({"accept", "decline"})
MAY: dict[Relation, tuple[frozenset[str], frozenset[str]]] = {
    Relation.MEDICAL_HOME: (SAID | DECIDED, frozenset({"family", "pcp", "specialist", "coordinator"})),
    # The desk follows everybody's steps up, but what a child's doctor does is not for it to decide.
    Relation.COORDINATOR: (SAID, frozenset({"family", "pcp", "specialist", "coordinator"})),
    Relation.HOLDER: (SAID, frozenset({"specialist"})),
    **dict.fromkeys(OF_FAMILY, (SAID, frozenset({"family"}))),
}
"""Which verbs of whose steps each relation has."""


@dataclass(frozen=True)
class Followed:
    """One step with its words and its ledger. `by` is who brought it to where it is; `why` what they said."""

    step: Recommendation
    text: str
    events: tuple[RecommendationEvent, ...]
    by: Person | None

    @property
    def why(self) -> str:
        """The reason of the newest line that has one, while it still holds."""
        last = [event for event in self.events if event.kind == self.step.state]
        return (last[-1].reason or "") if last else ""

    @property
    def is_told(self) -> bool:
        """Whether the clock has told that it is late."""
        return any(event.kind == "overdue" for event in self.events)


def followed(session: Session, answer: Answer) -> list[Followed]:
    """The steps of a signed answer in its order; none of one that was signed before there were ledgers."""
    steps = steps_of(session, answer.consult_id, answer.version) if answer.signed_at is not None else []
    return with_words(session, steps, [answer])


def with_words(session: Session, steps: Sequence[Recommendation], answers: Iterable[Answer]) -> list[Followed]:
    """Steps with their words, from the answers that they belong to."""
    plans = {(each.consult_id, each.version): each.content.get("recommendations") or [] for each in answers}
    events: dict[int, list[RecommendationEvent]] = {step.id: [] for step in steps}
    for event in events_of(session, list(events)):
        events[event.recommendation_id].append(event)
    made = []
    for step in steps:
        plan = plans.get((step.consult_id, step.version), [])
        text = str(plan[step.position]["text"]) if step.position < len(plan) else ""
        made.append(Followed(step, text, tuple(events[step.id]), _by(session, step, events[step.id])))
    return made


def said_of_steps(session: Session, consult_id: int, said: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was said about steps, `said` by their public ids, beside their words; also of versions from before."""
    steps = [step for step in steps_of(session, consult_id) if step.public_id in said]
    answers = {each.version: each for each in versions_of(session, consult_id)}
    return [(each.text, said[each.step.public_id]) for each in with_words(session, steps, answers.values())]


def _by(session: Session, step: Recommendation, events: Iterable[RecommendationEvent]) -> Person | None:
    last = [event for event in events if event.kind == step.state and event.person_id is not None]
    return session.get(Person, last[-1].person_id) if last else None


def may(passed: Pass, step: Recommendation, verb: str) -> bool:
    """Whether this reader may do this with this step."""
    verbs, owners = MAY.get(passed.relation, (frozenset(), frozenset()))
    return verb in verbs and step.owner in owners


def mark(
    session: Session, person: Person, consult_id: str, step_id: str, verb: str, *, reason: str = "", now: datetime
) -> Recommendation:
    """Accept, decline, do or not do one step; pressed twice is pressed once.

    What came of a booked visit is said of the visit. Raises NotFoundError, ForbiddenError, InvalidError without a
    reason that is needed, StaleVersionError for a step of an answer that a newer one has replaced, and
    ImpossibleVerbError.
    """
    passed = consult_for(session, person, consult_id, now=now, right=Right.FOLLOW)
    step = step_of(session, passed, step_id)
    if not may(passed, step, verb):
        raise ForbiddenError("You may look at this step, but not do that.")
    if verb in NEEDS_WHY and not reason.strip() and passed.relation not in OF_FAMILY:
        raise InvalidError("Say why not.", {"reason": "required"})
    check_stands(session, step)
    if verb in OVER_VISIT and step.state in TO_DO and current_visit(session, step.id) is not None:
        # Whoever waits for the child at that place, and the family, would hear nothing.
        raise ImpossibleVerbError(step.state, verb)
    _bring(session, passed.consult, step, verb, person=person, reason=reason, now=now)
    if verb == "again":
        ask_again(session, passed.consult, step, person, now)
    return step


def accept_and_read(
    session: Session,
    consult: Consult,
    person: Person,
    declined: Mapping[str, str] | None = None,
    *,
    now: datetime,
    version: int | None = None,
    opens_held: bool = False,
) -> None:
    """The clinic has read the answer: it accepts every step but those that it declines, each with its reason.

    `declined` is by the public id of a step. What somebody has decided or done before stays as it is. Raises
    StaleVersionError where another `version` than the one that was read stands now; `opens_held` as `acknowledge`. Of a
    question that was opened again the answer from before is not unread any more, but its open steps are decided alike.
    """
    check_read(session, consult, version)
    answer = signed_answer(session, consult.id)
    refused = declined or {}
    found = steps_of(session, consult.id, answer.version if answer else 0, is_locked=True)
    steps = {step.public_id: step for step in found}
    wrong = {f"why-{key}": "required" for key, why in refused.items() if not why.strip()}
    wrong |= {f"step-{key}": "unknown_value" for key in refused if key not in steps}
    if wrong:
        is_unknown = not {*refused} <= {*steps}
        lacks = (
            "A step that is named is none of this answer." if is_unknown else "Say why for each step that you decline."
        )
        raise InvalidError(lacks, wrong)
    is_from_before = consult.status in OPEN and answer is not None and answer.released_at is not None
    if opens_held or not is_from_before:
        acknowledge(session, consult, person, now=now, opens_held=opens_held)
    for key, step in steps.items():
        if key in refused and step.state in (*TO_DO, StepState.DECLINED):
            _bring(session, consult, step, "decline", person=person, reason=refused[key], now=now)
            # Whoever has booked its visit meanwhile hears that nobody wants it.
            wake_visits(session, consult.id, now)
        elif step.state == StepState.PROPOSED:
            _bring(session, consult, step, "accept", person=person, now=now)


def _bring(
    session: Session,
    consult: Consult,
    step: Recommendation,
    verb: str,
    *,
    person: Person,
    now: datetime,
    reason: str = "",
) -> None:
    reached = {"accept": "accepted", "decline": "declined", "done": "done", "not_done": "not_done"}
    if step.state == reached.get(verb):
        return
    add_event(session, step, verb, person_id=person.id, now=now, reason=reason.strip()[:LONGEST_WHY])
    note(session, consult, f"step_{verb}", person_id=person.id, now=now, detail=f"{step.version}/{step.position}")


def check_stands(session: Session, step: Recommendation) -> None:
    """Raise StaleVersionError for a step that a newer answer has replaced.

    It stays as it was: no page shows it, and nobody would do it.
    """
    newest = signed_answer(session, step.consult_id)
    if newest is not None and newest.version != step.version:
        raise StaleVersionError("A newer answer has replaced this step; nothing was written down.")


def step_of(session: Session, passed: Pass, step_id: str) -> Recommendation:
    """A step of this very consult, locked; of an answer that is open to it, for a family. Raises NotFoundError."""
    query = select(Recommendation).where(
        Recommendation.public_id == step_id, Recommendation.consult_id == passed.consult.id
    )
    step = session.scalars(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if step is None:
        raise NotFoundError
    if passed.relation in OF_FAMILY:
        open_answer = select(Answer.id).where(
            Answer.consult_id == step.consult_id, Answer.version == step.version, Answer.released_at.is_not(None)
        )
        if session.scalars(open_answer).first() is None or step.owner != "family":
            raise NotFoundError
    return step

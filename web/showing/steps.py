"""The steps of a signed answer as a reader sees them: how far each is, who did it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.advice.following import OVER_VISIT, Followed, followed, may
from econsult.advice.visiting import may_book
from econsult.consults.answers import Answer, signed_answer
from econsult.consults.awaited import photos_awaited
from econsult.consults.conversion import VISIT
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.next_photo import PHOTO
from econsult.consults.photo_came import is_under_way
from econsult.consults.recommendations import OVERDUE, STEPS, TO_DO, StepState
from econsult.consults.spoken import Spoken, told_in
from econsult.people.persons import Person
from econsult.reading import Reader
from econsult.rights import Right
from web.context import now
from web.showing.visits import Shown, visits_on
from web.words import steps as words
from web.words.times import last_day, moment

SHOWN_VERBS = ("accept", "done", "again", "not_done", "decline")
TONES = {"done": "tag-act", "declined": "tag-warm", "not_done": "tag-warm"}


@dataclass(frozen=True)
class Happened:
    """One line of what became of a step: how far it was then, who said so (nobody of what the clock tells), when, and
    why."""

    words: str
    who: str
    at: str
    why: str


@dataclass(frozen=True)
class Line:
    """One step. `verbs` is what this reader can do with it now, as code and words; `why_verbs` take a reason."""

    id: str
    text: str
    owner: str
    kind: str
    state: str
    state_words: str
    tone: str
    due: str
    is_late: bool
    said: str
    why: str
    verbs: tuple[tuple[str, str], ...] = ()
    why_verbs: tuple[tuple[str, str], ...] = ()
    visits: tuple[Shown, ...] = ()
    """What was booked of it, the newest first."""
    history: tuple[Happened, ...] = ()
    """Its ledger, the oldest first; empty while the step itself says all of it."""
    may_book: bool = False
    """Whether this reader can book its visit, or change it."""

    @property
    def is_proposed(self) -> bool:
        return self.state == StepState.PROPOSED

    @property
    def is_to_do(self) -> bool:
        """Whether somebody has yet to do it, which closing the request does not change."""
        return self.state in TO_DO


def lines_of(session: Session, passed: Pass, answer: Answer | None, read: Reader) -> list[Line]:
    """The steps of the answer that is shown; none of a draft."""
    if answer is None or answer.signed_at is None:
        return []
    found = followed(session, answer)
    visits = visits_on(session, passed, [each.step.id for each in found if each.step.kind == VISIT], read)
    return [
        replace(_with_visits(passed, each, read, visits.get(each.step.id, [])), history=_history(session, each, read))
        for each in found
    ]


def _history(session: Session, each: Followed, read: Reader) -> tuple[Happened, ...]:
    """What became of it until now, with the words of whoever changed their mind since.

    That it was recommended, and then accepted, stands beside the step already.
    """
    if len(each.events) <= 2:
        return ()
    return tuple(
        Happened(
            str(words.LATE if event.kind == OVERDUE else words.STATES[StepState(event.kind)]),
            _named(session.get(Person, event.person_id) if event.person_id is not None else None),
            moment(event.at),
            read.text(event.reason or ""),
        )
        for event in each.events
    )


def _with_visits(passed: Pass, each: Followed, read: Reader, visits: Sequence[Shown]) -> Line:
    """A step with its visits: while one is ahead, what becomes of the step is said of the visit."""
    verbs, is_ahead = _verbs(passed, each), any(visit.is_current for visit in visits)
    if is_ahead:
        verbs = [verb for verb in verbs if verb not in OVER_VISIT]
    line = line_of(each, read, verbs)
    is_late = line.is_late and not is_ahead
    if line.is_late and is_ahead:
        line = replace(line, state_words=str(words.STATES[StepState(each.step.state)]), tone="")
    may = may_book(passed, each.step) and (is_ahead or "done" in verbs)
    return replace(line, is_late=is_late, visits=tuple(visits), may_book=may)


def line_of(each: Followed, read: Reader, verbs: Iterable[str] = ()) -> Line:
    """One step in words, with these verbs."""
    step = each.step
    given = [(verb, str(words.VERBS[verb])) for verb in verbs]
    is_late = step.is_late(now())
    return Line(
        id=step.public_id,
        text=words.as_read(read.text(each.text)),
        owner=step.owner,
        kind=str(words.KINDS.get(step.kind, "")),
        state=step.state,
        state_words=str(words.LATE if is_late else words.STATES[StepState(step.state)]),
        tone="tag-stop" if is_late else TONES.get(step.state, ""),
        due=last_day(step.due_at),
        is_late=is_late,
        said=_said(each),
        why=read.text(each.why),
        verbs=tuple(each for each in given if each[0] not in words.WITH_REASON),
        why_verbs=tuple(each for each in given if each[0] in words.WITH_REASON),
    )


@dataclass(frozen=True)
class Own:
    """A step as a family reads it. `said` is how far it is, in plain words; `verbs` is what it can say about it."""

    id: str
    text: str
    language: str
    due: str
    is_done: bool
    is_open: bool
    said: str
    verbs: tuple[tuple[str, str], ...] = ()
    is_photo: bool = False
    """Whether it is a new photo that can be sent now."""
    has_come: bool = False
    """Whether it is a new photo that is here, looked at or not: the doctor waits for none later on."""
    is_visit: bool = False
    """Whether somebody of the team is to call and arrange a visit."""


def own_of(session: Session, passed: Pass, answer: Answer) -> tuple[list[Own], list[Own]]:
    """The family's own steps of the answer, and those of its care team."""
    newest = signed_answer(session, answer.consult_id)
    # A newer answer that is not open to the family yet has replaced these: there is nothing to say about them.
    is_newest = newest is not None and newest.version == answer.version
    told = told_in(answer.content, passed.patient.language).steps
    awaited = {step.public_id for step in photos_awaited(session, passed.consult)}
    is_coming = bool(awaited) and is_under_way(session, passed.consult)
    takes = awaited if passed.may(Right.UPLOAD) and not passed.consult.is_private_site and not is_coming else set()
    found = [
        _plain(passed, each, told, is_newest, is_photo=each.step.public_id in takes)
        for each in followed(session, answer)
    ]
    if is_coming:
        found = [(owner, _here(own) if own.id in awaited else own) for owner, own in found]
    return [own for owner, own in found if owner == "family"], [own for owner, own in found if owner != "family"]


def _here(own: Own) -> Own:
    """The step of a photo that was sent already: there is nothing to do about it before it is looked at."""
    return replace(own, said=str(words.PHOTO_HERE), verbs=(), has_come=True)


def _plain(passed: Pass, each: Followed, told: Sequence[Spoken], is_newest: bool, *, is_photo: bool) -> tuple[str, Own]:
    step, state = each.step, StepState(each.step.state)
    is_family = step.owner == "family"
    states = words.TO_FAMILY if is_family else words.OF_TEAM
    said = told[step.position] if step.position < len(told) else Spoken(each.text, passed.patient.language)
    is_sayable = is_family and is_newest
    verbs = [verb for verb in words.FAMILYS if is_sayable and (state, verb) in STEPS and may(passed, step, verb)]
    return step.owner, Own(
        id=step.public_id,
        text=said.text,
        language=said.language,
        due=last_day(step.due_at),
        is_done=state == StepState.DONE,
        is_open=state in TO_DO,
        said=str(states.get(state, "")),
        verbs=tuple((verb, str(words.FAMILYS[verb])) for verb in verbs),
        is_photo=is_photo and is_family,
        is_visit=step.kind == VISIT and not is_family,
        has_come=step.kind == PHOTO and state == StepState.DONE and passed.consult.status in OPEN,
    )


def _verbs(passed: Pass, each: Followed) -> list[str]:
    state, consult = StepState(each.step.state), passed.consult
    is_unread = consult.status in (Status.ANSWERED, Status.CLOSED) and consult.acknowledged_at is None
    if state == StepState.PROPOSED and passed.may(Right.ACKNOWLEDGE) and is_unread:
        # One form decides about all of them when the clinic says that it has read the answer. Where the question was
        # opened again before that, it has no such form, and its steps hold until the next answer.
        return []
    return [verb for verb in SHOWN_VERBS if (state, verb) in STEPS and may(passed, each.step, verb)]


def _said(each: Followed) -> str:
    """Who brought the step to where it is, and when; nothing while it only stands in the answer."""
    if each.by is None or each.step.state == StepState.PROPOSED:
        return ""
    return f"{_named(each.by)}, {moment(each.step.state_at)}"


def _named(person: Person | None) -> str:
    """Who it was, for staff: colleagues by name, a family as such; nobody where the clock told it."""
    if person is None:
        return ""
    return person.name if person.is_staff else str(words.FAMILY)

"""Visits as people read them: staff on the case and in the list, the family beside its answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.advice.visiting import is_open_to_family
from econsult.consults.records import Consult
from econsult.consults.visits import CURRENT, Reply, Visit, VisitState, visits_of
from econsult.consults.visits_carried import is_asked_for
from econsult.reading import Reader
from econsult.rights import Relation
from econsult.values import dialled
from web.context import now
from web.words import visits as words
from web.words.times import at_place, day

LOCAL = 10
"""A number of fewer digits has no area code."""
SHOWN = (Relation.MEDICAL_HOME, Relation.COORDINATOR)
"""Who reads where it is; whoever answers reads only that there is a visit, and when."""


@dataclass(frozen=True)
class Shown:
    """One visit. `when` is empty on a waiting list; `place` and the like for readers who may not know them."""

    id: str
    state: str
    words: str
    tone: str
    when: str
    place: str
    phone: str
    tel: str
    """The number as a telephone dials it."""
    note: str
    note_language: str
    bring: tuple[str, ...]
    reply: str
    reply_words: str
    reply_tone: str
    why: str
    is_current: bool
    is_listed: bool
    is_over: bool
    """Whether its day has begun, so that somebody can say what came of it."""
    since: str
    """The day on which it was written down."""


def shown_of(visit: Visit, *, read: Reader | None = None, for_family: bool = False) -> Shown:
    """A visit in words; with `read` for somebody who may not know where it is."""
    state, is_over = VisitState(visit.state), visit.is_over(now())
    is_asked = is_over and state == VisitState.BOOKED
    is_hidden = read is not None
    reply = "" if state != VisitState.BOOKED or visit.reply is None else visit.reply
    return Shown(
        id=visit.public_id,
        state=state,
        words=str(words.PAST if is_asked else words.STATES[state]),
        tone="tag-stop" if is_asked else words.TONES.get(state, ""),
        when=at_place(visit.starts_at, visit.clock.key, for_family=for_family) if visit.starts_at else "",
        place="" if is_hidden else visit.place,
        phone="" if is_hidden else visit.phone or "",
        tel="" if is_hidden else _dialled(visit.phone or ""),
        note="" if is_hidden else visit.note or "",
        note_language=visit.note_language,
        bring=() if is_hidden else tuple(str(words.BRING[code]) for code in visit.brought if code in words.BRING),
        reply=reply,
        reply_words=str(words.REPLIES[Reply(reply)]) if reply else "",
        reply_tone="tag-act" if reply == Reply.COMING else "tag-stop",
        why=str(words.WHY.get(visit.why or "", "")),
        is_current=state in CURRENT,
        is_listed=state == VisitState.LISTED,
        is_over=is_over,
        since=day(visit.at),
    )


def _dialled(phone: str) -> str:
    """The number up to an extension or a word beside it; one without an area code as it is."""
    number = re.split(r"[^0-9\s().+/-]", phone, maxsplit=1)[0].strip()
    digits = re.sub("[^0-9]", "", number)
    return dialled(number) if number.startswith("+") or len(digits) >= LOCAL else digits


def ahead_of(session: Session, consult: Consult) -> str:
    """Of the visits of a consult that are ahead when the next one is, or that one is waited for; empty where none is.

    Whoever reads it may not know where it is.
    """
    now_is = now()
    ahead = [each for each in visits_of(session, [consult.id]) if each.state in CURRENT and not each.is_over(now_is)]
    days = sorted((each.starts_at, each.clock.key) for each in ahead if each.starts_at is not None)
    if days:
        return str(words.AHEAD) % {"when": at_place(*days[0])}
    return str(words.WAITED_FOR) if ahead else ""


def visits_on(session: Session, passed: Pass, step_ids: Iterable[int], read: Reader) -> dict[int, list[Shown]]:
    """The visits of the steps of a case, the newest first, by the id of the step."""
    hider = None if passed.relation in SHOWN else read
    found: dict[int, list[Shown]] = {number: [] for number in step_ids}
    for visit in reversed(visits_of(session, [passed.consult.id] if found else [])):
        if visit.recommendation_id in found:
            found[visit.recommendation_id].append(shown_of(visit, read=hider))
    return found


@dataclass(frozen=True)
class OfFamily:
    """A visit as its family reads it. `replies` is what it can say about it, as code and words."""

    shown: Shown
    said: str
    replies: tuple[tuple[str, str], ...]
    is_left: bool
    """Whether the answer has changed since, and does not ask for it any more."""
    is_note_foreign: bool
    """Whether what staff wrote is in another language than the family's."""


def familys_visits(session: Session, passed: Pass) -> list[OfFamily]:
    """What is ahead of a family, the next first, and what was called off and has no new day yet."""
    latest: dict[int, Visit] = {}
    for visit in visits_of(session, [passed.consult.id]):
        latest[visit.recommendation_id] = visit
    kept = [visit for visit in latest.values() if _is_told(session, visit)]
    kept.sort(key=lambda visit: (visit.starts_at is None, visit.starts_at or visit.at))
    return [
        _of_family(
            visit,
            passed.patient.language,
            is_left=not is_asked_for(session, visit),
            is_youth=passed.relation == Relation.YOUTH,
        )
        for visit in kept
        if is_open_to_family(session, visit)
    ]


def next_visits(session: Session, consult_ids: Collection[int]) -> dict[int, str]:
    """When the next booked visit of each of these consults is, by its id, as its family reads it.

    None that its answer does not ask for any more: its page says what to do first.
    """
    ahead: dict[int, Visit] = {}
    for visit in visits_of(session, consult_ids):
        is_ahead = visit.state == VisitState.BOOKED and not visit.is_over(now())
        before = ahead.get(visit.consult_id)
        is_sooner = before is None or (visit.starts_at or visit.at) < (before.starts_at or before.at)
        if is_ahead and is_sooner and is_asked_for(session, visit) and is_open_to_family(session, visit):
            ahead[visit.consult_id] = visit
    return {
        number: at_place(each.starts_at, each.clock.key, for_family=True)
        for number, each in ahead.items()
        if each.starts_at
    }


def _is_told(session: Session, visit: Visit) -> bool:
    if visit.state in CURRENT:
        return True
    is_lost = visit.state in (VisitState.MISSED, VisitState.OFF)
    return is_lost and is_asked_for(session, visit)


def _of_family(visit: Visit, language: str, *, is_left: bool, is_youth: bool) -> OfFamily:
    shown = shown_of(visit, for_family=True)
    is_ahead = visit.state == VisitState.BOOKED and not shown.is_over
    own = words.YOUTHS if is_youth else words.FAMILYS
    replies = own.items() if is_ahead and not is_left else ()
    return OfFamily(
        shown=shown,
        said=str(words.HEARD[Reply(shown.reply)]) if shown.reply and is_ahead and not is_left else "",
        replies=tuple((code, str(said)) for code, said in replies if code != shown.reply),
        is_left=is_left and not shown.is_over,
        is_note_foreign=bool(shown.note) and visit.note_language != language,
    )

"""Asking a second specialist one question: by the router's rules, taken by one, replied to among clinicians."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.consults.choice import ask_of
from econsult.consults.going_on import go_on_after
from econsult.consults.hands import check_room, loads_of, lock_hands
from econsult.consults.hearers import desk_of
from econsult.consults.holding import require_holder
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult, Kind, note
from econsult.consults.sides import (
    HANDS,
    POOL_LEVEL,
    SideEvent,
    SideQuestion,
    SideState,
    due_of,
    end_side,
    keep_for_side,
    log_side,
    side_of,
    step_at,
)
from econsult.consults.threads import among_clinicians
from econsult.database import changed_rows
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, TakenError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import NAMES_STAY_SHUT, SPECIALTIES, Person
from econsult.rosters.routing import Route, route
from econsult.rosters.shifts import is_off_duty

LEASE = timedelta(minutes=30)
"""How long a question is held without a look at its case, unless the settings say otherwise."""


def ask_second(
    session: Session,
    consult: Consult,
    person: Person,
    text: str,
    *,
    specialty: str = "",
    wanted: Person | None = None,
    now: datetime,
) -> SideQuestion:
    """The holder asks a specialty, or one person of it. Raises InvalidError where nobody, or not they, may answer."""
    require_holder(consult, person)
    if consult.status not in OPEN or consult.kind == Kind.FAMILY_QUESTION:
        raise ImpossibleVerbError(consult.status, "ask_second")
    if side_of(session, consult.id) is not None:
        raise InvalidError("One question at a time: wait for the reply, or take it back.", {"second": "one_at_a_time"})
    if wanted is not None:
        lock_hands(session, consult, wanted)
    chosen = _routed(session, consult, person, specialty, now)
    if wanted is not None:
        _check_wanted(chosen, wanted)
    message = among_clinicians(session, consult, person, text, now=now)
    side = SideQuestion(
        program_id=consult.program_id,
        consult_id=consult.id,
        asked_by_id=person.id,
        specialty=chosen.specialty or specialty,
        wanted_id=wanted.id if wanted else None,
        holder_id=wanted.id if wanted else None,
        message_id=message.id,
        state=SideState.OPEN,
        opened_at=now,
        due_at=due_of(session, consult, now),
        level=0,
    )
    side.next_at = step_at(side, 1)
    side.claim_until = named_until(side, now) if wanted else None
    session.add(side)
    session.flush()
    keep_for_side(session, consult, now)
    session.add(SideEvent(side_id=side.id, kind="opened", at=now, due_at=side.due_at, person_id=person.id))
    note(session, consult, "ask_second", person_id=person.id, now=now, detail=side.specialty)
    if wanted is not None:
        tell_asked(session, consult, side, [wanted], now)
    else:
        _tell_pool(session, consult, side, chosen, now=now)
    return side


def take_second(
    session: Session, consult: Consult, side: SideQuestion, person: Person, *, now: datetime, lease: timedelta = LEASE
) -> None:
    """One of those who may answer and has room takes it, for a while; exactly one of several who try.

    Raises TakenError, ForbiddenError.
    """
    check_open(side, consult)
    if side.holder_id == person.id:
        return
    if side.holder_id is not None:
        raise TakenError(side.state, session.get_one(Person, side.holder_id).name)
    if not may_answer(session, consult, side, person, now):
        raise ForbiddenError("You may look at this question, but not answer it.")
    check_room(session, consult, person)
    _take(session, consult, side, person, now=now, lease=lease)


def _take(
    session: Session, consult: Consult, side: SideQuestion, person: Person, *, now: datetime, lease: timedelta = LEASE
) -> None:
    free = (SideQuestion.id == side.id, SideQuestion.holder_id.is_(None), SideQuestion.state == SideState.OPEN)
    won = session.execute(
        update(SideQuestion).where(*free).values(holder_id=person.id, claim_until=now + lease, uncovered_at=None)
    )
    session.refresh(side)
    if changed_rows(won) != 1:
        raise TakenError(side.state, session.get_one(Person, side.holder_id).name if side.holder_id else "")
    log_side(session, side, "taken", person_id=person.id, now=now)
    note(session, consult, "take_second", person_id=person.id, now=now)


def stay_second(session: Session, consult: Consult, person: Person, now: datetime, lease: timedelta) -> None:
    """Whoever has the question looks at the case: it stays theirs from now."""
    until = now + lease
    own = (SideQuestion.consult_id == consult.id, SideQuestion.holder_id == person.id)
    is_open = (SideQuestion.state == SideState.OPEN, SideQuestion.claim_until < until)
    session.execute(update(SideQuestion).where(*own, *is_open).values(claim_until=until))


def give_back(session: Session, consult: Consult, side: SideQuestion, person: Person, *, now: datetime) -> None:
    """Whoever has it gives it back to its pool, which is asked again; its clock runs on."""
    check_open(side, consult)
    if side.holder_id != person.id:
        raise ForbiddenError("Somebody else has this question.", code="not_second")
    to_its_pool(session, consult, side, "given_back", by_id=person.id, now=now)


def to_its_pool(
    session: Session, consult: Consult, side: SideQuestion, kind: str, *, by_id: int | None, now: datetime
) -> None:
    """Nobody has it any more: its pool is asked again, where nobody of it is there the desk hears, and whoever waits.

    `kind` is the line of the ledger: given_back, lapsed, gone (away, left or barred).
    """
    before = side.holder_id
    side.holder_id = side.wanted_id = side.claim_until = None
    log_side(session, side, kind, person_id=before, now=now)
    note(session, consult, f"{kind}_second", person_id=by_id, now=now)
    _tell_pool(session, consult, side, _still(session, consult, side, now), now=now, but=before)
    tell_waiting(session, consult, side, now, but=by_id)


def reply_second(
    session: Session, consult: Consult, side: SideQuestion, person: Person, text: str, *, now: datetime
) -> None:
    """The reply goes among the clinicians, to whoever asked and to the clinic; then the second specialist is out."""
    check_open(side, consult)
    if side.holder_id is None and _had_it_last(session, side, person):
        # It lapsed while they wrote, and nobody else has taken it: what they wrote is welcome, full hands or not.
        if not may_answer(session, consult, side, person, now):
            raise ForbiddenError("You may look at this question, but not answer it.")
        _take(session, consult, side, person, now=now)
    if side.holder_id != person.id:
        raise ForbiddenError("Take the question first.", code="not_second")
    message = among_clinicians(session, consult, person, text, now=now)
    side.reply_id = message.id
    end_side(session, side, SideState.REPLIED, person_id=person.id, now=now)
    go_on_after(session, consult, side, now)
    note(session, consult, "reply_second", person_id=person.id, now=now)
    asker = session.get_one(Person, side.asked_by_id)
    if asker.is_active and consult.holder_id != asker.id:
        # Who holds it by now was told of the message; who asked may read it once they take the request again.
        about = f"side:{side.id}"
        notify(session, asker, NoticeKind.SIDE_REPLIED, consult_id=consult.id, about=about, now=now)


def take_back(session: Session, consult: Consult, side: SideQuestion, person: Person, *, now: datetime) -> None:
    """Whoever holds the consult needs no reply any more."""
    check_open(side, consult)
    require_holder(consult, person)
    end_side(session, side, SideState.TAKEN_BACK, person_id=person.id, now=now)
    go_on_after(session, consult, side, now)
    note(session, consult, "take_back_second", person_id=person.id, now=now)


def may_answer(session: Session, consult: Consult, side: SideQuestion, person: Person, now: datetime) -> bool:
    """Whether this person may take the question: has it, or is of its pool and not barred, and nobody has it."""
    if side.holder_id is not None:
        return side.holder_id == person.id
    chosen = _still(session, consult, side, now)
    return chosen is not None and person.id in {each.id for each in chosen.qualified}


def people_asked(session: Session, consult: Consult, side: SideQuestion, now: datetime) -> tuple[list[Person], bool]:
    """Who is to answer now (whoever has it, else its pool: those who are there, else all), and is one there?"""
    if side.holder_id is not None:
        holder = session.get_one(Person, side.holder_id)
        is_there = holder.is_active and not is_off_duty(session, holder, {side.specialty}, now)
        return ([holder] if holder.is_active else []), is_there
    chosen = _still(session, consult, side, now)
    return (list(chosen.ready or chosen.qualified), chosen.has_cover) if chosen else ([], False)


def able_to_answer(session: Session, consult: Consult, side: SideQuestion, now: datetime) -> list[Person]:
    """Whom the desk may give it to: those of its pool who may answer, are there and have room."""
    chosen = _still(session, consult, side, now)
    return [each for each in chosen.ready if each.id != side.holder_id] if chosen else []


def named_until(side: SideQuestion, now: datetime) -> datetime:
    """How long somebody who was asked by name has it alone although they do nothing."""
    return max(step_at(side, POOL_LEVEL), now + LEASE)


def _still(session: Session, consult: Consult, side: SideQuestion, now: datetime) -> Route | None:
    """The router's choice for a question that was asked before; None where nobody may answer it any more."""
    try:
        return _routed(session, consult, session.get_one(Person, side.asked_by_id), side.specialty, now)
    except InvalidError:
        return None


def _routed(session: Session, consult: Consult, asker: Person, specialty: str, now: datetime) -> Route:
    """The router's choice. The second specialist talks to no family, so that its language bars nobody."""
    if specialty not in SPECIALTIES:
        raise InvalidError("Choose whom to ask.", {"second": "required"})
    ask = ask_of(session, consult)
    barred = ask.excluded | {asker.id, consult.holder_id or 0}
    asked = replace(ask, specialty=specialty, language="", excluded=frozenset(barred))
    chosen = route(session, asked, lambda people: loads_of(session, people), now)
    if chosen.is_unallocated:
        raise InvalidError("Nobody of this specialty may answer about this child.", {"second": "nobody"})
    return chosen


def _check_wanted(chosen: Route, wanted: Person) -> None:
    if wanted.id not in {each.id for each in chosen.qualified}:
        raise InvalidError("This person may not answer about this child.", {"second": "not_allowed"})
    if wanted.id not in {each.id for each in chosen.ready}:
        raise InvalidError("This person is off duty, away or has hands full: ask the specialty.", {"second": "away"})


def check_open(side: SideQuestion, consult: Consult) -> None:
    if not side.is_open or consult.status not in OPEN:
        raise ImpossibleVerbError(side.state, "second")


def _had_it_last(session: Session, side: SideQuestion, person: Person) -> bool:
    query = select(SideEvent).where(SideEvent.side_id == side.id, SideEvent.kind.in_(HANDS))
    last = session.scalars(query.order_by(SideEvent.id.desc()).limit(1)).first()
    return last is not None and (last.kind, last.person_id) == ("lapsed", person.id)


def _tell_pool(
    session: Session,
    consult: Consult,
    side: SideQuestion,
    chosen: Route | None,
    *,
    now: datetime,
    but: int | None = None,
) -> None:
    """Who of its pool is there, else all of it; where none is there the desk hears at once, as of every request."""
    if chosen is not None and chosen.specialty:
        side.specialty = chosen.specialty
    ready = [each for each in chosen.ready if each.id != but] if chosen else []
    others = [each for each in chosen.qualified if each.id != but] if chosen else []
    tell_asked(session, consult, side, ready or others, now)
    if not ready and side.uncovered_at is None:
        side.uncovered_at = now
        for each in desk_of(session, consult.program_id, now):
            about = f"side:{side.id}:{now.isoformat()}"
            notify(session, each, NoticeKind.SIDE_LATE, consult_id=consult.id, about=about, now=now)


def tell_waiting(session: Session, consult: Consult, side: SideQuestion, now: datetime, *, but: int | None) -> None:
    """Whoever waits for the reply hears that it went from hand to hand."""
    person = session.get_one(Person, consult.holder_id or side.asked_by_id, options=NAMES_STAY_SHUT)
    if person.is_active and person.id != but:
        about = f"side:{side.id}:{now.isoformat()}"
        notify(session, person, NoticeKind.SIDE_MOVED, consult_id=consult.id, about=about, now=now)


def tell_asked(session: Session, consult: Consult, side: SideQuestion, people: list[Person], now: datetime) -> None:
    """They are asked."""
    for each in people:
        about = f"side:{side.id}:{now.isoformat()}"
        notify(session, each, NoticeKind.SIDE_ASKED, consult_id=consult.id, about=about, now=now)

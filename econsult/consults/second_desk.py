"""What the desk may do with a question to a colleague that nobody replies to: give it to somebody, or take it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.going_on import go_on_after
from econsult.consults.hands import lock_hands
from econsult.consults.records import Consult, note
from econsult.consults.second import able_to_answer, check_open, named_until, tell_asked, tell_waiting, to_its_pool
from econsult.consults.sides import SideQuestion, SideState, end_side, log_side
from econsult.errors import InvalidError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person


def give_second(
    session: Session, consult: Consult, side: SideQuestion, to: Person, *, by: Person, now: datetime
) -> None:
    """Give it to somebody who may answer it, is there and has room. Raises InvalidError for anybody else."""
    check_open(side, consult)
    lock_hands(session, consult, to)
    if to.id not in {each.id for each in able_to_answer(session, consult, side, now)}:
        raise InvalidError("This person cannot answer it now: choose somebody else.", {"second": "not_allowed"})
    before = side.holder_id
    side.holder_id = side.wanted_id = to.id
    side.claim_until, side.uncovered_at = named_until(side, now), None
    log_side(session, side, "given", person_id=to.id, now=now)
    note(session, consult, "give_second", person_id=by.id, now=now)
    tell_asked(session, consult, side, [to], now)
    tell_waiting(session, consult, side, now, but=by.id)
    if before is not None:
        about = f"side:{side.id}:{now.isoformat()}"
        holder = session.get_one(Person, before)
        notify(session, holder, NoticeKind.HANDED_OVER, consult_id=consult.id, about=about, now=now)


def return_second(session: Session, consult: Consult, side: SideQuestion, *, by: Person, now: datetime) -> None:
    """Take it from whoever has it; its pool is asked again."""
    check_open(side, consult)
    to_its_pool(session, consult, side, "given_back", by_id=by.id, now=now)


def drop_second(session: Session, consult: Consult, side: SideQuestion, *, by: Person, now: datetime) -> None:
    """Nobody can reply: whoever waits for it hears that it was taken back, and goes on without."""
    check_open(side, consult)
    end_side(session, side, SideState.TAKEN_BACK, person_id=by.id, now=now)
    go_on_after(session, consult, side, now)
    note(session, consult, "take_back_second", person_id=by.id, now=now)
    tell_waiting(session, consult, side, now, but=by.id)

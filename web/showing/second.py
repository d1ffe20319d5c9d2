"""The question to a second specialist on the case page: who asks whom what, by when, and what this reader can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult, Kind
from econsult.consults.second import able_to_answer, may_answer
from econsult.consults.sides import SideQuestion, due_of, side_of
from econsult.consults.threads import Message
from econsult.people.persons import Person, pools_of
from econsult.reading import Reader
from econsult.rights import Relation, Right
from web.context import now
from web.shell.auth import me
from web.words import terms
from web.words.times import moment


@dataclass(frozen=True)
class SideBox:
    """`mode` is what can be done: ask, wait, take, reply or (the desk) decide; `whom` lists specialties and people."""

    mode: str
    question: str = ""
    asker: str = ""
    specialty: str = ""
    holder: str = ""
    due: str = ""
    is_late: bool = False
    whom: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)


def side_box(session: Session, loaded: Pass, read: Reader) -> SideBox | None:
    """The box for this reader; None where there is nothing to say or to do."""
    consult = loaded.consult
    if consult.status not in OPEN or consult.kind == Kind.FAMILY_QUESTION:
        return None
    side = side_of(session, consult.id)
    is_holder = consult.holder_id == me().id
    if side is None:
        if not is_holder:
            return None
        return SideBox("ask", whom=_whom(session, consult), due=moment(due_of(session, consult, now())))
    mode = _mode(session, loaded, side, is_holder=is_holder)
    if not mode:
        return None
    if mode == "desk":
        return desk_box(session, consult, side)
    return _box(session, side, mode, question=read.text(session.get_one(Message, side.message_id).text))


def desk_box(session: Session, consult: Consult, side: SideQuestion) -> SideBox:
    """The box for the desk: who was asked and by when, and who may reply now. What colleagues say is not for it."""
    able = able_to_answer(session, consult, side, now())
    people = [session.get_one(Person, each.id, populate_existing=True) for each in able]
    return _box(session, side, "desk", whom=[("", "", [(person.public_id, person.name) for person in people])])


def _box(session: Session, side: SideQuestion, mode: str, **more: Any) -> SideBox:
    holder = session.get(Person, side.holder_id) if side.holder_id else None
    return SideBox(
        mode,
        asker=session.get_one(Person, side.asked_by_id).name,
        specialty=str(terms.SPECIALTIES[side.specialty]),
        holder=holder.name if holder else "",
        due=moment(side.due_at),
        is_late=side.due_at <= now(),
        **more,
    )


def _mode(session: Session, loaded: Pass, side: SideQuestion, *, is_holder: bool) -> str:
    if is_holder:
        return "wait"
    if loaded.relation == Relation.COORDINATOR:
        return "desk"
    if side.holder_id == me().id:
        return "reply"
    if loaded.may(Right.SECOND) and may_answer(session, loaded.consult, side, me(), now()):
        return "take"
    return "read" if loaded.relation == Relation.MEDICAL_HOME else ""


def _whom(session: Session, consult: Consult) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every specialty with somebody else in it, and those people."""
    found = []
    pools = pools_of(session, consult.program_id)
    for code, words in terms.SPECIALTIES.items():
        numbers = [person.id for person in pools.get(code, []) if person.id != me().id]
        people = [session.get_one(Person, number, populate_existing=True) for number in numbers]
        if people:
            found.append((code, str(words), [(person.public_id, person.name) for person in people]))
    return found

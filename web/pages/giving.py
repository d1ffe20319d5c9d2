"""Giving a request to somebody by name, as the desk does it: one at a time, or several at once."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.consults import passing
from econsult.consults.records import Consult
from econsult.errors import ForbiddenError, InvalidError
from econsult.people.persons import Person, Role
from econsult.rights import Right
from econsult.standing import check_desk
from web.context import database, now, settings
from web.shell.auth import me
from web.showing.waiting import beyond, pool_of
from web.words.language import gettext

LONGEST_REASON = 1000
REFUSALS = {
    "off_duty": _l("This person is not on duty now. Choose somebody else, or say that you give it to them anyway"),
    "away": _l("This person is away. Choose somebody else"),
    "at_capacity": _l("This person has as many as they may hold at once. Choose somebody else, or raise the limit"),
    "conflict": _l("This person has a conflict of interest with this child. Choose somebody else"),
    "no_licence": _l("This person has no licence where this child lives. Choose somebody else"),
}


@dataclass(frozen=True)
class Refused:
    """Why somebody was not given a request, in words; `code` where a form then offers a way out."""

    words: str
    code: str = ""


@dataclass(frozen=True)
class Gift:
    """What a form says: to whom, by public id, and why. `had` is who had it when the form was shown, where it says."""

    person: str
    reason: str
    had: str | None = None
    although: bool = False
    """Whether it is meant although the person is off duty, or away where nobody else can."""


def give(public_id: str, gift: Gift) -> Refused | None:
    """Give the request to a named person, in a transaction of its own; None where that is done.

    Raises NotFoundError for what is not this desk's.
    """
    try:
        with database().writing() as session:
            check_desk(session, me(), now())
            right = Right.ASSIGN if me().role == Role.COORDINATOR else Right.GIVE
            return _give(session, consult_for(session, me(), public_id, now=now(), right=right).consult, gift)
    except ForbiddenError as error:
        return Refused(_refusal(error.code), error.code)
    except InvalidError as error:
        is_mute = "reason" in error.fields
        return Refused(gettext("Say why, so that the others understand") if is_mute else _refusal(""))


def _give(session: Session, consult: Consult, gift: Gift) -> Refused | None:
    holder = session.get_one(Person, consult.holder_id) if consult.holder_id is not None else None
    if holder is not None and gift.had not in (None, holder.public_id):
        return None if holder.public_id == gift.person else _since(holder)
    reason, to = _reason(consult, gift.reason), _person(session, consult, gift.person)
    lease, although = settings().claim, gift.although
    passing.assign(session, consult, to, reason, by=me(), now=now(), lease=lease, although_off_duty=although)
    return None


def _since(holder: Person) -> Refused:
    """Somebody else has it than when the form was shown."""
    return Refused(gettext("%(name)s has it now. Give it to somebody else only with a reason", name=holder.name))


def _reason(consult: Consult, wished: str) -> str:
    """Why. Who takes it out of somebody's hands must say it; of what nobody has, the desk's doing is reason enough."""
    if not wished.strip() and consult.holder_id is not None:
        raise InvalidError("Say why, so that the others understand.", {"reason": "required"})
    return wished.strip() or gettext("Assigned by the desk")


def _person(session: Session, consult: Consult, public_id: str) -> Person:
    for person in (*pool_of(session, consult), *beyond(session, consult)):
        if person.public_id == public_id:
            return person
    raise InvalidError("Choose somebody of the list.", {"person": "required"})


def _refusal(code: str) -> str:
    return str(REFUSALS.get(code) or gettext("This person cannot take it now. Choose somebody else"))

"""To whom of a program's specialists a child's name and birth date open: to nobody, by exception, or to the holder.

By exception, unless the privacy officer chooses else; the installation's no (`ECONSULT_BREAK_GLASS`) comes before all.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.consults.lifecycle import OPEN
from econsult.consults.overseers import tell_officers
from econsult.consults.records import Consult
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError, InvalidError, StaleVersionError
from econsult.notices import NoticeKind
from econsult.people.persons import Person, Program, Role


class NamesShown(StrEnum):
    """To whom of the specialists a name opens."""

    NOBODY = "nobody"
    EXCEPTION = "exception"
    HOLDER = "holder"
    """To whoever holds an open request, for as long as they do; to who answered one, by exception."""


def names_shown(session: Session, program_id: int, *, is_let: bool = True) -> NamesShown:
    """The rule that holds; `is_let` says whether the installation lets anybody. What nobody can read is a no."""
    stored = session.scalar(select(Program.names_shown).where(Program.id == program_id))
    return NamesShown(stored) if is_let and stored in tuple(NamesShown) else NamesShown.NOBODY


def is_shown(rule: NamesShown, consult: Consult, person: Person) -> bool:
    """Whether the name of this request's child is open to this specialist without an exception."""
    return rule == NamesShown.HOLDER and consult.holder_id == person.id and consult.status in OPEN


def choose_names(session: Session, officer: Person, wish: str, *, seen: str, now: datetime) -> None:
    """Keep another rule, which holds from the next look on, and tell every other officer. `seen` is what was shown.

    Raises ForbiddenError for anybody but a privacy officer, InvalidError for no rule, and StaleVersionError where a
    colleague has chosen meanwhile.
    """
    if officer.role != Role.PRIVACY:
        raise ForbiddenError("Only a privacy officer chooses who reads children's names.")
    if wish not in tuple(NamesShown):
        raise InvalidError("This rule is not known.", {"names": "unknown_value"})
    program = session.get_one(Program, officer.program_id, with_for_update=NO_KEY, populate_existing=True)
    # What nobody can read was shown as the rule that holds for it, and another choice mends it.
    if names_shown(session, program.id) != seen:
        raise StaleVersionError("Somebody chose another rule meanwhile.")
    if program.names_shown == wish:
        return
    program.names_shown = wish
    audit.record(
        session, "choose_names", "program", program.public_id, now=now, person_id=officer.id, detail=f"names_{wish}"
    )
    tell_officers(session, program.id, NoticeKind.NAMES_RULE, f"names:{now.isoformat()}", but=officer, now=now)

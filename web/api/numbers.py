"""Numbers of families in the API: what the pages hide, because whoever read it would call there, is hidden here too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.details import FOR_THE_CLINIC, HIDDEN_PHONE, caller_of, contact_of
from econsult.consults.telephone import call_of
from econsult.hidden_numbers import Hidden, hidden_on_file, why_hidden
from econsult.people.patients import Patient
from econsult.people.persons import FAMILIES
from econsult.rights import Right
from web.shell.auth import me


def hidden_for(session: Session, patients: Iterable[Patient]) -> dict[int, Hidden]:
    """The children, by id, whose number on file the caller is not shown, and why.

    A family reads its own number, or it would learn from a gap that somebody told of its home.
    """
    return {} if me().role in FAMILIES else hidden_on_file(session, patients)


def hidden_on(session: Session, passed: Pass) -> Hidden | None:
    """The same for a consult; while its answer says "emergency, now", whoever must call reads where."""
    hidden = hidden_for(session, [passed.patient]).get(passed.patient.id)
    call = call_of(session, passed.consult.id) if hidden and passed.may(Right.INFORM) else None
    return None if call is not None and call.done_at is None else hidden


def details_json(session: Session, passed: Pass) -> Mapping[str, Any]:
    """What was told about the case. How to reach the family is for those who know whose child it is."""
    told = passed.consult.details
    if not passed.may(Right.SEE_IDENTITY):
        return {name: told[name] for name in told if name not in FOR_THE_CLINIC}
    if me().role in FAMILIES:
        return told
    caller = caller_of(told)
    # A clinic that called about the child is no home, and may be called.
    numbers = {"contact": contact_of(told)["phone"], "caller": caller["phone"] if caller["who"] != "clinic" else ""}
    hidden = {name: why for name, number in numbers.items() if (why := why_hidden(session, passed.patient, number))}
    return {**told, **{name: {**told[name], "phone": "", HIDDEN_PHONE: why} for name, why in hidden.items()}}

"""An answer that a device without an account may read, once a code from the contact on file was typed there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult import access
from econsult.consults.by_code import Reader, is_readable, opening_of
from econsult.consults.records import note
from econsult.errors import NotFoundError
from econsult.rights import Relation


def read_by_code(session: Session, reader: Reader, public_id: str, *, now: datetime) -> tuple[access.Pass, bool]:
    """A question that this device brought and that is answered, and whether the answer is open in its browser.

    Raises NotFoundError where there is nothing to read. Each look at an open answer leaves a row of its own.
    """
    passed = access.consult_for(session, reader.person, public_id, now=now)
    if passed.relation != Relation.INVITED or not is_readable(session, passed.consult, now):
        raise NotFoundError
    code = opening_of(session, passed.consult, reader, now)
    if code is not None:
        note(session, passed.consult, "read_by_code", person_id=reader.person.id, now=now, detail=code.way)
    return passed, code is not None

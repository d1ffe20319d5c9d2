"""The command `note`: which version of an answer a paper is of, by the code at its end."""

from __future__ import annotations

import argparse
import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.records import Consult, note, numbered
from econsult.errors import ConsultError
from econsult.installation import Installation
from econsult.note import fingerprint_of


def offer(_name: str, command: argparse.ArgumentParser) -> None:
    """Offer `note`."""
    command.add_argument("number", help="such as C-1001")
    command.add_argument("code", nargs="*", help="the code at the end of the paper; without it all versions are told")
    command.set_defaults(run=_compare)


def _compare(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    code = re.sub(r"\s", "", "".join(options.code)).lower()
    with installation.database.writing() as session:
        consult = session.get(Consult, numbered(options.number) or 0)
        if consult is None:
            raise ConsultError("There is no consult of this number.")
        lines = {
            _line(consult, answer): fingerprint_of(session, consult, answer) for answer in _signed(session, consult)
        }
        note(session, consult, "compare_note", person_id=None, now=now)
    found = [f"{line} {mark}" for line, mark in lines.items() if not code or mark == code]
    if not found:
        raise ConsultError("No signed version of this answer has this code." if code else "No answer is signed yet.")
    return "\n".join(found)


def _signed(session: Session, consult: Consult) -> list[Answer]:
    query = select(Answer).where(Answer.consult_id == consult.id, Answer.signed_at.is_not(None))
    return list(session.scalars(query.order_by(Answer.version)))


def _line(consult: Consult, answer: Answer) -> str:
    signed = f"{answer.signed_at:%Y-%m-%d %H:%M} UTC" if answer.signed_at else ""
    return f"{consult.number} version {answer.version}, signed {signed}:"

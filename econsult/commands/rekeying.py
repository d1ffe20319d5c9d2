"""The command `keys rotate-program`: another key takes the place of a program's own."""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econsult.commands.programs import program_of
from econsult.errors import ConsultError
from econsult.installation import Installation
from econsult.people.persons import Program
from econsult.rekeying import State, begin, end, states, wrap_anew
from storage.keys import WrongKey


def add_program_key(verbs: Any) -> None:
    """Add `rotate-program` to the verbs of `keys`."""
    rotate = verbs.add_parser(
        "rotate-program", help="wrap children's keys with a new key of their program; run it again to go on"
    )
    rotate.set_defaults(run=_rotate)


def program_lines(session: Session) -> list[str]:
    """A line for each program: the version of its key, how many children's keys it has, and what is left to do."""
    return [_line(state) for state in states(session)]


def _line(state: State) -> str:
    line = f'program "{state.program}": key {state.version}, {state.children} children'
    if state.began_at is None:
        return line if not state.left else f"{line}; {state.left} are under one that is gone"
    since = f"{state.began_at:%Y-%m-%d %H:%M} UTC"
    return f"{line}; changing since {since}, {state.left} not under it yet: keys rotate-program goes on"


def _rotate(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    database, vault = installation.database, installation.vault
    try:
        with database.writing() as session:
            program = program_of(session, installation, options, now)
            is_new, number, version = begin(session, vault, program, now), program.id, program.key_version
        count = wrap_anew(database, vault, number, lambda: time.sleep(0.01))
    except WrongKey:
        raise ConsultError("The key of this program cannot be opened: see keys status.") from None
    with database.writing() as session:
        left = end(session, session.get_one(Program, number), version, now)
    if left:
        raise ConsultError(
            f"{count} children's keys were wrapped anew. {left} cannot be opened, so key {version - 1} stays: bring "
            "their rows back from a backup or erase those children, and then: keys rotate-program"
        )
    said = [f"{count} children's keys were wrapped anew with key {version}. Key {version - 1} is forgotten."]
    if not is_new:
        said.append("This was the end of a change that had begun before. For one more key run it again.")
    return "\n".join(said)

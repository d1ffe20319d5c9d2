"""The commands `keys`: which keys there are, and how one master takes the place of another."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from econsult import audit
from econsult.commands.rekeying import add_program_key, program_lines
from econsult.errors import ConsultError, SettingError
from econsult.heartbeats import without_key
from econsult.installation import Installation
from econsult.people.factors import RecoveryCode
from econsult.people.persons import Person, Program
from econsult.rotation import CODES, rows_under, seal_anew
from econsult.vault import REPORTS
from storage.keys import signing_public
from storage.ringfile import add_key, make_current, set_aside

Result = TypeVar("Result")
PATIENCE = 100
"""Seconds to wait for the processes to read a new key. The living say so within six, the dead are forgotten in 90."""
PAUSE = 0.5
SETTLED = timedelta(minutes=10)
"""For how long the old key must have sealed nothing: longer than any transaction lasts."""


def offer(_name: str, keys: argparse.ArgumentParser) -> None:
    """Offer `keys`."""
    verbs = keys.add_subparsers(required=True, metavar="VERB")
    status = verbs.add_parser("status", help="the keys, the current one first, and how many rows are under each")
    # It tells of keys that are wrong, too.
    status.set_defaults(run=_status, takes_any_keys=True)
    add = verbs.add_parser("add", help="add a key that seals nothing yet, to be copied to other machines first")
    add.set_defaults(run=_add)
    rotate = verbs.add_parser("rotate", help="seal everything with a new key while people work; run it again to go on")
    rotate.add_argument("--to", metavar="ID", help="the key of `keys add`; without it a new one is made")
    rotate.add_argument("--wait", metavar="SECONDS", type=int, default=PATIENCE, help="for processes to read the key")
    rotate.set_defaults(run=_rotate)
    add_program_key(verbs)
    retire = verbs.add_parser("retire", help="take a key out of use that no row needs any more")
    retire.add_argument("id", metavar="ID")
    retire.add_argument("--end-recovery-codes", action="store_true", help="delete recovery codes that need the key")
    retire.set_defaults(run=_retire)


def _status(installation: Installation, _options: argparse.Namespace, _now: datetime) -> str:
    ids = installation.vault.ring.ids
    with installation.database.reading() as session:
        found, of_programs = rows_under(session, ids), program_lines(session)
    lines = [_line(name, found[name], is_current=name == ids[0]) for name in ids]
    return "\n".join([*lines, *of_programs])


def _line(name: str, found: dict[str, int], *, is_current: bool) -> str:
    where = ", ".join(f"{place} {count}" for place, count in sorted(found.items()))
    return f"{name}{' (current)' if is_current else ''}: {sum(found.values())} rows" + (f" ({where})" if where else "")


def _add(installation: Installation, _options: argparse.Namespace, now: datetime) -> str:
    name = _edit(add_key, _file(installation))
    _note(installation, "add_key", name, now)
    return f"{name} seals nothing yet. Copy the keys file to every machine, then: keys rotate --to {name}"


def _rotate(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    path, ring = _file(installation), installation.vault.ring
    if options.to and options.to not in ring.ids:
        raise ConsultError(f"The key ring holds no key {options.to[:32]}: see keys status.")
    wanted = options.to or ring.current
    if not options.to and len(ring.ids) == 1:
        wanted = _edit(add_key, path)
    if wanted != ring.current:
        _await(installation, wanted, options.wait, now)
        _edit(lambda file: make_current(file, wanted), path)
        _note(installation, "rotate_keys", wanted, now)
    count = seal_anew(installation.database, installation.vault, lambda: time.sleep(0.01))
    with installation.database.reading() as session:
        others = {
            name: found for name, found in rows_under(session, installation.vault.ring.ids).items() if name != wanted
        }
    said = [f"{count} rows were sealed anew with {wanted}.", *map(_next_step, others, others.values())]
    if not count and not options.to:
        said.append(
            "No new key was made, since the ring still holds another. For one more: keys add, keys rotate --to ID"
        )
    return "\n".join(said)


def _next_step(name: str, found: dict[str, int]) -> str:
    if not found:
        return f"No row needs {name}. After ten minutes it can go: keys retire {name}"
    if set(found) == {CODES}:
        return f"{found[CODES]} recovery codes still need {name}, until their owners use or renew them."
    return _line(name, found, is_current=False) + " were written meanwhile or cannot be opened: run keys rotate again."


def _await(installation: Installation, name: str, patience: int, now: datetime) -> None:
    """Wait until every living process can open what the key seals. Raises ConsultError where one does not learn it."""
    waited = 0.0
    while True:
        with installation.database.reading() as session:
            missing = without_key(session, name, now + timedelta(seconds=waited))
        if not missing:
            return
        if waited >= patience:
            raise ConsultError(
                f"The process {missing[0]} does not know the key {name}: let it read the same keys file, or a copy "
                f"of it, start it again, and then: keys rotate --to {name}"
            )
        time.sleep(PAUSE)
        waited += PAUSE


def _retire(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    path, ring = _file(installation), installation.vault.ring
    if options.id not in ring.ids:
        raise ConsultError(f"The key ring holds no key {options.id[:32]}: see keys status.")
    if options.id == ring.current:
        raise ConsultError(f"{options.id} is the current key: run keys rotate first.")
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if now < changed + SETTLED:
        raise ConsultError(
            "The key ring has changed less than ten minutes ago: somebody may still write with the old key."
        )
    signed = signing_public(ring, options.id, REPORTS)
    # The lock on the records of SQLite and the age of the ring on both keep writers under the old key away meanwhile.
    with installation.database.writing() as session:
        if options.end_recovery_codes:
            _end_codes(session, options.id, now)
        _refuse_needed(session, options.id, changed)
        kept = _edit(lambda file: set_aside(file, options.id), path)
        _note_in(session, "retire_key", options.id, now)
    return (
        f"{options.id} is out of use. Move {kept} to where the keys of your backups lie: those from before need it.\n"
        f"De-identification reports from its time carry the public key {signed}"
    )


def _refuse_needed(session: Session, name: str, changed: datetime) -> None:
    """Raise ConsultError while a row, or a transaction that may yet write one, needs the key."""
    found = rows_under(session, [name])[name]
    if set(found) == {CODES}:
        raise ConsultError(
            f"{found[CODES]} recovery codes still need {name}: have them renewed, or add --end-recovery-codes."
        )
    if found:
        raise ConsultError(f"{sum(found.values())} rows still need {name}: run keys rotate first.")
    if session.get_bind().dialect.name == "postgresql":
        old = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < :changed"
        if session.scalar(text(old), {"changed": changed}):
            raise ConsultError("A transaction has been open since before the rotation: end it first.")


def _end_codes(session: Session, name: str, now: datetime) -> None:
    old = RecoveryCode.code_hash.like(f"{name}.%")
    owners = select(Person).where(Person.id.in_(select(RecoveryCode.person_id).where(old)))
    for person in session.scalars(owners):
        audit.record_operator(session, "end_recovery_codes", "person", person, now=now)
    session.execute(delete(RecoveryCode).where(old))


def _file(installation: Installation) -> Path:
    path = installation.settings.keys_file
    if path is None:
        raise SettingError(
            "ECONSULT_KEYS holds the keys themselves, which running processes cannot read again: put them into a file, "
            "name it in ECONSULT_KEYS_FILE, restart every process, and rotate then."
        )
    return path


def _edit(change: Callable[[Path], Result], path: Path) -> Result:
    try:
        return change(path)
    except OSError as error:
        raise SettingError(f"The keys file cannot be changed: {error.strerror}.") from None
    except ValueError as error:
        raise SettingError(f"{error}.") from None


def _note(installation: Installation, action: str, name: str, now: datetime) -> None:
    with installation.database.writing() as session:
        _note_in(session, action, name, now)


def _note_in(session: Session, action: str, name: str, now: datetime) -> None:
    """An audit row in every program: an operator's act, with the id of the key."""
    for program in session.scalars(select(Program)):
        audit.record(
            session, action, "program", program.public_id, now=now, person_id=None, program_id=program.id, detail=name
        )

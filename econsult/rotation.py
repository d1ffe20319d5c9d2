"""A change of the master key: everything that hangs on the old one is sealed anew, in small steps, while people work.

What hangs on a master directly are the keys of programs, every sealed column, and the indexes by which addresses are
found. Media are not touched: their keys hang on those of programs, which `econsult.rekeying` changes. Each step
commits; one that was cut off is done again, so the whole may be killed anywhere and begun anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, TableClause, Text, and_, case, column, func, or_, select, table, update
from sqlalchemy.orm import Session

from econsult import tables
from econsult.database import Database, Sealed, SealedJson, TextCipher
from econsult.people.persons import EMAIL, Program
from econsult.people.searching import WORD
from econsult.reach.mobiles import MOBILE, STOPPED
from econsult.vault import Vault
from storage.keys import WrongKey, sealed_under

INDEXES = {
    "person": ("email_index", "email", EMAIL),
    "asked_link": ("account", "email", EMAIL),
    "mobile": ("number_index", "number", MOBILE),
    "patient_word": ("word_index", "word", WORD),
    "stopped_number": ("number_index", "number", STOPPED),
}
"""Indexes that can be made anew: of a table its column, the sealed column that it is of, and its context."""
CODES = "recovery_code"
"""Hashes of what only its owner knows: they cannot be made anew, and go when they are used or renewed."""
STEP = 200
"""How many rows are sealed anew in one transaction: a few milliseconds for which others wait at most."""
PASSES = ((STEP, False), (1, True))
"""How many rows a step takes, and whether it waits for those that somebody holds, which is done one by one."""


@dataclass(frozen=True)
class Place:
    """A table with sealed columns, by their contexts."""

    name: str
    contexts: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """The columns that name the key that sealed them."""
        return [*self.contexts, *INDEXES.get(self.name, ())[:1]]

    @property
    def clause(self) -> TableClause:
        """The table as it rests, without its seals being opened."""
        return table(self.name, column("id"), *(column(name, Text) for name in self.columns))


def places() -> Iterator[Place]:
    """Every table that holds something sealed."""
    for each in tables.METADATA.sorted_tables:
        contexts = {c.name: c.type.context for c in each.columns if isinstance(c.type, Sealed | SealedJson)}
        if contexts:
            yield Place(each.name, contexts)


def rows_under(session: Session, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each of these keys: how many rows of which table still need it; tables that do not are left out."""
    found: dict[str, dict[str, int]] = {name: {} for name in ids}
    for place in [*places(), Place(CODES, {"code_hash": ""})]:
        rows = place.clause
        counts = [func.sum(case((_is_under(rows, place.columns, name), 1), else_=0)) for name in ids]
        for name, count in zip(ids, session.execute(select(*counts).select_from(rows)).one(), strict=True):
            if count:
                found[name][place.name] = int(count)
    # A program whose key was destroyed has none that a master wraps.
    for wrapped in session.execute(select(Program.key_wrapped, Program.former_key_wrapped)):
        for name in {sealed_under(each) for each in wrapped if each} & set(found):
            found[name]["program"] = found[name].get("program", 0) + 1
    return found


def seal_anew(database: Database, vault: Vault, pause: Callable[[], None]) -> int:
    """Seal with the current key whatever another has sealed; returns how many rows. Others work meanwhile.

    Rows that somebody is changing are passed over at first and waited for at the end, one by one, so that nobody who
    holds one of our rows is ever waited for.
    """
    done = _wrap_programs(database, vault)
    for count, is_patient in PASSES:
        for place in places():
            take = partial(_step, database.cipher, place)
            done += one_pass(database, take, Size(0, count, is_patient), pause)
    return done


@dataclass(frozen=True)
class Size:
    """Which rows a step takes: those after an id, so many, and whether it waits for those that somebody holds."""

    after: int
    count: int
    is_patient: bool


Step = Callable[[Session, Size], tuple[int | None, int]]
"""Changes some rows in a transaction; returns the id of the last, None where there are no more, and how many it was."""


def one_pass(database: Database, step: Step, size: Size, pause: Callable[[], None]) -> int:
    """Take a step until there are no more rows, each in a transaction of its own; returns how many it changed."""
    done = 0
    after: int | None = size.after
    while after is not None:
        with database.writing() as session:
            after, count = step(session, replace(size, after=after))
        done += count
        if count:
            pause()
    return done


def _step(cipher: TextCipher, place: Place, session: Session, size: Size) -> tuple[int | None, int]:
    """Seal some rows of a table anew; returns the id of the last, None where there are no more, and how many."""
    rows = session.execute(_stale(place, cipher, size)).mappings().all()
    count = 0
    for row in rows:
        changes = _sealed_anew(cipher, place, row)
        if changes:
            clause = place.clause
            session.execute(update(clause).where(clause.c.id == row["id"]).values(changes))
            count += 1
    return (rows[-1]["id"] if rows else None), count


def _stale(place: Place, cipher: TextCipher, size: Size) -> Select[Any]:
    """The next rows of which a value was not sealed with the current key."""
    rows, current = place.clause, f"{cipher.ids[0]}."
    is_stale = or_(*(and_(rows.c[name].is_not(None), rows.c[name].not_like(f"{current}%")) for name in place.columns))
    query = select(rows).where(rows.c.id > size.after, is_stale).order_by(rows.c.id).limit(size.count)
    return query.with_for_update(key_share=True, skip_locked=not size.is_patient)


def _sealed_anew(cipher: TextCipher, place: Place, row: Mapping[Any, Any]) -> dict[str, str]:
    """What to change in a row. A value that cannot be opened stays as it is, under the key that it names."""
    changes: dict[str, str] = {}
    for name, context in place.contexts.items():
        if row[name] is not None and not cipher.is_current(row[name]):
            plain = _opened(cipher, row[name], context)
            if plain is not None:
                changes[name] = cipher.seal(plain, context)
    index, source, context = INDEXES.get(place.name, ("", "", ""))
    if index and not cipher.is_current(row[index]):
        plain = _opened(cipher, row[source], place.contexts[source])
        if plain is not None:
            changes[index] = cipher.blind_index(plain, context)
    return changes


def _opened(cipher: TextCipher, sealed: str, context: str) -> str | None:
    try:
        return cipher.open(sealed, context)
    except WrongKey:
        return None


def _wrap_programs(database: Database, vault: Vault) -> int:
    """Wrap the keys of programs with the current master."""
    with database.writing() as session:
        count = 0
        for program in session.scalars(select(Program).with_for_update(key_share=True)):
            count += vault.rewrap_program(program)
    return count


def _is_under(rows: TableClause, columns: Sequence[str], key_id: str) -> ColumnElement[bool]:
    return or_(*(rows.c[name].like(f"{key_id}.%") for name in columns))

"""Checks the audit trail from its first row to its end, and against what was written down outside of the database."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import RowMapping, Text, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from econsult.anchors import EVERY, Anchor
from econsult.people.persons import Person
from econsult.trail import START, AuditChain, AuditEvent, anchor_seal, chain_key, end_seal, row_mac
from storage.keys import WrongKey

LATE = 3 * EVERY
"""A row that is not anchored for so long was never written down by a clock, or its anchor was taken."""
UNREADABLE = (TypeError, ValueError)
"""What a value raises that is not of its column's kind. SQLite keeps such a value, whoever writes it."""
AT_ONCE = 2000
SPELT = "dddd-dd-dd dd:dd:dd.dddddd".replace("d", "[0-9]")
END_UNREADABLE = "The end of the trail cannot be read: a value is not of its kind."
NOT_ANCHORED = "is not the one that was anchored"


@dataclass(frozen=True)
class Checked:
    """One program's trail: how many rows hold, how far it is anchored, and the first thing that is wrong, if any."""

    program_id: int
    rows: int
    anchored: int
    fault: str = ""


def check_trail(session: Session, anchors: Sequence[Anchor | None]) -> list[Checked]:
    """Every program's trail, in the order of the programs. Reads all rows, in bounded memory."""
    if session.get_bind().dialect.name == "postgresql":
        # The rows must be those of the moment in which the ends were read; SQLite gives no other view.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    chains = session.scalars(select(AuditChain.program_id))
    # A row that claims a program without a chain is named whatever place it claims: those of before chains claim none.
    named = session.scalars(select(AuditEvent.program_id).distinct())
    anchored = {anchor.program_id for anchor in anchors if anchor is not None}
    claimed: set[object] = {*chains, *(number for number in named if number is not None), *anchored}
    found = [_check(session, number, anchors) for number in sorted(each for each in claimed if isinstance(each, int))]
    if any(not isinstance(each, int) for each in claimed):
        found.append(Checked(0, 0, 0, "Rows or an end claim a program that is no number."))
    return found


def check_anchoring(session: Session, found: Sequence[Checked], now: datetime) -> list[Checked]:
    """The same, and a fault where anchors are missing that a clock had written by now, or the whole trail is.

    Who takes rows from the end takes the anchors of them as well, where they can.
    """
    told = [each if each.fault else replace(each, fault=_lacks_anchor(session, each, now)) for each in found]
    known = {each.program_id for each in found}
    peopled = select(Person.program_id).distinct().order_by(Person.program_id)
    lost = [number for number in session.scalars(peopled) if number not in known]
    return [*told, *(Checked(number, 0, 0, "There are people, and no row of what they did.") for number in lost)]


def _lacks_anchor(session: Session, checked: Checked, now: datetime) -> str:
    """Whether a row is not anchored that is older than clocks wait for; rows are as old as they say."""
    following = select(AuditEvent.at).where(
        AuditEvent.program_id == checked.program_id, AuditEvent.sequence == checked.anchored + 1
    )
    at = session.scalars(following).one_or_none()
    if at is None or at > now - LATE:
        return ""
    whence = f"The anchors end at row {checked.anchored}" if checked.anchored else "There is no anchor"
    return f"{whence}, and row {checked.anchored + 1} is older than a clock waits: does one run, or were anchors taken?"


def _check(session: Session, program_id: int, anchors: Sequence[Anchor | None]) -> Checked:
    ours = [anchor for anchor in anchors if anchor is not None and anchor.program_id == program_id]
    furthest = max((anchor.sequence for anchor in ours), default=0)
    try:
        chain = session.scalars(select(AuditChain).where(AuditChain.program_id == program_id)).one_or_none()
    except WrongKey:
        return Checked(program_id, 0, furthest, "The key of the trail is not the one that was made for it.")
    except UNREADABLE:
        return Checked(program_id, 0, furthest, END_UNREADABLE)
    if chain is None:
        return Checked(program_id, 0, furthest, "The end of the trail is missing: without it no row can be checked.")
    if not (isinstance(chain.sequence, int) and all(_is_hash(each) for each in (chain.mac, chain.seal))):
        return Checked(program_id, 0, furthest, END_UNREADABLE)
    rows, fault = _check_rows(session, chain, {anchor.sequence: anchor for anchor in ours})
    fault = fault or _check_outside(session, program_id) or _check_anchors(chain, anchors, ours)
    return Checked(program_id, rows, furthest, fault or _check_times(session, program_id))


def _is_hash(value: object) -> bool:
    """Whether it can be compared with one."""
    return isinstance(value, str) and value.isascii()


def _check_rows(session: Session, chain: AuditChain, anchored: dict[int, Anchor]) -> tuple[int, str]:
    """How many rows hold, and what is wrong with the one after them."""
    mac, count, number = START, 0, 0
    with suppress(*UNREADABLE):
        key = chain_key(chain)
        for row in _rows(session, chain.program_id):
            if row["sequence"] != count + 1:
                return count, f"Row {count + 1} is missing."
            mac = row_mac(key, mac, row)
            if not hmac.compare_digest(mac, row["mac"] or ""):
                return count, f"Row {count + 1} is not as it was written."
            # Rows are added one after the other, so their keys rise with their places; no hash knows a key beforehand.
            is_moved = row["id"] <= number
            if is_moved or (count + 1 in anchored and anchored[count + 1].mac != mac):
                what = "was moved: its key is not after that of the row before it" if is_moved else NOT_ANCHORED
                return count, f"Row {count + 1} {what}."
            count, number = count + 1, row["id"]
        return count, _check_end(chain, key, mac, count)
    return count, f"Row {count + 1} cannot be read: a value is not of its kind."


def _rows(session: Session, program_id: int) -> Iterator[RowMapping]:
    """The rows of a chain in their order. Raises one of UNREADABLE at the first with a value that cannot be read.

    Such a value spoils all rows that are read with it: those before it are then read one by one.
    """
    query = select(AuditEvent).where(AuditEvent.program_id == program_id, AuditEvent.sequence.is_not(None))
    columns = query.order_by(AuditEvent.sequence).with_only_columns(*AuditEvent.__table__.columns)
    given = 0
    try:
        with session.execute(columns.execution_options(yield_per=AT_ONCE)) as rows:
            for row in rows.mappings():
                given += 1
                yield row
    except UNREADABLE:
        with session.execute(columns.offset(given).execution_options(yield_per=1)) as rows:
            yield from rows.mappings()


def _check_end(chain: AuditChain, key: bytes, mac: str, count: int) -> str:
    """Whether the end that is kept of the chain is that of its last row."""
    if chain.sequence > count:
        return f"Row {count + 1} is missing at the end."
    is_sealed = hmac.compare_digest(chain.seal, end_seal(key, chain.program_id, chain.sequence, chain.mac))
    if not is_sealed or (chain.sequence, chain.mac) != (count, mac):
        return f"The end of the trail is not as it was written after row {chain.sequence}."
    return ""


def _check_outside(session: Session, program_id: int) -> str:
    """Rows beside the chain: nobody but an intruder can have written one since the chain began.

    One without a program is in no chain, whatever place it claims.
    """
    own = and_(AuditEvent.program_id == program_id, AuditEvent.sequence.is_(None))
    outside = or_(own, AuditEvent.program_id.is_(None))
    count = session.scalars(select(func.count()).select_from(AuditEvent).where(outside)).one()
    return f"{count} rows stand outside of the trail." if count else ""


def _check_times(session: Session, program_id: int) -> str:
    """SQLite keeps a moment as text: one that is spelt otherwise is the same, and searches by day pass it over."""
    if session.get_bind().dialect.name != "sqlite":
        return ""
    spelt = type_coerce(AuditEvent.at, Text).bool_op("GLOB")(SPELT)
    first = select(func.min(AuditEvent.sequence)).where(AuditEvent.program_id == program_id, ~spelt)
    number = session.scalar(first)
    return f"Row {number} spells its moment as no row does." if number else ""


def _check_anchors(chain: AuditChain, anchors: Iterable[Anchor | None], ours: Sequence[Anchor]) -> str:
    key = chain_key(chain)
    if None in anchors:
        return "A line of the anchors cannot be read."
    for anchor in ours:
        # Older anchors carry the seal of the end itself.
        kinds = (anchor_seal, end_seal)
        seals = [make(key, anchor.program_id, anchor.sequence, anchor.mac) for make in kinds]
        if not any(hmac.compare_digest(seal, anchor.seal) for seal in seals):
            return f"The anchor of row {anchor.sequence} is not ours."
        if anchor.sequence > chain.sequence:
            return f"Rows {chain.sequence + 1} to {anchor.sequence} were taken from the end: they had been anchored."
    return ""

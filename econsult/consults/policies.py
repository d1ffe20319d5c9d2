"""The rules of the promise: targets, ladder, longest pause and release, versioned for program, specialty and urgency.

A consult carries the rules that it started with. A newer policy touches it only by a re-computation that the ledger
records, so that every old figure can be worked out again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult import audit
from econsult.belonging import in_program
from econsult.consults.records import Consult, Urgency
from econsult.database import Base, Instant
from econsult.errors import InvalidError
from econsult.people.persons import SPECIALTIES, Person


class ClockName(StrEnum):
    ALLOCATE = "allocate"
    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    FAMILY_INFORMED = "family_informed"


@dataclass(frozen=True)
class Rules:
    """What one consult was promised. `version` is the policy's number, 0 where the installation's defaults hold."""

    allocate: timedelta
    first_reply: timedelta
    next_reply: timedelta = timedelta(hours=24)
    family_informed: timedelta = timedelta(hours=24)
    pause: timedelta = timedelta(hours=72)
    release: timedelta = timedelta(hours=12)
    ladder: tuple[int, ...] = (50, 75, 90, 100)
    version: int = 0

    def target(self, name: ClockName) -> timedelta:
        found: timedelta = getattr(self, name)
        return found

    def as_text(self) -> str:
        whole = {name: int(getattr(self, name).total_seconds() // 60) for name in MINUTES}
        return json.dumps({**whole, "ladder": list(self.ladder), "version": self.version})


MINUTES = ("allocate", "first_reply", "next_reply", "family_informed", "pause", "release")
LEAST = dict.fromkeys(MINUTES, 1) | {"release": 0}
LONGEST = dict.fromkeys(MINUTES, 30 * 24 * 60) | {"release": 24 * 60}
LONGEST_EVER = 10_000 * 60
"""In minutes: no setting and no policy can promise anything later."""
DEFAULTS = {
    Urgency.ROUTINE: Rules(timedelta(hours=1), timedelta(hours=24)),
    Urgency.SAME_DAY: Rules(timedelta(hours=1), timedelta(hours=4)),
    Urgency.URGENT: Rules(timedelta(minutes=12), timedelta(hours=1)),
}


TOO_LATE = "after_informed"
"""The code of a release that comes no sooner than the promise that the family has heard."""
_RETIRED = {"retired": True}
Pair = tuple[str, str]
"""Specialty and urgency that a policy is for; an empty one means all of them."""


class Policy(Base):
    """One version of the rules for a specialty and an urgency; an empty one means all of them.

    A version may say that they have no rules of their own any more: then those of the wider policy hold again.
    """

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("program_id", "specialty", "urgency", "version", name="uq_policy"),
        *in_program("policy", person_id="person"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    specialty: Mapped[str] = mapped_column(String(32), default="")
    urgency: Mapped[str] = mapped_column(String(16), default="")
    version: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def is_retired(self) -> bool:
        """Whether this version takes back those before it."""
        return _object(self.content) == _RETIRED


class Promising(Protocol):
    """What carries its rules: the record of a consult, or a plain row of it."""

    @property
    def rules(self) -> str | None: ...
    @property
    def urgency(self) -> str: ...


def rules_of(consult: Promising) -> Rules:
    """The rules that the consult carries; where nobody can read them, what the house promises without any policy.

    One damaged row must not keep the deadlines of all others waiting.
    """
    return (read_rules(consult.rules) if consult.rules else None) or installed(consult.urgency)


@lru_cache(maxsize=256)
def read_rules(text: str) -> Rules | None:
    """Rules as `as_text` wrote them; None for anything else, be it JSON of another shape."""
    found = _object(text)
    names = (*MINUTES, "version")
    if not all(_is_whole(found.get(name), 0, LONGEST_EVER) for name in names) or not _is_ladder(found.get("ladder")):
        return None
    spans = {name: timedelta(minutes=found[name]) for name in MINUTES}
    return Rules(**spans, ladder=tuple(found["ladder"]), version=found["version"])


def read_content(text: str) -> dict[str, Any]:
    """What a policy says, as `check_content` let it pass; nothing of what is damaged, so that the rest still holds."""
    found = _object(text)
    right = {name: found[name] for name in MINUTES if _is_whole(found.get(name), LEAST[name], LONGEST[name])}
    return right | ({"ladder": found["ladder"]} if _is_ladder(found.get("ladder")) else {})


def is_readable(text: str) -> bool:
    """Whether every word of a policy counts: it is as `check_content` lets it pass, or takes back those before it."""
    found = _object(text)
    return found in (_RETIRED, read_content(text)) and (bool(found) or text == "{}")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def current_rules(session: Session, consult: Consult, first_reply: Mapping[str, timedelta] | None = None) -> Rules:
    """The rules that would hold for the consult today: the newest version of the closest policy over the defaults."""
    return _rules_today(session, consult.program_id, (consult.specialty or "", consult.urgency), first_reply)


def first_replies(
    session: Session, program_id: int, specialty: str, targets: Mapping[str, timedelta] | None = None
) -> dict[str, timedelta]:
    """Within what a first reply would be promised today, by urgency: what a page may say before a request is sent."""
    return {each: _rules_today(session, program_id, (specialty, each), targets).first_reply for each in Urgency}


def _rules_today(session: Session, program_id: int, pair: Pair, first_reply: Mapping[str, timedelta] | None) -> Rules:
    base, policy = installed(pair[1], first_reply), closest(session, program_id, *pair)
    return overlay(base, read_content(policy.content), policy.version) if policy is not None else base


def installed(urgency: str, first_reply: Mapping[str, timedelta] | None = None) -> Rules:
    """What holds where no policy was made: the defaults, with the installation's own targets."""
    known = Urgency(urgency) if urgency in tuple(Urgency) else Urgency.ROUTINE
    base = DEFAULTS[known]
    return base if first_reply is None else replace(base, first_reply=first_reply[known])


def overlay(base: Rules, content: Mapping[str, Any], version: int) -> Rules:
    """The base with what a policy says instead."""
    changed: dict[str, Any] = {name: timedelta(minutes=content[name]) for name in MINUTES if name in content}
    if "ladder" in content:
        changed["ladder"] = tuple(content["ladder"])
    return replace(base, **changed, version=version)


def check_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's content, checked. Raises InvalidError naming each wrong field."""
    wrong = {name: "unknown_value" for name in content if name not in (*MINUTES, "ladder")}
    for name in MINUTES:
        if name in content and not _is_whole(content[name], LEAST[name], LONGEST[name]):
            wrong[name] = "invalid"
    if "ladder" in content and not _is_ladder(content["ladder"]):
        wrong["ladder"] = "invalid"
    if not wrong and _opens_too_late(content):
        wrong["release"] = TOO_LATE
    if wrong:
        raise InvalidError("Some rules are not right: " + ", ".join(sorted(wrong)) + ".", wrong)
    return dict(content)


def _opens_too_late(content: Mapping[str, Any]) -> bool:
    """Whether an answer would open to the family by itself only when the family should have heard it already."""
    if content.keys().isdisjoint(("release", "family_informed")):
        return False
    made = overlay(DEFAULTS[Urgency.ROUTINE], content, 0)
    return made.release >= made.family_informed


def save_policy(
    session: Session, person: Person, *, specialty: str, urgency: str, content: Mapping[str, Any], now: datetime
) -> Policy:
    """Add the next version. Consults that are open keep theirs."""
    if (specialty and specialty not in SPECIALTIES) or (urgency and urgency not in tuple(Urgency)):
        raise InvalidError(
            "The policy is for a specialty or urgency that is not known.", {"specialty": "unknown_value"}
        )
    return _add_version(session, person, (specialty, urgency), check_content(content), now)


def retire_policy(session: Session, person: Person, *, specialty: str, urgency: str, now: datetime) -> Policy:
    """Take back the rules of exactly this specialty and urgency, by a version that says so. Open consults keep theirs.

    Raises InvalidError where there are none.
    """
    if newest(session, person.program_id, specialty, urgency) is None:
        raise InvalidError("There is no policy for exactly this specialty and urgency.", {"policy": "unknown_value"})
    return _add_version(session, person, (specialty, urgency), _RETIRED, now)


def _add_version(session: Session, person: Person, pair: Pair, content: Mapping[str, Any], now: datetime) -> Policy:
    specialty, urgency = pair
    same = (Policy.program_id == person.program_id, Policy.specialty == specialty, Policy.urgency == urgency)
    version = session.scalars(select(func.coalesce(func.max(Policy.version), 0)).where(*same)).one() + 1
    policy = Policy(
        program_id=person.program_id,
        specialty=specialty,
        urgency=urgency,
        version=version,
        content=json.dumps(dict(content)),
        person_id=person.id,
        created_at=now,
    )
    session.add(policy)
    session.flush()
    audit.record(session, "edit", "policy", str(policy.id), now=now, person_id=person.id, detail=f"version/{version}")
    return policy


_OF_PAIR = select(Policy).filter_by(**{name: bindparam(name) for name in ("program_id", "specialty", "urgency")})
_NEWEST = _OF_PAIR.order_by(Policy.version.desc()).limit(1)


def newest(session: Session, program_id: int, specialty: str, urgency: str) -> Policy | None:
    """The version that holds for exactly this specialty and urgency; None where it was taken back."""
    asked = {"program_id": program_id, "specialty": specialty, "urgency": urgency}
    found = session.scalars(_NEWEST, asked).one_or_none()
    return None if found is None or found.is_retired else found


def policies_held(session: Session, program_id: int) -> dict[Pair, int]:
    """The version of each policy that was made and not taken back, by its specialty and urgency."""
    query = select(Policy).where(Policy.program_id == program_id).order_by(Policy.version)
    last = {(policy.specialty, policy.urgency): policy for policy in session.scalars(query)}
    return {pair: policy.version for pair, policy in sorted(last.items()) if not policy.is_retired}


def from_close_to_wide(specialty: str, urgency: str) -> list[Pair]:
    """The policies of which the first that was made holds for this specialty and urgency."""
    return [(specialty, urgency), (specialty, ""), ("", urgency), ("", "")]


def closest(
    session: Session, program_id: int, specialty: str, urgency: str, *, without: Pair | None = None
) -> Policy | None:
    """The policy that holds for this specialty and urgency, be it made for them, for one of them or for all.

    `without` asks what would hold if the policy of this pair were not there.
    """
    for pair in from_close_to_wide(specialty, urgency):
        found = None if pair == without else newest(session, program_id, *pair)
        if found is not None:
            return found
    return None


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_ladder(value: object) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= 10
        and all(_is_whole(level, 1, 100) for level in value)
        and value == sorted(set(value))
        and value[-1] == 100
    )

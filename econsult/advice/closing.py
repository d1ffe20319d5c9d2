"""Whether the loop closes: of what clinics sent in a period, how much was answered, read by whom it was for, and told.

The share that a clinic has read is what CMS counts as "closing the referral loop: receipt of specialist report": sent
in the period, and the report received, however long it took. What was first read or told counts, from the trail: a
question that is opened again forgets neither. Test requests and what was taken back never count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from econsult.cells import harmless
from econsult.consults.answers import Answer
from econsult.consults.lifecycle import Status
from econsult.consults.records import CLINICS_OWN, Consult
from econsult.figuring import grouped, percent, site_names, within_hours
from econsult.trail import AuditEvent

READ, TOLD = "acknowledge", "inform"
"""The acts of the trail by which a clinic has read an answer, and a family has heard what came of its question."""
SHARES = (50, 90)
"""The percentiles that are told of times."""


@dataclass(frozen=True)
class Closing:
    """One line. `read_h` and `told_h`: within how many hours of the sending half of those were, and nine of ten; empty
    of none.
    """

    by: str
    value: str
    sent: int
    answered: int
    read: int
    told: int
    read_h: tuple[float, ...]
    told_h: tuple[float, ...]

    def percent(self, count: int) -> float:
        """Of a hundred that were sent."""
        return percent(count, self.sent)

    def as_row(self) -> dict[str, Any]:
        """The line with the names of its columns; shares are in percent of what was sent, times in hours."""
        counts = {name: getattr(self, name) for name in ("by", "value", "sent", "answered", "read", "told")}
        shares = {f"percent_{name}": self.percent(counts[name]) for name in ("answered", "read", "told")}
        times = {
            f"{name}_p{share}_h": value
            for name, found in (("read", self.read_h), ("told", self.told_h))
            for share, value in zip(SHARES, found or ("", ""), strict=True)
        }
        return {**counts, "value": harmless(self.value), **shares, **times}


@dataclass(frozen=True)
class _Sent:
    specialty: str
    site: str
    language: str
    is_answered: bool
    read_after: timedelta | None
    told_after: timedelta | None


def closings(session: Session, start: datetime, end: datetime, *, program_id: int | None = None) -> list[Closing]:
    """What was sent to specialists from `start` up to, not including, `end`: over all, by specialty, site, language."""
    sent = _sent(session, start, end, program_id)
    found = _split("all", sent, lambda _each: "")
    found += _split("specialty", sent, lambda each: each.specialty)
    sites = site_names(session, program_id)
    found += _split("site", sent, lambda each: sites.get(each.site, each.site))
    return found + _split("language", sent, lambda each: each.language)


def _sent(session: Session, start: datetime, end: datetime, program_id: int | None) -> list[_Sent]:
    chosen = [
        Consult.submitted_at >= start,
        Consult.submitted_at < end,
        Consult.kind.in_(CLINICS_OWN),
        Consult.status != Status.WITHDRAWN,
        ~Consult.is_test,
    ]
    if program_id is not None:
        chosen.append(Consult.program_id == program_id)
    signed = select(Answer.consult_id).join(Consult, Consult.id == Answer.consult_id)
    answered = set(session.scalars(signed.where(Answer.signed_at.is_not(None), *chosen)))
    # By the child, for which the trail has an index.
    its = and_(AuditEvent.patient_id == Consult.patient_id, AuditEvent.consult_id == Consult.id)
    first = select(Consult.id, func.min(AuditEvent.at)).join(AuditEvent, its).where(*chosen).group_by(Consult.id)
    read, told = (dict(session.execute(first.where(AuditEvent.action == act)).all()) for act in (READ, TOLD))
    return [
        _Sent(
            specialty=consult.specialty or "",
            site=str(consult.organization_id or ""),
            language=consult.language,
            is_answered=consult.id in answered,
            read_after=_after(read, consult.id, consult.submitted_at),
            told_after=_after(told, consult.id, consult.submitted_at),
        )
        for consult in session.execute(
            select(
                Consult.id, Consult.specialty, Consult.organization_id, Consult.language, Consult.submitted_at
            ).where(*chosen)
        )
    ]


def _after(firsts: Mapping[int, datetime], number: int, sent_at: datetime) -> timedelta | None:
    return firsts[number] - sent_at if number in firsts else None


def _split(by: str, sent: Sequence[_Sent], key: Callable[[_Sent], str]) -> list[Closing]:
    return [_closing(by, value, group) for value, group in grouped(sent, key)]


def _closing(by: str, value: str, group: Sequence[_Sent]) -> Closing:
    read = [each.read_after for each in group if each.read_after is not None]
    told = [each.told_after for each in group if each.told_after is not None]
    answered = sum(each.is_answered for each in group)
    times = (within_hours(spans, *SHARES) for spans in (read, told))
    return Closing(by, value, len(group), answered, len(read), len(told), *times)

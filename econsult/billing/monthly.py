"""A month of billing in figures: how many parts are ready for which code, and what stands against the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from econsult.billing.export import TOGETHER, consults_of, signed_in
from econsult.billing.gathering import Part, all_parts_of, signed_between
from econsult.billing.rules import Side


@dataclass(frozen=True)
class Listed:
    """One part of one consult, without a word about the child."""

    part: Part

    @property
    def number(self) -> str:
        return self.part.consult.number

    @property
    def public_id(self) -> str:
        return self.part.consult.public_id


@dataclass(frozen=True)
class Total:
    """Of one code (empty: none fits, or another part's) on one side: how many parts, how many of them ready, and the
    whole minutes that count there."""

    side: Side
    code: str
    is_counted: bool
    count: int
    ready: int
    minutes: int


@dataclass(frozen=True)
class Month:
    """The parts of what was signed in a month, oldest consult first, summed in different ways."""

    listed: list[Listed]

    @property
    def ready(self) -> int:
        return sum(each.part.suggestion.is_ready for each in self.listed)

    @property
    def count(self) -> int:
        """How many parts there are for which there is a code at all."""
        return sum(each.part.may_have_code for each in self.listed)

    @property
    def totals(self) -> list[Total]:
        """By side and code, what counts with another part by itself."""
        groups: dict[tuple[Side, str, bool], list[Part]] = {}
        for each in self.listed:
            found = each.part.suggestion
            groups.setdefault((each.part.side, found.code, found.is_counted), []).append(each.part)
        return [
            Total(
                side,
                code,
                is_counted,
                len(parts),
                sum(part.suggestion.is_ready for part in parts),
                sum(part.suggestion.minutes for part in parts),
            )
            for (side, code, is_counted), parts in sorted(groups.items())
        ]

    @property
    def lacking(self) -> list[tuple[str, int]]:
        """What (key of a check) stands against how many parts, the most frequent first."""
        of = (each.part.suggestion for each in self.listed if each.part.may_have_code)
        count = Counter(key for found in of for key in found.blockers)
        return sorted(count.items(), key=lambda row: (-row[1], row[0]))

    @property
    def changed(self) -> list[Part]:
        """What a file told as ready and is not so any more; of other months, where a part of this one changed it."""
        parts = [each.part for each in self.listed]
        firsts = [part.first for part in parts if part.first is not None]
        return list({part.key: part for part in (*parts, *firsts) if part.was_ready}.values())

    @property
    def by_clinician(self) -> list[dict[str, str]]:
        """Consults, minutes and ready codes of each clinician on each side, by name."""
        sums: dict[tuple[str, str, str], list[int]] = {}
        for each in self.listed:
            person, found = each.part.person, each.part.suggestion
            if person is not None:
                total = sums.setdefault((person.name, person.public_id, each.part.side.value), [0, 0, 0])
                for place, more in enumerate((1, each.part.minutes, int(found.is_ready))):
                    total[place] += more
        names = ("name", "clinician", "side", "consults", "minutes", "ready")
        return [dict(zip(names, (*who, *map(str, total)), strict=True)) for who, total in sorted(sums.items())]


def span_of(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the month in this zone, and that of the next month."""
    start = datetime(month.year, month.month, 1, tzinfo=zone)
    return start, datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=zone)


def month_of(session: Session, program_id: int, month: date, zone: ZoneInfo, *, now: datetime) -> Month:
    """The figures of a program's month; as many statements for each `TOGETHER` consults as for one."""
    span = span_of(month, zone)
    ids = signed_in(session, span, program_id=program_id)
    listed: list[Listed] = []
    for start in range(0, len(ids), TOGETHER):
        consults = consults_of(session, ids[start:][:TOGETHER])
        parts = all_parts_of(session, consults, zone, now=now)
        listed += [Listed(part) for consult in consults for part in signed_between(parts[consult.id], span)]
    return Month(listed)

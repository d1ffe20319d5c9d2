"""From the records to the facts of the rules: whose work it was, when, and what is there of it.

However many consults are asked about at once, the statements are as many as for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from econsult.billing.entries import Activity
from econsult.billing.loading import Loaded, load
from econsult.billing.records import Attestation
from econsult.billing.rules import Facts, RuleSet, Side, Suggestion, suggest
from econsult.billing.siterules import rules_in
from econsult.billing.spans import seconds_of
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind
from econsult.people.persons import Person


@dataclass(frozen=True)
class Part:
    """One person's part in a consult: who, how long by activity (seconds), the facts, and what fits them.

    `report` is the last answer that counts for it: the consultant's own, for the clinic the consult's. `answer` is its
    version, 0 before there is one. `served_at` is when the part was done, now where it is not.
    """

    side: Side
    person: Person | None
    seconds: dict[str, int]
    facts: Facts
    suggestion: Suggestion
    report: Answer | None
    served_at: datetime
    is_medicaid: bool

    @property
    def answer(self) -> int:
        return self.report.version if self.report else 0


def parts_of(session: Session, consult: Consult, zone: ZoneInfo, *, now: datetime) -> dict[Side, Part]:
    """Both sides of a consult as it stands, by the site's rules: who answered last, and the clinic."""
    found = all_parts_of(session, [consult], zone, now=now)[consult.id]
    return {part.side: part for part in reversed(found)}


def all_parts_of(
    session: Session, consults: Sequence[Consult], zone: ZoneInfo, *, now: datetime
) -> dict[int, list[Part]]:
    """The parts of these consults by their ids: who answered last, the clinic, and whoever answered before."""
    return parts_in(load(session, consults), zone, now=now, rules=rules_in(session))


def parts_in(loaded: Loaded, zone: ZoneInfo, *, now: datetime, rules: RuleSet) -> dict[int, list[Part]]:
    """The same, from what was loaded already."""
    reader = _Reader(loaded, zone, now, rules)
    return {
        consult.id: [reader.part(consult, *whose) for whose in _people(loaded, consult)] for consult in loaded.consults
    }


def _people(loaded: Loaded, consult: Consult) -> Iterator[tuple[Side, Person | None, Answer | None]]:
    """Whose parts there are, each with the report that counts for it."""
    by_author = loaded.reports_by_author(consult)
    last = by_author[0] if by_author else None
    yield Side.CONSULTANT, loaded.people.get(last.author_id if last else consult.holder_id or 0), last
    yield Side.REQUESTER, loaded.asker_of(consult), last
    for report in by_author[1:]:
        yield Side.CONSULTANT, loaded.people.get(report.author_id), report


@dataclass(frozen=True)
class _Reader:
    """Reads the facts of one part out of what was loaded."""

    loaded: Loaded
    zone: ZoneInfo
    now: datetime
    rules: RuleSet

    def part(self, consult: Consult, side: Side, person: Person | None, report: Answer | None) -> Part:
        loaded, is_consultant = self.loaded, side == Side.CONSULTANT
        asker = loaded.asker_of(consult)
        answered_by = loaded.people.get(report.author_id if report else consult.holder_id or 0)
        consultant = person if is_consultant else answered_by
        served = (report.signed_at if report else None) if is_consultant else loaded.requested_at(consult)
        before = loaded.before(consult, person, served or self.now, is_consultant=is_consultant)
        sums = loaded.sums.get(person.id, {}) if person else {}
        facts = Facts(
            **_request(loaded, consult, asker),
            **_attested(loaded.attestation_of(consult, consultant)),
            **_numbers(loaded, consult, {Side.CONSULTANT: consultant, Side.REQUESTER: asker}),
            **_work(sums, consult),
            is_report_signed=report is not None,
            # The clinic can read a report from its signature on.
            is_report_sent=report is not None and consult.organization_id is not None,
            served_on=_day(served or self.now, self.zone),
            previous_on=_day(before, self.zone),
        )
        by_activity = {activity.value: seconds_of(sums, consult.id, [activity]) for activity in Activity}
        payer = self.rules.payers.get(facts.payer)
        return Part(
            side,
            person,
            by_activity,
            facts,
            suggest(facts, side, self.rules),
            report,
            served_at=served or self.now,
            is_medicaid=payer is not None and payer.is_medicaid,
        )


def _work(sums: dict[tuple[int, str], timedelta], consult: Consult) -> dict[str, Any]:
    return {
        "seconds": seconds_of(sums, consult.id),
        "spoken_seconds": seconds_of(sums, consult.id, [Activity.DISCUSSION]),
    }


def _request(loaded: Loaded, consult: Consult, asker: Person | None) -> dict[str, Any]:
    return {
        "is_requested_by_clinician": consult.kind != Kind.FAMILY_QUESTION and asker is not None,
        "is_request_signed": consult.submitted_at is not None and asker is not None,
        "has_reason": bool(consult.question.strip()),
        "has_consent": consult.id in loaded.consents and consult.consent_withdrawn_at is None,
        "is_confidential": consult.is_confidential,
    }


def _attested(row: Attestation | None) -> dict[str, Any]:
    """What the consultant said of their own part: nobody's word stands for a colleague who answered before or after."""
    names = ("f2f_prior_14d", "f2f_planned_14d", "transfer_of_care", "is_spoken_report")
    return {name: getattr(row, name) if row else None for name in names}


def _numbers(loaded: Loaded, consult: Consult, people: dict[Side, Person | None]) -> dict[str, Any]:
    coverage = loaded.coverage_of(consult)
    told: dict[str, Any] = {
        "payer": coverage.payer,
        "insurance_id": coverage.insurance_id,
        "program_id": coverage.plan,
        "child_state": coverage.state,
        "diagnosis": loaded.billing_of(consult).diagnosis,
    }
    for side, person in people.items():
        numbers = loaded.numbers_of(person)
        told |= {
            f"{side}_npi": numbers.npi,
            f"{side}_taxonomy": numbers.taxonomy,
            f"is_{side}_enrolled": numbers.is_enrolled,
            f"{side}_states": frozenset(filter(None, numbers.states.split(","))),
        }
    return told


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if at else None

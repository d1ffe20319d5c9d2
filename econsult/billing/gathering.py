"""From the records to the facts of the rules: whose work it was, when, and what is there of it.

However many consults are asked about at once, the statements are as many as for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from econsult.billing.entries import Activity
from econsult.billing.loading import Loaded, load
from econsult.billing.records import Attestation
from econsult.billing.rounds import Round
from econsult.billing.rules import Facts, RuleSet, Side, Suggestion, suggest
from econsult.billing.siterules import rules_in
from econsult.billing.spans import seconds_of
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind
from econsult.people.persons import Person


@dataclass(frozen=True)
class Part:
    """One person's part in one answer: who, how long by activity (seconds), the facts, and what fits them.

    `of` is the round that it belongs to: the answer, and the request that led to it. `served_at` is when the part was
    done, now where it is not.
    """

    side: Side
    person: Person | None
    of: Round
    seconds: dict[str, int]
    facts: Facts
    suggestion: Suggestion
    served_at: datetime
    is_medicaid: bool

    @property
    def may_have_code(self) -> bool:
        """Whether there are codes at all for such work."""
        return self.side != Side.COLLEAGUE

    @property
    def report(self) -> Answer | None:
        return self.of.report

    @property
    def answer(self) -> int:
        """The version of its answer, 0 before it is signed."""
        return self.report.version if self.report else 0


def parts_of(session: Session, consult: Consult, zone: ZoneInfo, *, now: datetime) -> dict[Side, Part]:
    """Both sides of a consult as it stands, by the site's rules: who answers or answered last, and the clinic."""
    found = all_parts_of(session, [consult], zone, now=now)[consult.id]
    return {part.side: part for part in reversed(found)}


def all_parts_of(
    session: Session, consults: Sequence[Consult], zone: ZoneInfo, *, now: datetime
) -> dict[int, list[Part]]:
    """The parts of these consults by their ids: of the newest answer the consultant's and the clinic's, and so on."""
    return parts_in(load(session, consults), zone, now=now, rules=rules_in(session))


def parts_in(loaded: Loaded, zone: ZoneInfo, *, now: datetime, rules: RuleSet) -> dict[int, list[Part]]:
    """The same, from what was loaded already."""
    reader = _Reader(loaded, zone, now, rules)
    return {
        consult.id: [part for each in loaded.rounds[consult.id] for part in reader.parts(consult, each)]
        for consult in loaded.consults
    }


def signed_between(parts: Iterable[Part], span: tuple[datetime, datetime]) -> list[Part]:
    """Those whose answer was signed in `span` (the end is left out): each answer is of one month for good."""
    return [part for part in parts if part.report and span[0] <= (part.report.signed_at or span[1]) < span[1]]


@dataclass(frozen=True)
class _Reader:
    """Reads the facts of one part out of what was loaded."""

    loaded: Loaded
    zone: ZoneInfo
    now: datetime
    rules: RuleSet

    def parts(self, consult: Consult, each: Round) -> Iterator[Part]:
        """Of one answer: the consultant's, the clinic's, and those of colleagues whom the consultant asked."""
        yield self._part(consult, Side.CONSULTANT, each, self._consultant(consult, each))
        yield self._part(consult, Side.REQUESTER, each, self.loaded.asker_of(each))
        for person in self.loaded.colleagues_of(consult, each):
            yield self._part(consult, Side.COLLEAGUE, each, person)

    def _consultant(self, consult: Consult, each: Round) -> Person | None:
        return self.loaded.people.get(each.report.author_id if each.report else consult.holder_id or 0)

    def _part(self, consult: Consult, side: Side, each: Round, person: Person | None) -> Part:
        loaded, report = self.loaded, each.report
        asker, consultant = loaded.asker_of(each), self._consultant(consult, each)
        served = each.asked_at if side == Side.REQUESTER else report.signed_at if report else None
        before = loaded.before(consult, person, served or self.now, is_consultant=side != Side.REQUESTER)
        own = loaded.sums.get(person.id, {}) if person else {}
        facts = Facts(
            **_request(loaded, consult, each),
            **_attested(loaded.attestation_of(consult, consultant, each.version)),
            **_numbers(loaded, consult, {Side.CONSULTANT: consultant, Side.REQUESTER: asker}),
            seconds=seconds_of(own, consult.id, version=each.version),
            spoken_seconds=seconds_of(own, consult.id, [Activity.DISCUSSION], version=each.version),
            is_report_signed=report is not None,
            # The clinic can read a report from its signature on.
            is_report_sent=report is not None and consult.organization_id is not None,
            served_on=_day(served or self.now, self.zone),
            previous_on=_day(before, self.zone),
        )
        by_activity = {kind.value: seconds_of(own, consult.id, [kind], version=each.version) for kind in Activity}
        payer = self.rules.payers.get(facts.payer)
        return Part(
            side,
            person,
            each,
            by_activity,
            facts,
            suggest(facts, side, self.rules),
            served_at=served or self.now,
            is_medicaid=payer is not None and payer.is_medicaid,
        )


def _request(loaded: Loaded, consult: Consult, each: Round) -> dict[str, Any]:
    asker = loaded.asker_of(each)
    return {
        "is_requested_by_clinician": consult.kind != Kind.FAMILY_QUESTION and asker is not None,
        "is_request_signed": each.asked_at is not None and asker is not None,
        "has_reason": bool(consult.question.strip()),
        "has_consent": consult.id in loaded.consents and consult.consent_withdrawn_at is None,
        "is_confidential": consult.is_confidential,
    }


def _attested(row: Attestation | None) -> dict[str, Any]:
    """What the consultant said of their own part in this answer: nobody's word stands for another one."""
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

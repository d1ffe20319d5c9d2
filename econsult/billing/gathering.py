"""From the records to the facts of the rules: whose work it was, when, and what is there of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.billing.entries import Activity, sums_of
from econsult.billing.records import ConsultBilling, billing_of, coverage_of, numbers_of
from econsult.billing.rules import DEFAULTS, Facts, RuleSet, Side, Suggestion, suggest
from econsult.billing.spans import seconds_of
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind
from econsult.people.consent import consent_for
from econsult.people.persons import Person, Role


@dataclass(frozen=True)
class Part:
    """One side's part in a consult: who, how long by activity (seconds), the facts, and what fits them.

    `answer` is the version of the last signed answer, 0 before there is one.
    """

    side: Side
    person: Person | None
    seconds: dict[str, int]
    facts: Facts
    suggestion: Suggestion
    answer: int


def parts_of(
    session: Session, consult: Consult, zone: ZoneInfo, *, now: datetime, rules: RuleSet = DEFAULTS
) -> dict[Side, Part]:
    """Both sides of a consult, as far as there is somebody."""
    report = _report_of(session, consult.id)
    people = {
        Side.CONSULTANT: session.get(Person, report.author_id if report else consult.holder_id or 0),
        Side.REQUESTER: _asker_of(session, consult),
    }
    served = {
        Side.CONSULTANT: (report.signed_at if report else None) or now,
        Side.REQUESTER: consult.submitted_at or now,
    }
    shared = Facts(
        **_request(session, consult, people[Side.REQUESTER]),
        **_attested(billing_of(session, consult.id)),
        **_numbers(session, consult, people),
        is_report_signed=report is not None,
        # The clinic can read a report from its signature on.
        is_report_sent=report is not None and consult.organization_id is not None,
    )
    parts = {}
    for side, person in people.items():
        before = _before(session, consult, side, person, served[side])
        sums = sums_of(session, person.id, [consult.id]) if person else {}
        days: dict[str, Any] = {"served_on": _day(served[side], zone), "previous_on": _day(before, zone)}
        facts = replace(shared, **_work(sums, consult), **days)
        by_activity = {activity.value: seconds_of(sums, consult.id, [activity]) for activity in Activity}
        version = report.version if report else 0
        parts[side] = Part(side, person, by_activity, facts, suggest(facts, side, rules), version)
    return parts


def _work(sums: dict[tuple[int, str], timedelta], consult: Consult) -> dict[str, Any]:
    return {
        "seconds": seconds_of(sums, consult.id),
        "spoken_seconds": seconds_of(sums, consult.id, [Activity.DISCUSSION]),
    }


def _request(session: Session, consult: Consult, asker: Person | None) -> dict[str, Any]:
    consent = consent_for(session, consult.id)
    return {
        "is_requested_by_clinician": consult.kind != Kind.FAMILY_QUESTION and asker is not None,
        "is_request_signed": consult.submitted_at is not None and asker is not None,
        "has_reason": bool(consult.question.strip()),
        "has_consent": consent is not None and consult.consent_withdrawn_at is None,
        "is_confidential": consult.is_confidential,
    }


def _attested(row: ConsultBilling) -> dict[str, Any]:
    names = ("f2f_prior_14d", "f2f_planned_14d", "transfer_of_care", "is_spoken_report")
    return {name: getattr(row, name) for name in names}


def _numbers(session: Session, consult: Consult, people: dict[Side, Person | None]) -> dict[str, Any]:
    coverage = coverage_of(session, consult.patient_id)
    told: dict[str, Any] = {
        "payer": coverage.payer,
        "insurance_id": coverage.insurance_id,
        "program_id": coverage.plan,
        "child_state": coverage.state,
        "diagnosis": billing_of(session, consult.id).diagnosis,
    }
    for side, person in people.items():
        numbers = numbers_of(session, person.id if person else 0)
        told |= {
            f"{side}_npi": numbers.npi,
            f"is_{side}_enrolled": numbers.is_enrolled,
            f"{side}_states": frozenset(filter(None, numbers.states.split(","))),
        }
    return told


def _report_of(session: Session, consult_id: int) -> Answer | None:
    """The last answer that was signed."""
    query = select(Answer).where(Answer.consult_id == consult_id, Answer.signed_at.is_not(None))
    return session.scalars(query.order_by(Answer.version.desc()).limit(1)).one_or_none()


def _asker_of(session: Session, consult: Consult) -> Person | None:
    """The clinician who signed the request; nobody where a family or a nurse asked."""
    person = session.get_one(Person, consult.sent_on_by_id or consult.requester_id)
    return person if person.role == Role.PCP else None


def _before(session: Session, consult: Consult, side: Side, person: Person | None, at: datetime) -> datetime | None:
    """When this person last had such a part for this child in another consult, billed or not."""
    if person is None:
        return None
    others = (Consult.patient_id == consult.patient_id, Consult.id != consult.id, Consult.is_test.is_(False))
    if side == Side.CONSULTANT:
        query = select(func.max(Answer.signed_at)).join(Consult, Consult.id == Answer.consult_id)
        query = query.where(Answer.author_id == person.id, Answer.signed_at < at)
    else:
        asker = func.coalesce(Consult.sent_on_by_id, Consult.requester_id)
        query = select(func.max(Consult.submitted_at)).where(asker == person.id, Consult.submitted_at < at)
    return session.scalar(query.where(*others, Consult.kind != Kind.FAMILY_QUESTION))


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if at else None

"""Everything that billing reads of some consults, loaded in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from econsult.billing.entries import sums_by_person
from econsult.billing.records import (
    Attestation,
    ClinicianNumbers,
    ConsultBilling,
    Coverage,
    no_billing,
    no_coverage,
    no_numbers,
)
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind
from econsult.database import Base
from econsult.people.consent import Consent
from econsult.people.persons import Person, Role
from econsult.trail import AuditEvent

Row = TypeVar("Row", bound=Base)
Dated = dict[tuple[int, int], list[tuple[int, datetime]]]
"""By (person id, child's id): in which consult (id), and when."""


@dataclass(frozen=True)
class Loaded:
    """What is on record of `consults`; all but what has a pair as its key by the ids that the names say."""

    consults: Sequence[Consult]
    reports: dict[int, list[Answer]]
    people: dict[int, Person]
    consents: dict[int, Consent]
    billing: dict[int, ConsultBilling]
    attested: dict[tuple[int, int], Attestation]
    coverage: dict[int, Coverage]
    numbers: dict[int, ClinicianNumbers]
    sent_on: dict[int, datetime]
    answered: Dated
    requested: Dated
    sums: dict[int, dict[tuple[int, str], timedelta]]

    def billing_of(self, consult: Consult) -> ConsultBilling:
        return self.billing.get(consult.id) or no_billing(consult.id)

    def attestation_of(self, consult: Consult, person: Person | None) -> Attestation | None:
        return self.attested.get((consult.id, person.id)) if person else None

    def coverage_of(self, consult: Consult) -> Coverage:
        return self.coverage.get(consult.patient_id) or no_coverage(consult.patient_id)

    def numbers_of(self, person: Person | None) -> ClinicianNumbers:
        number = person.id if person else 0
        return self.numbers.get(number) or no_numbers(number)

    def reports_by_author(self, consult: Consult) -> list[Answer]:
        """The last signed answer of each who signed one, the newest first."""
        found: dict[int, Answer] = {}
        for report in reversed(self.reports.get(consult.id, [])):
            found.setdefault(report.author_id, report)
        return list(found.values())

    def asker_of(self, consult: Consult) -> Person | None:
        """The clinician who signed the request; nobody where a family or a nurse asked."""
        person = self.people[consult.sent_on_by_id or consult.requester_id]
        return person if person.role == Role.PCP else None

    def requested_at(self, consult: Consult) -> datetime | None:
        """When the clinic asked: what a family had sent before counts from when its clinic sent it on."""
        return self.sent_on.get(consult.id) or consult.submitted_at

    def before(self, consult: Consult, person: Person | None, at: datetime, *, is_consultant: bool) -> datetime | None:
        """When this person last had such a part for this child in another consult, billed or not."""
        dated = self.answered if is_consultant else self.requested
        others = dated.get((person.id if person else 0, consult.patient_id), [])
        return max((when for number, when in others if number != consult.id and when < at), default=None)


def load(session: Session, consults: Sequence[Consult], *, with_words: bool = False) -> Loaded:
    """Load it all; `with_words` also what the answers say, by which their fingerprints are reckoned."""
    ids = {consult.id for consult in consults}
    children = {consult.patient_id for consult in consults}
    reports = _reports(session, ids, with_words=with_words)
    people = _people(session, consults, reports)
    sent_on = _sent_on(session, children)
    return Loaded(
        consults=consults,
        reports=reports,
        people=people,
        consents={row.consult_id: row for row in _rows(session, Consent, Consent.consult_id, ids)},
        billing={row.consult_id: row for row in _rows(session, ConsultBilling, ConsultBilling.consult_id, ids)},
        attested={
            (row.consult_id, row.person_id): row for row in _rows(session, Attestation, Attestation.consult_id, ids)
        },
        coverage={row.patient_id: row for row in _rows(session, Coverage, Coverage.patient_id, children)},
        numbers={row.person_id: row for row in _rows(session, ClinicianNumbers, ClinicianNumbers.person_id, people)},
        sent_on=sent_on,
        answered=_answered(session, children),
        requested=_requested(session, children, sent_on),
        sums=sums_by_person(session, people, ids),
    )


def _rows(
    session: Session, table: type[Row], column: InstrumentedAttribute[int], wanted: Iterable[int]
) -> Iterable[Row]:
    """Oldest first, so that of several the newest is kept."""
    return session.scalars(select(table).where(column.in_(set(wanted))).order_by(table.id))


def _reports(session: Session, ids: set[int], *, with_words: bool) -> dict[int, list[Answer]]:
    query = select(Answer).where(Answer.consult_id.in_(ids), Answer.signed_at.is_not(None)).order_by(Answer.version)
    found: dict[int, list[Answer]] = {}
    for report in session.scalars(query if with_words else query.options(defer(Answer.content))):
        found.setdefault(report.consult_id, []).append(report)
    return found


def _people(session: Session, consults: Sequence[Consult], reports: dict[int, list[Answer]]) -> dict[int, Person]:
    wanted = {report.author_id for each in reports.values() for report in each}
    for consult in consults:
        wanted |= {consult.requester_id, consult.sent_on_by_id or 0, consult.holder_id or 0}
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}


def _sent_on(session: Session, children: set[int]) -> dict[int, datetime]:
    """When a clinic made a family's question its own: the trail alone holds that."""
    query = select(AuditEvent.consult_id, AuditEvent.at).where(
        AuditEvent.patient_id.in_(children), AuditEvent.action == "send_on", AuditEvent.consult_id.is_not(None)
    )
    return {number: at for number, at in session.execute(query) if number is not None}


def _counts(children: set[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        Consult.patient_id.in_(children),
        Consult.is_test.is_(False),
        Consult.kind != Kind.FAMILY_QUESTION,
    )


def _answered(session: Session, children: set[int]) -> Dated:
    query = (
        select(Answer.author_id, Consult.patient_id, Consult.id, Answer.signed_at)
        .join(Consult, Consult.id == Answer.consult_id)
        .where(Answer.signed_at.is_not(None), *_counts(children))
    )
    found: Dated = {}
    for author, child, number, at in session.execute(query):
        if at is not None:
            found.setdefault((author, child), []).append((number, at))
    return found


def _requested(session: Session, children: set[int], sent_on: dict[int, datetime]) -> Dated:
    asker = func.coalesce(Consult.sent_on_by_id, Consult.requester_id)
    query = select(asker, Consult.patient_id, Consult.id, Consult.submitted_at)
    found: Dated = {}
    for who, child, number, at in session.execute(query.where(Consult.submitted_at.is_not(None), *_counts(children))):
        if at is not None:
            found.setdefault((who, child), []).append((number, sent_on.get(number, at)))
    return found

"""Everything that billing reads of some consults, loaded in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from econsult.billing.entries import sums_by_person
from econsult.billing.exported import ExportedPart, PartKey, exported_of
from econsult.billing.in_person import InPerson, in_person_of
from econsult.billing.records import (
    Attestation,
    ClinicianNumbers,
    ConsultBilling,
    Coverage,
    no_billing,
    no_coverage,
    no_numbers,
)
from econsult.billing.rounds import Begun, Course, Round, begun_in, version_at
from econsult.billing.services import being_written, counts, others_of, places_of, signed_answers
from econsult.billing.spans import Sums, seconds_of
from econsult.billing.together import Key, Place, later_of
from econsult.consults.answers import Answer
from econsult.consults.records import Consult
from econsult.consults.sides import HANDS, SideEvent, SideQuestion
from econsult.database import Base
from econsult.people.consent import Consent
from econsult.people.persons import Person, Role
from econsult.trail import AuditEvent

Row = TypeVar("Row", bound=Base)
Dated = dict[tuple[int, int], list[datetime]]
"""By (person id, child's id): when such a part was done."""
_TRAILED = ("send_on", "acknowledge")


@dataclass(frozen=True)
class Aside:
    """Somebody has a question that was asked beside a consult at that moment, or had it in their hands."""

    person_id: int
    at: datetime
    is_now: bool


@dataclass(frozen=True)
class Loaded:
    """What is on record of `consults`; all but what has a pair as its key by the ids that the names say.

    `known` holds these consults, and others of which an answer is one service with one of theirs: `places` says where
    each specialist's answer stands, `later` which are one service with it. `colleagues` holds who had a question that
    was asked beside the consult, `exported` what files have told.
    """

    consults: Sequence[Consult]
    known: dict[int, Consult]
    places: dict[Key, Place]
    later: dict[Key, list[Key]]
    exported: dict[PartKey, ExportedPart]
    rounds: dict[int, list[Round]]
    begun: dict[int, list[Begun]]
    people: dict[int, Person]
    consents: dict[int, Consent]
    billing: dict[int, ConsultBilling]
    attested: dict[tuple[int, int, int], Attestation]
    coverage: dict[int, Coverage]
    numbers: dict[int, ClinicianNumbers]
    colleagues: dict[int, list[Aside]]
    sent_on: dict[int, datetime]
    requested: Dated
    sums: dict[int, Sums]
    visits: dict[int, list[InPerson]]

    def billing_of(self, consult: Consult) -> ConsultBilling:
        return self.billing.get(consult.id) or no_billing(consult.id)

    def attestation_of(self, consult: Consult, person: Person | None, version: int) -> Attestation | None:
        return self.attested.get((consult.id, person.id, version)) if person else None

    def coverage_of(self, consult: Consult) -> Coverage:
        return self.coverage.get(consult.patient_id) or no_coverage(consult.patient_id)

    def numbers_of(self, person: Person | None) -> ClinicianNumbers:
        number = person.id if person else 0
        return self.numbers.get(number) or no_numbers(number)

    def asker_of(self, each: Round) -> Person | None:
        """The clinician who asked for this answer; nobody where a family or a nurse did."""
        person = self.people.get(each.asker_id)
        return person if person is not None and person.role == Role.PCP else None

    def colleagues_of(self, consult: Consult, each: Round) -> list[Person]:
        """Who has a question beside this answer or worked on one, but for whoever gives the answer themselves."""
        asides = [
            one for one in self.colleagues.get(consult.id, ()) if self.version_at(consult, one.at) == each.version
        ]
        of = {one.person_id for one in asides}
        of.discard(each.report.author_id if each.report else consult.holder_id or 0)
        have = {one.person_id for one in asides if one.is_now}
        worked = {who for who in of if seconds_of(self.sums.get(who, {}), consult.id, version=each.version)}
        return [self.people[who] for who in sorted(of & (have | worked))]

    def version_at(self, consult: Consult, at: datetime) -> int:
        """In which round of the consult work is that began at this moment."""
        return version_at(self.begun.get(consult.id, ()), at)

    def asked_before(self, consult: Consult, person: Person | None, at: datetime) -> datetime | None:
        """When this person last asked for this child, in this consult or in another one, billed or not."""
        moments = self.requested.get((person.id if person else 0, consult.patient_id), [])
        return max((when for when in moments if when < at), default=None)


def load(
    session: Session, asked: Sequence[Consult], zone: ZoneInfo, *, now: datetime, with_words: bool = False
) -> Loaded:
    """Load it all; `with_words` also what the answers say, by which their fingerprints are reckoned."""
    children = {consult.patient_id for consult in asked}
    trailed = _trailed(session, children)
    sent_on = {number: moments[-1] for number, moments in trailed["send_on"].items()}
    begun = begun_in(session, Consult.patient_id.in_(children))
    signed = signed_answers(session, children)
    numbers = {consult.id for consult in asked} | {each.consult_id for each in signed}
    billing = {row.consult_id: row for row in _rows(session, ConsultBilling, ConsultBilling.consult_id, numbers)}
    places = places_of(session, [*signed, *being_written(asked, signed, begun, now)], billing, zone)
    consults = [*asked, *others_of(session, asked, places)]
    ids = {consult.id for consult in consults}
    reports = _reports(session, ids, with_words=with_words)
    rounds = {
        consult.id: Course(
            reports.get(consult.id, ()),
            begun.get(consult.id, ()),
            sent_on.get(consult.id),
            trailed["acknowledge"].get(consult.id, ()),
        ).rounds(consult)
        for consult in consults
    }
    colleagues = _colleagues(session, ids)
    people = _people(session, consults, rounds, colleagues)
    return Loaded(
        consults=asked,
        known={consult.id: consult for consult in consults},
        places=places,
        later=later_of(places),
        exported=exported_of(session, ids),
        rounds=rounds,
        begun=begun,
        people=people,
        consents={row.consult_id: row for row in _rows(session, Consent, Consent.consult_id, ids)},
        billing=billing,
        attested={
            (row.consult_id, row.person_id, row.answer): row
            for row in _rows(session, Attestation, Attestation.consult_id, ids)
        },
        coverage={row.patient_id: row for row in _rows(session, Coverage, Coverage.patient_id, children)},
        numbers={row.person_id: row for row in _rows(session, ClinicianNumbers, ClinicianNumbers.person_id, people)},
        colleagues=colleagues,
        sent_on=sent_on,
        requested=_requested(session, children, sent_on, begun),
        sums=sums_by_person(session, people, ids, begun),
        visits=in_person_of(session, children),
    )


def _rows(
    session: Session, table: type[Row], column: InstrumentedAttribute[int], wanted: Iterable[int]
) -> Iterable[Row]:
    """Oldest first, so that of several the newest is kept."""
    return session.scalars(select(table).where(column.in_(set(wanted))).order_by(table.id))


def _reports(session: Session, ids: set[int], *, with_words: bool) -> dict[int, list[Answer]]:
    is_report = (Answer.signed_at.is_not(None), Answer.corrects.is_(None))
    query = select(Answer).where(Answer.consult_id.in_(ids), *is_report).order_by(Answer.version)
    found: dict[int, list[Answer]] = {}
    for report in session.scalars(query if with_words else query.options(defer(Answer.content))):
        found.setdefault(report.consult_id, []).append(report)
    return found


def _people(
    session: Session,
    consults: Sequence[Consult],
    rounds: dict[int, list[Round]],
    colleagues: dict[int, list[Aside]],
) -> dict[int, Person]:
    wanted = {each.person_id for of in colleagues.values() for each in of}
    wanted |= {each.asker_id for of in rounds.values() for each in of}
    wanted |= {each.report.author_id for of in rounds.values() for each in of if each.report}
    for consult in consults:
        wanted |= {consult.requester_id, consult.sent_on_by_id or 0, consult.holder_id or 0}
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}


def _colleagues(session: Session, ids: set[int]) -> dict[int, list[Aside]]:
    in_hands = (SideEvent.side_id == SideQuestion.id) & SideEvent.kind.in_(HANDS)
    query = (
        select(SideQuestion, SideEvent.person_id)
        .join(SideEvent, in_hands, isouter=True)
        .where(SideQuestion.consult_id.in_(ids))
    )
    found: dict[int, list[Aside]] = {}
    for side, before in session.execute(query):
        of = found.setdefault(side.consult_id, [])
        if side.holder_id is not None:
            of.append(Aside(side.holder_id, side.opened_at, is_now=side.is_open))
        if before is not None:
            of.append(Aside(before, side.opened_at, is_now=False))
    return found


def _trailed(session: Session, children: set[int]) -> dict[str, dict[int, list[datetime]]]:
    """When a clinician made a family's question their own, and when answers were read, by what was done and the
    consult's id, oldest first: of what a later reopening forgets the trail alone tells."""
    columns = (AuditEvent.action, AuditEvent.consult_id, AuditEvent.at)
    query = select(*columns).where(
        AuditEvent.patient_id.in_(children), AuditEvent.action.in_(_TRAILED), AuditEvent.consult_id.is_not(None)
    )
    found: dict[str, dict[int, list[datetime]]] = {action: {} for action in _TRAILED}
    for action, number, at in session.execute(query.order_by(AuditEvent.at, AuditEvent.sequence)):
        found[action].setdefault(number or 0, []).append(at)
    return found


def _requested(
    session: Session, children: set[int], sent_on: dict[int, datetime], begun: dict[int, list[Begun]]
) -> Dated:
    asker = func.coalesce(Consult.sent_on_by_id, Consult.requester_id)
    query = select(asker, Consult.patient_id, Consult.id, Consult.submitted_at)
    found: Dated = {}
    for who, child, number, at in session.execute(query.where(Consult.submitted_at.is_not(None), *counts(children))):
        if at is not None:
            found.setdefault((who, child), []).append(sent_on.get(number, at))
            for when, by in begun.get(number, ()):
                found.setdefault((by, child), []).append(when)
    return found

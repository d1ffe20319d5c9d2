"""From the records to services: which answers of one person for one child have one code between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, defer

from econsult.billing.records import ConsultBilling
from econsult.billing.rounds import Begun
from econsult.billing.siterules import rules_in
from econsult.billing.together import Contact, Key, Place, placed
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind

SHUT = (Consult.details, Consult.override_reason, Consult.end_reason, Consult.end_told)
"""What billing reads of no consult: of its words it opens the question alone, since a code asks that it is there."""


def counts(children: set[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        Consult.patient_id.in_(children),
        Consult.is_test.is_(False),
        Consult.kind != Kind.FAMILY_QUESTION,
    )


@dataclass(frozen=True)
class Given:
    """An answer: whose (person id), for which child (id), in which consult and round, and when; now where open."""

    person_id: int
    patient_id: int
    consult_id: int
    version: int
    at: datetime
    is_confidential: bool


def signed_answers(session: Session, children: set[int]) -> list[Given]:
    """All that were ever signed for these children."""
    place = func.row_number().over(partition_by=Answer.consult_id, order_by=Answer.version)
    columns = (Answer.author_id, Consult.patient_id, Consult.id, place, Answer.signed_at)
    query = (
        select(*columns, Consult.confidential != "")
        .join(Consult, Consult.id == Answer.consult_id)
        .where(Answer.signed_at.is_not(None), Answer.corrects.is_(None), *counts(children))
    )
    return [
        Given(author, child, consult, version, at, is_confidential)
        for author, child, consult, version, at, is_confidential in session.execute(query)
        if at is not None
    ]


def being_written(
    asked: Iterable[Consult], signed: Iterable[Given], begun: Mapping[int, Sequence[Begun]], now: datetime
) -> Iterator[Given]:
    """The answers that whoever has one of these consults is giving."""
    is_given = {(each.consult_id, each.version) for each in signed}
    for consult in asked:
        version = len(begun.get(consult.id, ())) + 1
        if consult.holder_id is not None and (consult.id, version) not in is_given:
            yield Given(
                consult.holder_id, consult.patient_id, consult.id, version, now, is_confidential=consult.is_confidential
            )


def places_of(
    session: Session, given: Iterable[Given], billing: Mapping[int, ConsultBilling], zone: ZoneInfo
) -> dict[Key, Place]:
    """What a young person keeps from the family is one service with nothing outside of its own consult."""
    contacts: dict[tuple[int, int], list[Contact]] = {}
    for each in given:
        row = billing.get(each.consult_id)
        problem = row.diagnosis if row and not each.is_confidential else ""
        day = each.at.astimezone(zone).date()
        contact = Contact((each.consult_id, each.version), each.at, day, problem)
        contacts.setdefault((each.person_id, each.patient_id), []).append(contact)
    days = rules_in(session).consultant_days
    return {key: place for own in contacts.values() for key, place in placed(own, days).items()}


def others_of(session: Session, asked: Sequence[Consult], places: Mapping[Key, Place]) -> Sequence[Consult]:
    """The consults, but for those asked about, of which an answer is one service with one of theirs."""
    ids = {consult.id for consult in asked}
    services: dict[Key, set[int]] = {}
    for key, place in places.items():
        services.setdefault(place.first or key, set()).add(key[0])
    wanted = set().union(*(of for of in services.values() if of & ids)) - ids
    query = select(Consult).where(Consult.id.in_(wanted)).order_by(Consult.id)
    return session.scalars(query.options(*(defer(shut) for shut in SHUT))).all()

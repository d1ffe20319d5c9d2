"""Who of those on duty may take which request: of a whole pool, looked up once for many requests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person
from econsult.rosters.limits import Conflict, limits_of


class Asked(Protocol):
    """What is looked at of a request, as a record or as a plain row."""

    @property
    def patient_id(self) -> int: ...
    @property
    def organization_id(self) -> int | None: ...


class Able:
    """Licences, languages and conflicts of one program's specialists, against those of each request."""

    def __init__(self, session: Session, program_id: int) -> None:
        self._session, self._program_id = session, program_id
        self._limits = limits_of(session, session.scalars(select(Person.id).where(Person.program_id == program_id)))
        barred = select(Conflict.person_id, Conflict.patient_id).join(Person, Person.id == Conflict.person_id)
        self._barred = {(row[0], row[1]) for row in session.execute(barred.where(Person.program_id == program_id))}
        self._states: dict[int | None, str] = {}

    @property
    def has_rules(self) -> bool:
        """Whether anybody is limited at all."""
        return bool(self._limits or self._barred)

    def any_of(self, people: Collection[int], asked: Asked) -> bool:
        """Whether one of these people may take the request."""
        return any(self._may(person, asked) for person in people)

    def _may(self, person: int, asked: Asked) -> bool:
        if (person, asked.patient_id) in self._barred:
            return False
        limits = self._limits.get(person)
        if limits is None:
            return True
        if limits.states and not limits.may_work_in(self._state(asked.organization_id)):
            return False
        return not limits.languages or limits.speaks(self._language(asked.patient_id))

    def _state(self, organization_id: int | None) -> str:
        if organization_id not in self._states:
            clinic = self._session.get(Organization, organization_id) if organization_id else None
            self._states[organization_id] = clinic.state if clinic else ""
        return self._states[organization_id]

    def _language(self, patient_id: int) -> str:
        return self._session.scalars(select(Patient.language).where(Patient.id == patient_id)).one()

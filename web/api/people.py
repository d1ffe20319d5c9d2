"""Routes about children, and about whom one can ask for by name."""

from __future__ import annotations

from typing import Any

from flask import request

from econsult import access, panel
from econsult.consults.wishes import nameable
from econsult.cursors import pack, unpack_number
from econsult.errors import InvalidError
from econsult.people.patients import add_patient
from econsult.people.persons import SPECIALTIES, Organization, Program
from web.api.numbers import hidden_for
from web.api.routing import CLINIC, route
from web.api.schemas import PATIENT_IN
from web.api.shapes import patient_json
from web.api.who import person_json
from web.context import database, now, runtime
from web.shell.auth import me

PAGE = 50


@route("GET", "/patients", answer="Patients", query=("cursor",))
def list_patients() -> dict[str, Any]:
    """The children whom the caller may know by name, oldest registration first."""
    with database().writing() as session:
        after = unpack_number(request.args.get("cursor", ""))
        found = access.patients_for(session, me(), now=now(), after=after, limit=PAGE + 1)
        hidden = hidden_for(session, found[:PAGE])
    following = pack(found[PAGE - 1].id) if len(found) > PAGE else None
    items = [patient_json(patient, with_identity=True, hidden=hidden.get(patient.id)) for patient in found[:PAGE]]
    return {"items": items, "next": following}


@route("POST", "/patients", answer="Patient", status=201, body=PATIENT_IN, roles=CLINIC)
def register_patient(body: dict[str, Any]) -> dict[str, Any]:
    """Register a child with the caller's clinic. One it seems to have is 409 with its `id`, unless `is_another`."""
    is_another = body.pop("is_another", False)
    with database().writing() as session:
        person = me()
        if not is_another:
            panel.refuse_known(session, person, body["name"], body["birth_date"], body.get("mrn", ""), now=now())
        program = session.get_one(Program, person.program_id)
        home = session.get(Organization, person.organization_id) if person.organization_id else None
        key = runtime().vault.new_patient_key(session, program)
        patient = add_patient(
            session, program, key_wrapped=key, now=now(), organization=home, registered_by=person, **body
        )
    return patient_json(patient, with_identity=True)


@route("GET", "/specialists", answer="Specialists", query=("specialty",), roles=CLINIC)
def list_specialists() -> dict[str, Any]:
    """Whom one may ask for by name: everybody of the program who answers for the specialty."""
    specialty = request.args.get("specialty", "")
    if specialty not in SPECIALTIES:
        raise InvalidError("Name a specialty.", {"specialty": "unknown_value"})
    with database().reading() as session:
        return {"items": [person_json(person) for person in nameable(session, me().program_id, specialty)]}

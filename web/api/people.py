"""Routes about children."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import request

from econsult import access
from econsult.errors import InvalidError
from econsult.people.patients import add_patient
from econsult.people.persons import Organization, Program
from web.api.routing import CLINIC, route
from web.api.schemas import PATIENT_IN
from web.api.shapes import patient_json
from web.context import database, now, runtime
from web.shell.auth import me

PAGE = 50


@route("GET", "/patients", answer="Patients", query=("cursor",))
def list_patients() -> dict[str, Any]:
    """The children whom the caller may know by name, oldest registration first."""
    with database().writing() as session:
        after = _read_cursor(request.args.get("cursor", ""))
        found = access.patients_for(session, me(), now=now(), after=after, limit=PAGE + 1)
    following = _make_cursor(found[PAGE - 1].id) if len(found) > PAGE else None
    return {"items": [patient_json(patient, with_identity=True) for patient in found[:PAGE]], "next": following}


@route("POST", "/patients", answer="Patient", status=201, body=PATIENT_IN, roles=CLINIC)
def register_patient(body: dict[str, Any]) -> dict[str, Any]:
    """Register a child with the caller's clinic as its medical home."""
    with database().writing() as session:
        person = me()
        program = session.get_one(Program, person.program_id)
        home = session.get(Organization, person.organization_id) if person.organization_id else None
        key = runtime().vault.new_patient_key(program)
        patient = add_patient(
            session, program, key_wrapped=key, now=now(), organization=home, registered_by=person, **body
        )
    return patient_json(patient, with_identity=True)


def _make_cursor(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode()


def _read_cursor(cursor: str) -> int:
    try:
        number = int(base64.urlsafe_b64decode(cursor.encode()) or b"0")
        # What a database can hold as a key; anything else was never given out.
        number.to_bytes(8, "big", signed=True)
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidError("This page of the list does not exist.", {"cursor": "invalid"}) from None
    return number

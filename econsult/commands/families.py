"""Commands for clinics, children, and which caregiver may act for which child."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import audit
from econsult.commands.accounts import find_clinic, find_person
from econsult.commands.programs import only_of, program_of
from econsult.commands.typed import typed_line
from econsult.errors import ConsultError, InvalidError
from econsult.installation import Installation
from econsult.people.caregivers import end_link
from econsult.people.pasted import pasted
from econsult.people.patients import RELATIONS, SEXES, Patient, add_patient, link_caregiver
from econsult.people.persons import LANGUAGES, Organization, Role, add_organization, organization_by_name

if TYPE_CHECKING:
    from argparse import Namespace, _SubParsersAction

    Commands = _SubParsersAction[argparse.ArgumentParser]

LONGEST = {"name": 120, "phone": 40}


def offer(name: str, command: argparse.ArgumentParser) -> None:
    """Offer `clinic` and `child`."""
    {"clinic": _offer_clinic, "child": _offer_child}[name](command.add_subparsers(required=True))


def _offer_clinic(clinic: Commands) -> None:
    create = clinic.add_parser("create", help="make a clinic")
    create.add_argument("--name", required=True)
    create.add_argument("--phone", default="")
    create.set_defaults(run=_create_clinic)
    clinic.add_parser("list", help="print the clinics' names").set_defaults(run=_list_clinics)


def _offer_child(child: Commands) -> None:
    create = child.add_parser("create", help="register a child; name and birth date are asked for, or read from stdin")
    create.add_argument("--clinic", required=True, metavar="NAME", help="the medical home")
    create.add_argument("--sex", default="unknown", choices=SEXES)
    create.add_argument("--language", default="en", choices=LANGUAGES)
    create.set_defaults(run=_create_child)
    find = child.add_parser("find", help="print the ids of children of a name, which is asked for, or read from stdin")
    find.set_defaults(run=_find_children)
    link = child.add_parser("link", help="let a caregiver act for a child")
    link.add_argument("--relation", required=True, choices=RELATIONS)
    link.add_argument("--no-authority", action="store_true", help="this caregiver may not consent for the child")
    link.set_defaults(run=_link)
    unlink = child.add_parser("unlink", help="let a caregiver no longer act for a child")
    unlink.set_defaults(run=_unlink)
    for command in (link, unlink):
        command.add_argument("--child", required=True, metavar="ID")
        command.add_argument("--person", required=True, metavar="EMAIL")


def _create_clinic(installation: Installation, options: Namespace, now: datetime) -> str:
    given = {"name": pasted(options.name), "phone": pasted(options.phone)}
    wrong = {name: "invalid" for name, text in given.items() if len(text) > LONGEST[name] or not text.isprintable()}
    if wrong or not given["name"]:
        raise InvalidError("A clinic has a name of 1 to 120 letters and a telephone number of at most 40.", wrong)
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        if organization_by_name(session, program, given["name"]) is not None:
            raise ConsultError("There is a clinic of that name already.")
        clinic = add_organization(session, program, **given)
        audit.record_operator(session, "create", "organization", clinic, now=now)
    return ""


def _list_clinics(installation: Installation, options: Namespace, _now: datetime) -> str:
    with installation.database.reading() as session:
        query = select(Organization.name).where(only_of(session, options, Organization.program_id))
        return "\n".join(session.scalars(query.order_by(Organization.name)))


def _create_child(installation: Installation, options: Namespace, now: datetime) -> str:
    name, born = typed_line("Name of the child"), typed_line("Birth date, such as 2021-05-30")
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        clinic = find_clinic(session, program, options.clinic)
        child = add_patient(
            session,
            program,
            key_wrapped=installation.vault.new_patient_key(session, program),
            name=name,
            birth_date=born,
            now=now,
            sex=options.sex,
            language=options.language,
            organization=clinic,
        )
    return child.public_id


def _find_children(installation: Installation, options: Namespace, now: datetime) -> str:
    """Names rest sealed, so that each has to be opened; a program has thousands of children, not millions."""
    name = typed_line("Name of the child").casefold()
    with installation.database.writing() as session:
        query = select(Patient).where(only_of(session, options, Patient.program_id))
        found = [child for child in session.scalars(query) if child.name.casefold() == name]
        for child in found:
            audit.record(session, "read", "patient", child.public_id, now=now, person_id=None, patient_id=child.id)
    if not found:
        raise ConsultError("There is no child of this name.")
    return "\n".join(child.public_id for child in found)


def _link(installation: Installation, options: Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        person = find_person(session, installation, options)
        if person.role != Role.CAREGIVER:
            raise ConsultError("Only a caregiver's account can be linked to a child.")
        child = _child(session, options.child)
        if child.program_id != person.program_id:
            raise ConsultError("This child is of another program than this account.")
        said = {"has_authority": not options.no_authority, "is_proven": False}
        link_caregiver(session, child, person, options.relation, now, **said)
    return ""


def _unlink(installation: Installation, options: Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        person = find_person(session, installation, options)
        if not end_link(session, _child(session, options.child), person, now):
            raise ConsultError("This caregiver is not linked to this child.")
    return ""


def _child(session: Session, public_id: str) -> Patient:
    child = session.scalars(select(Patient).where(Patient.public_id == public_id)).one_or_none()
    if child is None:
        raise ConsultError("There is no child with this id.")
    return child

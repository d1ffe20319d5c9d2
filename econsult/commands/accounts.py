"""Commands for accounts: make and close them, set a password, clear a lost factor, give out a link or a token."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.alerts import tell_of_change
from econsult.commands.programs import only_of, program_of
from econsult.commands.typed import typed_line, typed_password
from econsult.consults.hearers import desk_of
from econsult.errors import ConsultError, InvalidError
from econsult.installation import Installation
from econsult.people.account import known_of, reopen_account
from econsult.people.deaths import was_closed_by_death
from econsult.people.guessable import refuse_guessable
from econsult.people.passwords import hash_password
from econsult.people.persons import (
    LANGUAGES,
    SPECIALTIES,
    Organization,
    Person,
    Program,
    Role,
    add_person,
    organization_by_name,
    people_at,
)
from econsult.people.signin import LINK_PATH, clear_factor, close_account, make_link, make_token, set_password
from econsult.queue.reoffering import offer_again
from econsult.staffing import NEEDS_CLINIC

if TYPE_CHECKING:
    from argparse import Namespace, _SubParsersAction

    Commands = _SubParsersAction[argparse.ArgumentParser]

CREATED = [role for role in Role if role not in (Role.ADMIN, Role.YOUTH, Role.INVITED)]
LONGEST_LINK = 24 * 60


def offer(name: str, command: argparse.ArgumentParser) -> None:
    """Offer `admin`, `person`, `factor`, `password`, `link` and `token`."""
    verbs = {"admin": _offer_admin, "person": _offer_person, "factor": _offer_factor}
    if name in verbs:
        verbs[name](command.add_subparsers(required=True))
        return
    command.add_argument("--person", required=True, metavar="EMAIL")
    command.set_defaults(run={"password": _set_password, "link": _print_link, "token": _print_token}[name])
    if name == "link":
        command.add_argument("--minutes", type=int, default=10, help="how long it works (at most a day)")
    if name == "token":
        command.add_argument("--days", type=int, default=90)


def _offer_admin(admin: Commands) -> None:
    create = admin.add_parser("create", help="make an administrator; the password is asked for, or read from stdin")
    create.add_argument("--email", required=True)
    create.add_argument("--name", default="Administrator")
    create.set_defaults(run=_create_admin, makes_records=True)


def _offer_factor(factor: Commands) -> None:
    clear = factor.add_parser("clear", help="take a lost one away; sessions and sign-in links end at once")
    clear.add_argument("--person", required=True, metavar="EMAIL")
    clear.set_defaults(run=_clear_factor)


def find_person(session: Session, installation: Installation, options: Namespace, *, is_active: bool = True) -> Person:
    """The open account (or the closed one) at the address of --person, within --program. Raises ConsultError."""
    found = people_at(session, installation.database.cipher, options.person, is_active=is_active)
    wanted = only_of(session, options, Person.program_id)
    among = set(session.scalars(select(Person.id).where(Person.id.in_([each.id for each in found]), wanted)))
    people = [each for each in found if each.id in among]
    if len(people) > 1:
        raise ConsultError(
            "This address is used in several programs: say which, with --program NAME before the command."
        )
    if not people:
        closed = "There is no closed account with this e-mail address."
        raise ConsultError("Nobody here has this e-mail address." if is_active else closed)
    return people[0]


def find_clinic(session: Session, program: Program, name: str) -> Organization:
    """The program's clinic of that name. Raises ConsultError."""
    clinic = organization_by_name(session, program, name)
    if clinic is None:
        raise ConsultError("There is no clinic of that name: `python -m econsult clinic list` shows them.")
    return clinic


def _offer_person(person: Commands) -> None:
    create = person.add_parser("create", help="make an account; the name is asked for, or read from stdin")
    create.add_argument("--email", required=True)
    create.add_argument("--role", required=True, choices=[str(role) for role in CREATED])
    create.add_argument("--clinic", default="", metavar="NAME", help="where a PCP or a telepresenter works")
    create.add_argument("--specialty", action="append", default=[], choices=SPECIALTIES, help="may be given again")
    create.add_argument("--language", default="en", choices=LANGUAGES)
    create.set_defaults(run=_create_person)
    person.add_parser("list", help="print role, address and state of every account").set_defaults(run=_list_people)
    for name, run, words in (
        ("close", _close_person, "close an account: sessions, links and tokens end at once"),
        ("reopen", _reopen_person, "open a closed account again"),
    ):
        command = person.add_parser(name, help=words)
        command.add_argument("--person", required=True, metavar="EMAIL")
        command.set_defaults(run=run)


def _create_admin(installation: Installation, options: Namespace, now: datetime) -> str:
    typed = typed_password()
    hashed = hash_password(typed)
    refuse_guessable(typed, (options.email, options.name, installation.settings.program_name))
    installation.database.migrate()
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        person = add_person(
            session,
            installation.database.cipher,
            program,
            email=options.email,
            name=options.name,
            role=Role.ADMIN,
            now=now,
        )
        set_password(session, person, hashed, now)
    return ""


def _create_person(installation: Installation, options: Namespace, now: datetime) -> str:
    role = Role(options.role)
    if role in NEEDS_CLINIC and not options.clinic:
        raise InvalidError(f"A {role} works at a clinic: name it with --clinic.", {"clinic": "required"})
    if (role == Role.SPECIALIST) != bool(options.specialty):
        raise InvalidError("A specialist, and nobody else, has one --specialty or more.", {"specialty": "required"})
    name = typed_line("Name")
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        add_person(
            session,
            installation.database.cipher,
            program,
            email=options.email,
            name=name,
            role=role,
            now=now,
            organization=find_clinic(session, program, options.clinic) if options.clinic else None,
            language=options.language,
            specialties=tuple(dict.fromkeys(options.specialty)),
        )
        session.flush()
        # What waits for somebody of this specialty is offered to this person.
        offer_again(session, program.id, now)
    return ""


def _list_people(installation: Installation, options: Namespace, _now: datetime) -> str:
    with installation.database.reading() as session:
        query = select(Person).where(only_of(session, options, Person.program_id))
        people = session.scalars(query.order_by(Person.id)).all()
    return "\n".join(f"{one.role:<14}{one.email}{'' if one.is_active else '  (closed)'}" for one in people)


def _close_person(installation: Installation, options: Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        person = find_person(session, installation, options)
        close_account(session, person, now)
        session.flush()
        # What waited for this person is another's now, or nobody's: the desk hears of it.
        offer_again(session, person.program_id, now)
        return _without_desk(session, person, now)


def _without_desk(session: Session, closed: Person, now: datetime) -> str:
    """What follows when the last coordinator goes; empty where somebody else is there."""
    heirs = desk_of(session, closed.program_id, now)
    if closed.role != Role.COORDINATOR or (heirs and heirs[0].role == Role.COORDINATOR):
        return ""
    who = {Role.DIRECTOR: "The director hears", Role.ADMIN: "The administrator hears"}
    hears = who[Role(heirs[0].role)] if heirs else "NOBODY hears"
    return f"This was the last coordinator: the desk is empty. {hears} what it would hear until there is another one."


def _reopen_person(installation: Installation, options: Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        person = find_person(session, installation, options, is_active=False)
        if was_closed_by_death(session, person):
            raise ConsultError("This young person has died: their clinic takes the mark back where it is a mistake.")
        reopen_account(session, person, now)
        offer_again(session, person.program_id, now)
    return ""


def _clear_factor(installation: Installation, options: Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        person = find_person(session, installation, options)
        if not clear_factor(session, person, now):
            raise ConsultError("This person has no second factor.")
        tell_of_change(session, person, now)
    return ""


def _set_password(installation: Installation, options: Namespace, now: datetime) -> str:
    with installation.database.reading() as session:
        known = known_of(session, find_person(session, installation, options))
    typed = typed_password()
    hashed = hash_password(typed)
    refuse_guessable(typed, known)
    with installation.database.writing() as session:
        person = find_person(session, installation, options)
        set_password(session, person, hashed, now)
        tell_of_change(session, person, now)
    return ""


def _print_link(installation: Installation, options: Namespace, now: datetime) -> str:
    if not 1 <= options.minutes <= LONGEST_LINK:
        raise ConsultError("A link works between 1 and 1,440 minutes.")
    with installation.database.writing() as session:
        person = find_person(session, installation, options)
        token = make_link(session, person, now, lives=timedelta(minutes=options.minutes))
    return f"{installation.settings.base_url}{LINK_PATH}{token}"


def _print_token(installation: Installation, options: Namespace, now: datetime) -> str:
    if not 1 <= options.days <= 3650:
        raise ConsultError("A token lives between 1 and 3,650 days.")
    with installation.database.writing() as session:
        return make_token(session, find_person(session, installation, options), now, days=options.days)

"""The operator's commands: `python -m econsult migrate | admin create | token`."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime

from econsult.errors import ConsultError, SettingError
from econsult.installation import Installation, open_installation
from econsult.people.passwords import hash_password
from econsult.people.persons import Role, add_person, person_by_email
from econsult.people.signin import make_token
from econsult.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit 0 done, 1 refused with one sentence on stderr, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        installation = open_installation(load_settings())
        try:
            options.run(installation, options, datetime.now(UTC))
        finally:
            installation.close()
    except (ConsultError, SettingError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m econsult", description="Operator's commands.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    migrate = commands.add_parser("migrate", help="bring the database to the newest schema")
    migrate.set_defaults(run=_migrate)
    admin = commands.add_parser("admin", help="people who run the program")
    verbs = admin.add_subparsers(required=True, metavar="VERB")
    create = verbs.add_parser("create", help="make an administrator; the password is asked for, or read from stdin")
    create.add_argument("--email", required=True)
    create.add_argument("--name", default="Administrator")
    create.set_defaults(run=_create_admin)
    token = commands.add_parser("token", help="print a bearer token for the API on the last line")
    token.add_argument("--person", required=True, metavar="EMAIL")
    token.add_argument("--days", type=int, default=90)
    token.set_defaults(run=_print_token)
    return parser


def _migrate(installation: Installation, _options: argparse.Namespace, _now: datetime) -> None:
    installation.database.migrate()


def _create_admin(installation: Installation, options: argparse.Namespace, now: datetime) -> None:
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    hashed = hash_password(password)
    installation.database.migrate()
    with installation.database.writing() as session:
        program = installation.vault.ensure_program(session, installation.settings.program_name, now)
        person = add_person(
            session,
            installation.database.cipher,
            program,
            email=options.email,
            name=options.name,
            role=Role.ADMIN,
            now=now,
        )
        person.password_hash = hashed


def _print_token(installation: Installation, options: argparse.Namespace, now: datetime) -> None:
    if not 1 <= options.days <= 3650:
        raise ConsultError("A token lives between 1 and 3,650 days.")
    with installation.database.writing() as session:
        person = person_by_email(session, installation.database.cipher, options.person)
        if person is None:
            raise ConsultError("Nobody here has this e-mail address.")
        token = make_token(session, person, now, days=options.days)
    print(token)


if __name__ == "__main__":
    raise SystemExit(main())

"""The operator's commands: `python -m econsult --help` names them all."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.exc import OperationalError, ProgrammingError

from econsult.commands.accounts import add_accounts
from econsult.commands.advice import add_advice
from econsult.commands.ages import add_ages
from econsult.commands.billing import add_billing
from econsult.commands.families import add_families
from econsult.commands.mail import add_mail
from econsult.commands.mastery import add_keys
from econsult.commands.notes import add_notes
from econsult.commands.programs import add_programs
from econsult.commands.promises import add_promises
from econsult.commands.shredding import add_shred
from econsult.commands.trails import add_trails
from econsult.crashing import keep_crashes_quiet
from econsult.errors import ConsultError, SettingError
from econsult.installation import Installation, check_records, open_installation, open_records
from econsult.settings import load_settings

AWAY = "The database does not answer as it should: see ECONSULT_DATABASE_URL, or run `python -m econsult migrate`."


CLOSED_PIPE = 141
"""What a shell reports of a command whose reader went away, as `| head -1` does."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit 0 done, 1 refused with one sentence on stderr, 2 wrong usage, 141 nobody reads any more."""
    try:
        try:
            return _answer(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would be written, and complained about, once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE


def _answer(arguments: list[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
        said = _run(options)
    except (ConsultError, SettingError) as error:
        print(error, file=sys.stderr)
        return _exit_of(options, error)
    except (OperationalError, ProgrammingError) as error:
        print(AWAY, file=sys.stderr)
        return _exit_of(options, error)
    if said:
        print(said)
    return 0


def _exit_of(options: argparse.Namespace, error: Exception) -> int:
    """1, apart from commands whose reader knows more numbers than that."""
    tell: Callable[[Exception], int] | None = options.exit_of
    return 1 if tell is None else tell(error)


def _run(options: argparse.Namespace) -> str:
    """What the command prints. Only those that make records may find none, and then make the folder and the keys."""
    settings = load_settings()
    installation = open_installation(settings) if options.makes_records else open_records(settings)
    try:
        if not options.makes_records:
            check_records(installation)
        said: str = options.run(installation, options, datetime.now(UTC))
    finally:
        installation.close()
    return said


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m econsult", description="Operator's commands.")
    parser.set_defaults(makes_records=False, exit_of=None)
    parser.add_argument("--program", default="", metavar="NAME", help="of which program, where there are several")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    migrate = commands.add_parser("migrate", help="bring the database to the newest schema")
    migrate.set_defaults(run=_migrate, makes_records=True)
    add_accounts(commands)
    add_advice(commands)
    add_billing(commands)
    add_ages(commands)
    add_families(commands)
    add_keys(commands)
    add_mail(commands)
    add_notes(commands)
    add_programs(commands)
    add_promises(commands)
    add_shred(commands)
    add_trails(commands)
    return parser


def _migrate(installation: Installation, _options: argparse.Namespace, _now: datetime) -> str:
    installation.database.migrate()
    return ""


if __name__ == "__main__":
    keep_crashes_quiet()
    raise SystemExit(main())

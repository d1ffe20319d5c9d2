"""Carries out the command that was called, on the records of this installation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import OperationalError, ProgrammingError

from econsult.errors import ConsultError, SettingError
from econsult.installation import check_records, check_ring, open_installation, open_records
from econsult.settings import load_settings

AWAY = "The database does not answer as it should: see ECONSULT_DATABASE_URL, or run `python -m econsult migrate`."


def answer(options: argparse.Namespace, now: datetime) -> int:
    """Write what the command says, and return its exit: 0, or that of its refusal, with one sentence on stderr."""
    try:
        said = _run(options, now)
    except (ConsultError, SettingError) as error:
        sys.stderr.write(f"{error}\n")
        return _exit_of(options, error)
    except (OperationalError, ProgrammingError) as error:
        sys.stderr.write(f"{AWAY}\n")
        return _exit_of(options, error)
    if said:
        sys.stdout.write(f"{said}\n")
    return 0


def _exit_of(options: argparse.Namespace, error: Exception) -> int:
    """1, apart from commands whose reader knows more numbers than that."""
    tell: Callable[[Exception], int] | None = options.exit_of
    return 1 if tell is None else tell(error)


def _run(options: argparse.Namespace, now: datetime) -> str:
    """What the command prints. Only those that make records may find none, and then make the folder and the keys."""
    settings = load_settings()
    installation = open_installation(settings) if options.makes_records else open_records(settings)
    try:
        if not options.makes_records:
            check_records(installation)
        if not options.takes_any_keys:
            check_ring(installation)
        said: str = options.run(installation, options, now)
    finally:
        installation.close()
    return said

"""The command that says at which ages a task opens, and when somebody is grown up."""

from __future__ import annotations

import argparse
from datetime import datetime

from econsult import audit
from econsult.commands.programs import program_of
from econsult.installation import Installation
from econsult.people.ages import Ages, ages_of, set_ages


def offer(_name: str, ages: argparse.ArgumentParser) -> None:
    """Offer `ages`."""
    ages.add_argument("--steps", type=_years, metavar="12,14,16,18,21", help="ages at which a coordinator has a task")
    ages.add_argument("--majority", type=int, metavar="18", help="from this age on nobody acts without a paper")
    ages.add_argument("--youth", type=int, metavar="13", help="from this age on the young may have their own account")
    ages.set_defaults(run=_ages)


def _years(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("ages in years, such as 12,14,16,18,21") from None


def _ages(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        known = ages_of(session, program.id)
        if any(each is not None for each in (options.steps, options.majority, options.youth)):
            majority = known.majority if options.majority is None else options.majority
            youth = known.youth if options.youth is None else options.youth
            known = Ages(options.steps or known.steps, majority, youth)
            set_ages(session, program, known)
            audit.record(
                session, "set_ages", "program", program.public_id, now=now, person_id=None, program_id=program.id
            )
    return f"steps {','.join(map(str, known.steps))}, majority {known.majority}, own account {known.youth}"

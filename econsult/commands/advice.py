"""Commands about advice: whether it reaches those whom it is for, how much of it is carried out, and how it went."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from econsult.advice.closing import closings
from econsult.advice.figures import outcomes, shares
from econsult.advice.visit_figures import visit_figures
from econsult.commands.promises import as_csv, period_of, take_period
from econsult.installation import Installation


def add_advice(commands: Any) -> None:
    """Add `closing`, `advice`, `visits` and `outcomes`."""
    loop = commands.add_parser("closing", help="print how much was answered, read and told, as CSV (times in hours)")
    take_period(loop)
    loop.set_defaults(run=_close)
    command = commands.add_parser("advice", help="print how much of the advice was carried out, by kind, as CSV")
    take_period(command)
    command.set_defaults(run=_measure)
    seen = commands.add_parser("visits", help="print how many visits were asked for, booked and came to be, as CSV")
    take_period(seen)
    seen.set_defaults(run=_visit)
    went = commands.add_parser("outcomes", help="print what clinics and families say about how it went, as CSV")
    take_period(went)
    went.set_defaults(run=_count)


def _close(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    start, end = period_of(options, now)
    with installation.database.reading() as session:
        return as_csv([line.as_row() for line in closings(session, start, end)])


def _measure(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    start, end = period_of(options, now)
    with installation.database.reading() as session:
        return as_csv([share.as_row() for share in shares(session, start, end, now)])


def _visit(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    start, end = period_of(options, now)
    with installation.database.reading() as session:
        return as_csv([line.as_row() for line in visit_figures(session, start, end)])


def _count(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    start, end = period_of(options, now)
    with installation.database.reading() as session:
        return as_csv([line.as_row() for line in outcomes(session, start, end)])

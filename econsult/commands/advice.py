"""Commands about advice: whether it reaches those whom it is for, how much of it is carried out, and how it went."""

from __future__ import annotations

import argparse
from datetime import datetime

from econsult.advice.closing import closings
from econsult.advice.figures import outcomes, shares
from econsult.advice.visit_figures import visit_figures
from econsult.commands.promises import as_csv, period_of, take_period
from econsult.installation import Installation


def offer(name: str, command: argparse.ArgumentParser) -> None:
    """Let `closing`, `advice`, `visits` and `outcomes` be asked about a period."""
    take_period(command)
    command.set_defaults(run={"closing": _close, "advice": _measure, "visits": _visit, "outcomes": _count}[name])


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

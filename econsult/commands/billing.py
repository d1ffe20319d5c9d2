"""The command about billing: what is on record of a period, as CSV."""

from __future__ import annotations

import argparse
from datetime import datetime
from zoneinfo import ZoneInfo

from econsult.billing.export import as_safe_csv, remuneration_of, rows_of
from econsult.commands.promises import period_of, take_period
from econsult.installation import Installation


def offer(_name: str, command: argparse.ArgumentParser) -> None:
    """Offer `billing`."""
    take_period(command)
    command.add_argument("--by-clinician", action="store_true", help="sums by clinician instead of consults")
    command.set_defaults(run=_export)


def _export(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    span = period_of(options, now)
    with installation.database.writing() as session:
        rows = rows_of(session, span, ZoneInfo(installation.settings.time_zone), now=now)
    return as_safe_csv(remuneration_of(rows) if options.by_clinician else rows)

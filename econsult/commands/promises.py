"""Commands about the promise of the queue: is it kept by the rules, and how well."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from econsult.errors import ConsultError
from econsult.installation import Installation
from econsult.queue.corrections import mend_corrections
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.queue.waits import mend_waits

USUAL = timedelta(days=30)


def offer(name: str, command: argparse.ArgumentParser) -> None:
    """Offer `invariants` and `metrics`."""
    {"invariants": _offer_check, "metrics": _offer_figures}[name](command)


def _offer_check(check: argparse.ArgumentParser) -> None:
    check.add_argument("--repair", action="store_true", help="first mend what can be mended without anybody's word")
    check.set_defaults(run=_check)


def _offer_figures(metrics: argparse.ArgumentParser) -> None:
    take_period(metrics)
    metrics.add_argument(
        "--as-of", type=_instant, metavar="DAY", help="what was printed on that day, whatever was kept since"
    )
    metrics.set_defaults(run=_measure)


def take_period(command: argparse.ArgumentParser) -> None:
    """Let a command be asked about a period."""
    command.add_argument("--from", dest="start", type=_instant, metavar="DAY", help="default: 30 days before the end")
    command.add_argument(
        "--to", dest="end", type=_instant, metavar="DAY", help="default: now; the day itself is left out"
    )


def period_of(options: argparse.Namespace, now: datetime) -> tuple[datetime, datetime]:
    """The period that was asked for. Raises ConsultError where it ends before it begins."""
    end = options.end or now
    start = options.start or end - USUAL
    if start >= end:
        raise ConsultError("--from must be before --to.")
    return start, end


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows under the names of their columns; empty where there are none."""
    if not rows:
        return ""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue().rstrip()


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write one such as 2026-11-30.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _check(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    count = 0
    if options.repair:
        with installation.database.writing() as session:
            sys.stdout.write(f"{mend_corrections(session, now) + mend_waits(session, now)} mended\n")
    with installation.database.reading() as session:
        for line in violations(session, now):
            sys.stdout.write(line + "\n")
            count += 1
    if count:
        raise ConsultError(f"{count} violations.")
    return ""


def _measure(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    then = options.as_of or now
    if then > now:
        raise ConsultError("--as-of must be a day that has come.")
    start, end = period_of(options, then)
    with installation.database.reading() as session:
        found = figures(session, start, end, then, is_past=options.as_of is not None)
    return as_csv([figure.as_row() for figure in found])

"""How the promise is kept: shares, medians and what was missed, from the ledger, for a page and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from werkzeug import Response

from econsult.advice.colleagues import late_sides
from econsult.calls import calls_unmade
from econsult.consults.records import number_of
from econsult.people.persons import Role
from econsult.queue.metrics import Figure, figures, figures_and_missed
from web.context import database, now
from web.shell.auth import me, only
from web.shell.numbers import argument
from web.words import terms
from web.words.language import gettext

promise = Blueprint("promise", __name__, url_prefix="/program")
READERS = (Role.COORDINATOR, Role.DIRECTOR, Role.ADMIN)
USUAL = 30
PERIODS = (7, USUAL, 90)
MOST_MISSED, FIRST_SHOWN = 50, 12
"""So many requests of one promise are named, and so many of these at once; the rest opens below them."""
Missed = tuple[int, list[tuple[str, str]]]


@promise.get("")
@only(*READERS)
def show() -> str:
    """The figures of the last days."""
    start = _start()
    with database().reading() as session:
        found, late = figures_and_missed(session, start, now(), now(), program_id=me().program_id)
        unmade = calls_unmade(session, me().program_id)
        asides = [(side.due_at, side.specialty, consult.number) for side, consult in late_sides(session, me(), now())]
    first = [figure for figure in found if figure.clock == "first_reply"]
    return render_template(
        "program/figures.html",
        days=_days(),
        periods=PERIODS,
        overall=[figure for figure in found if figure.by == "all"],
        parts=[[each for each in first if each.by == by] for by in ("specialty", "site", "language")],
        late=len(late),
        missed=_by_promise(late),
        first_shown=FIRST_SHOWN,
        unmade=unmade,
        asides=asides,
        now=now(),
        name_of=_name_of,
        terms=terms,
    )


@promise.get("/figures.csv")
@only(*READERS)
def download() -> Response:
    """The same figures as a file. It names nobody."""
    with database().reading() as session:
        rows = [figure.as_row() for figure in figures(session, _start(), now(), now(), program_id=me().program_id)]
    return table_of(rows, "figures")


def table_of(rows: Sequence[Mapping[str, Any]], name: str) -> Response:
    """Rows of figures as a file to be kept under this name."""
    table = io.StringIO()
    if rows:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    answer = Response(table.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return answer


def _by_promise(late: list[tuple[int, str, float]]) -> dict[str, Missed]:
    """Of each promise that was broken, how often it was, and of those that were late the longest by how many hours."""
    found: dict[str, list[tuple[str, str]]] = {}
    for number, clock, hours in late:
        found.setdefault(clock, []).append((number_of(number), ("%.0f" if hours >= 10 else "%.1f") % hours))
    return {clock: (len(all_of_it), all_of_it[:MOST_MISSED]) for clock, all_of_it in found.items()}


def _name_of(figure: Figure) -> str:
    if figure.by == "site":
        return figure.value or gettext("No clinic")
    words = terms.SPECIALTIES if figure.by == "specialty" else terms.LANGUAGES
    if figure.value == "family_question":
        return gettext("Family question")
    return str(words.get(figure.value, "")) or figure.value


def _start() -> datetime:
    return now() - timedelta(days=_days())


def _days() -> int:
    return days_of(PERIODS)


def days_of(periods: Collection[int]) -> int:
    """Of how many days figures are asked for: one of these periods, or a month."""
    wish = argument("days", USUAL)
    return wish if wish in periods else USUAL

"""What came of it: whether the loop closes, what becomes of the advice, and how it went; a page, and four files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from werkzeug import Response

from econsult.advice.closing import Closing, closings
from econsult.advice.figures import CLOSING, Count, Share, outcomes, shares
from econsult.advice.visit_figures import Visits, visit_figures
from econsult.consults.outcomes import Side
from econsult.consults.visits import WHY
from econsult.errors import NotFoundError
from web.context import database, now
from web.pages.program.figures import READERS, USUAL, days_of, table_of
from web.shell.auth import me, only
from web.words import outcomes as words
from web.words import terms
from web.words import visits as visit_words
from web.words.language import gettext
from web.words.steps import KINDS

results = Blueprint("results", __name__, url_prefix="/program/results")
PERIODS = (USUAL, 90, 365)
CLOSED_BY = {"specialty": terms.SPECIALTIES, "language": terms.LANGUAGES}
ADVISED_BY = {"kind": {**KINDS, "other": _l("Other steps")}, "owner": terms.OWNERS}
Line = TypeVar("Line", Closing, Share, Visits)


@dataclass(frozen=True)
class Told:
    """What one side said: how many of those who were asked, and each question with its answers."""

    who: str
    asked: Count | None
    questions: list[tuple[str, list[tuple[str, Count]]]]


@results.get("")
@only(*READERS)
def show() -> str:
    """The figures of the last month, quarter or year."""
    start, mine = _start(), me().program_id
    with database().reading() as session:
        closed = closings(session, start, now(), program_id=mine)
        advised = shares(session, start, now(), now(), program_id=mine)
        visited = visit_figures(session, start, now(), program_id=mine)
        said = outcomes(session, start, now(), program_id=mine)
    whole = gettext("All of them")
    return render_template(
        "program/results.html",
        days=days_of(PERIODS),
        periods=PERIODS,
        closed=[_part(closed, by, names) for by, names in {"all": {"": whole}, **CLOSED_BY}.items()],
        advised=[_part(advised, by, names) for by, names in {"all": {"": whole}, **ADVISED_BY}.items()],
        visited=[_part(visited, by, names) for by, names in {"all": {"": whole}, **CLOSED_BY}.items()],
        reasons=_reasons(visited),
        told=[_told(side, who, said) for side, who in _sides()],
    )


@results.get("/<part>.csv")
@only(*READERS)
def download(part: str) -> Response:
    """One of the four as a file. It names nobody."""
    start, mine = _start(), me().program_id
    with database().reading() as session:
        if part == "closing":
            rows = [each.as_row() for each in closings(session, start, now(), program_id=mine)]
        elif part == "advice":
            rows = [each.as_row() for each in shares(session, start, now(), now(), program_id=mine)]
        elif part == "visits":
            rows = [each.as_row() for each in visit_figures(session, start, now(), program_id=mine)]
        elif part == "outcomes":
            rows = [each.as_row() for each in outcomes(session, start, now(), program_id=mine)]
        else:
            raise NotFoundError
    return table_of(rows, part)


def _part(lines: Sequence[Line], by: str, names: Mapping[str, Any]) -> list[tuple[str, Line]]:
    """The lines of one way to split, each under its name."""
    return [(str(names.get(each.value, each.value)), each) for each in lines if each.by == by]


def _reasons(lines: Sequence[Visits]) -> list[tuple[str, int]]:
    """Why visits did not take place, the most frequent reason first."""
    whole = next((line for line in lines if line.by == "all"), None)
    counted = zip(WHY, whole.why if whole else (), strict=False)
    found = [(str(visit_words.WHY[code]), count) for code, count in counted if count]
    return sorted(found, key=lambda each: -each[1])


def _sides() -> list[tuple[str, str]]:
    return [
        (CLOSING, gettext("Clinics, as they closed a request")),
        (Side.CLINIC, gettext("Clinics, weeks after the answer")),
        (Side.FAMILY, gettext("Families, weeks after the answer")),
    ]


def _told(side: str, who: str, lines: Sequence[Count]) -> Told:
    ours = [line for line in lines if line.side == side]
    asked = next((line for line in ours if line.question == "asked"), None)
    asks, says = (words.ASKED_FAMILY, words.FAMILY) if side == Side.FAMILY else (words.QUESTIONS, words.STAFF)
    questions = [
        (
            str(question),
            [(str((words.SHOWN[code] | says[code])[line.said]), line) for line in ours if line.question == code],
        )
        for code, question in asks.items()
    ]
    return Told(who, asked, [(question, answers) for question, answers in questions if answers])


def _start() -> datetime:
    return now() - timedelta(days=days_of(PERIODS))

"""The log of who saw what, for the privacy officer: narrowed by person, question and day, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, stream_with_context
from werkzeug import Response

from econsult.access_log import Look, Wanted, exported, note_export, search, staff_of
from econsult.consults.looking_back import LONGEST_NOTE, OUTCOMES, openings_for, review, unreviewed
from econsult.consults.records import numbered
from econsult.people.persons import Role
from web.context import database, now
from web.shell.auth import me, only
from web.shell.desk import count_place
from web.shell.forms import FormReader
from web.shell.numbers import day_in
from web.words import terms
from web.words.language import choose_zone, gettext

privacy = Blueprint("privacy", __name__, url_prefix="/privacy")
COLUMNS = ("row", "at", "person", "role", "action", "entity", "entity_id", "request", "detail")
FIELDS = ("person", "number", "from", "to")
NO_CONSULT = -1


@privacy.get("")
@only(Role.PRIVACY)
def show() -> str:
    """The newest rows that fit. What is asked for are ids and days, so it may stand in the address."""
    return _page({})


@privacy.post("/opened/<int:number>/reviewed")
@only(Role.PRIVACY)
def reviewed(number: int) -> Response | tuple[str, int]:
    """Say whether an opening by exception was right, and if not, what follows."""
    form = FormReader()
    outcome = form.choice("outcome", OUTCOMES, required=gettext("Choose whether it was right"))
    words = form.text("note", longest=LONGEST_NOTE)
    if outcome == "wrong" and not words:
        form.errors["note"] = gettext("Write what follows from it")
    if form.errors:
        errors = {f"{name}-{number}": said for name, said in form.errors.items()}
        return _page(errors, {"number": str(number), "outcome": outcome, "note": words}), 422
    with database().writing() as session:
        review(session, me(), number, outcome=outcome, words=words, now=now())
    return redirect("/privacy?said=reviewed", 303)


def _page(errors: dict[str, str], typed: dict[str, str] | None = None) -> str:
    """`typed` is what a refused review said, and of which opening."""
    with database().writing() as session:
        cursor = request.args.get("cursor", "")
        rows, older = search(session, me(), _wanted(), now=now(), cursor=cursor)
        staff = staff_of(session, me())
        opened, waiting = openings_for(session, me()), unreviewed(session, me())
    count_place("/privacy", str(waiting or ""))
    given = {name: request.args.get(name, "") for name in FIELDS}
    shown = {"rows": rows, "older": older, "staff": staff, "given": given, "opened": opened, "waiting": waiting}
    return render_template("privacy/log.html", terms=terms, errors=errors, typed=typed or {}, **shown)


@privacy.get("/log.csv")
@only(Role.PRIVACY)
def download() -> Response:
    """The same rows as a file, all of them, read while they are sent: nobody who writes waits for a long file."""
    wanted = _wanted()
    with database().writing() as session:
        note_export(session, me(), wanted, now=now())
    answer = Response(stream_with_context(_lines(wanted)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=access-log.csv"
    return answer


def _lines(wanted: Wanted) -> Iterator[str]:
    yield _line(COLUMNS)
    with database().reading() as session:
        for look in exported(session, me(), wanted):
            told = (str(look.sequence or ""), look.at.isoformat(), *_who(look))
            yield _line((*told, look.action, look.entity, look.entity_id, look.number, look.detail))


def _who(look: Look) -> tuple[str, str]:
    """Name and role; of a family the role alone, whose names open by break-glass only."""
    if look.person is None:
        return "", ""
    return look.person.name if look.person.is_staff else "", look.person.role


def _line(values: tuple[str, ...]) -> str:
    """One line of CSV; what a spreadsheet would run as a formula is marked as text."""
    line = io.StringIO()
    csv.writer(line).writerow([f"'{value}" if value[:1] in tuple("=+-@\t\r") else value for value in values])
    return line.getvalue()


def _wanted() -> Wanted:
    asked = request.args.get("number", "")
    return Wanted(
        person_id=request.args.get("person", "")[:32],
        # A number that is none finds nothing, instead of everything.
        consult_id=numbered(asked) or NO_CONSULT if asked.strip() else None,
        start=_midnight(request.args.get("from", "")),
        end=_midnight(request.args.get("to", ""), timedelta(days=1)),
    )


def _midnight(text: str, after: timedelta = timedelta()) -> datetime | None:
    """The beginning of a day in the reader's zone; None for what is no day."""
    day = day_in(text)
    return datetime.combine(day + after, time(), ZoneInfo(choose_zone())).astimezone(UTC) if day else None

"""The month's billing: figures for who runs the program, and the file for who bills. Never a claim by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from werkzeug import Response

from econsult.billing.export import as_safe_csv, check_whole, note_export, signed_in, streamed
from econsult.billing.monthly import Month, month_of, span_of
from econsult.people.persons import Role
from econsult.unreadable import LeftOut, UnreadableError, leaving_out
from web.context import database, now, settings
from web.shell.auth import me, only
from web.shell.numbers import FIRST_YEAR, LAST_YEAR
from web.shell.unreadable import IncompleteFileError
from web.words import billing as words

monthly = Blueprint("monthly", __name__, url_prefix="/program/billing")
READERS = (Role.COORDINATOR, Role.DIRECTOR)
MOST_LISTED = 200
CSV = "text/csv"
UTF_8 = "\ufeff"
"""By this mark at its beginning a spreadsheet knows how a file's letters are written."""


@monthly.get("")
@only(*READERS)
def show() -> str:
    """What is ready, what is not and who can mend it; whose consult it is about, the page does not say."""
    month = _month()
    found = _found(month)
    listed = sorted(found.listed, key=lambda each: each.part.suggestion.is_ready or not each.part.may_have_code)
    return render_template(
        "program/billing.html",
        month=month,
        before=(month - timedelta(days=1)).replace(day=1),
        after=(month + timedelta(days=31)).replace(day=1),
        is_over=span_of(month, _zone())[1] <= now(),
        found=found,
        listed=listed[:MOST_LISTED],
        more=len(listed[MOST_LISTED:]),
        may_open=me().role == Role.COORDINATOR,
        words=words,
    )


@monthly.get("/rows.csv")
@only(Role.COORDINATOR)
def rows() -> Response:
    """All that a claim asks for, for whoever may know the children. The audit rows are there before the first byte."""
    month, zone = _month(), _zone()
    span = span_of(month, zone)
    # The trail tells of no file that was not made, and none ends in its middle at something that cannot be read.
    with leaving_out(LeftOut()):
        try:
            with database().reading() as session:
                ids = signed_in(session, span, program_id=me().program_id)
            check_whole(database(), ids, span, zone, now=now())
        except UnreadableError as error:
            raise IncompleteFileError(error.stored, error.column) from None
        with database().writing() as session:
            note_export(session, ids, person_id=me().id, now=now())
    pieces = streamed(database(), ids, span, zone, now=now())
    return _file(pieces, f"billing-{month:%Y-%m}.csv")


@monthly.get("/clinicians.csv")
@only(*READERS)
def clinicians() -> Response:
    """Consults, minutes and ready codes by clinician. It tells of no child."""
    month = _month()
    text = as_safe_csv(_found(month).by_clinician)
    return _file([text and f"{text}\n"], f"billing-clinicians-{month:%Y-%m}.csv")


def _found(month: date) -> Month:
    with database().reading() as session:
        return month_of(session, me().program_id, month, _zone(), now=now())


def _month() -> date:
    """The month of the address, 2026-11; else the one that it is now."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", request.args.get("month", ""))
    if found and FIRST_YEAR < int(found[1]) < LAST_YEAR:
        return date(int(found[1]), int(found[2]), 1)
    return now().astimezone(_zone()).date().replace(day=1)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings().time_zone)


def _file(pieces: Iterable[str], name: str) -> Response:
    answer = Response(_marked(pieces), mimetype=CSV)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def _marked(pieces: Iterable[str]) -> Iterator[str]:
    """A spreadsheet that finds no mark takes the letters for another alphabet's, and a name for “JimÃ©nez”."""
    mark = UTF_8
    for piece in filter(None, pieces):
        yield mark + piece
        mark = ""

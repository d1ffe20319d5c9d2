"""The log of who saw what, for the privacy officer: narrowed by person, child, question, act and day, and as a file.

What stands in an address are ids, codes and days. A child's name is posted, and becomes its id.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, stream_with_context
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access_log import Deed, Look, Wanted, search, staff_of
from econsult.cells import harmless
from econsult.consults.looking_back import LONGEST_NOTE, OUTCOMES, openings_for, review, unreviewed
from econsult.consults.records import numbered
from econsult.log_child import children_meant
from econsult.log_file import Readable, exported, note_export, readable
from econsult.people.names import LONGEST_NAME
from econsult.people.patients import Patient
from econsult.people.persons import FAMILIES, Person, Role
from econsult.rights import Relation
from web.context import database, now
from web.shell.auth import me, only, still_in
from web.shell.desk import count_place
from web.shell.forms import FormReader
from web.shell.numbers import day_in
from web.shell.still import while_allowed
from web.shell.unreadable import only_looks, shown_again
from web.words import terms
from web.words.acts import act_words
from web.words.language import choose_zone, gettext
from web.words.log_details import detail_words
from web.words.looks import ACTS, AS_WHAT, THINGS
from web.words.times import long_day

privacy = Blueprint("privacy", __name__, url_prefix="/privacy")
COLUMNS = (
    *("row", "at", "person", "person_id", "role", "kind", "action", "detail"),
    *("entity", "entity_id", "child", "child_id", "request"),
)
FIELDS = ("person", "child", "number", "deed", "action", "from", "to")
NARROWED = {
    "person_id": _l("Person"),
    "child_id": _l("Child"),
    "deed": _l("What was done"),
    "action": _l("Act"),
    "consult_id": _l("Request"),
    "start": _l("From"),
    "end": _l("To"),
}
NARROWED_BY = tuple(
    NARROWED[name] for name in ("person_id", "child_id", "consult_id", "deed", "action", "start", "end")
)
"""The words of the fields, in their order."""
NO_CONSULT = -1
LONGEST_ID, LONGEST_CODE, LONGEST_MARK = 32, 32, 40
SHORT = 8
ON_PAGE = 50
"""Rows: on a telephone some eight screens."""


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


@privacy.post("/child")
@only(Role.PRIVACY)
@only_looks
def find_child() -> Response | tuple[str, int]:
    """From a name and birth date, an alias or a request to the rows of one child, whose id goes into the address."""
    form = FormReader()
    mark = form.text("mark", longest=LONGEST_MARK)
    name = form.text("name", longest=LONGEST_NAME)
    born = form.text("born", longest=LONGEST_MARK)
    given = {"mark": mark, "name": name, "born": born}
    if not mark and not (name and day_in(born)):
        form.errors["name" if born and day_in(born) else "born" if name else "mark"] = gettext(
            "Write an alias, a request, or a name with the birth date"
        )
    if form.errors:
        return _page(form.errors, given), 422
    with database().writing() as session:
        found = children_meant(session, me(), mark, now=now(), name=name, birth_date=born)
        aliases = [terms.alias_words(child.alias) for child in found]
        child_id = found[0].public_id if len(found) == 1 else ""
    if not child_id:
        return _page({"mark" if mark else "name": _not_one(aliases, is_marked=bool(mark))}, given), 422
    kept = {field: request.form.get(field, "") for field in FIELDS if request.form.get(field)}
    return redirect(f"/privacy?{urlencode(kept | {'child': child_id})}", 303)


def _not_one(aliases: list[str], *, is_marked: bool) -> str:
    if aliases:
        return gettext(
            "More than one child has this name and birth date. Write one alias: %(aliases)s", aliases=", ".join(aliases)
        )
    if is_marked:
        return gettext("No child has this alias, and no request this number")
    return gettext("No child of the program has this name and birth date")


@shown_again
def _page(errors: dict[str, str], typed: dict[str, str] | None = None) -> str:
    """`typed` is what a refused form said: a review with its opening, or the child that was looked for."""
    with database().writing() as session:
        cursor = request.args.get("cursor", "")
        rows, older = search(session, me(), _wanted(), now=now(), cursor=cursor, limit=ON_PAGE)
        given = {name: request.values.get(name, "") for name in FIELDS}
        staff = staff_of(session, me(), given["person"])
        child = _child_of(session, given["child"])
        opened, waiting = openings_for(session, me()), unreviewed(session, me())
    count_place("/privacy", str(waiting or ""))
    # The fields are folded, and named where they are in force: on a telephone ten of them stood before the first row.
    is_open = not rows or not errors.keys().isdisjoint(("mark", "name", "born"))
    used = ", ".join(
        f"{words}: {_said(name, given[name])}" if _said(name, given[name]) else str(words)
        for name, words in zip(FIELDS, NARROWED_BY, strict=True)
        if given[name]
    )
    narrowed = {
        "is_open": is_open,
        "used": used,
        "staff_by_id": {each.public_id: each for each in staff},
        "child": child,
        "acts": ACTS,
        "act_words": act_words,
        "things": THINGS,
        "reference": reference,
        "called": called,
        "asked_by": asked_by,
    }
    shown = {"rows": rows, "older": older, "staff": staff, "given": given, "opened": opened, "waiting": waiting}
    return render_template("privacy/log.html", terms=terms, errors=errors, typed=typed or {}, **shown, **narrowed)


def _said(name: str, given: str) -> str:
    """What a field in force asks for, where it says so in words. A person's and a child's stand in their fields."""
    day = day_in(given) if name in {"from", "to"} else None
    if day is not None:
        return long_day(day)
    words = ACTS.get(Deed(given)) if name == "deed" and given in set(Deed) else None
    return str(words or (act_words(given) if name == "action" else "") or "")


@privacy.get("/log.csv")
@only(Role.PRIVACY)
def download() -> Response:
    """The same rows as a file, all of them, read while they are sent: nobody who writes waits for a long file.

    Where some cannot be read its last line says so. It breaks off for an officer who is signed out meanwhile.
    """
    wanted = _wanted()
    with database().writing() as session:
        note_export(session, me(), wanted, now=now())
    with database().reading() as session:
        known = readable(session, me())
    sent = while_allowed((line.encode() for line in _lines(wanted, known)), still_in())
    answer = Response(stream_with_context(sent), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=access-log.csv"
    return answer


def _lines(wanted: Wanted, known: Readable) -> Iterator[str]:
    yield _line(COLUMNS)
    with database().reading() as session:
        for look in exported(session, me(), wanted):
            row = str(look.sequence or "")
            did = (look.deed, look.action, look.detail, look.entity, look.entity_id)
            who = _who(look, known.names)
            yield _line((row, look.at.isoformat(), *who, *did, look.alias, look.child_id, look.number))
    if known.lacking:
        yield _line(
            (
                ngettext(
                    "%(num)d row of the whole log cannot be read and is missing here. Tell whoever runs the system.",
                    "%(num)d rows of the whole log cannot be read and are missing here. Tell whoever runs the system.",
                    known.lacking,
                ),
            )
        )


def _who(look: Look, names: dict[int, str]) -> tuple[str, str, str]:
    """Name, id and role; of a family no name, which opens by break-glass only."""
    if look.person is None:
        return "", "", ""
    return names.get(look.person.id, ""), look.person.public_id, look.person.role


def called(person: Person) -> str:
    """What the page calls somebody: staff by name, a family by what they are, which the reference tells apart."""
    if person.role not in FAMILIES:
        return person.name
    return {
        Role.CAREGIVER: gettext("A caregiver"),
        Role.YOUTH: gettext("A young person"),
    }.get(Role(person.role), gettext("A device that was invited"))


def reference(public_id: str) -> str:
    """The short form of an id: what it begins with. The file has all of it."""
    return public_id[:SHORT]


def asked_by(row: Look) -> str:
    """The detail of a row in words; of a search its fields, and of a look as what. The file has it as kept."""
    if row.detail in AS_WHAT:
        return str(AS_WHAT[Relation(row.detail)])
    names = row.detail.split()
    if row.entity != "audit_event" or not all(name in NARROWED for name in names):
        return detail_words(row.action, row.detail)
    return ", ".join(str(NARROWED[name]) for name in names)


def _line(values: tuple[str, ...]) -> str:
    """One line of CSV; what a spreadsheet would run as a formula is marked as text."""
    line = io.StringIO()
    csv.writer(line).writerow([harmless(value) for value in values])
    return line.getvalue()


def _wanted() -> Wanted:
    asked = request.values.get("number", "")
    deed = request.values.get("deed", "")
    return Wanted(
        person_id=request.values.get("person", "")[:LONGEST_ID],
        child_id=request.values.get("child", "")[:LONGEST_ID],
        deed=deed if deed in set(Deed) else "",
        action=request.values.get("action", "").strip()[:LONGEST_CODE],
        # A number that is none finds nothing, instead of everything.
        consult_id=numbered(asked) or NO_CONSULT if asked.strip() else None,
        start=_midnight(request.values.get("from", "")),
        end=_midnight(request.values.get("to", ""), timedelta(days=1)),
    )


def _child_of(session: Session, public_id: str) -> Patient | None:
    """The child whose rows are shown, where it is one of the program."""
    own = select(Patient).where(Patient.public_id == public_id, Patient.program_id == me().program_id)
    return session.scalars(own).one_or_none() if public_id else None


def _midnight(text: str, after: timedelta = timedelta()) -> datetime | None:
    """The beginning of a day in the reader's zone; None for what is no day."""
    day = day_in(text)
    return datetime.combine(day + after, time(), ZoneInfo(choose_zone())).astimezone(UTC) if day else None

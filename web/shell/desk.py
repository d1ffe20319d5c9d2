"""The frame of the staff pages: where each role can go from here, and what a page says after something was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response, g, redirect, request
from flask_babel import lazy_gettext as _l

from econsult.consults.desks import STAND_INS, stands_in
from econsult.consults.undoing import undoable
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.persons import Person, Role
from econsult.standing import check_desk, has_just_stood_in, was_just_stood_in_for
from web.context import database, now, ring_workers, signed_in
from web.shell.auth import View, home_of, me, only
from web.words.refusals import have_arrived, told_of_files
from web.words.said import BARRED, REFUSED, SAID
from web.words.steps import as_read
from web.words.terms import alias_words

PLACES = {
    Role.PCP: (
        ("/clinic", _l("Clinic")),
        ("/clinic/ask", _l("New request")),
        ("/visits", _l("Visits")),
        ("/clinic?view=done", _l("Closed")),
        ("/program/roster/mine", _l("My time off")),
    ),
    Role.TELEPRESENTER: (("/clinic", _l("Clinic")), ("/clinic/ask", _l("New request"))),
    Role.SPECIALIST: (
        ("/worklist", _l("Queue")),
        ("/worklist?view=done", _l("Answered")),
        ("/worklist/advice", _l("What became of it")),
        ("/program/roster/mine", _l("My duty")),
    ),
    Role.COORDINATOR: (
        ("/coordination", _l("Families to tell")),
        ("/coordination/desk", _l("Nobody has it")),
        ("/visits", _l("Visits")),
        ("/coordination/ages", _l("Birthdays")),
        ("/clinic/phone", _l("By telephone")),
        ("/program/roster", _l("Roster")),
        ("/program/people", _l("Who may take it")),
        ("/program", _l("How we keep it")),
    ),
    Role.DIRECTOR: (
        ("/program", _l("How we keep it")),
        ("/program/billing", _l("Billing")),
        ("/program/roster", _l("Roster")),
        ("/program/people", _l("Who may take it")),
        ("/program/rules", _l("What we promise")),
        ("/sentences", _l("Ready sentences")),
    ),
    Role.PRIVACY: (
        ("/privacy", _l("Who saw what")),
        ("/privacy/sealed", _l("Sealed files")),
        ("/privacy/records", _l("End of records")),
        ("/privacy/names", _l("Who reads names")),
        ("/privacy/officers", _l("Who oversees")),
    ),
    Role.ADMIN: (
        ("/program/rules", _l("What we promise")),
        ("/program/roster", _l("Roster")),
        ("/program/people", _l("Who may take it")),
        ("/program", _l("How we keep it")),
        ("/program/accounts", _l("Accounts")),
        ("/program/sessions", _l("Sign somebody out")),
    ),
}
EMPTY_DESK = ("/coordination/desk", _l("Nobody has it"))
"""Where whoever stands in for a desk of which no coordinator is there goes too."""
SIGNING = frozenset({Role.SPECIALIST, Role.PCP})


def why_barred(error: ForbiddenError) -> str:
    """The `said` for somebody whom a rule keeps from taking this; raises the error where it is about something else."""
    if error.code not in BARRED:
        raise error
    return error.code


def init_desk(app: Flask) -> None:
    """Give templates `desk_places()`, `signatures()`, `said`, `said_drawing`, `files_told`, and three filters."""
    app.jinja_env.globals["desk_places"] = desk_places
    app.jinja_env.globals["signatures"] = signatures
    app.jinja_env.filters["initials"] = initials
    app.jinja_env.filters["step"] = as_read
    app.jinja_env.filters["alias"] = alias_words
    app.context_processor(_after_form)


def _after_form() -> dict[str, object]:
    """What the form before this page did, in words (`said`) with a drawing; `files_told` where files did not come."""
    told = told_of_files(request.args)
    came = "files_sent" if have_arrived(request.args) and not told else ""
    code = request.args.get("said", came)
    drawing = "alert" if code in REFUSED else "check"
    # The line with the way back says that it was signed, and until when nobody is told.
    is_signed = code == "signed"
    return {"said": SAID.get(code, ""), "said_drawing": drawing, "is_signed": is_signed, "files_told": told}


def desk_places() -> list[tuple[str, str, str]]:
    """Address, words and count of each entry of the signed-in person's navigation."""
    person = signed_in()
    places = PLACES.get(Role(person.role), ()) if person else ()
    if person and person.role in STAND_INS and _stands_in(person):
        places = (EMPTY_DESK, *places)
    counts: dict[str, str] = g.get("place_counts", {})
    return [(address, str(words), counts.get(address, "")) for address, words in places]


@dataclass(frozen=True)
class Signature:
    """What was just signed: until when it can be taken back, and how many seconds these are."""

    number: str
    public_id: str
    until: datetime
    seconds: int


def signatures() -> list[Signature]:
    """What the signed-in person signed and may still take back."""
    person, at = signed_in(), now()
    if person is None or person.role not in SIGNING:
        return []
    # One statement, on every page of theirs: it needs no transaction around it.
    with database().reading(is_whole=False) as session:
        return [
            Signature(consult.number, consult.public_id, until, max(1, round((until - at).total_seconds())))
            for answer, consult in undoable(session, person, at)
            if (until := answer.undo_until) is not None
        ]


def _stands_in(person: Person) -> bool:
    with database().reading() as session:
        return stands_in(session, person, now())


def receipt(person: Person, said: str) -> str:
    """Where a form leads that ended something: a page that needs no right to what was ended, with a word about it."""
    return f"{home_of(person)}?said={said}"


def with_stand_ins(*roles: Role) -> Callable[[View], View]:
    """As `only`, and for whoever stands in for a desk of which no coordinator is there; to their roles else 403."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            if me().role in STAND_INS:
                with database().reading() as session:
                    check_desk(session, me(), now())
            return view(*args, **values)

        return only(*roles, *STAND_INS)(guarded)  # type: ignore[return-value]

    return guard


def second_press(act: str, said: str) -> Callable[[View], View]:
    """Answer with the receipt once more where whoever stood in for the desk presses a button twice.

    The first `act` ended what they were let in for, so that the second would find a closed door. So it would that of
    somebody else who stands in too and was a moment slower: they read that theirs was not kept.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def pressed(public_id: str) -> Any:
            try:
                return view(public_id)
            except (ForbiddenError, NotFoundError):
                with database().reading() as session:
                    if has_just_stood_in(session, me(), public_id, act, now()):
                        return redirect(receipt(me(), said), 303)
                    if was_just_stood_in_for(session, me(), public_id, act, now()):
                        return redirect(receipt(me(), "done_by_other"), 303)
                raise

        return pressed  # type: ignore[return-value]

    return guard


def count_place(address: str, count: str) -> None:
    """Show a number beside an entry of the navigation on this page."""
    g.setdefault("place_counts", {})[address] = count


def initials(name: str) -> str:
    """The first letters of a name's first and last word, without titles such as Dr."""
    words = [word for word in name.split() if word[0].isalpha() and not word.endswith(".")]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def rings(pages: Blueprint) -> Blueprint:
    """Wake a worker after every form of these pages that was accepted: notices may wait to be sent."""
    pages.after_request(_ring)
    return pages


def _ring(response: Response) -> Response:
    if request.method == "POST" and response.status_code == 303:
        ring_workers()
    return response

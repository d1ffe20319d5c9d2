"""A button of a case that is pressed too late: another has it by now, or it has ended. Nobody loses words by it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from econsult.access import consult_for
from econsult.consults.leaving import may_leave
from econsult.consults.records import Consult
from econsult.errors import ConsultError, ErasedError, ForbiddenError, ImpossibleVerbError, NotFoundError
from econsult.people.persons import Person
from econsult.pressed import has_just_done, has_just_said
from econsult.unreadable import UnreadableError
from web.context import database, now, signed_in
from web.pages.allocation import DESK
from web.pages.consult import CASE_ROLES, case_page
from web.shell.desk import receipt
from web.shell.errors import AWAY, damaged_words, status_of, told_database, told_error
from web.shell.forms import is_for_machine
from web.shell.kept import keep_copy
from web.showing.brought import brought, own_words
from web.showing.casefile import open_case
from web.showing.lost import Lost, why_not_done
from web.words.language import gettext
from web.words.said import RULES

WRITERS = (*CASE_ROLES, *DESK)
TOO_LATE = (ForbiddenError, ImpossibleVerbError, NotFoundError)
SECOND_PRESS = {
    "consult.decline": ("decline", "declined"),
    "consult.release": ("release", "released"),
    "passing.reroute": ("reroute", "rerouted"),
    "clinic_case.withdraw": ("withdraw", "withdrawn"),
    "clinic_case.close": ("close", "closed"),
    "seconds.reply": ("reply_second", "second_replied"),
    "seconds.give_back": ("given_back_second", "released"),
    "turning_down.decline": ("decline", "declined"),
}
"""What the trail calls the act of a button that ends somebody's part, and what is said of it when it is done."""


def keep_words(*pages: Blueprint) -> None:
    """What such a form was refused for is said on the page of the case, with the words that it brought."""
    for page in pages:
        for kind in TOO_LATE:
            page.register_error_handler(kind, _kept)


def _kept(error: ConsultError) -> ResponseReturnValue:
    person, public_id = signed_in(), (request.view_args or {}).get("public_id", "")
    # What says more than that it is too late, such as that a record is erased, has a page of its own.
    is_plain = request.method == "POST" and (isinstance(error, ImpossibleVerbError) or type(error) in TOO_LATE)
    if not is_plain or person is None or person.role not in WRITERS or is_for_machine():
        return told_error(error)
    try:
        return _answer(error, person, public_id)
    except ErasedError as erased:
        return told_error(erased)
    except AWAY as away:
        return told_database(away)


def _answer(error: ConsultError, person: Person, public_id: str) -> ResponseReturnValue:
    with database().reading() as session:
        text = "\n\n".join(brought(session, _pairs()))
    try:
        if (said := _done_before(person, public_id)) is not None:
            return redirect(receipt(person, said), 303)
        keep_copy()
        return _told(error, person, public_id, text)
    except (NotFoundError, ForbiddenError):
        # Of what waits at an empty desk whoever stands in learns no more than that it does.
        return _gone(gettext("You cannot open this request any more."), text), status_of(error)
    except UnreadableError as damaged:
        return _gone(damaged_words(damaged), text), 500


def _pairs() -> list[tuple[str, str]]:
    return list(request.form.items(multi=True))


def _done_before(person: Person, public_id: str) -> str | None:
    """What is said of it where this very person did this very thing a moment ago: it was pressed twice."""
    act, said = SECOND_PRESS.get(request.endpoint or "", ("", ""))
    if not act:
        return None
    written = own_words(_pairs())
    with database().reading() as session:
        is_done = has_just_done(session, person, public_id, act, now())
        return said if is_done and has_just_said(session, person, public_id, written, now()) else None


def _told(error: ConsultError, person: Person, public_id: str, text: str) -> ResponseReturnValue:
    with database().writing() as session:
        loaded = consult_for(session, person, public_id, now=now())
        why = _why(session, error, loaded.consult, person)
        if person.role in DESK:
            # Whoever only reads why is nobody who looks at the case.
            return _gone(why, text), status_of(error)
        case, may = open_case(session, loaded), bool(text) and may_leave(session, loaded.consult, person)
    told = Lost(why, text, may, is_answer=False, may_take=error.code not in RULES)
    return case_page(case, lost=told), status_of(error)


def _why(session: Session, error: ConsultError, consult: Consult, person: Person) -> str:
    holder = session.get_one(Person, consult.holder_id).name if consult.holder_id is not None else ""
    return why_not_done(error, consult, holder, is_own=consult.holder_id == person.id)


def _gone(why: str, text: str) -> str:
    return render_template("consult/gone.html", lost=Lost(why, text, is_answer=False))

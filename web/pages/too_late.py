"""A button of a case that is pressed too late: another has it by now, or it has ended. Nobody loses words by it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from econsult.access import consult_for
from econsult.consults.leaving import may_leave
from econsult.errors import ConsultError, ForbiddenError, ImpossibleVerbError, NotFoundError
from web.context import database, now, signed_in
from web.pages.allocation import DESK
from web.pages.consult import CASE_ROLES, case_page
from web.shell.errors import status_of, told_error
from web.shell.forms import is_for_machine
from web.shell.kept import keep_copy
from web.showing.casefile import open_case
from web.showing.lost import Lost, why_not_done
from web.words.language import gettext

WORDS = ("words", "reason", "text", "second_text", "second_reply")
"""The fields of the forms of a case, and of the desk, in which somebody writes."""
WRITERS = (*CASE_ROLES, *DESK)
TOO_LATE = (ForbiddenError, ImpossibleVerbError, NotFoundError)


def keep_words(*pages: Blueprint) -> None:
    """What such a form was refused for is said on the page of the case, with the words that it brought."""
    for page in pages:
        for kind in TOO_LATE:
            page.register_error_handler(kind, _kept)


def _kept(error: ConsultError) -> ResponseReturnValue:
    text = "\n\n".join(filter(None, (request.form.get(name, "").strip() for name in WORDS)))
    person, public_id = signed_in(), (request.view_args or {}).get("public_id", "")
    # What says more than that it is too late, such as that a record is erased, has a page of its own.
    is_plain = isinstance(error, ImpossibleVerbError) or type(error) in TOO_LATE
    if not text or not is_plain or person is None or person.role not in WRITERS or is_for_machine():
        return told_error(error)
    keep_copy()
    try:
        with database().writing() as session:
            loaded = consult_for(session, person, public_id, now=now())
            if isinstance(error, NotFoundError):
                # The case is there: what was named beside it is not.
                return told_error(error)
            case, may = open_case(session, loaded), may_leave(session, loaded.consult, person)
    except NotFoundError:
        told = Lost(gettext("You cannot open this request any more."), text, is_answer=False)
        return render_template("consult/gone.html", lost=told), 404
    is_own = case.consult.holder_id == person.id
    told = Lost(why_not_done(case.consult, case.holder, is_own=is_own), text, may, is_answer=False)
    if person.role in DESK:
        return render_template("consult/gone.html", lost=told), status_of(error)
    return case_page(case, lost=told), status_of(error)

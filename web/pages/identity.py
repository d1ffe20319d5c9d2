"""Opening a child's name by exception: who may not know it says why, proves who they are, and has an hour."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, identity_for
from econsult.consults.glass import LONGEST_REASON, SHORTEST_REASON, Opening, break_glass
from econsult.consults.names_shown import NamesShown, names_shown
from econsult.errors import ForbiddenError
from econsult.people import factors
from econsult.people.factors import Proof
from econsult.people.persons import Role
from web.context import database, now, settings
from web.pages.owning import check_code, check_owner
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.words import terms
from web.words.language import gettext

identity = rings(Blueprint("identity", __name__, url_prefix="/consults/<public_id>/identity"))


@identity.get("")
@only(Role.SPECIALIST)
def show(public_id: str) -> Response:
    """The name while it is open, else the form that opens it. The page closes itself when the hour is over."""
    with database().writing() as session:
        loaded, opening = _identity(session, public_id)
        response = make_response(_page(session, loaded, opening, FormReader()))
    if closes_in := _closes_in(opening):
        # The same address once more takes the place of this page: nothing of it lies behind the back button.
        response.headers["Refresh"] = str(closes_in)
    return response


@identity.post("")
@only(Role.SPECIALIST)
def reveal(public_id: str) -> Response | tuple[str, int]:
    """Open it for an hour. The privacy officer is told in the same transaction."""
    form = FormReader()
    reason = form.text("reason", longest=LONGEST_REASON, required=gettext("Say why you must know who the child is"))
    if reason and len(reason) < SHORTEST_REASON:
        form.errors["reason"] = gettext("Say in a sentence why you must know who the child is")
    with database().writing() as session:
        loaded, opening = _identity(session, public_id)
        if rule_of(session) == NamesShown.NOBODY:
            raise ForbiddenError("Your program lets nobody open a child's name by exception.")
        needs_code = _needs_code(session)
    is_proven = opening is None
    if is_proven:
        _prove(form, needs_code=needs_code)
    if form.errors and is_proven:
        with database().reading() as session:
            return _page(session, loaded, None, form, reason), 422
    with database().writing() as session:
        loaded, opening = _identity(session, public_id)
        # What was open a moment ago and has ended since is opened anew only by who shows themself anew.
        if opening is None and is_proven:
            break_glass(session, loaded.consult, me(), reason=reason, now=now())
    return redirect(url_for(".show", public_id=public_id), 303)


def rule_of(session: Session) -> NamesShown:
    """To whom names open in the signed-in person's program, as far as the installation lets them."""
    return names_shown(session, me().program_id, is_let=settings().lets_break_glass)


def _identity(session: Session, public_id: str) -> tuple[Pass, Opening | None]:
    return identity_for(session, me(), public_id, now=now(), is_let=settings().lets_break_glass)


def _closes_in(opening: Opening | None) -> int:
    """In how many seconds an open name closes, one more than that; 0 where none is open, or without an end."""
    until = opening.until if opening is not None else None
    return int((until - now()).total_seconds()) + 1 if until is not None else 0


def _needs_code(session: Session) -> bool:
    """Who signs in without a password proves it by a code of the app, where there is one."""
    return not me().has_password and factors.stands(session, me())


def _prove(form: FormReader, *, needs_code: bool) -> None:
    """The password is asked once more; a code instead of it, or a new sign-in, of who has none."""
    if needs_code:
        check_code(form, Proof.APP)
    else:
        check_owner(form)


def _page(session: Session, loaded: Pass, opening: Opening | None, form: FormReader, reason: str = "") -> str:
    return render_template(
        "consult/identity.html",
        consult=loaded.consult,
        child=loaded.patient if opening is not None else None,
        alias=terms.alias_words(loaded.patient.alias),
        closes_in=_closes_in(opening),
        until=opening.until if opening is not None else None,
        is_allowed=rule_of(session) != NamesShown.NOBODY,
        has_password=me().has_password,
        needs_code=_needs_code(session),
        longest=LONGEST_REASON,
        reason=reason,
        errors=form.errors,
    )

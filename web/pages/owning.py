"""Is it the owner, and not somebody at their open browser? Asked again before what counts."""

from __future__ import annotations

import json
from typing import Any

from flask import g, render_template, request

from econsult.errors import TooManyTriesError
from econsult.people import factors, proving
from econsult.people.account import is_fresh, is_own_password
from econsult.people.factors import Proof
from econsult.people.passkeys import Purpose
from econsult.people.standing import Step
from web.context import database, now, source_here
from web.pages.second_factor import LONGEST_CODE, not_right, too_many_tries
from web.shell.auth import COOKIE, check_still_in, me
from web.shell.entering import browser_here, step_of
from web.shell.forms import FIELD, FormReader
from web.shell.site import place_by
from web.words.language import gettext


def check_owner(form: FormReader) -> None:
    """Whether it is the person and not somebody at their open browser. Who has no password has just come by a link.

    Whoever was signed out while the password was weighed, which waits for its turn, is led to the way in.
    """
    if not me().has_password:
        with database().reading() as session:
            if not is_fresh(session, g.get("session_id", 0), now()):
                form.errors["second-step"] = gettext(
                    "You signed in a while ago. Sign in with a new link, then try again"
                )
        return
    given = request.form.get("factor_password", "")
    if not given:
        form.errors["factor_password"] = gettext("Write your password")
        return
    try:
        here = {"source": source_here(), "browser": browser_here()}
        if not is_own_password(database(), me(), given, now=now(), **here):
            form.errors["factor_password"] = gettext("This is not your password")
    except TooManyTriesError:
        form.errors["factor_password"] = too_many_tries()
    check_still_in()


def asks_owner() -> bool:
    """Whether this sign-in is so old that somebody else may sit at the open browser."""
    with database().reading() as session:
        return not is_fresh(session, g.get("session_id") or 0, now())


def asks_password() -> bool:
    """Whether a page asks for the password beside what counts: those who have none are told to come by a new link."""
    return me().has_password and asks_owner()


def check_recent(form: FormReader) -> None:
    """Ask for the owner where the sign-in is not recent, once everything else is right."""
    if not form.errors and asks_owner():
        check_owner(form)


def once_more(
    back: str, ask: tuple[str, dict[str, str]] | None = None, form: FormReader | None = None
) -> tuple[str, int] | None:
    """Ask for the owner before what a single button does: a page that asks, and sends the same form again.

    `back` is the address that it leads back to; `ask` another address to send to, with its fields; `form` one that has
    asked already. None where the sign-in is recent, or the owner has shown themself. Call it with no transaction open.
    """
    form = form or FormReader()
    check_recent(form)
    if not form.errors:
        return None
    own = (FIELD, "factor_password", "owner_key")
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in own]
    path, kept = (ask[0], list(ask[1].items())) if ask is not None else (request.path, sent)
    # Whoever has only just been asked has made no mistake yet; a page with the field of its own has asked already.
    is_first = me().has_password and "factor_password" not in request.form
    shown = {"path": path, "kept": kept, "back": back, "has_password": me().has_password}
    return render_template("account/once_more.html", errors={} if is_first else form.errors, **shown), 422


def check_second_step(form: FormReader, *, may_recover: bool = False) -> None:
    """Ask for what stands, once everything else is right: a code of the app, or the passkey that staff sign in with.

    A recovery code does for the passkey, since that may be lost; for the app where `may_recover` says so.
    """
    with database().reading() as session:
        step = step_of(session, me())
    if step == Step.NONE or form.errors:
        return
    if step == Step.APP:
        is_recovery = may_recover and len("".join(request.form.get("factor_code", "").split())) > len("123456")
        check_code(form, Proof.RECOVERY if is_recovery else Proof.APP)
    elif request.form.get("factor_code", "").strip():
        check_code(form, Proof.RECOVERY)
    else:
        _check_passkey(form)


def _check_passkey(form: FormReader) -> None:
    if not request.form.get("passkey"):
        form.errors["factor_code"] = gettext("Use your passkey, or write a recovery code")
        return
    with database().writing() as session:
        given = answer_in_form()
        owner = proving.prove(session, place_by(COOKIE), me(), given, now=now(), purpose=Purpose.OWNER)
    if owner is None:
        form.errors["factor_code"] = gettext("This passkey did not fit. Try again, or write a recovery code")


def answer_in_form() -> Any:
    """What an authenticator has answered, where a script has put it into a form; None where that is no JSON."""
    try:
        return json.loads(request.form.get("passkey", ""))
    except (ValueError, RecursionError):
        return None


def check_code(form: FormReader, proof: Proof) -> None:
    """Use the code up, once everything else is right."""
    given = form.text("factor_code", longest=LONGEST_CODE, required=gettext("Write the code"))
    if form.errors:
        return
    try:
        with database().writing() as session:
            is_right = factors.prove(session, database().cipher, me(), given, proof, now=now())
        if not is_right:
            form.errors["factor_code"] = not_right(proof)
    except TooManyTriesError:
        form.errors["factor_code"] = too_many_tries()

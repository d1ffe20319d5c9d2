"""Is it the owner, and not somebody at their open browser? Asked again before what counts."""

from __future__ import annotations

from flask import g, request

from econsult.errors import TooManyTriesError
from econsult.people import factors
from econsult.people.account import is_fresh, is_own_password
from econsult.people.factors import Proof
from web.context import database, now
from web.pages.second_factor import LONGEST_CODE, not_right, too_many_tries
from web.shell.auth import me
from web.shell.forms import FormReader
from web.words.language import gettext


def check_owner(form: FormReader) -> None:
    """Whether it is the person and not somebody at their open browser. Who has no password has just come by a link."""
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
        if not is_own_password(database(), me(), given, source=request.remote_addr or "", now=now()):
            form.errors["factor_password"] = gettext("This is not your password")
    except TooManyTriesError:
        form.errors["factor_password"] = too_many_tries()


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

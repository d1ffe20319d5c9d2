"""One's own account: where one is signed in, and the password."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request
from werkzeug import Response

from econsult.errors import InvalidError, TooManyTriesError
from econsult.people.account import change_password, end_others, sessions_of
from econsult.people.passwords import LONGEST, SHORTEST
from econsult.people.persons import Role
from web.context import database, now, settings
from web.shell.auth import let_in, me, only
from web.shell.forms import FormReader
from web.words.devices import device_words
from web.words.language import gettext

account = Blueprint("account", __name__, url_prefix="/account")


@account.get("")
@only()
def show() -> str:
    """The sessions and the form for another password."""
    return _page({})


@account.post("/sign-out-others")
@only()
def sign_out_others() -> Response:
    """End every other session; this one stays."""
    with database().writing() as session:
        end_others(session, me(), g.get("session_id", 0), now())
    return redirect("/account?said=signed_out_others", 303)


@account.post("/password")
@only()
def password() -> Response | tuple[str, int]:
    """Change the password: the old one first, the new one twice. Every other browser is signed out."""
    form = FormReader()
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    if not old:
        form.errors["old"] = gettext("Write your password")
    if not SHORTEST <= len(new) <= LONGEST:
        form.errors["new"] = gettext("At least %(least)d letters or signs. A sentence is good.", least=SHORTEST)
    elif new != again:
        form.errors["again"] = gettext("The two are not the same")
    if not form.errors:
        _change(form, old, new)
    if form.errors:
        return _page(form.errors), 422
    return let_in(me(), "/account?said=password_changed")


def _change(form: FormReader, old: str, new: str) -> None:
    try:
        if not change_password(database(), me(), old, new, source=request.remote_addr or "", now=now()):
            form.errors["old"] = gettext("This is not your password")
    except TooManyTriesError:
        words = gettext("Too many tries. Wait 15 minutes, or call us: %(phone)s.", phone=settings().help_phone)
        form.errors["old"] = words
    except InvalidError:
        form.errors["new"] = gettext("At least %(least)d letters or signs. A sentence is good.", least=SHORTEST)


def _page(errors: dict[str, str]) -> str:
    with database().reading() as session:
        found = sessions_of(session, me(), now())
    here = g.get("session_id")
    shown = [(device_words(each.device), each.seen_at, each.id == here) for each in found]
    layout = "family" if me().role == Role.CAREGIVER else "staff"
    return render_template(f"account/{layout}.html", sessions=shown, errors=errors, least=SHORTEST)

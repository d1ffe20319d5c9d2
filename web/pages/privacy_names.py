"""To whom of the specialists children's names open: the privacy officer's choice, with a look at what it would do."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from econsult.consults.names_shown import NamesShown, choose_names, names_shown
from econsult.errors import StaleVersionError
from econsult.names_change import Change, would_change
from econsult.people.persons import Role
from web.context import database, now, settings
from web.pages.owning import check_owner
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.words.language import gettext

names = Blueprint("names", __name__, url_prefix="/privacy/names")
Page = str | Response | tuple[str, int]


@names.get("")
@only(Role.PRIVACY)
def show() -> str:
    """The rule that holds, in a form."""
    return _page(FormReader(), "")


@names.post("")
@only(Role.PRIVACY)
def choose() -> Page:
    """Look at what another rule would do, or keep it: with the password once more."""
    form = FormReader()
    wish = form.choice("names", tuple(NamesShown), required=gettext("Choose one"))
    seen = request.form.get("seen", "")
    if request.form.get("verb") == "look" and wish:
        return _page(form, wish, _look(NamesShown(wish)), seen=seen)
    if not form.errors:
        check_owner(form)
    if not form.errors and not _is_kept(form, wish, seen):
        # Only whoever is told of a colleague's choice may choose over it.
        seen = ""
    return (_page(form, wish, seen=seen), 422) if form.errors else redirect(url_for(".show", said="saved"), 303)


def _look(wish: NamesShown) -> Change:
    with database().reading() as session:
        return would_change(session, me().program_id, wish, now())


def _is_kept(form: FormReader, wish: str, seen: str) -> bool:
    try:
        with database().writing() as session:
            choose_names(session, me(), wish, seen=seen, now=now())
    except StaleVersionError:
        form.errors["names"] = gettext("A colleague chose another rule meanwhile. Look again, then save once more")
        return False
    return True


def _page(form: FormReader, wish: str, change: Change | None = None, *, seen: str = "") -> str:
    """The form; `seen` is the rule that its reader was shown, and else the one that stands."""
    with database().reading() as session:
        standing = names_shown(session, me().program_id)
    return render_template(
        "privacy/names.html",
        options=options(),
        seen=seen or standing,
        chosen=wish or standing,
        change=change,
        is_let=settings().lets_break_glass,
        has_password=me().has_password,
        errors=form.errors,
    )


def options() -> list[tuple[str, str]]:
    """The rules in words, from the closest to the widest."""
    return [
        (NamesShown.NOBODY, gettext("To nobody: not by exception either")),
        (NamesShown.EXCEPTION, gettext("By exception: for an hour, with a reason, and you are told at once")),
        (NamesShown.HOLDER, gettext("To whoever holds the request, while they hold it; once answered, by exception")),
    ]

"""Whether a child's home is safe, as staff say it on the page of the family."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug import Response

from econsult.access import patient_for
from econsult.errors import InvalidError
from econsult.home_safety import LONGEST, WARNERS, HomeForm, say
from web.context import database, now
from web.pages.clinic.families import Page, family_page
from web.pages.owning import once_more
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.words.language import gettext

homes = rings(Blueprint("homes", __name__, url_prefix="/families/<public_id>/safety"))


@homes.post("/unsafe")
@only(*WARNERS)
def warn(public_id: str) -> Page | Response:
    """The home is not safe: everybody who would call or write there reads it from now on."""
    return _say(public_id, "safe_way", is_safe=False)


@homes.post("/safe")
@only(*WARNERS)
def end(public_id: str) -> Page | Response:
    """It is safe again: a clinician of the medical home says so, and why."""
    asked = once_more(url_for("families.show", public_id=public_id))
    return asked or _say(public_id, "home_reason", is_safe=True)


def _say(public_id: str, field: str, *, is_safe: bool) -> Page | Response:
    form = FormReader()
    words = form.text(field, longest=LONGEST)
    try:
        if not form.errors:
            with database().writing() as session:
                child = patient_for(session, me(), public_id, now=now())
                say(session, child, HomeForm(is_safe, words), me(), now=now())
    except InvalidError:
        form.errors[field] = gettext("Say in a few words why the home is safe again")
    if form.errors:
        return family_page(public_id, form.errors), 422
    return redirect(url_for("families.show", public_id=public_id, said="saved"), 303)

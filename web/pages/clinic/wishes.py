"""The part of a clinic's forms in which it says whom it asks, and whether a visit is agreed to."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.asked_before import choose_earlier
from econsult.consults.earlier import MOST
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.consults.wishes import Wishes, nameable
from econsult.errors import InvalidError
from web.context import now
from web.shell.auth import me
from web.shell.forms import FormReader
from web.words.language import gettext

LONGEST_ID = 32


def read_wishes(form: FormReader) -> Wishes:
    """What the form says; nothing where the page did not ask."""
    if "wishes" not in request.form:
        return Wishes()
    return Wishes(request.form.get("named_specialist", "")[:LONGEST_ID], form.is_ticked("may_convert"))


def with_named(session: Session, consult: Consult, asked: RequestForm) -> RequestForm:
    """Without a name from the page's list of the specialty before, where another one is chosen now."""
    specialty = consult.specialty if asked.specialty is None else asked.specialty
    known = {person.public_id for person in nameable(session, consult.program_id, specialty)}
    if not asked.wishes.named or asked.wishes.named in known:
        return asked
    return replace(asked, wishes=replace(asked.wishes, named=""))


def keep_earlier(session: Session, draft: Pass, form: FormReader) -> None:
    """What of before the form shows; where that cannot be, nothing of it changes and the field says so."""
    if "earlier_asked" not in request.form:
        return
    try:
        choose_earlier(session, draft, me(), request.form.getlist("earlier")[: MOST + 1], now=now())
    except InvalidError:
        form.errors["earlier"] = gettext("At most %(count)d earlier requests can be shown", count=MOST)

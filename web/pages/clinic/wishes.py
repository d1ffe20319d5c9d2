"""The part of a clinic's forms in which it says whom it asks, and whether a visit is agreed to."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.consults.wishes import Wishes, nameable
from web.shell.forms import FormReader

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

"""A child's details, put right by its clinic or the desk: what stands there, what stood there before, and the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import child_details
from econsult.access import patient_for
from econsult.child_details import CORRECTORS, WHO_IT_IS, Details, Look, cleaned, details_of, may_correct
from econsult.cursors import pack, unpack_number
from econsult.errors import ConsultError, ForbiddenError, InvalidError, StaleVersionError, TooManyTriesError
from econsult.panel import COMPARED, KnownChildError, KnownElsewhereError
from econsult.people.former import corrections_of
from econsult.people.patients import LONGEST_MARK, SEXES, Patient
from econsult.people.persons import LANGUAGES, Person
from web.context import database, now
from web.pages.owning import check_owner
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.errors import status_of
from web.shell.forms import FormReader
from web.shell.numbers import form_number
from web.words import terms
from web.words.details import LABELS, fault, value_words
from web.words.language import gettext
from web.words.reaching import too_many_strangers

details = rings(Blueprint("details", __name__, url_prefix="/families/<public_id>/details"))
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Before:
    """One time that something was put right: when, by whom, and what stood there before, in words."""

    at: datetime
    by: str
    was: list[tuple[str, str]]


@dataclass
class Refusal:
    """Why a form was not kept: the faults by field, and a child that is known already, here or at another clinic."""

    errors: dict[str, str]
    known: Patient | None = None
    is_elsewhere: bool = False
    is_stale: bool = False


@details.get("")
@only(*CORRECTORS)
def show(public_id: str) -> Page:
    """The form as the record is."""
    return _page(public_id, None)


@details.post("")
@only(*CORRECTORS)
def save(public_id: str) -> Page:
    """Put it right. What changes who the child is takes the password once more."""
    form = FormReader()
    given = _given(form)
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        _check_may(child)
        changed = cleaned(given).changed_from(details_of(child))
    if not form.errors and set(WHO_IT_IS) & set(changed):
        check_owner(form)
    if form.errors:
        return _page(public_id, Refusal(form.errors)), 422
    look = Look(form_number("version"), form.is_ticked("is_another"))
    try:
        with database().writing() as session:
            child = patient_for(session, me(), public_id, now=now())
            changed = child_details.correct(session, child, given, me(), look=look, now=now())
    except ConsultError as error:
        refusal = _refusal_of(error, changed)
        if refusal is None:
            raise
        return _page(public_id, refusal), status_of(error)
    said = "born_otherwise" if "birth_date" in changed else "details_saved" if changed else "details_same"
    return redirect(url_for(".show", public_id=public_id, said=said), 303)


def _refusal_of(error: ConsultError, changed: Sequence[str]) -> Refusal | None:
    """What the page says of it, beside what was changed; None for what is no fault of the form."""
    match error:
        case InvalidError():
            return Refusal({name: fault(name, code) for name, code in error.fields.items()})
        case StaleVersionError():
            words = gettext("Somebody changed this record while you wrote. Look at what it says now, then save again")
            return Refusal({"name": words}, is_stale=True)
        case KnownChildError():
            return Refusal({}, known=error.child)
        case KnownElsewhereError():
            return Refusal({}, is_elsewhere=True)
        case TooManyTriesError():
            words = too_many_strangers()
            return Refusal({next((name for name in COMPARED if name in changed), "name"): words})
    return None


def _check_may(child: Patient) -> None:
    if not may_correct(me(), child):
        raise ForbiddenError("The child's own clinic or the care coordination puts its details right.")


def _given(form: FormReader) -> Details:
    return Details(
        name=form.text("name", longest=120, required=gettext("Write the child's name")),
        birth_date=form.text("birth_date", longest=10, required=gettext("Write the birth date")),
        sex=form.choice("sex", SEXES) or "unknown",
        language=form.choice("language", LANGUAGES, required=gettext("Choose the language of the family")),
        mrn=form.text("mrn", longest=40),
        phone=form.phone("phone"),
        region=form.text("region", longest=40),
        nickname=form.text("nickname", longest=LONGEST_MARK),
    )


def _page(public_id: str, refusal: Refusal | None) -> str:
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        _check_may(child)
        before, older = _before(session, child)
    stands = details_of(child)
    shown = _shown(stands) if refusal else stands
    # Only who is shown what others wrote meanwhile may write over it.
    version = form_number("version") if refusal and not refusal.is_stale else child.version
    known = refusal.known if refusal else None
    return render_template(
        "clinic/details.html",
        child=child,
        who=terms.child(child, now().date()),
        given=shown,
        version=version,
        now_there={name: value_words(name, asdict(stands)[name]) for name in shown.changed_from(stands)},
        before=before,
        older=pack(older) if older else "",
        errors=refusal.errors if refusal else {},
        known=known,
        known_who=terms.child(known, now().date()) if known else "",
        is_elsewhere=refusal is not None and refusal.is_elsewhere,
        has_password=me().has_password,
        terms=terms,
    )


def _shown(stands: Details) -> Details:
    """What was typed, beside what stands: nothing that somebody wrote is lost to a refusal."""
    typed = {name: request.form[name] for name in asdict(stands) if name in request.form}
    return replace(stands, **typed)


def _before(session: Session, child: Patient) -> tuple[list[Before], int]:
    """One page of them, and what the next one comes before."""
    rows, older = corrections_of(session, child, before=unpack_number(request.args.get("before", "")))
    names = {number: session.get_one(Person, number).name for number in {row.by_id for row in rows}}
    shown = [
        Before(row.at, names[row.by_id], [(str(LABELS[name]), value_words(name, was)) for name, was in row.was.items()])
        for row in rows
    ]
    return shown, older

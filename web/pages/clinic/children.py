"""Registering a child with the clinic, so that somebody can ask about it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import panel
from econsult.consults import requests
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.errors import InvalidError
from econsult.panel import KnownChildError
from econsult.people.patients import LONGEST_MARK, SEXES, Patient, add_patient
from econsult.people.persons import LANGUAGES, Organization, Program, Role
from web.context import database, now, runtime
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.shell.once import once
from web.words import terms
from web.words.details import fault
from web.words.language import gettext

clinic_children = Blueprint("clinic_children", __name__, url_prefix="/clinic/children")


@clinic_children.get("/new")
@only(Role.PCP, Role.TELEPRESENTER)
def new_child() -> str:
    """The empty form."""
    return _page({})


@clinic_children.post("/new")
@only(Role.PCP, Role.TELEPRESENTER)
def register() -> Response | tuple[str, int]:
    """Register the child at the signed-in person's clinic under a key of its own, and go on to a request about it."""
    form = FormReader()
    given = _given(form)
    try:
        if form.errors:
            return _page(form.errors), 422
        with database().writing() as session:
            draft = once(session, lambda: _register(session, given))
    except InvalidError as error:
        return _page({name: fault(name, code) for name, code in error.fields.items()}), 422
    except KnownChildError as error:
        return _page({}, known=error.child), 409
    return redirect(url_for("clinic_request.edit_request", public_id=draft, said="registered"), 303)


def _register(session: Session, given: dict[str, str]) -> Consult:
    """The first request about the child who is registered with it."""
    if "is_another" not in request.form:
        panel.refuse_known(session, me(), given["name"], given["birth_date"], given["mrn"], now=now())
    program = session.get_one(Program, me().program_id)
    home = session.get(Organization, me().organization_id) if me().organization_id else None
    key = runtime().vault.new_patient_key(session, program)
    child = add_patient(
        session, program, key_wrapped=key, organization=home, registered_by=me(), now=now(), **given
    )  # fmt: skip
    return requests.create(session, me(), child, RequestForm(kind="econsult"), now=now())


def _given(form: FormReader) -> dict[str, str]:
    return {
        "name": form.text("name", longest=120, required=gettext("Write the child's name")),
        "birth_date": form.text("birth_date", longest=10, required=gettext("Write the birth date")),
        "sex": form.choice("sex", SEXES) or "unknown",
        "language": form.choice("language", LANGUAGES) or "en",
        "nickname": form.text("nickname", longest=LONGEST_MARK),
        "region": form.text("region", longest=40),
        "phone": form.phone("phone"),
        "mrn": form.text("mrn", longest=40),
    }


def _page(errors: dict[str, str], known: Patient | None = None) -> str:
    shown = [(known, terms.child(known, now().date()))] if known else []
    return render_template("clinic/child.html", errors=errors, given=request.form, terms=terms, known=shown)

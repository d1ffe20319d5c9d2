"""What the API tells of the templates: each questionnaire as it is, and what a request still lacks of them."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.asked import forms_of, missing_items
from econsult.consults.records import CLINICS_OWN
from econsult.errors import NotFoundError
from econsult.templates.items import CLINIC, FAMILY, Questionnaire
from econsult.templates.loading import library_of
from web.api.routing import route
from web.context import database, now


@route("GET", "/questionnaires", answer="Questionnaires")
def list_questionnaires() -> dict[str, Any]:
    """The questionnaires that are asked today, one of each name."""
    with database().reading() as session:
        forms = library_of(session).newest
    return {"items": [_brief(forms[name]) for name in sorted(forms)]}


@route("GET", "/questionnaires/<name>", answer="Questionnaire", query=("version",))
def show_questionnaire(name: str) -> dict[str, Any]:
    """One questionnaire as FHIR R4 JSON: the newest, or the version that is asked for."""
    with database().reading() as session:
        library = library_of(session)
    wanted = request.args.get("version")
    found = next((form for form in library.every if (form.name, form.version) == (name, wanted)), None)
    form = found if wanted else library.newest.get(name)
    if form is None:
        raise NotFoundError
    return dict(form.resource)


def asked_json(session: Session, passed: Pass) -> list[dict[str, Any]]:
    """The forms that ask about a request, and which of their required items are not answered."""
    consult = passed.consult
    audience = CLINIC if consult.kind in CLINICS_OWN else FAMILY
    missing = {item.link_id for item in missing_items(session, consult, audience, now=now())}
    forms = forms_of(session, consult, audience)
    return [
        {
            "name": form.name,
            "version": form.version,
            "status": form.resource["status"],
            "missing": [link for link in form.by_link if link in missing],
        }
        for form in forms
    ]


def _brief(form: Questionnaire) -> dict[str, Any]:
    told = {"name": form.name, "version": form.version, "status": form.resource["status"]}
    return told | {"title": form.resource["title"], "subject": form.subject, "audience": form.audience}

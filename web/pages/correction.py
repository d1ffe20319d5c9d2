"""Correcting a signed answer: the form with what was signed, and why it is not right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.advice.snippets import snippets_for
from econsult.consults.correcting import LONGEST_REASON, correct, may_correct
from econsult.consults.lifecycle import next_status
from econsult.errors import ForbiddenError, InvalidError, StaleVersionError
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.pages.consult_answer import read_content, sentences
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.numbers import form_number
from web.showing.casefile import open_case
from web.words import terms
from web.words.language import gettext
from web.words.plain import meter_of, spanish_of
from web.words.snippets import SNIPPET_FIELDS
from web.words.steps import KINDS, due_days

correction = rings(Blueprint("correction", __name__, url_prefix="/consults/<public_id>/correct"))
Page = Response | tuple[str, int] | str


@correction.get("")
@only(Role.SPECIALIST, Role.PCP)
def show(public_id: str) -> Page:
    """The form, filled with what stands now."""
    return _page(public_id)


@correction.post("")
@only(Role.SPECIALIST, Role.PCP)
def sign_correction(public_id: str) -> Page:
    """Sign the next version; nothing that was written is lost where it is refused."""
    form = FormReader()
    content, reason = read_content(form), form.text("reason", longest=LONGEST_REASON)
    errors = dict(form.errors)
    try:
        if not errors:
            with database().writing() as session:
                loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
                seen = form_number("version")
                correct(session, loaded.consult, me(), content, reason, now=now(), version=seen)
            return redirect(url_for("consult.show", public_id=public_id, said="corrected"), 303)
    except InvalidError as error:
        words = {
            "reason": gettext("Say what was wrong"),
            "answer": gettext("Nothing was changed"),
        }
        errors = sentences(error.fields) | {name: words[name] for name in error.fields if name in words}
    except StaleVersionError:
        errors = {"answer": gettext("This answer was corrected somewhere else after you opened it. Read it first.")}
        return _page(public_id, content, reason, errors), 409
    return _page(public_id, content, reason, errors), 422


def _page(
    public_id: str, content: Mapping[str, Any] | None = None, reason: str = "", errors: Mapping[str, str] | None = None
) -> str:
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
        next_status(loaded.consult.status, "correct")
        if not may_correct(session, loaded.consult, me()):
            raise ForbiddenError("Only whoever signed the answer, or has it now, corrects it.")
        case = open_case(session, loaded)
    shown = case.answer.content if content is None and case.answer is not None else content or {}
    return render_template(
        "consult/correct.html",
        case=case,
        content=shown,
        reason=reason,
        errors=errors or {},
        meter=meter_of(str(shown.get("family_summary") or ""), case.patient.language),
        **spanish_of(shown, case.patient.language),
        terms=terms,
        days=due_days(),
        kinds=KINDS,
        snippets=snippets_for(case.consult.specialty),
        snippet_fields=SNIPPET_FIELDS,
    )

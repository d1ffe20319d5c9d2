"""Correcting a signed answer: the form with what was signed, which saves itself, and why it is not right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.advice.own_snippets import known_to
from econsult.consults.answers import has_signed
from econsult.consults.contents import check_meant
from econsult.consults.correcting import (
    LONGEST_REASON,
    NOT_YOURS,
    cancel_correction,
    correct,
    may_correct,
    save_correction,
)
from econsult.consults.correction_drafts import CorrectionDraft, correction_of
from econsult.consults.lifecycle import next_status
from econsult.consults.versions import Answer, signed_answer
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError, StaleVersionError
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.pages.consult_answer import is_script, lost, meters, read_content, sentences, writer_of
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.errors import status_of
from web.shell.forms import FormReader
from web.shell.numbers import form_number
from web.showing.casefile import open_case
from web.showing.filling import filled_in
from web.showing.lost import words_of
from web.words import terms
from web.words.language import gettext
from web.words.plain import meter_of, spanish_of
from web.words.snippets import SNIPPET_FIELDS
from web.words.steps import KINDS, due_days
from web.words.times import clock

correction = rings(Blueprint("correction", __name__, url_prefix="/consults/<public_id>/correct"))
Page = Response | tuple[Response, int] | tuple[str, int] | str
NOTHING: Mapping[str, str] = {}


@correction.get("")
@only(Role.SPECIALIST, Role.PCP)
def show(public_id: str) -> Page:
    """The form, filled with what was written so far, or else with what stands now."""
    return _page(public_id)


@correction.post("")
@only(Role.SPECIALIST, Role.PCP)
def write_correction(public_id: str) -> Page:
    """Keep what was written; with the verb `sign` sign it as the next version, with `cancel` throw it away.

    Nothing is lost where it is refused. Scripts that save by themselves get JSON.
    """
    form, verb = FormReader(), request.form.get("verb", "sign")
    content, reason = read_content(form), form.text("reason", longest=LONGEST_REASON)
    content["reason_es"] = form.text("reason_es", longest=LONGEST_REASON)
    try:
        if verb == "cancel":
            return _cancelled(public_id)
        if form.errors:
            return _refused(public_id, content, reason, form.errors)
        return _signed(public_id, content, reason) if verb == "sign" else _kept(public_id, content, reason)
    except InvalidError as error:
        return _refused(public_id, content, reason, _words(error.fields))
    except StaleVersionError:
        return _signed_before(public_id, content, reason) or _both_texts(public_id, content, reason)
    except (ForbiddenError, ImpossibleVerbError, NotFoundError) as error:
        return lost(public_id, "\n\n".join(filter(None, (reason, words_of(content)))), status_of(error))


def _loaded(session: Session, public_id: str) -> Pass:
    return consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)


def _save(public_id: str, content: Mapping[str, Any], reason: str) -> tuple[CorrectionDraft, str]:
    """Keep the draft; told with the language that the family reads."""
    with database().writing() as session:
        loaded = _loaded(session, public_id)
        version, saves = form_number("version") or 0, form_number("saves")
        draft = save_correction(session, loaded.consult, me(), content, reason, now=now(), version=version, saves=saves)
        return draft, loaded.patient.language


def _kept(public_id: str, content: Mapping[str, Any], reason: str) -> Page:
    draft, language = _save(public_id, content, reason)
    if is_script():
        return jsonify(
            saves=draft.saves, saved=clock(draft.saved_at), **meters({**content, "reason": reason}, language)
        )
    return redirect(url_for("correction.show", public_id=public_id, said="saved"), 303)


def _signed(public_id: str, content: Mapping[str, Any], reason: str) -> Page:
    """What is not whole yet is kept all the same, as a draft."""
    draft, _language = _save(public_id, content, reason)
    check_meant(content, is_meant="confirm_emergency" in request.form)
    with database().writing() as session:
        loaded = _loaded(session, public_id)
        correct(session, loaded.consult, me(), content, reason, now=now(), version=draft.corrects)
    return redirect(url_for("consult.show", public_id=public_id, said="corrected"), 303)


def _signed_before(public_id: str, content: Mapping[str, Any], reason: str) -> Response | None:
    """Where this form was heard before and its page got lost on the way: it is no newer version of somebody else."""
    with database().writing() as session:
        consult = _loaded(session, public_id).consult
        is_again = request.form.get("verb", "sign") == "sign" and has_signed(session, consult, me(), content, reason)
    return redirect(url_for("consult.show", public_id=public_id, said="corrected"), 303) if is_again else None


def _cancelled(public_id: str) -> Response:
    with database().writing() as session:
        cancel_correction(session, _loaded(session, public_id).consult, me(), now=now())
    return redirect(url_for("consult.show", public_id=public_id, said="correction_gone"), 303)


def _words(fields: Mapping[str, str]) -> dict[str, str]:
    words = {"reason": gettext("Say what was wrong"), "answer": gettext("Nothing was changed")}
    return sentences(fields) | {name: words[name] for name in fields if name in words}


def _refused(public_id: str, content: Mapping[str, Any], reason: str, errors: Mapping[str, str]) -> Page:
    if is_script():
        return jsonify(problem=next(iter(errors.values()))), 422
    return _page(public_id, content, reason, errors), 422


def _both_texts(public_id: str, content: Mapping[str, Any], reason: str) -> Page:
    """Somebody saved, signed or threw it away meanwhile: the next press counts as having seen what stands now."""
    if is_script():
        said = gettext(
            "This correction was saved, signed or thrown away in another window. Press Save to see both texts."
        )
        return jsonify(problem=said), 409
    with database().writing() as session:
        consult = _loaded(session, public_id).consult
        draft, signed = correction_of(session, consult.id), signed_answer(session, consult.id)
        if signed is not None and signed.version != form_number("version"):
            theirs = _newer(signed)
            said = gettext("This answer was corrected somewhere else after you opened it. Read it first.")
        elif draft is not None:
            theirs = {"author": writer_of(session, draft), "content": draft.content, "reason": draft.reason}
            said = gettext("This correction was saved somewhere else after you opened it. Both texts are here.")
        else:
            theirs, said = {}, gettext("This correction was thrown away in another window. Your text is still here.")
    return _page(public_id, content, reason, {"impression": said}, theirs), 409


def _newer(signed: Answer) -> dict[str, Any]:
    """The signed version that stands now, beside words that were written over one before it."""
    return {
        "title": gettext("Version %(version)d, which stands now", version=signed.version),
        "content": signed.content,
        "reason": signed.why,
        "now": gettext("Your own text is below. Signing it replaces this version."),
    }


def _page(
    public_id: str,
    content: Mapping[str, Any] | None = None,
    reason: str = "",
    errors: Mapping[str, str] = NOTHING,
    theirs: Mapping[str, Any] | None = None,
) -> str:
    with database().writing() as session:
        loaded = _loaded(session, public_id)
        next_status(loaded.consult.status, "correct")
        signed = signed_answer(session, loaded.consult.id)
        if signed is None or not may_correct(session, loaded.consult, me()):
            raise ForbiddenError(NOT_YOURS)
        draft = correction_of(session, loaded.consult.id)
        case = open_case(session, loaded)
        known = known_to(session, me(), loaded.consult.specialty)
    if content is None and draft is not None:
        content, reason = draft.content, draft.reason
        # Words that outlived the version that they were written over: its successor is to be read first.
        theirs = _newer(signed) if draft.corrects != signed.version else None
    # What stands beside the reason of the version before says nothing about this one.
    shown = {**signed.content, "reason_es": ""} if content is None else content
    return render_template(
        "consult/correct.html",
        case=case,
        content=shown,
        reason=reason,
        signed=signed,
        draft=draft,
        saves=draft.saves if draft else 0,
        is_refused=bool(errors),
        theirs=theirs,
        errors=errors,
        meter=meter_of(str(shown.get("family_summary") or ""), case.patient.language),
        **spanish_of({**shown, "reason": reason}, case.patient.language),
        terms=terms,
        days=due_days(),
        kinds=KINDS,
        snippets=filled_in(known, case.consult, case.patient, shown),
        snippet_fields=SNIPPET_FIELDS,
    )

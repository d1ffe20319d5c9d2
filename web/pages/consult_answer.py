"""Writing the answer: a draft that saves itself while it is written, and the signature that makes it final."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.answers import Answer, draft_of, has_signed, save_draft, sign
from econsult.consults.contents import (
    CONFIDENCES,
    KINDS,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_RECOMMENDATIONS,
    OWNERS,
    SPANISH_HOW,
    Disposition,
)
from econsult.consults.correction_drafts import CorrectionDraft
from econsult.consults.leaving import leave_words, may_leave
from econsult.consults.threads import LONGEST_MESSAGE
from econsult.consults.undoing import DiedSinceError, take_back
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError, StaleVersionError
from econsult.people.persons import Person, Role
from econsult.rights import Right
from econsult.seeing import is_seen
from econsult.unreadable import UnreadableError
from web.context import database, now, settings
from web.pages.consult import case_page
from web.pages.worklist import take_next
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.errors import status_of
from web.shell.forms import FormReader
from web.shell.kept import keep_copy
from web.shell.numbers import form_number
from web.showing.casefile import open_case
from web.showing.lost import Lost, why_lost, words_of
from web.words.language import gettext
from web.words.plain import lacking_words, meter_of
from web.words.terms import DISPOSITIONS
from web.words.times import clock

answering = rings(Blueprint("answering", __name__, url_prefix="/consults/<public_id>"))
Page = Response | tuple[Response, int] | tuple[str, int]


@answering.post("/answer")
@only(Role.SPECIALIST, Role.PCP)
def answer(public_id: str) -> Page:
    """Save the draft; with the verb `sign` or `sign_next` sign it as well. Scripts that save by themselves get JSON."""
    form = FormReader()
    content = read_content(form)
    try:
        return _refused(public_id, content, form.errors) if form.errors else _kept(public_id, content)
    except StaleVersionError:
        return _both_texts(public_id, content)
    except InvalidError as error:
        return _refused(public_id, content, sentences(error.fields))
    except (ForbiddenError, ImpossibleVerbError, NotFoundError) as error:
        return _signed_before(public_id, content) or lost(public_id, words_of(content), status_of(error))


def _signed_before(public_id: str, content: Mapping[str, Any]) -> Response | None:
    """Where this form was heard before and its page got lost on the way: nobody is told that it was not saved.

    The next request was taken then, so none is taken now.
    """
    if request.form.get("verb") not in {"sign", "sign_next"}:
        return None
    try:
        with database().writing() as session:
            is_signed = has_signed(session, consult_for(session, me(), public_id, now=now()).consult, me(), content)
    except NotFoundError:
        return None
    return _after_signing(public_id) if is_signed else None


def _kept(public_id: str, content: Mapping[str, Any]) -> Page:
    draft, language = _save(public_id, content)
    if request.form.get("verb") in {"sign", "sign_next"}:
        return _signed(public_id)
    if request.form.get("verb") == "preview":
        return redirect(url_for("as_family.show", public_id=public_id), 303)
    if is_script():
        return jsonify(saves=draft.saves, saved=clock(draft.saved_at), **meters(content, language))
    return redirect(url_for("consult.show", public_id=public_id, said="saved"), 303)


@answering.post("/answer/leave")
@only(Role.SPECIALIST, Role.PCP)
def leave(public_id: str) -> Page:
    """Leave what was written to whoever has the case now."""
    form = FormReader()
    text = form.text("text", longest=LONGEST_MESSAGE, required=gettext("Write what you want to say"))
    if form.errors:
        return lost(public_id, request.form.get("text", ""), 422, {"left": form.errors["text"]})
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
            leave_words(session, loaded.consult, me(), text, now=now())
    except (ForbiddenError, ImpossibleVerbError, NotFoundError) as error:
        return lost(public_id, text, status_of(error))
    return redirect(url_for("consult.show", public_id=public_id, said="left"), 303)


def lost(public_id: str, text: str, status: int, errors: Mapping[str, str] | None = None) -> Page:
    """Somebody else has the case, or it has ended: who, what one may do, and the words, which stay in the tab as well.

    Who may not see the case any more gets their own words back, and nothing of it.
    """
    keep_copy()
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now())
            case, may = open_case(session, loaded), may_leave(session, loaded.consult, me())
    except NotFoundError:
        told = Lost(gettext("You cannot open this request any more."), text)
        if is_script():
            return jsonify(problem=f"{told.why} {_press_save()}", ended=True), 404
        return render_template("consult/gone.html", lost=told), 404
    told = Lost(why_lost(case.consult, case.holder), text, may)
    if is_script():
        return jsonify(problem=f"{told.why} {_press_save()}", ended=True), status
    return case_page(case, lost=told, errors=errors or {}), status


def _press_save() -> str:
    return gettext("Your words are not saved. Press Save to keep them and to see what you can do.")


@answering.post("/answer/undo")
@only(Role.SPECIALIST, Role.PCP)
def undo(public_id: str) -> Page:
    """Take one's signature back within its seconds; after them the page says what can be done instead."""
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
            answer = take_back(session, loaded.consult, me(), now=now(), lease=settings().claim)
            place = "consult.show" if answer.corrects is None else "correction.show"
    except ImpossibleVerbError as refused:
        said = "undo_died" if isinstance(refused, DiedSinceError) else "undo_late"
        return redirect(url_for("consult.show", public_id=public_id, said=said), 303)
    return redirect(url_for(place, public_id=public_id, said="undone"), 303)


def read_content(form: FormReader) -> dict[str, Any]:
    """The answer as the form gives it, in the names of the API."""
    texts = request.form.getlist("rec_text")
    owners = request.form.getlist("rec_owner")
    dates, kinds = request.form.getlist("rec_due"), request.form.getlist("rec_kind")
    # Forms that were written before there were kinds have none.
    kinds += [""] * (len(texts) - len(kinds))
    beside = request.form.getlist("rec_text_es")
    beside += [""] * (len(texts) - len(beside))
    steps = [
        {"text": text.strip(), "owner": owner if owner in OWNERS else "pcp", "due_at": due or None}
        | ({"kind": kind} if kind in KINDS else {})
        | ({"text_es": spanish.strip()} if spanish.strip() else {})
        for text, owner, due, kind, spanish in zip(texts, owners, dates, kinds, beside, strict=False)
        if is_seen(text)
    ]
    names = ("impression", "watch_for", "family_summary", "references", "family_summary_es", "watch_for_es")
    return {
        "photo_days": form_number("photo_days"),
        "spanish_how": form.choice("spanish_how", SPANISH_HOW) or None,
        "spanish_by": form.text("spanish_by", longest=LONGEST_NAME),
        **{name: form.text(name, longest=LONGEST_TEXT) for name in names},
        "confidence": form.choice("confidence", CONFIDENCES) or None,
        "disposition": form.choice("disposition", tuple(Disposition)) or None,
        "recommendations": steps,
    }


def _save(public_id: str, content: Mapping[str, Any]) -> tuple[Answer, str]:
    """Keep the draft; told with the language that the family reads."""
    # A draft that appeared meanwhile must not be written over by somebody who saw none.
    seen = form_number("saves")
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
        known = draft_of(session, loaded.consult.id)
        if known is not None and seen not in (None, known.saves) and known.says(me(), content):
            # The answer to this save got lost on its way, and it comes once more.
            return known, loaded.patient.language
        if seen == 0 and known is not None:
            raise StaleVersionError("A draft was started meanwhile.")
        lease = settings().claim
        draft = save_draft(session, loaded.consult, me(), content, now=now(), lease=lease, saves=seen or None)
        return draft, loaded.patient.language


def _signed(public_id: str) -> Response:
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
        answer = sign(session, loaded.consult, me(), now=now(), is_meant="confirm_emergency" in request.form)
    # An emergency has no seconds in which it can be taken back.
    said = "signed" if answer.undo_until is not None else "signed_now"
    is_next = me().role == Role.SPECIALIST and request.form["verb"] == "sign_next"
    following = _following() if is_next else None
    if following:
        return redirect(url_for("consult.show", public_id=following, said=said, was=loaded.consult.number), 303)
    return _after_signing(public_id, said)


def _after_signing(public_id: str, said: str = "signed") -> Response:
    if me().role != Role.SPECIALIST:
        return redirect(url_for("consult.show", public_id=public_id, said="signed_to_family"), 303)
    return redirect(url_for("worklist.queue", said=said), 303)


def _following() -> str | None:
    """The next request, if there is one that can be taken: the answer is signed, whatever this comes to."""
    try:
        return take_next()
    except (ForbiddenError, UnreadableError):
        return None


def _both_texts(public_id: str, content: Mapping[str, Any]) -> Page:
    """Somebody saved meanwhile: show their text beside this one; the next save counts as having seen both."""
    if is_script():
        return jsonify(problem=gettext("This answer was saved in another window. Press Save to see both texts.")), 409
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
        case = open_case(session, loaded)
        author = writer_of(session, case.answer)
    errors = {"answer": gettext("This answer was saved somewhere else after you opened it. Both texts are here.")}
    theirs = {"author": author, "content": case.content}
    return case_page(case, errors=errors, content=content, theirs=theirs), 409


def writer_of(session: Session, draft: Answer | CorrectionDraft | None) -> str:
    """Who saved a text that stands beside one's own; empty where there is none any more."""
    if draft is None:
        return ""
    is_own = draft.author_id == me().id
    return gettext("You, in another window") if is_own else session.get_one(Person, draft.author_id).name


def meters(content: Mapping[str, Any], language: str) -> dict[str, Any]:
    """How hard each text for the family is to read, and what of them is not there in its language."""
    first = meter_of(content["family_summary"], language)
    spanish = meter_of(content["family_summary_es"], "es", is_only=True)
    return {
        "meter": asdict(first) if first else None,
        "meter_es": asdict(spanish) if spanish else None,
        "lacking": lacking_words(content, language),
    }


def _refused(public_id: str, content: Mapping[str, Any], errors: Mapping[str, str]) -> Page:
    if is_script():
        return jsonify(problem=next(iter(errors.values()))), 422
    with database().writing() as session:
        case = open_case(session, consult_for(session, me(), public_id, now=now(), right=Right.ANSWER))
    return case_page(case, errors=errors, content=content), 422


def sentences(fields: Mapping[str, str]) -> dict[str, str]:
    """What is missing of an answer, by field, in words."""
    needed = {
        "impression": gettext("Write what you think it is"),
        "disposition": gettext("Choose what happens next"),
        "family_summary": gettext("Write the plain summary for the family"),
        "spanish_how": gettext("Say who wrote or checked the Spanish"),
        "spanish_by": gettext("Name who checked the Spanish"),
        "recommendations": gettext("A plan has at most %(most)d steps", most=MOST_RECOMMENDATIONS),
        "confirm_emergency": gettext(
            "You chose “%(words)s”. Tick the box that says so, then sign again",
            words=DISPOSITIONS[Disposition.EMERGENCY_NOW],
        ),
        "photo_days": gettext("Write a number of days from 1 to 90"),
    }
    needed |= {
        name: gettext("Fill in what stands between ⟨ and ⟩") for name, code in fields.items() if code == "unfilled"
    }
    return {name: needed.get(name, gettext("Check this part")) for name in fields}


def is_script() -> bool:
    """Whether a form saves itself, and reads JSON."""
    return request.accept_mimetypes.best == "application/json"

"""A telephone call while it is written down: the form saves itself, and is offered again to whoever wrote it."""

from __future__ import annotations

from flask import g, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import known_patients, patient_for
from econsult.consults.redflags import ANSWER_HOLDS
from econsult.errors import ErasedError, InvalidError, StaleVersionError
from econsult.people.call_drafts import call_draft_of, end_call, keep_call
from econsult.people.patients import Patient
from web.context import database, now
from web.shell.auth import me
from web.shell.numbers import form_number
from web.shell.once import NOT_CONTENT
from web.shell.unsent import NO_SIGNS
from web.words.language import gettext
from web.words.times import clock, moment

STOPPED = "stopped"
NOT_WORDS = NOT_CONTENT | {"verb", "go", STOPPED}


def saves_shown() -> int:
    """How often what this page shows was saved: the page says it with its next save."""
    return int(g.get("call_saves") or form_number("saves"))


def offered(session: Session, child: Patient) -> str:
    """The page that asks whether to go on with what was written; empty where nothing is.

    Nobody finds the danger signs of an older call ticked who has not said that it is the same one.
    """
    draft = call_draft_of(session, child, me())
    if draft is None:
        return ""
    return render_template("clinic/phone_kept.html", patient=child, draft=draft, when=moment(draft.saved_at))


def kept(patient_id: str) -> Response | tuple[Response, int]:
    """Keep what stands in the form, and answer its script. It shows nobody anything, so that no log tells of it."""
    try:
        with database().writing() as session:
            known = known_patients(session, me(), now(), even_erased=True)
            child = session.scalars(known.where(Patient.public_id == patient_id)).one_or_none()
            if child is None:
                return _not_kept(gettext("You may not open this record any more. Copy your text."), 404)
            draft = keep_call(session, child, me(), _fields(), now=now(), seen=form_number("saves"))
            return jsonify(saves=draft.saves, saved=clock(draft.saved_at))
    except ErasedError:
        return _not_kept(gettext("You may not open this record any more. Copy your text."), 410)
    except InvalidError:
        return jsonify(problem=gettext("This is too long to be saved. Shorten it.")), 422
    except StaleVersionError:
        said = gettext("This call was saved, sent or thrown away in another window. Your text here can still be sent.")
        return jsonify(problem=said), 409


def forget_old_no(patient_id: str) -> None:
    """Untick "none of these" where the family said so too long ago: `no_signs` then says no, and it is asked again.

    What was kept loses it too, so that the next answer counts from its own moment.
    """
    if NO_SIGNS not in request.form:
        return
    is_opened = request.form.get("verb") == "open"
    with database().writing() as session:
        child = session.scalars(
            known_patients(session, me(), now()).where(Patient.public_id == patient_id)
        ).one_or_none()
        draft = call_draft_of(session, child, me()) if child is not None else None
        is_this = draft is not None and draft.saves == form_number("saves")
        if child is None or draft is None or not (is_this or is_opened):
            g.is_old_no = is_opened
            return
        has_no = any(name == NO_SIGNS for name, _ in draft.fields)
        if has_no and now() - draft.signs_at >= ANSWER_HOLDS:
            fields = [pair for pair in draft.fields if pair[0] != NO_SIGNS]
            g.call_saves = keep_call(session, child, me(), fields, now=now(), seen=draft.saves).saves
            g.is_old_no = True
        elif is_opened:
            g.is_old_no = not has_no


def is_none_ticked() -> bool:
    """Whether the form says that no danger sign is there, lately enough."""
    return NO_SIGNS in request.form and not g.get("is_old_no")


def _not_kept(words: str, status: int) -> tuple[Response, int]:
    return jsonify(problem=words, ended=True), status


def dropped(patient_id: str) -> Response:
    """Throw away what was offered, and begin with an empty form."""
    with database().writing() as session:
        ended(session, patient_for(session, me(), patient_id, now=now()))
    return redirect(url_for("by_phone.show", patient_id=patient_id), 303)


def ended(session: Session, child: Patient) -> None:
    """It is sent, or goes on elsewhere."""
    end_call(session, child, me(), _fields(), seen=form_number("saves"))


def stopped(patient_id: str, public_id: str) -> None:
    """Let what was saved of this call know where it was stopped: whoever goes on with it makes no second one."""
    with database().writing() as session:
        child = patient_for(session, me(), patient_id, now=now())
        draft = call_draft_of(session, child, me())
        if draft is not None and draft.saves == form_number("saves"):
            keep = keep_call(session, child, me(), _fields(public_id), now=now(), seen=draft.saves)
            g.call_saves = keep.saves


def _fields(is_stopped: str | None = None) -> list[tuple[str, str]]:
    """What was written, and the draft that a danger sign has stopped before, if one has."""
    written = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_WORDS]
    public_id = is_stopped or request.form.get(STOPPED, "")
    return [*written, (STOPPED, public_id)] if public_id else written

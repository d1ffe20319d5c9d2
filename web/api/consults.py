"""Routes of a consult from its first draft to its end, seen from those who ask."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from econsult import access
from econsult.advice.close_out import close_as
from econsult.advice.following import accept_and_read
from econsult.asked_before import choose_earlier, follow_up
from econsult.consults import answers, repeats, requests, telling
from econsult.consults.confidential import keep_confidential
from econsult.consults.merging import check_version
from econsult.consults.open_ends import ClinicTold
from econsult.consults.opened import note_opened
from econsult.consults.outcomes import AT_CLOSING, Said
from econsult.consults.records import Kind
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.tries import write_try
from econsult.consults.voice import VoiceChoice, choose_voice
from econsult.errors import InvalidError
from econsult.people.consent import ConsentGiven
from econsult.rights import OF_FAMILY, Right
from web.api.consent_schemas import VOICE
from web.api.loading import after, as_it_is, loaded
from web.api.routing import REACHING, route
from web.api.schemas import (
    CONSULT_EDIT,
    CONSULT_IN,
    INFORMED_IN,
    REASON_IN,
    SEND_ON_IN,
    SUBMIT_IN,
    TRIED_IN,
)
from web.api.shapes import consult_json
from web.api.step_schemas import ACKNOWLEDGE_IN, CLOSE_IN
from web.api.wishes import wishes_in
from web.context import database, now, settings
from web.shell.auth import me

LONGEST_KEY = 255


@route("POST", "/consults", answer="Consult", status=201, body=CONSULT_IN, headers=("Idempotency-Key",))
def create_consult(body: dict[str, Any]) -> dict[str, Any]:
    """Open a draft. The same Idempotency-Key within a day gives the same consult again."""
    form = _request_form(body)
    with database().writing() as session:
        key, content = _repeat_key(), _digest(body)
        known = repeats.find(session, me(), key, content, now=now()) if key else None
        if known is not None:
            return consult_json(session, access.consult_for(session, me(), known, now=now()))
        patient = access.patient_for(session, me(), body["patient_id"], now=now())
        consult = requests.create(session, me(), patient, form, now=now())
        if key:
            repeats.remember(session, me(), key, content, consult, now=now())
        right = Right.KEEP_CONFIDENTIAL if "confidential" in body else Right.SEE
        made = access.consult_for(session, me(), consult.public_id, now=now(), right=right)
        if "confidential" in body:
            # Before anything of an older one is shown with it, and long before anybody is told of it.
            keep_confidential(session, consult, me(), body["confidential"], now=now())
        _show_earlier(session, made, body)
        if consult.kind == Kind.FOLLOW_UP:
            follow_up(session, made, me(), now=now())
        return consult_json(session, made)


def _show_earlier(session: Session, passed: access.Pass, body: dict[str, Any]) -> None:
    """What of before the request shows, where the body says so."""
    if "earlier" in body:
        choose_earlier(session, passed, me(), body["earlier"], now=now())


@route("GET", "/consults/<consult_id>", answer="Consult")
def show_consult(consult_id: str) -> dict[str, Any]:
    """A consult, cut to what the caller may know of it."""
    with loaded(consult_id, Right.SEE) as (session, passed):
        if passed.relation in OF_FAMILY:
            note_opened(session, passed.consult, me(), now=now())
        return consult_json(session, passed)


@route("PATCH", "/consults/<consult_id>", answer="Consult", body=CONSULT_EDIT)
def edit_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Change a draft; what the body leaves out stays. With `version`, only if nobody saved since that one."""
    with loaded(consult_id, Right.REQUEST) as (session, passed):
        check_version(passed.consult, body.get("version"))
        requests.edit(session, passed.consult, me(), _request_form(body), now=now())
        _show_earlier(session, passed, body)
    return as_it_is(consult_id)


@route("POST", "/consults/<consult_id>/submit", answer="Consult", body=SUBMIT_IN)
def submit_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send the draft; with `version`, only that one. A red flag that means now stops it with `emergency`."""
    reason, attestation = body.get("override_reason", ""), body.get("red_flag_attestation")
    form = SubmitForm(reason, attestation, is_shared=body.get("is_shared", False))
    with loaded(consult_id, Right.REQUEST) as (session, passed):
        check_version(passed.consult, body.get("version"))
        requests.submit(session, passed.consult, me(), form, now=now(), targets=settings().first_reply)
    return as_it_is(consult_id)


@route("POST", "/consults/<consult_id>/voice-consent", answer="Consult", body=VOICE)
def choose_voice_of(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Record the family's yes or no to the sound of its videos, which are prepared anew if it differs."""
    with loaded(consult_id, Right.UPLOAD) as (session, passed):
        choose_voice(session, passed.consult, me(), _choice(body), now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/withdraw", answer="Consult", body=REASON_IN)
def withdraw_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take the request back."""
    with loaded(consult_id, Right.REQUEST) as (session, passed):
        requests.withdraw(session, passed.consult, me(), body.get("reason", ""), now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/send-on", answer="Consult", body=SEND_ON_IN)
def send_on_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make a family's question the clinic's own request to a specialty; its files stay with it."""
    with loaded(consult_id, Right.SEND_ON) as (session, passed):
        form = _request_form(body)
        _show_earlier(session, passed, body)
        requests.send_on(
            session,
            passed.consult,
            me(),
            form,
            now=now(),
            targets=settings().first_reply,
            sending=SubmitForm(
                body.get("override_reason", ""),
                body.get("red_flag_attestation"),
                why_less=body.get("urgency_reason", ""),
            ),
        )
    return after(passed)


@route("POST", "/consults/<consult_id>/acknowledge", answer="Consult", body=ACKNOWLEDGE_IN)
def acknowledge_answer(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say that the clinic has read the answer, and decide about its steps; the family may read it from then on.

    With `version`, only if that is the version that stands now.
    """
    declined = {each["step"]: each["reason"] for each in body.get("decline", [])}
    seen, held = body.get("version"), body.get("opens_held", False)
    with loaded(consult_id, Right.ACKNOWLEDGE) as (session, passed):
        if body.get("accept") or declined:
            accept_and_read(session, passed.consult, me(), declined, now=now(), version=seen, opens_held=held)
        else:
            answers.acknowledge(session, passed.consult, me(), now=now(), version=seen, opens_held=held)
    return after(passed)


@route("POST", "/consults/<consult_id>/informed", answer="Consult", body=INFORMED_IN)
def record_informed(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Record that the family has heard the answer, and how; with `version`, only if that one stands now.

    Of a decline, which has no version, it is 0.
    """
    method, back, seen = body["method"], body.get("teach_back", False), body.get("version")
    with loaded(consult_id, Right.INFORM) as (session, passed):
        telling.inform(session, passed.consult, me(), method=method, teach_back=back, now=now(), version=seen)
    return after(passed)


@route("POST", "/consults/<consult_id>/tried", answer="Consult", body=TRIED_IN, roles=REACHING)
def record_try(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Record that somebody tried to tell the family and did not reach it."""
    with loaded(consult_id, Right.INFORM) as (session, passed):
        write_try(session, passed.consult, me(), body["result"], now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/close", answer="Consult", body=CLOSE_IN)
def close_consult(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """End an answered consult; before the family has heard the answer this takes a reason, the desk's of three words.

    With `version`, only if that is the version that stands now. The clinic says what came of the answer; the desk says
    whom of a clinic that has not read it it told, and when. Nobody closes while the family is to be called (409).
    """
    reason, seen = body.get("reason", ""), body.get("version")
    said = Said(**{name: body.get(name, "") for name in AT_CLOSING})
    told = ClinicTold(body.get("told_who", ""), body.get("told_at", ""))
    with loaded(consult_id, Right.CLOSE) as (session, passed):
        close_as(session, passed, me(), said, reason=reason, now=now(), version=seen, told=told)
    return after(passed)


def _request_form(body: dict[str, Any]) -> RequestForm:
    names = ("kind", "specialty", "question", "question_type", "urgency", "source", "details")
    return RequestForm(
        **{name: body.get(name) for name in names},
        consent=_consent(body.get("consent")),
        voice=_voice(body.get("voice_consent")),
        wishes=wishes_in(body),
    )


def _voice(given: dict[str, Any] | None) -> VoiceChoice | None:
    return None if given is None else _choice(given)


def _choice(given: dict[str, Any]) -> VoiceChoice:
    told = (given.get(name, "") for name in ("by", "method", "language", "after_no"))
    return VoiceChoice(given["given"], *told)


def _consent(given: dict[str, Any] | None) -> ConsentGiven | None:
    if given is None:
        return None
    if not given["given"]:
        raise InvalidError("Without consent nothing can be asked.", {"consent.given": "required"})
    return ConsentGiven(by=given.get("by", ""), method=given.get("method", ""), language=given.get("language", ""))


def _repeat_key() -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise InvalidError("The Idempotency-Key is too long.", {"Idempotency-Key": "too_long"})
    return key


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

"""What the medical home does with a case: acknowledge the answer, tell the family, close, take back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from econsult import asked_before
from econsult.access import consult_for
from econsult.advice.close_out import close_out, say_close_out
from econsult.advice.following import LONGEST_WHY, accept_and_read, said_of_steps
from econsult.consults import requests, telling
from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import AT_CLOSING
from econsult.consults.tries import TryResult, write_try
from econsult.errors import CallOpenError, InvalidError, StaleVersionError
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.pages.consult import LONGEST_REASON, case_page
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.numbers import UNSEEN, form_number
from web.shell.once import once, once_about
from web.showing.casefile import open_case
from web.showing.closing import call_first, close_refusal
from web.showing.lost import Lost, changed_words
from web.showing.outcomes import missing_words, said_in_form
from web.words.language import gettext

clinic_case = rings(Blueprint("clinic_case", __name__, url_prefix="/consults/<public_id>"))
CLINIC_ROLES = (Role.PCP, Role.TELEPRESENTER)
Page = Response | tuple[str, int]


@clinic_case.post("/acknowledge")
@only(Role.PCP)
def acknowledge(public_id: str) -> Page:
    """The clinic has read the answer and accepts its steps, but those that it declines; the family may read it now."""
    declined = {key: request.form.get(f"why-{key}", "")[:LONGEST_WHY] for key in request.form.getlist("decline")}
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.ACKNOWLEDGE)
            seen = form_number("version", UNSEEN)
            held = request.form.get("held") == "1"
            accept_and_read(session, loaded.consult, me(), declined, now=now(), version=seen, opens_held=held)
    except StaleVersionError:
        return _changed(public_id, Right.ACKNOWLEDGE, {"declined": declined})
    except InvalidError as error:
        errors = {name: gettext("Say why not, so that the specialist can learn from it") for name in error.fields}
        return _refused(public_id, Right.ACKNOWLEDGE, errors, {"declined": declined})
    return _back(public_id, "acknowledged")


@clinic_case.post("/informed")
@only(Role.PCP)
def informed(public_id: str) -> Page:
    """Write down that the family heard the answer by phone or at a visit."""
    form = FormReader()
    method = form.choice("method", ("phone", "visit"), required=gettext("Choose how the family heard it"))
    if form.errors:
        return _refused(public_id, Right.INFORM, form.errors)
    back, seen = form.is_ticked("teach_back"), form_number("version", UNSEEN)
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
            telling.inform(session, loaded.consult, me(), method=method, teach_back=back, now=now(), version=seen)
    except StaleVersionError:
        return _changed(public_id, Right.INFORM, {"method": method})
    return _back(public_id, "told" if loaded.consult.status == Status.DECLINED else "informed")


@clinic_case.post("/tried")
@only(Role.PCP)
def tried(public_id: str) -> Page:
    """Write down that the family was not reached."""
    form = FormReader()
    result = form.choice("tried", tuple(TryResult), required=gettext("Say what came of it"))
    if form.errors:
        return _refused(public_id, Right.INFORM, form.errors)
    with database().writing() as session:
        consult = consult_for(session, me(), public_id, now=now(), right=Right.INFORM).consult
        once_about(session, consult, lambda: write_try(session, consult, me(), result, now=now()))
    return _back(public_id, "not_reached")


@clinic_case.post("/close")
@only(Role.PCP)
def close(public_id: str) -> Page:
    """End an answered request with three answers; where the family has not heard, a reason is needed as well."""
    reason, said = FormReader().text("close_reason", longest=LONGEST_REASON), said_in_form(*AT_CLOSING)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.CLOSE)
        errors: dict[str, str] = {}
        try:
            seen = form_number("version", UNSEEN)
            close_out(session, loaded.consult, me(), said, reason=reason, now=now(), version=seen)
        except (StaleVersionError, CallOpenError) as error:
            words = call_first() if isinstance(error, CallOpenError) else changed_words()
            given = {**vars(said), "close_reason": reason, "closing": "1"}
            return case_page(open_case(session, loaded), errors={"stands": words}, given=given), 409
        except InvalidError as error:
            errors = missing_words(name for name in error.fields if name in AT_CLOSING)
            if "reason" in error.fields:
                errors["close_reason"] = close_refusal(loaded.consult, error.fields["reason"])
        if errors:
            given = {**vars(said), "close_reason": reason}
            return case_page(open_case(session, loaded), errors=errors, given=given), 422
    return redirect(url_for("clinic.home", said="closed"), 303)


@clinic_case.post("/close-out")
@only(Role.PCP)
def say_what_came(public_id: str) -> Page:
    """Say what came of the answer of a request that the desk closed."""
    said = said_in_form(*AT_CLOSING)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.CLOSE)
        try:
            once_about(session, loaded.consult, lambda: say_close_out(session, loaded, me(), said, now=now()))
        except InvalidError as error:
            return case_page(open_case(session, loaded), errors=missing_words(error.fields), given=vars(said)), 422
    return _back(public_id, "noted")


@clinic_case.post("/withdraw")
@only(*CLINIC_ROLES)
def withdraw(public_id: str) -> Response:
    """Take an own request back; who works on it is told. What its family has asked is still to be answered."""
    reason = FormReader().text("reason", longest=LONGEST_REASON)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.REQUEST)
        requests.withdraw(session, loaded.consult, me(), reason, now=now())
    if loaded.consult.family_waits_since is not None:
        return redirect(url_for("consult.show", public_id=public_id, lane="family", said="withdrawn"), 303)
    return redirect(url_for("clinic.home", said="withdrawn"), 303)


@clinic_case.post("/ask-again")
@only(*CLINIC_ROLES)
def ask_again(public_id: str) -> Response:
    """Open a draft about the same child with the words of a request that has ended; danger signs are asked anew."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        draft = once(session, lambda: asked_before.ask_again(session, loaded, me(), now=now()))
    return redirect(url_for("clinic_request.edit_request", public_id=draft), 303)


@clinic_case.post("/follow-up")
@only(*CLINIC_ROLES)
def follow_up(public_id: str) -> Response:
    """Open the draft of a linked cycle, which shows this request with its answer to whoever takes it."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        draft = once(session, lambda: asked_before.begin_follow_up(session, loaded, me(), now=now()))
    return redirect(url_for("clinic_request.edit_request", public_id=draft), 303)


def _refused(
    public_id: str, right: Right, errors: Mapping[str, str], given: Mapping[str, object] | None = None
) -> Page:
    with database().writing() as session:
        case = open_case(session, consult_for(session, me(), public_id, now=now(), right=right))
    return case_page(case, errors=errors, given=given or {}), 422


def _changed(public_id: str, right: Right, given: Mapping[str, Any]) -> Page:
    """Another version stands now than the one that was read or told: the page as it is, and what was written."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=right)
        case = open_case(session, loaded)
        reasons = said_of_steps(session, loaded.consult.id, given.get("declined") or {})
    fresh = {step.text: step.id for step in case.steps if step.is_proposed}
    given = {**given, "declined": {fresh[words]: why for words, why in reasons if words in fresh}}
    left = "\n".join(f"{words}: {why}" for words, why in reasons if words not in fresh)
    lost = Lost(changed_words(), left) if left else None
    return case_page(case, errors={} if lost else {"stands": changed_words()}, given=given, lost=lost), 409


def _back(public_id: str, said: str) -> Response:
    return redirect(url_for("consult.show", public_id=public_id, said=said), 303)

"""A family's question that nobody of its clinic can take: the desk sends it on to a specialty, or says no to it.

With a no go words for the family, and who was called instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults import requests
from econsult.consults.completeness import LONGEST_QUESTION
from econsult.consults.drafts import WORDS
from econsult.consults.records import QUESTION_TYPES, RANKS, Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.screening import screen_red_flags
from econsult.consults.stranded import turn_down
from econsult.consults.urgency import ONLY_CLINICIAN
from econsult.errors import EmergencyError, ForbiddenError, InvalidError
from econsult.people.persons import SPECIALTIES, Role
from econsult.rights import Relation, Right
from econsult.standing import check_desk, desk_relation
from web.context import database, now, settings
from web.pages.allocation import DESK, SentOn, desk_page
from web.pages.clinic.sending_on import look, weigh
from web.pages.clinic.terms import sentences
from web.pages.clinic.wishes import keep_earlier
from web.pages.giving import LONGEST_REASON
from web.shell.auth import me, only
from web.shell.desk import rings, second_press, with_stand_ins
from web.shell.forms import FormReader
from web.showing.sending import Sending
from web.words.language import gettext

turning_down = rings(Blueprint("turning_down", __name__, url_prefix="/coordination/desk"))


@turning_down.post("/<public_id>/decline")
@only(*DESK)
@second_press("decline", "declined")
def decline(public_id: str) -> Response | tuple[str, int]:
    """End the question with words that the family reads; the family stands among those to be telephoned then."""
    form = FormReader()
    words = form.text("words", longest=LONGEST_REASON, required=gettext("Write what the family reads"))
    reason = form.text("reason", longest=LONGEST_REASON)
    with database().writing() as session:
        check_desk(session, me(), now())
        consult = consult_for(session, me(), public_id, now=now(), right=Right.DECLINE).consult
        if not form.errors:
            turn_down(session, consult, me(), words, reason, now=now())
        is_callers = desk_relation(session, me(), now(), consult) in (Relation.COORDINATOR, Relation.FOR_DESK)
    if form.errors:
        return desk_page({f"d-{public_id}": form.errors.get("words") or form.errors["reason"]}), 422
    if not is_callers:
        # Whoever stands in learns of no family that its own clinic can tell.
        return redirect(url_for("allocation.desk", said="declined"), 303)
    return redirect(url_for("coordination.card", public_id=public_id, said="declined"), 303)


@turning_down.get("/<public_id>/death")
@with_stand_ins(Role.COORDINATOR)
def to_death(public_id: str) -> Response:
    """On to the page where it is written down that the child of this question has died."""
    with database().writing() as session:
        child = consult_for(session, me(), public_id, now=now(), right=_giving()).patient
        return redirect(url_for("death.show", public_id=child.public_id), 303)


def _giving() -> Right:
    return Right.ASSIGN if me().role == Role.COORDINATOR else Right.GIVE


@turning_down.post("/<public_id>/send-on")
@only(Role.COORDINATOR)
def send_on(public_id: str) -> Response | tuple[str, int]:
    """Make it a request to a specialty; its words, files and messages go with it.

    Where the desk writes no question, the family's own is asked. Like a clinic the desk is shown first what asks the
    same and what nobody has answered, and says why it goes without.
    """
    form, answers = FormReader(), FormReader()
    given = _told(form)
    sending: Sending | None = None
    details: dict[str, Any] = {}
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now())
            if loaded.consult.sent_on_by_id == me().id:
                return redirect(url_for("allocation.desk", said="sent_on"), 303)
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.SEND_ON)
            if not form.errors:
                details, sending = look(session, loaded, answers, given)
                form.errors.update(answers.errors)
                # A danger sign waits for no checklist.
                told = {**loaded.consult.details, **details}
                screen_red_flags(session, loaded.consult, me(), told, None, now=now(), is_sent_on=True)
            why = weigh(form, given["specialty"], sending)
            if not form.errors:
                keep_earlier(session, loaded, form)
            if not form.errors:
                _send(session, loaded.consult, given, details, why)
    except InvalidError as wrong:
        form.errors.update(sentences(wrong.fields))
    except ForbiddenError as refused:
        if refused.code != ONLY_CLINICIAN:
            raise
        form.errors["urgency"] = gettext(
            "Only a clinician can make it less urgent. Choose as urgent as it was, or more."
        )
    except EmergencyError:
        form.errors["s"] = gettext("This may be an emergency. Call the family and send the child to the ER.")
    if form.errors:
        first = form.errors.get("s") or next(iter(form.errors.values()))
        return desk_page({f"s-{public_id}": first}, sent_on=SentOn(public_id, sending, form.errors)), 422
    return redirect(url_for("allocation.desk", said="sent_on"), 303)


def _send(session: Session, consult: Consult, given: Mapping[str, Any], details: Mapping[str, Any], why: str) -> None:
    wish = RequestForm(
        specialty=given["specialty"],
        question=given["question"].strip() or None,
        question_type=given["question_type"],
        urgency=given["urgency"] or None,
        details=details,
    )
    sending, targets = SubmitForm(lacking=why, saw_checklist=True), settings().first_reply
    requests.send_on(session, consult, me(), wish, now=now(), targets=targets, sending=sending)


def _told(form: FormReader) -> dict[str, Any]:
    return {
        **dict.fromkeys((*WORDS, "body_site"), ""),
        "send_on": "1",
        "red_flags": [],
        "specialty": form.choice("specialty", SPECIALTIES, required=gettext("Choose a specialty")),
        "question_type": form.choice("question_type", QUESTION_TYPES, required=gettext("Choose what you want to know")),
        "question": form.text("question", longest=LONGEST_QUESTION),
        "urgency": form.choice("urgency", tuple(RANKS)),
    }

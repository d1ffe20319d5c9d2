"""Routes of what is said about a consult: messages, requests for information, and the answer."""

from __future__ import annotations

from typing import Any

from econsult.consults import answers, correcting, threads, unasking, undoing
from econsult.consults.asking_more import Asking, ask
from econsult.consults.contents import check_meant
from econsult.consults.leaving import leave_words
from econsult.consults.threads import Audience
from econsult.lanes import writing_to
from econsult.reading import reader_for
from econsult.rights import Right
from web.api.answer_schemas import ANSWER_IN, CORRECT_IN, SIGN_IN
from web.api.described import closed, text
from web.api.loading import after, as_it_is, loaded
from web.api.marks import wanted_of
from web.api.routing import route
from web.api.schemas import MESSAGE_IN, NOTHING_IN, REQUEST_INFO_IN, TAKE_BACK_IN
from web.api.shapes import answer_json, message_json, versions_json
from web.context import database, now, settings
from web.shell.auth import me
from web.words.asking import codes_in
from web.words.covered import marks

LEAVE_IN = closed(("text",), text=text(5000))


@route("POST", "/consults/<consult_id>/messages", answer="Message", status=201, body=MESSAGE_IN)
def post_message(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say something to one audience; nobody outside of it reads it.

    The telepresenter who asked writes to the clinicians once they asked for something.
    """
    audience = Audience(body["audience"])
    with database().writing() as session:
        passed = writing_to(session, me(), consult_id, audience, now=now())
        message = threads.post(session, passed.consult, me(), audience, text=body["text"], now=now())
        return message_json(session, message, reader_for(session, passed, marks()))


@route("POST", "/consults/<consult_id>/request-info", answer="Consult", body=REQUEST_INFO_IN)
def request_info(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask for what is missing, also photos again; the clock stands still until an answer comes, at most three days.

    While that is waited for, what is asked in the same lane joins it, and the clock stands still no longer by it.
    """
    audience = Audience(body["audience"]) if "audience" in body else None
    with loaded(consult_id, Right.ANSWER) as (session, passed):
        items = body.get("items", [])
        asking = Asking(body["text"], items, wanted_of(body), codes=codes_in(items))
        ask(session, passed.consult, me(), audience, asking, now=now())
    return as_it_is(consult_id)


@route("POST", "/consults/<consult_id>/messages/<message_id>/take-back", answer="Consult", body=TAKE_BACK_IN)
def take_back_part(consult_id: str, message_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take back a part of what was asked for: the words, one item of the list, or one photo; the rest is waited for."""
    named = body.get("retake") or ("words" if body.get("words") else str(body.get("item", "")))
    with loaded(consult_id, Right.ANSWER) as (session, passed):
        unasking.take_back_part(session, passed.consult, me(), message_id, named, now=now())
    return as_it_is(consult_id)


@route("POST", "/consults/<consult_id>/answer", answer="Answer", body=ANSWER_IN)
def draft_answer(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Replace the draft of the answer; with `saves`, only if nobody saved since that count."""
    content = {name: value for name, value in body.items() if name != "saves"}
    with loaded(consult_id, Right.ANSWER) as (session, passed):
        draft = answers.save_draft(
            session, passed.consult, me(), content, now=now(), lease=settings().claim, saves=body.get("saves")
        )
        return answer_json(session, draft)


@route("POST", "/consults/<consult_id>/answer/leave", answer="Consult", body=LEAVE_IN)
def leave_answer(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Leave words to whoever has the consult now, by somebody who had it before; the clinic reads them too."""
    with loaded(consult_id, Right.HOLD) as (session, passed):
        leave_words(session, passed.consult, me(), body["text"], now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/answer/sign", answer="Consult", body=SIGN_IN)
def sign_answer(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make the draft final: the first reply is given. With `confirm_emergency` false no "emergency room now" is."""
    is_meant = body.get("confirm_emergency", True)
    with loaded(consult_id, Right.ANSWER) as (session, passed):
        answers.sign(session, passed.consult, me(), now=now(), is_meant=is_meant)
    return as_it_is(consult_id)


@route("POST", "/consults/<consult_id>/answer/undo", answer="Consult", body=NOTHING_IN)
def undo_signature(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it must be empty.
    """Take one's signature back within its 15 seconds: nobody was told, and the answer is a draft again."""
    with loaded(consult_id, Right.ANSWER) as (session, passed):
        undoing.take_back(session, passed.consult, me(), now=now(), lease=settings().claim)
    return as_it_is(consult_id)


@route("POST", "/consults/<consult_id>/answer/correct", answer="Consult", body=CORRECT_IN)
def correct_answer(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Sign a new version in the place of the newest one, with the reason that clinic and family read."""
    content = {name: value for name, value in body.items() if name not in ("reason", "version", "confirm_emergency")}
    with loaded(consult_id, Right.ANSWER) as (session, passed):
        check_meant(content, is_meant=body.get("confirm_emergency", True))
        seen = body.get("version")
        correcting.correct(session, passed.consult, me(), content, body["reason"], now=now(), version=seen)
    return as_it_is(consult_id)


@route("GET", "/consults/<consult_id>/answers", answer="Answers")
def list_answers(consult_id: str) -> dict[str, Any]:
    """Every signed version that the caller may read, the oldest first."""
    with loaded(consult_id, Right.SEE) as (session, passed):
        return {"items": versions_json(session, passed, reader_for(session, passed, marks()))}

"""Reading an answer without an account: a device that was invited asks for six digits, types them, and reads."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass
from econsult.consults.answers import released_answer
from econsult.consults.by_code import SOURCE, Asking, Reader, Verdict, ask_code, give_code, waits_for_code
from econsult.consults.conversion import is_converted
from econsult.errors import NotFoundError, TooManyTriesError
from econsult.opening import read_by_code
from econsult.people.onfile import Way
from econsult.people.persons import Role
from web.context import database, now, ring_workers, runtime, settings, source_here
from web.cookies import read_cookie
from web.shell.auth import COOKIE, me, only
from web.shell.forms import FormReader
from web.showing.awaited import wait_of
from web.showing.clinics import telephone_of
from web.showing.plain import plain_of
from web.showing.standing import state_of
from web.words.language import gettext

by_code = Blueprint("by_code", __name__, url_prefix="/invited/questions/<public_id>")
WORDS = {Way.SMS: _l("By text message"), Way.EMAIL: _l("By e-mail")}
Page = str | Response | tuple[str, int]


@by_code.get("/answer")
@only(Role.INVITED)
def show(public_id: str) -> Page:
    """The answer where a code has opened it here; else how to get a code, and where to type it."""
    return _page(public_id)


@by_code.post("/code")
@only(Role.INVITED)
def ask(public_id: str) -> Page:
    """Have a code sent. The answer is the same whether or not a contact is on file."""
    form = FormReader()
    way = form.choice("way", ways(), required=gettext("Choose how we send the code"))
    if form.errors:
        return _page(public_id, form.errors)
    sources = database().cipher.blind_indexes(source_here(), SOURCE)
    try:
        with database().writing() as session:
            passed, _is_open = read_by_code(session, _reader(), public_id, now=now())
            ask_code(session, passed.consult, _reader(), Asking(Way(way), sources), runtime().secret_key, now=now())
    except TooManyTriesError:
        return _page(public_id, {"way": gettext("Too many codes were asked for. Call your clinic")}, 429)
    ring_workers()
    return redirect(url_for(".show", public_id=public_id, _anchor="code"), code=303)


@by_code.post("/answer")
@only(Role.INVITED)
def give(public_id: str) -> Page:
    """Open the answer, where the code is right."""
    form = FormReader()
    given = form.text("code", longest=12, required=gettext("Write the code"))
    if form.errors:
        return _page(public_id, form.errors)
    with database().writing() as session:
        passed, is_open = read_by_code(session, _reader(), public_id, now=now())
        key = runtime().secret_key
        verdict = Verdict.RIGHT if is_open else give_code(session, passed.consult, _reader(), given, key, now=now())
    if verdict == Verdict.RIGHT:
        return redirect(url_for(".show", public_id=public_id), code=303)
    wrong = gettext("This is not the code that we sent. Look at the message again")
    over = gettext("This code is over. Ask for another one")
    return _page(public_id, {"code": wrong if verdict == Verdict.WRONG else over})


def ways() -> list[Way]:
    """How this program can send a code."""
    is_texting = bool(settings().sms_url) or settings().is_demo
    return [Way.SMS, Way.EMAIL] if is_texting else [Way.EMAIL]


def _page(public_id: str, errors: dict[str, str] | None = None, status: int = 422) -> Page:
    with database().writing() as session:
        passed, is_open = read_by_code(session, _reader(), public_id, now=now())
        shown = _answer(session, passed) if is_open else {"waits": _waits(session, passed)}
        telephone = telephone_of(session, passed.patient)
    page = render_template(
        "invited/answer.html",
        consult=passed.consult,
        is_open=is_open,
        telephone=telephone,
        errors=errors or {},
        ways=[(way, WORDS[way]) for way in ways()],
        given=request.form,
        **shown,
    )
    return (page, status) if errors else page


def _answer(session: Session, passed: Pass) -> dict[str, object]:
    answer = released_answer(session, passed.consult.id)
    if answer is None or answer.signed_at is None:
        raise NotFoundError
    is_agreed = is_converted(session, passed.consult, answer.disposition)
    plain = plain_of(answer, answer.signed_at, passed.patient, is_agreed=is_agreed)
    return {"plain": plain, "again": state_of(passed.consult, wait=wait_of(session, passed.consult))[1]}


def _waits(session: Session, passed: Pass) -> bool:
    return waits_for_code(session, passed.consult, _reader(), now())


def _reader() -> Reader:
    return Reader(me(), read_cookie(COOKIE))

"""Passkeys: the questions that a page's script puts to an authenticator, and what becomes of its answers.

The answers are JSON, because only a script can speak with an authenticator. Without one, everything else still works.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, redirect, request
from werkzeug import Response as BaseResponse

from econsult.alerts import tell_of_change
from econsult.errors import ForbiddenError, InvalidError, TooManyTriesError
from econsult.people import factors, passkeys, proving
from econsult.people.authenticators import Site, site_of
from econsult.people.factors import Proof
from econsult.people.persons import Person
from econsult.people.proving import LIVES, SOURCE, Place
from web.context import database, now, ring_workers, settings
from web.cookies import cookie_name, set_cookie
from web.pages.account import account_page
from web.pages.owning import check_code, check_owner
from web.pages.second_factor import too_many_tries
from web.shell.auth import COOKIE, me, only, place_for
from web.shell.entering import HALFWAY, enter, entered, on_the_way
from web.shell.forms import FormReader
from web.words.devices import device_of
from web.words.language import gettext

passkey_pages = Blueprint("passkeys", __name__)
ASKED = "econsult_passkey"
Answer = BaseResponse | tuple[Response, int]


@passkey_pages.post("/account/passkeys/options")
@only()
def ask_to_add() -> Answer:
    """What the browser is to make, once it is clear that this is the owner: the password, and the code of the app."""
    if g.get("session_id") is None:
        raise ForbiddenError("A program cannot have a passkey.")
    form = FormReader()
    check_owner(form)
    with database().reading() as session:
        has_app = factors.stands(session, me())
    if has_app and not form.errors:
        check_code(form, Proof.APP)
    if form.errors:
        return _refused(" ".join(form.errors.values()))
    try:
        with database().writing() as session:
            asked = proving.ask_to_add(session, _place(_session_token()), me(), now=now())
    except InvalidError:
        return _refused(gettext("You have ten passkeys. Remove one that you no longer use"))
    except TooManyTriesError:
        return _refused(too_many_tries(), 429)
    return _question(asked)


@passkey_pages.post("/account/passkeys")
@only()
def add() -> Answer:
    """Keep the passkey that the authenticator has made."""
    device = device_of(request.headers.get("User-Agent", ""))
    with database().writing() as session:
        made = proving.add(session, _place(_session_token()), me(), _given(), device, now=now())
        if made is not None:
            tell_of_change(session, me(), now())
    if made is None:
        return _refused(gettext("This passkey could not be added. Try again"))
    ring_workers()
    return jsonify(next="/account?said=passkey_added#passkeys")


@passkey_pages.post("/account/passkeys/<passkey_id>/remove")
@only()
def remove(passkey_id: str) -> BaseResponse | tuple[str, int]:
    """Take one away, by its owner."""
    form = FormReader()
    with database().reading() as session:
        known = {each.public_id for each in passkeys.passkeys_of(session, me())}
    if passkey_id in known:
        check_owner(form)
    if form.errors:
        return account_page(form.errors), 422
    with database().writing() as session:
        passkeys.remove(session, me(), passkey_id, now=now())
        tell_of_change(session, me(), now())
    ring_workers()
    return redirect("/account?said=passkey_removed#passkeys", 303)


@passkey_pages.post("/sign-in/passkey/options")
def ask_who() -> Answer:
    """What the browser is to prove by any passkey of this site that it has."""
    browser = _asked_before() or secrets.token_hex(16)
    try:
        with database().writing() as session:
            asked = proving.ask_to_prove(session, _place(browser), None, now=now())
    except TooManyTriesError:
        return _refused(too_many_tries(), 429)
    answer = _question(asked)
    set_cookie(answer, cookie_name(ASKED), browser, max_age=int(LIVES.total_seconds()))
    return answer


@passkey_pages.post("/sign-in/passkey")
def come_in() -> Answer:
    """Sign in by a passkey alone: it is in somebody's hand, and has verified whose."""
    with database().writing() as session:
        person = proving.prove(session, _place(_asked_before()), None, _given(), now=now())
        token = enter(session, person, has_factor=True) if person is not None else ""
    return _entered(person, token)


@passkey_pages.post("/sign-in/code/passkey/options")
def ask_second() -> Answer:
    """What the browser is to prove after a password or a link, instead of a code."""
    try:
        with database().writing() as session:
            halfway = on_the_way(session)
            if halfway is None or halfway.secret is not None:
                return _over()
            place = _place(request.cookies.get(cookie_name(HALFWAY), ""))
            asked = proving.ask_to_prove(session, place, halfway.person, now=now())
    except TooManyTriesError:
        return _refused(too_many_tries(), 429)
    return _question(asked)


@passkey_pages.post("/sign-in/code/passkey")
def come_in_second() -> Answer:
    """Let in who has brought a password or a link, and now their own passkey."""
    with database().writing() as session:
        halfway = on_the_way(session, to_judge=True)
        if halfway is None or halfway.secret is not None:
            return _over()
        place = _place(request.cookies.get(cookie_name(HALFWAY), ""))
        person = proving.prove(session, place, halfway.person, _given(), now=now())
        token = enter(session, person, has_factor=True) if person is not None else ""
    return _entered(person, token)


def site_here() -> Site | None:
    """This site as passkeys know it; None where browsers have none."""
    return site_of(settings().base_url, settings().program_name)


def _place(browser: str) -> Place:
    site = site_here()
    if site is None or not browser:
        raise ForbiddenError("Passkeys need a site with a name, and a browser that keeps cookies.")
    return Place(site, browser, tuple(database().cipher.blind_indexes(request.remote_addr or "", SOURCE)))


def _entered(person: Person | None, token: str) -> Answer:
    if person is None:
        return _refused(gettext("This passkey did not fit. Try again, or sign in another way"))
    answer = entered(jsonify(next=place_for(person)), token)
    set_cookie(answer, cookie_name(ASKED), "", max_age=0)
    return answer


def _given() -> Any:
    return request.get_json(silent=True)


def _question(asked: str) -> Response:
    answer = make_response(asked)
    answer.mimetype = "application/json"
    return answer


def _refused(words: str, status: int = 422) -> Answer:
    return jsonify(problem=words), status


def _over() -> Answer:
    return _refused(gettext("Your sign-in is over. Start again"), 401)


def _session_token() -> str:
    return request.cookies.get(cookie_name(COOKIE), "")


def _asked_before() -> str:
    given = request.cookies.get(cookie_name(ASKED), "")
    return given if re.fullmatch("[0-9a-f]{32}", given) else ""

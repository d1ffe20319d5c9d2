"""Passkeys: the questions that a page's script puts to an authenticator, and what becomes of its answers.

The answers are JSON, because only a script can speak with an authenticator. Without one, everything else still works.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, redirect, request
from sqlalchemy.orm import Session
from werkzeug import Response as BaseResponse

from econsult.alerts import tell_of_change
from econsult.errors import ForbiddenError, InvalidError, TooManyTriesError
from econsult.people import factors, passkeys, proving
from econsult.people.halfway import Halfway
from econsult.people.passkeys import Purpose
from econsult.people.persons import Person
from econsult.people.proving import LIVES
from econsult.people.signin import end_sessions
from econsult.people.standing import AddressProof, LastFactorError, remove_passkey
from web.context import database, now, ring_workers, settings
from web.cookies import read_cookie, set_cookie
from web.pages.account import account_page
from web.pages.owning import answer_in_form, check_owner, check_second_step
from web.pages.second_factor import codes_page, elsewhere, set_up_form, too_many_tries
from web.shell.auth import COOKIE, me, only, place_for
from web.shell.entering import (
    HALFWAY,
    SET_UP_PAGE,
    enter,
    entered,
    is_in,
    must_have_factor,
    on_the_way,
    place_after,
    setting_up,
)
from web.shell.forms import FormReader, json_body
from web.shell.site import place_by, place_of
from web.words.devices import device_of
from web.words.language import gettext

passkey_pages = Blueprint("passkeys", __name__)
ASKED = "econsult_passkey"
Answer = BaseResponse | tuple[Response, int]


@passkey_pages.post("/account/passkeys/options")
@only()
def ask_to_add() -> Answer:
    """What the browser is to make, once it is clear that this is the owner: the password, and the second step."""
    if g.get("session_id") is None:
        raise ForbiddenError("A program cannot have a passkey.")
    form = FormReader()
    check_owner(form)
    check_second_step(form)
    if form.errors:
        return _refused(" ".join(form.errors.values()))
    try:
        with database().writing() as session:
            asked = proving.ask_to_add(session, place_by(COOKIE), me(), now=now())
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
        made = proving.add(session, place_by(COOKIE), me(), _given(), device, now=now())
        if made is not None:
            tell_of_change(session, me(), now())
    if made is None:
        return _refused(gettext("This passkey could not be added. Try again"))
    ring_workers()
    return jsonify(next="/account?said=passkey_added#passkeys")


@passkey_pages.post("/account/passkeys/<passkey_id>/remove")
@only()
def remove(passkey_id: str) -> BaseResponse | tuple[str, int]:
    """Take one away, by its owner; not the last one of somebody who must have a second factor and has no app."""
    form = FormReader()
    with database().reading() as session:
        known = {each.public_id for each in passkeys.passkeys_of(session, me())}
    if passkey_id in known:
        check_owner(form)
    if form.errors:
        return account_page(form.errors), 422
    try:
        with database().writing() as session:
            remove_passkey(session, me(), passkey_id, is_required=settings().needs_factor, now=now())
            tell_of_change(session, me(), now())
    except LastFactorError:
        return account_page({"passkeys": gettext("Add another passkey or an app before you remove your only one")}), 422
    ring_workers()
    return redirect("/account?said=passkey_removed#passkeys", 303)


@passkey_pages.post("/account/second-factor/passkey/options")
@only()
def ask_owner() -> Answer:
    """What the browser is to prove in place of a code, where the passkey is the second step of who is signed in."""
    if g.get("session_id") is None:
        raise ForbiddenError("A program cannot have a passkey.")
    try:
        with database().writing() as session:
            asked = proving.ask_to_prove(session, place_by(COOKIE), me(), now=now(), purpose=Purpose.OWNER)
    except TooManyTriesError:
        return _refused(too_many_tries(), 429)
    return _question(asked)


@passkey_pages.post("/sign-in/second-factor/passkey/options")
def ask_to_set_up() -> Answer:
    """What the browser is to make, after a password or a link, as the second factor that staff must have."""
    try:
        with database().writing() as session:
            halfway = _first_time(session)
            if halfway is None:
                return _over()
            asked = proving.ask_to_add(session, place_by(HALFWAY), halfway.person, now=now())
    except TooManyTriesError:
        return _refused(too_many_tries(), 429)
    return _question(asked)


@passkey_pages.route("/sign-in/second-factor/passkey", methods=["GET", "POST"])
def set_up() -> BaseResponse | tuple[str, int]:
    """Keep the passkey as the second factor, and show the recovery codes in a session that it has opened.

    The answer comes in a form and not by the script, because what follows is a page that is shown once.
    """
    if request.method != "POST":
        with database().reading() as session:
            return redirect(SET_UP_PAGE, 303) if _first_time(session) else elsewhere()
    device = device_of(request.headers.get("User-Agent", ""))
    with database().writing() as session:
        halfway = _first_time(session, to_judge=True)
        if halfway is None:
            return elsewhere()
        person = halfway.person
        made = proving.add(session, place_by(HALFWAY), person, answer_in_form(), device, now=now())
        if made is not None:
            codes = factors.set_up_by_passkey(session, person, now=now())
            # Sessions from before were opened without this factor.
            end_sessions(session, person)
            token = enter(session, person, has_factor=True, proof=halfway.proof)
            tell_of_change(session, person, now())
    if made is None:
        return set_up_form({"passkey": gettext("This passkey could not be added. Try again")})
    ring_workers()
    return entered(make_response(codes_page(codes, place_for(person), is_new=True, by_passkey=True)), token)


def _first_time(session: Session, *, to_judge: bool = False) -> Halfway | None:
    """Who sets up, before anything is open, a second factor that they must have."""
    halfway = setting_up(session, to_judge=to_judge)
    fits = halfway is not None and must_have_factor(halfway.person) and not is_in(halfway)
    return halfway if fits else None


@passkey_pages.post("/sign-in/passkey/options")
def ask_who() -> Answer:
    """What the browser is to prove by any passkey of this site that it has."""
    browser = _asked_before() or secrets.token_hex(16)
    with database().reading() as session:
        asked = proving.ask_to_prove(session, place_of(browser), None, now=now())
    answer = _question(asked)
    set_cookie(answer, ASKED, browser, max_age=int(LIVES.total_seconds()))
    return answer


@passkey_pages.post("/sign-in/passkey")
def come_in() -> Answer:
    """Sign in by a passkey alone: it is in somebody's hand, and has verified whose."""
    with database().writing() as session:
        person = proving.prove(session, place_of(_asked_before()), None, _given(), now=now())
        # Whoever made the account could have added it.
        return _entered(session, person, proof=AddressProof.NONE)


@passkey_pages.post("/sign-in/code/passkey/options")
def ask_second() -> Answer:
    """What the browser is to prove after a password or a link, instead of a code."""
    try:
        with database().writing() as session:
            halfway = on_the_way(session)
            if halfway is None or halfway.secret is not None:
                return _over()
            asked = proving.ask_to_prove(session, place_by(HALFWAY), halfway.person, now=now())
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
        person = proving.prove(session, place_by(HALFWAY), halfway.person, _given(), now=now())
        return _entered(session, person, proof=halfway.proof)


def _entered(session: Session, person: Person | None, *, proof: AddressProof) -> Answer:
    if person is None:
        return _refused(gettext("This passkey did not fit. Try again, or sign in another way"))
    token = enter(session, person, has_factor=True, proof=proof)
    place = place_after(session, person, proof=proof)
    answer = entered(jsonify(next=place), token, place=place)
    set_cookie(answer, ASKED, "", max_age=0)
    return answer


def _given() -> Any:
    return json_body()


def _question(asked: str) -> Response:
    answer = make_response(asked)
    answer.mimetype = "application/json"
    return answer


def _refused(words: str, status: int = 422) -> Answer:
    return jsonify(problem=words), status


def _over() -> Answer:
    return _refused(gettext("Your sign-in is over. Start again"), 401)


def _asked_before() -> str:
    given = read_cookie(ASKED)
    return given if re.fullmatch("[0-9a-f]{32}", given) else ""

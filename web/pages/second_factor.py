"""The pages between a password or a link and a session: the code, a recovery code, and the set-up of a factor."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug import Response

from econsult.alerts import tell_of_change
from econsult.errors import TooManyTriesError
from econsult.people import factors, passkeys
from econsult.people.factors import Proof
from econsult.people.halfway import Halfway
from econsult.people.signin import end_sessions
from econsult.people.standing import Step
from econsult.people.totp import app_address, in_fours, matching_step
from web.context import database, now, ring_workers, settings, signed_in
from web.shell.auth import home_of, place_for
from web.shell.entering import (
    CODE_PAGE,
    SET_UP_PAGE,
    enter,
    entered,
    is_in,
    must_have_factor,
    on_the_way,
    place_after,
    setting_up,
    step_of,
)
from web.shell.forms import FormReader
from web.shell.program import name_of
from web.shell.site import site_here
from web.showing.qr import qr_picture
from web.words.language import gettext

second_factor = Blueprint("second_factor", __name__)
LONGEST_CODE = 60


@second_factor.route(CODE_PAGE, methods=["GET", "POST"])
def code_page() -> str | Response | tuple[str, int]:
    """Ask for the code of the app, or for a passkey where no app stands; with `?with=recovery` for a recovery code."""
    proof = Proof.RECOVERY if request.args.get("with") == "recovery" else Proof.APP
    if (halfway := _waiting()) is None:
        return elsewhere()
    if halfway.secret is not None:
        return redirect(SET_UP_PAGE, 303)
    if request.method != "POST" or (proof == Proof.APP and _is_by_passkey(halfway)):
        return _code_form(proof, {})
    form = FormReader()
    given = form.text("code", longest=LONGEST_CODE, required=gettext("Write the code"))
    try:
        answer = None if form.errors else _come_in(given, proof)
    except TooManyTriesError:
        return _code_form(proof, {"code": too_many_tries()}), 429
    if answer is not None:
        return answer
    if not form.errors:
        form.errors["code"] = not_right(proof)
    return _code_form(proof, form.errors), 422


def _come_in(given: str, proof: Proof) -> Response | None:
    """The way in; None for a wrong code."""
    with database().writing() as session:
        halfway = on_the_way(session, to_judge=True)
        if halfway is None:
            return elsewhere()
        person = halfway.person
        if not factors.prove(session, database().cipher, person, given, proof, now=now()):
            return None
        token = enter(session, person, has_factor=True, proof=halfway.proof)
        if proof == Proof.RECOVERY:
            tell_of_change(session, person, now())
        place = place_after(session, person, proof=halfway.proof)
    ring_workers()
    return entered(redirect(place, 303), token, place=place)


@second_factor.route(SET_UP_PAGE, methods=["GET", "POST"])
def set_up_page() -> str | Response | tuple[str, int]:
    """Show the secret to an app, and take its first code as the proof that the app has it."""
    if (halfway := _waiting()) is None:
        return elsewhere()
    if halfway.secret is None:
        return redirect(CODE_PAGE, 303)
    if request.method != "POST":
        return set_up_form({})
    form = FormReader()
    given = form.text("code", longest=LONGEST_CODE, required=gettext("Write the code"))
    answer = None if form.errors else _set_up(given)
    if answer is not None:
        return answer
    if not form.errors:
        form.errors["code"] = gettext(
            "This code does not fit. Wait for the next one, and check that the clock of the phone is right."
        )
    return set_up_form(form.errors)


def _set_up(given: str) -> Response | None:
    """The recovery codes, in a session that this factor has opened; None for a wrong code."""
    with database().writing() as session:
        halfway = setting_up(session, to_judge=True)
        if halfway is None or halfway.secret is None:
            return elsewhere()
        person, step = halfway.person, matching_step(halfway.secret, given, now())
        if step is None:
            return None
        codes = factors.set_up(session, person, halfway.secret, step, now=now())
        # Sessions from before were opened without this factor.
        end_sessions(session, person)
        token = enter(session, person, has_factor=True, proof=halfway.proof)
        tell_of_change(session, person, now())
    ring_workers()
    path = "/account" if signed_in() else place_for(person)
    return entered(make_response(codes_page(codes, path, is_new=True)), token)


def codes_page(codes: tuple[str, ...], path: str, *, is_new: bool = False, by_passkey: bool = False) -> str:
    """The recovery codes, this once. The page has no form, because a language switch would take the codes away."""
    offers = is_new and site_here() is not None
    shown = {"codes": codes, "path": path, "is_new": is_new, "offers_passkey": offers, "by_passkey": by_passkey}
    return render_template("door/codes.html", **shown)


def not_right(proof: Proof) -> str:
    """What is said of a wrong code."""
    if proof == Proof.RECOVERY:
        return gettext("This code is not right, or it was used before. Each works once.")
    return gettext("This code is not right, or it was used before. Wait for the next one and try again.")


def too_many_tries() -> str:
    """What is said to somebody who has to wait."""
    return gettext("Too many tries. Wait 15 minutes, or call us: %(phone)s.", phone=settings().help_phone)


def _waiting() -> Halfway | None:
    with database().reading() as session:
        return on_the_way(session)


def _is_by_passkey(halfway: Halfway) -> bool:
    """Whether this person has no app, and passkeys that take its place."""
    with database().reading() as session:
        return step_of(session, halfway.person) == Step.PASSKEY


def elsewhere() -> Response:
    """Nobody waits here: the sign-in is over, or this browser is in already."""
    person = signed_in()
    return redirect(home_of(person) if person else "/sign-in?ended=1", 303)


def _code_form(proof: Proof, errors: dict[str, str]) -> str:
    halfway = _waiting()
    can_passkey = by_passkey = False
    if halfway is not None:
        by_passkey = _is_by_passkey(halfway)
        with database().reading() as session:
            can_passkey = site_here() is not None and passkeys.has_passkeys(session, halfway.person)
    shown = {"is_recovery": proof == Proof.RECOVERY, "can_passkey": can_passkey, "by_passkey": by_passkey}
    return render_template("door/code.html", errors=errors, **shown)


def set_up_form(errors: dict[str, str]) -> Response | tuple[str, int]:
    """The page of the set-up, for whoever is at it, with what was wrong."""
    with database().reading() as session:
        halfway = setting_up(session)
    if halfway is None or halfway.secret is None:
        return elsewhere()
    address = app_address(halfway.secret, halfway.person.email, name_of(halfway.person.program_id))
    must = must_have_factor(halfway.person)
    # Whoever is in already has the account page for that.
    offers = must and not is_in(halfway) and site_here() is not None
    shown = {"address": address, "picture": qr_picture(address), "key": in_fours(halfway.secret)}
    page = render_template("door/set_up.html", errors=errors, must=must, offers_passkey=offers, **shown)
    return page, 422 if errors else 200

"""One's own account: where one is signed in, the password, and the second factor."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.alerts import tell_of_change
from econsult.errors import ForbiddenError, InvalidError, TooManyTriesError
from econsult.people import factors
from econsult.people.account import (
    change_password,
    choose_password,
    end_others,
    end_session,
    end_token,
    is_fresh,
    may_choose,
    sessions_of,
    tokens_of,
    usual_zone_of,
)
from econsult.people.elsewhere import proof_of, proven_others_of
from econsult.people.factors import Proof
from econsult.people.passkeys import has_passkeys, passkeys_of
from econsult.people.passwords import LONGEST, SHORTEST
from econsult.people.standing import AddressProof, LastFactorError, Step, lacks_codes, remove_app, standing
from econsult.zones import zone_names
from web.context import database, now, ring_workers, settings, source_here
from web.pages.owning import check_code, check_owner, check_second_step
from web.pages.second_factor import codes_page, too_many_tries
from web.shell.auth import me, only, place_for
from web.shell.desk import rings
from web.shell.entering import (
    browser_here,
    enter,
    entered,
    must_have_factor,
    start_set_up,
    step_of,
    still_sets_up,
)
from web.shell.forms import FormReader
from web.shell.site import site_here
from web.showing.contact import contact_of
from web.words.devices import device_words
from web.words.language import gettext
from web.words.reaching import CHANNELS, hour_words

account = rings(Blueprint("account", __name__, url_prefix="/account"))


@account.get("")
@only()
def show() -> str:
    """The sessions, the form for another password, and how the second factor stands."""
    return account_page({})


@account.post("/sign-out-others")
@only()
def sign_out_others() -> Response:
    """End every other session; this one stays."""
    with database().writing() as session:
        end_others(session, me(), g.get("session_id", 0), now(), browser=browser_here())
    return redirect("/account?said=signed_out_others", 303)


@account.post("/sessions/<int:number>/end")
@only()
def end_one(number: int) -> Response:
    """End one session, which may be this one: then the browser is at the door again."""
    with database().writing() as session:
        end_session(session, me(), number, now())
    return redirect("/account?said=session_ended", 303)


@account.post("/tokens/<int:number>/end")
@only()
def end_program(number: int) -> Response:
    """Let one program act no more."""
    with database().writing() as session:
        end_token(session, me(), number, now())
    return redirect("/account?said=token_ended", 303)


@account.post("/password")
@only()
def password() -> Response | tuple[str, int]:
    """Change the password: the old one first, the new one twice. Every other browser is signed out.

    Who has none yet, or forgot theirs, chooses one after a new sign-in by a link that was sent to them.
    """
    form = FormReader()
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "new_again"))
    knows_old = me().has_password and ("old" in request.form or _old_asked()["asks_old"])
    if not old and knows_old:
        form.errors["old"] = gettext("Write your password")
    if not SHORTEST <= len(new) <= LONGEST:
        form.errors["new"] = gettext("At least %(least)d letters or signs. A sentence is good.", least=SHORTEST)
    elif new != again:
        form.errors["new_again"] = gettext("The two are not the same")
    if not form.errors:
        (_change if knows_old else _choose)(form, old, new)
    if form.errors:
        return account_page(form.errors), 422
    with database().writing() as session:
        token = enter(session, me(), has_factor=g.get("has_factor", False), proof=AddressProof.PASSWORD)
        tell_of_change(session, me(), now())
    return entered(redirect("/account?said=password_changed", 303), token)


def _old_asked() -> dict[str, bool]:
    """Whether the old password is asked for, and whether that is so only since an account waits for its second step.

    Whose sign-in is new, and by a link to the address, needs none: they may have forgotten it.
    """
    with database().reading() as session:
        here = g.get("session_id") or 0
        is_by_link = may_choose(session, here, now())
        waits = is_by_link and _waits_for_step(session, here)
    return {"asks_old": me().has_password and (waits or not is_by_link), "waits_for_step": waits}


def _waits_for_step(session: Session, here: int) -> bool:
    """Whether an account at this address still lacks its second step: who reads a mailbox could set up their own."""
    others = (other for other, _program in proven_others_of(session, me(), here))
    return any(still_sets_up(session, each) for each in (me(), *others))


def _choose(form: FormReader, _old: str, new: str) -> None:
    here = g.get("session_id") or 0
    with database().reading() as session:
        waits = _waits_for_step(session, here)
    if waits:
        form.errors["new"] = gettext(
            "One of your accounts still needs its second step. Ask the administrator of its program for a one-time link"
        )
        return
    try:
        if not choose_password(database(), me(), new, session_id=here, now=now(), browser=browser_here()):
            form.errors["new"] = _letter_words() or gettext(
                "You signed in a while ago. Sign in with a new link, then try again"
            )
    except InvalidError as error:
        form.errors["new"] = _fault(error)


def _letter_words() -> str:
    """What is said to somebody without a password who came in otherwise than by a link to their address."""
    with database().reading() as session:
        came_by = proof_of(session, g.get("session_id") or 0)
    if me().has_password or came_by == AddressProof.LETTER:
        return ""
    return gettext("Today you came in another way. To choose a password, sign in with a link that we send you")


def _change(form: FormReader, old: str, new: str) -> None:
    try:
        here = {"source": source_here(), "browser": browser_here()}
        if not change_password(database(), me(), old, new, now=now(), **here):
            form.errors["old"] = gettext("This is not your password")
    except TooManyTriesError:
        form.errors["old"] = too_many_tries()
    except InvalidError as error:
        form.errors["new"] = _fault(error)


def _fault(error: InvalidError) -> str:
    if error.fields.get("password") == "guessable":
        return gettext(
            "This password is easy to guess: it is common, or made of your name or a pattern. Take a sentence."
        )
    return gettext("At least %(least)d letters or signs. A sentence is good.", least=SHORTEST)


@account.post("/second-factor")
@only()
def begin_factor() -> Response | tuple[str, int]:
    """Lead to the set-up of an app; after what stands, or a recovery code, for the phone or the passkey may be lost."""
    if g.get("session_id") is None:
        raise ForbiddenError("A program cannot set up a second factor.")
    form = FormReader()
    check_owner(form)
    check_second_step(form, may_recover=True)
    if form.errors:
        return account_page(form.errors), 422
    with database().writing() as session:
        return start_set_up(session, me())


@account.post("/second-factor/codes")
@only()
def renew_codes() -> str | tuple[str, int]:
    """Ten new recovery codes, in place of the old ones."""
    form = FormReader()
    check_owner(form)
    with database().reading() as session:
        by_passkey = step_of(session, me()) == Step.PASSKEY
    if by_passkey:
        check_second_step(form)
    else:
        check_code(form, Proof.APP)
    if form.errors:
        return account_page(form.errors), 422
    with database().writing() as session:
        codes = factors.renew_codes(session, me(), now=now())
        tell_of_change(session, me(), now())
    ring_workers()
    return codes_page(codes, "/account", by_passkey=by_passkey)


@account.get("/second-factor/first-codes")
@only()
def offer_codes() -> str | Response:
    """Ask who has just come in to make recovery codes, of which they have none. They may go on without."""
    with database().reading() as session:
        if not _may_make_codes(session):
            return redirect(place_for(me()), 303)
        by_passkey = step_of(session, me()) == Step.PASSKEY
    return render_template("door/first_codes.html", path=place_for(me()), by_passkey=by_passkey)


@account.post("/second-factor/first-codes")
@only()
def make_codes() -> str | Response:
    """The first ten, for who has just shown their second factor; later it takes the proofs of the account page."""
    with database().writing() as session:
        factors.lock(session, me())
        if not _may_make_codes(session):
            return redirect("/account#second-step", 303)
        by_passkey = step_of(session, me()) == Step.PASSKEY
        codes = factors.renew_codes(session, me(), now=now())
        tell_of_change(session, me(), now())
    ring_workers()
    return codes_page(codes, place_for(me()), by_passkey=by_passkey)


def _may_make_codes(session: Session) -> bool:
    is_new = g.get("has_factor", False) and is_fresh(session, g.get("session_id", 0), now())
    return is_new and lacks_codes(session, me(), is_required=settings().needs_factor)


@account.post("/second-factor/off")
@only()
def remove_factor() -> Response | tuple[str, int]:
    """Sign in by the password alone again; staff of a program that asks for a second factor only by their passkeys."""
    with database().reading() as session:
        if must_have_factor(me()) and not has_passkeys(session, me()):
            raise ForbiddenError("Your program asks its staff for a second factor.")
    form = FormReader()
    check_owner(form)
    check_code(form, Proof.APP)
    if form.errors:
        return account_page(form.errors), 422
    try:
        with database().writing() as session:
            remove_app(session, me(), is_required=settings().needs_factor, now=now())
            tell_of_change(session, me(), now())
    except LastFactorError as error:
        raise ForbiddenError(str(error)) from None
    said = "app_off" if must_have_factor(me()) else "factor_off"
    return redirect(f"/account?said={said}", 303)


def account_page(errors: dict[str, str]) -> str:
    """The whole page, with what was wrong in one of its forms."""
    with database().reading() as session:
        found, programs = sessions_of(session, me(), now()), tokens_of(session, me(), now())
        factor = standing(session, me(), is_required=settings().needs_factor)
        step = step_of(session, me())
        contact = contact_of(session, me())
        keys = passkeys_of(session, me())
        usual = usual_zone_of(session, me()) or settings().time_zone
    here = g.get("session_id")
    shown = [(each.id, device_words(each.device), each.seen_at, each.id == here) for each in found]
    layout = "staff" if me().is_staff else "family"
    return render_template(
        f"account/{layout}.html",
        sessions=shown,
        tokens=programs,
        errors=errors,
        least=SHORTEST,
        factor=factor,
        step=step,
        can_passkey=site_here() is not None,
        passkeys=[(each.public_id, device_words(each.device), each.created_at, each.used_at) for each in keys],
        has_password=me().has_password,
        **_old_asked(),
        letter_words=_letter_words(),
        must_have=must_have_factor(me()),
        contact=contact,
        given=request.form,
        channels=CHANNELS,
        zone=me().time_zone,
        zones=zone_names(),
        usual_zone=usual,
        hours=[hour_words(hour, for_family=layout == "family") for hour in range(24)],
    )

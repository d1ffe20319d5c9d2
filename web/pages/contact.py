"""How we may reach somebody: by letter or text message, at which number, and between which hours not."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug import Response

from econsult.errors import InvalidError, TooManyTriesError
from econsult.people.account import set_time_zone
from econsult.people.persons import Person
from econsult.reach import mobiles
from econsult.reach.mobiles import Proof
from econsult.reach.numbers import LONGEST
from econsult.reach.wishes import Wish, wish_for
from web.context import database, now, runtime, settings
from web.pages.account import account_page
from web.pages.owning import once_more
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.words.language import gettext
from web.words.reaching import number_fault

contact = rings(Blueprint("contact", __name__, url_prefix="/account"))
Page = Response | tuple[str, int]
HOURS = tuple(str(hour) for hour in range(24))


@contact.post("/contact")
@only()
def wish() -> Page:
    """Keep the channel, and the hours in which nothing may ring."""
    form = FormReader()
    channel = form.choice("channel", list(Wish)) or Wish.EMAIL
    starts, ends = (form.choice(name, HOURS) for name in ("quiet_from", "quiet_to"))
    is_own = form.choice("quiet", ("own", "program")) == "own"
    if is_own and not (starts and ends):
        form.errors["quiet_from"] = gettext("Choose both hours")
    if form.errors:
        return account_page(form.errors), 422
    with database().writing() as session:
        wish_for(session, me(), channel, (int(starts), int(ends)) if is_own else None, now())
    return redirect("/account?said=saved#reach", 303)


@contact.post("/zone")
@only()
def zone() -> Page:
    """Show times in another zone from now on."""
    name = FormReader().text("time_zone", longest=40)
    try:
        with database().writing() as session:
            set_time_zone(session, me(), name, now())
    except InvalidError:
        return account_page({"time_zone": gettext("Choose a time zone of the list")}), 422
    return redirect("/account?said=saved#zone", 303)


@contact.post("/mobile")
@only()
def give() -> Page:
    """Take a number in and send a code to it."""
    return once_more("/account#reach") or _answer(take_number(me()), "code_sent")


@contact.post("/mobile/again")
@only()
def again() -> Page:
    """Send another code."""
    return _answer(send_again(me()), "code_sent")


@contact.post("/mobile/code")
@only()
def prove() -> Page:
    """Use the number from now on, where the code is right."""
    return _answer(take_code(me()), "number_confirmed")


@contact.post("/mobile/remove")
@only()
def remove() -> Page:
    """Forget the number."""
    with database().writing() as session:
        mobiles.remove_mobile(session, database().cipher, me(), by=me(), now=now())
    return redirect("/account?said=number_removed#reach", 303)


def _answer(errors: dict[str, str], said: str) -> Page:
    return (account_page(errors), 422) if errors else redirect(f"/account?said={said}#reach", 303)


def take_number(person: Person) -> dict[str, str]:
    """Read the number of the form for this person; returns what is wrong with it."""
    form = FormReader()
    text = form.text("number", longest=LONGEST, required=gettext("Write the phone number"))
    if form.errors:
        return form.errors
    countries = settings().sms_countries
    try:
        with database().writing() as session:
            mobiles.set_mobile(session, database().cipher, person, text, by=me(), countries=countries, now=now())
    except InvalidError as error:
        return {"number": number_fault(error.fields["number"], countries)}
    except TooManyTriesError:
        return {"number": _too_many()}
    return {}


def send_again(person: Person) -> dict[str, str]:
    """Send another code to the number that waits for one; returns what is wrong."""
    try:
        with database().writing() as session:
            mobiles.send_again(session, person, now=now())
    except TooManyTriesError:
        return {"code": _too_many()}
    return {}


def take_code(person: Person) -> dict[str, str]:
    """Weigh the code of the form; returns what is wrong with it."""
    given = request.form.get("code", "")[:LONGEST]
    if not given.strip():
        return {"code": gettext("Write the code")}
    with database().writing() as session:
        proof = mobiles.confirm(session, person, given, runtime().secret_key, by=me(), now=now())
    if proof == Proof.RIGHT:
        return {}
    if proof == Proof.WRONG:
        return {"code": gettext("This is not the code that we sent. Look at the message again")}
    return {"code": gettext("This code is over. Send another one")}


def _too_many() -> str:
    return gettext("Five codes were sent today. Try again tomorrow")

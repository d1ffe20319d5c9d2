"""A child's family as its clinic sees it: who they are, how each is reached, and the number for text messages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import patient_for
from econsult.barring import CONTACTS, on_file
from econsult.child_details import may_correct, reach_family_by
from econsult.errors import InvalidError, NotFoundError, TooManyTriesError
from econsult.home_safety import may_end
from econsult.people.caregivers import caregivers_of, is_old_enough
from econsult.people.onfile import contact_row, rests_until
from econsult.people.patients import Patient
from econsult.people.persons import LANGUAGES, Person, Role
from econsult.reach import mobiles
from econsult.youths import CONFIRMERS, YouthForm, close_youth, open_account, youth_of
from web.context import database, now
from web.pages.contact import send_again, take_code, take_number
from web.pages.owning import asks_password, check_recent
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.showing.callers import phone_on_file
from web.showing.contact import Contact, contact_of
from web.showing.home_safety import home_shown, home_told
from web.showing.twice import check_twice
from web.words import terms
from web.words.language import gettext
from web.words.reaching import CHANNELS, too_many_strangers, youth_faults

families = rings(Blueprint("families", __name__, url_prefix="/families/<public_id>"))
WHO = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
"""Who knows families by name and how to reach them: SECURITY's table of who may see what."""
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Member:
    """One caregiver with an account."""

    person: Person
    contact: Contact


@families.get("")
@only(*WHO)
def show(public_id: str) -> Page:
    """The caregivers, and how we reach each."""
    return family_page(public_id)


@families.post("/contact")
@only(*WHO)
def write_contact(public_id: str) -> Page:
    """Write down the telephone and the e-mail of a family that may have no account."""
    form = FormReader()
    phone, email = form.phone("phone"), form.text("email", longest=254)
    with database().writing() as session:
        known = on_file(session, patient_for(session, me(), public_id, now=now()))
    for name in CONTACTS:
        check_twice(form, name, known=known.get(name, ""))
    check_recent(form)
    try:
        if not form.errors:
            with database().writing() as session:
                reach_family_by(
                    session, patient_for(session, me(), public_id, now=now()), phone, email, me(), now=now()
                )
    except InvalidError as error:
        words = {
            "phone": gettext("Write the whole number, with at least 7 digits"),
            "email": gettext("Write the whole address, such as ana@example.org"),
        }
        told = {
            "barred": gettext("A court keeps whoever is reached there from the child"),
            "shared": gettext("The young person signs in with this address: ask for one that the family reads"),
        }
        form.errors |= {name: told.get(code, words[name]) for name, code in error.fields.items()}
    if form.errors:
        return family_page(public_id, form.errors), 422
    return redirect(url_for(".show", public_id=public_id, said="saved"), 303)


@families.post("/youth")
@only(*CONFIRMERS)
def open_youth(public_id: str) -> Page:
    """Open the young person's own account, by somebody who has seen them."""
    form = FormReader()
    email = form.text("youth_email", longest=254, required=gettext("Write the young person's own e-mail address"))
    check_twice(form, "youth_email")
    tongue = form.choice("youth_language", LANGUAGES) or "en"
    given = YouthForm(email, tongue, form.is_ticked("is_seen", required=gettext("Tick it once you have seen them")))
    check_recent(form)
    try:
        with database().writing() as session:
            child = patient_for(session, me(), public_id, now=now())
            if not form.errors:
                open_account(session, database().cipher, child, given, me(), now=now())
    except InvalidError as error:
        form.errors |= youth_faults(error)
    except TooManyTriesError:
        return family_page(public_id, {"youth_email": too_many_strangers(of_youth=True)}), 429
    if form.errors:
        return family_page(public_id, form.errors), 422
    return redirect(url_for(".show", public_id=public_id, said="account_opened"), 303)


@families.post("/youth/end")
@only(*CONFIRMERS)
def close_account(public_id: str) -> Response:
    """End it: the address is no longer theirs, or somebody else has it."""
    with database().writing() as session:
        close_youth(session, patient_for(session, me(), public_id, now=now()), me(), now())
    return redirect(url_for(".show", public_id=public_id, said="account_closed"), 303)


@families.post("/<person_id>/mobile")
@only(*WHO)
def give(public_id: str, person_id: str) -> Page:
    """Take a number in for somebody who is there or on the telephone; a code goes to it."""
    member, form = _member(public_id, person_id), FormReader()
    check_recent(form)
    # Said beside the number, which stays as it was typed.
    words = "".join(form.errors.values())
    return _answer(public_id, person_id, {"number": words} if words else take_number(member), "code_sent")


@families.post("/<person_id>/mobile/again")
@only(*WHO)
def again(public_id: str, person_id: str) -> Page:
    """Send another code."""
    return _answer(public_id, person_id, send_again(_member(public_id, person_id)), "code_sent")


@families.post("/<person_id>/mobile/code")
@only(*WHO)
def prove(public_id: str, person_id: str) -> Page:
    """The code as the family reads it out."""
    return _answer(public_id, person_id, take_code(_member(public_id, person_id)), "number_confirmed")


@families.post("/<person_id>/mobile/remove")
@only(*WHO)
def remove(public_id: str, person_id: str) -> Page:
    """Forget a number that is no longer theirs."""
    person = _member(public_id, person_id)
    with database().writing() as session:
        mobiles.remove_mobile(session, database().cipher, person, by=me(), now=now())
    return _answer(public_id, person_id, {}, "number_removed")


def _answer(public_id: str, person_id: str, errors: dict[str, str], said: str) -> Page:
    if errors:
        return family_page(public_id, {f"{name}-{person_id}": words for name, words in errors.items()}), 422
    return redirect(url_for(".show", public_id=public_id, said=said), 303)


def _member(public_id: str, person_id: str) -> Person:
    with database().writing() as session:
        found = {each.public_id: each for each in _caregivers(session, public_id)[1]}
    if person_id not in found:
        raise NotFoundError
    return found[person_id]


def _caregivers(session: Session, public_id: str) -> tuple[Patient, list[Person]]:
    child = patient_for(session, me(), public_id, now=now())
    linked = caregivers_of(session, child.id, now(), is_named=True)
    return child, [each for each in linked if each.role == Role.CAREGIVER]


def family_page(public_id: str, errors: dict[str, str] | None = None) -> str:
    """The whole page, with what is wrong in one of its forms by field."""
    with database().writing() as session:
        child, people = _caregivers(session, public_id)
        youth, is_old = youth_of(session, child, now()), is_old_enough(session, child, now())
        row, rests = contact_row(session, child), rests_until(session, child, now())
        members = [Member(each, contact_of(session, each)) for each in people]
        home, told = home_shown(session, child.id), home_told(session, child.id)
        phone, phone_hidden = phone_on_file(session, child)
    return render_template(
        "clinic/family.html",
        child=child,
        who=terms.child(child, now().date()),
        members=members,
        unsafe_home=home,
        phone=phone,
        phone_hidden=phone_hidden,
        home_told=told,
        may_end=may_end(me(), child),
        errors=errors or {},
        given=request.form.get("number", ""),
        on_file={"phone": child.phone, "email": row.email if row else "", **request.form},
        rests=rests,
        youth=youth,
        asks_password=asks_password(),
        may_open=me().role in CONFIRMERS and is_old,
        may_close=me().role in CONFIRMERS,
        may_correct=may_correct(me(), child),
        terms=terms,
        channels=CHANNELS,
    )

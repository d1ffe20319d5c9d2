"""Who acts for a child: the clinic and the desk link caregivers, and write down authority and what a court ordered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import linking
from econsult.access import patient_for
from econsult.barring import ways_on_file
from econsult.errors import InvalidError, TooManyTriesError
from econsult.linking import LINKERS, Authority, Linked, Newcomer
from econsult.people.ages import day_begins, local_day
from econsult.people.caregivers import LONGEST_PAPER, is_proxy
from econsult.people.patients import RELATIONS, Patient
from econsult.people.persons import LANGUAGES
from web.context import database, now
from web.pages.owning import asks_password, check_recent
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.numbers import day_in
from web.showing.home_safety import home_shown
from web.showing.twice import check_twice
from web.words import terms
from web.words.families import RELATIONS as RELATION_WORDS
from web.words.language import gettext
from web.words.reaching import too_many_strangers

kin = rings(Blueprint("kin", __name__, url_prefix="/families/<public_id>/people"))
Page = str | Response | tuple[str, int]
NEW = "new"
"""Stands for somebody who is not linked yet, in the names of the form's fields."""


@dataclass(frozen=True)
class Shown:
    """One linked person: what they may do now, first and last day of their authority, and until when they look in."""

    of: Linked
    may_act: bool
    speaks: bool
    first: date | None
    last: date | None
    looks: date | None

    @property
    def key(self) -> str:
        return self.of.person.public_id


@kin.get("")
@only(*LINKERS)
def show(public_id: str) -> Page:
    """Everybody who is linked to the child, whom a court keeps away, and the forms that change it."""
    return _page(public_id, {})


@kin.post("")
@only(*LINKERS)
def add(public_id: str) -> Page:
    """Let somebody act for the child; who has no account gets one, and a letter that tells how to come in."""
    form = FormReader()
    email = form.text("email", longest=254, required=gettext("Write their own e-mail address"))
    check_twice(form, "email")
    name = form.text("name", longest=120, required=gettext("Write their name"))
    language, has_read = form.choice("language", LANGUAGES) or "en", form.is_ticked("has_read")

    def act(session: Session, child: Patient, authority: Authority) -> str:
        who = Newcomer(email, name, language, authority, has_read)
        _person, is_new = linking.add_caregiver(session, database().cipher, child, who, me(), now=now())
        return "caregiver_added" if is_new else "caregiver_linked"

    return _with_authority(public_id, form, NEW, act)


@kin.post("/<person_id>")
@only(*LINKERS)
def change(public_id: str, person_id: str) -> Page:
    """Write down anew what somebody is to the child, and what they may decide."""

    def act(session: Session, child: Patient, authority: Authority) -> str:
        linking.change_authority(session, child, person_id, authority, me(), now=now())
        return "saved"

    return _with_authority(public_id, FormReader(), person_id, act)


@kin.post("/<person_id>/end")
@only(*LINKERS)
def end(public_id: str, person_id: str) -> Page:
    """They act for the child no longer."""
    with database().writing() as session:
        linking.unlink(session, patient_for(session, me(), public_id, now=now()), person_id, me(), now=now())
    return redirect(url_for(".show", public_id=public_id, said="right_ended"), 303)


@kin.post("/<person_id>/bar")
@only(*LINKERS)
def bar(public_id: str, person_id: str) -> Page:
    """A court keeps them from the child."""
    form = FormReader()
    paper = form.text("bar-paper", longest=LONGEST_PAPER)
    try:
        with database().writing() as session:
            child = patient_for(session, me(), public_id, now=now())
            said = {part: form.choice(f"bar-{part}", ("yes", "no")) for part in ways_on_file(session, child)}
            reaches = {part: word == "yes" for part, word in said.items() if word}
            linking.bar(session, child, person_id, paper, me(), now=now(), reaches=reaches)
    except InvalidError as error:
        words = {"paper": gettext("Write where the order is written down")}
        unsaid = gettext("Say whether this reaches them")
        wrong = {f"bar-{part}-{person_id}": words.get(part, unsaid) for part in error.fields}
        return _page(public_id, wrong, barring=person_id), 422
    return redirect(url_for(".show", public_id=public_id, said="kept_away"), 303)


@kin.post("/<person_id>/lift")
@only(*LINKERS)
def lift(public_id: str, person_id: str) -> Page:
    """The court keeps them away no more; linking them is another step."""
    form = FormReader()
    check_recent(form)
    if form.errors:
        return _page(public_id, form.errors), 422
    with database().writing() as session:
        linking.lift_bar(session, patient_for(session, me(), public_id, now=now()), person_id, me(), now=now())
    return redirect(url_for(".show", public_id=public_id, said="saved"), 303)


@kin.post("/order")
@only(*LINKERS)
def order(public_id: str) -> Page:
    """What a court said about who may act for the child."""
    form = FormReader()
    words = form.text("order", longest=LONGEST_PAPER)
    check_recent(form)
    if form.errors:
        return _page(public_id, form.errors), 422
    try:
        with database().writing() as session:
            linking.write_order(session, patient_for(session, me(), public_id, now=now()), words, me(), now=now())
    except InvalidError:
        wrong = gettext("Write in a sentence what the court ordered, and where it is written")
        return _page(public_id, {"order": wrong}), 422
    return redirect(url_for(".show", public_id=public_id, said="saved"), 303)


def _with_authority(
    public_id: str, form: FormReader, key: str, act: Callable[[Session, Patient, Authority], str]
) -> Page:
    """Do it with the authority that the form says; `key` is whose fields these are."""
    said = ""
    relation = form.choice(f"relation-{key}", RELATIONS, required=gettext("Choose what they are to the child"))
    days = [_day(form, f"{name}-{key}") for name in ("starts", "ends", "looks")]
    with_words = form.text(f"paper-{key}", longest=LONGEST_PAPER)
    decides = form.choice(
        f"decides-{key}", ("yes", "no"), required=gettext("Say whether they may decide for the child")
    )
    check_recent(form)
    try:
        with database().writing() as session:
            child = patient_for(session, me(), public_id, now=now())
            if not form.errors:
                starts, ends, looks = _bounds(session, *days)
                said = act(session, child, Authority(relation, decides == "yes", starts, ends, with_words, looks))
    except InvalidError as error:
        form.errors |= _sentences(error, key)
    except TooManyTriesError:
        return _page(public_id, {"email": too_many_strangers()}), 429
    if form.errors:
        return _page(public_id, form.errors), 422
    return redirect(url_for(".show", public_id=public_id, said=said), 303)


def _day(form: FormReader, name: str) -> date | None:
    text = form.text(name, longest=10)
    found = day_in(text) if text else None
    if text and found is None:
        form.errors[name] = gettext("Write the day as 2026-11-30, or leave it empty")
    return found


def _bounds(session: Session, first: date | None, *lasts: date | None) -> list[datetime | None]:
    """The beginning of the first day and the end of each last one: what is said holds on that day too."""
    starts = day_begins(session, first) if first is not None else None
    return [starts, *(day_begins(session, day + timedelta(days=1)) if day is not None else None for day in lasts)]


def _sentences(error: InvalidError, key: str) -> dict[str, str]:
    words = {
        "taken": gettext("This address belongs to an account of another kind. Ask for another address"),
        "closed": gettext("The account at this address was closed. Ask the administrator to have it opened again"),
        "barred": gettext("A court keeps this person from the child. Take that back first, if the order is over"),
        "invalid": gettext("Write the whole address, such as ana@example.org"),
    }
    found = {"email": words.get(error.fields.get("email", ""), words["invalid"])}
    found["name"] = gettext("This holds a sign that cannot be seen: type it again by hand")
    found["has_read"] = gettext("Read what the court ordered, and tick that you did")
    found[f"paper-{key}"] = gettext("Write where their authority is written down, in 5 letters or more")
    found[f"ends-{key}"] = gettext("The last day must not be before the first")
    if error.fields.get("ends") == "not_deciding":
        found[f"ends-{key}"] = gettext("Who may not decide has no such day. Write until when they may look in")
    if error.fields.get("ends") == "until_when":
        found[f"ends-{key}"] = gettext("Write until when they may decide as well: until then they would do both")
    found[f"looks-{key}"] = gettext("This must not be before the days above")
    by_name = {name: f"{name}-{key}" for name in ("paper", "ends", "looks")}
    names = [by_name.get(name, name) for name in error.fields]
    return {name: found[name] for name in names if name in found}


def _page(public_id: str, errors: dict[str, str], *, barring: str = "") -> str:
    """`barring` is of whom a refused form said that a court keeps them away."""
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        here, barred = linking.linked_to(session, child, now())
        shown = [_shown(session, each) for each in here]
        contact = ways_on_file(session, child)
        home = home_shown(session, child.id)
        ended = [(each, _last_day(session, each.link.over_at)) for each in linking.no_longer(session, child, now())]
    return render_template(
        "clinic/kin.html",
        child=child,
        who=terms.child(child, now().date()),
        shown=shown,
        unsafe_home=home,
        barred=barred,
        ended=ended,
        today=now(),
        on_file=contact,
        barring=barring,
        relations=[(name, RELATION_WORDS[name]) for name in RELATIONS],
        words=RELATION_WORDS,
        languages=list(terms.LANGUAGES.items()),
        longest=LONGEST_PAPER,
        new=NEW,
        asks_password=asks_password(),
        errors=errors,
        given=request.form,
    )


def _shown(session: Session, each: Linked) -> Shown:
    link = each.link
    first = local_day(session, link.authority_from) if link.authority_from is not None else None
    may_act = is_proxy(session, link, now()) and (link.authority_from is None or link.authority_from <= now())
    last, looks = _last_day(session, link.authority_until), _last_day(session, link.ends_at)
    if link.has_authority and last is None:
        # Who may decide does so until the link ends.
        last, looks = looks, None
    return Shown(each, may_act, link.speaks(now()), first, last, looks)


def _last_day(session: Session, ends: datetime | None) -> date | None:
    return local_day(session, ends - timedelta(seconds=1)) if ends is not None else None

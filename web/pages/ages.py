"""Birthdays that ask for something: the coordinators' list, and for one child who may act, since when and on what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import patient_for
from econsult.birthdays import AgeTask, count_open, finish, open_tasks, tasks_about
from econsult.ending import ending_rights
from econsult.errors import InvalidError
from econsult.people.ages import ages_of, day_begins, local_day
from econsult.people.caregivers import (
    LONGEST_PAPER,
    SELF,
    Basis,
    GrantForm,
    ProxyGrant,
    active_links,
    end_grant,
    grant_proxy,
    grants_of,
    grown_up_at,
    is_proxy,
    right_until,
)
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person, Role
from web.context import database, now
from web.pages.owning import asks_password, check_recent
from web.shell.auth import me, only
from web.shell.desk import count_place, rings
from web.shell.forms import FormReader
from web.shell.numbers import day_in, form_number
from web.showing.home_safety import home_shown
from web.words.ages import BASES, ToDo, to_do
from web.words.families import RELATIONS
from web.words.language import gettext

ages = rings(Blueprint("ages", __name__, url_prefix="/coordination/ages"))
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Task:
    """A task with its words; whose it is stands beside it."""

    row: AgeTask
    words: ToDo


@dataclass(frozen=True)
class Caregiver:
    """One person who is linked to the child: whether they may act now, and until which day as far as is known."""

    link: RelatedPerson
    person: Person
    may_act: bool
    last: date | None


@dataclass(frozen=True)
class OnFile:
    """A basis that is or was on file, with its first and its last day."""

    grant: ProxyGrant
    name: str
    is_over: bool
    first: date
    last: date | None


@ages.get("")
@only(Role.COORDINATOR)
def show() -> str:
    """What waits, the newest first."""
    with database().writing() as session:
        majority = ages_of(session, me().program_id).majority
        found = [(Task(row, to_do(row, majority)), child) for row, child in open_tasks(session, me(), now())]
        waiting = count_open(session, me())
        rights = [(each, _last_day(session, each.at)) for each in ending_rights(session, me(), now())]
    count_place("/coordination/ages", str(waiting or ""))
    return render_template("coordination/ages.html", found=found, rights=rights)


@ages.get("/<public_id>")
@only(Role.COORDINATOR)
def one(public_id: str) -> Page:
    """One child: its tasks, its caregivers and what is on file."""
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        return _page(session, child, {})


@ages.post("/<public_id>/done")
@only(Role.COORDINATOR)
def done(public_id: str) -> Response:
    """Write down that a task is done."""
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        finish(session, me(), child, form_number("task"), now())
    return redirect(url_for(".one", public_id=public_id, said="noted"), 303)


@ages.post("/<public_id>/rights")
@only(Role.COORDINATOR)
def keep(public_id: str) -> Page:
    """Write down why a caregiver may act for somebody who is grown up."""
    form = FormReader()
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        chosen, given = _right_in(session, child, form)
    # Outside of a transaction, since a password that is tried is counted in one of its own.
    check_recent(form)
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        if chosen is None or given is None or form.errors:
            return _page(session, child, form.errors), 422
        grant_proxy(session, child, chosen, given, me(), now=now())
    return redirect(url_for(".one", public_id=public_id, said="noted"), 303)


@ages.post("/<public_id>/rights/<right_id>/end")
@only(Role.COORDINATOR)
def end(public_id: str, right_id: str) -> Response:
    """Take it back: with the next request the caregiver is out."""
    with database().writing() as session:
        child = patient_for(session, me(), public_id, now=now())
        end_grant(session, child, right_id, me(), now())
    return redirect(url_for(".one", public_id=public_id, said="right_ended"), 303)


def _right_in(session: Session, child: Patient, form: FormReader) -> tuple[Person | None, GrantForm | None]:
    """Whose right it is and what it says; the form's errors say what is missing."""
    people = {
        person.public_id: person for link, person in active_links(session, child.id, now()) if link.relation != SELF
    }
    chosen = form.choice("caregiver", tuple(people), required=gettext("Choose who may act"))
    return people.get(chosen), _grant_in(session, form)


def _grant_in(session: Session, form: FormReader) -> GrantForm | None:
    """What the form says; None where it lacks something, and then the form's errors say what."""
    words = {
        "paper": gettext("Write where it is written down, in 5 letters or more"),
        "starts": gettext("Write the first day, such as 2026-11-30"),
        "ends": gettext("The last day must be a day, and not before the first"),
    }
    basis = form.choice("basis", tuple(Basis), required=gettext("Choose what it rests on"))
    paper = form.text("paper", longest=LONGEST_PAPER, required=words["paper"])
    starts = day_in(form.text("starts", longest=10))
    text = form.text("ends", longest=10)
    ends = day_in(text) if text else None
    if starts is None:
        form.errors["starts"] = words["starts"]
    if (text and ends is None) or (starts and ends and ends < starts):
        form.errors["ends"] = words["ends"]
    if form.errors or starts is None:
        return None
    try:
        return GrantForm(basis, paper, day_begins(session, starts), _after(session, ends))
    except InvalidError as error:
        form.errors |= {name: words[name] for name in error.fields}
        return None


def _after(session: Session, last: date | None) -> datetime | None:
    """The end of the last day: the right holds on that day too."""
    return day_begins(session, date.fromordinal(last.toordinal() + 1)) if last is not None else None


def _last_day(session: Session, end: datetime | None) -> date | None:
    return local_day(session, end - timedelta(seconds=1)) if end is not None else None


def _on_file(session: Session, grant: ProxyGrant) -> OnFile:
    first, last = local_day(session, grant.starts_at), _last_day(session, grant.ends_at)
    return OnFile(grant, session.get_one(Person, grant.person_id).name, grant.is_over(now()), first, last)


def _page(session: Session, child: Patient, errors: dict[str, str]) -> str:
    majority = ages_of(session, child.program_id).majority
    links = [each for each in active_links(session, child.id, now()) if each[0].relation != SELF]
    caregivers = [
        Caregiver(link, person, is_proxy(session, link, now()), _last_day(session, right_until(session, link, now())))
        for link, person in links
    ]
    grown_at = grown_up_at(session, child.id)
    return render_template(
        "coordination/age.html",
        child=child,
        unsafe_home=home_shown(session, child.id),
        grown_on=local_day(session, grown_at) if grown_at is not None else None,
        tasks=[Task(row, to_do(row, majority)) for row in tasks_about(session, child)],
        caregivers=caregivers,
        on_file=[_on_file(session, grant) for grant in grants_of(session, child)],
        today=local_day(session, now()),
        bases=list(BASES.items()),
        words=BASES,
        relations=RELATIONS,
        longest=LONGEST_PAPER,
        errors=errors,
        asks_password=asks_password(),
        given=request.form,
    )

"""A family's start page: the children, their open questions with the promised time, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from textwrap import shorten

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for, consults_about, patient_for, patients_for
from econsult.advice.asking import asked_of
from econsult.birthdays import NOTICES
from econsult.consults.answers import Answer, released_among
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, Urgency
from econsult.consults.requests import RequestForm, create, withdraw
from econsult.people.ages import local_day
from econsult.people.caregivers import caregiver_link, has_grown_up, right_until
from econsult.people.deaths import has_died, refuse_after_death
from econsult.people.mixups import is_shut, prove, waiting_links
from econsult.people.patients import Patient
from econsult.people.persons import HOUSEHOLD
from econsult.rights import Right
from web.context import database, now
from web.pages.family.drafts import is_stopped, next_step
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.shell.unreadable import looked, shown_again
from web.showing.awaited import Wait, wait_of
from web.showing.clinics import Telephone, telephone_of
from web.showing.deciding import undecided
from web.showing.standing import asked_words, clinics_words, due_at, sends_to_hospital, state_of, waits_words
from web.showing.visits import next_visits
from web.words.language import gettext

family_home = Blueprint("family_home", __name__, url_prefix="/family")
FIRST_LETTERS = 60
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Line:
    """One question in the list of a child; `due_at` is the promised time while a clock runs."""

    consult: Consult
    drawing: str
    words: str
    due_at: datetime | None
    is_answer_open: bool
    """Whether the line leads to the answer: while it is the newest word, or has not been heard yet."""
    opens_at: datetime | None
    """When a signed answer that the clinic has not read yet opens to the family at the latest."""
    at: datetime
    """When something last happened that the family can see: it was sent, it ended, or its answer was opened."""

    is_emergency: bool = False
    """Whether the answer sends the child to the emergency room now."""
    is_kept: bool = False
    """Whether it is about a child who has died."""
    visit: str = ""
    """When its next visit is; empty where none is booked."""
    wait: Wait | None = None
    """What the doctor waits for, where something was asked for."""

    @property
    def began(self) -> str:
        """The first words of the family's own question; what a clinic asked is told by the field of doctor."""
        own = shorten(asked_words(self.consult), FIRST_LETTERS, placeholder=" …")
        return own or clinics_words(self.consult)

    @property
    def waits(self) -> str:
        """What the family reads while its last message has no reply; else empty."""
        return "" if self.is_kept else waits_words(self.consult)

    @property
    def is_for_family(self) -> bool:
        """Whether the family has something to do: to give what is missing, or to read the answer."""
        return not self.is_kept and self._waits_for_family

    @property
    def is_pressing(self) -> bool:
        """Whether it stands above everything else of the page: an emergency that nobody has heard of, or something
        that an urgent question waits for."""
        if self.is_kept:
            return False
        if self.is_emergency:
            return self.consult.is_unheard or self.consult.informed_at is None
        is_asked = self.wait is not None and self.wait.is_for_family
        return is_asked and self.consult.urgency != Urgency.ROUTINE

    @property
    def _waits_for_family(self) -> bool:
        return self.consult.is_unheard or self.is_emergency or (self.wait is not None and self.wait.is_for_family)


@dataclass(frozen=True)
class Child:
    """One child with the question that is being written, if any, and those that were sent, newest activity first.

    An emergency that counts stays above everything else, and what waits for the family above what waits for others.
    """

    patient: Patient
    draft: Consult | None
    lines: list[Line]
    ends_on: date | None = None
    """The first day on which this caregiver may no longer act, where that is soon."""
    is_by_age: bool = True
    """Whether it ends because the child comes of age, and not by the day that the clinic wrote down."""
    undecided: Telephone | None = None
    """Whom to call, where this caregiver may not decide for the child."""
    clinic: Telephone | None = None
    """Whom to call if one wishes, where the child has died: nothing is asked then."""

    @property
    def first_name(self) -> str:
        return self.patient.name.split()[0]


@family_home.get("")
@only(*HOUSEHOLD)
def home() -> str:
    """The children of this caregiver."""
    return _home()


@shown_again
def _home(errors: Mapping[str, str] | None = None) -> str:
    with database().writing() as session:
        children = [_child(session, patient) for patient in patients_for(session, me(), now=now())]
        has_left = has_grown_up(session, me(), now())
        asked = [(each.patient.name.split()[0], each.consult) for each in asked_of(session, me(), now())]
        waiting = waiting_links(session, me(), now())
    shown = {"children": children, "has_left": has_left, "asked": asked, "errors": errors or {}}
    shown |= {"is_waiting": any(not is_shut(link) for link in waiting), "is_shut": any(map(is_shut, waiting))}
    # Where every child of theirs has died, nothing is offered.
    is_kept = bool(children) and all(child.clinic is not None for child in children)
    return render_template("family/home.html", is_kept=is_kept, **shown)


@family_home.post("/join")
@only(*HOUSEHOLD)
def join() -> Page:
    """Show that a link is meant for whoever has this account: they know the child's birth date."""
    form = FormReader()
    born = form.text("birth_date", longest=10, required=gettext("Write the child's birth date"))
    if not form.errors:
        with database().writing() as session:
            if not prove(session, me(), born, now()):
                form.errors["birth_date"] = gettext(
                    "This is not the birth date that the clinic has. Check it, or call us."
                )
    if form.errors:
        return _home(form.errors), 422
    return redirect(url_for("family_home.home"), code=303)


@family_home.post("/children/<public_id>/ask")
@only(*HOUSEHOLD)
def ask(public_id: str) -> Response:
    """Open a draft for the child, or go on with the one that is there."""
    with database().writing() as session:
        patient = patient_for(session, me(), public_id, now=now())
        refuse_after_death(session, patient.id)
        # Another question that cannot be read keeps nobody from asking.
        draft = _draft(looked(lambda: consults_about(session, me(), patient, now=now())))
        draft = draft or create(session, me(), patient, RequestForm(), now=now())
    return redirect(url_for(next_step(draft), public_id=draft.public_id), code=303)


@family_home.post("/ask/<public_id>/discard")
@only(*HOUSEHOLD)
def discard(public_id: str) -> Response:
    """Throw a draft away."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.REQUEST)
        if loaded.consult.status == Status.DRAFT:
            withdraw(session, loaded.consult, me(), "", now=now())
    return redirect(url_for("family_home.home"), code=303)


def _child(session: Session, patient: Patient) -> Child:
    consults = consults_about(session, me(), patient, now=now())
    sent = [consult for consult in consults if consult.submitted_at is not None]
    answers = released_among(session, [consult.id for consult in sent])
    if has_died(session, patient.id):
        kept = [_kept_line(consult, answers.get(consult.id)) for consult in sent]
        return Child(
            patient, None, sorted(kept, key=lambda line: line.at, reverse=True), clinic=telephone_of(session, patient)
        )
    visits = next_visits(session, answers)
    lines = [
        replace(_line(session, consult, answers.get(consult.id)), visit=visits.get(consult.id, "")) for consult in sent
    ]
    lines.sort(key=lambda line: (line.is_emergency, line.is_pressing, line.is_for_family, line.at), reverse=True)
    return Child(patient, _draft(consults), lines, *_ends_soon(session, patient), undecided(session, patient))


def _ends_soon(session: Session, patient: Patient) -> tuple[date | None, bool]:
    link = caregiver_link(session, patient.id, me().id, now())
    until = right_until(session, link, now()) if link is not None else None
    is_soon = until is not None and until <= now() + timedelta(days=max(NOTICES))
    is_by_age = link is not None and until != link.over_at
    return local_day(session, until) if until is not None and is_soon else None, is_by_age


def _draft(consults: list[Consult]) -> Consult | None:
    mine = (c for c in consults if c.status == Status.DRAFT and c.requester_id == me().id and not is_stopped(c))
    return next(mine, None)


def _line(session: Session, consult: Consult, answer: Answer | None) -> Line:
    wait = wait_of(session, consult)
    drawing, words = state_of(consult, answer, wait)
    return Line(
        consult,
        drawing,
        words,
        due_at=due_at(session, consult) if consult.status in OPEN else None,
        is_answer_open=consult.released_at is not None or consult.is_unheard,
        opens_at=consult.release_at,
        at=_last_seen(consult, answer),
        is_emergency=answer is not None and sends_to_hospital(consult, answer),
        wait=wait,
    )


def _kept_line(consult: Consult, answer: Answer | None) -> Line:
    """A question about a child who has died: what there is to read, and nothing to wait for."""
    words = gettext("The answer is here") if answer is not None else gettext("Closed")
    drawing = "message" if answer is not None else "doc"
    return Line(consult, drawing, words, None, answer is not None, None, _last_seen(consult, answer), is_kept=True)


def _last_seen(consult: Consult, answer: Answer | None) -> datetime:
    instants = (consult.submitted_at, answer.released_at if answer else None, consult.ended_at)
    return max(instant for instant in instants if instant is not None)

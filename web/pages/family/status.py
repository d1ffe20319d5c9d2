"""After sending: the receipt, how far the question is, what is said about it, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults.answers import Answer, released_answer
from econsult.consults.confidential import may_change
from econsult.consults.details import contact_of
from econsult.consults.furtherance import TEXTS as ALLOWED
from econsult.consults.furtherance import standing
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult
from econsult.consults.requests import withdraw
from econsult.consults.sealing import TEXTS as WITHDRAWAL
from econsult.consults.sealing import is_offered
from econsult.consults.threads import LONGEST_MESSAGE, Audience, Message, messages_of, post
from econsult.people.persons import FAMILIES, HOUSEHOLD, Person
from econsult.rights import Right
from web.context import database, now, ring_workers
from web.pages.family.drafts import next_step
from web.pages.family.home import due_at, sends_to_hospital, state_of, waits_words
from web.pages.family.voice import voice_terms
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.shell.once import once
from web.showing.clinics import telephone_of
from web.showing.files import FileCard, cards_of
from web.words.allowed import ASKED_LATER
from web.words.families import AUTHORS
from web.words.language import gettext, language
from web.words.times import due_by, moment, promised_by, start_large

family_status = Blueprint("family_status", __name__, url_prefix="/family/questions/<public_id>")
NO_ANSWER = (Status.DECLINED, Status.REDIRECTED, Status.WITHDRAWN)
TALKING = OPEN | {Status.ANSWERED}
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Step:
    """One of the four steps of a question."""

    state: Literal["done", "now", "next"]
    drawing: str
    title: str
    under: str = ""


@dataclass(frozen=True)
class Said:
    """One message as the family reads it."""

    who: str
    is_mine: bool
    at: datetime
    text: str
    items: list[str]


@dataclass(frozen=True)
class Shown:
    """A question with everything that its page needs."""

    consult: Consult
    due: datetime | None
    cards: list[FileCard]
    messages: list[Said]
    may_cancel: bool
    may_add: bool
    may_remove: bool = False
    """Whether files can be taken back: while it is a draft."""
    answer: Answer | None = None
    """The answer that can be read here; it may be from before the question was opened again."""

    @property
    def words(self) -> str:
        """How far the question is, in the words of the start page."""
        return state_of(self.consult, self.answer)[1]

    @property
    def is_emergency(self) -> bool:
        """Whether the answer that can be read here sends the child to the emergency room."""
        return self.answer is not None and sends_to_hospital(self.consult, self.answer)

    @property
    def contact(self) -> dict[str, str]:
        """The way and the number that the family gave instead of photos; empty where it did not."""
        return contact_of(self.consult.details)

    @property
    def asked(self) -> Said | None:
        """What the doctor asks for now, where there is more to send than words."""
        asking = (said for said in reversed(self.messages) if said.items and not said.is_mine)
        return next(asking, None) if self.consult.status == Status.NEEDS_INFO else None

    @property
    def waits(self) -> str:
        return waits_words(self.consult)

    @property
    def may_talk(self) -> bool:
        return self.consult.status in TALKING

    @property
    def has_problem(self) -> bool:
        return any(card.is_problem for card in self.cards)

    @property
    def is_waiting_for_files(self) -> bool:
        return any(card.is_waiting for card in self.cards)


@family_status.get("")
@only(*HOUSEHOLD)
def show(public_id: str) -> Page:
    """How far the question is."""
    return status_page(public_id, FormReader())


@family_status.get("/files")
@only(*FAMILIES)
def files(public_id: str) -> Page:
    """The file cards alone, for a page that looks again while files are prepared."""
    with database().writing() as session:
        shown = shown_of(session, consult_for(session, me(), public_id, now=now()))
    return render_template("family/files.html", shown=shown)


@family_status.get("/sent")
@only(*HOUSEHOLD)
def sent(public_id: str) -> Page:
    """The receipt: the number, the promised time, and what happens next."""
    with database().writing() as session:
        shown = _load(session, public_id)
    if shown.consult.submitted_at is None:
        return redirect(url_for(".show", public_id=public_id), code=303)
    return render_template("family/sent.html", shown=shown)


@family_status.post("/messages")
@only(*HOUSEHOLD)
def message(public_id: str) -> Page:
    """Say something to the care team."""
    form = FormReader()
    text = form.text("text", longest=LONGEST_MESSAGE, required=gettext("Write your message"))
    if form.errors:
        return status_page(public_id, form, text)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.WRITE_FAMILY)
        once(session, lambda: _write(session, loaded.consult, text))
    ring_workers()
    return redirect(url_for(".show", public_id=public_id, _anchor="messages"), code=303)


def _write(session: Session, consult: Consult, text: str) -> Consult:
    post(session, consult, me(), Audience.FAMILY, text=text, now=now())
    return consult


@family_status.post("/cancel")
@only(*HOUSEHOLD)
def cancel(public_id: str) -> Page:
    """Take the question back; the box guards against a slip of the thumb."""
    form = FormReader()
    form.is_ticked("sure", required=gettext("Tick the box if you want to cancel"))
    if form.errors:
        return status_page(public_id, form)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.REQUEST)
        withdraw(session, loaded.consult, me(), "", now=now())
    ring_workers()
    return redirect(url_for(".show", public_id=public_id), code=303)


def status_page(public_id: str, form: FormReader, text: str = "") -> Page:
    """The page of a question; `form` has what was wrong with one of its forms."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        shown, telephone = shown_of(session, loaded), telephone_of(session, loaded.patient)
        voice, given = voice_terms(session, loaded), standing(session, loaded.consult.id)
        may_keep = loaded.may(Right.KEEP_CONFIDENTIAL) and may_change(session, loaded.consult, me())
    if shown.consult.status == Status.DRAFT:
        return redirect(url_for(next_step(shown.consult), public_id=public_id), code=303)
    page = render_template(
        "family/status.html",
        shown=shown,
        consult=shown.consult,
        voice=voice,
        allowed=[(what, ALLOWED[what][language()], what in given) for what in ASKED_LATER],
        withdrawal=WITHDRAWAL[language()] if is_offered(shown.consult) else "",
        patient=loaded.patient,
        telephone=telephone,
        steps=steps_of(shown.consult, shown.due, shown.answer),
        errors=form.errors,
        text=text,
        may_keep=may_keep,
    )
    return (page, 422) if form.errors else page


def _load(session: Session, public_id: str) -> Shown:
    return shown_of(session, consult_for(session, me(), public_id, now=now()))


def shown_of(session: Session, loaded: Pass) -> Shown:
    """Everything that the pages of a question show of it."""
    consult = loaded.consult
    is_open = consult.status in OPEN
    cards = cards_of(session, consult.id)
    if not is_open and consult.status != Status.DRAFT:
        # How a photo could be better helps nobody who can send no other.
        cards = [replace(card, advice="") for card in cards]
    may_look = loaded.may(Right.SEE_MEDIA)
    if not may_look:
        # An invited device reads how far its files are, and sees none of them.
        cards = [replace(card, picture="") for card in cards]
    return Shown(
        consult=consult,
        due=due_at(session, consult) if is_open else None,
        cards=cards,
        messages=[_said(session, each) for each in messages_of(session, consult.id, loaded.readable_lanes())],
        may_cancel=is_open and loaded.may(Right.REQUEST),
        may_add=is_open and _may_add(loaded),
        may_remove=consult.status == Status.DRAFT and consult.requester_id == me().id,
        answer=released_answer(session, consult.id) if may_look else None,
    )


def _may_add(loaded: Pass) -> bool:
    return loaded.may(Right.UPLOAD) and not loaded.consult.is_private_site


def _said(session: Session, message: Message) -> Said:
    author = session.get_one(Person, message.author_id)
    is_mine = author.id == me().id
    who = gettext("You") if is_mine else str(AUTHORS.get(author.role, AUTHORS["pcp"]))
    return Said(who, is_mine, message.created_at, message.text, (message.items or {}).get("items", []))


def steps_of(consult: Consult, due: datetime | None, answer: Answer | None = None) -> list[Step]:
    """Received, a doctor looks, answer, understood or closed: which are done, which one is now, and when.

    An answer from before the question was opened again is a step of its own, which is done.
    """
    before = []
    if answer is not None and consult.released_at is None:
        before = [Step("done", "message", gettext("The answer from before"), _when(answer.released_at))]
    if consult.status in NO_ANSWER:
        received = Step("done", "doc", gettext("We got your question"), _when(consult.submitted_at))
        return [received, *before, Step("done", "flag", gettext("Closed"), _when(consult.ended_at))]
    last, is_over = _last_step(consult)
    done = [consult.submitted_at, consult.answered_at, consult.released_at, is_over]
    is_going_on = consult.status in TALKING
    current = (
        next((place for place, is_done in enumerate(done) if not is_done), len(done)) if is_going_on else len(done)
    )
    promised = promised_by(due) if due else ""
    open_by = start_large(due_by(consult.release_at, for_family=True)) if consult.release_at else ""
    texts = (
        ("doc", gettext("We got your question"), _when(consult.submitted_at)),
        ("eye", _looking(consult), _when(consult.answered_at) or promised),
        ("message", gettext("Answer"), _when(consult.released_at) or open_by),
        last,
    )
    states = ["done" if is_done else "now" if place == current else "next" for place, is_done in enumerate(done)]
    steps = [Step(state, *text) for state, text in zip(states, texts, strict=True)]  # type: ignore[arg-type]
    return [steps[0], *before, *steps[1:]]


def _last_step(consult: Consult) -> tuple[tuple[str, str, str], bool]:
    """What comes after the answer, and whether it is done. An open question is never called closed."""
    if consult.status == Status.CLOSED:
        return ("flag", gettext("Closed"), _when(consult.ended_at)), True
    if consult.informed_at is not None and consult.family_waits_since is not None:
        return ("message", gettext("You wrote to us"), gettext("We answer what you wrote first.")), False
    if consult.informed_at is not None:
        under = gettext("You can still write to us until your clinic closes this.")
        return ("check", gettext("You understood the answer"), under), True
    return ("flag", gettext("You tell us that you understood"), ""), False


def _looking(consult: Consult) -> str:
    if consult.answered_at is not None:
        return gettext("A doctor looked")
    is_taken = consult.status in (Status.CLAIMED, Status.NEEDS_INFO)
    return gettext("A doctor is looking") if is_taken else gettext("A doctor will look")


def _when(at: datetime | None) -> str:
    return start_large(moment(at, for_family=True)) if at else ""

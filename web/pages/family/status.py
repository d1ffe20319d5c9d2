"""After sending: the receipt, how far the question is, what is said about it, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults.answers import Answer, released_answer
from econsult.consults.awaited import photos_awaited
from econsult.consults.confidential import may_change
from econsult.consults.details import contact_of
from econsult.consults.furtherance import TEXTS as ALLOWED
from econsult.consults.furtherance import in_effect, spoken_of
from econsult.consults.hinting import asked_now
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.photo_came import is_under_way
from econsult.consults.records import Consult
from econsult.consults.requests import withdraw
from econsult.consults.sealing import TEXTS as WITHDRAWAL
from econsult.consults.sealing import is_offered, may_take_back
from econsult.consults.threads import LONGEST_MESSAGE, Audience, messages_of, post
from econsult.people.deaths import has_died
from econsult.people.patients import Patient
from econsult.people.persons import FAMILIES, HOUSEHOLD, Person
from econsult.rights import Right
from web.context import database, now, ring_workers
from web.pages.family.drafts import next_step
from web.pages.family.progress import TALKING, steps_of
from web.pages.family.voice import voice_terms
from web.pages.owning import asks_password
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.shell.once import once
from web.showing.agreeing import mark_of
from web.showing.awaited import Wait, wait_of
from web.showing.clinics import telephone_of
from web.showing.deciding import undecided
from web.showing.files import FileCard, cards_of
from web.showing.marks import Guide
from web.showing.retakes import guides_of
from web.showing.standing import asked_words, due_at, sends_to_hospital, state_of, waits_words
from web.words.allowed import asked_later
from web.words.asking import in_readers_words
from web.words.dangers import today_of
from web.words.families import AUTHORS
from web.words.language import gettext, language

family_status = Blueprint("family_status", __name__, url_prefix="/family/questions/<public_id>")
Page = str | Response | tuple[str, int]


@dataclass(frozen=True)
class Said:
    """One message as the family reads it."""

    who: str
    is_mine: bool
    at: datetime
    text: str
    items: list[str]
    guides: Sequence[Guide] = ()
    """The photos that are asked for again."""


@dataclass(frozen=True)
class Shown:
    """A question with everything that its page needs."""

    consult: Consult
    due: datetime | None
    cards: list[FileCard]
    messages: list[Said]
    may_cancel: bool
    may_add: bool
    awaits_photo: bool = False
    """Whether the answer asks for a new photo, which has not come."""
    is_photo_coming: bool = False
    """Whether it was sent, and is being looked at before it counts."""
    may_remove: bool = False
    """Whether files can be taken back: while it is a draft."""
    asks_now: bool = False
    """Whether words that the family wrote lately may tell of danger, so that its page asks whether it is now."""
    wait: Wait | None = None
    """What the doctor waits for, where something was asked for."""
    answer: Answer | None = None
    """The answer that can be read here; it may be from before the question was opened again."""

    @property
    def words(self) -> str:
        """How far the question is, in the words of the start page."""
        return state_of(self.consult, self.answer, self.wait)[1]

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
        return next(asking, None) if self.wait is not None and self.wait.is_for_family else None

    @property
    def again(self) -> list[Guide]:
        """The photos that the family can take again now."""
        guides = [guide for said in self.messages for guide in said.guides if guide.take]
        return [guide for guide in guides if not guide.is_taken]

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
        clinic = telephone_of(session, session.get_one(Patient, shown.consult.patient_id))
        signs = today_of(session, shown.consult)
    if shown.consult.submitted_at is None:
        return redirect(url_for(".show", public_id=public_id), code=303)
    return render_template("family/sent.html", shown=shown, signs=signs, clinic=clinic)


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
        voice, given = voice_terms(session, loaded), in_effect(session, loaded.consult)
        offered, cannot = spoken_of(session, loaded.consult), undecided(session, loaded.patient) is not None
        is_theirs = may_take_back(session, loaded.consult, me(), now())
        may_keep = loaded.may(Right.KEEP_CONFIDENTIAL) and may_change(session, loaded.consult, me())
        is_kept = has_died(session, loaded.patient.id)
    if shown.consult.status == Status.DRAFT:
        return redirect(url_for(next_step(shown.consult), public_id=public_id), code=303)
    own = asked_words(shown.consult)
    if is_kept:
        # What could be sent better, or again, is asked of nobody any more.
        shown = replace(shown, cards=[replace(card, advice="") for card in shown.cards if card.is_usable])
        return render_template("family/kept_question.html", shown=shown, own=own, telephone=telephone, is_kept=True)
    page = render_template(
        "family/status.html",
        shown=shown,
        consult=shown.consult,
        own=own,
        voice=voice,
        allowed=[(what, ALLOWED[what][language()], what in given) for what in asked_later(offered)],
        allowed_mark=mark_of(*ALLOWED.values()),
        withdrawal_mark=mark_of(WITHDRAWAL),
        withdrawal=WITHDRAWAL[language()] if is_offered(shown.consult) and is_theirs and not cannot else "",
        patient=loaded.patient,
        telephone=telephone,
        steps=steps_of(shown.consult, shown.due, shown.answer),
        errors=form.errors,
        text=text,
        may_keep=may_keep,
        asks_password=may_keep and asks_password(),
    )
    return (page, 422) if form.errors else page


def _load(session: Session, public_id: str) -> Shown:
    return shown_of(session, consult_for(session, me(), public_id, now=now()))


def shown_of(session: Session, loaded: Pass) -> Shown:
    """Everything that the pages of a question show of it."""
    consult = loaded.consult
    is_open, awaits_photo = consult.status in OPEN, bool(photos_awaited(session, consult))
    is_coming = awaits_photo and is_under_way(session, consult)
    cards = cards_of(session, consult.id)
    if not is_open and not awaits_photo and consult.status != Status.DRAFT:
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
        messages=_said(session, loaded),
        may_cancel=is_open and loaded.may(Right.REQUEST),
        may_add=(is_open or awaits_photo) and _may_add(loaded),
        awaits_photo=awaits_photo and not is_coming and _may_add(loaded),
        is_photo_coming=is_coming,
        may_remove=consult.status == Status.DRAFT and consult.requester_id == me().id,
        asks_now=bool(asked_now(session, consult, now())),
        wait=wait_of(session, consult),
        answer=released_answer(session, consult.id) if may_look else None,
    )


def _may_add(loaded: Pass) -> bool:
    return loaded.may(Right.UPLOAD) and not loaded.consult.is_private_site


def _said(session: Session, loaded: Pass) -> list[Said]:
    messages = messages_of(session, loaded.consult.id, loaded.readable_lanes())
    guides = guides_of(session, loaded, messages)
    found = []
    for message in messages:
        author = session.get_one(Person, message.author_id)
        who = gettext("You") if author.id == me().id else str(AUTHORS.get(author.role, AUTHORS["pcp"]))
        items = [in_readers_words(line) for _number, line in message.standing_items]
        # A text that says no more than the list is the list.
        text = "" if message.is_list and items else message.standing_text or gettext("We do not need this any more.")
        about = guides.get(message.id, ())
        found.append(Said(who, author.id == me().id, message.created_at, text, items, about))
    return found

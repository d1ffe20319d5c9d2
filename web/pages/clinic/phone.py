"""What staff enter that they were told by telephone: a family's question, or the request of a doctor who called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import panel
from econsult.access import consult_for, patient_for
from econsult.consults import requests
from econsult.consults.asked import NO_SKIN, SKIN, TOPIC, family_subject
from econsult.consults.completeness import LONGEST_QUESTION
from econsult.consults.details import CALLERS, SAFE_WAY, YOUTH_CALLS
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, Kind, Source, Urgency
from econsult.consults.redflags import UNSAFE
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.screening import LONGEST_SAFE_WAY
from econsult.errors import EmergencyError, ForbiddenError, InvalidError, NotFoundError
from econsult.people.call_drafts import with_call_drafts
from econsult.people.caregivers import is_old_enough
from econsult.people.consent import TEXTS, ConsentGiven
from econsult.people.keptaway import is_kept_caller
from econsult.people.names import LONGEST_NAME
from econsult.people.patients import Patient, age_in_months
from econsult.people.persons import LANGUAGES, Role
from econsult.rights import Right
from econsult.templates.items import CORE, FAMILY, Item, Questionnaire
from econsult.templates.loading import library_of
from web.context import database, now, settings
from web.pages.answers import read_answers
from web.pages.clinic import call_drafts
from web.pages.clinic.terms import CALLER_WORDS, CONSENT_BY, VOICE_METHODS, caller_barred, sentences, signers
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.once import once
from web.shell.unreadable import only_looks
from web.showing.asking import Part, items_for, part_of
from web.showing.home_safety import home_shown
from web.words import terms
from web.words.families import SITES
from web.words.language import gettext, language
from web.words.signs import FLAG_CODES, groups_for

by_phone = rings(Blueprint("by_phone", __name__, url_prefix="/clinic/phone"))
PHONE_ROLES = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
LONGEST_NUMBER, LONGEST_STORY = 40, 5000
Page = str | Response | tuple[str | Response, int]


@by_phone.get("")
@only(*PHONE_ROLES)
def choose() -> str:
    """Choose the child, newest registration first."""
    with database().writing() as session:
        return _children(session, panel.newest(session, me(), now=now()), "")


@by_phone.post("")
@only(*PHONE_ROLES)
@only_looks
def find() -> Page:
    """Find the child by name or record number, which never become part of an address."""
    form = FormReader()
    words = form.text("find", longest=LONGEST_NAME, required=gettext("Write a name or a record number"))
    with database().writing() as session:
        found = panel.newest(session, me(), now=now()) if form.errors else panel.find(session, me(), words, now=now())
        page = _children(session, found, words, form.errors)
    return (page, 422) if form.errors else page


@by_phone.get("/<patient_id>")
@only(*PHONE_ROLES)
def show(patient_id: str) -> str:
    """Who calls, the danger signs, and what the family asks; a doctor's request goes on on the form of requests.

    Whoever has written down a call about this child and not sent it says first whether this is the same one.
    """
    with database().writing() as session:
        child = patient_for(session, me(), patient_id, now=now())
        return call_drafts.offered(session, child) or _page(session, child)


@by_phone.post("/<patient_id>")
@only(*PHONE_ROLES)
def write_down(patient_id: str) -> Page:
    """Send the family's question to its clinic, or open the doctor's request.

    With the verb `save` keep what was written so far; `open` shows what was kept, and `drop` throws it away.
    """
    match request.form.get("verb"):
        case "save":
            return call_drafts.kept(patient_id)
        case "drop":
            return call_drafts.dropped(patient_id)
        case "open":
            call_drafts.forget_old_no(patient_id)
            return _again(patient_id, {}, 200)
        case _:
            call_drafts.forget_old_no(patient_id)
            return _written(patient_id)


def _written(patient_id: str) -> Page:
    form = FormReader()
    # The button of a doctor's request says so by itself.
    is_doctors = request.form.get("go") == "clinic"
    who = "clinic" if is_doctors else form.choice("who", CALLERS, required=gettext("Say who calls"))
    caller = {"who": who, "name": form.text("caller_name", longest=LONGEST_NAME)[:LONGEST_NAME]}
    caller["phone"] = form.text("caller_phone", longest=LONGEST_NUMBER)[:LONGEST_NUMBER]
    if not caller["name"]:
        form.errors.setdefault("caller_name", gettext("Write the name of who calls"))
    with database().writing() as session:
        child = patient_for(session, me(), patient_id, now=now())
        if is_kept_caller(session, child.id, caller["name"], caller["phone"]):
            form.errors["caller_name"] = caller_barred()
        signs = form.choices("red_flags", FLAG_CODES)
        if who == "clinic" and not form.errors:
            # The doctor's own form asks for the signs as well; what was said here stands there already.
            said = signs or ([] if call_drafts.is_none_ticked() else None)
            details = {"caller": caller, "red_flags": said}
            asked = RequestForm(kind=Kind.ECONSULT, source=Source.PHONE, details=details)
            draft = once(session, lambda: requests.create(session, me(), child, asked, now=now()))
            call_drafts.ended(session, child)
            return redirect(url_for("clinic_request.edit_request", public_id=draft), 303)
        question = _question(session, child, form, {**caller, "who": who or "family"})
        # A danger sign waits for no other answer: it stops the call with whatever was said so far.
        if form.errors and not signs:
            return _page(session, child, form.errors), 422
    try:
        return redirect(url_for("consult.show", public_id=_send(patient_id, question), said="request_sent"), 303)
    except EmergencyError as stop:
        g.is_emergency = True
        call_drafts.stopped(patient_id, g.stopped_call)
        return _again(patient_id, {"red_flags": _stop_words(stop)}, 409)
    except InvalidError as error:
        return _again(patient_id, sentences(error.fields), 422)


def _stop_words(stop: EmergencyError) -> str:
    words = gettext("This is an emergency. Tell the family to call 911 or go to the ER now. Nothing else was sent.")
    if UNSAFE not in stop.codes:
        return words
    told = gettext(
        "The home is not safe. The clinic and the desk are told, and nobody of the family. Do not call back."
    )
    return told if set(stop.codes) == {UNSAFE} else f"{words} {told}"


def _send(patient_id: str, question: RequestForm) -> str:
    """Write it down and send it, in one; a danger sign stops it, and that is kept."""
    with database().writing() as session:
        child = patient_for(session, me(), patient_id, now=now())
        stopped = _stopped(session, child) if (question.details or {}).get("red_flags") else None
        if stopped is not None:
            requests.edit(session, stopped, me(), question, now=now())
        # The draft is known again before it is sent: a stop that is pressed twice is one stop.
        made = stopped or once(session, lambda: requests.create(session, me(), child, question, now=now()))
        public_id = made if isinstance(made, str) else made.public_id
        draft = consult_for(session, me(), public_id, now=now()).consult
        g.stopped_call = public_id
        if draft.status == Status.DRAFT:
            sending = SubmitForm(is_shared=request.form.get("shared") == "1")
            requests.submit(session, draft, me(), sending, now=now(), targets=settings().first_reply)
        call_drafts.ended(session, child)
        return public_id


def _stopped(session: Session, child: Patient) -> Consult | None:
    """The call that this page has stopped before, which another press with a sign goes on with.

    One without a sign is another request: what was stopped is never sent.
    """
    public_id = request.form.get("stopped", "")
    try:
        found = consult_for(session, me(), public_id, now=now(), right=Right.REQUEST).consult if public_id else None
    except (NotFoundError, ForbiddenError):
        return None
    if found is None or found.patient_id != child.id or found.status != Status.DRAFT:
        return None
    return found if (found.source, found.kind) == (Source.PHONE, Kind.FAMILY_QUESTION) else None


def _question(session: Session, child: Patient, form: FormReader, caller: Mapping[str, str]) -> RequestForm:
    """The family's question as it was read out; the same items as on the family's own pages."""
    site = form.choice("body_site", tuple(SITES)) or None
    answers = _answers(session, child, form, site)
    signs = form.choices("red_flags", FLAG_CODES)
    if not signs and not call_drafts.is_none_ticked():
        form.errors.setdefault("red_flags", gettext("Ask about the danger signs first, and tick what they say"))
    by, method = form.choice("consent_by", CONSENT_BY), form.choice("consent_method", VOICE_METHODS)
    if not by or not method:
        form.errors.setdefault("consent_by", gettext("Say who agreed and how"))
    details: dict[str, Any] = {name: value for name, value in answers.items() if value is not None}
    details |= {"red_flags": signs, "caller": dict(caller), "body_site": site}
    if UNSAFE in signs:
        details[SAFE_WAY] = form.text("safe_way", longest=LONGEST_SAFE_WAY)[:LONGEST_SAFE_WAY]
    details["story"] = form.text("story", longest=LONGEST_STORY)[:LONGEST_STORY]
    return RequestForm(
        kind=Kind.FAMILY_QUESTION,
        source=Source.PHONE,
        question=form.text("question", longest=LONGEST_QUESTION, required=gettext("Write what the family asks"))[
            :LONGEST_QUESTION
        ],
        urgency=form.choice("urgency", (Urgency.ROUTINE, Urgency.SAME_DAY)) or None,
        details=details,
        consent=ConsentGiven(by, method, form.choice("consent_language", LANGUAGES) or "en") if by and method else None,
    )


def _answers(session: Session, child: Patient, form: FormReader, site: str | None) -> dict[str, Any]:
    """What was answered in the core form and in the one on what it is about. Answers in another one are not dropped:
    the page asks what it is about."""
    core, *others = _forms(session)
    answers = read_answers(form, _items(core, child), {})
    subject = family_subject({"body_site": site, TOPIC: answers.get(TOPIC)})
    for each in others:
        read = FormReader() if each.subject != subject else form
        told = read_answers(read, _items(each, child), answers)
        if each.subject == subject:
            answers |= told
        elif any(value is not None for value in told.values()) or read.errors:
            title = each.title.in_language(language())
            words = gettext("You answered “%(form)s”: say here that it is about that, or empty it", form=title)
            form.errors.setdefault("body_site" if each.subject == SKIN else TOPIC, words)
    return answers


def _forms(session: Session) -> list[Questionnaire]:
    """The family's own forms: the core, then one for each subject that has one."""
    newest = library_of(session).newest.values()
    return sorted((form for form in newest if form.audience == FAMILY), key=lambda form: form.subject != CORE)


def _items(form: Questionnaire, child: Patient) -> list[Item]:
    """What the form asks in words and this page does not ask by itself."""
    months = age_in_months(child.birth_date, now().date())
    return [item for item in items_for(form, months) if not item.field and not item.media]


def _again(patient_id: str, errors: Mapping[str, str], status: int) -> Page:
    with database().writing() as session:
        return _page(session, patient_for(session, me(), patient_id, now=now()), errors), status


def _page(session: Session, child: Patient, errors: Mapping[str, str] | None = None) -> str:
    keeps = is_old_enough(session, child, now())
    months = age_in_months(child.birth_date, now().date())
    core, *others = (_part(form, child) for form in _forms(session))
    return render_template(
        "clinic/phone.html",
        patient=child,
        child=terms.child(child, now().date()),
        core=core,
        others=others,
        no_skin=NO_SKIN,
        topic=TOPIC,
        skin=SKIN,
        errors=errors or {},
        given=request.form,
        no_signs=call_drafts.is_none_ticked(),
        is_again=bool(g.get("is_old_no")),
        stopped=g.get("stopped_call") or request.form.get("stopped", ""),
        saves=call_drafts.saves_shown(),
        callers=[(code, words) for code, words in CALLER_WORDS.items() if keeps or code != YOUTH_CALLS],
        keeps=keeps,
        groups=list(groups_for(months, is_youth=False, told=request.form.getlist("red_flags"))),
        unsafe_home=home_shown(session, child.id),
        longest_safe_way=LONGEST_SAFE_WAY,
        sites=SITES,
        consent_by=signers(session, child),
        consent_methods=VOICE_METHODS,
        consent_texts=TEXTS,
        languages=terms.LANGUAGES,
        urgencies=[(code, terms.URGENCIES[code]) for code in (Urgency.ROUTINE, Urgency.SAME_DAY)],
        longest=LONGEST_QUESTION,
    )


def _part(form: Questionnaire, child: Patient) -> Part:
    """A form with what was answered in it, if this page comes back."""
    items = _items(form, child)
    return part_of(form, items, read_answers(FormReader(), items, {}) if request.method == "POST" else {})


def _children(session: Session, found: panel.Panel, words: str, errors: Mapping[str, str] | None = None) -> str:
    children = [(child, terms.child(child, now().date())) for child in found.children]
    return render_template(
        "clinic/phone_child.html",
        children=children,
        words=words,
        errors=errors or {},
        found=found,
        unsent=with_call_drafts(session, found.children, me()),
    )

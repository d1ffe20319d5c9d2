"""The case page: media, story and answer side by side, and the small decisions of whoever holds the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.advice.snippets import snippets_for
from econsult.consults import declining, holding, threads, unasking
from econsult.consults.confidential import may_change
from econsult.consults.lifecycle import Status
from econsult.consults.outcomes import AT_CLOSING
from econsult.consults.records import Consult
from econsult.consults.retakes import Wanted
from econsult.consults.threads import Audience
from econsult.errors import ForbiddenError, InvalidError, TakenError
from econsult.people.caregivers import is_old_enough
from econsult.people.persons import Role
from econsult.rights import WRITE_RIGHTS, Right
from econsult.seeing import is_seen
from web.context import database, now, settings
from web.pages.coordination import card_page
from web.shell.auth import me, only
from web.shell.desk import rings, why_barred
from web.shell.forms import FormReader
from web.shell.numbers import argument
from web.shell.once import once
from web.showing.arrivals import allowed_in, whence_of
from web.showing.casefile import Case, open_case
from web.showing.facts import askable_of
from web.showing.retakes import again_items
from web.words import terms
from web.words.language import gettext, speaking
from web.words.marks import PLACES, SAID, SHAPES, SIZES, refusal_words
from web.words.outcomes import QUESTIONS, STAFF
from web.words.plain import meter_of, spanish_of
from web.words.snippets import SNIPPET_FIELDS
from web.words.steps import KINDS, due_days

consult = rings(Blueprint("consult", __name__, url_prefix="/consults/<public_id>"))
CASE_ROLES = (Role.SPECIALIST, Role.PCP, Role.TELEPRESENTER)
LONGEST_REASON = 1000
RELAYING = (Role.COORDINATOR, Role.PCP, Role.TELEPRESENTER)
"""Who writes down what a family said on the telephone."""
MOST_AGAIN = 12


@dataclass(frozen=True)
class Asking:
    """What a question for information asks for: its list in words, and photos that should be taken again."""

    items: list[str]
    photos: list[Wanted]
    photo_words: list[str]
    codes: list[str]


@consult.get("")
@only(*CASE_ROLES, Role.COORDINATOR)
def show(public_id: str) -> str | Response:
    """The case as this person may see it. A draft is edited elsewhere, and coordinators have a page of their own."""
    if me().role == Role.COORDINATOR:
        return redirect(f"/coordination/{public_id}", 303)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        case = open_case(session, loaded)
    if case.consult.status == Status.DRAFT:
        return redirect(url_for("clinic_request.edit_request", public_id=public_id), 303)
    return case_page(case)


def case_page(case: Case, **changes: object) -> str:
    """The page of a case; `changes` replace what a refused form leaves different, such as `errors` and `content`."""
    content = changes.get("content", case.content)
    summary = content.get("family_summary", "") if isinstance(content, Mapping) else ""
    shown: dict[str, object] = {
        "errors": {},
        "meter": meter_of(str(summary), case.patient.language),
        **spanish_of(content if isinstance(content, Mapping) else {}, case.patient.language),
        "content": case.content,
        "saves": case.answer.saves if case.answer else 0,
        "theirs": None,
        "lost": None,
        "days": due_days(),
        "snippets": snippets_for(case.consult.specialty),
        "snippet_fields": SNIPPET_FIELDS,
        "kinds": KINDS,
        "closing": [(name, QUESTIONS[name], list(STAFF[name].items())) for name in AT_CLOSING],
        "given": {},
        "may_open_name": _may_open_name(case),
        "whence": whence_of(case.consult),
        "allowed": allowed_in(case.consult),
        "may_keep": _may_keep(case),
        **changes,
    }
    lane = str(changes.get("lane") or request.args.get("lane", ""))
    return render_template(
        "consult/case.html",
        case=case,
        terms=terms,
        lane=lane if lane in case.lanes else _opens_on(case, lane),
        sheet=argument("sheet", 1),
        is_marking="marking" in request.args,
        again=[request.args.get("again", ""), *_list(shown["given"], "photos")],
        marks={"shapes": SHAPES, "places": PLACES, "sizes": SIZES, "words": SAID},
        was=_number_before(),
        **{name: value for name, value in shown.items() if name != "lane"},
    )


def _opens_on(case: Case, wish: str) -> str:
    """Which tab is shown first: the thread in which something is asked of the reader, otherwise the answer."""
    return Audience.CLINICIANS if case.wanted and wish != "answer" else "answer"


def _list(given: object, name: str) -> list[str]:
    return list(given.get(name, ())) if isinstance(given, Mapping) else []


def _may_open_name(case: Case) -> bool:
    """Whether the page leads to opening the child's name by exception."""
    is_there = case.consult.status != Status.WITHDRAWN
    return is_there and settings().lets_break_glass and Right.BREAK_GLASS in case.rights


def _may_keep(case: Case) -> bool:
    """Whether this reader may keep the question from the child's caregivers, or let them see it."""
    if not (me().role == Role.PCP and Right.KEEP_CONFIDENTIAL in case.rights):
        return False
    with database().reading() as session:
        is_old = case.consult.is_confidential or is_old_enough(session, case.patient, now())
        return is_old and may_change(session, case.consult, me())


def _number_before() -> str:
    """The number of the request that was signed just before this one was opened, or empty; nothing else is repeated."""
    was = request.args.get("was", "")
    return was if re.fullmatch(r"C-\d{1,12}", was) else ""


@consult.post("/claim")
@only(Role.SPECIALIST, Role.PCP)
def claim(public_id: str) -> Response:
    """Take the request in hand; exactly one of several people who try gets it."""
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
            holding.claim(session, loaded.consult, me(), now=now(), lease=settings().claim)
    except TakenError:
        return redirect(url_for(".show", public_id=public_id, said="taken"), 303)
    except ForbiddenError as error:
        return redirect(url_for(".show", public_id=public_id, said=why_barred(error)), 303)
    return redirect(url_for(".show", public_id=public_id), 303)


@consult.post("/release")
@only(Role.SPECIALIST, Role.PCP)
def release(public_id: str) -> Response:
    """Give it back to its pool."""
    reason = FormReader().text("reason", longest=LONGEST_REASON)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
        holding.release(session, loaded.consult, me(), reason, now=now())
    return redirect(_home("released"), 303)


@consult.post("/decline")
@only(Role.SPECIALIST, Role.PCP)
def decline(public_id: str) -> Response | tuple[str, int]:
    """Say no for good, with a reason that the person who asked reads."""
    form = FormReader()
    reason = form.text("reason", longest=LONGEST_REASON, required=gettext("Say why, so that the clinic can go on"))
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
        if form.errors:
            return case_page(open_case(session, loaded), errors=form.errors), 422
        declining.decline(session, loaded.consult, me(), reason, now=now())
    return redirect(_home("declined"), 303)


@consult.post("/messages")
@only(*CASE_ROLES, Role.COORDINATOR)
def say(public_id: str) -> Response | tuple[str, int]:
    """Write to one lane; the holder may instead ask for information there, which stops the clock until a reply."""
    form = FormReader()
    lane = Audience(form.choice("lane", tuple(Audience)) or Audience.CLINICIANS)
    text = form.text("text", longest=threads.LONGEST_MESSAGE)
    codes = form.choices("items", terms.ASKABLE)
    photos = request.form.getlist("photo")[:MOST_AGAIN]
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=WRITE_RIGHTS[lane])
        is_asking = request.form.get("verb") == "ask"
        with speaking(loaded.patient.language if lane == Audience.FAMILY else me().language):
            asked_for = _of_forms(session, loaded.consult) if lane == Audience.CLINICIANS else {}
            items = [*(str(terms.ASKABLE[code]) for code in codes), *asked_for.values()]
            items += [gettext("A better picture of file %(number)s", number=number) for number in _again()]
            again = again_items(session, loaded.consult, photos)
        text = text or ("; ".join([*items, *again]) if is_asking else "")
        if lane == Audience.FAMILY and not is_asking and is_seen(text) and not form.errors and not _has_seen():
            given = {"text": text, "preview": True, "relayed": "relayed" in request.form}
            return _lane_page(session, loaded, lane, {}, {**given, "kept": request.form.get("kept", "")}), 200
        try:
            asked = Asking(items, [Wanted(name) for name in photos], again, [*codes, *asked_for]) if is_asking else None
            once(session, lambda: _write(session, loaded.consult, lane, text, asked))
        except InvalidError as error:
            errors = {**form.errors} or {"text": _why_not_said(error)}
            given = {"text": text, "wanted": codes, "photos": photos}
            return _lane_page(session, loaded, lane, errors, given), 422
    return redirect(_lane_address(public_id, lane, "asked" if is_asking else "sent"), 303)


def _has_seen() -> bool:
    """Nothing goes to a family before its writer was shown it as the family will read it, and pressed once more."""
    return request.form.get("confirmed") == "yes"


def _lane_page(
    session: Session, loaded: Pass, lane: Audience, errors: Mapping[str, str], given: Mapping[str, object]
) -> str:
    """The lane once more, with what was written."""
    if me().role == Role.COORDINATOR:
        return card_page(session, loaded, errors=errors, lane=lane, given=given)
    return case_page(open_case(session, loaded), errors=errors, lane=lane, given=given)


@consult.post("/messages/<message_id>/take-back")
@only(Role.SPECIALIST, Role.PCP)
def take_back(public_id: str, message_id: str) -> Response | tuple[str, int]:
    """Whoever holds it needs a part of what was asked for no more: `what` names it."""
    what = request.form.get("what", "")
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
        try:
            message = unasking.take_back_part(session, loaded.consult, me(), message_id, what, now=now())
        except InvalidError:
            errors = {"text": gettext("This photo has come already")}
            return case_page(open_case(session, loaded), errors=errors), 422
        lane = Audience(message.audience)
    return redirect(_lane_address(public_id, lane, "unasked"), 303)


def _of_forms(session: Session, consult: Consult) -> dict[str, str]:
    """The items of the specialty's form that are ticked, by their links, in the reader's words."""
    ticked = set(request.form.getlist("of_form"))
    return {link: words for link, words in askable_of(session, consult) if link in ticked}


def _why_not_said(error: InvalidError) -> str:
    if "retakes" in error.fields:
        return refusal_words(error)
    if "audience" in error.fields:
        return gettext("Nobody of this family has an account here. Ask the clinic, which can telephone them")
    return gettext("Write what you want to say")


def _again() -> list[int]:
    """The numbers of the files of which a better picture is asked for."""
    given = {int(text) for text in request.form.getlist("again") if re.fullmatch(r"[1-9]\d?", text)}
    return sorted(given)[:MOST_AGAIN]


def _write(session: Session, consult: Consult, lane: Audience, text: str, asked: Asking | None) -> Consult:
    """A message, or a question, even where nothing was ticked."""
    if asked is None:
        is_relayed = lane == Audience.FAMILY and me().role in RELAYING and "relayed" in request.form
        threads.post(session, consult, me(), lane, text=text, now=now(), is_relayed=is_relayed)
    else:
        threads.request_info(
            session,
            consult,
            me(),
            text=text,
            items=asked.items,
            audience=lane,
            now=now(),
            again=asked.photos,
            again_words=asked.photo_words,
            codes=asked.codes,
        )
    return consult


def _lane_address(public_id: str, lane: Audience, said: str) -> str:
    endpoint = "coordination.card" if me().role == Role.COORDINATOR else ".show"
    return url_for(endpoint, public_id=public_id, lane=lane, said=said)


def _home(said: str) -> str:
    return url_for("worklist.queue" if me().role == Role.SPECIALIST else "clinic.home", said=said)

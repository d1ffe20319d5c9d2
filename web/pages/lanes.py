"""The lanes of a case: a message to one audience, a question for what is missing, and what of it is taken back.

Nothing goes to a family before its writer was shown it as the family will read it, and pressed once more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults import asking_more, threads, unasking
from econsult.consults.desks import STAND_INS
from econsult.consults.records import Consult
from econsult.consults.retakes import Wanted
from econsult.consults.threads import Audience
from econsult.errors import InvalidError
from econsult.lanes import writing_to
from econsult.people.persons import Role
from econsult.rights import Right
from econsult.seeing import is_seen
from web.context import database, now
from web.pages.consult import CASE_ROLES, case_page
from web.pages.coordination import after, card_page
from web.shell.auth import me, only
from web.shell.desk import rings, second_press, with_stand_ins
from web.shell.forms import FormReader
from web.shell.once import once
from web.showing.awaited import would_wait
from web.showing.casefile import open_case
from web.showing.facts import askable_of
from web.showing.retakes import again_items, guides_before
from web.words import terms
from web.words.families import AUTHORS
from web.words.language import gettext, speaking
from web.words.marks import refusal_words

lanes = rings(Blueprint("lanes", __name__, url_prefix="/consults/<public_id>/messages"))
RELAYING = (Role.COORDINATOR, Role.PCP, Role.TELEPRESENTER)
"""Who writes down what a family said on the telephone."""
MOST_AGAIN = 12


@dataclass(frozen=True)
class Asking:
    """What a question for information asks for: its list in words, and photos that should be taken again.

    `ticked` are the boxes as the form sent them, by their names.
    """

    items: list[str]
    photos: list[Wanted]
    photo_words: list[str]
    codes: list[str]
    ticked: Mapping[str, list[str]]


@lanes.post("")
@with_stand_ins(*CASE_ROLES, Role.COORDINATOR)
@second_press("message", "sent")
def say(public_id: str) -> Response | tuple[str, int]:
    """Write to one lane; the holder may instead ask for information there, which stops the clock until a reply."""
    form = FormReader()
    lane = Audience(form.choice("lane", tuple(Audience)) or Audience.CLINICIANS)
    text = form.text("text", longest=threads.LONGEST_MESSAGE)
    with database().writing() as session:
        loaded = writing_to(session, me(), public_id, lane, now=now())
        asked = _asking(session, loaded, form, lane) if request.form.get("verb") == "ask" else None
        given = {"text": text, "relayed": "relayed" in request.form, "wanted": [], "photos": [], "again": []}
        given |= dict(asked.ticked) if asked else {}
        text = text or ("; ".join([*asked.items, *asked.photo_words]) if asked else "")
        try:
            if lane == Audience.FAMILY and is_seen(text) and not form.errors and not _has_seen():
                given |= {"preview": True, "kept": request.form.get("kept", "")}
                given |= {"asked": asked, "seen": _as_family(session, loaded, text, asked)} if asked else {}
                return _lane_page(session, loaded, lane, {}, given), 200
            once(session, lambda: _write(session, loaded.consult, lane, text, asked))
        except InvalidError as error:
            errors = {**form.errors} or {"text": _why_not_said(error)}
            return _lane_page(session, loaded, lane, errors, given), 422
    return redirect(_lane_address(public_id, lane, "asked" if asked else "sent"), 303)


def _asking(session: Session, loaded: Pass, form: FormReader, lane: Audience) -> Asking:
    """What is ticked, in the language of who will read it."""
    codes, photos = form.choices("items", terms.ASKABLE), request.form.getlist("photo")[:MOST_AGAIN]
    with speaking(loaded.patient.language if lane == Audience.FAMILY else me().language):
        asked_for = _of_forms(session, loaded.consult) if lane == Audience.CLINICIANS else {}
        items = [*(str(terms.ASKABLE[code]) for code in codes), *asked_for.values()]
        items += [gettext("A better picture of file %(number)s", number=number) for number in _again()]
        words = again_items(session, loaded.consult, photos)
    ticked = {"wanted": codes, "photos": photos, "again": list(map(str, _again()))}
    return Asking(items, [Wanted(name) for name in photos], words, [*codes, *asked_for], ticked)


def _as_family(session: Session, loaded: Pass, text: str, asked: Asking) -> str:
    """A question as the family will read it, in its language; checked before, so that what is shown can be sent."""
    consult, lines = loaded.consult, [*asked.items, *asked.photo_words]
    threads.check_asking(session, consult, me(), Audience.FAMILY, again=asked.photos, items=lines, now=now())
    with speaking(loaded.patient.language):
        return render_template(
            "consult/asked_as_family.html",
            who=str(AUTHORS.get(me().role, AUTHORS["pcp"])),
            text="" if text == "; ".join(lines) else text,
            lines=lines,
            guides=guides_before(session, loaded, [photo.attachment_id for photo in asked.photos]),
            until=would_wait(session, consult),
        )


def _has_seen() -> bool:
    """Nothing goes to a family before its writer was shown it as the family will read it, and pressed once more."""
    return request.form.get("confirmed") == "yes"


def _lane_page(
    session: Session, loaded: Pass, lane: Audience, errors: Mapping[str, str], given: Mapping[str, object]
) -> str:
    """The lane once more, with what was written."""
    if me().role in (Role.COORDINATOR, *STAND_INS):
        return card_page(session, loaded, errors=errors, lane=lane, given=given)
    return case_page(open_case(session, loaded), errors=errors, lane=lane, given=given)


@lanes.post("/<message_id>/take-back")
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
    if "items" in error.fields:
        return gettext("What you add has at most 200 letters a line, and the list at most 20 lines")
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
        asking = asking_more.Asking(text, asked.items, asked.photos, asked.photo_words, asked.codes)
        asking_more.ask(session, consult, me(), lane, asking, now=now())
    return consult


def _lane_address(public_id: str, lane: Audience, said: str) -> str:
    if me().role in (Role.COORDINATOR, *STAND_INS):
        return after(public_id, said, lane)
    return url_for("consult.show", public_id=public_id, lane=lane, said=said)

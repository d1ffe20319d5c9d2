"""What a family is asked beyond its story: its topic, the questions of that specialty, and a few about the child.

Nothing here must be answered: a parent says what a parent can know, and goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass
from econsult.consults.asked import NO_SKIN, TOPIC, forms_of
from econsult.consults.merging import Merged, seen_text
from econsult.consults.requests import RequestForm
from econsult.people.patients import age_in_months
from econsult.people.persons import FAMILIES, choose_language
from econsult.templates.items import CORE, FAMILY, Item, Questionnaire
from web.context import database, now
from web.pages.answers import read_answers
from web.pages.family.drafts import keep, keep_merged, load_draft, require_before, told_script
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.showing.asking import Part, items_for, part_of
from web.showing.changes import changes_told
from web.showing.facts import answer_words
from web.words.language import LANGUAGES, gettext, language

family_asked = Blueprint("family_asked", __name__, url_prefix="/family/ask/<public_id>")
Page = str | Response | tuple[str, int] | tuple[Response, int]


@dataclass(frozen=True)
class Leg:
    """One page of questions on the way: its form, and the pages before and after it."""

    form: Questionnaire
    back: str
    onward: str


@family_asked.route("/topic", methods=["GET", "POST"])
@only(*FAMILIES)
def topic(public_id: str) -> Page:
    """Still step 2, where it is not about the skin: what it is about."""
    form = FormReader()
    with database().writing() as session:
        draft = load_draft(session, public_id)
        require_before(session, draft, "family_asked.topic")
        item = _topic_item(session, draft)
        if item is None:
            return redirect(url_for("family_photos.photos", public_id=public_id), code=303)
        codes = [option.code for option in item.options]
        if request.method == "POST" and (chosen := form.choice(TOPIC, codes, required=gettext("Choose one of these"))):
            keep(session, draft, RequestForm(details={TOPIC: chosen}))
            return redirect(url_for("family_photos.photos", public_id=public_id), code=303)
    page = render_template(
        "family/topic.html",
        errors=form.errors,
        legend=item.words.in_language(language()),
        name=TOPIC,
        options=[(option.code, option.words.in_language(language())) for option in item.options],
        chosen=draft.consult.details.get(TOPIC, ""),
        back=url_for("family_ask.where", public_id=public_id),
    )
    return (page, 422) if form.errors else page


@family_asked.route("/questions/<subject>", methods=["GET", "POST"])
@only(*FAMILIES)
def questions(public_id: str, subject: str) -> Page:
    """Step 5: the items of one form. Whatever was answered is kept, also half of it."""
    form, merged = FormReader(), Merged(RequestForm())
    with database().writing() as session:
        draft = load_draft(session, public_id)
        require_before(session, draft, "family_asked.questions")
        leg = _leg(session, draft, subject)
        if request.method == "POST":
            items = _items(draft, leg.form)
            answers = read_answers(form, items, draft.consult.details)
            merged = keep_merged(session, draft, RequestForm(details=answers), unread=form.errors)
            if request.form.get("lang") in LANGUAGES:
                choose_language(session, me(), request.form["lang"], now())
        unsaved = {name: clash.mine for name, clash in merged.clashes.items()}
        part = _part(draft, leg.form, unsaved)
        seen = seen_text(session, draft.consult, only=[item.link_id for item in _items(draft, leg.form)])
    if request.form.get("lang") in LANGUAGES:
        return redirect(url_for(".questions", public_id=public_id, subject=subject), code=303)
    if request.form.get("verb") == "save":
        return told_script(merged, form.errors)
    changes = changes_told(merged, leg.form.by_link) if merged.clashes else None
    if request.method == "POST" and not form.errors and changes is None:
        return redirect(leg.onward, code=303)
    page = render_template(
        "family/questions.html",
        errors={**form.errors, **(changes.errors if changes else {})},
        changes=changes,
        seen=seen,
        draft=draft.consult,
        part=part,
        typed=request.form,
        back=leg.back,
        task_form="task",
    )
    if changes is not None:
        return page, 409
    return (page, 422) if form.errors else page


def first_questions(session: Session, draft: Pass) -> str:
    """The page after the story: the first form that asks this family anything, or else the last step."""
    return next(iter(_ways(session, draft).values()), _check(draft))


def questions_rows(session: Session, draft: Pass) -> list[tuple[str, str, str]]:
    """For the summary: each form with what was answered in it, and the page that changes it."""
    forms = {form.subject: form for form in forms_of(session, draft.consult, FAMILY)}
    rows = []
    for subject, way in _ways(session, draft).items():
        told = filter(None, (_told(item, draft) for item in _items(draft, forms[subject])))
        rows.append((forms[subject].title.in_language(language()), "\n".join(told) or gettext("No answers"), way))
    return rows


def _told(item: Item, draft: Pass) -> str:
    words = answer_words(item, draft.consult.details.get(item.link_id))
    return f"{item.words.in_language(language())} {words}" if words else ""


def _leg(session: Session, draft: Pass, subject: str) -> Leg:
    """The page of this form on the draft's way; another one is not there."""
    ways = _ways(session, draft)
    if subject not in ways:
        session.commit()
        abort(404)
    form = next(form for form in forms_of(session, draft.consult, FAMILY) if form.subject == subject)
    story = url_for("family_story.story", public_id=draft.consult.public_id)
    stops = [story, *ways.values(), _check(draft)]
    at = stops.index(ways[subject])
    return Leg(form, back=stops[at - 1], onward=stops[at + 1])


def _ways(session: Session, draft: Pass) -> dict[str, str]:
    """The address of each form with items for this child, the specialty's before the core's."""
    forms = [form for form in forms_of(session, draft.consult, FAMILY) if _items(draft, form)]
    ordered = sorted(forms, key=lambda form: form.subject == CORE)
    public_id = draft.consult.public_id
    return {
        form.subject: url_for("family_asked.questions", public_id=public_id, subject=form.subject) for form in ordered
    }


def _items(draft: Pass, form: Questionnaire) -> list[Item]:
    """What is asked in words here; files have their own step, and the topic was asked before them."""
    months = age_in_months(draft.patient.birth_date, now().date())
    return [item for item in items_for(form, months) if not item.media and item.link_id != TOPIC]


def _part(draft: Pass, form: Questionnaire, unsaved: Mapping[str, Any]) -> Part:
    return part_of(form, _items(draft, form), {**draft.consult.details, **unsaved})


def _topic_item(session: Session, draft: Pass) -> Item | None:
    if draft.consult.details.get("body_site") != NO_SKIN:
        return None
    forms = forms_of(session, draft.consult, FAMILY)
    return next((form.by_link[TOPIC] for form in forms if TOPIC in form.by_link), None)


def _check(draft: Pass) -> str:
    return url_for("family_story.check", public_id=draft.consult.public_id)

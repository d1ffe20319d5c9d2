"""The last steps of a question: the family's own words, then everything once more with the consent, then send."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass
from econsult.consults.completeness import LONGEST_QUESTION, SHORTEST_QUESTION, is_question
from econsult.consults.confidential import keep_confidential
from econsult.consults.details import flags_of, symptoms_of, text_of
from econsult.consults.merging import Merged, seen_text, standing
from econsult.consults.redflags import body_sites, is_private
from econsult.consults.requests import RequestForm, SubmitForm, submit
from econsult.consults.screening import signs_told
from econsult.errors import EmergencyError, InvalidError, StaleVersionError
from econsult.people.caregivers import caregiver_link
from econsult.people.consent import ConsentGiven, texts_for
from econsult.people.invitations import live_invitation
from econsult.people.persons import FAMILIES, Role, choose_language
from econsult.rights import Right
from web.context import database, now, ring_workers, settings
from web.pages.family.asked import first_questions, questions_rows
from web.pages.family.drafts import keep, keep_merged, load_draft, page_of, require_before, told_script
from web.pages.family.safety import stopped_at
from web.pages.family.status import shown_of
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.showing.agreeing import language_shown, mark_of
from web.showing.changes import Changes, changes_told
from web.showing.clinics import telephone_of
from web.showing.deciding import undecided
from web.showing.files import FileCard
from web.words.dangers import signs_of, today_of
from web.words.families import (
    CONSENT_BY,
    PRIVATE_WORDS,
    RELATIONS,
    SEES,
    SINCE,
    SITES,
    SYMPTOMS,
    contact_words,
)
from web.words.language import LANGUAGES, gettext, language

family_story = Blueprint("family_story", __name__, url_prefix="/family/ask/<public_id>")
LONGEST_STORY = 3000
TOLD = ("since", "symptoms", "story", "question")
"""What the page of the story shows."""
Page = str | Response | tuple[str, int] | tuple[Response, int]


@family_story.route("/story", methods=["GET", "POST"])
@only(*FAMILIES)
def story(public_id: str) -> Page:
    """Step 4: since when, itch, pain, fever, the story, and the question."""
    if request.form.get("lang") in LANGUAGES:
        return _switch_language(public_id)
    if request.form.get("verb") == "save":
        return _autosave(public_id)
    form = FormReader()
    said = _said(form) if request.method == "POST" else {}
    changes = None
    try:
        with database().writing() as session:
            draft = load_draft(session, public_id)
            if said:
                # Wherever this leads, what was written is there when the family comes back.
                merged = _keep_half_written(session, draft, said)
                changes = changes_told(merged, {}) if merged.clashes else None
            require_before(session, draft, "family_story.story")
            is_done = bool(said) and not form.errors and changes is None
            if is_done:
                _stop_signs(session, draft)
            onward = first_questions(session, draft)
            seen = seen_text(session, draft.consult, only=TOLD, usual=_usual(draft))
    except EmergencyError as stop:
        ring_workers()
        return redirect(stopped_at(public_id, stop), code=303)
    if is_done:
        return redirect(onward, code=303)
    page = render_template(
        "family/story.html",
        errors={**form.errors, **(changes.errors if changes else {})},
        changes=changes,
        seen=seen,
        said=said or _known_story(draft),
        draft=draft.consult,
        since=list(SINCE.items()),
        symptoms=list(SYMPTOMS.items()),
        longest=(LONGEST_STORY, LONGEST_QUESTION),
        task_form="task",
        back=_photos_or_private(draft),
    )
    if changes is not None:
        return page, 409
    return (page, 422) if form.errors else page


@family_story.route("/check", methods=["GET", "POST"])
@only(*FAMILIES)
def check(public_id: str) -> Page:
    """Step 5: everything once more, the consent, and send."""
    form = FormReader()
    changes = None
    if request.method == "POST":
        form.is_ticked("agree", required=gettext("Tick the box to say yes, or call us to ask for a visit"))
    with database().writing() as session:
        draft = load_draft(session, public_id)
        require_before(session, draft, "family_story.check")
        cards = shown_of(session, draft).cards
        relation, answers = _relation(session, draft), questions_rows(session, draft)
        seen, telephone = standing(session, draft.consult), undecided(session, draft.patient)
        signs = today_of(session, draft.consult)
        clinic = telephone_of(session, draft.patient)
    try:
        if request.method == "POST" and not form.errors and telephone is None and _send(public_id, relation, form):
            return redirect(page_of(public_id, is_new=True), code=303)
    except StaleVersionError:
        changes = Changes()
    except EmergencyError as stop:
        ring_workers()
        return redirect(stopped_at(public_id, stop), code=303)
    page = render_template(
        "family/check.html",
        errors=form.errors,
        changes=changes,
        seen=seen,
        draft=draft.consult,
        rows=[*_rows(draft, cards), *answers],
        cards=[card for card in cards if card.is_usable],
        consent=texts_for(me())[language()],
        consent_mark=mark_of(texts_for(me())),
        relation=RELATIONS[relation],
        child=draft.patient.name.split()[0] if draft.may(Right.SEE_IDENTITY) else "",
        sees=list(SEES.items()) if me().role == Role.YOUTH else [],
        back=answers[-1][-1] if answers else url_for(".story", public_id=public_id),
        undecided=telephone,
        signs=signs,
        clinic=clinic,
    )
    if request.method == "POST" and telephone is not None:
        return page, 403
    if changes is not None:
        return page, 409
    return (page, 422) if form.errors else page


def _said(form: FormReader) -> dict[str, Any]:
    """What the form of step 4 says; the faults stay in `form`."""
    said: dict[str, Any] = {
        "since": form.choice("since", SINCE, required=gettext("Choose since when")),
        "symptoms": form.choices("symptoms", SYMPTOMS),
        "story": form.text("story", longest=LONGEST_STORY),
        "question": form.text("question", longest=LONGEST_QUESTION, required=gettext("Write your question")),
    }
    if "question" not in form.errors and not is_question(said["question"]):
        form.errors["question"] = gettext(
            "Please write a little more, at least %(number)d letters", number=SHORTEST_QUESTION
        )
    return said


def _switch_language(public_id: str) -> Response:
    """Keep the half-written words, and show the page again in the other language."""
    with database().writing() as session:
        _keep_half_written(session, load_draft(session, public_id), _said(FormReader()))
        choose_language(session, me(), request.form["lang"], now())
    return redirect(url_for(".story", public_id=public_id), code=303)


def _autosave(public_id: str) -> tuple[Response, int]:
    """Keep the half-written words for a script that saves by itself."""
    with database().writing() as session:
        return told_script(_keep_half_written(session, load_draft(session, public_id), _said(FormReader())))


def _keep_half_written(session: Session, draft: Pass, said: dict[str, Any]) -> Merged:
    """Keep what the form says so far, as far as it fits, and as far as it was not changed in another window."""
    details = {"since": said["since"], "symptoms": said["symptoms"], "story": said["story"][:LONGEST_STORY]}
    form = RequestForm(question=said["question"][:LONGEST_QUESTION], details=details)
    return keep_merged(session, draft, form, usual=_usual(draft))


def _stop_signs(session: Session, draft: Pass) -> None:
    """Words that tell of a danger sign try to send, which records the stop and raises."""
    if signs_told(session, draft.consult, draft.consult.details, now()):
        submit(session, draft.consult, me(), SubmitForm(), now=now(), targets=settings().first_reply)


def _usual(draft: Pass) -> dict[str, str]:
    """The question that stands in the form until the family writes its own."""
    if draft.consult.is_private_site:
        return {"question": gettext("Please contact me. I need help with my child's skin.")}
    return {"question": gettext("What is this, and what should I do at home?")}


def _known_story(draft: Pass) -> dict[str, Any]:
    details = draft.consult.details
    return {
        "since": text_of(details, "since"),
        "symptoms": symptoms_of(details),
        "story": text_of(details, "story"),
        "question": draft.consult.question or _usual(draft)["question"],
    }


def _photos_or_private(draft: Pass) -> str:
    step = "family_ask.private" if draft.consult.is_private_site else "family_photos.photos"
    return url_for(step, public_id=draft.consult.public_id)


def _relation(session: Session, draft: Pass) -> str:
    link = caregiver_link(session, draft.patient.id, me().id, now()) or live_invitation(session, me(), now())
    return link.relation if link is not None and link.relation in RELATIONS else "other"


def _send(public_id: str, relation: str, form: FormReader) -> bool:
    """Record the consent and send. What is still missing is put beside the page's fields."""
    read_in = language_shown(texts_for(me()))
    given = ConsentGiven(by=CONSENT_BY.get(relation, "guardian"), method="electronic", language=read_in)
    try:
        with database().writing() as session:
            draft = load_draft(session, public_id)
            # Nobody sends what they have not read: the page that asked showed all that was there.
            if request.form.get("seen", "") not in ("", standing(session, draft.consult)):
                raise StaleVersionError("The question was changed after this page was opened.")
            keep(session, draft, RequestForm(consent=given))
            if me().role == Role.YOUTH:
                # Nothing was said: it stays with the clinic.
                keep_confidential(session, draft.consult, me(), request.form.get("sees") != "shared", now=now())
            submit(session, draft.consult, me(), SubmitForm(), now=now(), targets=settings().first_reply)
    except InvalidError as error:
        form.errors.update(dict.fromkeys(error.fields, gettext("Please go back and fill in what is missing")))
        return False
    ring_workers()
    return True


def _counted(cards: list[FileCard]) -> str:
    """How many files can be used, and the names of those that cannot."""
    refused = [card.title for card in cards if card.is_problem]
    count = str(sum(card.is_usable for card in cards))
    if not refused:
        return count
    return gettext("%(count)s. Not usable: %(names)s", count=count, names=", ".join(refused))


def _rows(draft: Pass, cards: list[FileCard]) -> list[tuple[str, str, str]]:
    """The summary: what was asked, what was said, and the page that changes it."""
    details, public_id = draft.consult.details, draft.consult.public_id
    sites = (PRIVATE_WORDS if is_private([site]) else SITES[site] for site in body_sites(details.get("body_site")))
    rows = [(gettext("Where"), ", ".join(map(str, sites)), url_for("family_ask.where", public_id=public_id))]
    if draft.consult.is_private_site:
        rows.append((gettext("Instead of photos"), contact_words(details), _photos_or_private(draft)))
    else:
        rows.append((gettext("Photos and files"), _counted(cards), _photos_or_private(draft)))
    story = url_for("family_story.story", public_id=public_id)
    symptoms = ", ".join(str(SYMPTOMS.get(code, code)) for code in symptoms_of(details))
    since = text_of(details, "since")
    rows.append((gettext("Since when"), str(SINCE.get(since, since)), story))
    rows.append((gettext("Signs"), symptoms or gettext("None of these"), story))
    # What was answered first is asked once more by being read before it is sent.
    signs = ", ".join(signs_of(",".join(flags_of(details))))
    asked = url_for("family_ask.emergency", public_id=public_id)
    rows.insert(0, (gettext("Danger signs"), signs or gettext("None of these"), asked))
    rows.append((gettext("What you told us"), text_of(details, "story") or gettext("Nothing more"), story))
    rows.append((gettext("Your question"), draft.consult.question, story))
    return rows

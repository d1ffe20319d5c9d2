"""A clinic's form as it is kept: read, merged with what others saved meanwhile, and saved as far as it can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults import requests
from econsult.consults.asked import forms_about
from econsult.consults.completeness import LONGEST_QUESTION
from econsult.consults.drafts import WORDS
from econsult.consults.facepolicy import FACE_POLICIES, MASK_ALL
from econsult.consults.merging import Merged, merge, read_seen
from econsult.consults.records import QUESTION_TYPES, Consult, Urgency
from econsult.consults.requests import RequestForm
from econsult.consults.voice import VoiceChoice
from econsult.errors import InvalidError
from econsult.people.consent import ConsentGiven, consent_for
from econsult.people.patients import age_in_months
from econsult.people.persons import LANGUAGES, SPECIALTIES
from web.context import database, now
from web.pages.answers import read_answers
from web.pages.clinic.terms import CONSENT_BY, CONSENT_METHODS, VOICE_METHODS, sentences
from web.pages.clinic.wishes import keep_earlier, read_wishes, with_named
from web.shell.auth import me
from web.shell.forms import FormReader
from web.showing.asking import items_for, table_of
from web.showing.drafting import load_draft
from web.words.families import SITES
from web.words.signs import FLAG_CODES

LONGEST_DETAIL = 2000
FACES = {"face_policy", "face_consent"}
ASKED = {"specialty", "question", "question_type", "urgency", "consent", "voice"}


@dataclass(frozen=True)
class Kept:
    """What became of a form: the faults by field, the details that were not saved, and what others changed meanwhile.

    `version` is the draft's after it.
    """

    wrong: Mapping[str, str]
    unsaved: Mapping[str, Any]
    merged: Merged
    version: int

    def is_in_the_way(self, verb: str) -> bool:
        """Whether a person must look before this goes on: nobody sends what they have not seen."""
        return self.merged.is_stale if verb == "send" else bool(self.merged.clashes)


def keep_form(public_id: str, form: FormReader) -> Kept:
    """Save what was written. What cannot be is named at its field, and comes back to be shown there again."""
    asked = _read(form)
    try:
        return _edit(public_id, asked, form, {})
    except InvalidError as error:
        # One thing that cannot be said so is no reason to lose the others.
        return _edit(public_id, asked, form, error.fields)


def _edit(public_id: str, asked: RequestForm, form: FormReader, faults: Mapping[str, str]) -> Kept:
    """Save the form and the answers, apart from what `faults` name, and from what somebody else changed meanwhile."""
    with database().writing() as session:
        draft = load_draft(session, public_id)
        consult = draft.consult
        details = {**(asked.details or {}), **answers_told(session, draft, form, request.form.getlist("asked"))}
        kept = with_named(session, consult, _without(replace(asked, details=details), faults))
        kept = _with_hidden_site(consult, kept)
        unread = {*form.errors, *map(table_of, form.errors), *(name.removeprefix("details.") for name in faults)}
        seen = read_seen(request.form.get("seen", ""))
        merged = merge(session, consult, kept, seen, offered=FLAG_CODES, unread=unread, is_whole=True)
        fresh = _without_known_consent(session, consult, merged.form)
        requests.edit(session, consult, me(), fresh, now=now())
        if not merged.is_stale:
            # Who has not seen what another window chose takes none of it away.
            keep_earlier(session, draft, form)
        unsaved = {name: value for name, value in details.items() if name not in (kept.details or {})}
        unsaved |= {name: clash.mine for name, clash in merged.clashes.items()}
        return Kept(sentences(faults), unsaved, merged, consult.version)


def answers_told(session: Session, draft: Pass, form: FormReader, subjects: Iterable[str]) -> dict[str, Any]:
    """The answers to the items on these subjects that the page showed."""
    months = age_in_months(draft.patient.birth_date, now().date())
    forms = forms_about(session, draft.consult, subjects)
    items = [item for about in forms for item in items_for(about, months)]
    return read_answers(form, items, draft.consult.details)


def _without(asked: RequestForm, fields: Mapping[str, str]) -> RequestForm:
    """The form without what these faults name. What is said of faces goes together; so do the answers, if too many."""
    names = {field.removeprefix("details.") for field in fields}
    names |= {"consent" for name in names if name.startswith("consent.")}
    names |= {"voice" for name in names if name.startswith("voice_consent.")}
    names |= FACES if names & FACES else set()
    names |= {name for name in asked.details or {} if "." in name} if "details" in names else set()
    details = {name: value for name, value in (asked.details or {}).items() if name not in names}
    left_out: dict[str, Any] = dict.fromkeys(names & ASKED)
    return replace(asked, details=details, **left_out)


def _read(form: FormReader) -> RequestForm:
    """What can be saved. What is too long is left out and never cut: without its last words it may say the opposite."""
    texts = {name: form.text(name, longest=LONGEST_DETAIL) for name in WORDS}
    details: dict[str, Any] = {name: text for name, text in texts.items() if name not in form.errors}
    question = form.text("question", longest=LONGEST_QUESTION)
    signs = form.choices("red_flags", FLAG_CODES)
    # Nothing ticked is no answer: only "none of these" says that there is none, and a sign beside it outweighs it.
    details["red_flags"] = signs or ([] if form.is_ticked("no_signs") else None)
    details["face_policy"] = form.choice("face_policy", FACE_POLICIES) or MASK_ALL
    details["face_consent"] = form.is_ticked("face_consent")
    if "body_site" in request.form:
        details["body_site"] = form.choice("body_site", tuple(SITES)) or None
    by, method = form.choice("consent_by", CONSENT_BY), form.choice("consent_method", CONSENT_METHODS)
    given = ConsentGiven(by, method, form.choice("consent_language", LANGUAGES) or "en") if by and method else None
    return RequestForm(
        specialty=form.choice("specialty", SPECIALTIES),
        question=None if "question" in form.errors else question,
        question_type=form.choice("question_type", QUESTION_TYPES) if "question_type" in request.form else None,
        urgency=form.choice("urgency", tuple(Urgency)) or None,
        details=details,
        consent=given,
        voice=voice_of(form),
        wishes=read_wishes(form),
    )


def voice_of(form: FormReader) -> VoiceChoice | None:
    """The family's answer about the voice. A yes counts once the form says whose it was and how it was given."""
    if not form.is_ticked("voice"):
        return VoiceChoice(is_given=False)
    by = form.choice("voice_by", CONSENT_BY)
    method = form.choice("voice_method", VOICE_METHODS)
    if by and method:
        return VoiceChoice(True, by, method, form.choice("voice_language", LANGUAGES) or "en")
    return None


def _with_hidden_site(draft: Consult, asked: RequestForm) -> RequestForm:
    """A private area, or several places, cannot be chosen in this form; so "not one place" does not take them away."""
    details = dict(asked.details or {})
    is_hidden = draft.details.get("body_site") not in (None, "", *SITES)
    if is_hidden and not details.get("body_site"):
        details.pop("body_site", None)
    return replace(asked, details=details)


def _without_known_consent(session: Session, draft: Consult, asked: RequestForm) -> RequestForm:
    """A draft that saves itself repeats the same consent; only a new one is written down."""
    known, given = consent_for(session, draft.id), asked.consent
    is_known = (
        known and given and (known.given_by, known.method, known.language) == (given.by, given.method, given.language)
    )
    return replace(asked, consent=None) if is_known else asked

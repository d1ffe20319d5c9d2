"""What the clinic's request form asks, and the sentences that say what is missing or wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.consults.attesting import MISTAKE, OVER, TAKEN_BACK
from econsult.consults.drafts import WORDS
from econsult.consults.urgency import WHY_LESS
from econsult.consults.whole import WHY
from econsult.people.caregivers import is_old_enough
from econsult.people.consent import OWN_WORD
from econsult.people.patients import Patient
from econsult.people.signing import YOUTH, counts
from web.context import now, settings
from web.shell.forms import FormReader
from web.words.asking import LACKING
from web.words.language import gettext
from web.words.terms import LANGUAGES
from web.words.times import with_zone

LONGEST_WHY_SAFE = 2000
CONSENT_BY = {
    "parent": _l("Parent"),
    "guardian": _l("Legal guardian"),
    "youth": _l("The young person"),
    "agency": _l("Agency with legal care"),
}
CALLER_WORDS = {
    "family": _l("The family"),
    "youth": _l("The young person"),
    "clinic": _l("A doctor or clinic"),
}
CONSENT_METHODS = {"verbal": _l("Said it"), "paper": _l("Signed on paper"), "electronic": _l("On screen")}
VOICE_METHODS = {method: words for method, words in CONSENT_METHODS.items() if method != OWN_WORD}
"""How a clinic hears a family's yes to the voice; on its own screen only the family itself says it."""
CONSENT_CODES: Mapping[str, Any] = {**CONSENT_BY, **CONSENT_METHODS, **LANGUAGES}
"""Whatever a consent holds, in words."""
LONGEST_LACKING = 300


def sentences(fields: Mapping[str, str]) -> dict[str, str]:
    """Field names of the form with the sentence to show, from the core's field names and reason codes."""
    return {_field(name): _sentence(name, code) for name, code in fields.items()}


def attestation_words(wrong: Mapping[str, str]) -> dict[str, str]:
    """What is missing or impossible in a clinician's word that a sign can wait, by the fields of the page."""
    fields = {"examined_by": "examined_by", "at": "examined_at", "why": "why_safe", TAKEN_BACK: TAKEN_BACK}
    return {fields[name]: _attested_sentence(name, code) for name, code in wrong.items() if name in fields}


def attestation_said(form: FormReader) -> dict[str, str] | None:
    """A clinician's word of this form that a sign can wait; None where none was given."""
    why, by = form.text("why_safe", longest=LONGEST_WHY_SAFE), form.text("examined_by", longest=120)
    at = with_zone(request.form.get("examined_at", ""))
    back = form.choice("taken_back", (MISTAKE, OVER))
    return {"examined_by": by, "at": at, "why": why, TAKEN_BACK: back} if by or at or why or back else None


def lacking_said(form: FormReader) -> str:
    """Why it goes without what is not answered: the reason that was chosen, and the sentence that was written."""
    chosen, words = form.choice("lacking", LACKING), form.text("lacking_words", longest=LONGEST_LACKING)
    return ". ".join(filter(None, (str(LACKING[chosen]) if chosen else "", words)))


def _attested_sentence(name: str, code: str) -> str:
    if name == "examined_by":
        if code == "not_allowed":
            return gettext("Only a clinician who sends the request can say that it is safe to wait")
        return gettext("Write the name of the clinician who examined the child")
    if name == "why":
        return gettext("Say in a few words what was found")
    if name == TAKEN_BACK:
        return gettext("A sign is still ticked: untick what was ticked by mistake")
    known = {
        "in_the_future": gettext("This time has not come yet"),
        "too_old": gettext("That is too long ago: examine the child again"),
    }
    return known.get(code, gettext("Say when the child was examined"))


def grown_up_words() -> str:
    """Why a parent's word does not count."""
    return gettext("They are grown up: ask them, unless a guardianship or their own word is on file")


def too_young_words() -> str:
    """Why a small child's own word does not count."""
    return gettext("They are too young to decide for themselves: ask a parent or guardian, and write down that")


def signers(session: Session, child: Patient) -> dict[str, str]:
    """Whose yes counts for this child today, with the words for each; a small child's own does not."""
    too_young = set() if is_old_enough(session, child, now()) else {YOUTH}
    return {
        by: str(words)
        for by, words in CONSENT_BY.items()
        if by not in too_young and counts(session, child.id, by, now())
    }


def caller_barred() -> str:
    """What a telephone form says to whom a court keeps away."""
    return gettext("A court keeps who calls from this child: we take no request from them")


def _field(name: str) -> str:
    known = {
        "consent": "consent_by",
        "consent.by": "consent_by",
        "details.caller": "caller_name",
        "details.red_flags": "red_flags",
        WHY_LESS: "why_less",
    }
    if name in known:
        return known[name]
    # An answer to a template's item, and the texts that are some: their fields carry the name itself.
    link = name.removeprefix("details.")
    return link if "." in link or link in WORDS else name


def _sentence(name: str, code: str) -> str:
    if name == "question":
        return gettext("Write a question of at least 20 letters") if code != "too_long" else gettext("Use 300 letters")
    if code == "no_one_on_call":
        return gettext("Nobody is on duty for urgent requests now. Telephone %(number)s.", number=settings().help_phone)
    if code == "grown_up":
        return grown_up_words()
    if code == "too_young":
        return too_young_words()
    if code == "family_said_no":
        return gettext("The family said no to the face. Hide it here. If they changed their mind, say so on its page")
    known = {
        "details.caller": caller_barred(),
        "specialty": gettext("Choose a specialty"),
        "details.red_flags": gettext("Answer the danger signs: tick those that are there now, or “None of these”"),
        "details.face_consent": gettext("To show the face, the family must have agreed to that"),
        "named_specialist": gettext("Name somebody of the specialty that you chose"),
        "question_type": gettext("Choose what you want to know"),
        "earlier": gettext(
            "Tick the earlier request that this one follows. One that is kept from caregivers is shown only if this "
            "one is kept too."
        ),
        "consent": gettext("Say who agreed and how"),
        WHY_LESS: gettext("Say why it is less urgent now"),
        WHY: gettext("Say why you send it without what is not answered"),
        "details": gettext(
            "This is more than one request can hold. Shorten some of it: the answers are not saved yet."
        ),
    }
    return known.get("consent" if name.startswith("consent.") else name, gettext("Check this part"))

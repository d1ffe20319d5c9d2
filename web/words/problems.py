"""The sentence of a refusal as a program asks for it: in English, or in Spanish where somebody will read it.

`code`, `fields` and the names in a sentence are the same in every language. What has no Spanish here stays English.
"""

from __future__ import annotations

from flask import request
from flask_babel import lazy_gettext as _l

from econsult.errors import ConsultError, ImpossibleVerbError, TakenError
from web.words.language import LANGUAGES, gettext, speaking

SENTENCES = (
    _l("This may be an emergency. Call 911 or go to the nearest emergency room now."),
    _l("There is nothing here for you."),
    _l("Your role does not include this."),
    _l("You may look at this consult, but not do that."),
    _l("You may look at this step, but not do that."),
    _l("Somebody else holds this consult, or nobody does: claim it first."),
    _l("A caregiver asks a family_question; the clinic sends an econsult."),
    _l("A caregiver opens the answer; staff tell it by phone or at a visit."),
    _l("Only caregivers and the medical home open requests."),
    _l("Only somebody with legal authority for the child can consent."),
    _l("Only a clinician can make a request less urgent."),
    _l("The answer is not open to the family yet."),
    _l("The clinic says what came of its answer; the desk closes without it."),
    _l("The family took its consent back. If it changes its mind, ask anew."),
    _l("Nobody is on duty for urgent requests now: telephone."),
    _l("The family answered about danger signs too long ago: ask again, and send details.red_flags anew."),
    _l("There is no answer to sign yet."),
    _l("Say that you mean an emergency."),
    _l("Say what was wrong; the clinic and the family read it."),
    _l("Say why for each step that you decline."),
    _l("A step that is named is none of this answer."),
    _l("Say why, so that the others understand."),
    _l("Say why, so that the child can be helped otherwise."),
    _l("Say who consents, how, and in which language."),
    _l("Without consent nothing can be asked."),
    _l("Somebody changed this consult after you looked; look again."),
    _l("Somebody saved this request after you read it; nothing was written over it."),
    _l("Somebody saved this answer after you opened it; your text was not saved over it."),
    _l("Somebody corrected this answer after you opened it; your text was not signed."),
    _l("No signed answer stands now; nothing was written down."),
    _l("Another version of the answer stands now; nothing was written down."),
    _l("The question was declined after you read it; nothing was written down."),
    _l("The family is still to be called about an emergency. Make the call, and write down how it went."),
)
"""As the rules say them, letter for letter."""
LISTS = (
    _l("Some fields are not right"),
    _l("Some answers are missing"),
    _l("Some parts of the answer are not right"),
    _l("Before sending, please complete"),
    _l("Before signing, please complete"),
)
"""The beginnings of those that name fields after a colon."""


def refusal_words(error: ConsultError) -> str:
    """What this rule said, in the language of `?lang=`, or else of the header `Accept-Language`."""
    wish = request.args.get("lang")
    asked = wish if wish in LANGUAGES else request.accept_languages.best_match(LANGUAGES)
    if asked != "es":
        return str(error)
    with speaking("es"):
        return _said(error)


def _said(error: ConsultError) -> str:
    said = str(error)
    if type(error) in (ImpossibleVerbError, TakenError):
        state, verb = error.detail["state"], str(error.detail["verb"]).replace("_", " ")
        return gettext("“%(verb)s” is not possible now: the state is %(state)s.", verb=verb, state=state)
    head, colon, names = said.partition(": ")
    whole, begun = gettext(said), gettext(head)
    return f"{begun}: {names}" if colon and whole == said and begun != head else whole

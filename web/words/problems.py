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
    _l("A message has at most 5,000 characters."),
    _l("A message needs between 1 and 5,000 characters."),
    _l("A newer answer has replaced this step; nothing was written down."),
    _l("Add a file, or write what came out."),
    _l("Choose another specialty."),
    _l("Choose somebody who cares for the child."),
    _l("Choose whom to ask."),
    _l("Mark the part of the picture that stays open."),
    _l("No family is asked for a photo of a private place."),
    _l("Nobody of this family can read it here: ask the clinic."),
    _l("Nobody of this specialty may answer about this child."),
    _l("Nothing was asked of you here. You may write to the family, and add files."),
    _l("Nothing was changed."),
    _l("One question at a time: wait for the reply, or take it back."),
    _l("Only a family's question can be sent on."),
    _l("Only staff try to reach a family."),
    _l("Only the person who sent this file can take it back."),
    _l("Only who had this consult leaves a note to who has it now."),
    _l("Only whoever signed the answer takes the signature back."),
    _l("Say what came of the try."),
    _l("Say what else is needed."),
    _l("Say whether it was right; if it was not, say what follows."),
    _l("Say whether the family was reached."),
    _l("Say whether you come."),
    _l("Say which steps these results belong to."),
    _l("Say who allows it, how, and in which language."),
    _l("Say who consents to the voice, how, and in which language."),
    _l("Say who takes the consent back, how, and in which language."),
    _l("Say who was sent to the family."),
    _l("Say why it did not take place."),
    _l("Say why it is less urgent, so that the others understand."),
    _l("Say why not."),
    _l("Somebody else has booked or changed this visit meanwhile; nothing was written down."),
    _l("Somebody else has said what came of this visit; nothing was written down."),
    _l("Somebody else has this question."),
    _l("Somebody saved this correction after you opened it; your text was not saved over it."),
    _l("Take the question first."),
    _l("The child has died: nothing is asked of the family."),
    _l("The clinic and the desk keep the visits."),
    _l("The clinic and the family say how it went."),
    _l("The clinic says what came of its answer."),
    _l("The danger signs must be a list of codes."),
    _l("The family allows it, by itself or through its clinic."),
    _l("The family consents to the voice, by itself or through its clinic."),
    _l("The family has said something else since."),
    _l("The family said no to this."),
    _l("The family, and whoever speaks with it, says whether it comes."),
    _l("The method must be opened, phone or visit."),
    _l("The question was opened again, or answered anew, after you read it."),
    _l("The reason is too long."),
    _l("There is a conflict of interest: somebody else must take this."),
    _l("These earlier requests cannot be shown."),
    _l("These photos cannot be asked for."),
    _l("This child lives where you have no licence."),
    _l("This person is away: choose somebody else."),
    _l("This person is not on duty now: choose somebody else, or say so."),
    _l("This person may not answer about this child."),
    _l("This photo has come already."),
    _l("This urgency is not known."),
    _l("This visit has changed; nothing was written down."),
    _l("To show the face, the family must have agreed to that."),
    _l("What a caregiver asked, a caregiver takes back."),
    _l("Who began this question, or wanted it kept, decides who of the family sees it."),
    _l("Write the reason."),
    _l("You do not answer in this family's language."),
    _l("You hold as many requests as you may hold at once."),
    _l("You may know this consult, but not look at its photos and documents."),
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

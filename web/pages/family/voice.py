"""The sound of a family's videos: taken out, unless the family says that it may stay; the no is always open."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.voice import TEXTS, VoiceChoice, choose_voice, is_voice_kept
from econsult.people.caregivers import caregiver_link
from econsult.people.consent import OWN_WORD
from econsult.people.persons import HOUSEHOLD
from econsult.rights import Right
from web.context import database, now, ring_workers
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.showing.agreeing import language_shown, mark_of
from web.words.families import CONSENT_BY
from web.words.language import language

family_voice = Blueprint("family_voice", __name__, url_prefix="/family/questions/<public_id>/voice")
SILENT, HEARD = "silent", "heard"
OPTIONS = {
    SILENT: _l("Take the sound out"),
    HEARD: _l("I agree: keep the sound for the doctors who answer"),
}


@family_voice.post("")
@only(*HOUSEHOLD)
def choose(public_id: str) -> Response:
    """Keep the family's yes or no, and go back to where its files are."""
    chosen = FormReader().choice("voice", OPTIONS) or SILENT
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.UPLOAD)
        choose_voice(session, loaded.consult, me(), _choice(session, loaded, chosen), now=now())
        status = loaded.consult.status
    ring_workers()
    if status == Status.DRAFT:
        return redirect(url_for("family_photos.photos", public_id=public_id, _anchor="sound"), code=303)
    back = "family_photos.more" if status in OPEN else "family_status.show"
    return redirect(url_for(back, public_id=public_id, _anchor="sound"), code=303)


def voice_terms(session: Session, loaded: Pass) -> dict[str, object]:
    """What the pages need to ask for the sound: the text, the two answers, and the one that holds."""
    is_kept = is_voice_kept(session, loaded.consult.id)
    return {
        "text": TEXTS[language()],
        "mark": mark_of(TEXTS),
        "options": list(OPTIONS.items()),
        "chosen": HEARD if is_kept else SILENT,
    }


def _choice(session: Session, loaded: Pass, chosen: str) -> VoiceChoice:
    link = caregiver_link(session, loaded.patient.id, me().id, now())
    by = CONSENT_BY.get(link.relation if link is not None else "", "guardian")
    return VoiceChoice(chosen == HEARD, by, OWN_WORD, language_shown(TEXTS))

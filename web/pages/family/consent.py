"""A family takes its consent back: its files are sealed at once, for everybody."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.consults.furtherance import TEXTS as ALLOWED
from econsult.consults.furtherance import Allowed, Choice, choose, in_effect, spoken_of
from econsult.consults.sealing import TEXTS as WITHDRAWAL
from econsult.consults.sealing import Withdrawing, withdraw_consent
from econsult.people.caregivers import caregiver_link
from econsult.people.consent import OWN_WORD
from econsult.people.persons import HOUSEHOLD
from econsult.rights import Right
from web.context import database, now, ring_workers, runtime
from web.pages.family.status import status_page
from web.pages.owning import once_more
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.showing.agreeing import language_shown
from web.words.allowed import asked_later
from web.words.families import CONSENT_BY
from web.words.language import gettext

family_consent = Blueprint("family_consent", __name__, url_prefix="/family/questions/<public_id>")


@family_consent.post("/consent/withdraw")
@only(*HOUSEHOLD)
def take_back(public_id: str) -> str | Response | tuple[str, int]:
    """Seal every file of the question; the box guards against a slip of the thumb."""
    form = FormReader()
    form.is_ticked("seal", required=gettext("Tick the box if you want to take your consent back"))
    if form.errors:
        return status_page(public_id, form)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.WITHDRAW_CONSENT)
        told = Withdrawing(_by(session, loaded), OWN_WORD, language_shown(WITHDRAWAL))
        withdraw_consent(session, runtime().vault, loaded.consult, me(), told, now=now())
    ring_workers()
    return redirect(url_for("family_status.show", public_id=public_id), code=303)


@family_consent.post("/allowed")
@only(*HOUSEHOLD)
def allow(public_id: str) -> Response | tuple[str, int]:
    """Keep each of the family's further answers by itself. In an old browser a new yes asks for the owner."""
    chosen = FormReader().choices("allowed", tuple(Allowed))
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.WITHDRAW_CONSENT)
        is_more = not set(chosen) <= in_effect(session, loaded.consult)
    ask = once_more(url_for("family_status.show", public_id=public_id)) if is_more else None
    if ask is not None:
        return ask
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.WITHDRAW_CONSENT)
        so_far = in_effect(session, loaded.consult)
        by, read_in = _by(session, loaded), language_shown(*ALLOWED.values())
        for what in asked_later(spoken_of(session, loaded.consult)):
            if (what in chosen) == (what in so_far):
                continue
            choice = Choice(what, what in chosen, by, OWN_WORD, read_in)
            choose(session, loaded.consult, me(), choice, now=now())
    return redirect(url_for("family_status.show", public_id=public_id, _anchor="allowed"), code=303)


def _by(session: Session, loaded: Pass) -> str:
    link = caregiver_link(session, loaded.patient.id, me().id, now())
    return CONSENT_BY.get(link.relation if link is not None else "", "guardian")

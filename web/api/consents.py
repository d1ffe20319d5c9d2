"""Routes of consent to what was sent: take it back, say yes or no to what is allowed besides, read the texts."""

from __future__ import annotations

from typing import Any

from econsult.consults import confidential, furtherance, sealing
from econsult.consults.furtherance import Allowed, Choice
from econsult.consults.sealing import Withdrawing
from econsult.people import consent
from econsult.rights import Right
from web.api.consent_schemas import ALLOWED_IN, CONFIDENTIAL_IN, WITHDRAW_CONSENT_IN
from web.api.loading import after, check_owner_here, loaded
from web.api.routing import route
from web.context import now, runtime
from web.shell.auth import me


@route("GET", "/consent-texts", answer="ConsentTexts")
def show_texts() -> dict[str, Any]:
    """The texts that are read before a yes or a no, by language: what is recorded is their version and hash."""
    texts = {
        "consent": (consent.TEXT_VERSION, consent.texts_for(me())),
        "withdrawal": (sealing.TEXT_VERSION, sealing.TEXTS),
    }
    texts |= {what: (furtherance.TEXT_VERSION, furtherance.TEXTS[what]) for what in Allowed}
    return {"items": [{"name": name, "version": each[0], "texts": each[1]} for name, each in texts.items()]}


@route("POST", "/consults/<consult_id>/consent/withdraw", answer="Consult", body=WITHDRAW_CONSENT_IN)
def withdraw_consent_of(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take the consent of a sent question back: its files are sealed for everybody; without an answer it ends."""
    told = Withdrawing(body["by"], body["method"], body["language"])
    with loaded(consult_id, Right.WITHDRAW_CONSENT) as (session, passed):
        sealing.withdraw_consent(session, runtime().vault, passed.consult, me(), told, now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/allowed", answer="Consult", body=ALLOWED_IN)
def choose_allowed(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Record the family's yes or no to one thing beside its consent; a no is taken at any time.

    Staff write a yes over the family's no only with the `mark` of that no (`refused`) as `after_no`.
    """
    said = (body["by"], body["method"], body["language"])
    choice = Choice(Allowed(body["what"]), body["given"], *said, after_no=body.get("after_no", ""))
    with loaded(consult_id, Right.WITHDRAW_CONSENT) as (session, passed):
        if choice.is_given:
            check_owner_here(session)
        furtherance.choose(session, passed.consult, me(), choice, now=now())
    return after(passed)


@route("POST", "/consults/<consult_id>/confidential", answer="Consult", body=CONFIDENTIAL_IN)
def keep_confidential_of(consult_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a question of the young from their caregivers, who then find nothing there, or let them see it."""
    with loaded(consult_id, Right.KEEP_CONFIDENTIAL) as (session, passed):
        if not body["confidential"]:
            check_owner_here(session)
        confidential.keep_confidential(session, passed.consult, me(), body["confidential"], now=now())
    return after(passed)

"""What was said to a request and to its files as JSON: the yes to the voice, further answers, a consent taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.family_word import FurtherConsent, last_words
from econsult.consults.sealing import withdrawal_of
from econsult.consults.voice import VoiceConsent, is_family_no, voice_consent_of
from econsult.people.consent import ConsentRow, mark_of
from econsult.rights import Right
from web.api.stamps import stamp

VOICE = "voice"


def consents_json(session: Session, passed: Pass) -> dict[str, Any]:
    """What stands, and to those who may write down an answer what the family said no to."""
    words = last_words(session, passed.consult.id)
    nays: list[tuple[str, FurtherConsent | VoiceConsent]] = [
        (what, word) for what, word in sorted(words.items()) if not word.is_given
    ]
    voice = voice_consent_of(session, passed.consult.id)
    if voice is not None and is_family_no(session, voice):
        nays.append((VOICE, voice))
    refused = [{"what": what, **_said(no), "at": stamp(no.at), "mark": mark_of(no)} for what, no in nays]
    return {
        "voice_consent": _voice_json(voice),
        "allowed": sorted(what for what, word in words.items() if word.is_given),
        "refused": refused if passed.may(Right.WITHDRAW_CONSENT) else [],
        "consent_withdrawal": _withdrawal_json(session, passed),
    }


def _voice_json(known: VoiceConsent | None) -> dict[str, Any] | None:
    """The answer about the voice that holds; null where nobody was asked, which is a no as well."""
    return None if known is None else {"given": known.is_given, **_said(known), "at": stamp(known.at)}


def _withdrawal_json(session: Session, passed: Pass) -> dict[str, Any] | None:
    """Who took the consent back, and how; null while it stands."""
    known = withdrawal_of(session, passed.consult) if passed.consult.consent_withdrawn_at is not None else None
    return None if known is None else {**_said(known), "at": stamp(known.at)}


def _said(row: ConsentRow) -> dict[str, Any]:
    told = {"by": row.given_by, "method": row.method, "language": row.language}
    return {**told, "text_version": row.text_version}

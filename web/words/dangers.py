"""Danger signs as staff read them: which sign, and who examined the child and found that it can wait."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.consults.records import RedFlagStop
from econsult.consults.redflags import NOT_NAMED
from econsult.consults.screening import attested_of
from econsult.reading import Reader
from web.words.families import RED_FLAGS, SKIN_FLAGS
from web.words.language import gettext
from web.words.times import moment

_WORDS = {
    **{code: words for code, _, words in RED_FLAGS + SKIN_FLAGS},
    "sudden_weakness": _l("New and sudden weakness, face droop or loss of speech"),
    "exertional_syncope": _l("Syncope with exertion or with palpitations"),
    "metabolic_illness": _l("Ill now, with a known or suspected metabolic disease"),
    "diabetic_crisis": _l("Much urine and thirst with vomiting, fast breathing or sleepiness"),
    "hemoptysis": _l("More than a teaspoon of blood coughed up"),
    NOT_NAMED: _l("An emergency. The family named no sign."),
}


@dataclass(frozen=True)
class Danger:
    """A sign that a clinician passed: what it is, who examined the child, when, and why it is no emergency."""

    signs: list[str]
    examined_by: str
    at: str
    why: str

    def read_by(self, read: Reader) -> Danger:
        """The same as this reader may have it."""
        return replace(self, examined_by=read.text(self.examined_by), why=read.text(self.why))


def signs_of(codes: str) -> list[str]:
    """The signs of a stop in words, each once. Another system's code has none, and says at least that it is a sign."""
    other = gettext("A danger sign that is not in our list")
    return list(dict.fromkeys(str(_WORDS.get(code, other)) for code in codes.split(",") if code))


def dangers_of(session: Session, consult_id: int) -> list[Danger]:
    """What was attested on a consult that the caller has loaded through access; each text once, the newest last."""
    found = {_danger(stop): None for stop in attested_of(session, consult_id)}
    return [Danger(list(signs), *rest) for signs, *rest in found]


def _danger(stop: RedFlagStop) -> tuple[tuple[str, ...], str, str, str]:
    said = stop.attestation or {}
    examined_at = _moment_of(str(said.get("at", "")), stop.at)
    return tuple(signs_of(stop.codes)), str(said.get("examined_by", "")), examined_at, str(said.get("why", ""))


def _moment_of(written: str, fallback: datetime) -> str:
    """When the child was examined. Another system may write the time in words of its own, which are kept."""
    try:
        at = datetime.fromisoformat(written)
        return moment(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return written or moment(fallback)

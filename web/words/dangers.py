"""Danger signs as staff read them: which sign, and who examined the child and found that it can wait."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.consults.attesting import OVER, TAKEN_BACK, examined_between, is_mistake
from econsult.consults.records import Consult, RedFlagStop, Source
from econsult.consults.redflags import NOT_NAMED, UNSAFE
from econsult.consults.screening import attested_of
from econsult.consults.told_signs import signs_for_today, stopped_before
from econsult.people.persons import Person
from econsult.reading import Reader
from web.words.language import choose_zone, gettext
from web.words.signs import EVERY, FOR_STAFF
from web.words.times import long_day, written

_WORDS = {
    **dict(EVERY),
    **FOR_STAFF,
    "cystic_fibrosis_chest_pain": _l("Sudden chest pain with cystic fibrosis"),
    "thyroid_storm": _l("Signs of thyroid storm"),
    "pressure_crisis": _l("Hypertensive crisis: headache, vision or seizure"),
    "critical_result": _l("A critical result: potassium or ammonia"),
    NOT_NAMED: _l("An emergency (the family named no sign)"),
}


@dataclass(frozen=True)
class Danger:
    """A sign that a clinician passed: what it is, who examined the child, when, and why it is no emergency.

    `written_by` is who of the program answers for that word; `is_outside` says that the examiner is not. `is_over` says
    that the sign was there and is no more, `is_mistake` that it was never there: then nobody examined.
    """

    signs: tuple[str, ...]
    examined_by: str
    is_outside: bool
    at: str
    why: str
    written_by: str
    is_over: bool = False
    is_mistake: bool = False

    def read_by(self, read: Reader) -> Danger:
        """The same as this reader may have it."""
        return replace(self, examined_by=read.text(self.examined_by), why=read.text(self.why))


def signs_of(codes: str) -> list[str]:
    """The signs of a stop in words, each once. Another system's code has none, and says at least that it is a sign."""
    other = gettext("A danger sign that is not in our list")
    return list(dict.fromkeys(str(_WORDS.get(code, other)) for code in codes.split(",") if code))


@dataclass(frozen=True)
class EarlierStop:
    """A stop that came shortly before a question: for which signs, when, and when the question was sent all the same.

    `at` is the last of the `times` that the same signs stopped it. `is_familys` says that the family itself sent it,
    with "none of these"; `is_later` that they were told of when the question was sent already.
    """

    signs: str
    at: str
    sent_at: str
    is_familys: bool
    times: int = 1
    is_later: bool = False


def earlier_of(session: Session, consult: Consult) -> list[EarlierStop]:
    """The stops shortly before a consult that the caller has loaded through access, oldest first."""
    zone, sent_at = choose_zone(), consult.submitted_at
    if sent_at is None:
        return []
    sent, is_familys = written(sent_at, zone=zone), consult.source == Source.CAREGIVER
    times: dict[tuple[str, bool], list[datetime]] = {}
    for stop in stopped_before(session, [consult]).get(consult.id, []):
        is_later = stop.at > sent_at
        times.setdefault(("; ".join(signs_of(_without_home(stop))), is_later), []).append(stop.at)
    return [
        # What came after the sending led to a reopening, at which nobody said "none of these".
        EarlierStop(signs, written(at[-1], zone=zone), sent, is_familys and at[-1] <= sent_at, len(at), is_later)
        for (signs, is_later), at in times.items()
    ]


def today_of(session: Session, consult: Consult) -> list[str]:
    """The signs, in words, for which a doctor should see the child the same day, as they were told with the request."""
    return signs_of(",".join(signs_for_today(session, consult)))


def _without_home(stop: RedFlagStop) -> str:
    return ",".join(code for code in stop.codes.split(",") if code != UNSAFE)


def dangers_of(session: Session, consult_id: int) -> list[Danger]:
    """What was attested on a consult that the caller has loaded through access; each text once, the newest last."""
    return list(dict.fromkeys(_danger(session, stop) for stop in attested_of(session, consult_id)))


def _danger(session: Session, stop: RedFlagStop) -> Danger:
    said, writer = stop.attestation or {}, session.get_one(Person, stop.person_id)
    by, why = str(said.get("examined_by", "")), str(said.get("why", ""))
    examined_at = _examined_words(session, str(said.get("at", "")), stop.at)
    signs = tuple(signs_of(stop.codes))
    back = said.get(TAKEN_BACK)
    is_outside = said.get("of_program") is False
    return Danger(signs, by, is_outside, examined_at, why, writer.name, back == OVER, is_mistake(said))


def _examined_words(session: Session, said: str, fallback: datetime) -> str:
    """When the child was examined, with its year, in the reader's zone. A day alone is that day, wherever it is read.

    Another system may have written the time in words of its own, which are kept.
    """
    found = examined_between(session, said)
    if found is None:
        return said or written(fallback, zone=choose_zone())
    first, last = found
    return written(first, zone=choose_zone()) if first == last else long_day(date.fromisoformat(said.strip()))

"""Whether a child's home is not safe, for those of the staff who speak with that home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.home_safety import KNOW_WAYS, READERS, words_on
from econsult.people.persons import Person
from econsult.stops import unsafe_home
from web.shell.auth import me
from web.words.language import choose_zone
from web.words.times import written


@dataclass(frozen=True)
class HomeShown:
    """When it was told, in words; the safe ways that were given, for the clinic and the desk alone."""

    since: str
    safe_ways: tuple[str, ...]
    knows_ways: bool
    is_hint: bool


def home_shown(session: Session, patient_id: int) -> HomeShown | None:
    """What the signed-in person reads of a child's home; None for others, or where nothing was told."""
    told = unsafe_home(session, patient_id) if me().role in READERS else None
    if told is None:
        return None
    knows = me().role in KNOW_WAYS
    return HomeShown(written(told.at, zone=choose_zone()), told.safe_ways if knows else (), knows, told.is_hint)


@dataclass(frozen=True)
class HomeSaid:
    """One time that somebody of the staff said of this home whether it is safe, and the words with it."""

    at: datetime
    by: str
    is_safe: bool
    words: str


def home_told(session: Session, patient_id: int) -> list[HomeSaid]:
    """All of it for the clinic and the desk, newest first; nothing for others."""
    if me().role not in KNOW_WAYS:
        return []
    found = words_on(session, patient_id)
    return [HomeSaid(word.at, session.get_one(Person, word.by_id).name, word.is_safe, word.words) for word in found]

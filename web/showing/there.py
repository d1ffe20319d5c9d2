"""Who is there to take a request now, in the words of the desk: why somebody is not, and why nobody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.consults.hands import full_hands
from econsult.consults.hearers import readers_of
from econsult.consults.records import Consult, Kind
from econsult.people.persons import Person
from econsult.queue.able import Takers, around
from econsult.queue.absence import away_now
from econsult.rosters.homes import back_at, there_of
from web.context import now
from web.words.language import gettext

REASONS = {"away": _l("away"), "off_duty": _l("off duty"), "at_capacity": _l("full")}
"""Why somebody cannot take it now, by the code of the refusal that would come, as it is put behind a name."""


@dataclass(frozen=True)
class There:
    """Who is there now, and whose hands are full: looked up once for the whole page."""

    takers: Takers
    away: set[int]
    full: set[int]

    def why_not(self, person: Person, consult: Consult) -> str:
        """In a word why this person cannot take it now; empty where they can."""
        return str(REASONS.get(self._code(person, consult), ""))

    def lack(self, people: Sequence[Person], consult: Consult) -> str:
        """In a sentence why none of these people can take it now; empty where somebody can."""
        able = {person.id for person in people} if is_homes(consult) else set(self.takers.for_request(consult))
        codes = {self._code(person, consult) for person in people if person.id in able}
        if "" in codes:
            return ""
        if "at_capacity" in codes:
            return gettext("Everybody who is there for it has as many as they may hold at once.")
        return gettext("Nobody who can take it is there now.")

    def _code(self, person: Person, consult: Consult) -> str:
        if person.id in self.away:
            return "away"
        if self.takers.duty_of(person.id, consult) == []:
            return "off_duty"
        return "at_capacity" if person.id in self.full and not is_homes(consult) else ""


def there_now(session: Session, program_id: int, now: datetime) -> There:
    """Look up who of the program is there."""
    takers = Takers(session, around(session, program_id), now)
    return There(takers, away_now(session, now), full_hands(session, program_id))


def is_homes(consult: Consult) -> bool:
    """Whether the medical home answers it, and no pool of specialists."""
    return consult.kind == Kind.FAMILY_QUESTION or consult.specialty is None


def clinic_now(session: Session, consult: Consult) -> tuple[bool, datetime | None]:
    """Whether nobody is there who reads what the clinic is asked, and when the first of them is back."""
    people = readers_of(session, consult)
    return (False, None) if there_of(session, people, now()) else (True, back_at(session, people, now()))

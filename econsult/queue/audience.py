"""Who is told at which step of the ladder. One look-up for each pool in a batch, however many consults are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar, cast

from sqlalchemy.orm import Session

from econsult.consults.hearers import coordinators_of, desk_of, presenter_of
from econsult.consults.own_clinic import own_team
from econsult.consults.policies import ClockName
from econsult.consults.records import Kind
from econsult.consults.steps import BROKEN, DESK_FROM
from econsult.consults.uncovered import OF_CLINIC
from econsult.notices import NoticeKind
from econsult.people.caregivers import caregivers_of
from econsult.people.persons import NAMES_STAY_SHUT, Person, Role, team_of
from econsult.queue.able import Around, Takers, around, pools
from econsult.queue.due import DueConsult
from econsult.rosters.homes import last_there, there_of
from econsult.rosters.limits import fallbacks_of
from econsult.rosters.routing import first_choice
from econsult.rosters.shifts import is_off
from storage.keys import WrongKey

log = logging.getLogger("econsult.queue")
Found = TypeVar("Found")
POOL_FROM = 75


class Standing(NamedTuple):
    """A pool that could stand in for a request."""

    specialty: str
    may_take: bool
    is_there: bool


class Audience:
    """The people around the consults of one batch, at one moment."""

    def __init__(self, session: Session, now: datetime, consults: Sequence[DueConsult] = ()) -> None:
        self._session, self._now, self._consults = session, now, consults
        self._known: dict[tuple[object, ...], object] = {}

    def at_level(self, consult: DueConsult, name: str, level: int, lane: str) -> list[Person]:
        """Whoever a step of this level concerns: first who has it, then also the pool, the desk, the director."""
        people = self.responsible(consult, name, lane)
        if level >= POOL_FROM and not _is_homes(name, lane) and (level >= BROKEN or consult.named_id is None):
            people = people + self.pool(consult)
        if level >= DESK_FROM:
            people = people + self.desk(consult)
        if level >= BROKEN:
            people = people + self.directors(consult)
            # The consent text promises the family and its clinic that they hear of a late answer.
            people = people + (self._teams(consult) if name == ClockName.FIRST_REPLY else [])
        return list({person.id: person for person in people}.values())

    def family(self, consult: DueConsult, name: str, level: int) -> list[Person]:
        """The caregivers, once the promise of an answer is broken."""
        is_broken = name == ClockName.FIRST_REPLY and level >= BROKEN
        return self._caregivers(consult) if is_broken else []

    def responsible(self, consult: DueConsult, name: str, lane: str) -> list[Person]:
        """Telling the family, and answering it, is the medical home's duty; the rest is the holder's, or the pool's."""
        if _is_homes(name, lane):
            return self._team(consult)
        if consult.holder_id is not None:
            return [self._person(consult.holder_id)]
        # Who alone is asked now, by name: the pool hears of it when their time is over (`queue.named`).
        return [self._person(consult.named_id)] if consult.named_id is not None else self.pool(consult)

    def pool(self, consult: DueConsult) -> list[Person]:
        """Everybody who may answer it; of a specialty with a roster those who are on duty, where anybody is.

        Whoever is barred from it (by a conflict, licence or language) is told nothing of it.
        """
        if consult.kind == Kind.FAMILY_QUESTION or consult.specialty is None:
            return self._team(consult)
        # A pool that stands in may be named between two steps.
        key = ("pool of", consult.id, consult.fallback_specialty)
        return self._once(key, lambda: [each for name in pools(consult) for each in self._find_able(consult, name)])

    def _find_able(self, consult: DueConsult, specialty: str) -> list[Person]:
        number = consult.program_id
        here = self._specialists(number, specialty)
        able = self._takers(number).able
        found = able.among(here, consult)
        if not found:
            # Those on duty are all barred: whoever may answer it is told, on duty or not.
            here = {person.id: person for person in self._around(number).pools.get(specialty, ())}
            found = able.among(here, consult)
        return [person for each, person in here.items() if each in found]

    def fallback(self, consult: DueConsult, name: str) -> str | None:
        """The specialty that stands in: for a reply that was not given the one that the router's rule chooses."""
        told = consult.fallback_specialty
        is_promised = name == ClockName.FIRST_REPLY and consult.kind != Kind.FAMILY_QUESTION and consult.specialty
        # Who has it may be of the pool that stood in, and is asked by that pool's roster.
        if not is_promised or (told and consult.holder_id is not None):
            return told
        key = (consult.program_id, consult.specialty or "")
        names = self._once(("fallbacks", *key), lambda: fallbacks_of(self._session, *key))

        def find(specialty: str) -> Standing:
            return self._standing(consult, specialty)

        found = first_choice(names, told, find, lambda each: each.may_take, lambda each: each.is_there)
        return found.specialty if found is not None else None

    def _standing(self, consult: DueConsult, specialty: str) -> Standing:
        """Whether somebody of the pool may take it, and whether somebody who may is there, with room."""
        takers = self._takers(consult.program_id)
        members = {person.id for person in self._around(consult.program_id).pools.get(specialty, ())}
        able = takers.able.among(members, consult)
        here = {span.person_id for span in takers.spans_of(specialty)}
        return Standing(specialty, bool(able), any(takers.able.places(number) > 0 for number in able & here))

    def desk(self, consult: DueConsult) -> list[Person]:
        return self._once(("desk", consult.program_id), lambda: desk_of(self._session, consult.program_id, self._now))

    def directors(self, consult: DueConsult) -> list[Person]:
        key = ("directors", consult.program_id)
        return self._once(key, lambda: coordinators_of(self._session, consult.program_id, Role.DIRECTOR))

    def asked(self, consult: DueConsult, reason: str) -> list[Person]:
        """From whom something is still needed while the clock is held."""
        if reason == "needs_coordination":
            return self.desk(consult)
        if reason != "needs_family":
            return [*self._teams(consult), *self._presenter(consult)]
        # Where nobody is left to give it, the desk finds out.
        return self._caregivers(consult) or self.desk(consult)

    def holds_on(self, consult: DueConsult) -> bool:
        """Whether whoever has it still has an account."""
        return consult.holder_id is None or self._person(consult.holder_id).is_active

    def lacks_clinic(self, consult: DueConsult, reason: str) -> bool:
        """Nobody is there of whom the clinic was asked for information: all are away, or none is left."""
        if reason != OF_CLINIC:
            return False
        return not there_of(self._session, self._teams(consult), self._now)

    def lacks_cover(self, consult: DueConsult, name: str, lane: str) -> bool:
        """Nobody who should act is there: an empty pool, a gap in the roster, or a holder who is away or off duty."""
        people = self.responsible(consult, name, lane)
        if not people:
            return True
        if name == ClockName.FAMILY_INFORMED or lane == "family":
            return not self._is_team_there(consult)
        if consult.holder_id is not None:
            number = consult.holder_id
            is_away = self._once(("off", number), lambda: is_off(self._session, number, self._now))
            return is_away or self._is_planned_off(consult, number) or not self._person(number).is_active
        if consult.kind == Kind.FAMILY_QUESTION or consult.specialty is None:
            return not self._is_team_there(consult)
        return self._is_gap(consult)

    def awake(self, _session: Session, people: Collection[Person], _now: datetime) -> set[int]:
        """The ids of those of these people who are on duty, as `awake_among` finds them; mostly of what is known."""
        numbers = {person.id for person in people}
        here: set[int] = set()
        for program_id in sorted({person.program_id for person in people}):
            its = self._around(program_id)
            members = {name: {member.id for member in its.pools.get(name, ())} for name in its.rostered}
            theirs = [name for name in sorted(members) if not numbers.isdisjoint(members[name])]
            self._takers(program_id).know(theirs)
            here |= {number for name in theirs for number in self._on_duty(program_id, name)}
        return numbers & here

    def last_there(self, consult: DueConsult) -> datetime | None:
        """When somebody of the clinic was there last, of which nobody is; None where nothing says so."""
        clinic = consult.organization_id or 0
        return self._once(("last", clinic), lambda: last_there(self._session, [clinic]).get(clinic))

    def _is_planned_off(self, consult: DueConsult, holder: int) -> bool:
        """By the roster; who took it off duty is there for it."""
        return not consult.is_taken_off_duty and self._takers(consult.program_id).duty_of(holder, consult) == []

    def _is_gap(self, consult: DueConsult) -> bool:
        """Nobody on duty (of a specialty without a roster: in its pool) may take this very request."""
        return not self._takers(consult.program_id).for_request(consult)

    def _takers(self, program_id: int) -> Takers:
        return self._once(("takers", program_id), lambda: self._make_takers(program_id))

    def _make_takers(self, program_id: int) -> Takers:
        """With the rosters of all that is due of the program, in one look-up."""
        takers = Takers(self._session, self._around(program_id), self._now)
        takers.know({name for each in self._consults if each.program_id == program_id for name in pools(each)})
        return takers

    def _specialists(self, program_id: int, specialty: str) -> Mapping[int, Person]:
        return self._once(("pool", program_id, specialty), lambda: self._pool_now(program_id, specialty))

    def _pool_now(self, program_id: int, specialty: str) -> Mapping[int, Person]:
        """By their numbers, which a record gives so slowly that they are asked once."""
        everybody = {person.id: person for person in self._around(program_id).pools.get(specialty, ())}
        if not self._has_roster(program_id, specialty):
            return everybody
        here = self._on_duty(program_id, specialty)
        return {number: person for number, person in everybody.items() if number in here} or everybody

    def _has_roster(self, program_id: int, specialty: str) -> bool:
        return specialty in self._around(program_id).rostered

    def _around(self, program_id: int) -> Around:
        return self._once(("around", program_id), lambda: around(self._session, program_id))

    def _on_duty(self, program_id: int, specialty: str) -> set[int]:
        """By the roster of a specialty that has one."""
        return {span.person_id for span in self._takers(program_id).spans_of(specialty)}

    def _team(self, consult: DueConsult) -> list[Person]:
        key = ("team", consult.organization_id)
        return self._once(key, lambda: team_of(self._session, consult.organization_id))

    def _teams(self, consult: DueConsult) -> list[Person]:
        """The clinic that answers, and the child's own where that is another: it hears when the promise is broken."""
        key = ("own team", consult.patient_id, consult.organization_id)
        return [*self._team(consult), *self._once(key, lambda: own_team(self._session, consult))]

    def _is_team_there(self, consult: DueConsult) -> bool:
        key = ("team there", consult.organization_id)
        return bool(self._once(key, lambda: there_of(self._session, self._team(consult), self._now)))

    def _presenter(self, consult: DueConsult) -> list[Person]:
        return self._once(("presenter", consult.requester_id), lambda: presenter_of(self._session, consult))

    def _caregivers(self, consult: DueConsult) -> list[Person]:
        """Nobody where the birth date does not open, on which it depends who may act; the others are told anyway."""
        only_self = bool(consult.confidential)
        return self._once(
            ("family", consult.patient_id, only_self), lambda: self._family(consult.patient_id, only_self)
        )

    def _family(self, patient_id: int, only_self: bool) -> list[Person]:
        try:
            return caregivers_of(self._session, patient_id, self._now, only_self=only_self)
        except WrongKey:
            log.warning("ALARM: the family of child %d cannot be told: its record does not open.", patient_id)
            return []

    def _person(self, number: int) -> Person:
        return self._once(("person", number), lambda: self._session.get_one(Person, number, options=NAMES_STAY_SHUT))

    def _once(self, key: tuple[object, ...], find: Callable[[], Found]) -> Found:
        if key not in self._known:
            self._known[key] = find()
        return cast("Found", self._known[key])


def _is_homes(name: str, lane: str) -> bool:
    """Whether it is the medical home that must act, and no specialist may."""
    return name == ClockName.FAMILY_INFORMED or (name == ClockName.NEXT_REPLY and lane == "family")


def kind_at(name: str, level: int) -> NoticeKind:
    """How a step of this level is said."""
    if name == ClockName.ALLOCATE:
        return NoticeKind.UNTAKEN
    if level < DESK_FROM:
        return NoticeKind.REMINDER
    return NoticeKind.AT_RISK if level < BROKEN else NoticeKind.OVERDUE

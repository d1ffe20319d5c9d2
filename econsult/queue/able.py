"""Who may take which request, and is there: of whole pools, looked up once for many requests.

One rule for the steps of the ladder, the watch over rosters and the forecast; who is barred is the router's rule too.
Hands that are full now count as there: they are empty again before a promise runs out, but for what waits for
information (`queue.forecast_hands`). Whether a request that found no
room has some now is asked of `with_room_for`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from math import inf
from operator import attrgetter
from typing import Any, Protocol

from sqlalchemy import CompoundSelect, Integer, bindparam, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from econsult.consults.hands import loads_of
from econsult.consults.hearers import Asking
from econsult.people.patients import Patient
from econsult.people.persons import Organization, Person, pools_of
from econsult.rosters.limits import Conflict, Limits, why_barred
from econsult.rosters.shifts import Shift, Span, all_spans, spans, without_time_off
from econsult.rosters.stretches import within

MOMENT = timedelta(microseconds=1)
LIMIT, CONFLICT, ROSTERED = "limit", "conflict", "rostered"
RULES: CompoundSelect[Any] = union_all(
    select(literal(LIMIT), Limits.person_id, Limits.capacity, Limits.states, Limits.languages, null())
    .join(Person, Person.id == Limits.person_id)
    .where(Person.program_id == bindparam("program")),
    select(literal(CONFLICT), Conflict.person_id, literal(0), literal(""), literal(""), Conflict.patient_id)
    .join(Person, Person.id == Conflict.person_id)
    .where(Person.program_id == bindparam("program")),
    select(literal(ROSTERED), literal(0), literal(0), Shift.specialty, literal(""), cast(null(), Integer))
    .where(Shift.program_id == bindparam("program"))
    .distinct(),
)
"""What keeps a program's specialists from requests, and which specialties have a roster: in one look, for the clock
process asks it for every batch, and each statement costs as much as what it does.
"""


class Asked(Asking, Protocol):
    """What is looked at of a request, as a record or as a plain row."""

    @property
    def patient_id(self) -> int: ...
    @property
    def specialty(self) -> str | None: ...
    @property
    def fallback_specialty(self) -> str | None: ...


def pools(asked: Asked) -> list[str]:
    """The specialty that was asked, and the one that stands in."""
    return [name for name in (asked.specialty, asked.fallback_specialty) if name]


class Able:
    """Licences, languages and conflicts of one program's specialists, against those of each request."""

    def __init__(self, session: Session, around: Around) -> None:
        self._session, self._program_id = session, around.program_id
        self._limits, self._barred = around.limits, around.conflicts
        self._states: dict[int | None, str] = {}
        self._languages: dict[int, str] = {}
        self._places: dict[int, int] | None = None
        self._clinics: list[tuple[int, str]] | None = None

    @property
    def has_rules(self) -> bool:
        """Whether anybody is limited at all."""
        return bool(self._limits or self._barred)

    def places(self, person: int) -> float:
        """How many more the person may hold at once; looked up once for everybody, and endless without a limit."""
        if self._places is None:
            limited = {number: each.capacity for number, each in self._limits.items() if each.capacity}
            held = loads_of(self._session, set(limited)) if limited else {}
            self._places = {number: max(most - held.get(number, 0), 0) for number, most in limited.items()}
        return self._places.get(person, inf)

    def is_free(self, person: int) -> bool:
        """Whether neither a licence, nor a language, nor a conflict keeps the person from anything."""
        limits = self._limits.get(person)
        return not (limits and (limits.states or limits.languages)) and person not in {who for who, _ in self._barred}

    def print_of(self, people: Collection[int]) -> str:
        """These people, and all that keeps any of them from a request, as one word; the same for the same."""
        limits = [(who, self._limits[who].states, self._limits[who].languages) for who in people if who in self._limits]
        states = self._states_of_clinics() if any(each[1] for each in limits) else []
        barred = [pair for pair in self._barred if pair[0] in people]
        said = repr([sorted(people), sorted(limits), states, sorted(barred)])
        return blake2b(said.encode(), digest_size=16).hexdigest() if people else ""

    def _states_of_clinics(self) -> list[tuple[int, str]]:
        """In which state each clinic lies; looked up once."""
        if self._clinics is None:
            query = select(Organization.id, Organization.state).where(Organization.program_id == self._program_id)
            self._clinics = sorted((number, state) for number, state in self._session.execute(query))
        return self._clinics

    def among(self, people: Collection[int], asked: Asked, *, is_to_family: bool = True) -> set[int]:
        """Those of these people who may take the request; where it is no word to a family, in whatever language."""
        others = set(people) - {asked.requester_id, asked.sent_on_by_id}
        if not self.has_rules:
            return others
        return {person for person in others if self._may(person, asked, is_to_family=is_to_family)}

    def _may(self, person: int, asked: Asked, *, is_to_family: bool) -> bool:
        is_conflicted = (person, asked.patient_id) in self._barred
        limits = self._limits.get(person)
        state = self._state(asked.organization_id) if limits and limits.states else ""
        language = self._language(asked.patient_id) if limits and limits.languages and is_to_family else ""
        return not why_barred(limits, is_conflicted=is_conflicted, state=state, language=language)

    def _state(self, organization_id: int | None) -> str:
        if organization_id not in self._states:
            clinic = self._session.get(Organization, organization_id) if organization_id else None
            self._states[organization_id] = clinic.state if clinic else ""
        return self._states[organization_id]

    def know(self, patient_id: int, language: str) -> None:
        """Take a child's language from a row that has it, so that it is not looked up child by child."""
        self._languages.setdefault(patient_id, language)

    def _language(self, patient_id: int) -> str:
        if patient_id not in self._languages:
            language = select(Patient.language).where(Patient.id == patient_id)
            self._languages[patient_id] = self._session.scalars(language).one()
        return self._languages[patient_id]


@dataclass(frozen=True)
class Around:
    """A program's pools, which of them have a roster, and what keeps their people from requests: looked up once.

    `limits` are by person; `conflicts` are pairs of a person and a child.
    """

    program_id: int
    pools: Mapping[str, Sequence[Person]]
    rostered: set[str]
    limits: dict[int, Limits]
    conflicts: set[tuple[int, int]]


def around(session: Session, program_id: int) -> Around:
    """The program's pools as they are now."""
    found = Around(program_id, pools_of(session, program_id), set(), {}, set())
    for what, person, capacity, text, languages, patient in session.connection().execute(
        RULES, {"program": program_id}
    ):
        if what == ROSTERED:
            found.rostered.add(text)
        elif what == CONFLICT:
            found.conflicts.add((person, patient))
        else:
            found.limits[person] = Limits(person_id=person, capacity=capacity, states=text, languages=languages)
    return found


class Takers:
    """Whoever could take a request between two instants: of its pools, not barred, and on duty or not away."""

    def __init__(self, session: Session, around: Around, start: datetime, end: datetime | None = None) -> None:
        self._session, self._around = session, around
        self._start, self._end = start, end or start + MOMENT
        self.able = Able(session, around)
        self._unplanned: Mapping[int, list[Span]] | None = None
        self._known: dict[str, list[Span]] = {}
        self._together: dict[tuple[str, ...], Mapping[int, list[Span]]] = {}

    def for_request(self, asked: Asked, *, is_to_family: bool = True) -> Mapping[int, list[Span]]:
        """Who could take the request, and when they are there."""
        found = self._of_pools(tuple(pools(asked)))
        return {person: found[person] for person in self.able.among(found, asked, is_to_family=is_to_family)}

    def with_room_for(self, asked: Asked) -> list[Person]:
        """Who could take the request and has room for it, in the order of their numbers."""
        found = [number for number in self.for_request(asked) if self.able.places(number) > 0]
        members = {each.id: each for name in pools(asked) for each in self._around.pools.get(name, ())}
        return [members[number] for number in sorted(found)]

    def _of_pools(self, names: tuple[str, ...]) -> Mapping[int, list[Span]]:
        if names not in self._together:
            found: dict[int, list[Span]] = {}
            for specialty in names:
                for span in self.spans_of(specialty):
                    found.setdefault(span.person_id, []).append(span)
            self._together[names] = found
        return self._together[names]

    def few_places(self, specialties: Collection[str]) -> dict[int, int]:
        """How many more each may hold of those who are there for these pools and may hold only so many; none is 0."""
        places = {person: self.able.places(person) for name in specialties for person in self._there(name)}
        return {person: int(number) for person, number in places.items() if 0 < number < inf}

    def has_endless(self, specialty: str) -> bool:
        """Whether anybody is there who may hold any number."""
        return any(self.able.places(person) == inf for person in self._there(specialty))

    def contested(self, people: Collection[int]) -> list[str]:
        """The pools for which these people are there, and nobody who may hold any number of whatever is asked."""
        return [
            name
            for name in sorted(self._around.pools)
            if (there := self._there(name)) & set(people)
            and not any(self.able.places(person) == inf and self.able.is_free(person) for person in there)
        ]

    def print_of(self, specialty: str) -> str:
        """Who is there and what they may take, as one word: while it stays the same, so do those who may take what."""
        return self.able.print_of(self._there(specialty))

    def _there(self, specialty: str) -> set[int]:
        return {span.person_id for span in self.spans_of(specialty)}

    def duty_of(self, person: int, asked: Asked) -> list[Span] | None:
        """When a person who has the request is on duty for it; None where no roster says so.

        Of its pools those count that the person is of; one without a roster has everybody.
        """
        own = [name for name in pools(asked) if any(each.id == person for each in self._around.pools.get(name, ()))]
        if not own or any(name not in self._around.rostered for name in own):
            return None
        return [span for name in own for span in self.spans_of(name) if span.person_id == person]

    def spans_of(self, specialty: str) -> list[Span]:
        """When whom of the pool is there; without a roster everybody is, but for their time off."""
        if specialty not in self._known:
            self._known[specialty] = self._look_up(specialty)
        return self._known[specialty]

    @property
    def has_rules(self) -> bool:
        """Whether anybody is limited at all."""
        return self.able.has_rules

    def planned(self) -> list[str]:
        """The specialties that have a roster, in a fixed order."""
        return sorted(self._around.rostered)

    def look_ahead(self, until: datetime) -> Mapping[str, list[Span]]:
        """When whom of each pool is there until a later instant: one look-up for all, and for `spans_of` as well."""
        program, rostered = self._around.program_id, self._around.rostered
        ahead = all_spans(self._session, program, rostered, self._start, until) if rostered else {}
        always = self._not_away(until)
        ahead |= {name: self._unplanned_of(name, always) for name in self._around.pools if name not in rostered}
        for name, there in ahead.items():
            known = (within(span, self._start, self._end) for span in there if span.start < self._end)
            self._known[name] = sorted(known, key=attrgetter("start", "person_id"))
        return ahead

    def know(self, specialties: Collection[str]) -> None:
        """Look up all of these that have a roster and are not known yet, in one look-up."""
        wanted = sorted(set(specialties) & set(self._around.rostered) - self._known.keys())
        if wanted:
            self._known |= all_spans(self._session, self._around.program_id, wanted, self._start, self._end)

    def _look_up(self, specialty: str) -> list[Span]:
        if specialty in self._around.rostered:
            return spans(self._session, self._around.program_id, specialty, self._start, self._end)
        if self._unplanned is None:
            self._unplanned = self._not_away(self._end)
        return self._unplanned_of(specialty, self._unplanned)

    def _unplanned_of(self, specialty: str, always: Mapping[int, list[Span]]) -> list[Span]:
        return [span for person in self._around.pools.get(specialty, ()) for span in always.get(person.id, ())]

    def _not_away(self, end: datetime) -> dict[int, list[Span]]:
        """When everybody of the pools without a roster is not away: in one look-up."""
        unplanned = [people for name, people in self._around.pools.items() if name not in self._around.rostered]
        numbers = sorted({person.id for people in unplanned for person in people})
        given = [Span(number, self._start, end) for number in numbers]
        found: dict[int, list[Span]] = {}
        for span in without_time_off(self._session, given, self._start, end):
            found.setdefault(span.person_id, []).append(span)
        return found

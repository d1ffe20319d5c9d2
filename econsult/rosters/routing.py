"""Who may take a request: a plain function of specialty, conflict, licence, language, capacity and roster.

It has no dice and no memory, so that the same question gets the same answer, and it says in words why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from econsult.people.persons import Person, specialists_for, team_of
from econsult.rosters.homes import back_at, there_of
from econsult.rosters.limits import Limits, conflicted, fallbacks_of, limits_of, why_barred
from econsult.rosters.shifts import first_cover, has_roster, is_off, on_duty

WORDS: dict[str, dict[str, str]] = {
    "pool": {"en": "{n} answer for {specialty}", "es": "{n} responden por {specialty}"},
    "team": {"en": "{n} in the medical home's team", "es": "{n} en el equipo del hogar médico"},
    "conflict": {"en": "{n} left out: conflict of interest", "es": "{n} fuera: conflicto de interés"},
    "licence": {"en": "{n} left out: no licence for {state}", "es": "{n} fuera: sin licencia para {state}"},
    "language": {"en": "{n} left out: language {language}", "es": "{n} fuera: idioma {language}"},
    "full": {"en": "{n} at their limit", "es": "{n} en su límite"},
    "off": {"en": "{n} away or off duty", "es": "{n} fuera de turno"},
    "fallback": {"en": "nobody there, so {specialty} stands in", "es": "no hay nadie, así que responde {specialty}"},
    "beside": {
        "en": "the promise was broken, so {specialty} may take it too",
        "es": "la promesa se incumplió: también puede tomarla {specialty}",
    },
    "all_full": {"en": "everybody on duty is at their limit", "es": "todas las personas de turno están en su límite"},
    "duty": {"en": "{n} on duty now", "es": "{n} de turno ahora"},
    "later": {"en": "nobody on duty; next cover is planned", "es": "nadie de turno; hay turno más tarde"},
    "never": {"en": "nobody on duty and no cover planned", "es": "nadie de turno ni previsto"},
    "named_first": {
        "en": "the specialist asked for by name is asked first",
        "es": "primero, a quien se pidió por nombre",
    },
    "named_barred": {
        "en": "who was asked for by name may not take it: everybody is asked",
        "es": "a quien se pidió por nombre no puede tomarla: se pregunta a todos",
    },
    "named_full": {
        "en": "who was asked for by name is at their limit: everybody is asked",
        "es": "a quien se pidió por nombre está en su límite: se pregunta a todos",
    },
    "named_away": {
        "en": "who was asked for by name is not there in time: everybody is asked",
        "es": "a quien se pidió por nombre no está a tiempo: se pregunta a todos",
    },
    "named_urgent": {"en": "urgent: everybody is asked at once", "es": "urgente: se pregunta a todos a la vez"},
    "nobody": {"en": "nobody qualifies: the coordinators decide", "es": "nadie cumple: deciden las coordinadoras"},
}


Loads = Callable[[set[int]], Mapping[int, int]]
"""How many open consults each of these people holds."""
Pool = TypeVar("Pool")


@dataclass(frozen=True)
class Ask:
    """What the router must know of a request. Without a specialty it is for the medical home."""

    program_id: int
    patient_id: int
    organization_id: int | None
    specialty: str | None
    state: str = ""
    language: str = ""
    excluded: frozenset[int] = frozenset()
    told: str | None = None
    """The specialty that stands in already: nobody who was told of a request loses it while they may take it."""


@dataclass(frozen=True)
class Why:
    """One line of the explanation: a code of `WORDS` and what stands in its gaps."""

    code: str
    n: int = 0
    of: str = ""

    def sentence(self, language: str = "en", *, said: str = "") -> str:
        """The line in words; `said` stands for the code of a specialty or language where a page knows its name."""
        words = WORDS[self.code][language if language in ("en", "es") else "en"]
        of = said or self.of
        return words.format(n=self.n, specialty=of, state=of, language=of)


@dataclass(frozen=True)
class Route:
    """Who may take it (`qualified`), who of them can right now (`ready`), from when there is cover, and why."""

    qualified: tuple[Person, ...] = ()
    ready: tuple[Person, ...] = ()
    specialty: str | None = None
    cover_at: datetime | None = None
    why: tuple[Why, ...] = field(default=())
    beside: str | None = None
    """The specialty whose people are among these too, although its own pool has somebody."""
    full: frozenset[int] = frozenset()
    """The ids of those among the qualified who hold as much as they may."""
    first: tuple[Person, ...] = ()
    """Who is told before the others, where somebody was asked for by name."""

    @property
    def is_unallocated(self) -> bool:
        return not self.qualified

    @property
    def has_cover(self) -> bool:
        return bool(self.ready)

    def along_with(self, other: Route) -> Route:
        """The same with the people of a pool that stands in beside it, and not instead of it."""
        ready, qualified = (
            tuple({person.id: person for person in (*own, *theirs)}.values())
            for own, theirs in ((self.ready, other.ready), (self.qualified, other.qualified))
        )
        cover_at = min((at for at in (self.cover_at, other.cover_at) if at is not None), default=None)
        why = (*self.why, Why("beside", of=other.specialty or ""), *other.why)
        found = replace(self, ready=ready, qualified=qualified, cover_at=cover_at, why=why)
        return replace(found, beside=other.specialty)

    def asking_first(self, first: tuple[Person, ...], line: Why) -> Route:
        """The same with what becomes of a wish for somebody by name."""
        return replace(self, first=first, why=(*self.why, line))

    @property
    def told(self) -> tuple[Person, ...]:
        """Who hears of it now."""
        return self.first or self.ready or self.qualified

    def explain(self, language: str = "en") -> str:
        return "; ".join(line.sentence(language) for line in self.why) + "."


def route(session: Session, ask: Ask, loads: Loads, now: datetime) -> Route:
    """The pool of a request, and in words why it is this one."""
    if ask.specialty is None:
        team = tuple(person for person in team_of(session, ask.organization_id) if person.id not in ask.excluded)
        return _of_team(session, team, now)
    own = _pool(session, ask, ask.specialty, loads, now)
    if own.qualified:
        return own
    found, passed_over = beside(session, ask, loads, now)
    lines = [*own.why, *(line for each in passed_over for line in _standing_in(each))]
    if found is None:
        return Route(why=(*lines, Why("nobody")))
    return replace(found, why=(*lines, *_standing_in(found)))


def beside(session: Session, ask: Ask, loads: Loads, now: datetime) -> tuple[Route | None, list[Route]]:
    """Which of the pools that stand in does so (None where nobody of any may take it), and which were passed over."""
    looked_at: list[Route] = []

    def find(specialty: str) -> Route:
        looked_at.append(_pool(session, ask, specialty, loads, now))
        return looked_at[-1]

    names = fallbacks_of(session, ask.program_id, ask.specialty or "")
    found = first_choice(names, ask.told, find, lambda each: bool(each.qualified), lambda each: each.has_cover)
    return found, [each for each in looked_at if each is not found]


def _standing_in(found: Route) -> tuple[Why, ...]:
    return (Why("fallback", of=found.specialty or ""), *found.why)


def _pool(session: Session, ask: Ask, specialty: str, loads: Loads, now: datetime) -> Route:
    """Who of one pool may take it, and who is there."""
    lines: list[Why] = []
    qualified = _qualified(session, ask, specialty, lines)
    if not qualified:
        return Route(specialty=specialty, why=tuple(lines))
    return _ready(session, ask, qualified, lines, specialty=specialty, loads=loads, now=now)


def first_choice(
    names: Iterable[str],
    told: str | None,
    find: Callable[[str], Pool],
    may_take: Callable[[Pool], bool],
    is_there: Callable[[Pool], bool],
) -> Pool | None:
    """Which of the pools that stand in does so, in their order: one rule for the router and the ladder.

    The one that was told already, while somebody of it may take the request; else the first where somebody who may is
    there, else the first where somebody may.
    """
    able: list[Pool] = []
    for name in sorted(names, key=lambda each: each != told):
        found = find(name)
        if not may_take(found):
            continue
        if name == told or is_there(found):
            return found
        able.append(found)
    return able[0] if able else None


def _of_team(session: Session, team: tuple[Person, ...], now: datetime) -> Route:
    """The medical home has no roster: who is not away is there."""
    if not team:
        return Route(why=(Why("team", 0), Why("nobody")))
    ready = tuple(there_of(session, team, now))
    lines = (Why("team", len(team)), *((Why("off", len(team) - len(ready)),) if len(ready) < len(team) else ()))
    if ready:
        return Route(team, ready, None, now, lines)
    cover_at = back_at(session, team, now)
    return Route(team, (), None, cover_at, (*lines, Why("later" if cover_at else "never")))


def _qualified(session: Session, ask: Ask, specialty: str, lines: list[Why]) -> list[Person]:
    """Who may answer at all; `lines` takes what left the others out."""
    pool = specialists_for(session, ask.program_id, specialty, is_named=False)
    lines.append(Why("pool", len(pool), specialty))
    limits = limits_of(session, [person.id for person in pool])
    barred = conflicted(session, ask.patient_id) | ask.excluded
    why = {
        person.id: why_barred(
            limits.get(person.id), is_conflicted=person.id in barred, state=ask.state, language=ask.language
        )
        for person in pool
    }
    for code, of in (("conflict", ""), ("licence", ask.state), ("language", ask.language)):
        out = sum(each == code for each in why.values())
        lines += [Why(code, out, of)] if out else []
    return [person for person in pool if not why[person.id]]


def _ready(
    session: Session,
    ask: Ask,
    qualified: Sequence[Person],
    lines: list[Why],
    *,
    specialty: str,
    loads: Loads,
    now: datetime,
) -> Route:
    """Who of them has room and is there now; else from when on."""
    limits = limits_of(session, [person.id for person in qualified])
    limited = {number for number, each in limits.items() if each.capacity > 0}
    held = loads(limited) if limited else {}
    free = [person for person in qualified if _has_room(_limit(limits, person), held.get(person.id, 0))]
    full = frozenset(person.id for person in qualified if person not in free)
    if full:
        lines.append(Why("full", len(full)))
    planned = has_roster(session, ask.program_id, specialty)
    here = on_duty(session, ask.program_id, specialty, now) if planned else {person.id for person in free}
    ready = [person for person in free if person.id in here and (planned or not is_off(session, person.id, now))]
    if len(ready) < len(free):
        lines.append(Why("off", len(free) - len(ready)))
    if ready:
        return Route(tuple(qualified), tuple(ready), specialty, now, (*lines, Why("duty", len(ready))), full=full)
    able = {person.id for person in qualified}
    # Without a roster whoever is not there is away, and back when that ends.
    planned_at = first_cover(session, ask.program_id, specialty, able, now) if planned else None
    cover_at = planned_at if planned else back_at(session, free, now)
    # Who is there may have full hands, and room at any moment.
    is_full = bool(here & able) if planned else not free
    code = "all_full" if is_full else "later" if cover_at else "never"
    return Route(tuple(qualified), (), specialty, cover_at, (*lines, Why(code)), full=full)


def _limit(limits: Mapping[int, Limits], person: Person) -> Limits:
    return limits.get(person.id) or Limits(person_id=person.id, capacity=0, states="", languages="")


def _has_room(limits: Limits, load: int) -> bool:
    return limits.capacity == 0 or load < limits.capacity

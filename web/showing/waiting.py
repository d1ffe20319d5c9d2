"""What the desk must give to somebody: each request with whom it could be given to, and why nobody can take it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.offering import why_of
from econsult.consults.own_clinic import own_team
from econsult.consults.records import Consult
from econsult.consults.stranded import is_stranded
from econsult.people.persons import Person, specialists_for, team_of
from econsult.rosters.homes import clinicians_of
from web.showing.rows import Row, rows_of
from web.showing.there import There, is_homes
from web.words.routes import why_words

_NAMED = select(Person.id, Person.public_id)
Asked = tuple[int | None, tuple[str, ...]]


@dataclass(frozen=True)
class Waiting:
    """A request, who has it (by public id; mostly nobody), why nobody takes it, and who could be given it."""

    row: Row
    holder: str
    specialty: str
    """The code of the specialty that was asked; empty for a family's question."""
    is_unallocated: bool
    why: str
    people: list[tuple[str, str]]
    lack: str
    """Why nobody of those who may take it can now; empty where somebody can."""
    is_stranded: bool
    """Whether the desk may give it to another clinic too, or to somebody who is away, or say no to the family."""
    urgency: str = ""


def waiting(session: Session, consults: Sequence[Consult], there: There) -> list[Waiting]:
    """Each of these with whom it could be given to, looked up for all of them together."""
    pools, rows = pools_of(session, consults), rows_of(session, consults)
    held = {consult.holder_id for consult in consults if consult.holder_id is not None}
    holders = {each.id: each.public_id for each in session.execute(_NAMED.where(Person.id.in_(held)))} if held else {}
    alone = [consult for consult in consults if is_stranded(consult)]
    clinics = clinicians_of(session, alone[0].program_id) if alone else {}
    return [
        _entry(consult, row, holders, pools[asked_of(consult)], there, clinics=clinics)
        for consult, row in zip(consults, rows, strict=True)
    ]


def _entry(
    consult: Consult,
    row: Row,
    holders: Mapping[int, str],
    pool: Sequence[Person],
    there: There,
    *,
    clinics: Mapping[str, Sequence[Person]],
) -> Waiting:
    others = [person for person in pool if person.id != consult.holder_id]
    named = [(person, person.name, there.why_not(person, consult)) for person in others]
    alone = is_stranded(consult)
    for clinic, own in clinics.items() if alone else ():
        found = [(person, f"{person.name}, {clinic}", there.why_not(person, consult)) for person in own]
        named += [each for each in found if each[0].organization_id != consult.organization_id and not each[2]]
    # Who is there comes first, and is what the form offers where nobody is chosen.
    people = [
        (person.public_id, f"{name} ({why})" if why else name)
        for person, name, why in sorted(named, key=lambda each: bool(each[2]))
    ]
    # Why it was offered to whom tells of the time before somebody had it.
    why = why_words(why_of(consult)) if consult.holder_id is None else ""
    holder = holders.get(consult.holder_id or 0, "")
    lack = there.lack(others, consult)
    return Waiting(
        row, holder, consult.specialty or "", consult.is_unallocated, why, people, lack, alone, consult.urgency
    )


def asked_of(consult: Consult) -> Asked:
    """Whom a request is for: its clinic's team, or the pools of its specialties."""
    if is_homes(consult):
        return consult.organization_id, ()
    return consult.program_id, tuple(name for name in (consult.specialty, consult.fallback_specialty) if name)


def beyond(session: Session, consult: Consult) -> list[Person]:
    """Clinicians of the child's own clinic where another answers; of all, where nobody can take a family's question."""
    if is_homes(consult) and not is_stranded(consult):
        return own_team(session, consult)
    clinics = clinicians_of(session, consult.program_id) if is_stranded(consult) else {}
    return [person for own in clinics.values() for person in own if person.organization_id != consult.organization_id]


def pools_of(session: Session, consults: Sequence[Consult]) -> dict[Asked, list[Person]]:
    """Who could be given each of these, by whom it is for: one look-up for each pool."""
    return {
        asked_of(consult): pool_of(session, consult) for consult in {asked_of(each): each for each in consults}.values()
    }


def pool_of(session: Session, consult: Consult) -> list[Person]:
    """Whoever could be given it: of its clinic's team, or of its own pool and the one that stands in."""
    number, names = asked_of(consult)
    if not names:
        return team_of(session, number)
    found = [person for name in names for person in specialists_for(session, consult.program_id, name)]
    return list({person.id: person for person in found}.values())

"""What a list shows to whom: the views, what a reader narrows them to, and the parts of which each is put together.

A slice is what one index holds in the order of the list: one for each pool and status that belong to the view.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from econsult.consults.desks import stands_in
from econsult.consults.lifecycle import ENDED, OPEN, Status
from econsult.consults.overdue import When, late, late_among, still_promised, unanswered
from econsult.consults.records import IS_DONE, UNALLOCATED, Consult, Kind
from econsult.consults.redflags import UNSAFE
from econsult.consults.wanting import WANTED
from econsult.people.deaths import the_dead
from econsult.people.persons import Person, PractitionerSpecialty, Role
from econsult.rosters.limits import Conflict

Slice = ColumnElement[bool]
_ANSWERED = Consult.status == Status.ANSWERED
_LIVES = Consult.patient_id.not_in(the_dead())
UNTOLD = (
    and_(_ANSWERED, Consult.informed_at.is_(None), _LIVES),
    and_(~_ANSWERED, Consult.unheard_version.is_not(None), _LIVES),
)
"""Whose family has not heard an answer: of this cycle, or one that it can read from before. No bereaved one is."""


class View(StrEnum):
    DRAFTS = "drafts"
    POOL = "pool"
    MINE = "mine"
    ASKED = "asked"
    WAITING = "waiting"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    UNTOLD = "untold"
    DECLINED = "declined"
    UNALLOCATED = "unallocated"
    DONE = "done"


@dataclass(frozen=True)
class Filters:
    """What a reader narrows a view to; an empty one narrows nothing."""

    specialty: str = ""
    status: str = ""
    language: str = ""
    is_informed: bool | None = None

    def conditions(self) -> list[Slice]:
        pairs = ((Consult.specialty, self.specialty), (Consult.status, self.status), (Consult.language, self.language))
        found: list[Slice] = [column == value for column, value in pairs if value]
        if self.is_informed is not None:
            found.append(Consult.informed_at.is_not(None) if self.is_informed else Consult.informed_at.is_(None))
        return found


@dataclass(frozen=True)
class Reader:
    """What of a person decides what their lists hold."""

    id: int
    role: str
    program_id: int
    organization_id: int | None


@dataclass(frozen=True)
class Shelf:
    """Whose lists they are, and for a specialist which pools they may hold; read once for all lists of a page."""

    reader: Reader
    own: tuple[str, ...] = ()
    stands_in: tuple[str, ...] = ()
    barred: frozenset[int] = frozenset()
    is_desk: bool = False
    """Whether they stand in for a desk of which no coordinator is there."""

    def of_status(self, status: Status, asked: str) -> list[Slice]:
        """The pool of each specialty (or of the one `asked` for), and of those that it stands in for."""
        shared = and_(_program(self.reader), Consult.kind != Kind.FAMILY_QUESTION, Consult.status == status)
        if self.barred:
            shared = and_(shared, Consult.patient_id.not_in(self.barred))
        pools: list[Slice] = [Consult.specialty == name for name in self.own if asked in ("", name)]
        # Mostly nothing is offered to a pool that stands in: the list is then one slice, which one statement reads.
        pools += [Consult.fallback_specialty.in_(self.stands_in)] if self.stands_in else []
        return [and_(shared, pool) for pool in pools]


_OFFERED = exists().where(
    Consult.program_id == bindparam("program_id"), Consult.fallback_specialty == PractitionerSpecialty.specialty
)
SHELF = union_all(
    select(PractitionerSpecialty.specialty, _OFFERED.label("is_offered"), literal(0).label("barred")).where(
        PractitionerSpecialty.person_id == bindparam("person_id")
    ),
    select(literal(""), false(), Conflict.patient_id).where(Conflict.person_id == bindparam("person_id")),
)
"""A specialist's specialties, whether something is offered to each as a stand-in, and whom they are barred from."""


def shelf_of(session: Session, person: Person, now: datetime) -> Shelf:
    """Read what this person's lists may hold."""
    reader = Reader(person.id, person.role, person.program_id, person.organization_id)
    if person.role != Role.SPECIALIST:
        return Shelf(reader, is_desk=stands_in(session, person, now))
    rows = session.execute(SHELF, {"person_id": person.id, "program_id": person.program_id}).all()
    own = sorted((specialty, is_offered) for specialty, is_offered, barred in rows if not barred)
    return Shelf(
        reader,
        own=tuple(specialty for specialty, _ in own),
        stands_in=tuple(specialty for specialty, is_offered in own if is_offered),
        barred=frozenset(barred for _, _, barred in rows if barred),
    )


def slices_of(shelf: Shelf, view: View, now: When, filters: Filters) -> list[Slice]:
    """The parts of the view, each of which one index holds in order."""
    person = shelf.reader
    if view == View.DRAFTS:
        own = (Consult.requester_id == person.id, Consult.confidential != UNSAFE)
        return [and_(_program(person), Consult.status == Status.DRAFT, *own)]
    match person.role:
        case Role.SPECIALIST:
            return _specialists(shelf, view, now, filters)
        case Role.PCP | Role.TELEPRESENTER:
            return _clinics(person, view, now, filters)
        case Role.COORDINATOR:
            return _desks(person, view, now, filters)
        case Role.DIRECTOR | Role.ADMIN if shelf.is_desk and view in (View.POOL, View.UNALLOCATED):
            return _desks(person, view, now, filters)
        case _:
            return []


def _specialists(shelf: Shelf, view: View, now: When, filters: Filters) -> list[Slice]:
    held = and_(_program(shelf.reader), Consult.holder_id == shelf.reader.id)
    if view == View.MINE:
        waits = and_(Consult.status == Status.ANSWERED, Consult.clinic_waits_since.is_not(None))
        return [and_(held, or_(Consult.status.in_(OPEN), waits))]
    if view == View.DONE:
        return [and_(held, part) for part in _done(filters)]
    if view in (View.ANSWERED, View.DECLINED):
        return [and_(held, _of_view(view))]
    found = [part for status in _statuses(view) for part in shelf.of_status(status, filters.specialty)]
    if view == View.OVERDUE:
        return [*late_among(found, now), and_(held, unanswered(now))]
    # What somebody asked about in another specialty is theirs to follow as well.
    return [*found, and_(held, Consult.status == Status.NEEDS_INFO)] if view == View.WAITING else found


def _clinics(person: Reader, view: View, now: When, filters: Filters) -> list[Slice]:
    """A clinic sees its children's; whoever presents a child elsewhere sees what they asked."""
    ours = Consult.requester_id == person.id
    if person.role == Role.PCP:
        # Who has no clinic has nobody's children, and not those of whom no clinic is known.
        ours = and_(Consult.organization_id == person.organization_id, Consult.organization_id.is_not(None))
    ours = and_(_program(person), ours)
    is_question = Consult.kind == Kind.FAMILY_QUESTION
    single: dict[View, Slice] = {
        View.POOL: and_(Consult.status == Status.SUBMITTED, is_question),
        View.MINE: and_(Consult.holder_id == person.id, Consult.status.in_(OPEN)),
    }
    match view:
        case View.ASKED:
            # Whoever holds a request asked nobody here but others.
            asked = and_(~is_question, WANTED, Consult.holder_id.is_distinct_from(person.id))
            return [and_(ours, Consult.status == status, asked) for status in (Status.CLAIMED, Status.NEEDS_INFO)]
        case View.WAITING:
            return [and_(ours, Consult.status == status, ~is_question) for status in sorted(OPEN)]
        case View.OVERDUE | View.UNTOLD:
            return [and_(ours, part) for part in (late(now) if view == View.OVERDUE else UNTOLD)]
        case View.DONE:
            # A draft that somebody threw away was never said to anybody else.
            was_said = or_(Consult.submitted_at.is_not(None), Consult.requester_id == person.id)
            return [and_(ours, part, IS_DONE, was_said) for part in _done(filters, ENDED)]
        case _:
            return [and_(ours, single[view] if view in single else _of_view(view))]


def _desks(person: Reader, view: View, now: When, filters: Filters) -> list[Slice]:
    ours = _program(person)
    if view == View.UNALLOCATED:
        # What nobody may ever take, and what nobody who is there can take now, be they away or their hands full.
        return [and_(ours, UNALLOCATED), _uncovered(person)]
    of_views: dict[View, list[Slice]] = {
        View.MINE: [],
        View.ASKED: [],
        View.POOL: [Consult.status == Status.SUBMITTED],
        View.OVERDUE: late(now),
        View.DONE: [and_(part, IS_DONE, Consult.submitted_at.is_not(None)) for part in _done(filters)],
        View.WAITING: [Consult.status == Status.NEEDS_INFO],
        View.UNTOLD: [*UNTOLD, and_(still_promised(Status.DECLINED), Consult.unheard_version.is_(None))],
    }
    return [and_(ours, part) for part in of_views.get(view, [_of_view(view)])]


def _done(filters: Filters, statuses: Collection[Status] = (*ENDED, Status.ANSWERED)) -> list[Slice]:
    """What has come to something, each state by itself, so that an index holds it by its number."""
    return [Consult.status == status for status in sorted(statuses) if filters.status in ("", status)]


def _uncovered(person: Reader) -> Slice:
    """What waits and the desk heard of, by the index of these marks alone.

    By its program or state, in words that an index has, SQLite would read all that waits.
    """
    mark = aliased(Consult)
    marked = select(mark.id).where(mark.program_id == person.program_id, mark.uncovered_at.is_not(None))
    return and_(Consult.id.in_(marked), Consult.status.concat("") == Status.SUBMITTED)


def _program(person: Reader) -> Slice:
    return Consult.program_id == person.program_id


def _statuses(view: View) -> list[Status]:
    return {View.POOL: [Status.SUBMITTED], View.WAITING: [Status.NEEDS_INFO], View.OVERDUE: sorted(OPEN)}.get(view, [])


def _of_view(view: View) -> Slice:
    if view == View.DECLINED:
        return and_(Consult.status == Status.DECLINED, Consult.informed_at.is_(None))
    return Consult.status == Status.ANSWERED if view == View.ANSWERED else and_(UNALLOCATED)

"""Who acts for a child, as the clinic or the desk writes it down: links, authority from and until, and a court's order.

Every change is in the trail with whoever made it, and counts from the next request on. What a court ordered is shown
wherever somebody is about to let a person near the child's record; whom it keeps away can be linked by nobody until
that is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.barring import Order, keep_away, let_back
from econsult.database import NO_KEY, TextCipher
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import NoticeKind, notify
from econsult.panel import KnownAddressError, count_stranger
from econsult.people.caregivers import LONGEST_PAPER, SHORTEST_PAPER, end_link, links_on_file
from econsult.people.keptaway import kept_from, refuse_kept
from econsult.people.patients import RELATIONS, Patient, RelatedPerson, link_caregiver, note_patient
from econsult.people.persons import Person, Program, Role, add_person, people_at, person_by_email

LINKERS = (Role.PCP, Role.COORDINATOR)
"""Who writes it down: they know the family, and can ask for the paper."""
ON_PAPER = ("guardian", "foster_parent", "agency")
"""Whose authority is written somewhere: a court's or an agency's paper."""


@dataclass(frozen=True)
class Authority:
    """Whether somebody may decide for the child, from when until when, and where that is written down.

    Who may decide until a day is out after it, unless `looks_until` lets them send and read for longer; who may not
    decide at all sends and reads until then, or without an end.
    """

    relation: str
    has_authority: bool
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    paper: str = ""
    looks_until: datetime | None = None

    def __post_init__(self) -> None:
        wrong: dict[str, str] = {}
        if self.relation not in RELATIONS:
            wrong["relation"] = "unknown_value"
        is_short = len(self.paper.strip()) < SHORTEST_PAPER and (
            bool(self.paper.strip()) or (self.has_authority and self.relation in ON_PAPER)
        )
        if is_short or len(self.paper) > LONGEST_PAPER:
            wrong["paper"] = "required"
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            wrong["ends"] = "not_after_start"
        if self.ends_at is not None and not self.has_authority:
            wrong["ends"] = "not_deciding"
        if self.looks_until is not None and self.has_authority and self.ends_at is None:
            # Who looks in until a day would decide until then as well, and the page would not say so.
            wrong["ends"] = "until_when"
        if self._looks_too_short():
            wrong["looks"] = "before_end"
        if wrong:
            raise InvalidError("Say what they are to the child, where it is written, and from when until when.", wrong)

    def _looks_too_short(self) -> bool:
        if self.looks_until is None:
            return False
        is_before = self.starts_at is not None and self.looks_until <= self.starts_at
        return is_before or (self.ends_at is not None and self.looks_until < self.ends_at)


@dataclass(frozen=True)
class Newcomer:
    """Who is to act for the child, and by what; `has_read_order` where a court said something about that."""

    email: str
    name: str
    language: str
    authority: Authority
    has_read_order: bool = False


@dataclass(frozen=True)
class Linked:
    """One person who is or was linked to a child, and whose account it is."""

    link: RelatedPerson
    person: Person


def linked_to(session: Session, child: Patient, now: datetime) -> tuple[list[Linked], list[Linked]]:
    """Who is linked to the child, now or from a day to come, and whom a court keeps away; no young person."""
    here = [each for each in _on_file(session, child) if not _is_over(each, now)]
    return here, [Linked(link, person) for link, person in kept_from(session, child.id)]


def no_longer(session: Session, child: Patient, now: datetime) -> list[Linked]:
    """Whose link is over, by its day or because somebody ended it, or whose account is closed."""
    return [each for each in _on_file(session, child) if _is_over(each, now)]


def add_caregiver(
    session: Session, cipher: TextCipher, child: Patient, who: Newcomer, staff: Person, *, now: datetime
) -> tuple[Person, bool]:
    """Let somebody act for the child; returns them, and whether their account is new. `child` comes from `access`.

    The link opens nothing before they have typed the child's birth date: the address may be mistyped.
    Raises InvalidError for `email` (taken by an account of another kind, of a caregiver whose account whoever runs the
    program closed, or barred by a court), `name`, `has_read`; TooManyTriesError for who links too many strangers.
    """
    _check(staff)
    _lock(session, child)
    if child.court_order and not who.has_read_order:
        raise InvalidError("A court said who may act for this child: read it first.", {"has_read": "required"})
    refuse_kept(session, child, email=who.email)
    known = person_by_email(session, cipher, who.email, child.program_id)
    closed = _closed_at(session, cipher, child, who.email) if known is None else None
    if (account := known or closed) is not None:
        count_stranger(session, staff, child, account, now)
    if known is not None and known.role != Role.CAREGIVER:
        raise KnownAddressError("This address belongs to an account of another kind.", "taken")
    if closed is not None:
        raise KnownAddressError("The account at this address was closed.", "closed")
    program = session.get_one(Program, child.program_id)
    person = known or add_person(
        session,
        cipher,
        program,
        email=who.email,
        name=who.name,
        role=Role.CAREGIVER,
        language=who.language,
        now=now,
    )
    try:
        link = link_caregiver(session, child, person, who.authority.relation, now, by_id=staff.id, is_proven=False)
    except InvalidError as error:
        raise InvalidError(str(error), {"email": "barred"}) from None
    _write(link, who.authority)
    session.flush()
    if known is None:
        notify(session, person, NoticeKind.ACCOUNT_OPENED, consult_id=None, about=now.isoformat(), now=now)
    return person, known is None


def change_authority(
    session: Session, child: Patient, person_id: str, authority: Authority, staff: Person, *, now: datetime
) -> None:
    """Write down anew what somebody is to the child and may decide. Raises NotFoundError for who is not linked."""
    _check(staff)
    _lock(session, child)
    _write(_link(session, child, person_id, now), authority)
    note_patient(session, child, "change_caregiver", now, person_id=staff.id, detail=authority.relation)
    session.flush()


def unlink(session: Session, child: Patient, person_id: str, staff: Person, *, now: datetime) -> None:
    """Let somebody act no longer. Raises NotFoundError for who is not linked."""
    _check(staff)
    _lock(session, child)
    link = _link(session, child, person_id, now)
    end_link(session, child, session.get_one(Person, link.person_id), now, by_id=staff.id)
    session.flush()


def bar(
    session: Session,
    child: Patient,
    person_id: str,
    paper: str,
    staff: Person,
    *,
    now: datetime,
    reaches: Mapping[str, bool] | None = None,
) -> None:
    """A court keeps this person from the child: see `barring.keep_away`. An order may come after the right has ended.

    Raises NotFoundError for who never was linked.
    """
    _check(staff)
    _lock(session, child)
    keep_away(session, child, _one_of(_on_file(session, child), person_id), Order(paper, reaches or {}), staff, now=now)


def lift_bar(session: Session, child: Patient, person_id: str, staff: Person, *, now: datetime) -> None:
    """The order is over. The person stays out until somebody links them again. Raises NotFoundError."""
    _check(staff)
    _lock(session, child)
    let_back(session, child, person_id, staff, now=now)


def write_order(session: Session, child: Patient, words: str, staff: Person, *, now: datetime) -> None:
    """What a court said about who may act for the child; nothing takes it away. Raises InvalidError."""
    _check(staff)
    _lock(session, child)
    words = words.strip()
    if (words and len(words) < SHORTEST_PAPER) or len(words) > LONGEST_PAPER:
        raise InvalidError("Say in a sentence what the court ordered and where it is written.", {"order": "required"})
    if words != (child.court_order or ""):
        child.court_order = words or None
        note_patient(session, child, "court_order" if words else "lift_court_order", now, person_id=staff.id)
        session.flush()


def _on_file(session: Session, child: Patient) -> list[Linked]:
    return [Linked(link, person) for link, person in links_on_file(session, child.id)]


def _is_over(linked: Linked, now: datetime) -> bool:
    over_at = linked.link.over_at
    return not linked.person.is_active or (over_at is not None and over_at <= now)


def _check(staff: Person) -> None:
    if staff.role not in LINKERS:
        raise ForbiddenError("The child's clinic or the care coordination writes down who acts for a child.")


def _lock(session: Session, child: Patient) -> None:
    """One form at a time about a child: two at once would each link the same person."""
    session.get_one(Patient, child.id, with_for_update=NO_KEY, populate_existing=True)


def _link(session: Session, child: Patient, person_id: str, now: datetime) -> RelatedPerson:
    return _one_of(linked_to(session, child, now)[0], person_id)


def _one_of(linked: list[Linked], person_id: str) -> RelatedPerson:
    found = next((each for each in linked if each.person.public_id == person_id), None)
    if found is None:
        raise NotFoundError
    return found.link


def _closed_at(session: Session, cipher: TextCipher, child: Patient, email: str) -> Person | None:
    """The caregiver's account that was closed there, which no clinic opens again: with it would open the records of
    other clinics' children as well.
    """
    closed = people_at(session, cipher, email, is_active=False)
    here = (each for each in closed if each.program_id == child.program_id and each.role == Role.CAREGIVER)
    return next(here, None)


def _write(link: RelatedPerson, authority: Authority) -> None:
    link.relation, link.has_authority = authority.relation, authority.has_authority
    link.authority_from, link.authority_until = authority.starts_at, authority.ends_at
    link.ends_at, link.paper = authority.looks_until, authority.paper.strip() or None

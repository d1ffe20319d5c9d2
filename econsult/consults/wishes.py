"""What whoever asks wishes of the answer: one specialist by name before the others, and a visit without a question.

A name is a wish and no wait. The person is told first while they may take the request, have room and are there as soon
as anybody of their pool is; the clocks run as without it, and when three quarters of the time to take it are over, the
pool is asked as well. What is late in being taken is kept for nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, ScalarSelect, String, bindparam, exists, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program
from econsult.consults.ledger import Clock
from econsult.consults.policies import rules_of
from econsult.consults.records import Consult, Kind, Urgency
from econsult.database import Base, Instant
from econsult.errors import InvalidError
from econsult.people.persons import Person, Role, specialists_for, specialties_of
from econsult.picking import one_of
from econsult.rosters.routing import Route, Why
from econsult.rosters.shifts import first_cover, has_roster

FIRST_PART = 0.75
"""So much of the time to take it is the named person's own: then the pool is asked too."""
WITHIN_TIME = text("first_until IS NOT NULL")


class PassedOver(StrEnum):
    """Why the pool is asked although somebody was named. What bars one person from one child is said to nobody."""

    BARRED = "barred"
    FULL = "full"
    AWAY = "away"
    URGENT = "urgent"
    TIME = "time"


class Wish(Base):
    """One request's wishes. Until `first_until` the named person alone is asked; `passed_over` says why they are not.

    `program_id` is the consult's, by which the database checks that the named person is of the same program.
    """

    __tablename__ = "wish"
    __table_args__ = (
        *in_program("wish", consult_id="consult", named_id="person"),
        Index("ix_wish_first", "first_until", sqlite_where=WITHIN_TIME, postgresql_where=WITHIN_TIME),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), unique=True)
    named_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    may_convert: Mapped[bool] = mapped_column(default=False)
    first_until: Mapped[datetime | None] = mapped_column(Instant)
    passed_over: Mapped[str | None] = mapped_column(String(16))


@dataclass(frozen=True)
class Wishes:
    """What a form says. None leaves a wish as it is; an empty name takes it back."""

    named: str | None = None
    may_convert: bool | None = None


NO_WISHES = Wishes()


def write_wishes(session: Session, consult: Consult, wishes: Wishes) -> None:
    """Keep what was wished of a request that is not sent. Raises InvalidError for nobody of its specialty."""
    wish = wish_of(session, consult.id)
    if wishes.named or wishes.may_convert:
        if wish is None:
            wish = Wish(program_id=consult.program_id, consult_id=consult.id, may_convert=False)
            session.add(wish)
        if wishes.named:
            wish.named_id = _of_specialty(session, consult, wishes.named).id
    if wish is None:
        return
    if wishes.may_convert is not None:
        wish.may_convert = wishes.may_convert
    if wishes.named == "" or (not wishes.named and not _still_serves(session, consult, wish)):
        # Who was named for one specialty is not meant for another.
        wish.named_id = None
    session.flush()


def ask_first(session: Session, consult: Consult, person: Person) -> None:
    """Let this person be asked before their pool when the question is opened again; nobody who cannot answer it now."""
    if person not in nameable(session, consult.program_id, consult.specialty):
        return
    write_wishes(session, consult, Wishes(named=person.public_id))
    wish = wish_of(session, consult.id)
    if wish is not None:
        wish.passed_over = wish.first_until = consult.claimed_at = None


def _of_specialty(session: Session, consult: Consult, public_id: str) -> Person:
    query = select(Person).where(
        Person.public_id == public_id, Person.program_id == consult.program_id, Person.role == Role.SPECIALIST
    )
    person = session.scalars(query).one_or_none()
    if person is None or not person.is_active or consult.specialty not in specialties_of(session, person):
        raise InvalidError("Name a specialist of the specialty that is asked.", {"named_specialist": "unknown_value"})
    return person


def _still_serves(session: Session, consult: Consult, wish: Wish) -> bool:
    named = session.get_one(Person, wish.named_id) if wish.named_id is not None else None
    return named is None or consult.specialty in specialties_of(session, named)


def respect(session: Session, consult: Consult, chosen: Route, now: datetime, *, within: timedelta) -> Route:
    """The route with the named person first, or with a line that says why not; what was had by somebody has none.

    `within` is the time to take it. Being offered anew never gives the named person longer than they had.
    """
    wish = wish_of(session, consult.id)
    if wish is None or wish.named_id is None:
        return chosen
    if consult.claimed_at is not None or wish.passed_over == PassedOver.TIME:
        wish.first_until = None
        return chosen
    there_at = _there_at(session, consult, chosen, wish.named_id, now)
    wish.passed_over = _why_not(consult, chosen, wish.named_id, there_at, now)
    if wish.passed_over is not None or there_at is None:
        wish.first_until = None
        return chosen.asking_first((), Why(f"named_{wish.passed_over or PassedOver.AWAY}"))
    usual = rules_of(consult).allocate
    until = min(there_at + FIRST_PART * usual, _others_from(now + within, min(usual, within)))
    if until <= there_at:
        # It is as good as late before they come: it must be taken by whoever can.
        wish.passed_over, wish.first_until = PassedOver.AWAY, None
        return chosen.asking_first((), Why("named_away"))
    wish.first_until = min(until, wish.first_until or until)
    # While nobody is there everybody of the pool hears of it, as of any other.
    first = tuple(person for person in chosen.ready if person.id == wish.named_id)
    return chosen.asking_first(first, Why("named_first"))


def shorten(session: Session, consult: Consult, clock: Clock) -> None:
    """The time to take it runs by this clock from now on: the named person's part of it ends no later."""
    wish = wish_of(session, consult.id)
    if wish is not None and wish.first_until is not None:
        target = timedelta(seconds=clock.target_seconds)
        ends = _others_from(clock.deadline_at, min(target, rules_of(consult).allocate))
        wish.first_until = min(wish.first_until, ends)


def _others_from(deadline_at: datetime, usual: timedelta) -> datetime:
    """From when on the others must be asked, so that they have their part of the usual time to take it."""
    return deadline_at - (1 - FIRST_PART) * usual


def has_lost(session: Session, consult: Consult, chosen: Route, now: datetime) -> bool:
    """Whether the one who alone is asked now cannot take it any more, so that the pool must be."""
    wish = wish_of(session, consult.id)
    if wish is None or wish.named_id is None or wish.first_until is None or wish.first_until <= now:
        return False
    there_at = _there_at(session, consult, chosen, wish.named_id, now)
    return _why_not(consult, chosen, wish.named_id, there_at, now) is not None


def _there_at(session: Session, consult: Consult, chosen: Route, named_id: int, now: datetime) -> datetime | None:
    """From when on the named person is there; None where that is not within the week."""
    if any(person.id == named_id for person in chosen.ready):
        return now
    if not has_roster(session, consult.program_id, consult.specialty or ""):
        return None
    return first_cover(session, consult.program_id, consult.specialty or "", {named_id}, now)


def _why_not(
    consult: Consult, chosen: Route, named_id: int, there_at: datetime | None, now: datetime
) -> PassedOver | None:
    if chosen.specialty != consult.specialty or named_id not in {person.id for person in chosen.qualified}:
        return PassedOver.BARRED
    if named_id in chosen.full:
        return PassedOver.FULL
    if there_at is None or there_at > (chosen.cover_at or now):
        return PassedOver.AWAY
    return PassedOver.URGENT if consult.urgency == Urgency.URGENT else None


_OF_CONSULT = select(Wish).where(Wish.consult_id == bindparam("consult"))


def wish_of(session: Session, consult_id: int) -> Wish | None:
    """The wishes of one request; None where it has none."""
    return session.scalars(_OF_CONSULT, {"consult": consult_id}).one_or_none()


_WISHES = select(Wish).where(one_of(Wish.consult_id, "consults"))


def wishes_among(session: Session, consult_ids: Collection[int]) -> dict[int, Wish]:
    """The wishes of the rows of a list, by the consult's id."""
    return {wish.consult_id: wish for wish in session.scalars(_WISHES, {"consults": consult_ids})}


def named_now(session: Session, now: datetime, program_id: int | None = None) -> dict[int, int]:
    """Who alone is asked now, by the consult's id: the few whose time is not over, of everybody or of one program."""
    query = select(Wish.consult_id, Wish.named_id).join(Person, Person.id == Wish.named_id)
    query = query.where(Wish.first_until > now, Person.is_active)
    query = query if program_id is None else query.where(Wish.program_id == program_id)
    return {row[0]: row[1] for row in session.execute(query) if row[1] is not None}


def named_at(now: ColumnElement[datetime]) -> ScalarSelect[int | None]:
    """Who alone is asked then, as a column of a row of a consult; NULL where everybody is."""
    named = select(Wish.named_id).join(Person, Person.id == Wish.named_id)
    return named.where(Wish.consult_id == Consult.id, Wish.first_until > now, Person.is_active).scalar_subquery()


def kept_for_others(person: Person, now: datetime) -> ColumnElement[bool]:
    """The condition of a consult that somebody else than this person is asked first about."""
    return exists().where(Wish.consult_id == Consult.id, Wish.first_until > now, Wish.named_id != person.id)


def nameable(session: Session, program_id: int, specialty: str | None) -> list[Person]:
    """Whom one may name for a specialty; nobody where none is chosen."""
    return specialists_for(session, program_id, specialty) if specialty else []


def may_convert(session: Session, consult: Consult) -> bool:
    """Whether a visit may be arranged without asking whoever asked."""
    wish = wish_of(session, consult.id) if consult.kind != Kind.FAMILY_QUESTION else None
    return wish is not None and wish.may_convert

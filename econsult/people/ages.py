"""Birthdays, and what a program says about them: at which ages somebody looks at a child's care, and who is grown up.

Somebody born on 29 February grows older on 1 March of a common year. A day begins in the program's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import Base
from econsult.errors import InvalidError
from econsult.people.persons import Program

ZONE = "time_zone"
"""Under this name a session knows the time zone of its installation."""
OLDEST, MOST_STEPS = 25, 12


class AgePolicy(Base):
    """What one program says instead of the defaults."""

    __tablename__ = "age_policy"

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"), unique=True)
    steps: Mapped[str] = mapped_column(String(60))
    majority: Mapped[int]
    youth: Mapped[int] = mapped_column(default=13, server_default="13")


@dataclass(frozen=True)
class Ages:
    """The ages at which a task opens, at which a caregiver's right ends, and from which the young have an account."""

    steps: tuple[int, ...] = (12, 14, 16, 18, 21)
    majority: int = 18
    youth: int = 13

    def step_at(self, age: int) -> int | None:
        """The newest step that somebody of this age has reached."""
        return max((step for step in self.steps if step <= age), default=None)


# Made once: whoever reads of a child asks this, and to put it together takes as long as to ask it.
_OF_PROGRAM = select(AgePolicy).where(AgePolicy.program_id == bindparam("program"))


def ages_of(session: Session, program_id: int) -> Ages:
    """What holds in the program."""
    row = session.scalars(_OF_PROGRAM, {"program": program_id}).one_or_none()
    return Ages() if row is None else Ages(tuple(int(step) for step in row.steps.split(",")), row.majority, row.youth)


def set_ages(session: Session, program: Program, ages: Ages) -> None:
    """Let other ages hold from now on. Raises InvalidError for ages that make no sense."""
    steps = ages.steps
    if not 1 <= len(steps) <= MOST_STEPS or list(steps) != sorted(set(steps)) or not 1 <= steps[0] <= steps[-1]:
        raise InvalidError("The steps are ages in years, each once and in order.", {"steps": "invalid"})
    if not 10 <= ages.youth <= ages.majority:
        raise InvalidError("An account of one's own comes between 10 years and majority.", {"youth": "invalid"})
    if steps[-1] > OLDEST or not 14 <= ages.majority <= OLDEST:
        raise InvalidError("Steps go up to 25 years, the age of majority from 14 to 25.", {"majority": "invalid"})
    row = session.scalars(select(AgePolicy).where(AgePolicy.program_id == program.id)).one_or_none()
    row = row or AgePolicy(program_id=program.id)
    row.steps, row.majority, row.youth = ",".join(map(str, steps)), ages.majority, ages.youth
    session.add(row)
    session.flush()


def birthday(born: date, age: int) -> date:
    """The day on which somebody becomes so old."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_on(born: date, day: date) -> int:
    """Whole years of life; a birth date in the future counts as 0."""
    years = max(day.year - born.year, 0)
    return years - 1 if years and day < birthday(born, years) else years


def local_day(session: Session, now: datetime) -> date:
    """Which day it is where the program is."""
    return now.astimezone(ZoneInfo(home_zone(session))).date()


def day_begins(session: Session, day: date) -> datetime:
    """When the day begins there."""
    return datetime.combine(day, time(), ZoneInfo(home_zone(session))).astimezone(UTC)


def home_zone(session: Session) -> str:
    """The name of the program's time zone."""
    return str(session.info.get(ZONE, "America/Denver"))

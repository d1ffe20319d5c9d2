"""The net under the clock's work: a row that cannot be done keeps nobody else's waiting.

Work is done in batches, each in one transaction. Where one fails for a reason that lies in what was read, its rows are
done one by one, each in a transaction of its own; whichever fails is an alarm with its number, and is put aside for a
while, so that the same rows do not come first at every tick. A database that is away is no such reason.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from econsult.database import Database
from econsult.errors import ConsultError
from econsult.picking import Pick
from storage.keys import WrongKey

log = logging.getLogger("workers.net")

IN_THE_DATA = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, WrongKey, ConsultError)
"""What a damaged row makes code raise; never an error of the database itself."""
AGAIN = timedelta(minutes=1)
BATCH, MOST_ASIDE = 100, 10_000


@dataclass(frozen=True)
class Work:
    """One kind of work: the numbers of the rows that are due, oldest first, and a step that does those that are picked.

    The step returns how many it has done. Numbers of rows that are not due do no harm: the step looks itself.
    """

    what: str
    numbers: Callable[[Session, datetime], Iterable[int]]
    step: Callable[[Session, datetime, Pick], int]


@dataclass
class Net:
    """What this process has put aside, by kind of work and number, and until when."""

    database: Database
    aside: dict[str, dict[int, datetime]] = field(default_factory=dict)

    def numbers_aside(self) -> dict[str, list[int]]:
        """What is put aside now, by kind of work."""
        return {what: sorted(kept) for what, kept in self.aside.items() if kept}

    def run(self, work: Work, now: datetime) -> bool:
        """Do one batch; whether more may be due. Raises SQLAlchemyError."""
        self._try_again(work, now)
        aside = frozenset(self.aside.get(work.what, ()))
        try:
            with self.database.writing() as session:
                return work.step(session, now, Pick(BATCH, aside)) >= BATCH
        except IN_THE_DATA as error:
            log.warning("A batch failed (%s: %s); its rows are done one by one.", work.what, place_of(error))
        return self._one_by_one(work, now, aside)

    def _one_by_one(self, work: Work, now: datetime, aside: frozenset[int]) -> bool:
        try:
            with self.database.reading() as session:
                found = [number for number in work.numbers(session, now) if number not in aside][:BATCH]
        except IN_THE_DATA as error:
            log.warning("ALARM: nobody can tell what is due; waiting: %s (%s).", work.what, place_of(error))
            return False
        for number in found:
            self._alone(work, number, now)
        return len(found) >= BATCH

    def _try_again(self, work: Work, now: datetime) -> None:
        """What was put aside for long enough; a clock that was set back makes nothing wait longer."""
        kept = self.aside.get(work.what, {})
        ripe = [number for number, until in kept.items() if until <= now or until > now + AGAIN]
        for number in ripe[:BATCH]:
            del kept[number]
            self._alone(work, number, now)

    def _alone(self, work: Work, number: int, now: datetime) -> None:
        try:
            with self.database.writing() as session:
                work.step(session, now, Pick(1, only=number))
        except IN_THE_DATA as error:
            kept = self.aside.setdefault(work.what, {})
            if len(kept) < MOST_ASIDE:
                kept[number] = now + AGAIN
            log.warning("ALARM: a row cannot be done; waiting: %s, number %d (%s).", work.what, number, place_of(error))


def place_of(error: BaseException) -> str:
    """What went wrong and where, without the words of the error: they may be somebody's."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + where

"""A worked month of the queue, day and night: `python -m tests.bench.month`.

Seeded arrivals, a roster with gaps, specialists who fall ill with cases in their hands, slow families, and clock
processes that are away for hours. At every instant each consult has an owner and a deadline; promises are broken only
where nobody was there in time, and each break was announced before.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, telling, threads
from econsult.consults.clocks import ClockEvent
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.worklist import View, page
from econsult.database import open_database
from econsult.errors import ConsultError
from econsult.people.persons import Person
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.rosters.shifts import Shift, TimeOff, on_duty, spans
from storage.keys import FieldCipher, KeyRing, generate
from tests.bench._figures import report
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic

STEP = timedelta(minutes=15)
HOUR = timedelta(hours=1)
ENOUGH = 2 * HOUR
"""So much duty before the promise runs out is enough to take a case and answer it."""


@dataclass
class Month:
    """The clinic, its dice, and what was seen on the way."""

    clinic: Clinic
    dice: random.Random
    asleep_until: datetime = NOON
    orphans: int = 0
    checks: int = 0
    asked: int = 0
    away: dict[int, datetime] = field(default_factory=dict)

    def plan(self, session: Session) -> None:
        """Days for one, nights for the other, and a gap from Saturday evening to Sunday morning."""
        for weekday in range(7):
            self._shift(session, self.clinic.derm, weekday, 7)
            if weekday != 5:
                self._shift(session, self.clinic.derm2, weekday, 19)

    def step(self, session: Session, now: datetime) -> None:
        if self.dice.random() < self._arrivals(now):
            urgency = "same_day" if self.dice.random() < 0.1 else "routine"
            self.clinic.econsult(session, now=now, urgency=urgency)
            self.asked += 1
        if self.dice.random() < 0.002:
            self._fall_ill(session, now)
        self._work(session, now)
        self._families(session, now)
        self._clocks(session, now)
        self._look(session)

    def _arrivals(self, now: datetime) -> float:
        return 0.12 if 14 <= now.hour <= 23 else 0.03

    def _shift(self, session: Session, person: Person, weekday: int, hour: int) -> None:
        shift = Shift(program_id=self.clinic.program.id, specialty="dermatology", person_id=person.id, weekday=weekday)
        shift.starts, shift.minutes, shift.time_zone, shift.from_day = (
            hour * 60,
            720,
            "America/Denver",
            date(2026, 1, 1),
        )
        session.add(shift)
        session.flush()

    def _fall_ill(self, session: Session, now: datetime) -> None:
        person = self.dice.choice((self.clinic.derm, self.clinic.derm2))
        if self.away.get(person.id, now) > now:
            return
        until = now + self.dice.choice((8, 30, 60)) * HOUR
        self.away[person.id] = until
        off = TimeOff(person_id=person.id, starts_at=now, ends_at=until)
        session.add(off)
        session.flush()
        watch_absences(session, now)

    def _work(self, session: Session, now: datetime) -> None:
        """Whoever is on duty finishes one case in a quarter of an hour, and takes the next."""
        here = on_duty(session, self.clinic.program.id, "dermatology", now)
        for person in (self.clinic.derm, self.clinic.derm2):
            if person.id not in here:
                continue
            for consult in page(session, person, View.MINE, now=now).consults:
                self._answer(session, consult, person, now)
            first = page(session, person, View.POOL, now=now, limit=1).consults
            if first:
                try:
                    holding.claim(session, first[0], person, now=now, lease=LEASE)
                except ConsultError:
                    continue

    def _answer(self, session: Session, consult: Consult, person: Person, now: datetime) -> None:
        if consult.status != Status.CLAIMED:
            return
        if self.dice.random() < 0.1:
            threads.request_info(session, consult, person, text="Closer?", items=["close-up"], audience=None, now=now)
            return
        answers.save_draft(session, consult, person, ANSWER, now=now, lease=LEASE)
        answers.sign(session, consult, person, now=now)

    def _families(self, session: Session, now: datetime) -> None:
        """The clinic reads and tells within hours, and gives what is missing now and then; some never do."""
        waiting = select(Consult).where(Consult.status == Status.NEEDS_INFO)
        for consult in session.scalars(waiting).all():
            if self.dice.random() < 0.01:
                threads.post(session, consult, self.clinic.pcp, threads.Audience.CLINICIANS, text="Here", now=now)
        told = select(Consult).where(Consult.status == Status.ANSWERED, Consult.informed_at.is_(None))
        for consult in session.scalars(told).all():
            if self.dice.random() < 0.05:
                answers.acknowledge(session, consult, self.clinic.pcp, now=now)
                telling.inform(session, consult, self.clinic.coordinator, method="phone", teach_back=True, now=now)
                answers.close(session, consult, self.clinic.pcp, reason="", now=now)

    def _clocks(self, session: Session, now: datetime) -> None:
        """The clock processes tick, unless all of them are away for some hours."""
        if self.dice.random() < 0.001:
            self.asleep_until = now + self.dice.choice((1, 3, 6)) * HOUR
        if now < self.asleep_until:
            return
        while fire(session, now)[0]:
            session.flush()
        watch_cover(session, now)
        watch_absences(session, now)
        answers.release_due(session, now, 1000)
        holding.lapse_claims(session, now, 1000)

    def _look(self, session: Session) -> None:
        """Every consult has an owner and a deadline."""
        owner = or_(Consult.holder_id.is_not(None), Consult.specialty.is_not(None))
        bad = select(func.count(Consult.id)).where(
            Consult.status.in_(OPEN), or_(~owner, Consult.next_deadline_at.is_(None))
        )
        self.orphans += session.scalars(bad).one()
        self.checks += 1


def main() -> int:
    """Live the month and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.month", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ec-month-"))
    database = open_database(f"sqlite:///{folder / 'm.sqlite3'}", FieldCipher(KeyRing.parse(generate())))
    database.migrate()
    month = Month(open_clinic(database), random.Random(options.seed))
    with database.writing() as session:
        month.plan(session)
    now, end = NOON, NOON + timedelta(days=options.days)
    while now < end:
        with database.writing() as session:
            month.step(session, now)
        now += STEP
    with database.writing() as session:
        month.asleep_until = now
        while fire(session, now)[0]:
            session.flush()
        _tell(session, month, now)
    database.close()
    shutil.rmtree(folder)
    return 0


def _tell(session: Session, month: Month, now: datetime) -> None:
    broken = session.execute(
        select(ClockEvent.consult_id, ClockEvent.cycle, ClockEvent.id, ClockEvent.deadline_at).where(
            ClockEvent.kind == "breached", ClockEvent.name == ClockName.FIRST_REPLY
        )
    ).all()
    unannounced = [row for row in broken if not _was_announced(session, row.consult_id, row.id)]
    covered = [row for row in broken if _was_covered(session, month, row.consult_id, row.deadline_at)]
    first = next((f for f in figures(session, NOON, now, now) if (f.clock, f.by) == ("first_reply", "all")), None)
    report("month.asked", month.asked, "consults")
    report("month.without_owner_or_deadline", month.orphans, f"of {month.checks} looks", limit=0)
    report("month.violations", len(list(violations(session, now))), "of the five promises", limit=0)
    report("month.broken_first_replies", len(broken), "consults")
    report("month.broken_although_covered", len(covered), "consults", limit=0)
    report("month.broken_without_announcement", len(unannounced), "consults", limit=0)
    if first is not None:
        report("month.first_reply.within", round(100 * first.within / first.count, 1), "percent")
        report("month.first_reply.wall.p50", first.wall[0], "h")
        report("month.first_reply.wall.p90", first.wall[1], "h")


def _was_announced(session: Session, consult_id: int, event_id: int) -> bool:
    """A warning, an escalation or "no cover" stands before it in the ledger."""
    earlier = select(ClockEvent.id).where(
        ClockEvent.consult_id == consult_id,
        ClockEvent.id < event_id,
        ClockEvent.kind.in_(("warned", "escalated")),
    )
    return session.scalars(earlier.limit(1)).first() is not None


def _was_covered(session: Session, month: Month, consult_id: int, deadline_at: datetime) -> bool:
    """Somebody was on duty for long enough between the last time that the clock began to run and its end."""
    began = select(func.max(ClockEvent.at)).where(
        ClockEvent.consult_id == consult_id,
        ClockEvent.name == ClockName.FIRST_REPLY,
        ClockEvent.kind.in_(("started", "resumed")),
        ClockEvent.at <= deadline_at,
    )
    start = session.scalars(began).one()
    found = spans(session, month.clinic.program.id, "dermatology", start, deadline_at)
    return sum((span.end - span.start for span in found), timedelta()) >= ENOUGH


if __name__ == "__main__":
    raise SystemExit(main())

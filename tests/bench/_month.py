"""The people of a worked month: what they ask, do, leave undone and suffer, by seeded dice. A witness hears it all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from econsult.consults import answers, holding, telling, threads
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.consults.views import View
from econsult.consults.worklist import page
from econsult.errors import ConsultError
from econsult.people.persons import Person
from econsult.queue.firing import fire
from econsult.rosters.planning import ShiftForm, add_shift, take_off
from tests.bench._witness import HOUR, QUARTER, Calendar, Witness
from tests.personas import ANSWER, LEASE, NOON, Clinic
from workers.clock import Ticker
from workers.runtime import Runtime

ZONE = "America/Denver"
TARGETS = {"routine": 24 * HOUR, "same_day": 4 * HOUR}


class KilledError(Exception):
    """A clock process was killed before its commit."""


class Month:
    """The clinic and its dice. Each event is a transaction of its own, and is looked at."""

    def __init__(self, runtime: Runtime, clinic: Clinic, seed: int) -> None:
        self.runtime, self.clinic, self.dice = runtime, clinic, random.Random(seed)
        self.people = {person.id: person for person in (clinic.derm, clinic.derm2)}
        self.witness = Witness(Calendar(ZoneInfo(ZONE), "dermatology"), clinic.coordinator.id)
        self.ticker = Ticker(runtime)
        self.now, self.stands_until, self.restarts = NOON, NOON, 0
        self.told_later: list[tuple[datetime, Person, datetime]] = []
        self.unreachable: set[int] = set()

    def live(self, days: float) -> None:
        """Plan the roster, and let the days pass."""
        with self.event() as session:
            self.plan(session)
        end = self.now + timedelta(days=days)
        while self.now < end:
            self.step()
            self.now += QUARTER
        self.stands_until = self.now
        self.tick()

    def plan(self, session: Session) -> None:
        """Days for one, nights for the other, and a gap from Saturday evening to Sunday morning."""
        for weekday in range(7):
            for person, first in ((self.clinic.derm, 7), (self.clinic.derm2, 19)):
                if (person.id, weekday) == (self.clinic.derm2.id, 5):
                    continue
                form = ShiftForm(person.public_id, "dermatology", weekday, first * 60, 720, ZONE)
                add_shift(session, self.clinic.coordinator, form, now=self.now).from_day = date(2026, 1, 1)
                self.witness.calendar.works(person.id, weekday, first, 12)

    def step(self) -> None:
        if self.dice.random() < (0.12 if 14 <= self.now.hour <= 23 else 0.03):
            self.ask()
        if self.dice.random() < 0.003:
            self.fall_ill()
        self.hear_of_the_ill()
        for number in self.witness.calendar.here(self.now):
            self.work(self.people[number])
        self.families()
        if self.dice.random() < 0.01:
            self.restart()
        self.tick()

    def ask(self) -> None:
        urgency = "same_day" if self.dice.random() < 0.1 else "routine"
        with self.event() as session:
            consult = self.clinic.econsult(session, now=self.now, urgency=urgency)
            self.witness.asked(consult.id, self.now, TARGETS[urgency])
        if self.dice.random() < 0.03:
            self.unreachable.add(consult.id)

    def fall_ill(self) -> None:
        """With cases in their hands; now and then nobody says so for two hours."""
        person = self.dice.choice(list(self.people.values()))
        until = self.now + self.dice.choice((8, 30, 60)) * HOUR
        self.witness.calendar.ill.append((person.id, self.now, until))
        self.told_later.append((self.now + self.dice.choice((0, 0, 2)) * HOUR, person, until))

    def hear_of_the_ill(self) -> None:
        for told in [each for each in self.told_later if each[0] <= self.now]:
            self.told_later.remove(told)
            with self.event() as session:
                ids = (told[1].public_id, self.now, told[2])
                take_off(session, self.clinic.coordinator, *ids, now=self.now)

    def work(self, person: Person) -> None:
        """Whoever is at work finishes one case in a quarter of an hour, and takes the next."""
        with self.event() as session:
            for consult in page(session, person, View.MINE, now=self.now).consults:
                if consult.status == Status.CLAIMED:
                    self.finish(session, consult, person)
        with self.event() as session:
            first = page(session, person, View.POOL, now=self.now, limit=1).consults
            with suppress(ConsultError):
                for consult in first:
                    holding.claim(session, consult, person, now=self.now, lease=LEASE)

    def finish(self, session: Session, consult: Consult, person: Person) -> None:
        if self.dice.random() < 0.1:
            threads.request_info(
                session, consult, person, text="Closer?", items=["close-up"], audience=None, now=self.now
            )
            self.witness.held(consult.id, self.now)
            return
        answers.save_draft(session, consult, person, ANSWER, now=self.now, lease=LEASE)
        answers.sign(session, consult, person, now=self.now)
        self.witness.answered(consult.id, self.now)

    def families(self) -> None:
        """What is missing comes slowly, or never; some families are told late, and some are never reached."""
        for number in self._numbers(Consult.status == Status.NEEDS_INFO):
            if self.dice.random() < 0.01:
                with self.event() as session:
                    consult, clinicians = session.get_one(Consult, number), threads.Audience.CLINICIANS
                    threads.post(session, consult, self.clinic.pcp, clinicians, text="Here", now=self.now)
                    self.witness.resumed(number, self.now)
        for number in self._numbers(Consult.status == Status.ANSWERED, Consult.informed_at.is_(None)):
            if number not in self.unreachable and self.dice.random() < 0.05:
                self.tell(number)

    def tell(self, number: int) -> None:
        desk, pcp = self.clinic.coordinator, self.clinic.pcp
        with self.event() as session:
            answers.acknowledge(session, session.get_one(Consult, number), pcp, now=self.now)
        with self.event() as session:
            consult = session.get_one(Consult, number)
            telling.inform(session, consult, desk, method="phone", teach_back=True, now=self.now)
            answers.close(session, consult, pcp, reason="", now=self.now)

    def restart(self) -> None:
        """The clock process is killed before its commit; for a while, now and then, nobody starts another."""
        self.restarts += 1
        with suppress(KilledError), self.runtime.database.writing() as session:
            fire(session, self.now)
            raise KilledError
        self.ticker = Ticker(self.runtime)
        if self.dice.random() < 0.2:
            self.stands_until = self.now + self.dice.choice((1, 2, 3)) * HOUR

    def tick(self) -> None:
        if self.now >= self.stands_until:
            self.ticker.tick(self.now)
            self.look(has_ticked=True)

    @contextmanager
    def event(self) -> Iterator[Session]:
        """Something that somebody does: written, and then looked at."""
        with self.runtime.database.writing() as session:
            yield session
        self.look(has_ticked=False)

    def look(self, *, has_ticked: bool) -> None:
        self.witness.look(self.rows, self.now, has_ticked=has_ticked)

    def rows(self, sql: str) -> Sequence[Any]:
        """What the tables say, as plain rows."""
        with self.runtime.database.engine.connect() as connection:
            return connection.execute(text(sql)).all()

    def _numbers(self, *conditions: Any) -> list[int]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Consult.id).where(*conditions).order_by(Consult.id)))

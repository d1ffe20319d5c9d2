"""Random lives of many consults: what the clocks did is what a second, independent set of rules says, and nothing else.

The normal run takes 10,000 events, the same ones each time, since a gamble is no gate; `-m slow` a million and more.
Other lives: `QUEUE_SEED=N QUEUE_EVENTS=N python -m pytest tests/econsult/test_queue_property.py -k lives`.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from econsult.advice.asking import ask_how_it_went
from econsult.advice.late import tell_of_late_steps
from econsult.calls import call_waiting
from econsult.consults import (
    answers,
    declining,
    holding,
    passing,
    recommendations,
    reopening,
    requests,
    second,
    telling,
    threads,
)
from econsult.consults.clocks import Clock, ClockEvent
from econsult.consults.correcting import correct
from econsult.consults.lifecycle import OPEN
from econsult.consults.open_ends import has_call_open
from econsult.consults.policies import save_policy
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion, side_of
from econsult.consults.stranded import move_to_clinic
from econsult.consults.taking import next_for
from econsult.consults.telephone import PhoneEvent, PhoneTask
from econsult.consults.threads import Audience
from econsult.consults.undoing import take_back
from econsult.consults.urgency import change_urgency
from econsult.consults.versions import signed_answer
from econsult.consults.wishes import Wish, Wishes
from econsult.database import Database
from econsult.errors import CallOpenError
from econsult.jobs import Job, JobState
from econsult.notices import Notice, NoticeKind, NoticeState
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role, add_person
from econsult.picking import Pick
from econsult.queue.asides import fire_sides, return_sides
from econsult.queue.calling import fire_calls
from econsult.queue.firing import fire
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.queue.named import end_wishes
from econsult.queue.preview import LIVE, Scope, apply_to_open
from econsult.queue.quiet import Quiet
from econsult.queue.replay import Line, replay
from econsult.queue.tongues import put_language_right
from econsult.rosters.shifts import TimeOff, is_off
from tests.econsult.oracle import POOLS, RANK, STEPS, Asked, Case, Promise, rules
from tests.personas import ANSWER, LEASE, NOON, QUESTION, TARGETS, Clinic, open_clinic
from tests.spread import spread

NORMAL, CHUNK = 10_000, 50
# Several shorter lives, so that each ends within a test's time on a machine that does other things as well.
PARTS = 4
WISHES = {
    "first_reply": (2, 8, 24, 48),
    "allocate": (1, 3),
    "next_reply": (6, 24, 36),
    "family_informed": (12, 24, 48),
    "pause": (1, 24, 72),
    "release": (0, 2, 12, 24),
}
"""Hours that a policy may say."""
HOME = "family_question"
"""What figures call the medical home where no specialty was asked."""
Act = Callable[["World", Session, Consult, Case], None]


class World:
    """One clinic, its consults and what the oracle thinks of them."""

    def __init__(self, database: Database, clinic: Clinic, seed: int) -> None:
        self.database, self.clinic, self.dice = database, clinic, random.Random(seed)
        self.cases: dict[int, Case] = {}
        self.seconds = self.away_until = 0
        self.policy: dict[str, Any] = {}
        self.seen: set[tuple[Any, ...]] = set()
        with database.writing() as session:
            one = {"email": "heart@clinic.test", "name": "heart", "role": Role.SPECIALIST, "now": NOON}
            heart = add_person(session, database.cipher, clinic.program, specialties=("cardiology",), **one)
        self.people = {"derm": clinic.derm, "derm2": clinic.derm2, "heart": heart, "pcp": clinic.pcp}
        self.names = {person.id: name for name, person in self.people.items()}
        self.sites = {clinic.home.id: "home", clinic.other_pcp.organization_id: "other"}
        self.language = "en"

    @property
    def now(self):
        return NOON + timedelta(seconds=self.seconds)

    def run(self, events: int) -> None:
        done = 0
        while done < events:
            with self.database.writing() as session:
                for _ in range(min(CHUNK, events - done)):
                    self.step(session)
                    done += 1
            if done % (10 * CHUNK) == 0:
                self.retire()

    def step(self, session: Session) -> None:
        self.seconds += self.dice.choice((1, 30, 60, 300, 900, 1800)) if self.dice.random() < 0.99 else 40_000
        roll = self.dice.random()
        if roll < 0.05 or len(self.cases) < 5:
            self.ask(session)
        elif roll < 0.15 and self.is_away():
            self.between(session)
        elif roll < 0.15:
            self.tick(session)
        elif roll < 0.153:
            self.make_policy(session)
        elif roll < 0.1545:
            self.speak(session)
        else:
            # Half of what happens is of what somebody has: otherwise nearly every claim would lapse first.
            held = [number for number, case in self.cases.items() if case.holder and case.status in OPEN]
            number = self.dice.choice(held if held and self.dice.random() < 0.5 else list(self.cases))
            self.act(session, session.get_one(Consult, number), self.cases[number])

    def ask(self, session: Session) -> None:
        """A clinic asks dermatology, now and then somebody by name; or a family asks its clinic."""
        urgency = self.dice.choice(("routine", "routine", "same_day", "urgent"))
        if self.dice.random() < 0.15:
            consult, case = self.clinic.family_question(session, now=self.now), Case(specialty="")
        else:
            named = self.name_somebody()
            consult = self.clinic.econsult(session, now=self.now, urgency=urgency, wishes=self.wishes(named))
            case = Case(urgency=urgency, named=named)
        self.cases[consult.id], case.rules, case.language = case, self.promised(case.urgency), self.language
        case.submit(self.seconds)
        compare(session, consult, case)

    def name_somebody(self) -> str | None:
        return self.dice.choice(("derm", "derm2", None))

    def wishes(self, named: str | None) -> Wishes:
        return Wishes(named=self.people[named].public_id if named else None)

    def promised(self, urgency: str) -> dict[str, Any]:
        return rules(urgency, self.policy)

    def make_policy(self, session: Session) -> None:
        """Other rules for new requests; some of the open ones go over to them, each clock that runs with them."""
        dice = self.dice
        content: dict[str, Any] = {
            name: dice.choice(hours) * 60 for name, hours in WISHES.items() if dice.random() < 0.7
        }
        if content.get("release", 720) >= content.get("family_informed", 1440):
            # Refused: nobody could hear in time what is not open yet.
            content["release"] = 0
        content["ladder"] = dice.choice((list(STEPS), [30, 80, 100], [100]))
        save_policy(session, self.clinic.admin, specialty="", urgency="", content=content, now=self.now)
        self.policy = {name: minutes * 60 for name, minutes in content.items() if name != "ladder"}
        self.policy["steps"] = tuple(content["ladder"])
        if dice.random() < 0.5:
            scope = Scope(self.clinic.program.id, "", "", TARGETS)
            while apply_to_open(session, self.clinic.admin, scope, now=self.now).is_part:
                """So many at once; the rest with the next call."""
            for number, case in self.cases.items():
                if case.status in LIVE:
                    case.adopt(self.seconds, self.promised(case.urgency))
                    compare(session, session.get_one(Consult, number), case)

    def speak(self, session: Session) -> None:
        """The language of the family, of which they all are, is put right."""
        self.language = "es" if self.language == "en" else "en"
        child = session.get_one(Patient, self.clinic.child.id)
        put_language_right(session, child, self.language, self.clinic.pcp, self.now)
        for case in self.cases.values():
            case.speak(self.seconds, self.language)

    def is_away(self) -> bool:
        """Whether no clock process is there; now and then none is for twelve hours."""
        if self.dice.random() < 0.05:
            self.away_until = self.seconds + 12 * 3600
        return self.seconds < self.away_until

    def between(self, session: Session) -> None:
        """Somebody asks, sends what was asked for, or says how urgent it is, after a promise was broken and before the
        tick that would tell.
        """
        for number, case in self.cases.items():
            if case.status in ("claimed", "needs_info") and case.is_broken_untold(self.seconds):
                acts: list[Act] = [_change, _ask] if case.status == "claimed" else [_change, _family_writes]
                act = self.dice.choice([*acts, _nothing])
                consult = session.get_one(Consult, number)
                act(self, session, consult, case)
                compare(session, consult, case)

    def tick(self, session: Session) -> None:
        self.between(session)
        while fire(session, self.now)[0]:
            session.flush()
        while fire_calls(session, self.now):
            session.flush()
        self.telephone(session)
        answers.release_due(session, self.now, Pick(10_000))
        if self.dice.random() < 0.05:
            away = TimeOff(person_id=self.clinic.neuro.id, starts_at=self.now, ends_at=self.now + timedelta(hours=6))
            session.add(away)
            session.flush()
        fire_sides(session, self.now, Quiet(), Pick(10_000))
        return_sides(session, self.now, Pick(10_000))
        self.look_at_sides(session)
        ask_how_it_went(session, self.now, Quiet(), Pick(10_000))
        tell_of_late_steps(session, self.now, Quiet(), Pick(10_000))
        end_wishes(session, self.now, Quiet(), Pick(10_000))
        holding.lapse_claims(session, self.now, Pick(10_000))
        for case in self.cases.values():
            case.tick(self.seconds)

    def look_at_sides(self, session: Session) -> None:
        """Each open question to a colleague has somebody who is there, or a desk that was told; a step; and a time."""
        neuro = self.clinic.neuro
        is_away = is_off(session, neuro.id, self.now)
        for side in session.scalars(select(SideQuestion).where(SideQuestion.state == "open")):
            assert (side.next_at or self.now) > self.now, "nobody will be told"
            if side.holder_id is not None:
                assert not is_away, "it lies with somebody who is away"
                assert side.claim_until is not None
                assert side.claim_until >= self.now, "it lapsed"
            # Whoever was told of it once was told: that is looked up once for each question, and each gap.
            self.see(session, (side.consult_id, neuro.id), "nobody was asked")
            if side.uncovered_at is not None:
                gap = (NoticeKind.SIDE_LATE, side.uncovered_at)
                self.see(session, (side.consult_id, self.clinic.coordinator.id, *gap), "the desk was not told")

    def see(self, session: Session, told: tuple[Any, ...], words: str) -> None:
        """Whether somebody has a letter about a consult (of this kind, of that moment)."""
        if told not in self.seen:
            columns = (Notice.consult_id, Notice.person_id, Notice.kind, Notice.created_at)
            letter = select(Notice.id).where(*(column == value for column, value in zip(columns, told, strict=False)))
            assert session.scalars(letter.limit(1)).first() is not None, words
            self.seen.add(told)

    def telephone(self, session: Session) -> None:
        """Somebody makes some of the calls that emergencies left."""
        for task in session.scalars(select(PhoneTask).where(PhoneTask.done_at.is_(None))):
            if self.dice.random() < 0.5:
                consult = session.get_one(Consult, task.consult_id)
                telling.confirm_call(session, consult, self.clinic.pcp, "sent_help", words="police", now=self.now)

    def act(self, session: Session, consult: Consult, case: Case) -> None:
        assert consult.status == case.status
        acts = ACTS[case.status] if case.specialty else HOMES[case.status]
        self.dice.choice(acts)(self, session, consult, case)
        compare(session, consult, case)

    def holder(self, case: Case) -> Person:
        return self.people[case.holder or "derm"]

    def retire(self) -> None:
        """Keep the world small: check the oldest consults to the end, end what is open of them, and send the letters.

        Otherwise a few hundred would be late for ever, and told of every day, and that would be all of the work.
        """
        with self.database.writing() as session:
            self.tick(session)
            for number in sorted(self.cases)[:-30]:
                consult = session.get_one(Consult, number)
                check_ledger(self, session, consult, self.cases.pop(number))
                self.end(session, consult)
            session.execute(update(Notice).where(Notice.state == NoticeState.PENDING).values(state=NoticeState.SENT))
            session.execute(update(Job).where(Job.state != JobState.DONE).values(state=JobState.DONE))

    def end(self, session: Session, consult: Consult) -> None:
        if consult.status in OPEN:
            requests.withdraw(session, consult, self.clinic.pcp, "", now=self.now)
        if consult.status == "answered":
            if call_waiting(session, consult) is not None:
                telling.confirm_call(session, consult, self.clinic.pcp, "sent_help", words="police", now=self.now)
            answers.close(session, consult, self.clinic.pcp, reason="moved away", now=self.now)
        elif consult.status == "declined" and consult.informed_at is None:
            telling.inform(session, consult, self.clinic.coordinator, method="phone", teach_back=True, now=self.now)
        if consult.status in ("declined", "withdrawn") and consult.family_waits_since is not None:
            threads.post(session, consult, self.clinic.pcp, Audience.FAMILY, text="Yes", now=self.now)


IS_ASIDE = (SideQuestion.consult_id == Clock.consult_id) & (SideQuestion.state == "open")
RUNNING = (
    select(Clock.name, Clock.cycle, Clock.lane, Clock.deadline_at, Clock.paused_at, SideQuestion.due_at)
    .outerjoin(SideQuestion, IS_ASIDE)
    .where(Clock.consult_id == bindparam("number"), Clock.state != "stopped")
)
"""What runs, and by when a colleague is to reply: nobody is asked while nothing runs."""
FIRST_UNTIL = select(Wish.first_until).where(Wish.consult_id == bindparam("number"))
LINES = (
    select(*ClockEvent.__table__.columns).where(ClockEvent.consult_id == bindparam("number")).order_by(ClockEvent.id)
)
TOLD = select(Notice.created_at, Notice.person_id).where(
    Notice.consult_id == bindparam("number"), Notice.kind == NoticeKind.NEW_REQUEST
)


def compare(session: Session, consult: Consult, case: Case) -> None:
    """The consult and its clocks are as the oracle says."""
    session.flush()
    rows = session.execute(RUNNING, {"number": consult.id}).all()
    found = {(row.name, row.cycle): (row.lane, seconds(row.deadline_at), row.paused_at is not None) for row in rows}
    assert (consult.status, found) == (case.status, case.open_clocks())
    waits = seconds(consult.family_waits_since) if consult.family_waits_since else None
    assert waits == case.family_waits()
    assert consult.is_unheard == (case.unheard or (case.released and not case.told))
    reply_due = {seconds(row.due_at) for row in rows if row.due_at is not None} or {0}
    assert all(abs(due - (case.reply_due or 0)) <= 1 for due in reply_due)
    assert (seconds(consult.next_deadline_at) if consult.next_deadline_at else None) == case.next_deadline()
    if case.named is not None and case.status == "submitted":
        until = session.execute(FIRST_UNTIL, {"number": consult.id}).scalar_one()
        assert (until and (until - NOON).total_seconds()) == case.first_until


def check_ledger(world: World, session: Session, consult: Consult, case: Case) -> None:
    """Every step of each clock that should have fired did, once, in order, and no other; who was asked, and when it was
    due as it broke, is known.

    Those of the pool heard that it is there to be taken when they should, and nobody else did.
    """
    compare(session, consult, case)
    lines = session.execute(LINES, {"number": consult.id}).all()
    found = [(row.name, row.cycle, row.kind, row.level, seconds(row.due_at)) for row in lines if row.level > 0]
    assert sorted(found, key=_clock_of) == sorted(case.fired, key=_clock_of)
    told_again = replay(cast("list[Line]", lines))
    broke = {(each.name, each.cycle): seconds(each.broken_at) for each in told_again if each.broken_at is not None}
    assert broke == case.broke()
    asked = [
        (row.name, row.cycle, row.kind, Asked(row.specialty, world.sites[row.site], row.language))
        for row in lines
        if row.specialty is not None
    ]
    assert sorted(asked, key=_clock_of) == sorted(case.asked_of, key=_clock_of)
    told = [(seconds(at), world.names[number]) for at, number in session.execute(TOLD, {"number": consult.id})]
    assert sorted(told) == sorted(case.told_of_it)
    check_calls(session, consult.id)


def _clock_of(step: tuple[Any, ...]) -> tuple[Any, ...]:
    return step[:2]


BY_A_PERSON = ("called_off", "called_on", "replaced")
"""Lines of a call that are no step; their level counts how often."""


def check_calls(session: Session, consult_id: int) -> None:
    """Each call was told after 5, 10, 15, 30, 45 ... minutes, once each, and no more once it was made."""
    for task in session.scalars(select(PhoneTask).where(PhoneTask.consult_id == consult_id)):
        steps = (PhoneEvent.task_id == task.id, PhoneEvent.level > 0, PhoneEvent.kind.not_in(BY_A_PERSON))
        lines = select(PhoneEvent.due_at).where(*steps)
        told = [seconds(at) - seconds(task.opened_at) for at in session.scalars(lines.order_by(PhoneEvent.id))]
        assert told == [300, 600, *(900 * n for n in range(1, len(told)))][: len(told)]
        assert task.done_at is None or all(seconds(task.opened_at) + at <= seconds(task.done_at) for at in told)


def seconds(instant) -> int:
    return round((instant - NOON).total_seconds())


def _claim(world: World, session: Session, consult: Consult, case: Case) -> None:
    who = world.dice.choice(POOLS[case.specialty])
    holding.claim(session, consult, world.people[who], now=world.now, lease=LEASE)
    case.claim(world.seconds, who)


def _take_over(world: World, session: Session, consult: Consult, case: Case) -> None:
    who = next((name for name in POOLS[case.specialty] if name != case.holder), None)
    if who is None:
        return
    passing.take_over(session, consult, world.people[who], "away", now=world.now, lease=LEASE)
    case.take_over(world.seconds, who)


def _release(world: World, session: Session, consult: Consult, case: Case) -> None:
    holding.release(session, consult, world.holder(case), "", now=world.now)
    case.to_pool(world.seconds)


def _reroute(world: World, session: Session, consult: Consult, case: Case) -> None:
    """It is a matter of the heart, or was none."""
    specialty = "cardiology" if case.specialty == "dermatology" else "dermatology"
    passing.reroute(session, consult, world.clinic.coordinator, specialty, "not ours", now=world.now)
    case.reroute(world.seconds, specialty)


def _send_on(world: World, session: Session, consult: Consult, case: Case) -> None:
    """The clinic asks dermatology what its family asked."""
    urgency, named = world.dice.choice(RANK), world.name_somebody()
    own = {"specialty": "dermatology", "question": QUESTION, "question_type": "diagnosis", "urgency": urgency}
    form = requests.RequestForm(**own, wishes=world.wishes(named))
    why = requests.SubmitForm(why_less="Seen by us")
    requests.send_on(session, consult, world.clinic.pcp, form, now=world.now, targets=TARGETS, sending=why)
    case.send_on(world.seconds, urgency, named, world.promised(urgency))


def _move(world: World, session: Session, consult: Consult, case: Case) -> None:
    """The desk has another clinic answer for what the family asked its own."""
    move_to_clinic(session, consult, world.clinic.other_pcp, world.clinic.coordinator, world.now)
    case.move(world.seconds)


def _take_next(world: World, session: Session, consult: Consult, case: Case) -> None:
    """`Next` gives nobody what somebody else alone is asked about, and keeps nothing else from anybody."""
    who = world.dice.choice(POOLS["dermatology"])
    waiting = [
        number
        for number, each in world.cases.items()
        if (each.status, each.specialty) == ("submitted", "dermatology") and not each.is_kept_from(who, world.seconds)
    ]
    found = next_for(session, world.people[who], now=world.now)
    assert found.id in waiting if found is not None else not waiting
    if found is not None:
        holding.claim(session, found, world.people[who], now=world.now, lease=LEASE)
        world.cases[found.id].claim(world.seconds, who)
        compare(session, found, world.cases[found.id])


def _ask(world: World, session: Session, consult: Consult, case: Case) -> None:
    lane = world.dice.choice((Audience.FAMILY, Audience.CLINICIANS, Audience.COORDINATION))
    lane = lane if case.specialty else Audience.FAMILY
    holder = world.holder(case)
    threads.request_info(session, consult, holder, text="Ruler?", items=["close-up"], audience=lane, now=world.now)
    case.ask(world.seconds, lane)


def _family_writes(world: World, session: Session, consult: Consult, case: Case) -> None:
    if world.dice.random() < 0.3:
        nurse = world.clinic.coordinator
        threads.post(session, consult, nurse, Audience.FAMILY, text="She said", now=world.now, is_relayed=True)
    else:
        threads.post(session, consult, world.clinic.mother, Audience.FAMILY, text="Pica", now=world.now)
    case.inbound(world.seconds, "family")


def _clinic_writes(world: World, session: Session, consult: Consult, case: Case) -> None:
    threads.post(session, consult, world.clinic.pcp, Audience.CLINICIANS, text="Also", now=world.now)
    case.inbound(world.seconds, "clinicians")


def _clinic_replies(world: World, session: Session, consult: Consult, case: Case) -> None:
    threads.post(session, consult, world.clinic.pcp, Audience.FAMILY, text="Yes", now=world.now)
    case.reply(world.seconds, "family")


def _clinic_still_replies(world: World, session: Session, consult: Consult, case: Case) -> None:
    if case.family_waits() is not None:
        _clinic_replies(world, session, consult, case)


def _desk_remarks(world: World, session: Session, consult: Consult, case: Case) -> None:
    lane = world.dice.choice((Audience.CLINICIANS, Audience.COORDINATION))
    threads.post(session, consult, world.clinic.coordinator, lane, text="Noted", now=world.now)
    case.remark(world.seconds)


def _holder_writes(world: World, session: Session, consult: Consult, case: Case) -> None:
    threads.post(session, consult, world.holder(case), Audience.CLINICIANS, text="Well", now=world.now)
    case.reply(world.seconds, "clinicians")


def _draft(world: World, session: Session, consult: Consult, case: Case) -> None:
    answers.save_draft(session, consult, world.holder(case), ANSWER, now=world.now, lease=LEASE)
    case.draft(world.seconds)


def _sign(world: World, session: Session, consult: Consult, case: Case) -> None:
    content = {**ANSWER, "disposition": world.dice.choice(("advice_only", "advice_only", "emergency_now"))}
    answers.save_draft(session, consult, world.holder(case), content, now=world.now, lease=LEASE)
    answers.sign(session, consult, world.holder(case), now=world.now)
    case.sign(world.seconds, is_emergency=content["disposition"] == "emergency_now")


def _sign_and_take_back(world: World, session: Session, consult: Consult, case: Case) -> None:
    _draft(world, session, consult, case)
    answers.sign(session, consult, world.holder(case), now=world.now)
    take_back(session, consult, world.holder(case), now=world.now, lease=LEASE)
    case.sign_and_take_back(world.seconds)


def _correct(world: World, session: Session, consult: Consult, case: Case) -> None:
    """Whoever signed the newest answer signs another version of it; now and then one of them is an emergency."""
    was = signed_answer(session, consult.id)
    assert was is not None
    urgent = "emergency_now"
    content = {**ANSWER, "impression": f"Version {was.version}", "disposition": was.disposition}
    if world.dice.random() < 0.2:
        content["disposition"] = urgent
    correct(session, consult, session.get_one(Person, was.author_id), content, "wrong word", now=world.now)
    case.follow(world.seconds, world.language)
    case.correct(world.seconds, is_urgent=urgent in (was.disposition, content["disposition"]))


def _change(world: World, session: Session, consult: Consult, case: Case) -> None:
    urgency = world.dice.choice([code for code in RANK if code != case.urgency])
    pcp = world.clinic.pcp
    change_urgency(session, consult, pcp, urgency, "seen again", now=world.now, targets=TARGETS)
    case.change(world.seconds, urgency, world.promised(urgency))


def _acknowledge(world: World, session: Session, consult: Consult, case: Case) -> None:
    answers.acknowledge(session, consult, world.clinic.pcp, now=world.now)
    if case.release_at is not None:
        case.release(world.seconds)


def _open_earlier(world: World, session: Session, consult: Consult, case: Case) -> None:
    if case.held_back is not None:
        answers.acknowledge(session, consult, world.clinic.pcp, now=world.now, opens_held=True)
        case.open_earlier(world.seconds)


def _inform(world: World, session: Session, consult: Consult, case: Case) -> None:
    telling.inform(session, consult, world.clinic.coordinator, method="phone", teach_back=True, now=world.now)
    case.inform(world.seconds)


def _family_opens(world: World, session: Session, consult: Consult, case: Case) -> None:
    if case.has_open:
        telling.inform(session, consult, world.clinic.mother, method="opened", teach_back=False, now=world.now)
        case.family_opens(world.seconds)


def _tell_earlier(world: World, session: Session, consult: Consult, case: Case) -> None:
    if case.has_open:
        _inform(world, session, consult, case)


def _close(world: World, session: Session, consult: Consult, case: Case) -> None:
    if has_call_open(session, consult):
        with pytest.raises(CallOpenError):
            answers.close(session, consult, world.clinic.pcp, reason="done", now=world.now)
        telling.confirm_call(session, consult, world.clinic.pcp, "sent_help", words="police", now=world.now)
    answers.close(session, consult, world.clinic.pcp, reason="done", now=world.now)
    if not case.released:
        case.release(world.seconds)
    case.end(world.seconds, "closed")


def _decline(world: World, session: Session, consult: Consult, case: Case) -> None:
    declining.decline(session, consult, world.holder(case), "a visit is better", now=world.now)
    case.end(world.seconds, "declined")


def _withdraw(world: World, session: Session, consult: Consult, case: Case) -> None:
    requests.withdraw(session, consult, world.clinic.pcp, "", now=world.now)
    case.end(world.seconds, "withdrawn")


def _reopen(world: World, session: Session, consult: Consult, case: Case) -> None:
    reopening.reopen(session, consult, world.clinic.pcp, "it came back", now=world.now, targets=TARGETS)
    case.follow(world.seconds, world.language)
    case.reopen(world.seconds, world.promised(case.urgency))


def _follow(world: World, session: Session, consult: Consult, case: Case) -> None:
    """Somebody decides about a recommended step, does it, or takes that back; the clocks of the consult do not care."""
    for step in recommendations.steps_of(session, consult.id):
        said = (verb for state, verb in recommendations.STEPS if state == step.state)
        verbs = sorted(verb for verb in said if verb not in {"replace", "open_again"})
        if verbs and world.dice.random() < 0.5:
            recommendations.add_event(
                session, step, world.dice.choice(verbs), person_id=world.clinic.pcp.id, now=world.now
            )


def _ask_colleague(world: World, session: Session, consult: Consult, case: Case) -> None:
    """The holder asks a second specialist, or takes that back."""
    side, holder = side_of(session, consult.id), world.holder(case)
    if side is None and holder.id != world.clinic.neuro.id:
        second.ask_second(session, consult, holder, "Is this one of yours?", specialty="neurology", now=world.now)
        case.ask_colleague(world.seconds)
    elif side is not None and world.dice.random() < 0.3:
        second.take_back(session, consult, side, holder, now=world.now)
        case.replied(world.seconds)


def _colleague(world: World, session: Session, consult: Consult, case: Case) -> None:
    """The second specialist takes the question, replies, or gives it back."""
    side, neuro = side_of(session, consult.id), world.clinic.neuro
    if side is None or consult.holder_id == neuro.id:
        return
    second.take_second(session, consult, side, neuro, now=world.now)
    if world.dice.random() < 0.3:
        second.give_back(session, consult, side, neuro, now=world.now)
    elif world.dice.random() < 0.5:
        second.reply_second(session, consult, side, neuro, "Yes.", now=world.now)
        case.replied(world.seconds)


def _nothing(world: World, session: Session, consult: Consult, case: Case) -> None:
    """What has been taken back stays so."""


SHARED: list[Act] = [
    *(_family_opens, _tell_earlier, _family_writes, _clinic_writes, _clinic_replies, _desk_remarks),
    *(_open_earlier, _change),
]
ACTS: dict[str, list[Act]] = {
    "submitted": [_colleague, _claim, _claim, _take_next, _take_next, _reroute, _withdraw, *SHARED],
    "claimed": [
        _reroute,
        _ask_colleague,
        _colleague,
        _release,
        _take_over,
        _ask,
        _ask,
        _draft,
        _sign,
        _sign,
        _sign_and_take_back,
        _holder_writes,
        _decline,
        *SHARED,
    ],
    "needs_info": [
        _reroute,
        _ask_colleague,
        _colleague,
        _take_over,
        _release,
        _draft,
        _holder_writes,
        _sign,
        _sign_and_take_back,
        *SHARED,
    ],
    "answered": [_acknowledge, _correct, _follow, _inform, _close, _reopen, _holder_writes, *SHARED[:6]],
    "closed": [_reopen, _correct, _follow, _family_opens, _nothing],
    "declined": [_reopen, _family_opens, _clinic_still_replies, _nothing],
    "withdrawn": [_family_opens, _clinic_still_replies, _nothing],
}
HOMES: dict[str, list[Act]] = {
    "submitted": [_move, _claim, _send_on, _send_on, _family_writes, _clinic_replies],
    "claimed": [_move, _release, _ask, _draft, _send_on, _send_on, _family_writes, _clinic_replies],
    "needs_info": [_move, _release, _send_on, _send_on, _family_writes, _clinic_replies],
}
"""What happens to a family's question to its clinic, until it is sent on."""


def _live(database: Database, events: int, seed: int) -> None:
    world = World(database, open_clinic(database), seed)
    world.run(events)
    with database.writing() as session:
        world.tick(session)
        for number, case in world.cases.items():
            check_ledger(world, session, session.get_one(Consult, number), case)
    with database.reading() as session:
        assert list(violations(session, world.now)) == []


@pytest.mark.parametrize("part", range(PARTS))
def test_random_lives_keep_the_five_promises(sqlite_database: Database, part: int) -> None:
    events = int(os.environ.get("QUEUE_EVENTS", NORMAL)) // PARTS
    _live(sqlite_database, events, seed=int(os.environ.get("QUEUE_SEED", "1")) + part)


def test_random_lives_keep_the_five_promises_on_postgres(postgres_database: Database) -> None:
    _live(postgres_database, NORMAL // 80, seed=7)


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("part", range(10))
def test_a_million_events_keep_the_five_promises(sqlite_database: Database, part: int) -> None:
    _live(sqlite_database, 100_000, seed=1000 + part)


@pytest.mark.parametrize("seed", spread(range(20), 1))
def test_the_figures_of_random_lives_are_those_of_a_second_hand(sqlite_database: Database, seed: int) -> None:
    """Through reopening, pauses, other urgencies, rules and specialties; `FIGURES_SEED=N` looks at another."""
    dice = random.Random(seed := int(os.environ.get("FIGURES_SEED", seed)))
    world = World(sqlite_database, open_clinic(sqlite_database), seed)
    world.run(5 * CHUNK)
    with sqlite_database.writing() as session:
        world.tick(session)
    before = _written(world, world.now)
    world.run(4 * CHUNK)
    # What was printed in the middle can be printed again, whatever came since.
    assert _written(world, before[0], is_past=True) == before
    kept = [promise for case in world.cases.values() for promise in case.promises(world.seconds)]
    with sqlite_database.reading() as session:
        for _ in range(4):
            start, end = sorted(dice.randrange(-1, world.seconds + 2) for _ in range(2))
            given = [promise for promise in kept if start <= promise.at < end]
            period = [NOON + timedelta(seconds=at) for at in (start, end)]
            found = figures(session, period[0], period[1], world.now)
            assert [each.as_row() for each in found] == _counted(given)


def _written(world: World, at: datetime, *, is_past: bool = False) -> tuple[datetime, list[dict[str, Any]]]:
    """The figures of all that was before this moment, with the moment."""
    with world.database.reading() as session:
        return at, [each.as_row() for each in figures(session, NOON, at, at, is_past=is_past)]


def _counted(promises: list[Promise]) -> list[dict[str, Any]]:
    """The rows over all, by specialty, site and language, from what the second hand knows of each promise."""
    clinics = {"home": "Home clinic", "other": "Other clinic"}
    values: dict[str, Callable[[Promise], str]] = {
        "all": lambda _each: "",
        "specialty": lambda each: each.asked.specialty or HOME,
        "site": lambda each: clinics[each.asked.site],
        "language": lambda each: each.asked.language,
    }
    rows = []
    for clock in ("allocate", "first_reply", "next_reply", "family_informed"):
        own = [each for each in promises if each.clock == clock]
        groups = [
            (by, value, [each for each in own if value_of(each) == value])
            for by, value_of in values.items()
            for value in sorted({value_of(each) for each in own})
        ]
        for by, value, group in groups:
            within = sum(each.is_within for each in group)
            row: dict[str, Any] = {"clock": clock, "by": by, "value": value, "count": len(group), "within": within}
            row["percent_within"] = round(100 * within / len(group), 1)
            for kind in ("wall", "net"):
                spans = sorted(getattr(each, kind) for each in group)
                for share in (50, 90, 99):
                    nearest = spans[math.ceil(len(spans) * share / 100) - 1]
                    row[f"{kind}_p{share}_h"] = round(nearest / 3600, 2)
            rows.append(row)
    return rows

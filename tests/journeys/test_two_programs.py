"""Two programs in one installation: whatever anybody of one asks for or sends, no answer holds anything of the other.

Every address that the application has is asked with numbers of both programs, and every form is sent. Each name, text
and address of a program carries its mark, and each number of a row is known, so that anything that comes over is seen.
Now and then an account is opened at an address of the other program's, and somebody goes over to their own.
Of pages each is looked at in turn by whoever may come there, first by those who reach a whole program and not one
clinic or family: where a look forgets the program, they are who would see it.
The normal run takes a few hundred steps, `-m slow` ten thousand.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter
from werkzeug.test import TestResponse

from econsult.birthdays import AgeTask
from econsult.consults import answers
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.sealing import Withdrawing, withdraw_consent
from econsult.erasure.retention import place_hold
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import make_token, open_session
from econsult.rosters.shifts import TimeOff
from econsult.tables import METADATA
from tests.journeys.doors import Doors
from tests.personas import ANSWER, LEASE, Clinic, grown_youth, open_clinic
from tests.services.homes import Homes
from tests.web.browsing import SESSION, TOKEN
from tests.web.conftest import new_guest
from tests.web.test_who_may import (
    ADMIN,
    CLINIC,
    DESK,
    DIRECTOR,
    FAMILY,
    INVITED,
    LETTER,
    NURSE,
    PRIVACY,
    SPECIALIST,
    WHO,
)
from workers.runtime import Runtime

STEPS = int(os.environ.get("TWO_PROGRAMS_STEPS", "250"))
MARKS = ("qqa-", "qqb-")
ROLES = ("mother", "pcp", "derm", "derm2", "neuro", "coordinator", "nurse", "director", "admin")
OTHERS = ("officer", "youth", "guest")
AT_DOORS = 0.04
"""Of so many steps one is about accounts and links."""
SKIPPED = ("/static/", "/health/", "/sign-out", "/sign-in", "/account/close", "/language", "/gateway/")
"""What is of no program: files, the door, and a provider of text messages."""
WORDS = {"text": "{m}words", "reason": "{m}why", "question": "{m}Is this eczema, and what should we do now?"}
FIELDS = ("person", "to", "specialty", "urgency", "lane", "verb", "disposition", "method", "number", "consult", "email")
WIDE = (SPECIALIST, DESK, DIRECTOR, ADMIN, PRIVACY)
"""Whom no clinic and no family bounds."""
NEAR = (*FAMILY, CLINIC, NURSE, INVITED)
FITTING = {
    "/family/children/": "patient",
    "/family/": "consult",
    "/families/": "patient",
    "/invitations/": "patient",
    "/clinic/phone/": "patient",
    "/clinic/requests/": "consult",
    "/consults/": "consult",
    "/calls/": "consult",
    "/coordination/": "consult",
    "/api/v1/consults/": "consult",
    "/privacy/sealed/": "consult",
    "/privacy/records/": "patient",
    "/program/accounts/": "person",
}
"""Of what the first number in an address is; elsewhere it may be anything's."""
NAMED = {"person": "person", "to": "person", "consult": "consult"}
VALUES = ("dermatology", "neurology", "urgent", "routine", "family", "clinicians", "coordination", "message", "phone")


@dataclass
class Side:
    """One program: who of it asks, which numbers are its, and what of it must never be seen elsewhere."""

    mark: str
    clinic: Clinic
    others: dict[str, Person] = field(default_factory=dict)
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    csrf: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    kinds: dict[str, list[str]] = field(default_factory=dict)

    def person(self, role: str) -> Person:
        found: Person = self.others[role] if role in OTHERS else getattr(self.clinic, role)
        return found


@pytest.fixture
def runtime(homes: Homes) -> Iterator[Runtime]:
    found = homes.take()
    yield found
    homes.give_back(found)


@pytest.fixture
def sides(homes: Homes, runtime: Runtime) -> tuple[Side, Side]:
    now = datetime.now(UTC) - timedelta(hours=1)
    found = []
    for mark in MARKS:
        clinic = open_clinic(runtime.database, vault=runtime.vault, now=now, mark=mark)
        with runtime.database.writing() as session:
            asked = {"question": f"{mark}Is this atopic dermatitis, and what should we do?"}
            for own in (clinic.econsult, clinic.draft):
                own(session, now=now, **asked)
            for make in (clinic.answered, clinic.family_question):
                make(session, now=now)
            _special(runtime, session, clinic, now)
        found.append(Side(mark, clinic, _others(runtime, clinic, mark)))
    return found[0], found[1]


def _special(runtime: Runtime, session: Session, clinic: Clinic, now: datetime) -> None:
    """What pages of their own show: a family to be called at once, a danger sign, and files that a family sealed."""
    sealed, urgent = clinic.claimed(session, now=now), clinic.claimed(session, now=now)
    withdraw_consent(session, runtime.vault, sealed, clinic.pcp, Withdrawing("parent", "verbal", "en"), now=now)
    content = {**ANSWER, "disposition": "emergency_now"}
    answers.save_draft(session, urgent, clinic.derm, content, now=now, lease=LEASE)
    answers.sign(session, urgent, clinic.derm, now=now)
    stopped = clinic.family_draft(session, now=now)
    session.add(RedFlagStop(consult_id=stopped.id, person_id=clinic.mother.id, codes="breathing", at=now))
    # And what lists of the desk, the administrator and the officer hold.
    soon, child = now + timedelta(days=7), session.get_one(Patient, clinic.child.id)
    session.add(TimeOff(person_id=clinic.neuro.id, starts_at=now, ends_at=soon))
    session.add(AgeTask(program_id=child.program_id, patient_id=child.id, age=12, is_ahead=False, opened_at=now))
    session.execute(update(RelatedPerson).where(RelatedPerson.patient_id == child.id).values(authority_until=soon))
    place_hold(session, child, None, "The court asked to keep this record.", now=now)


def _others(runtime: Runtime, clinic: Clinic, mark: str) -> dict[str, Person]:
    """The privacy officer, the other clinic's child as a young person, and a device that was invited for the first."""
    now, grown = datetime.now(UTC), replace(clinic, child=clinic.other_child, pcp=clinic.other_pcp)
    about = {"email": f"{mark}officer@clinic.test", "name": f"{mark}Vera", "role": Role.PRIVACY, "now": now}
    with runtime.database.writing() as session:
        officer = add_person(session, runtime.database.cipher, session.merge(clinic.program), **about)
        youth = grown_youth(session, runtime.database, grown, now)
    return {"officer": officer, "youth": youth, "guest": new_guest(runtime, clinic)}


def _rules(app: Flask, method: str) -> list[Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return sorted((rule for rule in rules if not rule.rule.startswith(SKIPPED)), key=lambda rule: rule.rule)


class Walk:
    """Somebody of one of the programs does something, again and again."""

    def __init__(self, app: Flask, runtime: Runtime, sides: tuple[Side, Side], seed: int) -> None:
        self.app, self.runtime, self.sides, self.dice = app, runtime, sides, random.Random(seed)
        self.decks: dict[str, list[tuple[str, Rule]]] = {"GET": [], "POST": []}
        self.seen: dict[int, int] = {}
        self.shut: set[tuple[str, str]] = set()
        self.doors = Doors(app, runtime)

    def learn(self) -> None:
        """Which numbers are of which program by now."""
        with self.runtime.database.reading() as session:
            for side in self.sides:
                kinds = _kinds_of(session, side.clinic.program.id)
                side.kinds = {name: sorted(numbers) for name, numbers in kinds.items()}
                side.numbers = sorted(set().union(*kinds.values()))
        ours, theirs = (set(side.numbers) for side in self.sides)
        assert not ours & theirs

    def step(self) -> None:
        mine, other = self.dice.sample(self.sides, 2)
        if self.dice.random() < AT_DOORS:
            self._at_doors(mine, other)
            return
        is_read = self.dice.random() < 0.6
        role, rule = self._choice(mine, "GET" if is_read else "POST")
        address = self._address(rule, mine, other)
        answer = self._ask(mine, role, "GET" if is_read else "POST", address, self._fields(mine, other))
        if answer.status_code == 403:
            self.shut.add((role, rule.rule))
        self._judge(other, answer, self._sent, (rule.rule, role, address))

    def _at_doors(self, mine: Side, other: Side) -> None:
        kin = self.doors.relative(other.clinic, other.mark)
        act = self.dice.choice((self.doors.take, self.doors.go_over))
        act(mine.clinic, kin, f"{mine.mark}Kin", lambda answer, at: self._judge(other, answer, at, (act.__name__, at)))

    def _judge(self, other: Side, answer: TestResponse, given: str, told: tuple[str, ...]) -> None:
        """Nothing of the other program is in the answer but what stood in the question."""
        self.seen[answer.status_code] = self.seen.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (told, answer.status_code)
        said = answer.get_data().decode(errors="replace") + str(answer.headers)
        leaked = [secret for secret in (other.mark, *other.numbers) if secret in said and secret not in given]
        # What the caller has sent itself may come back to it in its own form.
        assert leaked == [], told

    def _choice(self, mine: Side, method: str) -> tuple[str, Rule]:
        """Who asks for what, each pair in its turn; not what was refused to this role already."""
        deck = self.decks[method]
        while True:
            if not deck:
                deck += self._deck(mine, method)
            role, rule = deck.pop()
            if (role, rule.rule) not in self.shut:
                return role, rule

    def _deck(self, mine: Side, method: str) -> list[tuple[str, Rule]]:
        """Everybody with every address where they may come, in any order; last, and so first, who reach far."""
        rules = [(rule, self._comers(rule, method)) for rule in _rules(self.app, method)]
        letters = {role: LETTER[Role(mine.person(role).role)] for role in (*ROLES, *OTHERS)}
        near: list[tuple[str, Rule]] = []
        far: list[tuple[str, Rule]] = []
        for rule, comers in rules:
            for letter in comers:
                role = self.dice.choice([each for each, own in letters.items() if own == letter])
                (far if letter in WIDE else near).append((role, rule))
        self.dice.shuffle(near)
        self.dice.shuffle(far)
        return near + far

    def _comers(self, rule: Rule, method: str) -> str:
        """The letters of those who may come to an address; of one that is for programs somebody far and somebody near.

        These are refused where they may not: no table has who may ask them.
        """
        found = WHO.get(f"{method} {rule.rule}")
        return self.dice.choice(WIDE) + self.dice.choice(NEAR) if found is None else found

    def _address(self, rule: Rule, mine: Side, other: Side) -> str:
        whose = self.dice.choice((mine, other))
        values: dict[str, Any] = {name: self._value(rule, name, whose) for name in rule.arguments}
        fitting = max((start for start in FITTING if rule.rule.startswith(start)), key=len, default="")
        if own := whose.kinds.get(FITTING.get(fitting, "")):
            first = next((name for name in rule._converters if name in rule.arguments), "")
            values |= {first: self.dice.choice(own)} if isinstance(values.get(first), str) else {}
        address = self.app.url_map.bind("localhost").build(rule.endpoint, values, method=None, force_external=False)
        self._sent = address
        return address

    def _value(self, rule: Rule, name: str, whose: Side) -> Any:
        if isinstance(rule._converters[name], NumberConverter):
            return self.dice.randrange(1, 12)
        return self.dice.choice(whose.numbers)

    def _fields(self, mine: Side, other: Side) -> dict[str, str]:
        fields = {name: words.format(m=mine.mark) for name, words in WORDS.items()}
        for name in self.dice.sample(FIELDS, 4):
            fitting = other.kinds.get(NAMED.get(name, "")) or other.numbers
            foreign = [number for number in fitting if number not in self._sent] or other.numbers
            fields[name] = self.dice.choice((*VALUES, self.dice.choice(mine.numbers), self.dice.choice(foreign)))
        return fields

    def _ask(self, side: Side, role: str, method: str, address: str, fields: dict[str, str]) -> TestResponse:
        self._sent += " ".join(fields.values())
        if address.startswith(("/api/", "/uploads", "/media/")):
            named = {"Authorization": f"Bearer {self._token(side, role)}", "Tus-Resumable": "1.0.0"}
            body = fields if method == "POST" else None
            return self.app.test_client().open(address, method=method, json=body, headers=named)
        browser = self._browser(side, role)
        if method == "GET":
            return browser.get(address)
        return browser.post(address, data={"csrf_token": side.csrf[role], **fields})

    def _token(self, side: Side, role: str) -> str:
        if role not in side.tokens:
            with self.runtime.database.writing() as session:
                side.tokens[role] = make_token(session, side.person(role), datetime.now(UTC))
        return side.tokens[role]

    def _browser(self, side: Side, role: str) -> FlaskClient:
        """A browser in which this person is signed in, anew where a form has ended that."""
        browser = side.browsers.setdefault(role, self.app.test_client())
        page = browser.get("/nowhere")
        if page.status_code == 404 and "/sign-out" in page.text:
            return browser
        with self.runtime.database.writing() as session:
            person = session.get_one(Person, side.person(role).id)
            browser.set_cookie(SESSION, open_session(session, person, datetime.now(UTC)))
        found = TOKEN.search(browser.get("/nowhere").text)
        assert found is not None
        side.csrf[role] = found[1]
        return browser


def _numbers_of(session: Session, program_id: int) -> set[str]:
    """The public numbers of all rows that hang on a program."""
    return set().union(*_kinds_of(session, program_id).values())


def _kinds_of(session: Session, program_id: int) -> dict[str, set[str]]:
    """The same by the names of their tables."""
    found: dict[str, set[str]] = {}
    owners = {"program": {program_id}}
    for table in METADATA.sorted_tables:
        parents = [key for key in table.foreign_keys if key.column.table.name in owners]
        names = [name for name in ("program_id", "patient_id", "consult_id", "attachment_id") if name in table.c]
        if not names or not parents:
            continue
        name = names[0]
        parent = name.removesuffix("_id")
        rows = session.execute(select(table).where(table.c[name].in_(owners.get(parent, set())))).mappings().all()
        owners[table.name] = {row["id"] for row in rows}
        found[table.name] = {row["public_id"] for row in rows if "public_id" in table.c}
    return found


def test_nothing_of_one_program_comes_to_the_other(homes: Homes, runtime: Runtime, sides: tuple[Side, Side]) -> None:
    _live(homes, runtime, sides, STEPS, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_so_it_is_in_ten_thousand_steps(homes: Homes, runtime: Runtime, sides: tuple[Side, Side]) -> None:
    _live(homes, runtime, sides, 10_000, seed=2)


def _live(homes: Homes, runtime: Runtime, sides: tuple[Side, Side], steps: int, seed: int) -> None:
    walk = Walk(homes.app(runtime), runtime, sides, seed)
    for number in range(steps):
        if number % 50 == 0:
            walk.learn()
        walk.step()
    assert walk.seen.get(200, 0) > steps / 50
    assert walk.doors.opened > walk.doors.went_over > 0
    with runtime.database.reading() as session:
        _check_rows(session)


MIXED = """
SELECT count(*) FROM consult c JOIN patient o ON o.id = c.patient_id
SELECT count(*) FROM consult c JOIN person o ON o.id = c.holder_id
SELECT count(*) FROM consult c JOIN organization o ON o.id = c.organization_id
SELECT count(*) FROM consult c JOIN notice n ON n.consult_id = c.id JOIN person o ON o.id = n.person_id
SELECT count(*) FROM consult c JOIN message m ON m.consult_id = c.id JOIN person o ON o.id = m.author_id
SELECT count(*) FROM shift c JOIN person o ON o.id = c.person_id
SELECT count(*) FROM related_person r JOIN patient c ON c.id = r.patient_id JOIN person o ON o.id = r.person_id
"""
"""Rows that hang together; none may be of two programs."""


def _check_rows(session: Session) -> None:
    """Nothing of one program has been tied to anything of the other."""
    for statement in MIXED.strip().splitlines():
        assert session.execute(text(statement + " WHERE c.program_id <> o.program_id")).scalar_one() == 0, statement
    assert session.scalars(select(Consult.id)).all()

"""Passkeys: only the one that was added, here, now, once, of this person, and not one that was copied."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from econsult.database import Database
from econsult.errors import InvalidError, NotFoundError, TooManyTriesError
from econsult.people import factors, passkeys, proving, standing
from econsult.people.authenticators import site_of
from econsult.people.passkeys import MOST, Passkey, PasskeyChallenge, has_passkeys, passkeys_of
from econsult.people.persons import Person
from econsult.people.proving import ASKED_FROM_ONE, LIVES, Place
from econsult.people.signin import clear_factor, close_account, sweep_sign_ins
from econsult.people.standing import LastFactorError
from econsult.people.totp import new_secret
from econsult.trail import AuditEvent
from tests.econsult.soft_key import PRESENT, SoftKey
from tests.personas import NOON, Clinic, open_clinic
from tests.workers.clinic import wait_until

SITE = site_of("http://localhost:8000", "Test program")
assert SITE is not None
HERE = Place(SITE, "a token of this browser", ("somewhere",))
MINUTE = timedelta(minutes=1)
ODD: tuple[Any, ...] = (None, 7, "x", [], {}, {"response": None}, {"response": {}}, {"id": "x", "response": {"a": 1}})


def added(database: Database, person: Person, key: SoftKey, place: Place = HERE) -> bool:
    with database.writing() as session:
        asked = proving.ask_to_add(session, place, person, now=NOON)
        return proving.add(session, place, person, key.make(asked), "Chrome, Linux", now=NOON) is not None


def asked_for(database: Database, person: Person | None = None, place: Place = HERE) -> str:
    with database.writing() as session:
        return proving.ask_to_prove(session, place, person, now=NOON)


def proven(
    database: Database, answer: Any, person: Person | None = None, place: Place = HERE, after: timedelta = MINUTE
) -> str:
    with database.writing() as session:
        found = proving.prove(session, place, person, answer, now=NOON + after)
        return found.email if found else ""


@pytest.fixture
def key(database: Database, clinic: Clinic) -> SoftKey:
    """A passkey of the dermatologist."""
    key = SoftKey()
    assert added(database, clinic.derm, key)
    return key


def test_a_family_has_none_that_could_not_open_the_house_alone(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        chosen = [
            json.loads(proving.ask_to_add(session, HERE, each, now=NOON))["authenticatorSelection"]
            for each in (clinic.mother, clinic.derm)
        ]
    assert [(each["residentKey"], each["userVerification"]) for each in chosen] == [
        ("required", "required"),
        ("preferred", "preferred"),
    ]
    assert not added(database, clinic.mother, SoftKey(flags=PRESENT))
    assert added(database, clinic.mother, SoftKey())
    assert added(database, clinic.derm, SoftKey(flags=PRESENT))


def test_who_has_it_is_known_by_it_and_proves_a_password_right(
    database: Database, clinic: Clinic, key: SoftKey
) -> None:
    assert proven(database, key.prove(asked_for(database))) == "derm@clinic.test"
    assert proven(database, key.prove(asked_for(database, clinic.derm)), clinic.derm) == "derm@clinic.test"
    with database.reading() as session:
        passkey = session.scalars(select(Passkey)).one()
        assert (passkey.sign_count, passkey.used_at) == (2, NOON + MINUTE)
        rows = session.execute(
            select(AuditEvent.action, AuditEvent.detail)
            .where(AuditEvent.action.contains("passkey"))
            .order_by(AuditEvent.id)
        )
        assert [tuple(row) for row in rows] == [
            ("add_passkey", ""),
            ("use_passkey", "alone"),
            ("use_passkey", "second"),
        ]


HOSTILE: dict[str, Callable[[SoftKey], SoftKey]] = {
    "a false page": lambda key: replace(key, origin="http://localhost.evil.test:8000"),
    "another port": lambda key: replace(key, origin="http://localhost:8001"),
    "a foreign host": lambda key: replace(key, host="evil.test"),
    "a frame of another site": lambda key: replace(key, cross_origin=True),
    "nobody there": lambda key: replace(key, flags=0),
    "no user verified": lambda key: replace(key, flags=PRESENT),
    "a copied key that counts from before": lambda key: replace(key, count=-1),
    "another key": lambda key: replace(key, secret=SoftKey().secret),
    "another user's name on it": lambda key: replace(key, handle="0" * 32),
    "a key that nobody added": lambda key: replace(key, credential_id=b"x" * 32),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_was_made_elsewhere_or_by_somebody_else_opens_nothing(
    database: Database, clinic: Clinic, key: SoftKey, case: str
) -> None:
    key.count = 4
    assert proven(database, key.prove(asked_for(database)))
    false = HOSTILE[case](key)
    assert proven(database, false.prove(asked_for(database))) == ""
    if case != "no user verified":
        assert proven(database, HOSTILE[case](key).prove(asked_for(database, clinic.derm)), clinic.derm) == ""
    assert proven(database, replace(key, count=9).prove(asked_for(database)))


def test_after_a_password_touching_the_key_is_enough(database: Database, clinic: Clinic, key: SoftKey) -> None:
    touched = replace(key, flags=PRESENT)
    assert proven(database, touched.prove(asked_for(database, clinic.derm)), clinic.derm) == "derm@clinic.test"


def test_an_answer_fits_its_own_question_once_in_its_own_browser_for_five_minutes(
    database: Database, clinic: Clinic, key: SoftKey
) -> None:
    asked = asked_for(database)
    answer = key.prove(asked)
    assert proven(database, answer, after=LIVES) == ""
    assert proven(database, answer, place=replace(HERE, browser="another browser")) == ""
    assert proven(database, answer, clinic.derm) == ""
    assert proven(database, answer) == "derm@clinic.test"
    assert proven(database, answer) == ""
    assert proven(database, key.prove(asked)) == ""
    invented = json.dumps({"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    assert proven(database, key.prove(invented)) == ""
    assert proven(database, key.prove(asked_for(database), kind="webauthn.create")) == ""
    # A wrong answer uses its question up as well.
    asked = asked_for(database)
    assert proven(database, replace(key, origin="http://evil.test").prove(asked)) == ""
    assert proven(database, replace(key, count=20).prove(asked)) == ""


def test_of_two_that_bring_one_answer_one_comes_in(database: Database, key: SoftKey) -> None:
    answer = key.prove(asked_for(database))
    with ThreadPoolExecutor(4) as many:
        found = sorted(many.map(lambda _: proven(database, answer), range(4)))
    assert found == ["", "", "", "derm@clinic.test"]


def test_nobody_comes_in_whose_account_is_closed_while_they_touch_it(postgres_database: Database) -> None:
    derm, key = open_clinic(postgres_database).derm, SoftKey()
    assert added(postgres_database, derm, key)
    answer = key.prove(asked_for(postgres_database))
    with postgres_database.writing() as session:
        before = session.get_one(Person, derm.id)
        assert before.is_active
        with postgres_database.writing() as operator:
            close_account(operator, operator.get_one(Person, derm.id), NOON)
        assert proving.prove(session, HERE, None, answer, now=NOON + MINUTE) is None


def test_whoever_closes_an_account_and_who_touches_its_passkey_wait_for_each_other_and_neither_is_ended(
    postgres_database: Database,
) -> None:
    derm, key = open_clinic(postgres_database).derm, SoftKey()
    assert added(postgres_database, derm, key)
    waiting = text("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as pool, postgres_database.writing() as session:
        owner = session.get_one(Person, derm.id)
        close_account(session, owner, NOON)
        touched = pool.submit(proven, postgres_database, key.prove(asked_for(postgres_database)))
        wait_until(lambda: bool(session.scalar(waiting)))
        passkeys.remove_all(session, owner)
        session.commit()
        assert touched.result(30) == ""


def test_nobody_comes_in_by_another_persons_passkey(database: Database, clinic: Clinic, key: SoftKey) -> None:
    own = SoftKey()
    assert added(database, clinic.mother, own)
    # Whoever knows a colleague's password has a key of their own, and not the colleague's.
    assert proven(database, own.prove(asked_for(database, clinic.derm)), clinic.derm) == ""
    assert proven(database, replace(own, handle=clinic.derm.public_id).prove(asked_for(database))) == ""
    with database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.derm.id).values(is_active=False))
    assert proven(database, key.prove(asked_for(database))) == ""


@pytest.mark.parametrize("case", ["origin", "host", "cross_origin", "flags"])
def test_a_passkey_that_was_made_elsewhere_is_not_added(database: Database, clinic: Clinic, case: str) -> None:
    false = {"origin": "http://evil.test", "host": "evil.test", "cross_origin": True, "flags": 0}
    assert not added(database, clinic.derm, replace(SoftKey(), **{case: false[case]}))


def test_one_passkey_is_one_persons_and_its_question_that_persons(
    database: Database, clinic: Clinic, key: SoftKey
) -> None:
    assert not added(database, clinic.mother, replace(key))
    with database.writing() as session:
        asked = proving.ask_to_add(session, HERE, clinic.derm, now=NOON)
        assert proving.add(session, HERE, clinic.mother, SoftKey().make(asked), "", now=NOON) is None
        late = NOON + LIVES
        assert proving.add(session, HERE, clinic.derm, SoftKey().make(asked), "", now=late) is None
        assert proving.add(session, HERE, clinic.derm, SoftKey().make(asked), "", now=NOON) is not None
        assert proving.add(session, HERE, clinic.derm, SoftKey().make(asked), "", now=NOON) is None


def test_bytes_that_make_no_sense_are_refused_and_nothing_breaks(database: Database, key: SoftKey) -> None:
    dice = random.Random(7)
    with database.writing() as session:
        for _ in range(300):
            asked = proving.ask_to_prove(session, replace(HERE, sources=(str(dice.random()),)), None, now=NOON)
            answer = key.prove(asked)
            part = dice.choice([*answer["response"], "id", "rawId", "type", "response"])
            holder = answer["response"] if part in answer["response"] else answer
            spoilt = list(str(holder[part]))
            spoilt[dice.randrange(len(spoilt))] = dice.choice("AZ_-=/+{\x00é")
            holder[part] = dice.choice(["".join(spoilt), None, 7, [], {}, "", "A" * 20_000, spoilt])
            proving.prove(session, HERE, None, answer, now=NOON)
        for odd in ODD:
            assert proving.prove(session, HERE, None, odd, now=NOON) is None


def test_questions_keep_no_secret_and_are_counted_by_person_and_place(database: Database, clinic: Clinic) -> None:
    asked = json.loads(asked_for(database, clinic.derm))["challenge"]
    with database.reading() as session:
        assert asked not in str(session.execute(text("SELECT * FROM passkey_challenge")).all())
    for _ in range(ASKED_FROM_ONE - 1):
        asked_for(database, clinic.derm)
    with pytest.raises(TooManyTriesError):
        asked_for(database, clinic.derm)
    asked_for(database, clinic.derm, place=replace(HERE, sources=("elsewhere",)))
    asked_for(database, clinic.mother)
    with database.writing() as session:
        sweep_sign_ins(session, NOON + LIVES)
        assert session.scalars(select(PasskeyChallenge)).all() == []


def test_who_asks_without_an_account_shuts_nobody_out_at_the_same_address(
    database: Database, clinic: Clinic, key: SoftKey
) -> None:
    stranger = replace(HERE, browser="a stranger")
    asked = asked_for(database, place=stranger)
    spoilt = replace(key, origin="http://evil.test")
    for _ in range(ASKED_FROM_ONE + 10):
        # Whoever has seen somebody's passkey may answer as well; that fills no trail.
        assert proven(database, spoilt.prove(asked_for(database, place=stranger)), place=stranger) == ""
    with database.reading() as session:
        refused = select(AuditEvent.id).where(AuditEvent.action == "refuse_passkey")
        assert len(session.scalars(refused).all()) == ASKED_FROM_ONE
    assert proven(database, key.prove(asked_for(database))) == "derm@clinic.test"
    assert proven(database, key.prove(asked_for(database, clinic.derm)), clinic.derm) == "derm@clinic.test"
    # What one browser was asked fits no other, and its end cannot be moved.
    assert proven(database, key.prove(asked)) == ""
    sent = base64.urlsafe_b64decode(json.loads(asked)["challenge"] + "==")
    later = sent[:-33] + bytes([sent[-33] ^ 64]) + sent[-32:]
    moved = json.dumps({"challenge": base64.urlsafe_b64encode(later).decode().rstrip("=")})
    assert proven(database, key.prove(moved), place=stranger) == ""
    assert proven(database, key.prove(asked), place=stranger) == "derm@clinic.test"


def test_they_are_removed_by_their_owner_or_all_by_the_operator(
    database: Database, clinic: Clinic, key: SoftKey
) -> None:
    with database.writing() as session:
        (mine,) = passkeys_of(session, clinic.derm)
        with pytest.raises(NotFoundError):
            passkeys.remove(session, clinic.mother, mine.public_id, now=NOON)
        passkeys.remove(session, clinic.derm, mine.public_id, now=NOON)
    assert proven(database, key.prove(asked_for(database))) == ""
    for _ in range(MOST):
        assert added(database, clinic.derm, SoftKey())
    with pytest.raises(InvalidError), database.writing() as session:
        proving.ask_to_add(session, HERE, clinic.derm, now=NOON)
    with database.writing() as session:
        assert clear_factor(session, clinic.derm, NOON)
        assert passkeys_of(session, clinic.derm) == []
        assert not clear_factor(session, clinic.derm, NOON)


@pytest.mark.parametrize("order", [("app", "passkey"), ("passkey", "app"), ()])
def test_of_an_app_and_a_passkey_one_stays_also_when_both_go_at_the_same_moment(
    database: Database, clinic: Clinic, key: SoftKey, order: tuple[str, ...]
) -> None:
    with database.writing() as session:
        codes = factors.set_up(session, clinic.derm, new_secret(), 1, now=NOON)
        (mine,) = passkeys_of(session, clinic.derm)

    def take(what: str) -> bool:
        try:
            with database.writing() as session:
                if what == "app":
                    standing.remove_app(session, clinic.derm, is_required=True, now=NOON)
                else:
                    standing.remove_passkey(session, clinic.derm, mine.public_id, is_required=True, now=NOON)
        except LastFactorError:
            return False
        return True

    if order:
        assert [take(each) for each in order] == [True, False]
    else:
        with ThreadPoolExecutor(2) as both:
            assert sum(both.map(take, ("app", "passkey"))) == 1
    with database.reading() as session:
        assert factors.stands(session, clinic.derm) != has_passkeys(session, clinic.derm)
        assert factors.codes_left(session, clinic.derm) == len(codes)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://care.example.org", ("care.example.org", "https://care.example.org")),
        ("https://care.example.org:443/", ("care.example.org", "https://care.example.org")),
        ("https://care.example.org:8443/x", ("care.example.org", "https://care.example.org:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]:8443", None),
    ],
)
def test_the_site_follows_from_the_setting_and_a_number_is_none(address: str, found: tuple[str, str] | None) -> None:
    site = site_of(address, "x")
    assert (None if site is None else (site.host, site.origin)) == found

"""The second factor: codes that work once, recovery codes, and guesses that are counted."""

from __future__ import annotations

import multiprocessing
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Event

import pyotp
import pytest
from sqlalchemy import select, text, update

from econsult.database import Database
from econsult.errors import TooManyTriesError
from econsult.installation import open_installation
from econsult.people import account, factors, halfway, signin
from econsult.people.factors import Proof
from econsult.people.halfway import Wanted
from econsult.people.persons import Person, Role, add_person
from econsult.people.totp import STEP_SECONDS, app_address, in_fours, matching_step, new_secret, step_of
from econsult.settings import load_settings
from econsult.trail import AuditEvent
from tests.personas import NOON, Clinic
from tests.schema import lay_schema

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
STEP = timedelta(seconds=STEP_SECONDS)


def code_at(secret: str, moment: datetime) -> str:
    return pyotp.TOTP(secret).at(moment)


def enrolled(database: Database, person: Person, secret: str) -> tuple[str, ...]:
    """Set the app up a day ago; returns the recovery codes."""
    with database.writing() as session:
        before = NOON - timedelta(days=1)
        return factors.set_up(session, person, secret, step_of(before), now=before)


def proves(database: Database, person: Person, given: str, now: datetime = NOON, proof: Proof = Proof.APP) -> bool:
    with database.writing() as session:
        return factors.prove(session, database.cipher, person, given, proof, now=now)


def deeds(database: Database, person: Person) -> list[tuple[str, str]]:
    with database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.entity_id == person.public_id).order_by(AuditEvent.id)
        return [(row.action, row.detail) for row in session.scalars(query) if row.action != "create"]


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(second: int, code: str) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    assert matching_step(RFC_SECRET, code, moment) == second // 30
    assert matching_step(RFC_SECRET, f" {code[:3]} {code[3:]} ", moment) == second // 30


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_fast_or_slow(steps: int, fits: bool) -> None:
    secret = new_secret()
    assert (matching_step(secret, code_at(secret, NOON + steps * STEP), NOON) is not None) is fits


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "\uff11" * 6, "12345\x00", "9" * 5000, "-23456"])
def test_what_is_no_code_is_refused_without_a_crash(given: str) -> None:
    assert matching_step(new_secret(), given, NOON) is None


def test_a_secret_is_long_random_and_readable() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(one) == 32
    assert in_fours(one).replace(" ", "") == one
    assert app_address(one, "a b@c.test", "Mesa Children's Program").startswith("otpauth://totp/Mesa%20Children")


def test_a_code_works_once_and_earlier_ones_no_more(database: Database, clinic: Clinic) -> None:
    enrolled(database, clinic.derm, secret := new_secret())
    now, before, after = (code_at(secret, NOON + steps * STEP) for steps in (0, -1, 1))
    assert proves(database, clinic.derm, now)
    assert not proves(database, clinic.derm, now)
    assert not proves(database, clinic.derm, before), "a code that was seen before the used one"
    assert proves(database, clinic.derm, after)
    assert not proves(database, clinic.derm, now, NOON + STEP)
    refused = ("refuse_code", "second_factor")
    assert deeds(database, clinic.derm) == [("set_up_factor", ""), refused, refused, refused]


def test_one_of_many_at_once_takes_a_code(database: Database, clinic: Clinic) -> None:
    enrolled(database, clinic.derm, secret := new_secret())
    code = code_at(secret, NOON)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: proves(database, clinic.derm, code), range(4))) == 1


def _prove_in_child(folder: str, code: str, start: Barrier) -> None:
    """Exit with 1 where the code was taken; both processes begin at the same instant."""
    installation = open_installation(load_settings({"ECONSULT_DATA": folder}))
    with installation.database.reading() as session:
        person = session.scalars(select(Person)).one()
    start.wait()
    is_right = proves(installation.database, person, code)
    installation.close()
    sys.exit(int(is_right))


def test_of_two_processes_one_takes_a_code(tmp_path: Path) -> None:
    installation = open_installation(load_settings({"ECONSULT_DATA": str(tmp_path)}))
    lay_schema(installation.database)
    with installation.database.writing() as session:
        program = installation.vault.ensure_program(session, "Mesa", NOON)
        cipher = installation.database.cipher
        person = add_person(session, cipher, program, email="a@c.test", name="Ada", role=Role.ADMIN, now=NOON)
    enrolled(installation.database, person, secret := new_secret())
    installation.close()
    context = multiprocessing.get_context("spawn")
    asked = (str(tmp_path), code_at(secret, NOON), context.Barrier(2, timeout=60))
    children = [context.Process(target=_prove_in_child, args=asked) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert {child.exitcode for child in children} == {0, 1}


def test_each_recovery_code_works_once_for_its_owner(database: Database, clinic: Clinic) -> None:
    first, second, *rest = enrolled(database, clinic.derm, new_secret())
    enrolled(database, clinic.derm2, new_secret())
    assert len({first, second, *rest}) == factors.RECOVERY_CODES
    assert re.fullmatch(r"([2-9A-HJKMNP-Z]{5}-){4}[2-9A-HJKMNP-Z]{5}", first)
    assert not proves(database, clinic.derm2, first, proof=Proof.RECOVERY)
    assert proves(database, clinic.derm, first.lower().replace("-", " "), proof=Proof.RECOVERY)
    assert not proves(database, clinic.derm, first, proof=Proof.RECOVERY)
    assert not proves(database, clinic.derm, second, proof=Proof.APP), "a recovery code is not a code of the app"
    with database.reading() as session:
        standing = factors.standing(session, clinic.derm)
    assert standing is not None
    assert (standing.codes_left, standing.has_few) == (9, False)
    assert ("use_recovery_code", "") in deeds(database, clinic.derm)


def test_one_of_many_at_once_takes_a_recovery_code(database: Database, clinic: Clinic) -> None:
    code = enrolled(database, clinic.derm, new_secret())[0]
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: proves(database, clinic.derm, code, proof=Proof.RECOVERY), range(4))) == 1


def test_a_recovery_code_that_was_moved_to_somebody_else_opens_nothing(database: Database, clinic: Clinic) -> None:
    code = enrolled(database, clinic.derm, new_secret())[0]
    enrolled(database, clinic.derm2, new_secret())
    with database.writing() as session:
        session.execute(update(factors.RecoveryCode).values(person_id=clinic.derm2.id))
    assert not proves(database, clinic.derm2, code, proof=Proof.RECOVERY)


def test_a_form_that_comes_several_times_at_once_lets_in_once_and_is_no_guess(
    database: Database, clinic: Clinic
) -> None:
    enrolled(database, clinic.derm, secret := new_secret())
    with database.writing() as session:
        token = halfway.begin(session, clinic.derm, Wanted.CODE, NOON)

    def send(_number: int) -> str:
        with database.writing() as session:
            found = halfway.take(session, token, NOON)
            if found is None:
                return "over"
            given = code_at(secret, NOON)
            is_right = factors.prove(session, database.cipher, found.person, given, Proof.APP, now=NOON)
            halfway.end_all(session, found.person)
            return "in" if is_right else "refused"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == ["in", "over", "over", "over"]


def test_a_code_that_is_judged_while_sessions_end_leaves_no_session(database: Database, clinic: Clinic) -> None:
    enrolled(database, clinic.derm, secret := new_secret())
    with database.writing() as session:
        token = halfway.begin(session, clinic.derm, Wanted.CODE, NOON)
    is_taken, is_ended = Event(), Event()

    def judge() -> bool:
        with database.writing() as session:
            found = halfway.take(session, token, NOON)
            assert found is not None
            is_taken.set()
            # Whoever ends the sessions waits for this transaction: else the session that it opens would outlast them.
            went_by = is_ended.wait(0.3)
            given = code_at(secret, NOON)
            assert factors.prove(session, database.cipher, found.person, given, Proof.APP, now=NOON)
            signin.open_session(session, found.person, NOON, has_factor=True)
        return went_by

    with ThreadPoolExecutor(1) as pool:
        judged = pool.submit(judge)
        assert is_taken.wait(10)
        with database.writing() as session:
            account.end_others(session, clinic.derm, 0, NOON)
        is_ended.set()
        assert judged.result() is False
    with database.reading() as session:
        assert session.scalars(select(signin.SignInSession)).all() == []


def test_new_recovery_codes_void_the_old_ones(database: Database, clinic: Clinic) -> None:
    old = enrolled(database, clinic.derm, new_secret())[0]
    with database.writing() as session:
        new = factors.renew_codes(session, clinic.derm, now=NOON)[0]
    assert not proves(database, clinic.derm, old, proof=Proof.RECOVERY)
    assert proves(database, clinic.derm, new, proof=Proof.RECOVERY)


def test_neither_the_secret_nor_a_recovery_code_lies_in_the_database(database: Database, clinic: Clinic) -> None:
    secret = new_secret()
    codes = enrolled(database, clinic.derm, secret)
    with database.writing() as session:
        halfway.begin(session, clinic.nurse, Wanted.SET_UP, NOON)
        begun = session.scalars(select(halfway.HalfwaySignIn.secret)).one()
        tables = ("second_factor", "recovery_code", "halfway_sign_in")
        kept = "".join(str(session.execute(text(f"SELECT * FROM {name}")).all()) for name in tables)  # noqa: S608 - ours.
    assert begun is not None
    wanted = (secret, begun, *codes, *(code.replace("-", "") for code in codes))
    assert not any(word.casefold() in kept.casefold() for word in wanted)


def test_guessing_is_counted_by_person_and_by_nothing_else(database: Database, clinic: Clinic) -> None:
    codes = enrolled(database, clinic.derm, secret := new_secret())
    enrolled(database, clinic.derm2, secret)
    for proof in (Proof.APP, Proof.RECOVERY, Proof.APP, Proof.RECOVERY, Proof.APP):
        assert not proves(database, clinic.derm, "no such code", proof=proof)
    for given, proof in ((code_at(secret, NOON), Proof.APP), (codes[0], Proof.RECOVERY)):
        with pytest.raises(TooManyTriesError):
            proves(database, clinic.derm, given, proof=proof)
    assert proves(database, clinic.derm2, code_at(secret, NOON)), "others are not shut out"
    later = NOON + factors.TRY_WINDOW
    assert proves(database, clinic.derm, code_at(secret, later), later)


def test_patient_guessing_ends_for_the_day(database: Database, clinic: Clinic) -> None:
    enrolled(database, clinic.derm, secret := new_secret())
    with database.writing() as session:
        at = (NOON - timedelta(minutes=20 * number) for number in range(1, factors.TRIES_A_DAY + 1))
        session.add_all(factors.FactorTry(person_id=clinic.derm.id, at=moment) for moment in at)
    with pytest.raises(TooManyTriesError):
        proves(database, clinic.derm, code_at(secret, NOON))
    tomorrow = NOON + factors.DAY
    with database.writing() as session:
        assert signin.sweep_sign_ins(session, tomorrow) == factors.TRIES_A_DAY
    assert proves(database, clinic.derm, code_at(secret, tomorrow), tomorrow)


def test_many_guesses_at_once_are_all_counted(database: Database, clinic: Clinic) -> None:
    enrolled(database, clinic.derm, new_secret())

    def guess(_number: int) -> None:
        with suppress(TooManyTriesError):
            proves(database, clinic.derm, "no such code")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(16)))
    with database.reading() as session:
        assert len(session.scalars(select(factors.FactorTry)).all()) == factors.TRIES


def test_a_new_password_keeps_the_factor_and_ends_what_was_half_open(database: Database, clinic: Clinic) -> None:
    enrolled(database, clinic.derm, secret := new_secret())
    with database.writing() as session:
        assert halfway.wanted_of(session, clinic.derm, is_required=False) == Wanted.CODE
        token = halfway.begin(session, clinic.derm, Wanted.CODE, NOON)
        signin.set_password(session, session.merge(clinic.derm), "stored", NOON)
        assert halfway.find(session, token, NOON) is None
        assert factors.stands(session, clinic.derm)
    assert proves(database, clinic.derm, code_at(secret, NOON))


def test_only_the_operators_password_forgets_wrong_codes(database: Database, clinic: Clinic) -> None:
    enrolled(database, clinic.derm, secret := new_secret())
    for _ in range(factors.TRIES):
        proves(database, clinic.derm, "no such code")
    with database.writing() as session:
        signin.set_password(session, session.merge(clinic.derm), "stored", NOON, by=clinic.derm)
    with pytest.raises(TooManyTriesError):
        proves(database, clinic.derm, code_at(secret, NOON))
    with database.writing() as session:
        signin.set_password(session, session.merge(clinic.derm), "stored", NOON)
    assert proves(database, clinic.derm, code_at(secret, NOON))


def test_clearing_a_lost_factor_ends_sessions_links_and_what_was_half_open(database: Database, clinic: Clinic) -> None:
    codes = enrolled(database, clinic.derm, new_secret())
    with database.writing() as session:
        token = signin.open_session(session, clinic.derm, NOON, has_factor=True)
        other = signin.open_session(session, clinic.derm2, NOON)
        link = signin.make_link(session, clinic.derm, NOON)
        waiting = halfway.begin(session, clinic.derm, Wanted.CODE, NOON)
    with database.writing() as session:
        assert signin.clear_factor(session, clinic.derm, NOON)
        assert not signin.clear_factor(session, clinic.derm, NOON)
        assert signin.visitor_by_session(session, token, NOON) is None
        assert signin.visitor_by_session(session, other, NOON) is not None
        assert signin.use_link(session, link, NOON) is None
        assert halfway.find(session, waiting, NOON) is None
        assert not factors.stands(session, clinic.derm)
    assert not proves(database, clinic.derm, codes[0], proof=Proof.RECOVERY)
    with database.reading() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.action == "clear_factor")).one()
        assert (row.person_id, row.entity_id) == (None, clinic.derm.public_id)


@pytest.mark.parametrize(
    ("wanted", "lives"), [(Wanted.CODE, timedelta(minutes=10)), (Wanted.SET_UP, timedelta(minutes=30))]
)
def test_a_sign_in_does_not_stay_half_open_for_long(
    database: Database, clinic: Clinic, wanted: Wanted, lives: timedelta
) -> None:
    with database.writing() as session:
        token = halfway.begin(session, clinic.derm, wanted, NOON)
        assert halfway.find(session, token, NOON + lives - timedelta(seconds=1)) is not None
        assert halfway.find(session, token, NOON + lives) is None
        assert halfway.find(session, token + "x", NOON) is None
        session.merge(clinic.derm).is_active = False
        assert halfway.take(session, token, NOON) is None
        assert signin.sweep_sign_ins(session, NOON + lives) == 1


@pytest.mark.parametrize(
    ("name", "is_required", "wanted"),
    [
        ("derm", True, Wanted.SET_UP),
        ("derm", False, Wanted.NOTHING),
        ("admin", True, Wanted.SET_UP),
        ("mother", True, Wanted.NOTHING),
    ],
)
def test_staff_must_have_one_where_it_is_required(
    database: Database, clinic: Clinic, name: str, is_required: bool, wanted: Wanted
) -> None:
    with database.writing() as session:
        assert halfway.wanted_of(session, getattr(clinic, name), is_required=is_required) == wanted

"""Another master key takes the place of the old one: under load, killed in the middle, in the right order only.

The load is there for the keys of programs as well, whose change `tests.econsult.test_rekeying` shows else.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import LargeBinary, String, Text, column, delete, func, select, table
from sqlalchemy.orm import Session

from econsult.database import Database
from econsult.heartbeats import Heartbeat, beat
from econsult.people.attempts import sign_in
from econsult.people.factors import Proof, RecoveryCode, prove, set_up
from econsult.people.links import AskedLink, ask_link
from econsult.people.passwords import hash_password, is_password
from econsult.people.patients import Patient
from econsult.people.persons import Person, person_by_email
from econsult.people.totp import new_secret
from econsult.rekeying import states
from econsult.rotation import rows_under
from econsult.tables import METADATA
from econsult.trail_check import check_trail
from tests.econsult.keyed_house import House, line_of, start, until
from tests.personas import NOON, Clinic

PASSWORD = "correct horse battery staple"
KEPT = {"sign_in_try.account", "sign_in_try.source", "asked_link.source"}
"""Marks of throttles, which count for a quarter of an hour and are not made anew."""


def _fill(house: House) -> tuple[bytes, bytes]:
    """One of nearly everything that rests sealed; returns the key of an object, plain and wrapped."""
    clinic, database = house.clinic, house.database
    ask_link(database, "mother@clinic.test", source="192.0.2.1", browser="b" * 32, now=NOON)
    assert sign_in(database, "mother@clinic.test", "wrong password here", source="192.0.2.1", now=NOON) is None
    with database.writing() as session:
        clinic.answered(session)
        clinic.family_question(session)
        session.get_one(Person, clinic.pcp.id).password_hash = hash_password(PASSWORD)
        set_up(session, session.get_one(Person, clinic.derm.id), new_secret(), 0, now=NOON)
        return clinic.vault.new_object_key(session, clinic.child, "a" * 32)


def _under(database: Database, name: str) -> dict[str, int]:
    """How many values of which text column begin with this key's id, whatever the program believes about itself."""
    found: dict[str, int] = {}
    with database.reading() as session:
        for each in METADATA.sorted_tables:
            for known in each.columns:
                if isinstance(known.type, String | Text) or hasattr(known.type, "context"):
                    bare = table(each.name, column(known.name, Text))
                    query = select(func.count()).select_from(bare).where(bare.c[known.name].like(f"{name}.%"))
                    count = session.scalar(query)
                    if count:
                        found[f"{each.name}.{known.name}"] = count
                elif isinstance(known.type, LargeBinary):
                    values = session.execute(select(known)).scalars()
                    if any(value and value[1 : 1 + value[0]] == name.encode() for value in values):
                        found[f"{each.name}.{known.name}"] = 1
    return found


def test_after_a_rotation_nothing_needs_the_old_key_and_everything_opens(house: House) -> None:
    plain, wrapped = _fill(house)
    old = house.current()
    assert "program.key_wrapped" in _under(house.database, old)
    assert f"No row needs {old}" in house.run("rotate")
    new = house.current()
    assert new != old
    assert set(_under(house.database, old)) <= KEPT
    house.settle()
    said = house.run("retire", old)
    assert "public key" in said
    assert house.keys.read_text().count(":") == 1
    assert (house.keys.with_name("keys.retired").read_text().count(old), house.keys.stat().st_mode & 0o777) == (
        1,
        0o600,
    )
    _check_all(house, plain, wrapped)
    assert house.run("status").startswith(f"{new} (current): ")


def _check_all(house: House, plain: bytes, wrapped: bytes) -> None:
    """A process that starts now, with the new key alone, opens everything."""
    later, clinic = house.fresh(), house.clinic
    with later.database.reading() as session:
        for each in METADATA.sorted_tables:
            session.execute(select(each)).all()
        found = person_by_email(session, later.database.cipher, "mother@clinic.test")
        assert found is not None
        assert is_password(session.get_one(Person, clinic.pcp.id).password_hash, PASSWORD)
        assert session.get_one(Patient, clinic.child.id).name == "Luz Prueba"
        assert later.vault.object_key(session, clinic.child.id, "a" * 32, wrapped) == plain
    with later.database.reading() as session:
        assert [checked.fault for checked in check_trail(session, [])] == [""]
    later.close()


@pytest.mark.wide
def test_running_it_again_makes_no_other_key_and_changes_nothing(house: House) -> None:
    _fill(house)
    house.run("rotate")
    new = house.current()
    again = house.run("rotate")
    assert again.startswith(f"0 rows were sealed anew with {new}")
    assert "No new key was made, since the ring still holds another." in again
    assert house.run("status").count("\n") == 2


def test_a_recovery_code_outlives_the_key_and_an_older_one_holds_it_back(house: House) -> None:
    database, person = house.database, house.clinic.derm
    with database.writing() as session:
        codes = set_up(session, session.get_one(Person, person.id), new_secret(), 0, now=NOON)
        older = database.cipher.blind_index(f"{person.public_id} {codes[1].replace('-', '')}", "recovery_code.code")
        second = session.scalars(select(RecoveryCode).order_by(RecoveryCode.id).offset(1).limit(1)).one()
        second.code_hash = older
    old = house.current()
    assert "1 recovery codes still need" in house.run("rotate")
    with database.writing() as session:
        assert prove(session, database.cipher, person, codes[1], Proof.RECOVERY, now=NOON)
        session.add(RecoveryCode(person_id=person.id, code_hash=older))
    house.settle()
    house.run("retire", old, refused=f"1 recovery codes still need {old}")
    house.run("retire", old, "--end-recovery-codes")
    later = house.fresh()
    with later.database.writing() as session:
        assert prove(session, later.database.cipher, person, codes[0], Proof.RECOVERY, now=NOON)
    later.close()


@pytest.mark.parametrize("database", [pytest.param("sqlite", marks=pytest.mark.slow), "postgres"], indirect=True)
@pytest.mark.wide
def test_others_work_on_in_their_own_processes_meanwhile(house: House) -> None:
    _fill(house)
    others = [start("tests.econsult.busy", house) for _ in range(2)]
    assert [line_of(other) for other in others] == ["busy", "busy"]
    old = house.current()
    house.run("rotate-program")
    house.run("rotate")
    house.run("rotate-program")
    house.run("rotate")
    for other in others:
        other.terminate()
        said, wrong = other.communicate(timeout=60)
        assert (other.returncode, wrong) == (0, ""), wrong
        assert int(said) > 1
    assert set(_under(house.database, old)) <= KEPT
    assert _under(house.database, house.current())["person.email_index"] > len(others)
    with house.database.reading() as session:
        [program] = states(session)
    assert (program.version, program.left, program.began_at) == (3, 0, None)
    assert program.children > len(others) + 2


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
def test_a_rotation_that_was_killed_goes_on_where_it_was(house: House) -> None:
    plain, wrapped = _fill(house)
    marks = {"account": "k.0", "source": "k.1", "browser_hash": "0", "created_at": NOON}
    with house.database.writing() as session:
        session.add_all(AskedLink(email=f"m{number}@family.test", **marks) for number in range(8000))
    old = house.current()
    rotating = start("econsult", house, "keys", "rotate")
    until(lambda: 0 < _left(house, old) < 7900)
    rotating.kill()
    rotating.communicate()
    assert 0 < _left(house, old) < 8001
    with house.database.reading() as session:
        assert len({asked.email for asked in session.scalars(select(AskedLink))}) == 8001
    assert f"No row needs {old}" in house.run("rotate")
    house.settle()
    house.run("retire", old)
    _check_all(house, plain, wrapped)


def _left(house: House, name: str) -> int:
    with house.database.reading() as session:
        return rows_under(session, [name])[name].get("asked_link", 0)


def test_the_wrong_order_is_refused_with_one_sentence(house: House) -> None:
    old = house.current()
    house.run("retire", old, refused=f"^{old} is the current key: run keys rotate first.\n$")
    house.run("retire", "k0", refused="^The key ring holds no key k0: see keys status.\n$")
    house.run("rotate", "--to", "k0", refused="holds no key k0")
    house.run("add")
    new = house.keys.read_text().splitlines()[1].partition(":")[0]
    assert house.current() == old
    house.run("rotate", "--to", new)
    assert house.current() == new
    house.run("retire", old, refused="less than ten minutes ago")
    house.settle()
    with house.database.writing() as session:
        _put_back(session, house.clinic, old)
    house.run("retire", old, refused=f"^1 rows still need {old}: run keys rotate first.\n$")
    assert house.keys.read_text().count(old) == 1


def _put_back(session: Session, clinic: Clinic, name: str) -> None:
    """A row that still carries the old key's id."""
    bare = table("person", column("id"), column("email_index", Text))
    session.execute(bare.update().where(bare.c.id == clinic.mother.id).values(email_index=f"{name}.0"))


def test_a_key_that_a_living_process_lacks_is_not_put_to_use(house: House) -> None:
    old, now = house.current(), datetime.now(UTC)
    with house.database.writing() as session:
        beat(session, "fast-1", "fast", now, keys=[old])
        beat(session, "slow-1", "slow", now - timedelta(seconds=91))
    house.run("rotate", "--wait", "0", refused="^The process fast-1 does not know the key k")
    assert house.current() == old
    new = house.keys.read_text().splitlines()[1].partition(":")[0]
    with house.database.writing() as session:
        beat(session, "fast-1", "fast", now, keys=house.database.cipher.ids)
        assert session.scalars(select(Heartbeat.key_ids).where(Heartbeat.name == "fast-1")).one() == f"{old} {new}"
    house.run("rotate", "--to", new, "--wait", "0")
    with house.database.writing() as session:
        session.execute(delete(Heartbeat))
    assert house.current() == new


def test_keys_that_stand_in_the_environment_are_not_rotated(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECONSULT_KEYS", house.keys.read_text())
    for words in (["rotate"], ["add"], ["retire", house.current()]):
        house.run(*words, refused="put them into a file, name it in ECONSULT_KEYS_FILE, restart every process")
    monkeypatch.delenv("ECONSULT_KEYS")
    monkeypatch.setenv("ECONSULT_KEYS_FILE", str(house.keys))
    house.run("rotate")


def test_a_value_that_was_tampered_with_holds_its_key_back_and_nothing_else(house: House) -> None:
    old = house.current()
    bare = table("person", column("id"), column("name", Text))
    with house.database.writing() as session:
        session.execute(bare.update().where(bare.c.id == house.clinic.mother.id).values(name=f"{old}.AAAA"))
    assert "cannot be opened" in house.run("rotate")
    assert _under(house.database, old) == {"person.name": 1}
    house.settle()
    house.run("retire", old, refused="1 rows still need")

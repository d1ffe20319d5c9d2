"""Another key takes the place of a program's own: under load, killed amid, twice at once, and beside a new master."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import column, func, insert, select, table, text, update
from sqlalchemy.orm import Session

from econsult import rekeying
from econsult.__main__ import main
from econsult.database import Database
from econsult.erasure.asking import Wish, ask_erasure, ask_program
from econsult.erasure.carrying import Tools, erase_due
from econsult.erasure.records import Basis
from econsult.people.patients import Patient, add_patient
from econsult.people.persons import Program
from econsult.rotation import rows_under
from econsult.trail import AuditEvent
from econsult.trail_check import check_trail
from econsult.vault import Vault, child_header
from storage.keys import Purpose, WrongKey, key_context, unwrap
from storage.ringfile import add_key, make_current
from tests.beside import beside
from tests.econsult.keyed_house import House, start, until
from tests.personas import NOON, Clinic, open_clinic

FILE, LATER = "a" * 32, NOON + timedelta(days=8)
ORDER = Wish(Basis.ORDER, "The family court ordered it in case 12-345.")
BORN = {"birth_date": "2024-05-01", "now": NOON}


def _no_pause() -> None:
    """Nobody is waited for here."""


def _register(session: Session, vault: Vault, program: Program, name: str = "New Child") -> Patient:
    return add_patient(session, program, key_wrapped=vault.new_patient_key(session, program), name=name, **BORN)


def _change(database: Database, clinic: Clinic) -> int:
    """The whole of a change, as the command does it; returns how many children held the former key back."""
    with database.writing() as session:
        program = session.get_one(Program, clinic.program.id)
        rekeying.begin(session, clinic.vault, program, NOON)
        version = program.key_version
    rekeying.wrap_anew(database, clinic.vault, program.id, _no_pause)
    with database.writing() as session:
        return rekeying.end(session, session.get_one(Program, program.id), version, NOON)


def _versions(session: Session) -> dict[str, int]:
    """Under which version each child's key is, told by its first bytes; 0 where there is none."""
    rows = session.execute(select(Patient.public_id, Patient.key_wrapped))
    return {name: int.from_bytes(key[1:5], "big") if key[:1] == b"\x02" else len(key[:1]) for name, key in rows}


def _plain_key(session: Session, clinic: Clinic) -> bytes:
    """What somebody has stolen who saw the memory of a process: the program's first key itself."""
    program = session.get_one(Program, clinic.program.id)
    return clinic.vault.ring.unwrap(program.key_wrapped, key_context(Purpose.PROGRAM, program=program.public_id))


def _opens(session: Session, clinic: Clinic, program_key: bytes) -> list[bool]:
    """Of each child, whether this key opens its key as it rests now, wherever in it that begins."""
    context = key_context(Purpose.PATIENT, program=clinic.program.public_id)

    def is_open(wrapped: bytes) -> bool:
        try:
            return bool(unwrap(wrapped, program_key, context))
        except WrongKey:
            return False

    return [is_open(key) or is_open(key[5:]) for key in session.scalars(select(Patient.key_wrapped))]


def _marks(session: Session, clinic: Clinic) -> list[str]:
    """What tells that two files are the same, and that what was told of a child is."""
    vault, number = clinic.vault, clinic.child.id
    return [vault.content_mark(session, number, "0" * 64), vault.told_mark(session, number, "Luz")]


def test_everything_opens_afterwards_and_what_was_stolen_before_opens_nothing(house: House) -> None:
    clinic, database = house.clinic, house.database
    with database.writing() as session:
        stolen, marks = _plain_key(session, clinic), _marks(session, clinic)
        plain, wrapped = clinic.vault.new_object_key(session, clinic.child, FILE)
        kept = clinic.vault.set_aside(session, clinic.child.id, FILE, wrapped)
        assert _opens(session, clinic, stolen) == [True, True]
    assert house.run("rotate-program") == "2 children's keys were wrapped anew with key 2. Key 1 is forgotten."
    with database.writing() as session:
        _register(session, clinic.vault, clinic.program)
        assert _opens(session, clinic, stolen) == [False, False, False]
        assert set(_versions(session).values()) == {2}
        assert session.get_one(Program, clinic.program.id).former_key_wrapped is None
    later = house.fresh()
    with later.database.reading() as session:
        assert later.vault.object_key(session, clinic.child.id, FILE, wrapped) == plain
        assert later.vault.bring_back(session, clinic.child.id, FILE, kept) == plain
        assert _marks(session, clinic) == marks
        acts = select(AuditEvent.action, AuditEvent.detail).where(AuditEvent.action.endswith("program_key"))
        noted = [tuple(act) for act in session.execute(acts.order_by(AuditEvent.id))]
        assert noted == [("rotate_program_key", "2"), ("forget_program_key", "1")]
    with later.database.reading() as session:
        assert [checked.fault for checked in check_trail(session, [])] == [""]
    later.close()
    assert house.run("rotate-program").startswith("3 children's keys were wrapped anew with key 3.")
    assert house.run("status").endswith('program "Test program": key 3, 3 children')
    with database.reading() as session:
        assert clinic.vault.object_key(session, clinic.child.id, FILE, wrapped) == plain


@pytest.mark.wide
def test_a_change_that_was_killed_goes_on_and_people_work_meanwhile(house: House) -> None:
    clinic, database = house.clinic, house.database
    with database.writing() as session:
        files = [clinic.vault.new_object_key(session, each, FILE) for each in (clinic.child, clinic.other_child)]
        _copy_child(session, clinic, 4000)
    changing = start("econsult", house, "keys", "rotate-program")
    until(lambda: 0 < _left(database) < 4002)
    changing.kill()
    changing.communicate()
    left = _left(database)
    assert 0 < left < 4002
    assert f"{left} not under it yet: keys rotate-program goes on" in house.run("status")
    with database.writing() as session:
        new = _register(session, clinic.vault, clinic.program)
        assert _versions(session)[new.public_id] == 2
        for child, (plain, wrapped) in zip((clinic.child, clinic.other_child), files, strict=True):
            assert clinic.vault.object_key(session, child.id, FILE, wrapped) == plain
    said = house.run("rotate-program")
    assert said.startswith(f"{left} children's keys were wrapped anew with key 2. Key 1 is forgotten.")
    assert "had begun before" in said
    with database.reading() as session:
        assert set(_versions(session).values()) == {2}
        for child, (plain, wrapped) in zip((clinic.child, clinic.other_child), files, strict=True):
            assert clinic.vault.object_key(session, child.id, FILE, wrapped) == plain


def _copy_child(session: Session, clinic: Clinic, count: int) -> None:
    """So many more children, whose sealed columns rest as those of the first one do."""
    bare = table("patient", *(column(each.name) for each in Patient.__table__.columns))
    row = dict(session.execute(select(bare).where(bare.c.id == clinic.child.id)).mappings().one())
    del row["id"]
    session.execute(insert(bare), [row | {"public_id": f"{number:032x}"} for number in range(count)])


def _left(database: Database) -> int:
    with database.reading() as session:
        [state] = rekeying.states(session)
        return state.left if state.began_at else 0


def test_a_change_and_a_new_master_wait_for_each_other(house: House) -> None:
    clinic, database, old = house.clinic, house.database, house.current()
    make_current(house.keys, add_key(house.keys))
    with database.writing() as session:
        plain, wrapped = clinic.vault.new_object_key(session, clinic.child, FILE)
        rekeying.begin(session, clinic.vault, session.get_one(Program, clinic.program.id), NOON)
    with database.reading() as session:
        # The new key is under the new master, and the former one, which all children's keys hang on, is not.
        assert rows_under(session, [old])[old]["program"] == 1
    house.run("rotate")
    with database.reading() as session:
        assert rows_under(session, [old])[old] == {}
    house.settle()
    house.run("retire", old)
    assert house.run("rotate-program").startswith("2 children's keys")
    with database.reading() as session:
        assert clinic.vault.object_key(session, clinic.child.id, FILE, wrapped) == plain


def test_two_at_once_end_one_change_and_neither_ends_the_next(house: House) -> None:
    clinic, database = house.clinic, house.database
    with database.writing() as session:
        program = session.get_one(Program, clinic.program.id)
        assert rekeying.begin(session, clinic.vault, program, NOON)
    with database.writing() as session:
        assert not rekeying.begin(session, clinic.vault, session.get_one(Program, program.id), NOON)
    assert house.run("rotate-program").startswith("2 children's keys were wrapped anew with key 2.")
    assert rekeying.wrap_anew(database, clinic.vault, program.id, _no_pause) == 0
    with database.writing() as session:
        assert rekeying.end(session, session.get_one(Program, program.id), 2, NOON) == 0
        ended = select(func.count()).where(AuditEvent.action == "forget_program_key")
        assert session.scalar(ended) == 1
        rekeying.begin(session, clinic.vault, session.get_one(Program, program.id), NOON)
    with database.writing() as session:
        # The first of the two comes back after a third has begun: what is left is not its own.
        assert rekeying.end(session, session.get_one(Program, program.id), 2, NOON) == 0
        assert session.get_one(Program, program.id).former_key_wrapped
        assert rekeying.end(session, session.get_one(Program, program.id), 3, NOON) == 2


def test_a_child_whose_key_cannot_be_opened_holds_the_former_one_back(house: House) -> None:
    clinic, database = house.clinic, house.database
    with database.writing() as session:
        whole = session.get_one(Patient, clinic.child.id).key_wrapped
        session.get_one(Patient, clinic.child.id).key_wrapped = whole[:-1] + bytes([whole[-1] ^ 1])
    house.run("rotate-program", refused="^1 children's keys were wrapped anew. 1 cannot be opened, so key 1 stays")
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).key_wrapped = whole
    assert house.run("rotate-program").startswith("1 children's keys were wrapped anew with key 2.")


def test_a_key_that_no_master_opens_any_more_gets_no_successor(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.database.writing() as session:
        session.get_one(Program, house.clinic.program.id).key_wrapped = b"\x02k0" + b"\x01" * 61
    house.run("rotate-program", refused="^The key of this program cannot be opened: see keys status.\n$")
    with house.database.reading() as session:
        assert session.get_one(Program, house.clinic.program.id).key_version == 1


def test_a_former_key_does_not_pass_for_the_current_one(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        rekeying.begin(session, clinic.vault, session.get_one(Program, clinic.program.id), NOON)
        program = session.get_one(Program, clinic.program.id)
        assert program.former_key_wrapped
        program.key_wrapped, program.former_key_wrapped = program.former_key_wrapped, program.key_wrapped
        session.flush()
        with pytest.raises(WrongKey):
            clinic.vault.new_patient_key(session, program)


def test_one_programs_key_changes_and_the_others_stays(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    second = open_clinic(house.database, vault=house.clinic.vault, mark="second-")
    house.run("rotate-program", refused="There are several programs")
    assert main(["--program", "second-Test program", "keys", "rotate-program"]) == 0
    capsys.readouterr()
    with house.database.reading() as session:
        found = _versions(session)
    assert [found[child.public_id] for child in (house.clinic.child, second.child, second.other_child)] == [1, 2, 2]


@pytest.fixture
def tools(postgres_database: Database, tmp_path: Any) -> Tools:
    return Tools(postgres_database.cipher, tmp_path)


def test_a_child_who_is_erased_just_now_does_not_come_back(postgres_database: Database, tools: Tools) -> None:
    database = postgres_database
    clinic = open_clinic(database)
    with database.writing() as session:
        ask_erasure(session, clinic.child, None, ORDER, now=NOON)
        rekeying.begin(session, clinic.vault, session.get_one(Program, clinic.program.id), NOON)

    def erase() -> None:
        with database.writing() as session:
            erase_due(session, tools, LATER)

    with beside(database, "SELECT patient.id, patient.key_wrapped", erase):
        rekeying.wrap_anew(database, clinic.vault, clinic.program.id, _no_pause)
    with database.writing() as session:
        assert session.get_one(Patient, clinic.child.id).key_wrapped == b""
        assert rekeying.end(session, session.get_one(Program, clinic.program.id), 2, NOON) == 0
        assert _versions(session) == {clinic.child.public_id: 0, clinic.other_child.public_id: 2}


def test_a_program_that_is_erased_just_now_keeps_neither_key(postgres_database: Database, tools: Tools) -> None:
    database = postgres_database
    clinic = open_clinic(database)
    with database.writing() as session:
        for child in (clinic.child, clinic.other_child):
            ask_erasure(session, child, None, ORDER, now=NOON)
    with database.writing() as session:
        erase_due(session, tools, LATER)
        ask_program(session, session.get_one(Program, clinic.program.id), now=NOON)
    begun: list[bool] = []

    def begin() -> None:
        with database.writing() as session:
            program = session.get_one(Program, clinic.program.id)
            begun.append(rekeying.begin(session, clinic.vault, program, NOON))

    with beside(database, "FROM patient", begin), database.writing() as session:
        erase_due(session, tools, LATER)
    with database.reading() as session:
        program = session.get_one(Program, clinic.program.id)
        assert (begun, program.key_wrapped, program.former_key_wrapped) == ([True], b"", None)


def _is_somebody_waiting(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.reading() as session:
        return bool(session.scalar(text(query)))


def test_a_child_whom_somebody_holds_is_waited_for_when_the_others_are_done(
    postgres_database: Database, tools: Tools
) -> None:
    database = postgres_database
    clinic = open_clinic(database)
    with database.writing() as session:
        ask_erasure(session, clinic.child, None, ORDER, now=NOON)
    left: list[int] = []
    changing = threading.Thread(target=lambda: left.append(_change(database, clinic)))

    def is_done(child: Patient) -> bool:
        with database.reading() as session:
            return _versions(session)[child.public_id] == 2

    with database.writing() as session:
        erase_due(session, tools, LATER)
        changing.start()
        until(lambda: is_done(clinic.other_child))
        until(lambda: bool(left) or _is_somebody_waiting(database))
        assert not left
    changing.join()
    assert left == [0]
    with database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).key_wrapped == b""
        assert session.get_one(Program, clinic.program.id).former_key_wrapped is None


def test_a_child_who_is_being_registered_is_under_a_key_that_is_kept(postgres_database: Database) -> None:
    database = postgres_database
    clinic = open_clinic(database)
    left: list[int] = []
    with (
        beside(database, "key_version", lambda: left.append(_change(database, clinic))),
        database.writing() as session,
    ):
        child = _register(session, clinic.vault, clinic.program)
        plain, wrapped = clinic.vault.new_object_key(session, child, FILE)
    assert left == [0]
    with database.reading() as session:
        assert clinic.vault.object_key(session, child.id, FILE, wrapped) == plain
        assert session.scalars(select(Program.key_version)).one() == 2


def test_a_child_brought_back_under_a_key_that_is_gone_is_told_and_opens_nothing(
    house: House,
) -> None:
    clinic, database = house.clinic, house.database
    with database.reading() as session:
        copied = session.get_one(Patient, clinic.child.id).key_wrapped
    house.run("rotate-program")
    with database.writing() as session:
        _plain, wrapped = clinic.vault.new_object_key(session, clinic.child, FILE)
        session.execute(update(Patient).where(Patient.id == clinic.child.id).values(key_wrapped=copied))
        assert copied[:1] == child_header(1)
        with pytest.raises(WrongKey, match="no key 1 any more"):
            clinic.vault.object_key(session, clinic.child.id, FILE, wrapped)
    assert house.run("status").endswith("2 children; 1 are under one that is gone")

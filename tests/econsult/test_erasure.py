"""The end of a record: refused while it must be kept, undone while it waits, and then gone for ever and everywhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, cast, column, delete, event, insert, literal_column, select, table, text, update
from sqlalchemy.orm import Session

from econsult import rekeying, tables
from econsult.access import consult_for, patient_for, patients_for
from econsult.birthdays import unseen_today
from econsult.consults import answers, telling
from econsult.consults.attachments import MediaKind, Received, receive
from econsult.consults.records import Consult
from econsult.consults.requests import withdraw
from econsult.consults.threads import among_clinicians
from econsult.database import Database, Sealed, SealedJson, open_database
from econsult.erasure import asking, retention
from econsult.erasure.asking import KeptError, Wish, ask_erasure, ask_program, child_named, undo_erasure
from econsult.erasure.carrying import AT_ONCE, Tools, erase_due, refuse_brought_back, replay
from econsult.erasure.forgetting import NAMELESS, forget_family
from econsult.erasure.places import places_of
from econsult.erasure.records import Basis, Erasure, RetentionHold
from econsult.erasure.register import FILE, read_lines
from econsult.erasure.retention import Retention, kept_until, lift_hold, place_hold, set_rule
from econsult.erasure.scrubbing import scrub
from econsult.errors import ErasedError, ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError, SettingError
from econsult.jobs import Job, JobKind
from econsult.notices import Notice, NoticeKind
from econsult.people.call_drafts import CallDraft, keep_call
from econsult.people.patients import Patient, add_patient, link_caregiver, note_patient
from econsult.people.persons import Person, Program, Role, add_person, person_by_email
from econsult.people.unsent import Form, Unsent, keep_unsent
from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.rotation import rows_under, seal_anew
from econsult.trail import AuditEvent
from econsult.trail_check import check_trail
from econsult.vault import Vault
from storage.keys import FieldCipher, WrongKey, generate
from storage.ringfile import RingFile, add_key, make_current
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic

CANARY = "ZQ7PHI"
WHY = "The family court ordered it in case 12-345."
ORDER = Wish(Basis.ORDER, WHY)
OBJECT = "a" * 32
LATER = NOON + timedelta(days=8)
NOT_A_CHILDS = {
    "asked_link",
    "audit_chain",
    "erasure",
    "halfway_sign_in",
    "mobile",
    "own_snippet",
    "person",
    "second_factor",
    "stopped_number",
    "typed_words",
    "unsent",
}
"""Tables with something sealed that is no child's: an account's, a program's, or what an erasure tells of itself."""


@pytest.fixture
def tools(database: Database, tmp_path: Path) -> Tools:
    return Tools(database.cipher, tmp_path / "anchors")


def _officer(session: Session, database: Database, clinic: Clinic, name: str = "vera") -> Person:
    details: dict[str, Any] = {"email": f"{name}@clinic.test", "name": name, "role": Role.PRIVACY}
    return add_person(session, database.cipher, clinic.program, now=NOON, **details)


def _told_and_closed(session: Session, clinic: Clinic) -> Consult:
    """An eConsult with words in every lane, a file and an answer, which has ended."""
    consult = clinic.take(session, clinic.econsult(session, question=f"{CANARY} is this a rash, and what helps?"))
    answer = ANSWER | {"impression": CANARY, "family_summary": f"{CANARY} is a rash. Use the cream."}
    answers.save_draft(session, consult, clinic.derm, answer, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)
    among_clinicians(session, consult, clinic.pcp, f"{CANARY} said on the telephone", now=NOON)
    receive(session, consult, Received(OBJECT, MediaKind.PHOTO, 100, f"{CANARY}.jpg", b"w", clinic.pcp.id), NOON)
    answers.acknowledge(session, consult, clinic.pcp, now=NOON)
    telling.inform(session, consult, clinic.pcp, method="phone", teach_back=True, now=NOON)
    answers.close(session, consult, clinic.pcp, reason=f"{CANARY} done", now=NOON)
    return consult


def _erase(database: Database, clinic: Clinic, tools: Tools, wish: Wish = ORDER) -> None:
    with database.writing() as session:
        ask_erasure(session, session.get_one(Patient, clinic.child.id), None, wish, now=NOON)
    with database.writing() as session:
        assert erase_due(session, tools, LATER) == 1


def _sealed_of(session: Session, patient_id: int) -> list[str]:
    """Every sealed value of the child's rows as it rests."""
    found: list[str] = []
    for each, is_own in places_of(patient_id):
        for known in each.columns:
            if isinstance(known.type, Sealed | SealedJson):
                found += session.scalars(
                    select(cast(literal_column(f"{each.name}.{known.name}"), Text)).select_from(each).where(is_own)
                )
    return [value for value in found if value]


def test_every_table_with_something_sealed_is_emptied_or_is_no_childs() -> None:
    of_child = {each.name for each, _ in places_of(1)}
    for each in tables.METADATA.sorted_tables:
        if any(isinstance(known.type, Sealed | SealedJson) for known in each.columns):
            assert (each.name in of_child) != (each.name in NOT_A_CHILDS), each.name


def test_nothing_of_the_child_can_be_read_any_more_and_nothing_of_another_is_lost(
    database: Database, clinic: Clinic, tools: Tools
) -> None:
    with database.writing() as session:
        consult = _told_and_closed(session, clinic)
        keep_unsent(session, clinic.nurse, Form("/clinic/children/new", [("name", CANARY)]), NOON)
        keep_call(session, clinic.child, clinic.pcp, [("story", CANARY)], now=NOON, seen=0)
        other_key, other_wrapped = clinic.vault.new_object_key(session, clinic.other_child, "b" * 32)
        _, wrapped = clinic.vault.new_object_key(session, clinic.child, OBJECT)
        session.flush()
        before = _sealed_of(session, clinic.child.id)
        measured = figures(session, NOON - timedelta(days=1), LATER, LATER)
        assert len(before) >= 10
    _erase(database, clinic, tools)
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        assert (child.name, child.key_wrapped, child.sex) == (child.alias, b"", "unknown")
        assert session.scalars(select(CallDraft)).all() == []
        assert not set(_sealed_of(session, child.id)) & set(before)
        assert CANARY not in _all_words(session)
        with pytest.raises(WrongKey):
            clinic.vault.object_key(session, child.id, OBJECT, wrapped)
        assert clinic.vault.object_key(session, clinic.other_child.id, "b" * 32, other_wrapped) == other_key
        assert session.get_one(Patient, clinic.other_child.id).name == clinic.other_child.name
        # Who might have opened it reads when it was erased; to others it was never there.
        for person in (clinic.pcp, clinic.derm):
            with pytest.raises(ErasedError, match=LATER.date().isoformat()):
                consult_for(session, session.get_one(Person, person.id), consult.public_id, now=LATER)
        with pytest.raises(ErasedError):
            patient_for(session, clinic.pcp, child.public_id, now=LATER)
        with pytest.raises(NotFoundError):
            consult_for(session, session.get_one(Person, clinic.other_pcp.id), consult.public_id, now=LATER)
        assert child.id not in [each.id for each in patients_for(session, clinic.coordinator, now=LATER)]
        with pytest.raises(ErasedError):
            _ = child.birth_date
    with database.reading() as session:
        assert figures(session, NOON - timedelta(days=1), LATER, LATER) == measured
        assert list(violations(session, LATER)) == []
        assert clinic.child.id not in unseen_today(session, LATER, 100)
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == "erase")).all()
        assert {(row.entity, row.detail) for row in rows} == {("patient", "order"), ("person", "")}
        assert [job.kind for job in session.scalars(select(Job).where(Job.kind == JobKind.ERASE))] == ["erase"]
    with database.reading() as session:
        assert [each.fault for each in check_trail(session, [])] == [""]


def _all_words(session: Session) -> str:
    """Every text of the database, opened where it is sealed."""
    found: list[object] = []
    for each in tables.METADATA.sorted_tables:
        for row in session.execute(select(each)):
            found += row
    return " ".join(str(value) for value in found)


def test_the_databases_own_files_hold_none_of_it(database: Database, clinic: Clinic, tools: Tools) -> None:
    if database.engine.dialect.name != "sqlite":
        # PostgreSQL gives the room of dead rows back by VACUUM, which must at least be allowed here.
        _erase(database, clinic, tools)
        scrub(database, ["patient", "consult"])
        return
    with database.writing() as session:
        # Some builds of SQLite overwrite by themselves, and others do not.
        session.execute(text("PRAGMA secure_delete = OFF"))
        _told_and_closed(session, clinic)
        session.flush()
        before = _sealed_of(session, clinic.child.id)
    path = Path(str(database.engine.url.database))
    scrub(database, [])
    assert all(value.encode() in path.read_bytes() for value in before if len(value) < 500)
    _erase(database, clinic, tools)
    scrub(database, ["patient"])
    content = path.read_bytes() + path.with_name(path.name + "-wal").read_bytes()
    # No other test gets a connection that overwrites nothing.
    database.close()
    assert not [value for value in before if value.encode()[:60] in content]


@pytest.mark.parametrize(
    ("born", "contact", "rule", "expected"),
    [
        ("2020-05-30", "2026-03-02", Retention(), "2048-05-30"),
        ("2008-02-29", "2026-03-02", Retention(10, 18, 7), "2036-03-02"),
        ("2008-02-29", "2026-03-02", Retention(1, 21, 7), "2029-03-01"),
    ],
)
def test_the_rule_counts_from_the_last_contact_or_to_an_age(
    database: Database, clinic: Clinic, born: str, contact: str, rule: Retention, expected: str
) -> None:
    with database.writing() as session:
        set_rule(session, session.get_one(Program, clinic.program.id), rule, now=NOON)
        child = session.get_one(Patient, clinic.child.id)
        child.birth_date_text = born
        session.flush()
        assert kept_until(session, child).isoformat() == expected
        with pytest.raises(InvalidError):
            set_rule(session, session.get_one(Program, clinic.program.id), Retention(0, 18, 7), now=NOON)


def test_what_must_be_kept_is_refused_with_a_sentence(database: Database, clinic: Clinic, tools: Tools) -> None:
    with database.writing() as session:
        officer = _officer(session, database, clinic)
        child = session.get_one(Patient, clinic.child.id)
        consult = clinic.econsult(session)
        for basis in (Basis.ORDER, Basis.RETENTION):
            with pytest.raises(KeptError, match="still open"):
                ask_erasure(session, child, officer, Wish(basis, WHY), now=NOON)
        withdraw(session, consult, clinic.pcp, "", now=NOON)
        for basis in (Basis.RETENTION, Basis.REQUEST, Basis.MISTAKE):
            with pytest.raises(KeptError, match=kept_until(session, child).isoformat()):
                ask_erasure(session, child, officer, Wish(basis, WHY), now=NOON)
        with pytest.raises(InvalidError):
            Wish(Basis.ORDER, "court")
        with pytest.raises(ForbiddenError):
            ask_erasure(session, child, clinic.admin, ORDER, now=NOON)
        # Nobody ever sent anything about the other one.
        assert ask_erasure(session, clinic.other_child, officer, Wish(Basis.MISTAKE, WHY), now=NOON).due_at > NOON
        place_hold(session, child, officer, "Litigation hold of the state, 2026-77", now=NOON)
        with pytest.raises(KeptError, match="legal hold"):
            ask_erasure(session, child, officer, ORDER, now=NOON)
        hold = retention.hold_of(session, child)
        assert hold is not None
        retention.lift_hold(session, hold, officer, now=NOON)
        assert ask_erasure(session, child, officer, ORDER, now=NOON).patient_id == child.id


def test_a_hold_that_comes_while_it_waits_keeps_the_record(database: Database, clinic: Clinic, tools: Tools) -> None:
    with database.writing() as session:
        ask_erasure(session, clinic.child, None, ORDER, now=NOON)
        place_hold(session, clinic.child, None, "Litigation hold of the state, 2026-77", now=NOON)
    for moment in (LATER, LATER + timedelta(hours=1)):
        with database.writing() as session:
            erase_due(session, tools, moment)
    with database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).name == clinic.child.name
    assert list(read_lines(tools.folder)) == []


def test_it_can_be_undone_while_it_waits_and_every_other_officer_hears_of_it(
    database: Database, clinic: Clinic, tools: Tools
) -> None:
    with database.writing() as session:
        officer, other = (_officer(session, database, clinic, name) for name in ("vera", "pilar"))
        row = ask_erasure(session, clinic.child, officer, ORDER, now=NOON)
        assert ask_erasure(session, clinic.child, officer, ORDER, now=NOON) is row
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.ERASURE_ASKED)
        assert session.scalars(told).all() == [other.id]
    with database.writing() as session:
        assert erase_due(session, tools, NOON + timedelta(days=6)) == 0
        undo_erasure(session, session.get_one(Erasure, row.id), other, now=NOON)
    with database.writing() as session:
        assert erase_due(session, tools, LATER) == 0
        assert session.get_one(Patient, clinic.child.id).erased_at is None


def test_caregivers_of_no_other_child_are_forgotten_and_others_are_not(
    database: Database, clinic: Clinic, tools: Tools
) -> None:
    with database.writing() as session:
        both = add_person(
            session, database.cipher, clinic.program, email="both@x.test", name="Both", role=Role.CAREGIVER, now=NOON
        )
        for child in (clinic.child, clinic.other_child):
            link_caregiver(session, child, both, "father", NOON)
    _erase(database, clinic, tools)
    with database.reading() as session:
        mother = session.get_one(Person, clinic.mother.id)
        assert (mother.name, mother.is_active) == (NAMELESS, False)
        assert person_by_email(session, database.cipher, "mother@clinic.test") is None
        assert person_by_email(session, database.cipher, "both@x.test") is not None
        stranger = session.get_one(Person, clinic.stranger.id)
        assert (stranger.name, stranger.is_active) == (clinic.stranger.name, True)


def test_words_that_wait_for_the_record_of_another_child_wait_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        own = clinic.econsult(session)
        others = f"/families/{clinic.other_child.public_id}/note"
        for path in (f"/clinic/requests/{own.public_id}", f"/families/{clinic.child.public_id}", "/clinic/new", others):
            keep_unsent(session, clinic.pcp, Form(path, [("text", CANARY)]), NOON)
        forget_family(session, database.cipher, session.get_one(Patient, clinic.child.id), NOON)
        session.flush()
        assert [unsent.content["path"] for unsent in session.scalars(select(Unsent))] == [others]


def test_killed_after_the_register_was_written_it_is_done_again(
    database: Database, clinic: Clinic, tools: Tools
) -> None:
    with database.writing() as session:
        _told_and_closed(session, clinic)
        ask_erasure(session, clinic.child, None, ORDER, now=NOON)

    def killed() -> None:
        with database.writing() as session:
            erase_due(session, tools, LATER)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    with database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).name == clinic.child.name
    for _ in range(2):
        with database.writing() as session:
            erase_due(session, tools, LATER)
    with database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).erased_at == LATER
    assert len((tools.folder / FILE).read_text().splitlines()) == 1


def _lose(database: Database, tools: Tools) -> None:
    """An erasure whose line is in the register and whose transaction is lost."""
    with pytest.raises(KeyboardInterrupt), database.writing() as session:
        erase_due(session, tools, LATER)
        raise KeyboardInterrupt


def _ask_and_lose(database: Database, clinic: Clinic, tools: Tools) -> None:
    """An erasure that a court ordered, of which no more is left than its line."""
    with database.writing() as session:
        ask_erasure(session, clinic.child, None, ORDER, now=NOON)
    _lose(database, tools)


@pytest.mark.parametrize("act", ["hold", "undo", "question"])
def test_whatever_is_done_with_a_record_after_a_lost_erasure_is_stronger_than_its_line(
    database: Database, clinic: Clinic, tools: Tools, act: str
) -> None:
    with database.writing() as session:
        row = ask_erasure(session, clinic.child, None, ORDER, now=NOON)
    _lose(database, tools)
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        if act == "hold":
            # Whoever waited for the clock to let go of the record began before it.
            place_hold(session, child, None, "Litigation hold of the state, 2026-77", now=LATER - timedelta(seconds=9))
        elif act == "undo":
            undo_erasure(session, session.get_one(Erasure, row.id), None, now=LATER)
        else:
            clinic.econsult(session, now=LATER)
    with database.writing() as session:
        assert replay(session, tools, LATER) == 0
        assert erase_due(session, tools, LATER) == (0 if act == "undo" else 1)
    with database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).name == clinic.child.name
    assert len(list(read_lines(tools.folder))) == 1


def test_a_record_that_was_held_and_erased_later_does_not_come_back_with_its_hold(
    database: Database, clinic: Clinic, tools: Tools
) -> None:
    _ask_and_lose(database, clinic, tools)
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        place_hold(session, child, None, "Litigation hold of the state, 2026-77", now=LATER)
        erase_due(session, tools, LATER)
    with database.reading() as session:
        # What an older copy of this day knows.
        copied = session.get_one(Patient, clinic.child.id).key_wrapped
    much_later = LATER + timedelta(days=30)
    with database.writing() as session:
        lift_hold(session, session.scalars(select(RetentionHold)).one(), None, now=much_later)
        erase_due(session, tools, much_later)
    assert [line.at for line in read_lines(tools.folder)] == [LATER.isoformat(), much_later.isoformat()]
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).erased_at = None
        session.get_one(Patient, clinic.child.id).key_wrapped = copied
        session.execute(update(RetentionHold).values(lifted_at=None))
    with database.writing() as session:
        assert replay(session, tools, much_later) == 1
        assert session.get_one(Patient, clinic.child.id).key_wrapped == b""


def test_a_hold_is_placed_before_the_look_for_holds_or_finds_the_record_gone(
    postgres_database: Database, tools: Tools
) -> None:
    database = postgres_database
    clinic = open_clinic(database)
    with database.writing() as session:
        ask_erasure(session, clinic.child, None, ORDER, now=NOON)
    ends: list[str] = []

    def hold() -> None:
        try:
            with database.writing() as session:
                place_hold(session, clinic.child, None, "Litigation hold of the state, 2026-77", now=LATER)
            ends.append("held")
        except ImpossibleVerbError:
            ends.append("refused")

    thread = threading.Thread(target=hold)

    def look(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM retention_hold" in statement and thread.ident is None:
            thread.start()
            thread.join(1)

    event.listen(database.engine, "after_cursor_execute", look)
    with database.writing() as session:
        erase_due(session, tools, LATER)
    thread.join()
    event.remove(database.engine, "after_cursor_execute", look)
    with database.reading() as session:
        assert session.get_one(Patient, clinic.child.id).erased_at == LATER
    assert ends == ["refused"]


@pytest.fixture
def keyed(database: Database, tmp_path: Path) -> Iterator[tuple[Database, Path]]:
    """The same records, opened with keys that lie in a file."""
    path = tmp_path / "keys"
    path.write_text(generate() + "\n")
    path.chmod(0o600)
    url = database.engine.url.render_as_string(hide_password=False)
    opened = open_database(url, FieldCipher(RingFile(path)))
    yield opened, path
    opened.close()


def test_master_keys_rotate_over_erased_records_and_programs(keyed: tuple[Database, Path], tools: Tools) -> None:
    database, path = keyed
    ring = RingFile(path)
    vault = Vault(ring)
    clinic = open_clinic(database, vault=vault)
    second = open_clinic(database, vault=vault, mark="second-")
    tools = Tools(database.cipher, tools.folder)
    _erase(database, clinic, tools)
    with database.writing() as session:
        ask_program(session, session.get_one(Program, second.program.id), now=NOON)
    with database.writing() as session:
        erase_due(session, tools, LATER)
    old, new = ring.fresh().current, add_key(path)
    make_current(path, new)
    assert seal_anew(database, vault, lambda: None)
    with database.reading() as session:
        assert rows_under(session, [old]) == {old: {}}
        assert session.get_one(Program, second.program.id).key_wrapped == b""
        assert session.get_one(Patient, clinic.other_child.id).name == clinic.other_child.name


def test_nor_does_one_from_before_a_programs_key_was_changed(database: Database, clinic: Clinic, tools: Tools) -> None:
    vault, program_id = clinic.vault, clinic.program.id
    with database.writing() as session:
        plain, wrapped = vault.new_object_key(session, clinic.other_child, OBJECT)
        lost = session.get_one(Patient, clinic.child.id).key_wrapped
    backup = _copy(database)
    _change_key(database, clinic)
    _erase(database, clinic, tools)
    with database.writing() as session:
        # The child's row alone, put back from the copy, is under a key that is gone.
        session.get_one(Patient, clinic.child.id).key_wrapped = lost
        session.flush()
        with pytest.raises(WrongKey):
            vault.new_object_key(session, clinic.child, OBJECT)
    _restore(database, backup)
    with database.writing() as session:
        assert vault.object_key(session, clinic.other_child.id, OBJECT, wrapped) == plain
        assert replay(session, tools, LATER) == 1
    _change_key(database, clinic)
    with database.reading() as session:
        assert vault.object_key(session, clinic.other_child.id, OBJECT, wrapped) == plain
        assert session.get_one(Patient, clinic.child.id).key_wrapped == b""
        program = session.get_one(Program, program_id)
        assert (program.key_version, program.former_key_wrapped) == (2, None)


def _change_key(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        assert rekeying.begin(session, clinic.vault, session.get_one(Program, clinic.program.id), LATER)
    rekeying.wrap_anew(database, clinic.vault, clinic.program.id, lambda: None)
    with database.writing() as session:
        program = session.get_one(Program, clinic.program.id)
        assert rekeying.end(session, program, program.key_version, LATER) == 0


def test_an_older_copy_of_the_database_brings_nothing_back(database: Database, clinic: Clinic, tools: Tools) -> None:
    with database.writing() as session:
        consult = _told_and_closed(session, clinic)
        _, wrapped = clinic.vault.new_object_key(session, clinic.child, OBJECT)
    backup = _copy(database)
    _erase(database, clinic, tools)
    _restore(database, backup)
    with database.reading() as session:
        # This is what a backup holds, until the register is read: everything.
        assert session.get_one(Patient, clinic.child.id).name == clinic.child.name
        assert clinic.vault.object_key(session, clinic.child.id, OBJECT, wrapped)
    with database.writing() as session:
        assert replay(session, tools, LATER) == 1
    with database.writing() as session:
        assert replay(session, tools, LATER) == 0
        assert CANARY not in _all_words(session)
        with pytest.raises(WrongKey):
            clinic.vault.object_key(session, clinic.child.id, OBJECT, wrapped)
        with pytest.raises(ErasedError):
            consult_for(session, clinic.pcp, consult.public_id, now=LATER)
        assert session.get_one(Patient, clinic.other_child.id).name == clinic.other_child.name
        assert session.scalars(select(Erasure.basis)).all() == [Basis.RESTORED]


@pytest.mark.parametrize("act", ["hold", "undo", "question"])
def test_nor_does_what_was_done_with_it_weeks_after_its_line(
    database: Database, clinic: Clinic, tools: Tools, act: str
) -> None:
    with database.writing() as session:
        waits = ask_erasure(session, clinic.child, None, ORDER, now=NOON)
    backup, weeks = _copy(database), LATER + timedelta(days=40)
    with database.writing() as session:
        erase_due(session, tools, LATER)
        refuse_brought_back(session, tools, weeks)
    _restore(database, backup)
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        if act == "hold":
            place_hold(session, child, None, "Litigation hold of the state, 2026-77", now=weeks)
        elif act == "undo":
            undo_erasure(session, session.get_one(Erasure, waits.id), None, now=weeks)
        else:
            clinic.econsult(session, now=weeks)
    with database.writing() as session:
        with pytest.raises(SettingError, match="shred replay"):
            refuse_brought_back(session, tools, weeks)
        # The line of an erasure that is under way keeps nobody out.
        refuse_brought_back(session, tools, LATER + timedelta(minutes=1))
        assert replay(session, tools, weeks) == 1
        refuse_brought_back(session, tools, weeks)
        assert session.get_one(Patient, clinic.child.id).key_wrapped == b""


def test_a_hold_long_after_a_lost_erasure_keeps_the_record_where_the_trail_knows_that_day(
    database: Database, clinic: Clinic, tools: Tools
) -> None:
    _ask_and_lose(database, clinic, tools)
    with database.writing() as session:
        # Somebody else was at work in this very database; the clock was away for a day.
        other = session.get_one(Patient, clinic.other_child.id)
        note_patient(session, other, "see", LATER + timedelta(minutes=5), person_id=clinic.pcp.id)
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        place_hold(session, child, None, "Litigation hold of the state, 2026-77", now=LATER + timedelta(days=1))
        refuse_brought_back(session, tools, LATER + timedelta(days=2))
        assert replay(session, tools, LATER + timedelta(days=2)) == 0
        assert session.get_one(Patient, clinic.child.id).name == clinic.child.name


def test_nobody_erases_a_record_by_writing_a_line(database: Database, clinic: Clinic, tools: Tools) -> None:
    _erase(database, clinic, tools)
    with database.writing() as session:
        line = (tools.folder / FILE).read_text()
        forged = line.replace(clinic.child.public_id, clinic.other_child.public_id)
        (tools.folder / FILE).write_text(line + forged + '{"program": 1}\nnonsense\n{"pro')
        assert replay(session, tools, LATER) == 0
        assert session.get_one(Patient, clinic.other_child.id).erased_at is None


def _copy(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All rows as they rest."""
    with database.engine.connect() as connection:
        return {
            each.name: [dict(row) for row in connection.execute(select(_bare(each))).mappings()]
            for each in tables.METADATA.sorted_tables
        }


def _restore(database: Database, rows: dict[str, list[dict[str, Any]]]) -> None:
    with database.engine.begin() as connection:
        for each in reversed(tables.METADATA.sorted_tables):
            connection.execute(delete(_bare(each)))
        for each in tables.METADATA.sorted_tables:
            if rows[each.name]:
                connection.execute(insert(_bare(each)), rows[each.name])


def _bare(each: Any) -> Any:
    """The table without its seals, so that values pass as they rest."""
    sealed = Sealed | SealedJson
    return table(each.name, *(column(c.name, Text if isinstance(c.type, sealed) else c.type) for c in each.columns))


def test_a_whole_program_goes_in_steps_and_the_other_one_stays(
    database: Database, clinic: Clinic, tools: Tools
) -> None:
    second = open_clinic(database, vault=clinic.vault, mark="second-")
    with database.writing() as session:
        program = session.get_one(Program, second.program.id)
        for number in range(AT_ONCE):
            key = clinic.vault.new_patient_key(session, program)
            details = {"name": f"Child {number}", "birth_date": "2020-01-01"}
            add_patient(session, program, key_wrapped=key, now=NOON, **details)
        consult = second.econsult(session)
        with pytest.raises(KeptError, match="still open"):
            ask_program(session, program, now=NOON)
        withdraw(session, consult, second.pcp, "", now=NOON)
        ask_program(session, program, now=NOON)
        # Its key is being changed just now: the former one goes as well.
        assert rekeying.begin(session, clinic.vault, program, NOON)
    with database.writing() as session:
        erase_due(session, tools, LATER)
        # Some are gone, and the key is still there: a process that ends here is followed by the next.
        assert session.get_one(Program, second.program.id).key_wrapped
    with database.writing() as session:
        assert erase_due(session, tools, LATER) == 1
    with database.writing() as session:
        assert erase_due(session, tools, LATER) == 0
        program = session.get_one(Program, second.program.id)
        assert (program.key_wrapped, program.former_key_wrapped, program.erased_at) == (b"", None, LATER)
        assert not rekeying.begin(session, clinic.vault, program, LATER)
        with pytest.raises(WrongKey):
            clinic.vault.new_patient_key(session, program)
        left = select(Patient.id).where(Patient.program_id == program.id, Patient.erased_at.is_(None))
        assert session.scalars(left).all() == []
        assert not session.get_one(Person, second.pcp.id).is_active
        assert session.get_one(Person, clinic.pcp.id).is_active
        assert session.get_one(Patient, clinic.child.id).erased_at is None
    with database.reading() as session:
        assert [each.fault for each in check_trail(session, [])] == ["", ""]


@pytest.mark.parametrize("name", ["alias", "public_id", "number"])
def test_a_child_is_found_without_its_name(database: Database, clinic: Clinic, name: str) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        named: dict[str, Callable[[], str]] = {
            "alias": clinic.child.alias.lower,
            "public_id": lambda: clinic.child.public_id,
            "number": lambda: consult.number,
        }
        assert child_named(session, clinic.program.id, f" {named[name]()} ").id == clinic.child.id
        for wrong in ("", "C-9999999", clinic.child.name):
            with pytest.raises(NotFoundError):
                child_named(session, clinic.program.id, wrong)
        with pytest.raises(NotFoundError):
            asking.erasure_named(session, clinic.program.id, "0" * 32)

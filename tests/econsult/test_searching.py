"""A child is found by whole words, its birth date and its record number, without anybody else's name being opened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from econsult.child_details import Look, correct, details_of
from econsult.database import Database
from econsult.erasure.places import empty
from econsult.panel import KnownChildError, find, refuse_known
from econsult.people.patients import Patient, add_patient
from econsult.people.searching import PatientWord, keep_all_words
from tests.beside import plans
from tests.personas import NOON, Clinic

WRITTEN = ("15/01/2022", "1/15/2022", "Luz 15 ene 2022", "January 15, 2022 prueba", "15.1.22", "15 de enero de 2022")
SOON = NOON + timedelta(minutes=5)


@pytest.fixture
def unreadable(database: Database, clinic: Clinic) -> Patient:
    """Another child of the clinic, whose name no key opens: whoever looks at it fails."""
    with database.writing() as session:
        about = {"name": "Otra Niña", "birth_date": "2021-05-05", "organization": clinic.home, "now": NOON}
        other = add_patient(session, clinic.program, key_wrapped=b"k", **about)
        session.get_one(Patient, clinic.child.id).mrn = "MRN-4711"
        session.flush()
        session.execute(text("UPDATE patient SET name = 'broken' WHERE id = :id"), {"id": other.id})
    return other


def found(database: Database, clinic: Clinic, words: str) -> list[int]:
    with database.writing() as session:
        return [child.id for child in find(session, clinic.pcp, words, now=NOON).children]


def count(database: Database, child: Patient) -> int:
    with database.reading() as session:
        rows = select(func.count()).select_from(PatientWord).where(PatientWord.patient_id == child.id)
        return session.scalar(rows) or 0


def test_a_birth_date_opens_no_other_childs_name(database: Database, clinic: Clinic, unreadable: Patient) -> None:
    assert unreadable.id != clinic.child.id
    asked = ("2022-01-15", "PRUEBA 2022-01-15  Lúz", "lu 15/01/2022", *WRITTEN)
    assert [words for words in asked if found(database, clinic, words) != [clinic.child.id]] == []
    assert found(database, clinic, "ana 15/01/2022") == []


def test_whole_words_hide_nobody_whose_name_begins_so(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        about = {"birth_date": "2021-02-01", "organization": clinic.home, "now": NOON, "key_wrapped": b"k"}
        whole, begun = (
            add_patient(session, clinic.program, name=name, mrn=mrn, **about).id
            for name, mrn in (("José M Rivera", "4711"), ("José Martínez", "94711"))
        )
    assert found(database, clinic, "jose m") == found(database, clinic, "4711") == [whole, begun]


def test_nor_does_the_question_whether_a_child_is_known(
    database: Database, clinic: Clinic, unreadable: Patient
) -> None:
    assert unreadable.id
    for told in (("LUZ  Prueba", "2022-01-15", ""), ("Somebody Else", "2020-01-01", "mrn4711")):
        with pytest.raises(KnownChildError), database.writing() as session:
            refuse_known(session, clinic.pcp, *told, now=NOON)
    with database.writing() as session:
        refuse_known(session, clinic.pcp, "Luz Prueba", "2022-01-16", "4711", now=NOON)


def test_of_a_date_that_may_be_two_days_both_are_found_and_figures_alone_are_a_number(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        about = {"birth_date": "2021-02-01", "mrn": "20220115", "organization": clinic.home, "now": NOON}
        first = add_patient(session, clinic.program, key_wrapped=b"k", name="Ana Uno", **about)
        about |= {"birth_date": "2021-01-02", "mrn": ""}
        second = add_patient(session, clinic.program, key_wrapped=b"k", name="Eva Dos", **about)
    assert found(database, clinic, "1/2/2021") == [second.id, first.id]
    assert found(database, clinic, "Ana 1/2/2021") == found(database, clinic, "20220115") == [first.id]
    assert found(database, clinic, "2021-02-01") == [first.id]
    assert found(database, clinic, "31/2/2021") == []


def test_no_more_names_are_opened_than_so_many_and_whole_words_are_found_of_all(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        about = {"birth_date": "2021-02-01", "organization": clinic.home, "now": NOON}
        newer = add_patient(session, clinic.program, key_wrapped=b"k", name="Lucia Prueba", **about)
    for words, opened, children, looked_at in (
        ("lu", 2, [newer.id, clinic.child.id], 0),
        ("lu", 1, [newer.id], 1),
        ("prueba", 1, [newer.id, clinic.child.id], 1),
        ("luz prueba", 1, [clinic.child.id], 1),
    ):
        with database.writing() as session:
            panel = find(session, clinic.pcp, words, now=NOON, opened=opened)
        assert ([child.id for child in panel.children], panel.looked_at) == (children, looked_at), words


def test_beginnings_are_found_as_before(database: Database, clinic: Clinic) -> None:
    assert found(database, clinic, "lu pru") == found(database, clinic, "prueb") == [clinic.child.id]
    assert found(database, clinic, "luz somebody") == found(database, clinic, "  ") == []


def test_the_words_follow_a_change_of_the_name_and_go_with_the_record(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        given = details_of(child)
        changed = type(given)(**{**vars(given), "name": "Estrella Prueba"})
        correct(session, child, changed, clinic.pcp, look=Look(child.version), now=SOON)
    assert (found(database, clinic, "luz prueba"), found(database, clinic, "estrella prueba")) == (
        [],
        [clinic.child.id],
    )
    with database.writing() as session:
        empty(session, clinic.child.id)
        session.get_one(Patient, clinic.child.id).erased_at = NOON
    assert count(database, clinic.child) == 0
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).name = "Child AB12"
    assert count(database, clinic.child) == 0


def test_who_reads_the_database_learns_equality_within_a_program_alone(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        program = clinic.vault.add_program(session, "Second", NOON)
        about = {"name": "Luz Prueba", "birth_date": "2022-01-15", "now": NOON}
        twin = add_patient(session, program, key_wrapped=b"k", **about)
        session.flush()
        raw = session.execute(text("SELECT patient_id, word, word_index FROM patient_word")).all()
    here, there = ([row for row in raw if row.patient_id == child.id] for child in (clinic.child, twin))
    assert len(here) == len(there) == len({row.word for row in here}) == 4
    assert not {row.word_index for row in here} & {row.word_index for row in there}
    assert not any("luz" in f"{row.word}{row.word_index}".lower() for row in raw)


def test_a_child_that_could_not_be_read_is_looked_at_each_time_until_it_can(
    database: Database, clinic: Clinic, unreadable: Patient
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM patient_word"))
        keep_all_words(connection)
    assert (count(database, clinic.child), count(database, unreadable)) == (5, 1)
    with database.writing() as session:
        session.execute(update(Patient).where(Patient.id == unreadable.id).values(name="Otra Niña"))
    assert found(database, clinic, "2021-05-05") == found(database, clinic, "otra n") == [unreadable.id]
    assert found(database, clinic, "2022-01-15") == [clinic.child.id]


def test_the_database_begins_with_the_words_however_many_children_there_are(database: Database, clinic: Clinic) -> None:
    if database.engine.dialect.name != "sqlite":
        return
    with database.writing() as session, plans(session) as told:
        refuse_known(session, clinic.pcp, "Eva Prueba", "2022-01-15", "4711", now=NOON)
        find(session, clinic.pcp, "2022-01-15", now=NOON)
    assert [line for line in told if line.startswith("SCAN") and "patient" in line.lower()] == []
    assert sum("ix_patient_word_word_index" in line for line in told) == 3

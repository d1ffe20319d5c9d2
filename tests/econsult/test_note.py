"""Which version of an answer somebody takes along, and the code by which a paper is compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from econsult.__main__ import main
from econsult.consults import answers, holding, reopening
from econsult.consults.answers import Answer
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, NotFoundError
from econsult.installation import open_installation
from econsult.note import Edition, fingerprint_of, note_for
from econsult.settings import load_settings
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic
from tests.schema import lay_schema


@pytest.fixture
def clinic(database: Database) -> Clinic:
    return open_clinic(database)


def answered_twice(database: Database, clinic: Clinic) -> Consult:
    with database.writing() as session:
        consult = clinic.answered(session)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        reopening.reopen(session, consult, clinic.pcp, "Worse", now=NOON)
        holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "impression": "Scabies"}, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        return consult


def test_each_reader_has_the_versions_that_are_open_to_them(database: Database, clinic: Clinic) -> None:
    consult = answered_twice(database, clinic)
    with database.writing() as session:

        def version(person, **wanted) -> tuple[int, int | None]:
            note = note_for(session, person, consult.public_id, now=NOON, **wanted)
            return note.answer.version, note.newer.version if note.newer else None

        assert version(clinic.pcp) == version(clinic.derm) == (2, None)
        assert version(clinic.pcp, version=1) == (1, 2)
        assert version(clinic.mother) == version(clinic.mother, version=1) == (1, None)
        with pytest.raises(NotFoundError):
            version(clinic.mother, version=2)
        with pytest.raises(ForbiddenError):
            version(clinic.mother, edition=Edition.CLINICIAN)
        with pytest.raises(NotFoundError):
            version(clinic.derm2)
        answers.acknowledge(session, session.get_one(Consult, consult.id), clinic.pcp, now=NOON)
        assert version(clinic.mother) == (2, None)
        assert version(clinic.mother, version=1) == (1, 2)


def test_the_code_holds_every_word_and_changes_with_any(database: Database, clinic: Clinic) -> None:
    consult = answered_twice(database, clinic)
    with database.writing() as session:
        consult = session.get_one(Consult, consult.id)
        first, second = session.scalars(select(Answer).order_by(Answer.version)).all()
        known = fingerprint_of(session, consult, second)
        assert len(known) == 64
        assert known != fingerprint_of(session, consult, first)
        for name in second.content:
            whole = second.content
            second.content = {**whole, name: f"{whole[name]} "}
            assert fingerprint_of(session, consult, second) != known, name
            second.content = dict(reversed(whole.items()))
            assert fingerprint_of(session, consult, second) == known


def test_an_operator_compares_a_paper_with_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ECONSULT_DATA", str(tmp_path))
    installation = open_installation(load_settings())
    lay_schema(installation.database)
    consult = answered_twice(installation.database, open_clinic(installation.database, vault=installation.vault))
    with installation.database.reading() as session:
        signed = session.scalars(select(Answer).order_by(Answer.version)).all()
        first, second = (fingerprint_of(session, consult, answer) for answer in signed)
    installation.close()

    def run(*words: str) -> tuple[int, str, str]:
        status = main(["note", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    told = f"{consult.number} version 2, signed 2026-03-02 12:00 UTC: {second}\n"
    assert run(consult.number, *[second[place : place + 8] for place in range(0, 64, 8)]) == (0, told, "")
    assert run(consult.number)[1].splitlines()[0].endswith(f"version 1, signed 2026-03-02 12:00 UTC: {first}")
    assert run(consult.number, "0" * 64) == (1, "", "No signed version of this answer has this code.\n")
    assert run("C-9999") == (1, "", "There is no consult of this number.\n")

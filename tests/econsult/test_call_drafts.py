"""A telephone call while it is written down: sealed, of one person and one child, and gone when it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from econsult.database import Database
from econsult.errors import ErasedError, InvalidError, StaleVersionError
from econsult.people.call_drafts import (
    LONGEST,
    CallDraft,
    call_draft_of,
    end_call,
    keep_call,
    with_call_drafts,
)
from econsult.people.patients import Patient
from tests.personas import NOON, Clinic

WORDS = [("red_flags", "unsafe"), ("red_flags", "seizure"), ("story", "ZQ7PHI hits the child")]
LATER = NOON + timedelta(minutes=2)


def test_it_is_kept_sealed_for_its_writer_alone(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        keep_call(session, clinic.child, clinic.coordinator, WORDS, now=NOON, seen=0)
    with database.reading() as session:
        assert "ZQ7PHI" not in str(session.execute(text("SELECT content FROM call_draft")).scalar_one())
        draft = call_draft_of(session, clinic.child, clinic.coordinator)
        assert draft is not None
        assert (draft.fields, draft.saves, draft.saved_at) == (WORDS, 1, NOON)
        for person in (clinic.pcp, clinic.mother):
            assert call_draft_of(session, clinic.child, person) is None
            assert with_call_drafts(session, [clinic.child], person) == set()
        assert call_draft_of(session, clinic.other_child, clinic.coordinator) is None
        assert with_call_drafts(session, [clinic.child, clinic.other_child], clinic.coordinator) == {clinic.child.id}


def test_a_second_window_writes_over_nothing_that_it_has_not_seen(database: Database, clinic: Clinic) -> None:
    def keep(words: str, seen: int) -> int:
        with database.writing() as session:
            fields = [("story", words)]
            return keep_call(session, clinic.child, clinic.pcp, fields, now=LATER, seen=seen).saves

    assert keep("first", 0) == 1
    # The answer to a save got lost: the same words are no second save.
    assert keep("first", 0) == 1
    with pytest.raises(StaleVersionError):
        keep("other", 0)
    assert keep("first, and more", 1) == 2
    with database.writing() as session:
        # Sent from a window that has not seen the newer words: they stay.
        assert not end_call(session, clinic.child, clinic.pcp, [("story", "other")], seen=1)
        assert end_call(session, clinic.child, clinic.pcp, [("story", "first, and more")], seen=1)
        assert not end_call(session, clinic.child, clinic.pcp, [], seen=2)
    with pytest.raises(StaleVersionError):
        keep("after it was sent", 2)


def test_first_saves_at_once_are_one(database: Database, clinic: Clinic) -> None:
    def keep(_number: int) -> int:
        with database.writing() as session:
            return keep_call(session, clinic.child, clinic.pcp, WORDS, now=NOON, seen=0).saves

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(keep, range(6))) == {1}


def test_nothing_is_written_into_an_erased_record_nor_more_than_a_form_holds(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session, pytest.raises(InvalidError):
        keep_call(session, clinic.child, clinic.pcp, [("story", "a" * LONGEST)], now=NOON, seen=0)
    with database.writing() as session:
        stale = session.get_one(Patient, clinic.child.id)
        assert stale.erased_at is None
        change = update(Patient).where(Patient.id == stale.id).values(erased_at=NOON)
        session.execute(change, execution_options={"synchronize_session": False})
        with pytest.raises(ErasedError):
            keep_call(session, stale, clinic.pcp, WORDS, now=NOON, seen=0)
        assert session.scalars(select(CallDraft)).all() == []

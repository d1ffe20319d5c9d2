"""What is being typed and was not sent: sealed, for one account, for a day, and nowhere where a home is not safe."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from econsult.consults import requests
from econsult.consults.requests import SubmitForm
from econsult.database import Database
from econsult.erasure.forgetting import forget_family
from econsult.errors import EmergencyError, InvalidError
from econsult.home_safety import HomeForm, say
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import close_account
from econsult.people.typed import (
    AT_ONCE,
    LONGEST,
    MOST,
    Typed,
    TypedWords,
    drop_typed,
    keep_typed,
    sweep_typed,
    typed_on,
)
from econsult.traces import keep_words, words_found
from tests.personas import NOON, TARGETS, Clinic

PAGE = "/consults/abc"
WORDS = Typed(PAGE, f"{PAGE}/messages lane=family", "0" * 16, 1000, "", [("text", "ZQ7PHI itches")])
SOON, DAY = timedelta(seconds=2), timedelta(hours=24)


def _rows(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(TypedWords)) or 0


def test_it_is_kept_sealed_for_its_writer_alone_and_for_a_day(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        assert keep_typed(session, clinic.pcp, WORDS, NOON)
    with database.writing() as session:
        raw = str(session.execute(text("SELECT * FROM typed_words")).one())
        assert ("ZQ7PHI" in raw, PAGE in raw) == (False, False)
        assert typed_on(session, clinic.pcp, PAGE, NOON + DAY - SOON) == [WORDS]
        assert typed_on(session, clinic.pcp, "/clinic", NOON) == []
        for other in (clinic.coordinator, clinic.mother, clinic.admin, clinic.other_pcp):
            assert typed_on(session, other, PAGE, NOON) == []
            drop_typed(session, other, WORDS.number)
        assert sweep_typed(session, NOON + DAY - SOON) == 0
        assert typed_on(session, clinic.pcp, PAGE, NOON + DAY) == []
        assert sweep_typed(session, NOON + DAY) == 1


def test_the_newest_words_of_a_form_count_and_only_what_was_sent_goes(database: Database, clinic: Clinic) -> None:
    more, other_tab = replace(WORDS, at=1500, fields=[("text", "More")]), replace(WORDS, number="1" * 16)
    with database.writing() as session:
        for number, each in enumerate((WORDS, more, WORDS)):
            assert keep_typed(session, clinic.pcp, each, NOON + number * SOON)
        assert session.scalar(select(func.count()).select_from(TypedWords)) == 1
        # The first was on its way for longer than the second.
        assert typed_on(session, clinic.pcp, PAGE, NOON) == [more]
        assert not keep_typed(session, clinic.pcp, other_tab, NOON + SOON + timedelta(milliseconds=100))
        assert keep_typed(session, clinic.pcp, other_tab, NOON + 4 * SOON)
        drop_typed(session, clinic.pcp, more.number)
        assert typed_on(session, clinic.pcp, PAGE, NOON) == [other_tab]
        drop_typed(session, clinic.pcp, other_tab.number)
    assert _rows(database) == 0


def test_several_forms_are_saved_as_a_page_is_closed_but_not_without_end(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        forms = [replace(WORDS, place=f"{PAGE}/{number}") for number in range(AT_ONCE + 1)]
        saved = [keep_typed(session, clinic.pcp, each, NOON) for each in forms]
        assert saved == [True] * AT_ONCE + [False]
        # Nobody else waits for that.
        assert keep_typed(session, clinic.derm, forms[-1], NOON)


def test_one_person_has_so_many_forms_and_no_more(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for number in range(MOST + 2):
            each = replace(WORDS, place=f"{PAGE}/{number}")
            keep_typed(session, clinic.pcp, each, NOON + number * SOON)
        kept = [each.place for each in typed_on(session, clinic.pcp, PAGE, NOON)]
        assert (len(kept), kept[0]) == (MOST, f"{PAGE}/2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": [("text", "x" * LONGEST)]},
        {"page": "https://elsewhere.test"},
        {"page": "/clinic?find=Luz"},
        {"place": "messages"},
        {"place": "/x\n"},
        {"number": "1"},
        {"at": 0},
        {"version": "x" * 101},
    ],
)
def test_what_no_page_sends_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        replace(WORDS, **wrong)  # type: ignore[arg-type]


def test_it_goes_with_the_account_and_with_the_record_that_it_may_be_about(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        other = f"/families/{clinic.other_child.public_id}"
        for number, page in enumerate((f"/families/{clinic.child.public_id}", "/clinic/children/new", other)):
            keep_typed(session, clinic.pcp, replace(WORDS, page=page, place=page), NOON + number * SOON)
        keep_typed(session, clinic.mother, WORDS, NOON)
        forget_family(session, database.cipher, session.get_one(Patient, clinic.child.id), NOON)
        session.flush()
        assert [row.content["page"] for row in session.scalars(select(TypedWords))] == [other]
        close_account(session, session.get_one(Person, clinic.pcp.id), NOON)
    assert _rows(database) == 0


@pytest.mark.parametrize("field", [("flags", "unsafe"), ("safe_way", ""), ("text", "Su papá le pega")])
def test_words_that_may_tell_of_an_unsafe_home_rest_nowhere_and_take_the_others_along(
    database: Database, clinic: Clinic, field: tuple[str, str]
) -> None:
    with database.writing() as session:
        assert keep_words(session, clinic.mother, WORDS, NOON)
        assert keep_words(session, clinic.mother, replace(WORDS, fields=[field]), NOON + SOON)
        assert typed_on(session, clinic.mother, PAGE, NOON) == []
        # Staff write such things down, and nobody of the family sees their pages.
        assert keep_words(session, clinic.pcp, replace(WORDS, fields=[field]), NOON)
        assert len(words_found(session, clinic.pcp, PAGE, NOON)) == 1


def test_where_a_home_is_not_safe_a_family_finds_nothing_and_nothing_is_kept(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        keep_words(session, clinic.mother, WORDS, NOON)
        assert words_found(session, clinic.mother, PAGE, NOON) == [WORDS]
        say(session, session.get_one(Patient, clinic.child.id), HomeForm(False, "At school"), clinic.pcp, now=NOON)
        assert words_found(session, clinic.mother, PAGE, NOON) == []
        assert keep_words(session, clinic.mother, WORDS, NOON + SOON)
    assert _rows(database) == 0


def test_what_was_being_typed_goes_as_a_family_tells_that_it_is_not_safe(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": ["unsafe"], "red_flags_asked": True})
        keep_words(session, clinic.mother, WORDS, NOON)
    with pytest.raises(EmergencyError), database.writing() as session:
        requests.submit(session, session.merge(draft), clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
    assert _rows(database) == 0

"""A family's language that is put right while its questions go on: who is asked, who hears, and what lists say."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from econsult.consults import answers, declining, requests, telling
from econsult.consults.correcting import correct
from econsult.consults.interpreting import to_interpret
from econsult.consults.records import Consult
from econsult.consults.reopening import reopen
from econsult.consults.requests import RequestForm
from econsult.consults.views import Filters, View
from econsult.consults.worklist import page
from econsult.database import NO_KEY, Database
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.queue.invariants import violations
from econsult.rosters.limits import Limits
from tests.econsult.test_child_details import LATER, put
from tests.econsult.test_deaths import mark, undo
from tests.econsult.test_reopening import opened_again
from tests.personas import ANSWER, NOON, TARGETS, Clinic, open_clinic


def _told(session: Session, kind: NoticeKind, person: Person) -> int:
    session.flush()
    letters = select(Notice.id).where(Notice.kind == kind, Notice.person_id == person.id)
    return len(session.scalars(letters).all())


def test_whoever_speaks_the_language_that_is_put_right_is_asked_and_lists_know_it(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        session.add_all(
            (Limits(person_id=clinic.derm.id, languages="en"), Limits(person_id=clinic.derm2.id, languages="es"))
        )
        waits, draft = clinic.econsult(session), clinic.draft(session)
        assert (_told(session, NoticeKind.NEW_REQUEST, clinic.derm2), waits.language) == (0, "en")
        put(session, clinic, clinic.pcp, language="es")
        assert (_told(session, NoticeKind.NEW_REQUEST, clinic.derm2), draft.language) == (1, "es")
        spanish = page(session, clinic.derm2, View.POOL, now=LATER, filters=Filters(language="es"))
        assert [each.id for each in spanish.consults] == [waits.id]
        assert list(violations(session, LATER)) == []


def test_where_nobody_speaks_the_right_language_the_desk_hears_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        session.add_all(Limits(person_id=each.id, languages="en") for each in (clinic.derm, clinic.derm2))
        held, waits = clinic.claimed(session), clinic.econsult(session)
        put(session, clinic, clinic.coordinator, language="es")
        assert (waits.is_unallocated, _told(session, NoticeKind.UNALLOCATED, clinic.coordinator)) == (True, 1)
        # A language takes nothing from anybody.
        assert (held.holder_id, held.language) == (clinic.derm.id, "es")
        put_back = put(session, clinic, clinic.coordinator, language="en")
        assert (put_back, waits.is_unallocated) == (("language",), False)


def test_an_answer_that_is_not_there_in_the_right_language_is_told_by_an_interpreter(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        answered, known = clinic.answered(session), clinic.answered(session)
        known.informed_at = NOON
        ended = clinic.answered(session)
        answers.close(session, ended, clinic.pcp, reason="done", now=NOON)
        put(session, clinic, clinic.pcp, language="es")
        since = [session.get_one(Consult, each.id).interpreter_since for each in (answered, known)]
        assert (since, ended.language) == ([LATER, None], "en")


def test_an_answer_that_nobody_has_heard_is_looked_at_for_words_whatever_became_of_its_question(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        opened, ended = opened_again(session, clinic), opened_again(session, clinic)
        requests.withdraw(session, ended, clinic.pcp, "", now=LATER)
        put(session, clinic, clinic.pcp, language="es")
        assert {each.id for each in to_interpret(session, clinic.program.id, LATER)} == {opened.id, ended.id}
        # Who has read it without its words does not know it yet.
        telling.inform(session, opened, clinic.mother, method="opened", teach_back=False, now=LATER)
        put(session, clinic, clinic.pcp, language="en")
        assert to_interpret(session, clinic.program.id, LATER) == []


def test_what_had_ended_follows_the_right_language_when_it_goes_on(database: Database, clinic: Clinic) -> None:
    later = LATER + timedelta(hours=1)
    with database.writing() as session:
        asked, closed, corrected = clinic.family_question(session), clinic.answered(session), clinic.answered(session)
        for each in (closed, corrected):
            answers.close(session, each, clinic.pcp, reason="done", now=NOON)
        declined = declining.decline(session, clinic.claimed(session), clinic.derm, "Needs a visit", now=NOON)
        telling.inform(session, declined, clinic.pcp, method="phone", teach_back=False, now=NOON)
        mark(session, clinic)
        put(session, clinic, clinic.pcp, language="es")
        undo(session, clinic, now=later)
        assert (asked.status, asked.language, closed.language) == ("submitted", "es", "es")
        put(session, clinic, clinic.pcp, language="en")
        for each in (closed, declined):
            reopen(session, each, clinic.pcp, "new rash", now=later, targets=TARGETS)
        correct(session, corrected, clinic.derm, {**ANSWER, "impression": "Scabies"}, "Wrong", now=later)
        found = page(session, clinic.derm, View.POOL, now=later, filters=Filters(language="en")).consults
        assert {each.id for each in found} == {closed.id, declined.id}
        assert corrected.language == "en"
        assert list(violations(session, later)) == []


def test_who_puts_it_right_waits_for_no_family_that_is_writing(postgres_database: Database) -> None:
    """A family that saves holds its draft and waits for the child: who held that and waited for the draft was ended."""
    clinic = open_clinic(postgres_database)
    with postgres_database.writing() as session:
        draft = requests.create(session, clinic.mother, clinic.child, RequestForm(), now=NOON)
    with postgres_database.writing() as family, postgres_database.writing() as session:
        family.get_one(Consult, draft.id, with_for_update=NO_KEY)
        session.execute(text("SET LOCAL lock_timeout = '1s'"))
        put(session, clinic, clinic.pcp, language="es")

"""A cell that nobody can read is met in the middle of something: what was done is told as done, what leaves the house
is whole or not made, and what was gone without follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, update

from econsult.consults.glass import BrokenGlass, break_glass
from econsult.consults.records import Consult
from econsult.leaving_out import known_to, whose
from econsult.log_file import readable
from econsult.people.persons import Person, Role
from econsult.queue.quiet import Quiet
from econsult.rosters.limits import Limits
from econsult.trail import AuditEvent
from econsult.unreadable import LeftOut, UnreadableError
from tests.beside import statements
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_answering import FIELDS
from tests.web.test_unreadable import damage
from workers.net import Net
from workers.runtime import Runtime
from workers.work import sweeps

NOW = datetime.now(UTC) - timedelta(minutes=30)
MONTH = NOW.astimezone(ZoneInfo("America/Denver")).strftime("%Y-%m")
"""As the house reckons it, whose months begin hours after those of UTC."""


@pytest.mark.parametrize("place", ["patient.birth_date", "clock.deadline_at", "consult.urgency"])
def test_whoever_signs_gets_the_next_that_can_be_read_although_a_damaged_one_is_first(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, place: str
) -> None:
    theirs = replace(clinic, child=clinic.other_child, pcp=clinic.other_pcp)
    with runtime.database.writing() as session:
        held, bad = clinic.claimed(session, now=NOW), theirs.econsult(session, now=NOW - timedelta(hours=1))
        good = clinic.econsult(session, now=NOW, question="What else is this on her?")
    number = clinic.other_child.id if place.startswith("patient") else bad.id
    damage(runtime, place, number, "consult_id" if place.startswith("clock") else "id")
    signed = post(browser_of(clinic.derm), f"/consults/{held.public_id}/answer", {**FIELDS, "verb": "sign_next"})
    assert signed.location == f"/consults/{good.public_id}?said=signed&was={held.number}"


def test_full_hands_are_said_although_something_that_they_hold_cannot_be_read(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        session.add(Limits(person_id=clinic.derm.id, capacity=1))
        held, waits = clinic.claimed(session, now=NOW), clinic.econsult(session, now=NOW)
        clinic.econsult(session, now=NOW, question="What else is this on her?")
    for each in (held, waits):
        damage(runtime, "consult.question", each.id)
    assert post(browser_of(clinic.derm), "/worklist/next", {}).location == "/worklist?said=at_capacity"


def test_a_note_without_its_signer_is_not_made_nor_told_as_taken(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        answered = clinic.answered(session, now=NOW)
    damage(runtime, "person.name", clinic.derm.id)
    note = browser_of(clinic.pcp).get(f"/consults/{answered.public_id}/note.txt")
    assert (note.status_code, "Signed by" in note.text) == (500, False)
    with runtime.database.reading() as session:
        assert session.scalars(select(AuditEvent.id).where(AuditEvent.action == "read_note")).all() == []


def test_a_file_of_figures_is_not_made_where_it_would_lack_something(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        answered = clinic.answered(session, now=NOW)
    desk, path = browser_of(clinic.coordinator), f"/program/billing/clinicians.csv?month={MONTH}"
    assert clinic.derm.name in desk.get(path).text
    damage(runtime, "answer.signed_at", answered.id, "consult_id")
    refused = desk.get(path)
    assert (refused.status_code, "a file cannot say what is missing" in refused.text) == (500, True)
    assert f"{answered.number}</span>." in refused.text
    assert desk.get(path.replace("clinicians.csv", "rows.csv")).status_code == 500
    missing = f'missing from this page: <span class="nowrap">{answered.number}</span>.'
    assert missing in desk.get(f"/program/billing?month={MONTH}").text
    with runtime.database.reading() as session:
        assert session.scalars(select(AuditEvent.id).where(AuditEvent.action == "export_billing")).all() == []


def test_a_file_for_who_bills_is_refused_before_its_first_byte_wherever_it_would_break_off(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        answered = clinic.answered(session, now=NOW)
    damage(runtime, "patient.birth_date", clinic.child.id)
    refused = browser_of(clinic.coordinator).get(f"/program/billing/rows.csv?month={MONTH}")
    assert (refused.status_code, "a file cannot say what is missing" in refused.text) == (500, True)
    assert ("A child and all its requests" in refused.text, answered.number in refused.text) == (True, False)
    with runtime.database.reading() as session:
        assert session.scalars(select(AuditEvent.id).where(AuditEvent.action == "export_billing")).all() == []


def test_the_log_goes_without_a_damaged_row_and_says_so_on_the_page_and_at_the_end_of_the_file(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, officer: Person
) -> None:
    with runtime.database.writing() as session:
        clinic.claimed(session, now=NOW)
    reader = browser_of(officer)
    whole = reader.get("/privacy/log.csv").text
    with runtime.database.reading() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.action == "submit")).one()
        with statements(runtime.database) as asked:
            assert len(readable(session, officer).names) > len(asked) == 2, "none for each of the staff"
    damage(runtime, "audit_event.at", row.id, as_text="2026-02-30 10:00:00.000000")
    damage(runtime, "person.name", clinic.derm.id)
    file, page = (reader.get(path) for path in ("/privacy/log.csv", "/privacy"))
    assert (page.status_code, "1 row of the log is missing from this page." in page.text) == (200, True)
    lines = file.text.splitlines()
    assert lines[-1].startswith("1 row of the whole log cannot be read and is missing here.")
    assert (",submit," in file.text, f",\N{EM DASH},{clinic.derm.public_id}," in file.text) == (False, True)
    # Of what stood in it before, the damaged row alone is missing.
    left = {line.partition(",")[0] for line in whole.splitlines()} - {line.partition(",")[0] for line in lines}
    assert left == {str(row.sequence)}
    seen = browser_of(clinic.mother).get(f"/family/children/{clinic.child.public_id}/seen")
    assert (seen.status_code, 'class="note note-stop left-out"' in seen.text) == (200, True)


def test_what_who_left_holds_follows_once_it_can_be_read(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, officer: Person
) -> None:
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=NOW)
        break_glass(session, held, clinic.derm, reason="The lab asks which child this is.", now=NOW)
    damage(runtime, "consult.due_at", held.id)
    closed = post(browser_of(clinic.admin), f"/program/accounts/{clinic.derm.public_id}/close", {})
    assert closed.location.endswith("?said=saved_without")
    assert "follows by itself" in browser_of(clinic.admin).get(closed.location).text
    found: list[tuple[int | None, bool]] = []
    for is_mended in (False, True):
        with runtime.database.writing() as session:
            if is_mended:
                session.execute(update(Consult).values(due_at=held.due_at))
        for work in sweeps(Quiet()):
            Net(runtime.database).run(work, datetime.now(UTC))
        with runtime.database.reading() as session:
            is_open = session.scalars(select(BrokenGlass.ends_at)).one() > datetime.now(UTC)
            found.append((session.scalar(select(Consult.holder_id)), is_open))
    assert found == [(clinic.derm.id, False), (None, False)], "a name that is open is closed at once all the same"


def test_nobody_is_told_of_what_another_clinic_or_program_lacks(runtime: Runtime, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        asked = clinic.econsult(session, now=NOW)
        elsewhere = Person(program_id=clinic.program.id + 1, role=Role.COORDINATOR)
        left = LeftOut(frozenset((asked.id,)), frozenset((clinic.child.id,)))
        for person in (clinic.pcp, clinic.derm, clinic.coordinator, clinic.mother):
            assert known_to(session, person, left) == left, person.role
        for person in (clinic.other_pcp, elsewhere):
            assert known_to(session, person, left) == LeftOut(), person.role


def test_the_error_of_a_moment_says_where_it_lies_so_that_one_column_is_searched(
    runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        asked = clinic.econsult(session, now=NOW)
    damage(runtime, "consult.due_at", asked.id)
    with pytest.raises(UnreadableError) as met, runtime.database.reading() as session:
        session.scalars(select(Consult)).all()
    assert (met.value.column, met.value.stored) == ("consult.due_at", "x")
    sent: list[object] = []
    with runtime.database.reading() as session:
        event.listen(session, "do_orm_execute", lambda state: sent.append(state.statement))
        assert whose(session, met.value) == LeftOut(frozenset((asked.id,)))
        assert whose(session, UnreadableError("")) == LeftOut()
    assert len(sent) == 1

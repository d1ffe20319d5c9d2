"""What specialists asked for in such requests: counted by item, within one program, and without what is there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from econsult.consults import holding, requests, threads
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.consults.wanted_items import FEWEST, NEWEST, WantedItem, likely_wanted
from econsult.database import Database
from tests.personas import LEASE, NOON, Clinic, open_clinic

MEDICINES = "Medicines, with dose"


def _came_back(
    session: Session, clinic: Clinic, lines: Sequence[str], codes: Sequence[str] = (), **changes: object
) -> Consult:
    """A request of which the dermatologist asks for this."""
    consult = holding.claim(session, clinic.econsult(session, **changes), clinic.derm, now=NOON, lease=LEASE)
    threads.request_info(
        session, consult, clinic.derm, text="More, please", items=list(lines), audience=None, now=NOON, codes=codes
    )
    return consult


def _likely(session: Session, consult: Consult) -> list[tuple[str, int, int]]:
    return [(each.item, each.asked, each.of) for each in likely_wanted(session, consult)[0]]


def test_items_are_counted_by_specialty_and_type_most_often_first(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for lines, codes in (([MEDICINES], ["weight"]), (["core.weight"], ["video"]), (["Peso"], []), (["Hi?"], [])):
            _came_back(session, clinic, lines, codes)
        # Another type of question, a test, and what is asked twice of one request count nothing here.
        _came_back(session, clinic, [MEDICINES], question_type="treatment")
        _came_back(session, clinic, [MEDICINES], is_test=True)
        again = _came_back(session, clinic, [])
        holding.go_on(session, again, clinic.derm, "reply", now=NOON)
        threads.request_info(session, again, clinic.derm, text="?", items=[], audience=None, now=NOON, codes=["video"])
        draft = clinic.draft(session)
        assert _likely(session, draft) == [("core.weight", 3, 5), ("ask.video", 2, 5), ("core.medications", 1, 5)]
        # What the request brings is not asked for; nobody's words are kept.
        requests.edit(session, draft, clinic.pcp, RequestForm(details={"core.weight": 14.2}), now=NOON)
        assert [item for item, _, _ in _likely(session, draft)] == ["ask.video", "core.medications"]
        assert not [row for row in session.scalars(select(WantedItem.item)) if "hi" in row.lower()]


def test_a_few_are_no_history_and_old_ones_are_forgotten(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        for _ in range(FEWEST - 1):
            _came_back(session, clinic, [], ["video"])
        draft = clinic.draft(session)
        assert likely_wanted(session, draft) == ([], 0)
        last = _came_back(session, clinic, [], ["labs"])
        assert _likely(session, draft) == [("ask.video", FEWEST - 1, FEWEST), ("ask.labs", 1, FEWEST)]
        row = {"program_id": clinic.program.id, "specialty": "dermatology", "question_type": "diagnosis", "at": NOON}
        others = [clinic.draft(session).id for _ in range(NEWEST)]
        assert min(others) > last.id
        session.add_all(WantedItem(consult_id=number, item="", **row) for number in others)
        session.flush()
        assert likely_wanted(session, draft) == ([], NEWEST)


def test_no_program_learns_what_another_asks_for(database: Database, clinic: Clinic) -> None:
    other = open_clinic(database, mark="B")
    with database.writing() as session:
        for _ in range(FEWEST):
            _came_back(session, clinic, [], ["video"])
        assert likely_wanted(session, other.draft(session)) == ([], 0)
        assert likely_wanted(session, clinic.draft(session))[1] == FEWEST


def test_the_count_reads_an_index_and_no_table(sqlite_database: Database) -> None:
    clinic = open_clinic(sqlite_database)
    with sqlite_database.reading() as session:
        newest = (
            "SELECT consult_id FROM wanted_item WHERE program_id = 1 AND specialty = 'dermatology' AND "
            "question_type = 'diagnosis' AND item = '' ORDER BY consult_id DESC LIMIT 200"
        )
        plan = " ".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {newest}")))
        assert "COVERING INDEX ix_wanted_item" in plan
        assert "TEMP B-TREE" not in plan
        counted = "SELECT item, count(*) FROM wanted_item WHERE consult_id IN (1, 2) GROUP BY item"
        plan = " ".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {counted}")))
        assert "COVERING INDEX" in plan
    assert clinic.program.id

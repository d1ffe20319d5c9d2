"""Who saw what: a family reads it about its own child, the privacy officer about the program, and nobody else."""

from __future__ import annotations

import ast
import csv
import io
import time
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult import audit
from econsult.access import consult_for
from econsult.access_log import ROWS, Deed, deed_of
from econsult.consults import requests
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.errors import EmergencyError
from econsult.people.attempts import SHUT, WRONG
from econsult.people.persons import Person
from econsult.people.signin import end_sessions
from econsult.rights import Relation
from econsult.trail import AuditEvent
from tests.house.acts import acts_of_the_trail
from tests.house.tree import ROOMS, ROOT, python_files
from tests.personas import TARGETS, Clinic
from tests.web.conftest import BrowserOf
from web.shell.still import EVERY
from web.words.acts import CALLED, act_words
from web.words.looks import AS_WHAT, THINGS
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=NOW)


@pytest.fixture
def reader(browser_of: BrowserOf, officer: Person) -> FlaskClient:
    """The browser of whoever may read it all."""
    return browser_of(officer)


def seen(browser: FlaskClient, clinic: Clinic, query: str = "?lang=en") -> str:
    """The page's own part, without the frame and its form."""
    page = browser.get(f"/family/children/{clinic.child.public_id}/seen{query}").text
    return page.partition("<main")[2].partition("</main>")[0]


def test_a_family_reads_who_saw_its_child_and_how(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        consult_for(session, clinic.derm, asked.public_id, now=NOW)
    mother = browser_of(clinic.mother)
    assert f"/family/children/{clinic.child.public_id}/seen" in mother.get("/family").text
    page = seen(mother, clinic)
    derm = page[page.index(clinic.derm.name) :]
    assert derm.index("Specialist") < derm.index(f"Opened: {asked.number}") < derm.index(f"Worked on: {asked.number}")
    assert page.rindex("<b>You</b>") > page.index(clinic.derm.name)
    spanish = seen(mother, clinic, "?lang=es")
    assert f"Abrió: {asked.number}" in spanish
    assert "Quién vio los datos de" in spanish


def test_a_log_never_tells_that_somebody_said_a_child_is_not_safe(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        form = RequestForm(kind="family_question", details={"red_flags": ["unsafe"]})
        draft = requests.create(session, clinic.mother, clinic.child, form, now=NOW)
    assert draft.number not in seen(browser_of(clinic.mother), clinic)
    before = seen(browser_of(clinic.mother), clinic)
    with pytest.raises(EmergencyError), runtime.database.writing() as session:
        requests.submit(session, session.merge(draft), clinic.mother, SubmitForm(), now=NOW, targets=TARGETS)
    with runtime.database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "red_flag")).one()
    assert seen(browser_of(clinic.mother), clinic) == before


def test_strangers_and_staff_do_not_read_a_familys_log(browser_of: BrowserOf, clinic: Clinic, asked: Consult) -> None:
    where = f"/family/children/{clinic.child.public_id}/seen"
    assert browser_of(clinic.stranger).get(where).status_code == 404
    for person in (clinic.pcp, clinic.derm, clinic.coordinator, clinic.admin):
        assert browser_of(person).get(where).status_code == 403


def test_older_days_wait_behind_a_link(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        for number in range(ROWS + 5):
            at = NOW - timedelta(days=2) if number < 5 else NOW
            ids = {"person_id": clinic.derm.id if number < 5 else clinic.pcp.id, "patient_id": clinic.child.id}
            audit.record(session, "read", "consult", "x", now=at, **ids)
    mother = browser_of(clinic.mother)
    page = seen(mother, clinic)
    assert clinic.derm.name not in page
    older = page.partition('href="?cursor=')[2].partition('"')[0]
    assert clinic.derm.name in seen(mother, clinic, f"?cursor={older}")
    assert mother.get(f"/family/children/{clinic.child.public_id}/seen?cursor=x").status_code == 422


def test_the_privacy_officer_searches_the_program(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        session.merge(clinic.mother).name = "Rosalinda Campos"
    assert reader.get("/").location == "/privacy"
    page = reader.get("/privacy?lang=en").text
    assert (clinic.derm.name in page, "Rosalinda" in page, clinic.child.name in page) == (True, False, False)
    table = reader.get(f"/privacy?person={clinic.derm.public_id}&number={asked.number}").text.partition("<tbody")[2]
    assert ("Claimed a request" in table, "Sent a request" in table) == (True, False)
    for query in ("number=C-9999", "number=nonsense", "from=2999-01-01", "to=2001-01-01", f"person={'0' * 32}"):
        assert "No row fits." in reader.get(f"/privacy?{query}&lang=en").text, query
    today = datetime.now(UTC).date()
    around = f"from={today - timedelta(days=2)}&to={today + timedelta(days=1)}"
    assert "Claimed a request" in reader.get(f"/privacy?{around}").text
    assert "Claimed a request" in reader.get("/privacy?from=nonsense&to=0001-13-99&cursor=").text
    with runtime.database.reading() as session:
        searches = session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "search")).all()
    assert searches[:2] == ["", "person_id consult_id"]
    # The page says by what was searched in words.
    page = reader.get("/privacy?lang=es").text
    assert ("Persona, Solicitud" in page, "person_id consult_id" in page) == (True, False)
    with runtime.database.writing() as session:
        audit.record(session, "sign_in", "person", "x", now=NOW, person_id=clinic.derm.id)
        for act in ("wrong_passwords", "shut_place"):
            audit.record(session, act, "person", "x", now=NOW, person_id=None, program_id=clinic.program.id)
        for whose in (clinic.neuro, clinic.mother):
            audit.record_operator(session, "create", "sign_in_link", whose, now=NOW, by_id=clinic.admin.id)
    table = reader.get("/privacy?lang=es").text.partition("<tbody")[2]
    for words in (
        ">Entró</",
        "Contraseñas equivocadas seguidas",
        "Se cerró la entrada a un lugar",
        "Solicitud <span",
        "Cuenta <span",
        clinic.neuro.name,
    ):
        assert words in table, words
    assert "Rosalinda" not in table, "the first link of a member of the staff says whose, that of a family does not"
    # What has words is said once; they lead to the rows of the same act.
    assert (">sign_in" in table, "action=sign_in" in table) == (False, True)
    # Folded, so that the rows come first on a telephone.
    folded, empty = reader.get("/privacy?deed=signed&lang=en").text, reader.get("/privacy?number=C-9999").text
    assert ('class="sift"><summary' in folded, 'class="sift" open><summary' in empty) == (True, True)
    assert '<span class="mute">What was done: Signed in or out</span></summary>' in folded, "what is in force is named"


def test_whatever_the_trail_names_has_a_word_on_the_page() -> None:
    named = set()
    for path in python_files(*ROOMS):
        parsed = ast.parse((ROOT / path).read_text())
        for call in (node for node in ast.walk(parsed) if isinstance(node, ast.Call)):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            is_row = called in ("record", "record_operator") and len(call.args) > 2
            if is_row and isinstance(call.args[2], ast.Constant):
                named.add(call.args[2].value)
    assert len(named) > 10
    assert named <= set(THINGS)


def test_every_act_of_the_trail_has_words() -> None:
    acts = acts_of_the_trail()
    # Their names come out of the row that carries them to their job.
    assert {act for act in acts if ":" in act} == {"econsult.people.attempts.tell:"}
    assert all(act_words(act) for act in (WRONG, SHUT))
    told = {act for act in acts if ":" not in act}
    assert {"claim", "sign", "emergency_call", "home_safety", "reply", "step_*", "demo"} <= told
    entity = {"read_*": "attachment"}
    unnamed = {act for act in told if deed_of(act, entity.get(act, "")) == Deed.WORKED}
    assert {act for act in unnamed if act_words(act) is None} == set()
    assert {act for act in CALLED if act not in told} == {WRONG, SHUT}, "words of what nobody does"


def test_as_what_somebody_looked_is_said_in_words(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    assert set(AS_WHAT) == set(Relation)
    with runtime.database.writing() as session:
        consult_for(session, session.merge(clinic.mother), asked.public_id, now=NOW)
    table = reader.get("/privacy?lang=es").text.partition("<tbody")[2]
    assert ("como quien cuida al niño" in table, ">caregiver<" in table) == (True, False)
    assert ">Lo abrió</a>" in table


def test_an_act_of_an_earlier_version_is_shown_as_it_was_written(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        audit.record(session, "older_act", "person", "x", now=NOW, person_id=clinic.derm.id)
    assert "older_act" in reader.get("/privacy?lang=es").text.partition("<tbody")[2]


def test_the_log_goes_out_as_a_file_that_runs_nothing(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        session.merge(clinic.derm).name = "=cmd()"
        session.merge(clinic.mother).name = "Rosalinda Campos"
    answer = reader.get("/privacy/log.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    claims = [row for row in rows if row["action"] == "claim"]
    assert [(row["person"], row["role"], row["request"]) for row in claims] == [("'=cmd()", "specialist", asked.number)]
    assert "Rosalinda" not in answer.text
    assert answer.headers["Content-Disposition"] == "attachment; filename=access-log.csv"
    with runtime.database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "export")).one()


def test_a_long_file_keeps_nobody_from_writing(runtime: Runtime, reader: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        for _ in range(50):
            audit.record(session, "read", "consult", "x", now=NOW, person_id=clinic.pcp.id)
    with reader.get("/privacy/log.csv") as answer:
        lines = answer.iter_encoded()
        assert [next(lines)[:3], bool(next(lines))] == [b"row", True]
        with runtime.database.writing() as session:
            audit.record(session, "read", "consult", "later", now=NOW, person_id=clinic.pcp.id)
        assert b"later" not in b"".join(lines)


def test_what_was_written_into_the_address_of_a_search_comes_into_no_row(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic
) -> None:
    for wanted in ("Luz Prueba 2022-01-15", clinic.derm.public_id):
        assert reader.get("/privacy", query_string={"person": wanted, "child": wanted}).status_code == 200
    with runtime.database.reading() as session:
        searched = select(AuditEvent.entity_id).where(AuditEvent.action == "search").order_by(AuditEvent.id)
        assert session.scalars(searched).all() == ["", clinic.derm.public_id]


def test_a_long_file_breaks_off_for_an_officer_who_is_signed_out_meanwhile(
    runtime: Runtime, reader: FlaskClient, officer: Person
) -> None:
    with reader.get("/privacy/log.csv") as answer:
        lines = answer.iter_encoded()
        assert next(lines)[:3] == b"row"
        with runtime.database.writing() as session:
            end_sessions(session, session.get_one(Person, officer.id))
        time.sleep(EVERY)
        with pytest.raises(ConnectionResetError):
            next(lines)


def test_older_rows_of_the_program_wait_behind_a_link(runtime: Runtime, reader: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        for _ in range(120):
            audit.record(session, "read", "consult", "x", now=NOW, person_id=clinic.pcp.id)
    query = f"?person={clinic.pcp.public_id}"
    page = reader.get(f"/privacy{query}").text
    older = page.partition('<p class="more"><a class="btn btn-line" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert page.count("<tr><td") == 50
    assert reader.get(f"/privacy{older}").text.count("<tr><td") == 50


@pytest.mark.parametrize(
    ("action", "detail", "words"),
    [
        ("sign", "new_photo", "Look again with a new photo"),
        ("message", "clinicians", "Clinicians"),
        ("step_done", "2/1", "step 2 of version 2"),
        ("edit", "version/3", "version 3"),
        ("time_start", "review", "Read the case"),
        ("inform", "phone/teach_back", "by telephone, said back in own words"),
        ("ask_again", f"{'ab' * 16}/1", "abababab, version 1"),
        ("link_caregiver", "mother", "mother"),
    ],
)
def test_a_detail_is_told_in_words(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, action: str, detail: str, words: str
) -> None:
    with runtime.database.writing() as session:
        audit.record(session, action, "consult", "x", now=NOW, person_id=clinic.pcp.id, detail=detail)
    page = reader.get(f"/privacy?action={action}").text
    assert f'<span class="mute">{words}</span>' in page
    assert f"Act: {act_words(action)}</span>" in page
    assert '<a class="tap" href="/privacy">' in page


def test_a_day_that_narrows_the_log_is_named(reader: FlaskClient) -> None:
    page = reader.get("/privacy?from=2026-03-01&deed=media").text
    assert "What was done: Opened photos, videos or papers, From: " in page
    assert '<a class="tap" href="/privacy">' not in reader.get("/privacy").text


def test_rows_stand_in_the_order_of_the_trail_whatever_keys_somebody_gave_them(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        for number in range(3):
            audit.record(session, f"act{number}", "consult", "x", now=NOW, person_id=clinic.pcp.id)
    with runtime.database.writing() as session:
        session.execute(update(AuditEvent).where(AuditEvent.action == "act0").values(id=AuditEvent.id + 1000))
    table = reader.get(f"/privacy?person={clinic.pcp.public_id}").text.partition("<tbody")[2]
    assert table.index(">act2<") < table.index(">act1<") < table.index(">act0<")


def test_nobody_else_searches(browser_of: BrowserOf, clinic: Clinic) -> None:
    for person in (clinic.mother, clinic.pcp, clinic.derm, clinic.coordinator, clinic.director, clinic.admin):
        for path in ("/privacy", "/privacy/log.csv"):
            assert browser_of(person).get(path).status_code == 403

"""The privacy officer follows a complaint: the rows of one child, one caregiver, one kind of act, on paper too."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult import audit
from econsult.access import consult_for, patient_for
from econsult.access_log import Deed, Wanted, deed_of
from econsult.consults.records import Consult
from econsult.log_file import exported
from econsult.people.patients import Patient, add_patient, link_caregiver
from econsult.people.persons import Person, Role, add_person
from econsult.rights import Relation
from econsult.trail import AuditEvent
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.words.log_details import detail_words
from web.words.looks import AS_WHAT, THINGS
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
CELLS = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
SHORT = 8


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=NOW)


@pytest.fixture
def reader(browser_of: BrowserOf, officer: Person) -> FlaskClient:
    return browser_of(officer)


def rows_of(page: str) -> list[list[str]]:
    """The words of each row of the table, cell by cell."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    bare = [CELLS.findall(row) for row in body.split("</tr>")[:-1]]
    return [[html.unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split())) for cell in row] for row in bare]


def lines_of(answer: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer)))


def another_child(runtime: Runtime, clinic: Clinic, name: str, born: str) -> str:
    with runtime.database.writing() as session:
        key = runtime.vault.new_patient_key(session, clinic.program)
        about = {"name": name, "birth_date": born, "now": NOW, "registered_by": clinic.pcp}
        return add_patient(session, clinic.program, key_wrapped=key, **about).public_id


def test_a_name_and_a_birth_date_lead_to_the_rows_of_one_child_and_into_no_address(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    other = another_child(runtime, clinic, "Otto Beispiel", "2019-02-03")
    fields = {"name": clinic.child.name.upper(), "born": clinic.child.birth_date_text, "deed": "worked"}
    found = post(reader, "/privacy/child", fields)
    assert found.status_code == 303
    assert parse_qs(urlsplit(found.location).query) == {"child": [clinic.child.public_id], "deed": ["worked"]}
    page = reader.get(f"/privacy?child={clinic.child.public_id}&lang=en").text
    rows = rows_of(page)
    assert asked.number in {row[6] for row in rows}
    assert {row[5] for row in rows} == {f"{clinic.child.alias} {clinic.child.public_id[:SHORT]}"}
    assert clinic.child.name not in page
    assert {row["child_id"] for row in lines_of(reader.get(f"/privacy/log.csv?child={other}").text)} == {other}


@pytest.mark.parametrize("spelled", [str.lower, str.upper, "  {} ".format])
def test_an_alias_or_a_request_leads_there_too(
    reader: FlaskClient, clinic: Clinic, asked: Consult, spelled: object
) -> None:
    # Of an alias its letters and digits are enough, whatever word a language has before them.
    code = clinic.child.alias.rpartition(" ")[2]
    for mark in (clinic.child.alias, f"Menor {code}", code, asked.number):
        assert callable(spelled)
        found = post(reader, "/privacy/child", {"mark": spelled(mark)})
        assert (found.status_code, found.location) == (303, f"/privacy?child={clinic.child.public_id}")


@pytest.mark.parametrize("code", ["904417", "C90441"])
def test_an_alias_of_figures_is_no_number_of_a_request(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, code: str
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).alias = f"Child {code}"
    assert post(reader, "/privacy/child", {"mark": code}).location == f"/privacy?child={clinic.child.public_id}"


def test_whom_nobody_knows_is_not_found_and_what_was_typed_stays(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic
) -> None:
    wrong = {"name": clinic.child.name, "born": "2001-01-01"}
    page = post(reader, "/privacy/child", wrong)
    assert page.status_code == 422
    assert "No child of the program has this name and birth date" in page.text
    assert f'value="{clinic.child.name}"' in page.text
    half = "Write an alias, a request, or a name with the birth date"
    for fields in ({}, {"name": clinic.child.name}, {"name": "x", "born": "soon"}, {"born": "2001-01-01"}):
        assert half in post(reader, "/privacy/child", fields).text, fields
    assert "No child has this alias" in post(reader, "/privacy/child", {"mark": "C-9999"}).text
    assert post(reader, "/privacy/child", {"mark": "x" * 41}).status_code == 422
    spanish = post(reader, "/privacy/child?lang=es", wrong).text
    assert "Ningún niño del programa tiene este nombre y esta fecha de nacimiento" in spanish


def test_an_alias_is_said_in_the_readers_language_and_stays_the_same_in_the_file(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    alias, spanish = clinic.child.alias, f"Menor {clinic.child.alias.rpartition(' ')[2]}"
    spoken = [reader.get(f"/privacy?child={clinic.child.public_id}&lang={language}").text for language in ("en", "es")]
    assert [(alias in page, spanish in page) for page in spoken] == [(True, False), (False, True)]
    assert alias in reader.get("/privacy/log.csv").text, "a file is read by programs"
    with runtime.database.writing() as session:
        session.merge(clinic.child).alias = "Otro 1"
    assert "Otro 1" in reader.get("/privacy?lang=es").text


def test_two_children_of_one_name_and_birth_date_are_told_apart_by_alias(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic
) -> None:
    another_child(runtime, clinic, clinic.child.name, clinic.child.birth_date_text)
    page = post(reader, "/privacy/child", {"name": clinic.child.name, "born": clinic.child.birth_date_text})
    assert page.status_code == 422
    assert clinic.child.alias in page.text.partition("Write one alias")[2][:80]


def test_a_child_of_another_program_is_nobody(runtime: Runtime, reader: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        program = runtime.vault.add_program(session, "Another", NOW)
        key = runtime.vault.new_patient_key(session, program)
        child = add_patient(session, program, key_wrapped=key, name="Otto Fern", birth_date="2019-02-03", now=NOW)
    for fields in ({"name": "Otto Fern", "born": "2019-02-03"}, {"mark": child.alias}, {"mark": child.public_id}):
        assert post(reader, "/privacy/child", fields).status_code == 422
    page = reader.get(f"/privacy?child={child.public_id}&lang=en").text
    assert ("No row fits." in page, child.alias in page) == (True, False)


def test_two_caregivers_are_told_apart_and_each_can_be_followed(
    runtime: Runtime, browser_of: BrowserOf, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    about = {"email": "aunt@example.test", "name": "Rosalinda Campos", "role": Role.CAREGIVER, "now": NOW}
    with runtime.database.writing() as session:
        aunt = add_person(session, runtime.database.cipher, clinic.program, **about)
        link_caregiver(session, session.merge(clinic.child), aunt, "other", NOW)
    for person in (clinic.mother, aunt):
        with runtime.database.writing() as session:
            patient_for(session, person, clinic.child.public_id, now=NOW)
    lines = lines_of(reader.get(f"/privacy/log.csv?child={clinic.child.public_id}").text)
    families = {line["person_id"] for line in lines if line["role"] == "caregiver"}
    assert families >= {clinic.mother.public_id, aunt.public_id}
    own = lines_of(reader.get(f"/privacy/log.csv?person={aunt.public_id}").text)
    assert {(line["person_id"], line["person"]) for line in own} == {(aunt.public_id, "")}
    page = reader.get(f"/privacy?person={aunt.public_id}&lang=en").text
    assert {row[2] for row in rows_of(page)} == {f"A caregiver Family {aunt.public_id[:SHORT]}"}
    assert f'<option value="{aunt.public_id}" selected>' in page
    assert "Rosalinda" not in page


def test_the_file_says_what_the_screen_says(
    runtime: Runtime, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        consult_for(session, clinic.derm, asked.public_id, now=NOW)
    query = f"child={clinic.child.public_id}&to={datetime.now(UTC).date() + timedelta(days=1)}"
    screen = rows_of(reader.get(f"/privacy?{query}&lang=en").text)
    # The search itself is the newest row of the file.
    search, *lines = lines_of(reader.get(f"/privacy/log.csv?{query}").text)[1:]
    assert (search["action"], search["detail"], search["child_id"]) == (
        "search",
        "child_id end",
        clinic.child.public_id,
    )
    assert len(screen) == len(lines) > 3
    for row, line in zip(screen, lines, strict=True):
        assert row[0] == line["row"]
        assert line["person"] in row[2]
        assert row[2].endswith(line["person_id"][:SHORT])
        # Details are said in words on the screen, and as they are kept in the file.
        is_look = line["detail"] in AS_WHAT
        detail = str(AS_WHAT[Relation(line["detail"])]) if is_look else detail_words(line["action"], line["detail"])
        assert row[3].endswith(detail)
        assert row[3].removesuffix(detail).strip()
        assert row[4] == f"{THINGS[line['entity']]} {line['entity_id'][:SHORT]}".strip()
        assert (row[5], row[6]) == (f"{line['child']} {line['child_id'][:SHORT]}", line["request"])


def test_a_search_by_act_agrees_with_what_each_row_is_called(
    runtime: Runtime, officer: Person, reader: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    acts = [
        "read",
        "reveal_phone",
        "read_held",
        "read_held/face",
        "readX",
        "use/note",
        "use/own_time",
        "useful",
        "list",
    ]
    acts += [
        "find",
        "ask_code",
        "read_by_code",
        "read_note",
        "read_name",
        "break_glass",
        "legal_hold",
        "correct_details",
        "edit",
    ]
    acts += ["sign_in", "sign_out", "shut_sign_in", "come_over", "go_over"]
    with runtime.database.writing() as session:
        for action in acts:
            for entity in ("consult", "attachment", "patient"):
                audit.record(session, action, entity, "x", now=NOW, person_id=clinic.pcp.id)
    with runtime.database.reading() as session:
        known = session.execute(select(AuditEvent.sequence, AuditEvent.action, AuditEvent.entity)).all()
        for deed in Deed:
            found = {look.sequence for look in exported(session, officer, Wanted(deed=deed))}
            assert found == {row.sequence for row in known if deed_of(row.action, row.entity) == deed}, deed
            assert found, deed
    rows = rows_of(reader.get("/privacy?action=reveal_phone&deed=name&lang=en").text)
    assert {row[3] for row in rows} == {"Saw name and contact"}
    # Coming and going are one kind to search by, and each row says which of them it was.
    assert {row[3] for row in rows_of(reader.get("/privacy?deed=signed&lang=en").text)} == {"Signed in", "Signed out"}
    assert {row[3] for row in rows_of(reader.get("/privacy?deed=refused&lang=es").text)} == {
        "Cerró la entrada tras contraseñas equivocadas"
    }
    # What is no kind of act narrows nothing; a code that nobody knows finds nothing.
    assert rows_of(reader.get("/privacy?deed=nonsense").text)
    assert not rows_of(reader.get("/privacy?action=nonsense").text)


def test_each_search_for_a_child_is_a_row_of_it_which_its_family_reads(
    runtime: Runtime, browser_of: BrowserOf, reader: FlaskClient, officer: Person, clinic: Clinic
) -> None:
    post(reader, "/privacy/child", {"name": clinic.child.name, "born": clinic.child.birth_date_text})
    post(reader, "/privacy/child", {"name": "Nobody", "born": "2001-01-01"})
    reader.get(f"/privacy?child={clinic.child.public_id}")
    reader.get(f"/privacy/log.csv?child={clinic.child.public_id}")
    with runtime.database.reading() as session:
        query = select(AuditEvent.action, AuditEvent.patient_id).where(AuditEvent.person_id == officer.id)
        rows = [tuple(row) for row in session.execute(query.order_by(AuditEvent.id))]
    own = clinic.child.id
    wanted = [("find", own), ("find", None), ("search", own), ("export", own)]
    assert [row for row in rows if row[0] == "find" or row[1] == own] == wanted
    log = browser_of(clinic.mother).get(f"/family/children/{clinic.child.public_id}/seen?lang=en").text
    assert "Checked who saw it" in log[log.index(officer.name) :]


def test_nobody_else_looks_for_a_child(browser_of: BrowserOf, clinic: Clinic) -> None:
    fields = {"mark": clinic.child.alias}
    for person in (clinic.mother, clinic.pcp, clinic.coordinator, clinic.admin):
        assert post(browser_of(person), "/privacy/child", fields).status_code == 403

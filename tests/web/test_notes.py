"""The note as those who may read the answer take it along, and as nobody else does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select

from econsult.consults import answers, holding, reopening, requests
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from tests.imaging.paper_readers import faults_of, words_of
from tests.personas import ANSWER, LEASE, Clinic, open_clinic
from tests.web.browsing import post
from web.shell.program import KEPT
from workers.runtime import Runtime

BrowserOf = Callable[[Person], FlaskClient]
CODE = re.compile(r"(?:[0-9a-f]{8} ){7}[0-9a-f]{8}")
SUMMARY = "Es un eccema. Use la crema dos veces al día. ¿Fiebre? Llámenos."
SPANISH = {
    **ANSWER,
    "family_summary": SUMMARY,
    "spanish_how": "written",
    "impression": "Atopic dermatitis of Luz Prueba, elbow",
}


@pytest.fixture
def answered(runtime: Runtime, clinic: Clinic) -> Consult:
    """An eConsult that was answered for a family that reads Spanish, and not released to it yet."""
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).language = "es"
        consult = clinic.claimed(session, now=ago(40))
        sign(clinic, session, consult, ago(30))
        return consult


def ago(minutes: int) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def sign(clinic: Clinic, session, consult: Consult, now: datetime, **changes: object) -> None:
    answers.save_draft(session, consult, clinic.derm, {**SPANISH, **changes}, now=now, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=now)


def release(runtime: Runtime, clinic: Clinic, consult: Consult) -> None:
    with runtime.database.writing() as session:
        answers.acknowledge(session, session.get_one(Consult, consult.id), clinic.pcp, now=ago(20))


def sign_again(runtime: Runtime, clinic: Clinic, consult: Consult, impression: str) -> None:
    """The clinic opens the question again and the specialist signs a second version."""
    with runtime.database.writing() as session:
        again = session.get_one(Consult, consult.id)
        reopening.reopen(session, again, clinic.pcp, "It spreads", now=ago(10))
        holding.claim(session, again, clinic.derm, now=ago(9), lease=LEASE)
        sign(clinic, session, again, ago(8), impression=impression)


def staff(consult: Consult, kind: str = "pdf", **query: object) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/consults/{consult.public_id}/note.{kind}?{asked}"


def familys(consult: Consult, kind: str = "pdf") -> str:
    return f"/family/questions/{consult.public_id}/answer/note.{kind}"


def test_the_clinic_reads_whose_child_it_is_and_the_specialist_does_not(
    clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    known = words_of(browser_of(clinic.pcp).get(staff(answered)).data)
    covered = words_of(browser_of(clinic.derm).get(staff(answered)).data)
    for told in (f"Answer to eConsult {answered.number}", "Atopic dermatitis", "Triamcinolone 0.1 %", SUMMARY):
        assert told in known
    assert "Luz Prueba" in known
    assert "January 15, 2022" in known
    assert "Triamcinolone 0.1 %" in covered
    assert SUMMARY in covered
    assert not re.search("Luz|Prueba|January 15|2022-01", covered)
    # It is said of the whole answer, and stands under no part of it.
    assert "without seeing the child." in known.partition("Question")[0]


@pytest.mark.parametrize("kind", ["pdf", "txt"])
def test_a_file_of_the_note_names_nobody_and_is_kept_nowhere(
    clinic: Clinic, browser_of: BrowserOf, answered: Consult, kind: str
) -> None:
    answer = browser_of(clinic.pcp).get(staff(answered, kind))
    assert answer.status_code == 200
    assert answer.content_type == {"pdf": "application/pdf", "txt": "text/plain; charset=utf-8"}[kind]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    named = f'attachment; filename="econsult-{answered.number}-version-1.{kind}"'
    assert answer.headers["Content-Disposition"] == named


def test_the_family_keeps_the_plain_words_in_its_language_and_nothing_of_the_clinicians(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    mother = browser_of(clinic.mother)
    assert [mother.get(familys(answered, kind)).status_code for kind in ("pdf", "txt")] == [404, 404]
    release(runtime, clinic, answered)
    for read in (words_of(mother.get(familys(answered)).data), mother.get(familys(answered, "txt")).text):
        assert SUMMARY in read
        assert "Luz Prueba" in read
        assert "505-555-0100" in read
        assert re.search("Cuándo llamar", read, re.IGNORECASE)
        assert not re.search("Atopic dermatitis|mid-strength|Call the same day|When to call", read)


@pytest.mark.wide
def test_every_edition_says_by_which_day_each_step_is_due(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """What the answer names, and where it names no day the one that is usual, on the program's own clock."""
    steps = [
        {"text": "Start the cream", "owner": "pcp", "due_at": "2031-03-04"},
        {"text": "Send a new photo", "owner": "family"},
    ]
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=ago(40))
        sign(clinic, session, consult, ago(30), recommendations=steps)
        due = (ago(30) + timedelta(days=30)).astimezone(ZoneInfo("America/Denver"))
        usual = format_date(due.date(), format="long", locale="en")
    release(runtime, clinic, consult)
    pcp, mother = browser_of(clinic.pcp), browser_of(clinic.mother)
    for read in (pcp.get(staff(consult, "txt")).text, words_of(pcp.get(staff(consult)).data)):
        assert "by March 4, 2031" in read
        assert f"by {usual}" in read
    for read in (mother.get(familys(consult, "txt")).text, words_of(mother.get(familys(consult)).data)):
        assert f"Do this by {usual}" in " ".join(read.split())


def test_whoever_may_not_read_the_answer_gets_no_note(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    release(runtime, clinic, answered)
    expected = {"derm2": 404, "neuro": 404, "other_pcp": 404, "nurse": 403, "director": 403, "admin": 403}
    for name, status in expected.items():
        assert browser_of(getattr(clinic, name)).get(staff(answered)).status_code == status, name
    assert browser_of(clinic.stranger).get(familys(answered)).status_code == 404
    assert browser_of(clinic.mother).get(familys(answered) + "?edition=clinician").status_code == 403
    assert browser_of(clinic.coordinator).get(staff(answered, edition="family")).status_code == 200


def test_an_unsigned_answer_is_in_no_note(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=ago(40))
        answers.save_draft(session, consult, clinic.derm, SPANISH, now=ago(30), lease=LEASE)
    assert browser_of(clinic.derm).get(staff(consult)).status_code == 404
    assert browser_of(clinic.derm2).get(staff(consult)).status_code == 403
    assert browser_of(clinic.pcp).get(staff(consult, "txt")).status_code == 404


def test_an_earlier_version_says_that_it_was_replaced(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    release(runtime, clinic, answered)
    sign_again(runtime, clinic, answered, "Scabies after all")
    pcp, mother = browser_of(clinic.pcp), browser_of(clinic.mother)
    newest, first = pcp.get(staff(answered, "txt")).text, pcp.get(staff(answered, "txt", version=1)).text
    assert "Scabies after all" in newest
    assert "out of date" not in newest
    assert "Atopic dermatitis" in first
    assert "This version is out of date. Version 2 has replaced it." in first
    # The page shows the codes of both, so that an old paper is known as well.
    page = pcp.get(f"/consults/{answered.public_id}").text
    assert len(CODE.findall(page)) == 2
    assert {*CODE.findall(newest), *CODE.findall(first)} == set(CODE.findall(page))
    # The second is not open to the family yet, so nothing tells that there is one.
    assert len(CODE.findall(mother.get(f"/family/questions/{answered.public_id}/answer").text)) == 1
    told = mother.get(familys(answered, "txt")).text
    assert "versión 2" not in told.lower()
    assert "Esta es la respuesta de antes." in told
    assert mother.get(familys(answered) + "?version=2").status_code == 404
    assert [pcp.get(staff(answered, version=value)).status_code for value in (3, -1, "x", "9" * 30)] == [404] * 4
    assert pcp.get(staff(answered, edition="poster")).status_code == 422


def test_the_code_on_the_paper_is_the_one_on_the_page(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    release(runtime, clinic, answered)
    paper, page = browser_of(clinic.pcp).get(staff(answered)).data, browser_of(clinic.pcp)
    codes = set(CODE.findall(words_of(paper)))
    assert len(codes) == 1
    (code,) = codes
    assert code in page.get(f"/consults/{answered.public_id}").text
    assert code in browser_of(clinic.mother).get(f"/family/questions/{answered.public_id}/answer").text
    assert code in words_of(browser_of(clinic.mother).get(familys(answered)).data)
    assert code in browser_of(clinic.coordinator).get(f"/coordination/{answered.public_id}").text


def test_each_taking_is_written_down_and_the_family_reads_of_it(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    browser_of(clinic.pcp).get(staff(answered, "txt", edition="family"))
    with runtime.database.reading() as session:
        (row,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "read_note")).all()
    assert (row.person_id, row.entity_id, row.detail) == (clinic.pcp.id, answered.public_id, "family/txt/1")
    asked = [clinic.pcp.id]
    for person, kind in ((clinic.pcp, "pdf"), (clinic.derm, "txt")):
        taken = browser_of(person).open(staff(answered, kind), buffered=False)
        asked.append(person.id)
        with runtime.database.reading() as session:
            # The row is there while nothing was read of the answer.
            kept = select(AuditEvent.person_id).where(AuditEvent.action == "read_note").order_by(AuditEvent.id)
            assert session.scalars(kept).all() == asked
        taken.close()
    seen = browser_of(clinic.mother).get(f"/family/children/{clinic.child.public_id}/seen").text
    assert f"Guardó como archivo la respuesta de: {answered.number}" in seen


@pytest.mark.wide
def test_the_same_answer_gives_the_same_file(clinic: Clinic, browser_of: BrowserOf, answered: Consult) -> None:
    pcp = browser_of(clinic.pcp)
    assert pcp.get(staff(answered)).data == pcp.get(staff(answered)).data
    assert "Likely diagnosis".upper() in pcp.get(staff(answered, "txt")).text
    assert "diagnóstico".upper() in pcp.get(staff(answered, "txt", lang="es")).text


def test_a_familys_own_question_has_both_editions_and_names_the_family_as_who_asks(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.family_question(session, now=ago(40))
        holding.claim(session, consult, clinic.pcp, now=ago(30), lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, ANSWER, now=ago(30), lease=LEASE)
        answers.sign(session, consult, clinic.pcp, now=ago(30))
    told = browser_of(clinic.pcp).get(staff(consult, "txt")).text
    assert "Asked by: Family" in told
    assert consult.question in told
    assert "without seeing the child" not in told
    read = words_of(browser_of(clinic.mother).get(familys(consult)).data)
    assert "In short" in read
    assert str(ANSWER["family_summary"]) in read
    assert "Get help if:" in read


def test_an_answer_that_means_now_says_so_above_everything_else(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=ago(40))
        sign(clinic, session, consult, ago(30), disposition="emergency_now")
    read = words_of(browser_of(clinic.mother).get(familys(consult)).data)
    assert read.index("Please go to the emergency room now. Call 911") < read.index("In short")
    assert "To the emergency room now" in browser_of(clinic.derm).get(staff(consult, "txt")).text


def test_what_was_signed_stays_when_the_consent_is_taken_back(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    release(runtime, clinic, answered)
    mother = browser_of(clinic.mother)
    post(mother, f"/family/questions/{answered.public_id}/consent/withdraw", {"seal": "yes"})
    assert SUMMARY in mother.get(familys(answered, "txt")).text
    assert SUMMARY in browser_of(clinic.pcp).get(staff(answered, "txt")).text


def test_what_was_signed_stays_when_the_question_is_taken_back(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult
) -> None:
    release(runtime, clinic, answered)
    with runtime.database.writing() as session:
        again = session.get_one(Consult, answered.id)
        reopening.reopen(session, again, clinic.pcp, "It spreads", now=ago(10))
        requests.withdraw(session, again, clinic.pcp, "By mistake", now=ago(9))
    told = browser_of(clinic.pcp).get(staff(answered, "txt")).text
    assert "! This is the answer from before.\n! Taken back" in told
    assert SUMMARY in told
    assert "respuesta de antes" in browser_of(clinic.mother).get(familys(answered, "txt")).text


def test_whatever_was_written_comes_out_in_every_edition(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    odd = '#import "x" $a$ \\ *b* \u202e01\u202c 😀 <b>&amp; שלום'
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=ago(40))
        steps = [{"text": odd, "owner": "family", "due_at": "2026-12-10T08:00:00Z"}]
        texts = dict.fromkeys(("impression", "watch_for", "family_summary", "references"), odd)
        sign(clinic, session, consult, ago(30), recommendations=steps, **texts)
    pcp = browser_of(clinic.pcp)
    for edition, times in (("clinician", 5), ("family", 3)):
        paper = pcp.get(staff(consult, edition=edition)).data
        assert faults_of(paper) == []
        shown = '#import "x" $a$ \\ *b* [U+202E]01[U+202C] [U+1F600] <b>&amp;'
        assert words_of(paper).count(shown) == times
        plain = pcp.get(staff(consult, "txt", edition=edition)).text
        assert plain.count("$a$ \\ *b* [U+202E]01[U+202C] 😀 <b>&amp; שלום") == times


@pytest.mark.parametrize("name", ["Likely Family", "Advice Only", "Clinic Visit", "Pcp Sure", "Visit Clinic 2026"])
def test_a_child_who_is_called_like_one_of_our_words_has_a_note(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, answered: Consult, name: str
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).name = name
    for edition in ("clinician", "family"):
        told = browser_of(clinic.derm).get(staff(answered, "txt", edition=edition))
        assert (told.status_code, name in told.text) == (200, False)
    assert "HOW SURE?\nSure" in browser_of(clinic.derm).get(staff(answered, "txt")).text
    assert browser_of(clinic.derm).get(f"/consults/{answered.public_id}").status_code == 200


def test_where_the_press_fails_people_are_led_to_the_text(mother: FlaskClient) -> None:
    page, answer = mother.get("/paper?lang=en"), mother.get("/api/v1/paper")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "take the text instead" in page.text
    assert (answer.status_code, answer.get_json()["code"]) == (503, "paper_unavailable")


def test_pages_and_papers_carry_the_readers_own_program(
    runtime: Runtime, clinic: Clinic, answered: Consult, browser_of: Callable[[Person], FlaskClient]
) -> None:
    """One program is called as the setting says; as soon as there are two, each by its own name."""
    pcp = browser_of(clinic.pcp)
    installed = str(escape(runtime.settings.program_name))
    # The application is another test's as well, and that may have had two programs a moment ago.
    pcp.application.extensions.pop(KEPT, None)
    assert f"- {installed}</title>" in pcp.get("/clinic").text
    second = open_clinic(runtime.database, vault=runtime.vault, mark="second-", now=datetime.now(UTC))
    pcp.application.extensions.pop(KEPT)
    for person, name in ((clinic.pcp, clinic.program.name), (second.pcp, second.program.name)):
        page = browser_of(person).get("/clinic").text
        assert (f"- {name}</title>" in page, f"{installed}<" in page) == (True, False)
    note = pcp.get(staff(answered, "txt")).text
    assert (clinic.program.name in note, runtime.settings.program_name in note) == (True, False)
    # Who is at the door has no program yet.
    assert f"- {installed}</title>" in pcp.application.test_client().get("/sign-in").text

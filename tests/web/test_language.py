"""Pages speak the reader's language, and say times as clock times in the reader's zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from econsult.people.patients import Patient
from tests.personas import Clinic
from tests.web.conftest import NOON
from web.wording import extract_messages, faults, main
from web.words import terms
from web.words.catalogues import FOLDER, load_catalogue, read_part
from web.words.language import safe_path, speaking
from web.words.reaching import hour_words
from web.words.times import clock_or_day, due_by, moment, time_left, until, written
from workers.runtime import Runtime


def test_no_text_is_untranslated_or_doubtful() -> None:
    assert list(faults("es")) == []
    assert main(["--check"]) == 0


def test_the_check_sees_the_texts_of_python_and_of_templates() -> None:
    found = {message.id for message in extract_messages()}
    # The last one stands within an f-string.
    assert {"There is a problem", "by %(time)s today", "Appointment"} <= found


def test_no_catalogue_file_is_empty() -> None:
    assert all(part.stat().st_size > 200 for part in FOLDER.glob("*/*.po"))
    assert len(load_catalogue("es")) > 40


def test_two_files_may_not_translate_one_text_differently(tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    for name, word in (("a", "Sí"), ("b", "Claro")):
        (tmp_path / "es" / f"{name}.po").write_text(f'msgid "Yes"\nmsgstr "{word}"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"b\.po translates 'Yes' in another way"):
        load_catalogue("es", tmp_path)


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/parts/family", {}, "en"),
        ("/parts/family", {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}, "es"),
        ("/parts/family", {"Accept-Language": "nv"}, "en"),
        ("/parts/family?lang=es", {"Accept-Language": "en"}, "es"),
        ("/parts/family?lang=xx", {"Accept-Language": "es"}, "es"),
    ],
)
def test_the_page_speaks_what_was_asked_for(
    visitor: FlaskClient, path: str, headers: dict[str, str], expected: str
) -> None:
    assert f'<html lang="{expected}">' in visitor.get(path, headers=headers).text


def test_a_wished_language_is_remembered(visitor: FlaskClient) -> None:
    visitor.get("/parts/family?lang=es")
    assert '<html lang="es">' in visitor.get("/parts/family").text


def test_the_record_of_the_person_beats_the_browser(
    shell: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = SimpleNamespace(id=1, program_id=1, language="es", time_zone="America/New_York", organization_id=None)
    funcs = [lambda: g.__setattr__("person", person), *shell.before_request_funcs[None]]
    monkeypatch.setitem(shell.before_request_funcs, None, funcs)
    assert '<html lang="es">' in visitor.get("/parts/family", headers={"Accept-Language": "en"}).text


def test_the_switch_returns_to_the_same_place(visitor: FlaskClient) -> None:
    page = visitor.get("/parts/family?step=2").text
    fields = dict(re.findall(r'name="(csrf_token|next)" value="([^"]*)"', page)) | {"lang": "es"}
    answer = visitor.post("/language", data=fields)
    assert (answer.status_code, answer.location) == (303, "/parts/family?step=2")
    assert '<html lang="es">' in visitor.get("/parts/family").text


@pytest.mark.parametrize(
    "address",
    ["https://evil.test", "//evil.test", "/\\evil.test", "evil", "", "/a\nb", "javascript:1", "///e", "http://["],
)
def test_the_switch_leads_nowhere_else(address: str) -> None:
    assert safe_path(address) == "/"


@pytest.mark.parametrize(
    ("language", "hours", "for_family", "expected"),
    [
        ("en", 27, False, "by Tue 15:00"),
        ("en", 27, True, "by 3:00 PM tomorrow"),
        ("en", 3, False, "by 15:00 today"),
        ("es", 3, True, "antes de las 3:00 p. m. de hoy"),
        ("es", 27, False, "antes del martes 15:00"),
        ("es", 3, False, "antes de las 15:00 de hoy"),
        ("es", 27, True, "antes de las 3:00 p. m. de mañana"),
        ("es", 51, True, "antes del miércoles 3:00 p. m."),
        ("en", 27 + 24 * 8, False, "by Wed 2 Dec 15:00"),
    ],
)
def test_a_promise_is_a_clock_time(shell: Flask, language: str, hours: int, for_family: bool, expected: str) -> None:
    with shell.test_request_context(f"/?lang={language}"):
        g.now = NOON
        said = due_by(NOON + timedelta(hours=hours), for_family=for_family)
    assert re.sub(r"\s", " ", said) == expected


def test_an_end_is_told_within_a_sentence(shell: Flask) -> None:
    expected = {
        "en": ["until today, 15:00", "until Wed 2 Dec, 12:00"],
        "es": ["hasta hoy, 15:00", "hasta el miércoles 2 de diciembre, 12:00"],
    }
    for language, said in expected.items():
        with shell.test_request_context(f"/?lang={language}"):
            g.now = NOON
            ends = (NOON + timedelta(hours=3), NOON + timedelta(days=9))
            assert [re.sub(r"\s", " ", until(end)) for end in ends] == said


def test_staff_choose_hours_by_the_clock_that_their_pages_show(shell: Flask) -> None:
    for language, said in (("en", ["21:00", "9:00 PM"]), ("es", ["21:00", "9:00 p. m."])):
        with shell.test_request_context(f"/?lang={language}"):
            found = [hour_words(21, for_family=for_family) for for_family in (False, True)]
            assert [re.sub(r"\s", " ", each) for each in found] == said


def test_no_spanish_sentence_puts_a_full_stop_after_a_clock_time() -> None:
    """`3:00 p. m.` has one."""
    texts = [str(message.string) for part in (FOLDER / "es").glob("*.po") for message in read_part(part, "es")]
    assert len(texts) > 1000
    assert [text for text in texts if re.search(r"%\((time|when|until)\)s\.", text)] == []


def test_times_are_told_in_the_zone_of_the_reader(shell: Flask) -> None:
    with shell.test_request_context("/?lang=en"):
        g.now, g.person = NOON, SimpleNamespace(id=1, language="en", time_zone="America/New_York", organization_id=None)
        g.person.is_staff = True
        assert moment(NOON) == "today, 14:00"
        g.person.time_zone = ""
        assert moment(NOON) == "today, 12:00"


@pytest.mark.parametrize(
    ("language", "for_family", "expected"),
    [
        ("en", False, "March 2, 2026, 11:30 MST"),
        ("es", False, "2 de marzo de 2026, 11:30 (hora estándar de las Montañas Rocosas)"),
        ("en", True, "March 2, 2026, 11:30 AM"),
        ("es", True, "2 de marzo de 2026, 11:30 a. m."),
    ],
)
def test_a_time_on_paper_names_its_zone_for_staff(shell: Flask, language: str, for_family: bool, expected: str) -> None:
    when = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    with shell.test_request_context(f"/?lang={language}"):
        told = written(when, zone="America/Denver", for_family=for_family)
    assert " ".join(told.split()) == expected


def test_a_moment_names_its_day(shell: Flask) -> None:
    with shell.test_request_context("/?lang=en"):
        g.now = NOON
        assert moment(NOON) == "today, 12:00"
        assert moment(NOON - timedelta(days=1)) == "yesterday, 12:00"
        assert moment(NOON + timedelta(days=3)) == "Thu 26 Nov, 12:00"
        assert [clock_or_day(NOON + timedelta(days=days)) for days in (0, 3)] == ["12:00", "Thu 26 Nov, 12:00"]
        assert [time_left(NOON + timedelta(minutes=n)) for n in (20, 130, 4600)] == ["20 min", "2 h 10 min", "3 d 4 h"]


@pytest.mark.parametrize(
    ("language", "sex", "years", "words"),
    [
        ("en", "female", 17, "Girl, 17 years"),
        ("en", "female", 18, "Woman, 18 years"),
        ("en", "male", 19, "Man, 19 years"),
        ("en", "unknown", 20, "Adult, 20 years"),
        ("es", "male", 19, "Hombre, 19 años"),
        ("es", "female", 18, "Mujer, 18 años"),
        ("es", "male", 17, "Niño, 17 años"),
    ],
)
def test_an_adult_is_called_no_child(
    shell: Flask, runtime: Runtime, clinic: Clinic, language: str, sex: str, years: int, words: str
) -> None:
    birthday = date(2000, 3, 2)
    with runtime.database.reading() as session:
        child = session.get_one(Patient, clinic.child.id)
        child.sex, child.birth_date_text = sex, birthday.isoformat()
        with shell.test_request_context(), speaking(language):
            assert terms.child(child, birthday.replace(year=2000 + years)) == words
        session.rollback()

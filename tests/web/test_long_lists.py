"""Clinics with many children and many requests: nobody is out of reach, and no count says less than there is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from econsult.consults.records import Consult
from econsult.people.patients import add_patient
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)


@pytest.fixture
def pcp(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


@pytest.fixture
def many(runtime: Runtime, clinic: Clinic) -> None:
    """A clinic with 120 children more; the second of them has accents, a hyphen and a record number."""
    with runtime.database.writing() as session:
        for number in range(120):
            name, mrn = ("Ángel Núñez-O'Brien", "MR-7 001") if number == 1 else (f"Kid{number:03} Test", "")
            details = {"key_wrapped": b"-", "name": name, "birth_date": "2020-01-01", "mrn": mrn, "now": NOW}
            add_patient(session, clinic.program, organization=clinic.home, **details)  # type: ignore[arg-type]


def names_on(page: str) -> list[str]:
    """The names of the children that a page offers, in their order."""
    return re.findall(r"<li><span><b>([^<]+)</b>", page)


@pytest.mark.usefixtures("many")
def test_the_newest_children_come_first_and_every_child_is_on_some_page(pcp: FlaskClient) -> None:
    start = names_on(pcp.get("/clinic").text)
    assert (start[0], len(start)) == ("Kid119 Test", 12)
    address, seen = "/clinic/ask", list[str]()
    while address:
        page = pcp.get(address).text
        seen += names_on(page)
        address = "".join(re.findall(r'href="(/clinic/ask\?before=[^"]+)"', page))
    assert (len(seen), len(set(seen)), seen[0], seen[-1]) == (121, 121, "Kid119 Test", "Luz Prueba")
    assert pcp.get("/clinic/ask?before=!!").status_code == 422


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("words", ["angel", "NUNEZ ang", "núñez", "obrien", "mr7001", "7 001", "  Ángel   NÚÑEZ "])
def test_a_child_is_found_without_accents_and_capitals(pcp: FlaskClient, words: str) -> None:
    assert names_on(post(pcp, "/clinic/find", {"find": words}).text) == ["Ángel Núñez-O&#39;Brien"]


@pytest.mark.usefixtures("many")
def test_what_fits_nobody_or_too_many_is_said(pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic) -> None:
    assert "No child fits" in post(pcp, "/clinic/find", {"find": "Nobody"}).text
    assert "Write more of the name" in post(pcp, "/clinic/find", {"find": "kid"}).text
    empty = post(pcp, "/clinic/find", {"find": " "})
    assert (empty.status_code, "Write a name or a record number" in empty.text) == (422, True)
    assert names_on(post(browser_of(clinic.other_pcp), "/clinic/find", {"find": "angel"}).text) == []
    assert post(browser_of(clinic.derm), "/clinic/find", {"find": "angel"}).status_code == 403
    assert pcp.get("/clinic/find").location == "/clinic/ask"


def test_sixty_drafts_are_sixty_and_each_is_on_some_page(runtime: Runtime, pcp: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        drafts = {clinic.draft(session, now=NOW).number for _ in range(60)}
    page = pcp.get("/clinic").text
    assert 'Your drafts <span class="count">60</span>' in page
    following = re.findall(r'href="(/clinic\?view=drafts&amp;cursor=[^"]+)"', page)[0].replace("&amp;", "&")
    rest = pcp.get(following).text
    assert set(re.findall(r"C-\d+", page)) | set(re.findall(r"C-\d+", rest)) >= drafts
    assert ("Show more" in rest, '<span class="count">60</span>' in rest) == (False, True)
    assert pcp.get("/clinic?view=drafts&cursor=x").status_code == 422


def test_a_family_that_wrote_comes_first_however_late_it_is_due(
    runtime: Runtime, pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        template = clinic.answered(session, now=NOW)
        columns = [column.name for column in Consult.__table__.columns if column.name not in {"id", "public_id"}]
        for _ in range(104):
            session.add(Consult(**{name: getattr(template, name) for name in columns}))
        session.flush()
        last = session.query(Consult).order_by(Consult.id.desc()).limit(2).all()
        late = {"due_at": NOW + timedelta(days=9), "family_waits_since": NOW}
        session.execute(update(Consult).where(Consult.id == last[0].id).values(late))
        session.execute(update(Consult).where(Consult.id == last[1].id).values(acknowledged_at=NOW, due_at=NOW))
    page = pcp.get("/clinic").text
    assert re.findall(r"C-\d+", page)[0] == last[0].number
    assert (last[1].number in page, '<span class="count">99+</span>' in page) == (False, True)
    board = browser_of(clinic.coordinator).get("/coordination").text
    assert re.findall(r"C-\d+", board)[0] == last[0].number
    assert ("More than 99 calls to make" in board, "/coordination?column=untold&amp;cursor=" in board) == (
        True,
        True,
    )


def test_told_families_do_not_push_untold_ones_off_the_board(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        untold = clinic.answered(session, now=NOW)
        columns = [column.name for column in Consult.__table__.columns if column.name not in {"id", "public_id"}]
        same = {name: getattr(untold, name) for name in columns}
        told = {**same, "informed_at": NOW, "due_at": NOW - timedelta(days=1)}
        session.add_all(Consult(**told) for _ in range(55))
    coordinator = browser_of(clinic.coordinator)
    board = coordinator.get("/coordination").text
    assert (untold.number in board, "1 call to make" in board) == (True, True)
    assert 'Told, still open <span class="count">55</span>' in board
    following = re.findall(r'href="(/coordination\?column=told[^"]+)"', board)[0].replace("&amp;", "&")
    rest = coordinator.get(following).text
    assert (rest.count('<li class="tick">'), "Family not told" in rest) == (5, False)

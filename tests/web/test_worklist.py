"""The specialist's queue: order, tabs, filters, claiming, the next case, and news without health data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import holding, threads
from econsult.consults.attachments import AttachmentState, MediaKind
from econsult.consults.preparing import end_without_copies
from econsult.consults.records import Consult
from econsult.people.kept_views import KeptView
from econsult.people.signin import SignInSession
from econsult.rosters.limits import Conflict, Limits
from econsult.trail import AuditEvent
from tests.personas import LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_received
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=30)


@pytest.fixture
def derm(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.derm)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.econsult(session, now=NOW)


def test_the_queue_shows_the_question_and_never_the_name(derm: FlaskClient, clinic: Clinic, asked: Consult) -> None:
    page = derm.get("/worklist").text
    assert asked.number in page
    assert "Girl, 4 years" in page
    assert asked.question in page
    assert (clinic.child.name in page, clinic.mother.name in page) == (False, False)


def test_listing_leaves_an_audit_row(runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult) -> None:
    derm.get("/worklist")
    with runtime.database.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.action == "list")).all()
    assert [(row.person_id, row.consult_id) for row in rows] == [(clinic.derm.id, asked.id)]


def test_the_urgent_one_comes_first(runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult) -> None:
    with runtime.database.writing() as session:
        urgent = clinic.econsult(session, now=NOW, urgency="urgent")
    page = derm.get("/worklist").text
    assert page.index(f'data-part="number">{urgent.number}') < page.index(f'data-part="number">{asked.number}')
    assert "tag-stop" in page


def test_a_paused_request_says_what_it_waits_for(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        holding.claim(session, consult, clinic.derm, now=NOW, lease=LEASE)
        threads.request_info(session, consult, clinic.derm, text="More", items=[], audience=None, now=NOW)
    page = derm.get("/worklist?view=waiting").text
    assert "Paused: needs clinic" in page
    assert asked.number not in derm.get("/worklist").text


def test_a_file_that_is_not_ready_is_flagged(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    file_received(runtime, asked, clinic.pcp, MediaKind.PHOTO, NOW)
    assert "1 of 1 not ready" in derm.get("/worklist").text
    for state in (AttachmentState.REJECTED, AttachmentState.FAILED):
        file = file_received(runtime, asked, clinic.pcp, MediaKind.PHOTO, NOW)
        with runtime.database.writing() as session:
            end_without_copies(session, session.merge(file), state, reason="truncated", now=NOW)
    assert "1 of 1 not ready" in derm.get("/worklist").text


def test_other_specialties_and_other_roles_see_nothing(browser_of: BrowserOf, clinic: Clinic, asked: Consult) -> None:
    assert asked.number not in browser_of(clinic.neuro).get("/worklist").text
    for person in (clinic.pcp, clinic.mother, clinic.coordinator, clinic.admin):
        assert browser_of(person).get("/worklist").status_code == 403
        assert browser_of(person).get("/worklist/marks").status_code == 403


def test_a_bad_cursor_or_tab_is_no_crash(derm: FlaskClient, asked: Consult) -> None:
    assert derm.get("/worklist?cursor=%00x").status_code == 422
    assert asked.number in derm.get("/worklist?view=nonsense&specialty=nonsense").text


@pytest.mark.wide
def test_more_rows_wait_behind_one_link(runtime: Runtime, derm: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        consults = [clinic.econsult(session, now=NOW) for _ in range(51)]
    page = derm.get("/worklist").text
    assert page.count("<tr role=") == 51  # The head and 50 rows.
    rest = derm.get("/worklist" + page.partition('<p class="more"><a class="btn btn-line" href="')[2].partition('"')[0])
    assert consults[-1].number in rest.text


def test_the_next_case_is_claimed_and_opened(runtime: Runtime, derm: FlaskClient, asked: Consult) -> None:
    answer = post(derm, "/worklist/next", {}, form_at="/worklist")
    assert (answer.status_code, answer.location) == (303, f"/consults/{asked.public_id}")
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).status == "claimed"
    assert post(derm, "/worklist/next", {}, form_at="/worklist").location == "/worklist?said=all_answered"
    assert "Nothing more waits for you" in derm.get("/worklist?said=all_answered").text


def test_only_one_of_two_claims_wins(browser_of: BrowserOf, clinic: Clinic, asked: Consult) -> None:
    first, second = browser_of(clinic.derm), browser_of(clinic.derm2)
    assert post(first, f"/consults/{asked.public_id}/claim", {}).status_code == 303
    # Who comes second is led to the page that says who has it.
    assert post(second, f"/consults/{asked.public_id}/claim", {}).location.endswith("said=taken")
    assert post(browser_of(clinic.neuro), f"/consults/{asked.public_id}/claim", {}).status_code == 404


def test_news_are_marks_that_name_nobody(runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult) -> None:
    news = derm.get("/worklist/marks?view=pool")
    assert news.get_json() == {"marks": [f"{asked.public_id}.{asked.version}"]}
    etag = news.headers["ETag"]
    assert derm.get("/worklist/marks?view=pool", headers={"If-None-Match": etag}).status_code == 304
    with runtime.database.writing() as session:
        clinic.econsult(session, now=NOW)
    assert len(derm.get("/worklist/marks", headers={"If-None-Match": etag}).get_json()["marks"]) == 2


def test_a_page_that_asks_by_itself_keeps_no_session_alive(runtime: Runtime, derm: FlaskClient, clinic: Clinic) -> None:
    # Read here and not when the file is loaded: a long run would make the session too old.
    lately = datetime.now(UTC) - timedelta(minutes=5)

    def last_seen(headers: dict[str, str]) -> datetime:
        with runtime.database.writing() as session:
            session.scalars(select(SignInSession)).one().seen_at = lately
        derm.get("/worklist/marks", headers=headers)
        with runtime.database.reading() as session:
            return session.scalars(select(SignInSession)).one().seen_at

    assert last_seen({"X-Background": "1"}) == lately
    assert last_seen({}) > lately


def test_the_next_case_is_one_that_this_person_may_take(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        session.add(Conflict(person_id=clinic.derm.id, patient_id=clinic.child.id))
    assert post(derm, "/worklist/next", {}).location == "/worklist?said=all_answered"
    with runtime.database.writing() as session:
        session.query(Conflict).delete()
        session.add(Limits(person_id=clinic.derm.id, capacity=1))
        urgent = clinic.econsult(session, now=datetime.now(UTC), urgency="urgent")
    assert post(derm, "/worklist/next", {}).location == f"/consults/{urgent.public_id}"
    assert post(derm, "/worklist/next", {}).location == "/worklist?said=at_capacity"


def test_a_queue_begins_with_what_its_reader_chose(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    spanish, english = {"specialty": "", "language": "es"}, {"specialty": "", "language": "en"}
    assert "Always begin with this choice" in derm.get("/worklist?language=es").text
    assert "Always begin with" not in derm.get("/worklist").text
    assert post(derm, "/worklist/begin-with", spanish).status_code == 303
    page = derm.get("/worklist").text
    # Nothing is said to be done that is only not shown, and the tabs count it.
    told = ("Your list begins with this choice", "Nothing of this choice", '<span class="count">1</span>')
    assert [each for each in told if each not in page] == []
    assert (asked.number in page, "Nothing waits for you now" in page) == (False, False)
    assert asked.number in derm.get("/worklist?specialty=&language=").text
    assert asked.public_id in str(derm.get("/worklist/marks?specialty=&language=en").json)
    assert derm.get("/worklist/marks").json == {"marks": []}
    assert post(derm, "/worklist/begin-with", english).status_code == 303
    assert asked.number in derm.get("/worklist").text
    assert "Always begin with everything" in derm.get("/worklist?specialty=&language=").text
    post(derm, "/worklist/begin-with", {"specialty": "", "language": ""})
    assert "Your list begins" not in derm.get("/worklist").text
    with runtime.database.reading() as session:
        assert session.scalars(select(KeptView)).all() == []


def test_what_is_none_of_theirs_is_not_kept_and_hides_nothing(
    runtime: Runtime, derm: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    post(derm, "/worklist/begin-with", {"specialty": "neurology", "language": ""})
    with runtime.database.writing() as session:
        assert session.scalars(select(KeptView)).all() == []
        # As of a specialty for which they answered then.
        session.add(KeptView(person_id=clinic.derm.id, specialty="neurology", language=""))
    assert asked.number in derm.get("/worklist").text

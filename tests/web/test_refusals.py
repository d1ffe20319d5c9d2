"""What is refused is refused in words, at the right place, and nothing of it is cut, lost or called something else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import declining, holding
from econsult.consults.records import Consult
from econsult.notices import Notice, NoticeKind
from econsult.people.attempts import TRIES
from tests.personas import LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_family_ask import start
from web.words.families import PRIVATE_SITE
from workers.runtime import Runtime

NAVIGATION = {"Sec-Fetch-Mode": "navigate"}


def test_a_question_that_is_too_long_is_not_cut_and_sent(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        draft = clinic.draft(session, now=datetime.now(UTC))
    question = "Is amoxicillin right? " * 13 + "She is NOT allergic to penicillin, is she?"
    fields = {"verb": "send", "specialty": "dermatology", "question": question, "question_type": "treatment"}
    page = post(browser_of(clinic.pcp), f"/clinic/requests/{draft.public_id}", fields)
    assert (page.status_code, "Use at most 300 letters" in page.text, question in page.text) == (422, True, True)
    with runtime.database.reading() as session:
        assert session.get_one(Consult, draft.id).status == "draft"


def test_a_large_body_for_programs_is_no_crash(browser_of: BrowserOf, clinic: Clinic) -> None:
    mother = browser_of(clinic.mother)
    answer = mother.post("/api/v1/consults", data=b"x" * 1_200_000, content_type="application/json")
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("text", ["", "m" * 6000])
def test_a_coordinators_refused_message_stays_in_its_box(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, text: str
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=datetime.now(UTC))
    fields = {"lane": "coordination", "text": text}
    page = post(browser_of(clinic.coordinator), f"/consults/{consult.public_id}/messages", fields)
    assert (page.status_code, 'class="err"' in page.text, text in page.text) == (422, True, True)


@pytest.mark.parametrize(("phone", "is_taken"), [("abc", False), ("505 12", False), ("(505) 555-0143", True)])
def test_a_number_that_nobody_can_call_is_refused(
    browser_of: BrowserOf, clinic: Clinic, phone: str, is_taken: bool
) -> None:
    mother = browser_of(clinic.mother)
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": PRIVATE_SITE})
    page = post(mother, f"{ask}/private", {"way": "call_back", "phone": phone})
    assert (page.status_code == 303) is is_taken
    assert ("Escriba el número completo" in page.text) is not is_taken


def test_a_right_password_after_too_many_tries_is_not_called_wrong(visitor: FlaskClient) -> None:
    fields = {"email": "nobody@clinic.test", "password": "wrong"}
    said = [post(visitor, "/sign-in", fields) for _ in range(TRIES + 1)]
    assert [page.status_code for page in said] == [422] * TRIES + [429]
    assert "Too many tries. Wait 15 minutes" in said[-1].text


def test_a_declined_family_is_not_told_of_an_answer(runtime: Runtime, clinic: Clinic) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = holding.claim(session, clinic.family_question(session, now=now), clinic.pcp, now=now, lease=LEASE)
        declining.decline(session, consult, clinic.pcp, "Better seen in person", now=now)
        kinds = session.scalars(select(Notice.kind).where(Notice.person_id == clinic.mother.id)).all()
    assert NoticeKind.DECLINED in kinds
    assert NoticeKind.ANSWERED not in kinds


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/worklist", NAVIGATION, 303),
        ("/worklist/marks", {"Sec-Fetch-Mode": "cors", "X-Background": "1"}, 401),
        ("/media/00000000000000000000000000000000", {"Sec-Fetch-Mode": "no-cors"}, 401),
        ("/media/00000000000000000000000000000000", {}, 401),
        ("/family/questions/0/files", {"HX-Request": "true", "Sec-Fetch-Mode": "cors"}, 401),
    ],
)
def test_only_pages_are_gone_back_to_after_signing_in(
    visitor: FlaskClient, path: str, headers: dict[str, str], status: int
) -> None:
    answer = visitor.get(path, headers=headers)
    assert answer.status_code == status
    assert ("next=" in answer.headers.get("Set-Cookie", "")) is (status == 303)

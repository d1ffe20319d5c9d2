"""Visits on the pages of the clinic, the desk and the family, and what a specialist reads of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from econsult.advice.visit_clock import look_at_visits
from econsult.consults import answers
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.consults.visits import Visit
from econsult.queue.quiet import Quiet
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
AHEAD = (datetime.now(UTC) + timedelta(days=9)).replace(hour=17, minute=30, second=0, microsecond=0)
PLAN = [{"text": "See her in the skin clinic", "owner": "pcp", "kind": "visit"}]
PLACE = "Children's clinic, 2nd floor; east <door>"


@pytest.fixture
def answered(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "recommendations": PLAN, "disposition": "clinic_visit"}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
        return consult


def form(runtime: Runtime, **changed: object) -> dict[str, object]:
    zone = ZoneInfo(runtime.settings.time_zone)
    fields = {
        "starts_at": f"{AHEAD.astimezone(zone):%Y-%m-%dT%H:%M}", "place": PLACE, "phone": "505 555 0100",
        "bring": ["papers", "medicines"], "note": "Traiga agua", "note_language": "es", "kind": "booked",
        "instead_of": "",
    }  # fmt: skip
    return {**fields, **changed}


def here(runtime: Runtime, consult: Consult) -> str:
    with runtime.database.reading() as session:
        step = steps_of(session, consult.id)[-1]
    return f"/consults/{consult.public_id}/steps/{step.public_id}/visit"


def visits(runtime: Runtime) -> list[Visit]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Visit).order_by(Visit.id)))


def test_the_desk_books_and_the_family_reads_where_and_when(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    desk, mother, derm = (browser_of(each) for each in (clinic.coordinator, clinic.mother, clinic.derm))
    path, family = here(runtime, answered), f"/family/questions/{answered.public_id}"
    assert path in desk.get("/visits").text
    assert path in desk.get(f"/coordination/{answered.public_id}").text
    assert "Su cita" not in mother.get(f"{family}/answer").text
    assert post(desk, path, form(runtime)).status_code == 303
    (visit,) = visits(runtime)
    assert (visit.starts_at, visit.bring) == (AHEAD, "medicines,papers")
    page = mother.get(f"{family}/answer").text
    told = ("Su cita", "Children&#39;s clinic, 2nd floor; east &lt;door&gt;", "505 555 0100", "Todos los medicamentos")
    assert [each for each in (*told, "Traiga agua", "10:30") if each not in page] == []
    assert "Su cita: " in mother.get("/family").text
    # Whoever answered reads that there is a visit, and not where.
    read = derm.get(f"/consults/{answered.public_id}").text
    assert ("Booked" in read, "2nd floor" in read, path in read) == (True, False, False)
    assert derm.get(path).status_code == 403
    assert post(mother, f"{family}/visits/{visit.public_id}", {"reply": "ride"}).status_code == 303
    assert "Su clínica ya sabe que necesita transporte" in mother.get(f"{family}/answer").text
    assert "The family needs a ride" in desk.get("/visits").text
    assert post(desk, f"{path}/{visit.public_id}/said", {"reply": "coming"}).status_code == 303
    assert "The family needs a ride." not in desk.get("/visits").text


def test_the_clinic_says_what_came_of_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, path = browser_of(clinic.pcp), here(runtime, answered)
    post(pcp, path, form(runtime))
    (visit,) = visits(runtime)
    # Before its day nothing can come of it but that it is called off, with a reason.
    assert post(pcp, f"{path}/{visit.public_id}", {"verb": "came"}).status_code == 409
    wrong = post(pcp, f"{path}/{visit.public_id}", {"verb": "off"})
    assert (wrong.status_code, "Choose why it did not take place" in wrong.text) == (422, True)
    assert post(pcp, f"{path}/{visit.public_id}", {"verb": "magic"}).status_code == 422
    with runtime.database.writing() as session:
        session.execute(update(Visit).values(starts_at=NOW))
        look_at_visits(session, NOW + timedelta(days=2), Quiet())
    assert "Did the child come?" in pcp.get("/visits").text
    assert post(pcp, f"{path}/{visit.public_id}", {"verb": "missed", "why": "ride"}).status_code == 303
    case = pcp.get(f"/consults/{answered.public_id}").text
    assert ("Did not take place" in case, "No ride" in case, "Book the visit" in case) == (True, True, True)
    page = browser_of(clinic.mother).get(f"/family/questions/{answered.public_id}/answer").text
    assert "m.." not in page
    assert "Su clínica le llamará para darle otro día" in page
    post(pcp, path, form(runtime))
    with runtime.database.writing() as session:
        session.execute(update(Visit).where(Visit.state == "booked").values(starts_at=NOW))
    new = visits(runtime)[-1]
    assert post(pcp, f"{path}/{new.public_id}", {"verb": "came"}).status_code == 303
    with runtime.database.reading() as session:
        assert steps_of(session, answered.id)[-1].state == "done"
    director = browser_of(clinic.director)
    assert "Why some did not take place: No ride" in " ".join(director.get("/program/results").text.split())
    assert "all,,1,1,0,1,0,100.0,100.0," in director.get("/program/results/visits.csv").text


def test_what_is_wrong_in_the_form_is_said_and_nothing_typed_is_lost(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, path = browser_of(clinic.pcp), here(runtime, answered)
    tries = {
        "Write where it is": {"place": " "},
        "Write the day and the time": {"starts_at": ""},
        "still to come": {"starts_at": "2020-01-01T10:00"},
        "Choose a day and a time": {"starts_at": "yesterday"},
        "Use at most 200 letters": {"place": "x" * 201},
        "with at least 7 digits": {"phone": "12"},
    }
    for words, changed in tries.items():
        refused = post(pcp, path, form(runtime, **changed))
        assert (refused.status_code, words in refused.text, "Traiga agua" in refused.text) == (422, True, True), words
    assert visits(runtime) == []


def test_an_hour_that_the_clock_leaves_out_is_refused(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    year = datetime.now(UTC).year + 1
    march = next(day for day in range(8, 15) if datetime(year, 3, day, tzinfo=UTC).weekday() == 6)
    left_out = f"{year}-03-{march:02}T02:30"
    refused = post(browser_of(clinic.pcp), here(runtime, answered), form(runtime, starts_at=left_out))
    assert (runtime.settings.time_zone, refused.status_code) == ("America/Denver", 422)


def test_of_two_who_book_at_once_the_second_reads_what_the_first_wrote(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    path = here(runtime, answered)
    post(browser_of(clinic.pcp), path, form(runtime, place="The first place"))
    late = post(browser_of(clinic.coordinator), path, form(runtime, place="The second place"))
    assert (late.status_code, "The first place" in late.text, "The second place" in late.text) == (409, True, True)
    assert [each.place for each in visits(runtime)] == ["The first place"]


def test_a_waiting_list_is_a_visit_without_a_day(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    desk, path = browser_of(clinic.coordinator), here(runtime, answered)
    assert post(desk, path, form(runtime, kind="listed", starts_at="nonsense")).status_code == 303
    page = browser_of(clinic.mother).get(f"/family/questions/{answered.public_id}/answer").text
    assert "lista de espera" in page
    assert "On a waiting list" in desk.get("/visits").text
    (first,) = visits(runtime)
    assert post(desk, path, form(runtime, instead_of=first.public_id)).status_code == 303
    assert [each.state for each in visits(runtime)] == ["moved", "booked"]


def test_a_family_puts_it_into_its_own_calendar(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    mother = browser_of(clinic.mother)
    post(browser_of(clinic.pcp), here(runtime, answered), form(runtime, place="á" * 60 + ", 2; \\ x"))
    (visit,) = visits(runtime)
    at = f"/family/questions/{answered.public_id}/visits/{visit.public_id}"
    file = mother.get(f"{at}/calendar")
    assert (file.mimetype, "Prueba" in file.text) == ("text/calendar", False)
    assert max(len(line.encode()) for line in file.text.split("\r\n")) <= 75
    whole = file.text.replace("\r\n ", "")
    assert f"DTSTART:{AHEAD:%Y%m%dT%H%M%SZ}" in whole
    assert "SUMMARY:Cita\r\n" in whole
    assert "\\, 2\\; \\\\ x\\, 505 555 0100\r\n" in whole
    stranger = browser_of(clinic.stranger)
    assert [stranger.get(f"{at}/calendar").status_code, post(stranger, at, {"reply": "coming"}).status_code] == [
        404
    ] * 2
    assert post(mother, at, {"reply": "perhaps"}).status_code == 409


def test_while_a_visit_is_booked_its_step_is_not_ticked_off_beside_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, answered: Consult
) -> None:
    pcp, path = browser_of(clinic.pcp), here(runtime, answered)
    post(pcp, path, form(runtime))
    step = path.removesuffix("/visit")
    assert 'value="done"' not in pcp.get(f"/consults/{answered.public_id}").text
    assert post(pcp, step, {"verb": "done"}).status_code == 409


def test_a_visit_that_the_family_may_not_read_yet_is_told_to_nobody(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "recommendations": PLAN}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
    post(browser_of(clinic.coordinator), here(runtime, consult), form(runtime))
    (visit,) = visits(runtime)
    at = f"/family/questions/{consult.public_id}/visits/{visit.public_id}"
    assert post(browser_of(clinic.mother), at, {"reply": "coming"}).status_code == 404
    with runtime.database.reading() as session:
        from econsult.notices import Notice, NoticeKind  # noqa: PLC0415

        assert session.scalars(select(Notice).where(Notice.kind == NoticeKind.VISIT_SET)).all() == []

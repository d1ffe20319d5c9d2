"""Time and billing on the pages: the timer's small posts, writing by hand without a script, and what stands against."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from econsult.billing import timing
from econsult.billing.entries import TimeEntry, entries_of
from econsult.billing.records import attestation_of, billing_of, coverage_of, numbers_of
from econsult.consults import answers, holding, reopening
from econsult.consults.answers import Answer
from econsult.consults.records import Consult
from econsult.consults.second import ask_second
from econsult.note import fingerprint_of
from econsult.trail import AuditEvent
from tests.econsult.billing.test_timing import ready
from tests.imaging.paper_readers import faults_of, words_of
from tests.personas import ANSWER, LEASE, QUESTION, Clinic
from tests.services.browser import Devices
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.workers.clinic import wait_until
from web.showing.note import grouped
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
YES_NO = dict.fromkeys(
    ("f2f_prior_14d", "f2f_planned_14d", "transfer_of_care", "is_spoken_report", "is_team_visit"), "no"
)


def claimed(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.claimed(session, now=NOW)


def kept(runtime: Runtime, consult: Consult) -> list[TimeEntry]:
    with runtime.database.reading() as session:
        return entries_of(session, consult)


def sign(runtime: Runtime, clinic: Clinic, consult: Consult) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, consult.id)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=datetime.now(UTC), lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=datetime.now(UTC))


def by_hand(minutes: str = "12", **more: str) -> dict[str, str]:
    began = (NOW + timedelta(minutes=1)).astimezone(ZoneInfo("America/Denver")).strftime("%Y-%m-%dT%H:%M")
    return {"activity": "review", "began": began, "minutes": minutes, "reason": "Read it on paper", **more}


def test_the_timer_speaks_in_codes_and_numbers(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    consult = claimed(runtime, clinic)
    derm, path = browser_of(clinic.derm), f"/consults/{consult.public_id}"
    begun = post(derm, f"{path}/time", {"verb": "start", "activity": "review"}).json
    assert begun["seconds"] == 0
    beat = {"verb": "beat", "entry": begun["entry"], "idle": "0"}
    assert post(derm, f"{path}/time", beat).json == {"running": True}
    assert post(derm, f"{path}/time", {**beat, "idle": "180"}).json == {"running": False}
    assert post(derm, f"{path}/time", {**beat, "verb": "pause"}).json == {"running": False}
    assert [entry.is_running for entry in kept(runtime, consult)] == [False]
    # Others who may know the consult are not measured on it, and learn nothing of the billing.
    for person in (clinic.derm2, clinic.mother, clinic.nurse, clinic.director):
        stranger = browser_of(person)
        assert post(stranger, f"{path}/time", {"verb": "start", "activity": "review"}).status_code == 403
        assert stranger.get(f"{path}/billing").status_code in {403, 404}


def test_looks_of_less_than_a_minute_share_a_line(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    consult = claimed(runtime, clinic)
    with runtime.database.writing() as session:
        for minute in (1, 3):
            began = NOW + timedelta(minutes=minute)
            entry = timing.start(session, clinic.derm, consult.public_id, "review", now=began)
            timing.pause(session, clinic.derm, entry.public_id, now=began + timedelta(seconds=40))
    page = browser_of(clinic.derm).get(f"/consults/{consult.public_id}/billing").text
    assert "2 looks of less than a minute, 1 min together" in page
    assert ("Correct" in page, "No time is written down yet" in page) == (False, False)


def test_time_is_written_by_hand_corrected_and_amended(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    consult = claimed(runtime, clinic)
    derm, path = browser_of(clinic.derm), f"/consults/{consult.public_id}/billing"
    for wrong, words in (
        (by_hand(reason=""), "Say why you write it by hand"),
        (by_hand("many"), "Write the minutes as a whole number"),
        (by_hand("481"), "Write 0 to 480 minutes"),
        (by_hand(began="soon"), "Write when it began"),
        (by_hand("480", began="9999-12-31T23:00"), "Write when it began"),
        (by_hand(began="2199-01-01T00:00"), "This time has not passed yet"),
        (by_hand(activity="golf"), "Choose one of these"),
    ):
        refused = post(derm, f"{path}/time", wrong)
        assert (refused.status_code, words in refused.text) == (422, True), words
        # What was typed is still there.
        assert f'value="{wrong["minutes"]}"' in refused.text
    assert post(derm, f"{path}/time", by_hand()).status_code == 303
    page = derm.get(path).text
    assert ("99451" in page, "Read it on paper" in page, "This is no claim" in page) == (True, True, True)
    # What a reader can mend is a link to the place; what is somebody else's is said alone.
    assert '<a href="#numbers">The specialist' in page
    assert "<li>The clinic gave no ICD-10 code</li>" in page
    sign(runtime, clinic, consult)
    (entry,) = kept(runtime, consult)
    late = by_hand("6", replaces=entry.public_id)
    assert "This time is locked" in post(derm, f"{path}/time", late).text
    assert post(derm, f"{path}/time", {**late, "amendment": "on"}).status_code == 303
    (amended,) = kept(runtime, consult)
    assert (amended.is_amendment, amended.ended_at - amended.started_at) == (True, timedelta(minutes=6))


def test_each_part_of_a_claim_is_entered_by_whoever_knows_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    consult = claimed(runtime, clinic)
    derm, pcp, desk = (browser_of(person) for person in (clinic.derm, clinic.pcp, clinic.coordinator))
    path = f"/consults/{consult.public_id}/billing"
    post(derm, f"{path}/time", by_hand())
    post(pcp, f"{path}/time", by_hand("17"))
    sign(runtime, clinic, consult)
    numbers = {"taxonomy": "207N00000X", "states": "ca", "is_enrolled": "on"}
    cover = {"payer": "medicaid", "insurance_id": "91234567A", "plan": "P-1", "state": "ca"}
    told = [
        (derm, "numbers", {**numbers, "npi": "1234567890"}, "This is not an NPI"),
        (derm, "attest", {**YES_NO, "transfer_of_care": ""}, "Choose yes or no: Do you take over"),
        (pcp, "diagnosis", {"diagnosis": "eczema"}, "This is not the form of an ICD-10 code"),
        (desk, "coverage", {**cover, "state": "Californ"}, "two letters"),
        (desk, "coverage", {**cover, "payer": "nobody"}, "Choose one of these"),
    ]
    for browser, part, fields, words in told:
        refused = post(browser, f"{path}/{part}", fields)
        assert (refused.status_code, words in refused.text) == (422, True), words
    for browser, part, fields in (
        (derm, "numbers", {**numbers, "npi": "1234567893"}),
        (pcp, "numbers", {**numbers, "npi": "1245319599"}),
        (derm, "attest", YES_NO),
        (pcp, "diagnosis", {"diagnosis": "l20.83"}),
        (desk, "coverage", cover),
    ):
        assert post(browser, f"{path}/{part}", fields).status_code == 303
    page = desk.get(path).text
    assert page.count("Nothing on record stands against it") == 2
    assert ("99451" in page, "99452" in page) == (True, True)
    # The desk sees whose time it was; no object of the program stands on a page.
    assert (f"{clinic.derm.name} · " in page, f"{clinic.pcp.name} · " in page) == (True, True)
    assert "object at" not in derm.get(path).text
    # A specialist learns neither the number of the card nor the clinic's time.
    own = derm.get(path).text
    assert ("91234567A" in own, "99452" in own) == (False, False)
    with runtime.database.reading() as session:
        assert billing_of(session, consult.id).diagnosis == "L20.83"
        assert coverage_of(session, clinic.child.id).state == "CA"
        assert numbers_of(session, clinic.derm.id).states == "CA"


@pytest.mark.wide
def test_a_page_in_use_measures_itself(
    runtime: Runtime, clinic: Clinic, enter: Enter, devices: Devices, address: str
) -> None:
    consult = claimed(runtime, clinic)
    desk = enter(devices.desktop(), clinic.derm)
    desk.goto(f"{address}/consults/{consult.public_id}")
    expect(desk.locator("[data-timer-words]")).to_have_text("0 min, running")
    with runtime.database.writing() as session:
        (entry,) = session.scalars(select(TimeEntry)).all()
        assert (entry.is_running, entry.activity, entry.consult_id) == (True, "review", consult.id)
    # Leaving the page ends it, at the last move.
    desk.get_by_role("link", name="Your time").click()
    expect(desk.get_by_role("heading", name="Time and billing")).to_be_visible()
    wait_until(lambda: [each.is_running for each in kept(runtime, consult)] == [False])
    desk.goto(f"{address}/consults/{consult.public_id}")
    expect(desk.locator("[data-timer-words]")).to_have_text("0 min, running")
    assert len(kept(runtime, consult)) == 2


@pytest.mark.wide
def test_who_writes_a_reply_to_a_colleague_is_measured_as_writing_it(
    runtime: Runtime, clinic: Clinic, enter: Enter, devices: Devices, address: str
) -> None:
    consult = claimed(runtime, clinic)
    with runtime.database.writing() as session:
        held, now = session.get_one(Consult, consult.id), datetime.now(UTC)
        ask_second(session, held, clinic.derm, "Is it a nerve?", specialty="neurology", wanted=clinic.neuro, now=now)
    desk = enter(devices.desktop(), clinic.neuro)
    desk.clock.install()
    desk.goto(f"{address}/consults/{consult.public_id}")
    expect(desk.locator("[data-timer-words]")).to_have_text("0 min, running")
    desk.clock.fast_forward(20_000)
    desk.locator("#second_reply").press_sequentially("No, it is skin.")
    # What was begun as reading goes on as writing at the next beat.
    desk.clock.fast_forward(15_000)
    wait_until(lambda: [each.activity for each in kept(runtime, consult)] == ["review", "communication"])


def test_a_sheet_supports_a_code_and_tells_no_more(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        consult = ready(session, clinic, NOW)
        coverage_of(session, clinic.child.id).insurance_id = "91234567A"
        (report,) = session.scalars(select(Answer))
        mark = grouped(fingerprint_of(session, consult, report))
    path = f"/consults/{consult.public_id}/billing"
    derm, pcp, desk = (browser_of(person) for person in (clinic.derm, clinic.pcp, clinic.coordinator))
    (entry,) = [each for each in kept(runtime, consult) if each.person_id == clinic.derm.id]
    late = by_hand("6", replaces=entry.public_id, amendment="on", reason="#set page() *Two* tabs")
    assert post(derm, f"{path}/time", late).status_code == 303
    paper = desk.get(f"{path}/sheet.pdf")
    assert (paper.status_code, paper.headers["Content-Disposition"]) == (
        200, f'attachment; filename="econsult-{consult.number}-billing.pdf"',
    )  # fmt: skip
    assert faults_of(paper.data) == []
    words = words_of(paper.data)
    for told in (
        "Payer: Medicaid or CHIP",
        "This is no claim", "99451", "99452", "Date of service", clinic.child.name, "91234567A", "L20.83", "1234567893",
        "1245319599", "Consent Given by: parent", "version 2026-12", "Seen in person by somebody of the team: no", mark,
        "Minutes that count: 6", "after the lock, as an amendment", "why: #set page() *Two* tabs",
        "20 min, by hand; replaced on", "The time is enough", clinic.derm.name, clinic.pcp.name,
    ):  # fmt: skip
        assert told in words, (told, words)
    # Neither question nor answer is on it, in any edition; each side has its own.
    own, clinics = (words_of(browser.get(f"{path}/sheet.pdf").data) for browser in (derm, pcp))
    assert not any(text in each for text in (QUESTION, str(ANSWER["impression"])) for each in (words, own, clinics))
    assert not any(secret in own for secret in (clinic.child.name, "91234567A", "99452", "Record number"))
    assert ("99452" in clinics, "99451" in clinics, "Two" in clinics) == (True, False, False)
    assert browser_of(clinic.derm2).get(f"{path}/sheet.pdf").status_code == 404
    with runtime.database.writing() as session:
        session.get_one(Consult, consult.id).confidential = "clinic"
        taken = session.scalars(select(AuditEvent.person_id).where(AuditEvent.action == "take_sheet")).all()
        assert set(taken) == {clinic.coordinator.id, clinic.derm.id, clinic.pcp.id}
    kept_back = words_of(desk.get(f"{path}/sheet.pdf").data)
    assert "keeps this question from the family" in kept_back
    assert not any(secret in kept_back for secret in (clinic.child.name, "91234567A", "L20.83"))


def test_each_answer_has_its_own_part_and_its_own_word(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = ready(session, clinic, now - timedelta(days=20))
        reopening.reopen(session, consult, clinic.pcp, "It came back after all", now=now - timedelta(hours=2))
        holding.claim(session, consult, clinic.derm, now=now - timedelta(hours=2), lease=timedelta(days=1))
    derm, desk = browser_of(clinic.derm), browser_of(clinic.coordinator)
    path = f"/consults/{consult.public_id}/billing"
    page = derm.get(path).text
    # The answer that is being written is the one that is asked about; of the first one everything was said.
    assert ("answer 2" in page, "answer 1" in page, 'name="answer" value="2"' in page) == (True, True, True)
    assert page.count("Nothing on record stands against it") == 1
    assert 'href="?answer=2#attest"' in page
    assert 'name="answer" value="1"' in derm.get(f"{path}?answer=1").text
    assert post(derm, f"{path}/attest", {**YES_NO, "answer": "1", "transfer_of_care": "yes"}).status_code == 303
    assert post(derm, f"{path}/attest", YES_NO).status_code == 303
    assert post(derm, f"{path}/attest", {**YES_NO, "answer": "3"}).status_code == 403
    with runtime.database.reading() as session:
        said = [attestation_of(session, consult.id, clinic.derm.id, answer=number) for number in (1, 2)]
        assert [each.transfer_of_care for each in said] == [True, False]
    assert desk.get(path).text.count("answer 1") == 2
    words = words_of(desk.get(f"{path}/sheet.pdf").data)
    assert "Asked again, answer 2" in words
    assert "The specialist's part, answer 1" in words


def test_answers_of_one_service_and_what_a_file_told_before_are_said_everywhere(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    began = datetime.now(UTC) - timedelta(days=1)
    with runtime.database.writing() as session:
        first = ready(session, clinic, began)
    derm, desk = browser_of(clinic.derm), browser_of(clinic.coordinator)
    months = {each.astimezone(ZoneInfo("America/Denver")).strftime("%Y-%m") for each in (began, NOW)}
    for month in months:
        assert desk.get(f"/program/billing/rows.csv?month={month}").status_code == 200
        assert "since a file told it as ready" not in desk.get(f"/program/billing?month={month}").text
    with runtime.database.writing() as session:
        second = ready(session, clinic, NOW - timedelta(minutes=10), minutes=6)
    counted, told = f"Counted with {first.number}, answer 1 of", "with 20 min. It has changed since"
    summed = f"The minutes of one service: 20 min here; 6 min of {second.number}, answer 1 of"
    for browser in (derm, desk):
        page = browser.get(f"/consults/{second.public_id}/billing").text
        assert (counted in page, f'href="/consults/{first.public_id}/billing"' in page) == (True, True)
        page = browser.get(f"/consults/{first.public_id}/billing").text
        assert all(words in page for words in (summed, told, "26 min")), page
    sheets = [words_of(desk.get(f"/consults/{each.public_id}/billing/sheet.pdf").data) for each in (first, second)]
    assert all(words in sheets[0] for words in ("Minutes that count: 26", summed, told))
    assert all(words in sheets[1] for words in ("Minutes that count: 0", counted, "none of its own: one for both"))
    month = desk.get(f"/program/billing?month={max(months)}").text
    assert "1 part has changed since a file told it as ready" in month
    assert all(words in month for words in (counted, told, "Now: 99451, 26 min"))
    # While nobody says what the second one is about, it counts nowhere, and the page says what would tell.
    assert post(browser_of(clinic.pcp), f"/consults/{second.public_id}/billing/diagnosis", {}).status_code == 303
    page = unescape(desk.get(f"/consults/{second.public_id}/billing").text)
    assert ("If the clinic's ICD-10 code shows the same problem" in page, counted in page) == (True, False)


def test_a_month_is_figures_for_the_director_and_a_file_for_the_desk(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        number = ready(session, clinic, NOW).number
    director, desk = browser_of(clinic.director), browser_of(clinic.coordinator)
    month = NOW.astimezone(ZoneInfo("America/Denver")).strftime("%Y-%m")
    page, desks = (browser.get(f"/program/billing?month={month}").text for browser in (director, desk))
    assert all(words in page for words in ("2 of 2 parts are ready", number, "99451", "99452", "Sums by clinician"))
    assert ("/consults/" in page, "rows.csv" in page, "rows.csv" in desks) == (False, False, True)
    assert not any(secret in page + desks for secret in (clinic.child.name, clinic.child.alias, "91234567A", "L20.83"))
    empty = director.get("/program/billing?month=1999-01").text
    assert "No answer was signed in this month." in empty
    for wrong in ("2026-13", "0000-01", "9999-12", "now", "\u0662\u0660\u0662\u0666-01"):
        assert director.get("/program/billing", query_string={"month": wrong}).status_code == 200
    sums = director.get(f"/program/billing/clinicians.csv?month={month}")
    # A spreadsheet knows by the mark before it that "Jiménez" is written in UTF-8.
    assert sums.text.splitlines()[0] == "\ufeffname,clinician,side,consults,minutes,ready"
    assert director.get(f"/program/billing/rows.csv?month={month}").status_code == 403
    file = desk.get(f"/program/billing/rows.csv?month={month}")
    assert file.headers["Content-Disposition"] == f"attachment; filename=billing-{month}.csv"
    lines = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert {line["note"] for line in lines} == {"not a claim"}
    assert [(line["consult"], line["code"], line["medicaid_id"], line["state"]) for line in lines] == [
        (number, "99451", "91234567A", "ready"), (number, "99452", "91234567A", "ready"),
    ]  # fmt: skip
    with runtime.database.reading() as session:
        query = select(AuditEvent.person_id).where(AuditEvent.action == "export_billing")
        assert session.scalars(query).all() == [clinic.coordinator.id]
    empty_file = desk.get("/program/billing/rows.csv?month=1999-01")
    assert (empty_file.status_code, empty_file.text) == (200, "")


def test_when_work_began_is_a_day_and_a_time_of_the_24_hour_clock(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    consult = claimed(runtime, clinic)
    derm, path = browser_of(clinic.derm), f"/consults/{consult.public_id}/billing"
    day, _, time = by_hand()["began"].partition("T")
    for wrong in ({"began": day}, {"began": "", "began_at": time}, {"began": day, "began_at": "9 am"}):
        refused = post(derm, f"{path}/time", by_hand(**wrong))
        assert (refused.status_code, "Write when it began" in refused.text) == (422, True), wrong
    # What was typed is still there.
    assert all(f'value="{typed}"' in refused.text for typed in (day, "9 am"))
    assert post(derm, f"{path}/time", by_hand(began=day, began_at=time.removeprefix("0"))).status_code == 303
    (entry,) = kept(runtime, consult)
    assert f"{entry.started_at.astimezone(ZoneInfo('America/Denver')):%Y-%m-%dT%H:%M}" == f"{day}T{time}"
    assert "datetime-local" not in derm.get(path).text

"""Roster, promises and figures of a program, and the desk of what nobody has taken."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.advice.close_out import close_out
from econsult.consults import answers, holding
from econsult.consults.outcomes import Said
from econsult.consults.policies import Policy
from econsult.consults.records import Consult, RedFlagStop
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, PractitionerSpecialty
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import Shift, Swap, TimeOff
from econsult.trail import AuditEvent
from tests.crowd import Crowd, add_crowd
from tests.personas import LEASE, Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.clock import Ticker
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=30)
RULES = {"allocate": "60", "next_reply": "24", "family_informed": "24", "pause": "72", "release": "12"}


@pytest.fixture
def desk(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.coordinator)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.econsult(session, now=NOW)


def _shift(clinic: Clinic, who: Person, **changes: str) -> dict[str, str]:
    fields = {"specialty": "dermatology", "person": who.public_id, "weekday": "1", "starts": "18:00", "hours": "12"}
    return {**fields, **changes}


def test_a_shift_is_planned_and_its_gaps_are_shown(runtime: Runtime, desk: FlaskClient, clinic: Clinic) -> None:
    assert post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm)).status_code == 303
    page = desk.get("/program/roster?specialty=dermatology").text
    assert "No cover" in page
    assert '<h3>Tuesday</h3><ul class="shifts"><li><span>18:00-06:00</span>' in page
    with runtime.database.reading() as session:
        shift = session.scalars(select(Shift)).one()
    path, fields = f"/program/roster/shifts/{shift.id}/remove", {"specialty": "dermatology"}
    look = post(desk, path, {**fields, "verb": "look"})
    no_plan = "After this, Dermatology has no plan: everybody in the pool counts as on duty at all hours."
    assert (look.status_code, no_plan in look.text, 'name="ends_plan"' in look.text) == (200, True, True)
    refused = post(desk, path, fields)
    assert (refused.status_code, "Say that the plan may end" in refused.text) == (422, True)
    assert ('name="ends_plan"' in refused.text, 'value="save">Remove <' in refused.text) == (True, True)
    assert "No cover" in desk.get("/program/roster?specialty=dermatology").text
    assert post(desk, path, {**fields, "ends_plan": "yes"}).status_code == 303
    page = desk.get("/program/roster?specialty=dermatology").text
    assert ("No cover" in page, "There is no plan." in page) == (False, True)


def test_one_night_is_covered_without_a_new_week(desk: FlaskClient, clinic: Clinic) -> None:
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm))
    # A day of this week that is no Tuesday.
    days = [datetime.now(UTC).date() + timedelta(days=n) for n in (2, 3)]
    once = _shift(clinic, clinic.derm2, on_day=f"{next(day for day in days if day.weekday() != 1)}")
    look = post(desk, "/program/roster/shifts", {**once, "verb": "look"})
    assert (look.status_code, "Somebody would be on duty who is missing now:" in look.text) == (200, True)
    assert "On one day only" not in look.text
    assert post(desk, "/program/roster/shifts", once).status_code == 303
    page = desk.get("/program/roster?specialty=dermatology").text
    assert "On one day only" in page
    week = page.split("Every week")[1].split("On one day only")[0]
    assert (clinic.derm.name in week, clinic.derm2.name in week) == (True, False)
    for day, words in (("2020-01-01", "Choose a day that has not passed"), ("soon", "Choose a day that has not")):
        refused = post(desk, "/program/roster/shifts", {**once, "on_day": day})
        assert (refused.status_code, words in refused.text) == (422, True)


def test_a_change_of_the_roster_is_looked_at_before_it_is_saved(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    today = datetime.now(UTC)
    ended = {"weekday": str((today.weekday() + 3) % 7), "starts": "08:00", "hours": "1", "verb": "look"}
    page = post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm2, **ended))
    assert page.status_code == 200
    assert "1 open request would be late:" in page.text
    assert f"{asked.number}</span> Dermatology, first reply" in page.text
    assert "Nobody would be on duty:" in page.text
    assert f'value="{clinic.derm2.public_id}" selected' in page.text
    with runtime.database.reading() as session:
        assert session.scalars(select(Shift)).all() == []
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm2, **{**ended, "verb": "save"}))
    look = post(desk, "/program/roster/shifts/1/remove", {"specialty": "dermatology", "verb": "look"}).text
    assert ("has no plan" in look, "would no longer be late" in look) == (True, False)
    day = (today + timedelta(days=(int(ended["weekday"]) - today.weekday()) % 7)).date().isoformat()
    swap = {"specialty": "dermatology", "shift": "1", "to": clinic.derm.public_id, "day": day, "verb": "look"}
    assert "Nothing would change for any open request" in post(desk, "/program/roster/swaps", swap).text
    off = {"person": clinic.derm.public_id, "until": f"{today.year + 5}-01-01T08:00", "verb": "look"}
    assert post(desk, "/program/roster/off", off).status_code == 422
    with runtime.database.reading() as session:
        assert (len(session.scalars(select(Shift)).all()), session.scalars(select(Swap)).all()) == (1, [])


def test_a_coordinator_is_written_off_and_the_roster_says_who_stands_in(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    before = desk.get("/program/roster").text
    assert f'<option value="{clinic.coordinator.public_id}">' in before
    assert "Every coordinator is away now." not in before
    until = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    off = {"person": clinic.coordinator.public_id, "until": until, "until_at": "08:00"}
    looked = post(desk, "/program/roster/off", {**off, "verb": "look"}).text
    assert "The coordinators\N{RIGHT SINGLE QUOTATION MARK} desk: " in looked
    assert post(desk, "/program/roster/off", off).status_code == 303
    after = desk.get("/program/roster").text
    shown = after[after.index("Every coordinator is away now.") :]
    assert f"decides who takes a request: {clinic.director.name}</p><p>A coordinator is back:" in shown


def _tuesday(after: int = 0) -> str:
    """A Tuesday that has not come yet, or so many days after it."""
    soon = NOW.date() + timedelta(days=7)
    return (soon + timedelta(days=(1 - soon.weekday()) % 7 + after)).isoformat()


@pytest.mark.parametrize(("verb", "after", "status"), [("look", 0, 200), ("save", 1, 422)])
def test_the_shift_that_was_chosen_for_a_swap_stays_chosen(
    desk: FlaskClient, clinic: Clinic, verb: str, after: int, status: int
) -> None:
    day = _tuesday(after)
    for starts in ("07:00", "16:00"):
        post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm, starts=starts, hours="7,5"))
    wish = {"specialty": "dermatology", "shift": "2", "to": clinic.derm2.public_id, "day": day, "verb": verb}
    page = post(desk, "/program/roster/swaps", wish)
    assert page.status_code == status
    assert re.findall(r'value="(\d)" selected>[^<]*, Tuesday ([^<]*)<', page.text) == [("2", "16:00-23:30")]


@pytest.mark.parametrize(("hours", "minutes"), [("7,5", 450), ("7.25", 435), ("12", 720), ("0,75", 45), ("24,0", 1440)])
def test_hours_may_have_a_comma_or_a_point(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, hours: str, minutes: int
) -> None:
    assert post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm, hours=hours)).status_code == 303
    with runtime.database.reading() as session:
        assert session.scalars(select(Shift.minutes)).one() == minutes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts": "25:00"}, "Write when it starts"),
        ({"hours": "99"}, "Write how many hours"),
        ({"hours": "x"}, "Write how many hours"),
        *(({"hours": hours}, "Write how many hours") for hours in ("24,5", "7,", ",5", "7,5,", "\u0667", "-1")),
        ({"person": "0" * 32}, "Choose somebody who answers"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_in_words(
    desk: FlaskClient, clinic: Clinic, changes: dict[str, str], words: str
) -> None:
    page = post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm, **changes))
    assert (page.status_code, words in page.text) == (422, True)


@pytest.mark.parametrize("verb", ["save", "look"])
def test_the_same_shift_is_not_added_twice(runtime: Runtime, desk: FlaskClient, clinic: Clinic, verb: str) -> None:
    others = ({"weekday": "2"}, {"starts": "06:00"}, {"person": clinic.derm2.public_id})
    for other in ({}, *others):
        assert post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm, **other)).status_code == 303
    page = post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm, hours="11", verb=verb))
    assert (page.status_code, "This person has a shift that starts then already" in page.text) == (422, True)
    assert 'name="hours" inputmode="decimal" maxlength="4" value="11"' in page.text
    with runtime.database.reading() as session:
        assert len(session.scalars(select(Shift)).all()) == 4


def test_whose_shift_it_is_stays_known_when_they_have_left(runtime: Runtime, desk: FlaskClient, clinic: Clinic) -> None:
    """It is a gap that somebody must fill or take off the plan: a dash told nobody whose it was."""
    for who, day in ((clinic.derm, "1"), (clinic.derm2, "2")):
        assert post(desk, "/program/roster/shifts", _shift(clinic, who, weekday=day)).status_code == 303
    asked = {"specialty": "dermatology", "shift": "1", "to": clinic.derm2.public_id, "day": _tuesday()}
    assert post(desk, "/program/roster/swaps", asked).status_code == 303
    with runtime.database.writing() as session:
        session.execute(update(Person).where(Person.id == clinic.derm.id).values(is_active=False))
        own = PractitionerSpecialty.person_id == clinic.derm2.id
        session.execute(update(PractitionerSpecialty).where(own).values(specialty="neurology"))
    page = desk.get("/program/roster?specialty=dermatology").text
    closed, elsewhere = f"{clinic.derm.name} (account closed)", f"{clinic.derm2.name} (answers for it no more)"
    # In the plan, in the button that takes it off, in the form of a swap; and in the list of what was asked for, where
    # whoever was asked is also in the button that takes the question back.
    assert page.count(closed) == 4
    assert page.count(elsewhere) == 5
    assert f"instead of {closed}" in page


def test_time_off_of_somebody_who_holds_a_request_is_an_alarm(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        holding.claim(session, session.get_one(Consult, asked.id), clinic.derm, now=NOW, lease=LEASE)
    fields = {"person": clinic.derm.public_id, "from": "2026-01-01T08:00", "until": "2099-01-01T08:00"}
    assert post(desk, "/program/roster/off", fields).status_code == 422
    ends = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    starts = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert post(desk, "/program/roster/off", {**fields, "from": starts, "until": ends}).status_code == 303
    with runtime.database.reading() as session:
        assert session.scalars(select(TimeOff.person_id)).all() == [clinic.derm.id]
    assert "Whoever has it is away" in desk.get("/coordination/desk").text


def test_time_off_of_the_only_clinician_of_a_clinic_is_an_alarm_until_they_are_back(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
    page = desk.get("/program/roster?specialty=dermatology").text
    away = page.partition('<select id="away"')[2].partition("</select>")[0]
    groups = re.findall('<optgroup label="([^"]+)">', away)
    assert groups == ["Dermatology", "Home clinic", "Other clinic", "Coordinators"]
    assert clinic.pcp.public_id in away
    assert clinic.pcp.public_id not in page.replace(away, "")
    ends = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    fields = {"person": clinic.pcp.public_id, "until": ends}
    looked = post(desk, "/program/roster/off", {**fields, "verb": "look"})
    assert question.number in looked.text
    assert post(desk, "/program/roster/off", fields).status_code == 303
    with runtime.database.reading() as session:
        told = select(Notice.person_id).where(Notice.kind == NoticeKind.NO_COVER)
        assert session.scalars(told).all() == [clinic.coordinator.id]
        assert session.get_one(Consult, question.id).uncovered_at is not None
    assert "Nobody who can take it is there now." in html.unescape(desk.get("/coordination/desk").text)
    assert post(desk, "/program/roster/off/1/end", {}).status_code == 303
    Ticker(runtime).tick(datetime.now(UTC))
    with runtime.database.reading() as session:
        assert session.get_one(Consult, question.id).uncovered_at is None


OTHER = "/program/roster/mine?said=swap_other"
"""Where whoever answers a question that is put to somebody else reads so."""


def test_a_swap_is_asked_for_and_accepted(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, browser_of: BrowserOf
) -> None:
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm))
    fields = {"specialty": "dermatology", "shift": "1", "to": clinic.derm2.public_id}
    assert post(desk, "/program/roster/swaps", {**fields, "day": _tuesday(1)}).status_code == 422
    assert post(desk, "/program/roster/swaps", {**fields, "day": _tuesday()}).status_code == 303
    colleague = browser_of(clinic.derm2)
    assert "18:00" in colleague.get("/program/roster/mine").text
    assert "waits for an answer" in desk.get("/program/roster?specialty=dermatology").text
    assert post(browser_of(clinic.derm), "/program/roster/mine/1", {}).location == OTHER
    assert post(colleague, "/program/roster/mine/1", {}).status_code == 303
    with runtime.database.reading() as session:
        assert session.scalars(select(Swap)).one().accepted_at is not None
    assert "accepted" in desk.get("/program/roster?specialty=dermatology").text


def test_a_swap_is_declined_with_one_click(desk: FlaskClient, clinic: Clinic, browser_of: BrowserOf) -> None:
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm))
    fields = {"specialty": "dermatology", "shift": "1", "to": clinic.derm2.public_id, "day": _tuesday()}
    post(desk, "/program/roster/swaps", fields)
    assert post(browser_of(clinic.derm), "/program/roster/mine/1/decline", {}).location == OTHER
    colleague = browser_of(clinic.derm2)
    assert post(colleague, "/program/roster/mine/1/decline", {}).status_code == 303
    assert "Nobody asks you to take a shift" in colleague.get("/program/roster/mine").text
    assert post(colleague, "/program/roster/mine/1", {}).status_code == 404
    assert "declined" in desk.get("/program/roster?specialty=dermatology").text


def test_my_duty_shows_my_shifts_in_the_programs_time(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, browser_of: BrowserOf
) -> None:
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm))
    with runtime.database.writing() as session:
        session.merge(clinic.derm).time_zone = "Asia/Tokyo"
    page = browser_of(clinic.derm).get("/program/roster/mine").text
    assert f"Times of {runtime.settings.time_zone}" in page
    assert len(re.findall(r"<span>Tue \d+ \w+, 18:00 \u2013 Wed \d+ \w+, 06:00", page)) == 2
    assert "You have no shift in the next 14 days" in browser_of(clinic.derm2).get("/program/roster/mine").text


@pytest.mark.parametrize("verb", spread(["save", "look"], 1))
@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("", "Choose the date of the shift"),
        ("soon", "Choose the date of the shift"),
        ("0001-01-02", "Choose the date of the shift"),
        ("2020-01-07", "Choose a day that has not passed, within a year"),
        ("1900-01-02", "Choose a day that has not passed, within a year"),
        ("2999-12-31", "Choose a day that has not passed, within a year"),
    ],
)
def test_a_swap_without_a_day_that_comes_is_refused_in_words(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, day: str, words: str, verb: str
) -> None:
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm))
    fields = {"specialty": "dermatology", "shift": "1", "to": clinic.derm2.public_id, "day": day, "verb": verb}
    page = post(desk, "/program/roster/swaps", fields)
    assert (page.status_code, page.text.count(words)) == (422, 2), "above the form, and at its field"
    assert f'value="{clinic.derm2.public_id}" selected' in page.text
    with runtime.database.reading() as session:
        assert session.scalars(select(Swap)).all() == []


def test_a_policy_is_looked_at_before_it_is_saved(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    admin = browser_of(clinic.admin)
    wish = {"specialty": "dermatology", "urgency": "routine", **RULES, "first_reply": "8", "ladder": "50, 100"}
    page = post(admin, "/program/rules", {**wish, "verb": "look"}).text
    assert "If this were saved for open requests too, 1 would change." in page
    assert asked.number in page
    # On a phone the form is longer than the screen: the page opens where it says so.
    assert '<div id="tried" role="status" tabindex="-1" autofocus>' in page
    assert "of them would be late at once" not in page
    assert post(admin, "/program/rules", {**wish, "verb": "save"}).status_code == 303
    with runtime.database.reading() as session:
        assert session.scalars(select(Policy.version)).all() == [1]
        assert session.get_one(Consult, asked.id).due_at == asked.due_at
    assert post(admin, "/program/rules", {**wish, "verb": "apply"}).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).due_at == NOW + timedelta(hours=8)


def test_what_a_policy_would_make_late_at_once_is_counted_and_comes_first(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        late = clinic.econsult(session, now=NOW - timedelta(hours=9)).number
    wish = {"specialty": "dermatology", "urgency": "routine", **RULES, "first_reply": "8", "ladder": "50, 100"}
    page = post(browser_of(clinic.admin), "/program/rules", {**wish, "verb": "look"}).text
    assert "If this were saved for open requests too, 2 would change." in page
    assert "1 of them would be late at once." in page
    assert page.index(late) < page.index(asked.number)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"first_reply": "soon"}, "Write a number from 0.02 to 720"),
        ({"allocate": "99999"}, "Write a number from 1 to 43,200"),
        ({"release": "25"}, "Write a number from 0 to 24"),
        ({"family_informed": "12"}, "The answer must open before the family should have heard it"),
        ({"ladder": "90, 50"}, "Write up to ten rising numbers of which the last is 100"),
        ({"pause": "0"}, "Write a number from 0.02 to 720"),
        ({"allocate": "0"}, "Write a number from 1 to 43,200"),
        ({"allocate": "1,5"}, "Write a number from 1 to 43,200"),
        ({"family_informed": "10000"}, "Write a number from 0.02 to 720"),
        ({"first_reply": "1,000"}, "Write a number from 0.02 to 720"),
        ({"pause": "1.000"}, "Write a number from 0.02 to 720"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_and_kept_in_the_form(
    browser_of: BrowserOf, clinic: Clinic, change: dict[str, str], words: str
) -> None:
    wish = {"specialty": "", "urgency": "routine", **RULES, "first_reply": "8", "ladder": "50, 100", **change}
    page = post(browser_of(clinic.admin), "/program/rules", {**wish, "verb": "save"})
    assert (page.status_code, words in page.text) == (422, True)
    assert all(value in page.text for value in change.values())


def test_who_is_off_duty_is_given_it_only_where_the_desk_says_so(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    weekday = str((datetime.now(UTC).weekday() + 3) % 7)
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm2, weekday=weekday, starts="08:00", hours="1"))
    path, fields = f"/coordination/desk/{asked.public_id}", {"person": clinic.derm2.public_id, "reason": "Knows <it>"}
    page = post(desk, path, fields)
    assert (page.status_code, "This person is not on duty now" in page.text) == (422, True)
    assert f'value="{clinic.derm2.public_id}" selected' in page.text
    assert 'value="Knows &lt;it&gt;"' in page.text
    assert page.text.count('name="although"') == 1
    # Said above all as well, with a way down to the form.
    assert f'<a href="#p-{asked.public_id}">This person is not on duty now' in page.text
    assert 'name="although"' not in desk.get("/coordination/desk").text
    with runtime.database.writing() as session:
        derm, consult = session.get_one(Person, clinic.derm.id), session.get_one(Consult, asked.id)
        holding.claim(session, consult, derm, now=datetime.now(UTC), lease=LEASE)
        clinic.econsult(session, now=datetime.now(UTC))
    away = {
        "person": clinic.derm.public_id,
        "from": "",
        "until": f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%dT%H:%M}",
    }
    post(desk, "/program/roster/off", away)
    shown = desk.get("/coordination/desk").text
    assert f"{clinic.derm2.name} (off duty)" in shown
    assert f"{clinic.derm.name} (away)" in shown
    # What the one who is away holds is on the desk, to be given to somebody else, with a reason.
    assert "Whoever has it is not there" in shown
    card = shown.partition("Whoever has it is not there")[2].partition("</form>")[0]
    assert [f'<option value="{each.public_id}"' in card for each in (clinic.derm2, clinic.derm)] == [True, False]
    mute = post(desk, path, {"person": clinic.derm2.public_id, "reason": " ", "although": "1"})
    assert (mute.status_code, "Say why, so that the others understand" in mute.text) == (422, True)
    assert post(desk, path, fields | {"although": "1"}).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).holder_id == clinic.derm2.id


def test_what_nobody_can_take_is_given_to_a_named_person(runtime: Runtime, desk: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        session.add_all(Limits(person_id=person.id, languages="fr") for person in (clinic.derm, clinic.derm2))
        consult = clinic.econsult(session, now=NOW)
    page = desk.get("/coordination/desk").text
    assert "nobody qualifies: the coordinators decide" in page
    assert post(desk, f"/coordination/desk/{consult.public_id}", {"person": "x"}).status_code == 422
    given = post(desk, f"/coordination/desk/{consult.public_id}", {"person": clinic.derm2.public_id})
    assert given.status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, consult.id).holder_id == clinic.derm2.id


def test_the_desk_sees_a_familys_question_that_nobody_takes(
    desk: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        question = clinic.family_question(session, now=NOW)
    assert question.number in desk.get("/coordination/desk").text


def test_what_somebody_who_is_away_holds_is_given_to_somebody_else(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        off = TimeOff(person_id=clinic.derm.id, starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=9))
        session.add(off)
    page = desk.get("/coordination/desk").text
    assert f'href="/coordination/{consult.public_id}"' in page
    assert f'action="/coordination/desk/{consult.public_id}"' in page
    fields = {"person": clinic.derm2.public_id, "reason": "Her colleague is away"}
    assert post(desk, f"/coordination/desk/{consult.public_id}", fields).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, consult.id).holder_id == clinic.derm2.id


def test_what_was_given_in_another_tab_is_given_away_only_by_who_means_it(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    """The second tab says who has it, and its form stays, with what was written."""
    path = f"/coordination/desk/{asked.public_id}"
    assert f'action="{path}"' in desk.get("/coordination/desk").text
    first = {"person": clinic.derm.public_id, "had": "", "reason": "Hers"}
    # A double click is one giving.
    assert [post(desk, path, first).status_code for _ in range(2)] == [303, 303]
    page = post(desk, path, {**first, "person": clinic.derm2.public_id})
    assert (page.status_code, f"{clinic.derm.name} has it now" in page.text) == (422, True)
    form = page.text.partition(f'action="{path}"')[2].partition("</form>")[0]
    assert f'name="had" value="{clinic.derm.public_id}"' in form
    assert (f'value="{clinic.derm2.public_id}" selected' in form, 'value="Hers"' in form) == (True, True)
    assert f'href="#p-{asked.public_id}"' in page.text
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).holder_id == clinic.derm.id
        assert session.get_one(Consult, asked.id).version == asked.version + 1
    meant = {"person": clinic.derm2.public_id, "had": clinic.derm.public_id, "reason": "She is ill"}
    assert post(desk, path, meant).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).holder_id == clinic.derm2.id


def test_what_a_form_would_change_can_be_opened_to_the_last_one(
    runtime: Runtime, browser_of: BrowserOf, desk: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        session.add(Limits(person_id=clinic.derm2.id, languages="fr"))
        numbers = [clinic.econsult(session, now=NOW).number for _ in range(12)]
    wish = {"specialty": "dermatology", "languages": "es", "states": "nm", "capacity": "0", "verb": "look"}
    looked = post(desk, f"/program/people/{clinic.derm.public_id}/limits", wish).text
    rules = {"specialty": "", "urgency": "routine", **RULES, "first_reply": "8", "ladder": "50, 100", "verb": "look"}
    for page, rest in ((looked, 7), (post(browser_of(clinic.admin), "/program/rules", rules).text, 2)):
        opened = page.partition(f"<details><summary>and {rest} more</summary>")[2].partition("</details>")[0]
        assert [number for number in numbers if number in opened] == numbers[-rest:]


def test_the_first_page_of_the_desk_says_that_nobody_can_take_something(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    assert "Nobody can take" not in desk.get("/coordination").text
    with runtime.database.writing() as session:
        session.add_all(Limits(person_id=person.id, languages="fr") for person in (clinic.derm, clinic.derm2))
        clinic.econsult(session, now=NOW)
    assert "Nobody can take: 1" in desk.get("/coordination").text


@pytest.mark.parametrize("narrow", ["", "?specialty=dermatology"])
def test_the_desk_leads_to_every_request_that_waits(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, narrow: str
) -> None:
    with runtime.database.writing() as session:
        if narrow:
            clinic.econsult(session, specialty="neurology", now=NOW)
        add_crowd(session, clinic.econsult(session, now=NOW), Crowd(60, NOW, timedelta(seconds=1), ("dermatology",)))
        numbers = {each.number for each in session.scalars(select(Consult)) if each.specialty == "dermatology"}
    address, seen, pages = f"/coordination/desk{narrow}", set(), 0
    while address:
        text = html.unescape(desk.get(address).text)
        column = text[text.index('id="c-untaken"') :].partition("</section>")[0]
        assert re.search(r'class="count">(\d+)', column)[1] == "61"
        seen |= {number for number in numbers if number in column}
        following = re.search(r'href="([^"]*cursor=[^"]*)"', column)
        address, pages = following[1] if following else "", pages + 1
    assert (seen, pages) == (numbers, 2)


def test_the_figures_are_shown_and_downloaded(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    director = browser_of(clinic.director)
    assert "Nothing was promised in this time yet." in director.get("/program").text
    with runtime.database.writing() as session:
        clinic.answered(session, now=NOW)
    page, file = director.get("/program?days=7").text, director.get("/program/figures.csv").text
    assert ("100.0 %" in page, "First reply, by clinic" in page, clinic.home.name in page) == (True,) * 3
    assert all(line in file for line in ("first_reply,all,,1,1,100.0", f"first_reply,site,{clinic.home.name},1,1,"))


def test_what_came_of_it_is_shown_and_downloaded(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    director = browser_of(clinic.director)
    nothing = director.get("/program/results").text
    assert ("Nothing was sent in this time." in nothing, "Nothing was advised in this time." in nothing) == (True, True)
    assert 'href="/program/results"' in director.get("/program").text
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
        report = Said(changed="yes", referral="avoided", seen="no", otherwise="without")
        close_out(session, consult, clinic.pcp, report, reason="They do it at home", now=NOW)
    page = director.get("/program/results?days=90").text
    assert ("The clinic has read it" in page, "Avoided" in page, "Gone without any care" in page) == (True,) * 3
    for part, line in (
        ("closing", "all,,1,1,1,0,100.0,100.0,0.0,"),
        ("advice", "all,,1,0.0,"),
        ("outcomes", "clinic at closing,referral,avoided,1,1,100.0"),
    ):
        found = director.get(f"/program/results/{part}.csv")
        assert (found.mimetype, line in found.text) == ("text/csv", True), (part, found.text)
    assert director.get("/program/results/people.csv").status_code == 404


def test_all_that_was_missed_is_counted_and_no_promise_hides_another(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    """Seventy that were late for days, and one family that was told too late, for less long."""
    with runtime.database.writing() as session:
        clinic.answered(session, now=NOW - timedelta(hours=30))
        crowd = Crowd(70, NOW - timedelta(days=6), timedelta(seconds=1), ("dermatology",))
        add_crowd(session, clinic.econsult(session, now=NOW), crowd)
    page = browser_of(clinic.director).get("/program").text
    missed = re.sub(r"<[^>]+>", " ", page[page.index("<h2>Missed") :])
    assert missed.split()[:2] == ["Missed", "71"]
    assert re.search(r"First reply\s+70\s", missed)
    assert re.search(r"Family told\s+1\s", missed)
    assert "and 20 more, late for less long" in missed


@pytest.mark.parametrize("path", ["/program", "/program/roster", "/program/rules", "/coordination/desk"])
def test_these_pages_are_for_those_who_run_the_program(browser_of: BrowserOf, clinic: Clinic, path: str) -> None:
    assert [browser_of(person).get(path).status_code for person in (clinic.mother, clinic.derm, clinic.pcp)] == [
        403
    ] * 3


def test_time_off_is_listed_and_ended(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, browser_of: BrowserOf
) -> None:
    days = [(datetime.now(UTC) + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M") for number in (-1, 5, 9)]
    for starts, ends in (days[:2], days[1:]):
        fields = {"person": clinic.derm.public_id, "from": starts, "until": ends}
        assert post(desk, "/program/roster/off", fields).status_code == 303
    page = desk.get("/program/roster/off").text
    assert (page.count("away now"), page.count("Is back now …"), page.count("Remove …")) == (1, 1, 1)
    assert "derm" in page
    specialist = browser_of(clinic.derm)
    assert specialist.get("/program/roster/mine").text.count('<li class="tick">') == 2
    # The first tap shows what the end of it would do, and does nothing.
    looked = post(desk, "/program/roster/off/1/end", {"verb": "look"})
    assert (looked.status_code, "If this were saved" in looked.text, "Is back now <" in looked.text) == (
        200,
        True,
        True,
    )
    assert desk.get("/program/roster/off").text.count("away now") == 1
    ended = [post(desk, f"/program/roster/off/{number}/end", {}).status_code for number in (1, 2, 2)]
    assert ended == [303, 303, 303]
    for verb in ("look", "save"):
        again = post(desk, "/program/roster/off/2/end", {"verb": verb})
        assert again.status_code == 303
        assert "It was gone already" in desk.get(again.location).text
    for path in ("/program/roster/off/4711/end", "/program/roster/shifts/2/remove"):
        assert post(desk, path, {"specialty": "neurology"}).status_code == 404
    assert "Nobody is away" in desk.get("/program/roster/off").text
    assert desk.get("/program/roster/off?cursor=soup").status_code == 422
    assert post(specialist, "/program/roster/off/1/end", {}).status_code == 403


def test_the_desk_says_that_all_is_in_hands_only_where_somebody_is_there(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    whole = "Every request has somebody who can take it."
    with runtime.database.writing() as session:
        asked = clinic.econsult(session, now=datetime.now(UTC))
        # Its day is promised: it was due a whole day ago, which is yesterday at any hour.
        late = clinic.econsult(session, now=datetime.now(UTC) - timedelta(hours=48))
    page = desk.get("/coordination/desk").text
    assert (whole in page, "Nobody who is there can take" in page) == (True, False)
    # By when each must be taken is said, and of a promise that has passed when it was due.
    taken = [re.search(rf'id="w-{each.public_id}".*?</li>', page, re.DOTALL) for each in (asked, late)]
    assert [
        bool(card and words in card[0]) for card, words in zip(taken, ("to be taken by", "should have"), strict=True)
    ] == [True, True]
    assert "· was due " in page.partition("Will be late")[2]
    with runtime.database.writing() as session:
        for person in (clinic.derm, clinic.derm2):
            away = TimeOff(person_id=person.id, starts_at=NOW, ends_at=datetime.now(UTC) + timedelta(hours=9))
            session.add(away)
    page = desk.get("/coordination/desk").text
    assert (whole in page, "Nobody who is there can take 2 requests now:" in page) == (False, True)
    assert page.count("Nobody who can take it is there now.") == 2
    # Of one column alone nobody knows what the others hold.
    assert whole not in desk.get("/coordination/desk?column=nobody").text


def test_the_board_and_its_badge_count_the_same_calls(runtime: Runtime, desk: FlaskClient, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        answered = clinic.answered(session, now=NOW)
        session.add(RedFlagStop(consult_id=answered.id, person_id=clinic.mother.id, codes="seizure", at=NOW))
    page = desk.get("/coordination").text
    assert ("2 calls to make" in page, 'Families to tell <span class="count">2</span>' in page) == (True, True)


def test_a_shift_is_shown_as_long_as_it_is_and_a_hole_until_nobody_knows(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    zone = ZoneInfo("America/Denver")
    local = datetime.now(UTC).astimezone(zone)
    began = local - timedelta(hours=3)
    fields = {"weekday": str(began.weekday()), "starts": f"{began:%H:%M}", "hours": "6"}
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm, **fields))
    with runtime.database.writing() as session:
        session.execute(update(Shift).values(from_day=began.date() - timedelta(days=1)))
    page = desk.get("/program/roster?specialty=dermatology").text
    shown = page.partition("The next seven days</h3>")[2].partition("</section>")[0]
    # It goes on now, and began three hours ago; the same one next week begins just before the shown days end.
    shifts = re.findall(r"<li><span>(\d\d:\d\d)-", shown)
    assert (shifts, len(shifts)) == ([f"{began:%H:%M}"] * len(shifts), len(re.findall("<h4", shown)))
    assert f"{local + timedelta(hours=3):%H:%M}"[:4] in shown
    holes = page.partition("No cover</h3>")[2].partition("<h3>")[0]
    assert ("and maybe longer" in holes) == (len(shifts) == 1)


def test_nobody_is_chosen_before_somebody_chooses(desk: FlaskClient, clinic: Clinic) -> None:
    post(desk, "/program/roster/shifts", _shift(clinic, clinic.derm))
    page = desk.get("/program/roster?specialty=dermatology").text
    for name in ("person", "away", "to"):
        assert re.search(rf'<select id="{name}" [^>]*><option value="">Choose</option>', page), name
    assert 'type="time"' not in page
    assert "datetime-local" not in page
    swap = {"specialty": "dermatology", "shift": "1", "to": "", "day": _tuesday()}
    assert post(desk, "/program/roster/swaps", swap).status_code == 422
    # Whom one form is about is not chosen in the other, where a click would write them off.
    look = post(desk, "/program/roster/shifts", {**_shift(clinic, clinic.derm2), "verb": "look"}).text
    for name, is_chosen in (("person", True), ("away", False)):
        choices = look.split(f'<select id="{name}"')[1].split("</select>")[0]
        assert (name, "selected" in choices) == (name, is_chosen)


@pytest.mark.parametrize(
    ("fields", "hours"),
    [
        ({"from": "{0}", "until": "{0}"}, (0, 24)),
        ({"from": "{0}", "from_at": "8:30", "until": "{0}", "until_at": "17:00"}, (8.5, 17)),
        ({"from": "", "from_at": "08:00", "until": "{0}"}, None),
        ({"from": "{0}", "until": "{0}", "until_at": "5 pm"}, None),
    ],
)
def test_time_off_is_written_in_days_and_the_clock_of_24_hours(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, fields: dict[str, str], hours: tuple[float, float] | None
) -> None:
    wish = {name: value.format(_tuesday()) for name, value in fields.items()}
    page = post(desk, "/program/roster/off", {"person": clinic.derm.public_id, **wish})
    assert page.status_code == (303 if hours else 422)
    with runtime.database.reading() as session:
        found = session.scalars(select(TimeOff)).all()
    midnight = datetime.fromisoformat(_tuesday()).replace(tzinfo=ZoneInfo("America/Denver"))
    spans = [((off.starts_at - midnight), (off.ends_at - midnight)) for off in found]
    assert spans == ([tuple(timedelta(hours=each) for each in hours)] if hours else [])


def test_a_state_is_chosen_from_a_list(desk: FlaskClient, clinic: Clinic) -> None:
    page = desk.get("/program/people?specialty=dermatology").text
    states = page.partition(f'<select id="{clinic.home.public_id}" name="state">')[2].partition("</select>")[0]
    assert ("<option>NM</option>" in states, '<option value="">None</option>' in states) == (True, True)


def test_limits_and_stand_ins_are_looked_at_before_they_are_saved(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        session.add(Limits(person_id=clinic.derm2.id, languages="fr"))
    limits = f"/program/people/{clinic.derm.public_id}/limits"
    wish = {"specialty": "dermatology", "languages": "es", "states": "nm", "capacity": "7"}
    page = post(desk, limits, {**wish, "verb": "look"})
    assert (page.status_code, "1 request that waits would be offered elsewhere:" in page.text) == (200, True)
    assert f"{asked.number}</span> nobody could take it: the coordinators decide" in page.text
    # What was written stays in the form, and nothing of it is saved.
    assert ('value="nm"' in page.text, 'value="7"' in page.text) == (True, True)
    with runtime.database.reading() as session:
        assert [found.capacity for found in session.scalars(select(Limits))] == [0]
    assert post(desk, limits, {**wish, "verb": "save"}).status_code == 303
    pools, stands_in = "/program/people/fallbacks", {"specialty": "dermatology", "fallback": "neurology"}
    page = post(desk, pools, {**stands_in, "verb": "look"})
    assert f"{asked.number}</span> Neurology" in page.text
    assert '<option value="neurology" selected>' in page.text
    assert post(desk, pools, {**stands_in, "verb": "add"}).status_code == 303
    page = post(desk, pools, {**stands_in, "verb": "look_remove"})
    assert (f"{asked.number}</span> nobody" in page.text, 'value="remove">Remove <' in page.text) == (True, True)
    assert post(desk, pools, {**stands_in, "verb": "remove"}).status_code == 303
    assert "Nobody stands in" in desk.get("/program/people?specialty=dermatology").text
    # What never stood in is no more than before, and the trail has no words of a form.
    assert post(desk, pools, {**stands_in, "fallback": "Luz Prueba 2022-01-15", "verb": "remove"}).status_code == 303
    with runtime.database.reading() as session:
        removed = select(AuditEvent.detail).where(AuditEvent.action == "remove_fallback")
        assert session.scalars(removed).all() == ["neurology"]


def test_the_desk_is_narrowed_to_one_specialty_and_stays_so(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, asked: Consult
) -> None:
    late = datetime.now(UTC) - timedelta(days=2)
    with runtime.database.writing() as session:
        other = clinic.econsult(session, specialty="neurology", now=late)
        held = [clinic.econsult(session, specialty=name) for name in ("neurology", "dermatology")]
        for consult, holder in zip(held, (clinic.neuro, clinic.derm), strict=True):
            holding.claim(session, consult, holder, now=NOW, lease=LEASE)
            consult.uncovered_at = NOW
    of_skin, of_nerves = {asked.number, held[1].number}, {other.number, held[0].number}
    for specialty, shown in (("", of_skin | of_nerves), ("neurology", of_nerves), ("dermatology", of_skin)):
        page = desk.get(f"/coordination/desk?specialty={specialty}").text
        assert set(re.findall(r"C-\d+", page)) == shown
        assert ("To the whole desk" in page) == bool(specialty)
    assert "Nothing of this specialty." in desk.get("/coordination/desk?specialty=genetics").text
    assert set(re.findall(r"C-\d+", desk.get("/coordination/desk?specialty=nonsense").text)) == of_skin | of_nerves
    given = post(desk, f"/coordination/desk/{other.public_id}?specialty=neurology", {"person": clinic.neuro.public_id})
    assert given.location.endswith("/coordination/desk?said=assigned&specialty=neurology")


def test_what_a_clinic_owes_a_family_is_not_given_to_another_specialist(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        number = clinic.answered(session, now=NOW).number
        session.add(TimeOff(person_id=clinic.pcp.id, starts_at=NOW, ends_at=NOW + timedelta(days=4)))
    page = desk.get("/coordination/desk").text
    column = page[page.index('id="c-soon"') :]
    assert (number in column, "family told" in column) == (True, True)
    assert ("Give it to" in column, "Nobody here can answer this" in column) == (False, False)


def test_rules_that_somebody_else_changed_meanwhile_are_not_taken_back_unseen(
    browser_of: BrowserOf, clinic: Clinic
) -> None:
    admin, director = browser_of(clinic.admin), browser_of(clinic.director)
    seen = re.findall('name="seen" value="([^"]*)"', admin.get("/program/rules?urgency=routine").text)[0]
    wish = {"specialty": "", "urgency": "routine", **RULES, "first_reply": "24", "ladder": "50, 75, 90, 100"}
    saved = post(director, "/program/rules", {**wish, "first_reply": "20", "verb": "save", "seen": seen})
    assert saved.status_code == 303
    for verb in ("look", "save", "apply"):
        refused = post(admin, "/program/rules", {**wish, "pause": "48", "verb": verb, "seen": seen})
        assert (refused.status_code, "Somebody has changed these rules since" in refused.text) == (422, True)
        held = refused.text.partition("Holds now")[2].partition("</table>")[0]
        assert re.findall('<td class="num">([^<]*)</td>', held) == ["24", "20", "48", "72"]
    seen = re.findall('name="seen" value="([^"]*)"', refused.text)[0]
    assert post(admin, "/program/rules", {**wish, "pause": "48", "verb": "save", "seen": seen}).status_code == 303

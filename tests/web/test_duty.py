"""Where nobody is on duty, the clinic reads before it chooses that urgent is not possible, and whom to telephone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.rosters.shifts import Shift, Swap, TimeOff
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC)


def test_urgent_is_said_to_be_impossible_and_is_refused_in_words(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        session.add(
            Shift(
                program_id=clinic.program.id,
                specialty="dermatology",
                person_id=clinic.derm.id,
                weekday=(NOW.weekday() + 3) % 7,
                starts=600,
                minutes=60,
                time_zone="UTC",
                from_day=NOW.date() - timedelta(days=30),
            )
        )
        draft, sent = clinic.draft(session, now=NOW, urgency="urgent"), clinic.econsult(session, now=NOW)
    pcp = browser_of(clinic.pcp)
    path = f"/clinic/requests/{draft.public_id}"
    number = runtime.settings.help_phone
    for page in (pcp.get(path).text, pcp.get(f"/consults/{sent.public_id}").text):
        hint = page[page.index("Nobody is on duty now for:") :]
        assert hint.index("Dermatology") < hint.index("is not possible there; telephone") < hint.index(number)
    fields = {"verb": "send", "specialty": "dermatology", "urgency": "urgent", "question": draft.question}
    reply = post(pcp, path, fields | {"question_type": "diagnosis", "no_signs": "1", "lacking": "follows"})
    assert reply.status_code == 422
    assert f"Nobody is on duty for urgent requests now. Telephone {number}." in reply.text


def _asked(runtime: Runtime) -> int:
    with runtime.database.reading() as session:
        return session.scalars(select(Swap.id).where(Swap.declined_at.is_(None), Swap.accepted_at.is_(None))).one()


def _replaced(runtime: Runtime, clinic: Clinic, derm: FlaskClient, derm2: FlaskClient) -> None:
    base = "/program/roster/mine"
    # Another is asked meanwhile: a page of before says so, whether the number is gone or was given to the next.
    old = _asked(runtime)
    with runtime.database.writing() as session:
        session.delete(session.get_one(Swap, old))
    last = f"{base}?said=swap_other"
    for path, page_of in ((f"/program/roster/swaps/{old}/take-back", derm2), (f"{base}/{old}", derm)):
        assert post(page_of, path, {"to": clinic.derm.public_id}).location == last
    assert "somebody else was asked instead" in derm.get(last).text


def test_a_specialist_asks_a_colleague_to_take_a_shift(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    """Without the desk: asked, accepted and seen by both; what is not one's own cannot be given away."""
    soon = NOW + timedelta(days=2)
    with runtime.database.writing() as session:
        shifts = [
            Shift(
                program_id=clinic.program.id,
                specialty="dermatology",
                person_id=person.id,
                weekday=soon.weekday(),
                starts=600,
                minutes=60,
                time_zone="UTC",
                from_day=NOW.date() - timedelta(days=30),
            )
            for person in (clinic.derm, clinic.neuro)
        ]
        session.add_all(shifts)
        session.flush()
        number, other = (shift.id for shift in shifts)
    derm, derm2, base = browser_of(clinic.derm), browser_of(clinic.derm2), "/program/roster/mine"
    page = derm.get(base).text
    assert (page.count("Ask a colleague to take it"), clinic.neuro.name in page) == (2, False)
    wish = {"shift": str(number), "day": soon.date().isoformat(), "to": clinic.derm2.public_id}
    # Nobody is asked whom the specialist did not choose.
    assert page.count('name="to" required><option value="">Choose</option>') == 2
    assert post(derm, f"{base}/swaps", wish | {"to": ""}).status_code == 422
    refused = post(derm, f"{base}/swaps", wish | {"to": clinic.neuro.public_id})
    assert (refused.status_code, "Choose somebody else who answers for this specialty" in refused.text) == (422, True)
    late = post(derm, f"{base}/swaps", wish | {"day": (soon - timedelta(days=7)).date().isoformat()})
    assert (late.status_code, "This shift is over" in late.text) == (422, True)
    assert post(derm, f"{base}/swaps", wish | {"shift": str(other)}).status_code == 403
    assert post(derm, f"{base}/swaps", wish).status_code == 303
    assert f"{clinic.derm2.name} was asked: waits for an answer" in derm.get(base).text
    first = _asked(runtime)
    back = f"/program/roster/swaps/{first}/take-back"
    assert f'action="{back}"' in derm.get(base).text
    # Pressed twice, and answered on a page of before.
    to = {"to": clinic.derm2.public_id}
    replies = [post(derm, back, to), post(derm, back, to), post(derm2, f"{base}/{first}", {})]
    assert [reply.location for reply in replies] == [
        f"{base}?said={said}" for said in ("swap_taken_back", "swap_gone", "swap_unasked")
    ]
    assert "is asked" not in derm.get(base).text
    assert post(derm, f"{base}/swaps", wish).status_code == 303
    asked = _asked(runtime)
    assert post(derm2, f"{base}/{asked}", {}).status_code == 303
    too_late = post(
        browser_of(clinic.coordinator), f"/program/roster/swaps/{asked}/take-back", to | {"specialty": "dermatology"}
    )
    assert too_late.location == "/program/roster?specialty=dermatology&said=swap_answered"
    page = derm2.get(base).text
    assert (f"instead of {clinic.derm.name}" in page, "was asked: accepted" in page) == (True, False)
    # Whoever took it over asks for it to be taken again.
    assert post(derm2, f"{base}/swaps", wish | {"to": clinic.derm.public_id}).status_code == 303
    assert f"{clinic.derm.name} was asked: waits for an answer" in derm2.get(base).text
    _replaced(runtime, clinic, derm, derm2)
    # The other week's shift is still one's own.
    assert derm.get(base).text.count("Ask a colleague to take it") == 1


def test_a_clinician_sees_when_they_are_away_and_nobody_else_is_named(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    """The letter about a changed leave leads somewhere; shifts are for specialists."""
    pcp = browser_of(clinic.pcp)
    assert "No time off is planned." in pcp.get("/program/roster/mine").text
    starts = datetime(2030, 3, 4, 12, tzinfo=UTC)
    with runtime.database.writing() as session:
        for person, day in ((clinic.pcp, 0), (clinic.derm, 3)):
            start = starts + timedelta(days=day)
            session.add(TimeOff(person_id=person.id, starts_at=start, ends_at=start + timedelta(hours=2)))
    assert 'href="/program/roster/mine"' in pcp.get("/clinic").text
    page = pcp.get("/program/roster/mine").text
    assert ("My time off" in page, "My duty" in page, "Shifts to take over" in page) == (True, False, False)
    assert page.count('<li class="tick">') == 1
    assert post(pcp, "/program/roster/mine/swaps", {"shift": "1"}).status_code == 403


@pytest.mark.parametrize(
    "damage", [{"time_zone": "Mars/Olympus"}, {"minutes": 2_000_000_000}, {"starts": 2_147_483_647}, {"weekday": 9}]
)
def test_a_damaged_shift_with_a_swap_closes_no_page(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, damage: dict[str, Any]
) -> None:
    soon = NOW.date() + timedelta(days=2)
    with runtime.database.writing() as session:
        hours = {"weekday": soon.weekday(), "starts": 600, "minutes": 60, "time_zone": "UTC"}
        same = {"program_id": clinic.program.id, "specialty": "dermatology", "from_day": NOW.date() - timedelta(days=9)}
        shift = Shift(**same, person_id=clinic.derm.id, **hours | damage)
        session.add(shift)
        session.flush()
        number = shift.id
        for day in (soon, soon + timedelta(days=7)):
            given = {"to_id": clinic.derm2.id, "asked_by_id": clinic.derm.id, "asked_at": NOW}
            session.add(Swap(shift_id=number, on_day=day, **given))
    desk, derm, derm2, base = (
        *map(browser_of, (clinic.coordinator, clinic.derm, clinic.derm2)),
        "/program/roster/mine",
    )
    for browser, page in ((desk, "/program/roster"), (derm, base), (derm2, base), (desk, "/coordination/desk")):
        assert browser.get(page).status_code == 200
    wish = {"shift": str(number), "day": (soon + timedelta(days=14)).isoformat(), "to": clinic.derm2.public_id}
    answer = post(derm, f"{base}/swaps", wish)
    assert answer.status_code == (422 if "weekday" in damage else 303)
    removed = post(desk, f"/program/roster/shifts/{number}/remove", {"verb": "save", "ends_plan": "yes"})
    assert removed.status_code == 303

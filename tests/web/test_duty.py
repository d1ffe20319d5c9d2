"""Where nobody is on duty, the clinic reads before it chooses that urgent is not possible, and whom to telephone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from econsult.rosters.shifts import Shift
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
    reply = post(pcp, path, fields | {"question_type": "diagnosis"})
    assert reply.status_code == 422
    assert f"Nobody is on duty for urgent requests now. Telephone {number}." in reply.text

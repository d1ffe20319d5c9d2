"""What is said about an answer is said about the version that its reader had before them, and about no newer one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from econsult.consults import answers
from econsult.consults.correcting import correct
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Consult
from econsult.people.persons import Person
from tests.personas import ANSWER, LEASE, Clinic
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=20)
PLAN = [{"text": "Crema dos veces", "owner": "family"}, {"text": "Look in May", "owner": "pcp"}]
NEWS = "NO use la crema."
CHANGED = "Nothing was written down: read what it says now."


def answered(runtime: Runtime, clinic: Clinic, **changes: object) -> Consult:
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        content = {**ANSWER, "recommendations": PLAN, **changes}
        answers.save_draft(session, consult, clinic.derm, content, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        answers.release(session, consult, NOW)
        return consult


def corrected(runtime: Runtime, clinic: Clinic, consult: Consult, **changes: object) -> None:
    with runtime.database.writing() as session:
        content = {**ANSWER, "family_summary": NEWS, **changes}
        found = session.get_one(Consult, consult.id)
        correct(session, found, clinic.derm, content, "It was another child's", now=NOW + timedelta(minutes=5))


def facts(runtime: Runtime, consult: Consult) -> tuple[Any, ...]:
    with runtime.database.reading() as session:
        found = session.get_one(Consult, consult.id)
        states = [step.state for step in steps_of(session, consult.id) if step.version == 2]
        return found.status, found.informed_at, found.acknowledged_at, states


def fields_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that posts to this address, as a browser sends them."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    assert form, f"No form posts to {action}."
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


TOLD_AT = (NOW + timedelta(minutes=10)).isoformat()
PROOF = {"close_reason": "They have moved away", "told_who": "Ana Reyes", "told_at": TOLD_AT}
PRESSES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "understood": ("mother", "/family/questions/{}/answer", "/family/questions/{}/answer/understood", {}),
    "told by the clinic": ("pcp", "/consults/{}", "/consults/{}/informed", {"method": "phone", "teach_back": "on"}),
    "told by the desk": ("coordinator", "/coordination/{}", "/coordination/{}/informed", {"method": "visit"}),
    "read": ("pcp", "/consults/{}", "/consults/{}/acknowledge", {}),
    "closed": ("pcp", "/consults/{}", "/consults/{}/close", {"close_reason": "Moved", "changed": "no", "seen": "no"}),
    "closed by the desk": ("coordinator", "/coordination/{}", "/coordination/{}/close", PROOF),
    "called": ("pcp", "/calls/{}", "/calls/{}/done", {"outcome": "sent_help", "words": "Police"}),
}


@pytest.mark.parametrize("press", spread(PRESSES, 3))
def test_a_press_on_the_page_of_an_older_version_writes_nothing_down(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, press: str
) -> None:
    who, *places, said = PRESSES[press]
    consult = answered(runtime, clinic, disposition="emergency_now" if press == "called" else "advice_only")
    reader: FlaskClient = browser_of(getattr(clinic, who))
    shown, action = (place.format(consult.public_id) for place in places)
    fields = {**said, **fields_of(reader.get(shown).text, action)}
    corrected(runtime, clinic, consult)
    before = facts(runtime, consult)
    refused = post(reader, action, fields)
    assert (refused.status_code, NEWS in refused.text) == (409, True)
    assert ("Léala" if who == "mother" else CHANGED) in refused.text
    for words in (said.get("close_reason"), said.get("words")):
        assert words is None or words in refused.text
    assert facts(runtime, consult) == before
    again = {**said, "referral": "avoided", **fields_of(refused.text, action)}
    assert fields["version"] == "1"
    assert again["version"] == "2"
    assert post(reader, action, again).status_code == 303
    # A form that was made before there were versions in it says nothing about this one.
    again.pop("version")
    assert post(reader, action, again).status_code in {404, 409}


def test_why_a_step_was_declined_is_not_lost_with_its_version(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    consult = answered(runtime, clinic)
    with runtime.database.reading() as session:
        first, second = (step.public_id for step in steps_of(session, consult.id))
    corrected(runtime, clinic, consult, recommendations=PLAN[1:])
    pcp, at = browser_of(clinic.pcp), f"/consults/{consult.public_id}/acknowledge"
    fields = {
        "version": "1",
        "decline": [first, second],
        f"why-{first}": "Out of stock",
        f"why-{second}": "Seen in May",
    }
    refused = post(pcp, at, fields)
    assert (refused.status_code, CHANGED in refused.text) == (409, True)
    # The step that is still there is declined as before; the words about the other are there to copy.
    assert ("Crema dos veces: Out of stock" in refused.text, 'value="Seen in May"' in refused.text) == (True, True)
    assert facts(runtime, consult)[2:] == (None, ["proposed"])


def test_a_step_that_a_correction_removed_shows_the_plan_as_it_is(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    consult = answered(runtime, clinic)
    with runtime.database.reading() as session:
        first, second = (step.public_id for step in steps_of(session, consult.id))
    corrected(runtime, clinic, consult)
    gone = post(browser_of(clinic.mother), f"/family/questions/{consult.public_id}/steps/{first}", {"verb": "done"})
    assert (gone.status_code, "El plan cambió" in gone.text, NEWS in gone.text) == (409, True, True)
    people: list[Person] = [clinic.pcp, clinic.coordinator]
    for person in people:
        said = {"verb": "not_done", "reason": "No stock"}
        page = post(browser_of(person), f"/consults/{consult.public_id}/steps/{second}", said)
        found = [words in page.text for words in ("this is the plan now", "You wrote: No stock", NEWS)]
        assert (page.status_code, found) == (409, [True] * 3)

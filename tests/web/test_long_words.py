"""Words that nobody can see, and words without an end: neither is signed or sent, and no page becomes wider by them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from econsult.consults import answers, holding, threads
from econsult.consults.threads import Audience
from econsult.errors import InvalidError
from econsult.seeing import is_seen
from tests.personas import ANSWER, LEASE, Clinic
from tests.services.browser import Devices
from tests.web.browsing import post
from tests.web.conftest import BrowserOf, Enter
from tests.web.looking import overflow
from workers.runtime import Runtime

UNSEEN = "\u200b\u2060 \u00ad\u3164\u2800"
ENDLESS = "x" * 2000
LONG: dict[str, Any] = {
    **ANSWER,
    **dict.fromkeys(("impression", "watch_for", "family_summary", "references"), ENDLESS),
    "recommendations": [{"text": ENDLESS, "owner": owner, "due_at": None} for owner in ("family", "pcp", "specialist")],
}


def test_what_cannot_be_seen_is_neither_signed_nor_sent(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    assert [is_seen(text) for text in (UNSEEN, "", "\n", ".", "a\u200b", "\U0001f600")] == [False] * 3 + [True] * 3
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        held = clinic.claimed(session, now=now)
        for name in ("impression", "family_summary"):
            answers.save_draft(session, held, clinic.derm, {**ANSWER, name: UNSEEN}, now=now, lease=LEASE)
            with pytest.raises(InvalidError) as told:
                answers.sign(session, held, clinic.derm, now=now)
            assert told.value.fields == {name: "required"}
        with pytest.raises(InvalidError):
            threads.post(session, held, clinic.derm, Audience.CLINICIANS, text=UNSEEN, now=now)
    derm, path = browser_of(clinic.derm), f"/consults/{held.public_id}"
    refused = post(derm, f"{path}/messages", {"lane": "clinicians", "text": UNSEEN})
    assert (refused.status_code, "Write what you want to say" in refused.text) == (422, True)
    blank = {"impression": UNSEEN, "rec_text": UNSEEN, "rec_owner": "pcp", "rec_due": "", "verb": "sign", "saves": "2"}
    assert post(derm, f"{path}/answer", blank).status_code == 422
    assert post(derm, f"{path}/decline", {"reason": UNSEEN}).status_code == 422
    assert post(browser_of(clinic.derm2), f"{path}/take-over", {"reason": UNSEEN}).status_code == 422


def test_no_word_makes_a_page_wider_than_a_phone(
    devices: Devices, runtime: Runtime, clinic: Clinic, enter: Enter, address: str
) -> None:
    now = datetime.now(UTC)
    details = {"body_site": "elbow", "red_flags": [], "thinks": ENDLESS, "tried": ENDLESS, "background": ENDLESS}
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=now, question=ENDLESS[:300], details=details)
        holding.claim(session, consult, clinic.derm, now=now, lease=LEASE)
        for lane, person in ((Audience.CLINICIANS, clinic.derm), (Audience.FAMILY, clinic.pcp)):
            threads.post(session, consult, person, lane, text=ENDLESS, now=now)
        answers.save_draft(session, consult, clinic.derm, LONG, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=now)
        answers.acknowledge(session, consult, clinic.pcp, now=now)
        draft = clinic.draft(session, now=now, question=ENDLESS[:300], details=details)
        at = f"/consults/{consult.public_id}"
    pages = {
        clinic.derm: ("/worklist?view=answered", "/worklist/advice", at, f"{at}?lane=clinicians", f"{at}/correct"),
        clinic.pcp: ("/clinic", at, f"{at}?lane=family", f"/clinic/requests/{draft.public_id}"),
        clinic.coordinator: ("/coordination", f"/coordination/{consult.public_id}", "/coordination/steps"),
        clinic.mother: ("/family", at.replace("consults", "family/questions")),
    }
    wide = []
    for person, paths in pages.items():
        page = enter(devices.desktop(viewport={"width": 390, "height": 844}), person)
        for path in paths:
            answer = page.goto(address + path)
            assert answer is not None
            assert answer.status == 200, path
            if (by := overflow(page)) > 0:
                wide.append((path.replace(consult.public_id, "ID"), by, page.evaluate(WIDEST)))
    assert wide == []


WIDEST = """() => [...document.querySelectorAll("main *")].filter((part) => !part.children.length
  && part.getBoundingClientRect().right > innerWidth + 1).slice(0, 4)
  .map((part) => `${part.parentElement.parentElement.outerHTML.slice(0, 120)}`)"""

"""A clinic decides about a held photo in its browser: the picture beside the decision, a part of a face kept open."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.filing import file_ready
from tests.web.looking import complaints, look_at
from tests.web.test_browser_retakes import copies
from workers.runtime import Runtime


@pytest.mark.parametrize("width", spread([390, 1440], 1))
def test_the_fields_that_are_ticked_over_the_picture_stay_open(
    runtime: Runtime, clinic: Clinic, devices: Devices, enter: Enter, address: str, width: int
) -> None:
    now = datetime.now(UTC)
    review = replace(copies()[1], name="review")
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=now)
    file = file_ready(runtime, consult, clinic.pcp, MediaKind.PHOTO, [*copies(), review], now)
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        mine.state, mine.reason, mine.blob_key = AttachmentState.HELD, "no_face_model", "originals/x"
    page = enter(devices.desktop(viewport={"width": width, "height": 844}), clinic.pcp)
    heard = complaints(page)
    page.goto(f"{address}/reviews")
    page.locator("main a[href^='/reviews/']").click()
    expect(page.locator("h1")).to_have_text("Decide about a file")
    look_at(page, "review", "en")
    picture, button = page.locator(".region").bounding_box(), page.locator("#faces .btn").bounding_box()
    assert (picture["x"] + picture["width"] <= button["x"]) == (width == 1440)
    bare, cell = page.get_by_label("Show the picture without the fields"), page.locator(".region-grid input")
    # One choice, one meaning of a tick: where all faces are hidden there is nothing to tick.
    hints = page.locator(".ticks p:visible")
    expect(cell.first).to_be_hidden()
    expect(hints).to_have_text(["All faces are hidden: there is nothing to tick."])
    page.locator("input[name=face_policy][value=face_is_finding]").check()
    expect(hints).to_have_text([re.compile("tick one field on it")])
    page.locator("input[name=face_policy][value=keep_region]").check()
    expect(hints).to_have_text([re.compile("tick the fields of that part")])
    for folded in ("release_reason", "reject_reason"):
        expect(page.locator(f"#{folded}")).to_be_hidden()
    bare.check()
    expect(cell.first).to_be_hidden()
    bare.uncheck()
    cell.nth(8 * 2 + 3).check()
    page.get_by_role("button", name="Prepare it this way").click()
    page.wait_for_url(lambda url: "/reviews/" not in url)
    assert heard == []
    with runtime.database.reading() as session:
        kept = session.get_one(Attachment, file.id)
        region = {"left": 0.375, "top": 0.25, "width": 0.125, "height": 0.125}
        assert (kept.state, kept.face_policy, kept.face_regions) == ("received", "keep_region", {"regions": [region]})

"""Without JavaScript: the mother's plain forms lead to the same receipt, and the clinic's lose nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys import clinic, mother
from tests.journeys.eyes import Eyes
from tests.journeys.media import NAME, Media
from tests.journeys.story import ON, Cast
from tests.services.browser import Devices
from tests.services.product import Product


def test_a_mother_without_scripts_reaches_the_receipt(
    product: Product, cast: Cast, devices: Devices, media: Media
) -> None:
    phone = Eyes("plain", devices.phone(java_script_enabled=False), product)
    become(phone)
    mother.start(phone)
    mother.say_where(phone)
    mother.choose(phone, "far-choose", f"{NAME} 1.jpg", "image/jpeg", media.far)
    mother.choose(phone, "close-choose", f"{NAME} 2.jpg", "image/jpeg", media.close)
    phone.look("chosen")
    phone.turn("[data-upload-plain]")
    expect(phone.page.locator("li.shot[data-file]")).to_have_count(2)
    assert NAME not in phone.look("sent")
    phone.turn(".onward a")
    mother.tell(phone)
    number = mother.consent(phone)
    assert number in {row["number"] for row in cast.pcp.listed("pool")}


def become(phone: Eyes, persona: str = "parent") -> None:
    """Choose to be somebody on the demo's front door: the printed link works once and was used elsewhere."""
    phone.go("/")
    phone.look("door")
    phone.turn(f"button[value={persona}]")


@pytest.mark.wide
def test_a_clinic_without_scripts_loses_neither_words_nor_files(
    product: Product, cast: Cast, devices: Devices, media: Media
) -> None:
    """Words and a photo by "Send these files", more of both by "Send request": all of it is in what was sent."""
    desk = Eyes("plain-clinic", devices.desktop(java_script_enabled=False), product)
    become(desk, "pcp")
    sent = cast.pcp.get(clinic.ask_without_scripts(desk, media)).expect(200)
    assert sent["status"] == "submitted"
    assert (sent["question"], sent["details"]["thinks"]) == (ON, clinic.THINKS)
    assert [file["view"] for file in sent["attachments"]] == ["far", "close"]

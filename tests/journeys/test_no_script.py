"""The mother's phone without JavaScript: plain forms lead to the same receipt."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.journeys import mother
from tests.journeys.eyes import Eyes
from tests.journeys.media import NAME, Media
from tests.journeys.story import Cast
from tests.services.browser import Devices
from tests.services.product import Product


def test_a_mother_without_scripts_reaches_the_receipt(
    product: Product, cast: Cast, devices: Devices, media: Media, shots: Path
) -> None:
    phone = Eyes("plain", devices.phone(java_script_enabled=False), product, shots)
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


def become(phone: Eyes) -> None:
    """Choose to be the mother on the demo's front door: the printed link works once and was used elsewhere."""
    phone.go("/")
    phone.look("door")
    phone.turn("button[value=parent]")

"""What a person sees: each look at a page checks that it is quiet and whole.

`ECONSULT_TEST_SHOTS=FOLDER` keeps a picture of each.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Response

from tests.services.product import Product
from tests.web.looking import english_left, overflow


@dataclass
class Eyes:
    """One person at one screen. `heard` grows with whatever a browser complains about, refused scripts included."""

    name: str
    page: Page
    product: Product
    heard: list[str] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on("response", self._judge)

    def sign_in(self, email: str) -> None:
        """Open the one-time link that was printed, and press its one button."""
        self.page.goto(self.product.link(email))
        self.look("link")
        self.turn("main form button")

    def go(self, path: str) -> None:
        self.page.goto(self.product.address + path)

    def look(self, what: str) -> str:
        """The text of the page, which must be whole and must not have complained."""
        assert not self.heard, f"{what}: {self.heard}"
        assert overflow(self.page) == 0, f"{what} is wider than the screen"
        self.count += 1
        if folder := os.environ.get("ECONSULT_TEST_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{self.name}-{self.count:02d}-{what}.png", full_page=True)
        if self.page.locator("html").get_attribute("lang") == "es":
            assert english_left(self.page) == set(), what
        return self.page.locator("body").inner_text()

    def turn(self, selector: str) -> None:
        """Press the one thing that leads to the next page, and wait until that has loaded."""
        with self.page.expect_navigation():
            self.page.locator(selector).click()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.heard.append(message.text)

    def _judge(self, response: Response) -> None:
        if response.status >= 500:
            self.heard.append(f"{response.status} {response.request.method} {response.url}")


def number_in(text: str) -> str:
    """The number of the consult on a page."""
    found = re.search(r"\bC-\d+\b", text)
    assert found is not None, text
    return found[0]

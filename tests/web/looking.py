"""Look at a page as a checker does: accessibility rules, console complaints, sideways scrolling."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """The ids of the accessibility rules that the page breaks, each with the first element that breaks it."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [rule["id"] for rule in found]


def complaints(page: Page) -> list[str]:
    """A list that grows with every console error or warning and every uncaught exception of the page."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def overflow(page: Page) -> int:
    """By how many CSS pixels the page is wider than the screen."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))

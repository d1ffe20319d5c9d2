"""A real Chromium, shared by the whole session; every test gets fresh contexts, so no cookie travels between tests."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect, sync_playwright

from tests.services.processes import ServiceError

# The window around the pages: a new address bar is a page of its own, and takes a fifth of a processor for each window.
WINDOW = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
# Only the last list of features that Chromium is given counts, so this one names those of Playwright's as well.
PLAYWRIGHT = (
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)  # fmt: skip
# Chromium's own background traffic would only meet a closed network, and its sandbox does not start as root.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join((*PLAYWRIGHT, *WINDOW))}",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
# The one without a window takes three quarters of the processor's time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# Playwright waits five seconds for what a page shall show, which a busy machine may need for one answer.
expect.set_options(timeout=15_000)
# What asks a page without waiting for anything: how many there are, what stands there now.
ASKING = {
    Locator: ("all", "all_inner_texts", "all_text_contents", "count", "evaluate_all", "is_hidden", "is_visible"),
    Page: ("content", "evaluate", "is_hidden", "is_visible", "title"),
}


def _of_the_whole(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Ask once the page has been read to its end: a click is over when the beginning of the next has come."""

    @functools.wraps(ask)
    def asked(where: Locator | Page, *given: Any, **named: Any) -> Any:
        page = where.page if isinstance(where, Locator) else where
        page.wait_for_load_state("domcontentloaded")
        return ask(where, *given, **named)

    return asked


for kind, names in ASKING.items():
    for name in names:
        setattr(kind, name, _of_the_whole(getattr(kind, name)))


def find_chromium() -> str:
    """The path of an installed Chromium (or what ECONSULT_TEST_CHROMIUM names). Raises ServiceError without one."""
    found = os.environ.get("ECONSULT_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise ServiceError("Chromium is not installed. Run: sudo apt-get install chromium")
    return found


@dataclass
class Devices:
    """Opens pages as people hold them; everything opened is closed after the test."""

    playwright: Playwright
    browser: Browser
    opened: list[BrowserContext] = field(default_factory=list)

    def phone(self, **options: Any) -> Page:
        """A parent's phone: Pixel 7, touch, Spanish."""
        return self._open({**self.playwright.devices["Pixel 7"], "locale": "es-US"} | options)

    def desktop(self, **options: Any) -> Page:
        """A clinician's desk: 1440 x 900, English."""
        return self._open({"viewport": {"width": 1440, "height": 900}, "locale": "en-US"} | options)

    def _open(self, options: dict[str, Any]) -> Page:
        context = self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        self.opened.append(context)
        return context.new_page()

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver process."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The session's headless Chromium."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def devices(playwright: Playwright, browser: Browser) -> Iterator[Devices]:
    """As many phones and desks as the test needs: `devices.phone()`, `devices.desktop()`."""
    devices = Devices(playwright, browser)
    yield devices
    devices.close()


@pytest.fixture
def phone(devices: Devices) -> Page:
    """One page on a parent's phone."""
    return devices.phone()


@pytest.fixture
def desktop(devices: Devices) -> Page:
    """One page on a clinician's desk."""
    return devices.desktop()

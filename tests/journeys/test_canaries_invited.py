"""A family without an account: the secret of its link, the child's name and the family's address come nowhere else.

The whole way in real browsers: the clinic invites, a phone opens the link and sends, the clinic takes the question; and
faults on the way. The letter with the link has the secret and the address, which is what it is for. Nothing else has.
"""

from __future__ import annotations

import email
import http.client
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request

from tests.journeys.api import wait_for
from tests.journeys.eyes import Eyes
from tests.journeys.left_behind import in_redis, read
from tests.journeys.story import Cast
from tests.journeys.test_no_script import become
from tests.services.browser import Devices
from tests.services.product import Product

# Made-up words that occur nowhere else.
NAME, BORN = "Citlalmina Ahuehuetl", "2020-03-17"
ADDRESS, PHONE = "casa.ahuehuetl@family.example", "505-555-0173"
QUESTION = "¿Qué le salió en el tobillo, es por el huizache?"
WORDS = tuple(word.encode() for word in (NAME, "Ahuehuetl", BORN, ADDRESS, PHONE, QUESTION, "huizache"))


@dataclass
class Seen:
    """Every address that a browser asked for, and the referrer that it sent with it."""

    urls: list[str] = field(default_factory=list)
    referrers: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.urls.append(request.url)
        self.referrers.append(request.headers.get("referer", ""))


@dataclass(frozen=True)
class Journey:
    """What is left of it: the secret, what the browsers asked for, and the letters by file."""

    secret: str
    seen: Seen
    statuses: dict[str, int]


@pytest.fixture(scope="module")
def hands(playwright: Playwright, browser: Browser) -> Iterator[Devices]:
    """Telephones and desks that last for all tests of this file."""
    hands = Devices(playwright, browser)
    yield hands
    hands.close()


@pytest.fixture(scope="module")
def journey(product: Product, cast: Cast, hands: Devices) -> Journey:
    made = {"name": NAME, "birth_date": BORN, "sex": "female", "language": "es", "phone": PHONE}
    child = cast.pcp.post("/patients", **made).expect(201)["id"]
    desk = Eyes("inviting", hands.desktop(), product)
    phone, late = hands.phone(), hands.phone()
    seen = Seen()
    for page in (desk.page, phone, late):
        seen.watch(page.context)
    become(desk, "pcp")
    secret = invite(desk.page, product, child)
    # A link that was opened is sent to nobody any more.
    letters = product.data / "outbox"
    wait_for("the letter", lambda: any(ADDRESS.encode() in read(path) for path in letters.glob("*.eml")))
    open_link(phone, late, f"{product.address}/invitation/{secret}")
    send(phone)
    take(desk.page, product, child)
    statuses = {what: stumble(product, secret, what) for what in FAULTS}
    revoke(desk.page, product, child)
    assert "911" in gone(phone, f"{product.address}/invitation/{secret}")
    return Journey(secret, seen, statuses)


def invite(desk: Page, product: Product, child: str) -> str:
    desk.goto(f"{product.address}/invitations/{child}")
    desk.fill("#sent_to", "casa.ahuehuetl")
    with desk.expect_navigation():
        desk.locator("form:has(#sent_to) button").click()
    assert desk.input_value("#sent_to") == "casa.ahuehuetl", "a wrong address is said and kept"
    desk.fill("#sent_to", ADDRESS)
    desk.fill("#sent_to_again", ADDRESS)
    desk.locator("form:has(#sent_to) button").click()
    return desk.locator("article code").inner_text().partition("/invitation/")[2]


def open_link(phone: Page, late: Page, link: str) -> None:
    """With faults: nothing chosen, a wrong birth date, another language, and another telephone that comes too late."""
    phone.goto(link)
    phone.locator("main form button").click()
    phone.locator('input[value="mother"]').check()
    phone.fill("#birth_date", "2020-03-18")
    phone.locator("main form button").click()
    with phone.expect_navigation():
        phone.get_by_role("button", name="English").click()
    phone.goto(f"{link}?lang=es")
    phone.locator('input[value="mother"]').check()
    phone.fill("#birth_date", BORN)
    with phone.expect_navigation(url="**/invited"):
        phone.locator("main form button").click()
    late.goto(link)
    assert late.locator("#birth_date").count() == 0


def send(phone: Page) -> None:
    phone.locator("main form button").click()
    phone.locator('button[value="no"]').click()
    phone.locator('input[value="foot"]').check()
    phone.locator("main form button").last.click()
    phone.locator(".onward a").click()
    phone.locator('input[value="days"]').check()
    phone.fill("#question", QUESTION)
    with phone.expect_navigation():
        phone.locator("main form button").last.click()
    while phone.locator("#agree").count() == 0:
        with phone.expect_navigation():
            phone.locator("main form button").last.click()
    phone.locator("#agree").check()
    phone.locator("main form button").last.click()
    phone.wait_for_url("**/invited?sent=*")


def take(desk: Page, product: Product, child: str) -> None:
    """The clinic finds the question by its words and says that it is the family's own."""
    desk.goto(f"{product.address}/clinic")
    desk.locator(".queue tr", has_text=NAME).locator("a.ask-line").click()
    desk.locator('input[name="sender"]').last.check()
    desk.locator('form[action$="/adopt"] button').click()
    desk.wait_for_url("**said=adopted*")


def revoke(desk: Page, product: Product, child: str) -> None:
    desk.goto(f"{product.address}/invitations/{child}")
    with desk.expect_navigation():
        desk.locator('form[action$="/revoke"] button').click()


def gone(phone: Page, link: str) -> str:
    phone.reload()
    phone.goto(link)
    return phone.locator("body").inner_text()


FAULTS = {
    "no proof": ("POST", "/invitation/{secret}", b"relation=mother"),
    "wrong method": ("DELETE", "/invitation/{secret}", None),
    "longer": ("GET", "/invitation/{secret}/more", None),
    "broken escape": ("GET", "/invitation/{secret}%ff%00", None),
    "in a query": ("GET", "/sign-in?next=/invitation/{secret}", None),
    "to a machine": ("GET", "/api/v1/consults/{secret}", None),
    "too large": ("POST", "/invitation/{secret}", b"x=" + b"y" * 2_000_000),
}


def stumble(product: Product, secret: str, what: str) -> int:
    method, path, body = FAULTS[what]
    line = http.client.HTTPConnection("localhost", product.port, timeout=60)
    try:
        line.request(method, path.format(secret=secret), body, {"Content-Type": "application/x-www-form-urlencoded"})
        return line.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        # A body that is much too large is not read to its end.
        return 413
    finally:
        line.close()


@pytest.fixture(scope="module")
def files(product: Product, journey: Journey) -> dict[Path, bytes]:
    """Every file of the product once a request that is no HTTP has come as well."""
    with socket.create_connection(("localhost", product.port), 30) as line:
        line.sendall(
            f"GET /invitation/{journey.secret} HTTP/1.1\r\nHost: localhost\r\nno header at all\r\n\r\n".encode()
        )
        line.recv(100)
    return {path: read(path) for path in product.data.rglob("*") if path.is_file()}


def test_the_faults_are_refusals_and_no_crashes(journey: Journey) -> None:
    assert {what: status for what, status in journey.statuses.items() if status >= 500} == {}
    assert {journey.statuses[what] for what in ("no proof", "wrong method", "longer", "too large")} <= {
        400,
        404,
        405,
        413,
    }


def test_the_log_tells_nothing(product: Product, journey: Journey, files: dict[Path, bytes]) -> None:
    log = product.log.read_bytes()
    assert b"Ready: " in log
    assert [word for word in (*WORDS, journey.secret.encode()) if word in log] == []


def test_redis_holds_nothing(product: Product, journey: Journey, files: dict[Path, bytes]) -> None:
    held = in_redis(product)
    assert [word for word in (*WORDS, journey.secret.encode()) if any(word in value for value in held)] == []


def test_one_letter_has_the_link_and_no_letter_a_name(journey: Journey, files: dict[Path, bytes]) -> None:
    letters = [email.message_from_bytes(data, policy=default) for path, data in files.items() if path.suffix == ".eml"]
    texts = {str(letter["To"]) + str(letter["Subject"]) + letter.get_content() for letter in letters}
    own = [text for text in texts if ADDRESS in text]
    assert len(own) == 1
    assert own[0].count(journey.secret) == 1
    words = [word.decode() for word in WORDS if word != ADDRESS.encode()]
    assert [word for text in texts - {own[0]} for word in (*words, journey.secret) if word in text] == []
    assert [word for word in words if word in own[0]] == []


def test_no_file_tells_it_but_the_letter(journey: Journey, files: dict[Path, bytes]) -> None:
    found = [
        (path.name, word)
        for path, data in files.items()
        for word in (*WORDS, journey.secret.encode())
        if path.suffix != ".eml" and (word in data or word in str(path).encode())
    ]
    assert found == []


def test_the_secret_is_in_its_own_address_alone_and_in_no_referrer(product: Product, journey: Journey) -> None:
    own = f"{product.address}/invitation/{journey.secret}"
    assert own in journey.seen.urls
    elsewhere = {url for url in journey.seen.urls if journey.secret in url} - {own, f"{own}?lang=es"}
    assert elsewhere == set()
    assert {referrer for referrer in journey.seen.referrers if referrer} == set()
    words = [word.decode() for word in WORDS]
    assert [url for url in journey.seen.urls if any(word in url for word in words)] == []

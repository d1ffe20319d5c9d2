"""Who the child is and what was asked never leaves the sealed records: not into logs, Redis, mails, blobs or names."""

from __future__ import annotations

import email
import http.client
import re
from email.policy import default

from tests.journeys import story
from tests.journeys.left_behind import in_redis, read
from tests.journeys.media import BIRTH_DATE, FILE_NAME, NAME
from tests.journeys.prepared import readable
from tests.journeys.told import Told
from tests.services.product import Product

# "zarzamora" is in the question, the answer and the file's name, and nowhere else.
SECRETS = (
    NAME,
    BIRTH_DATE,
    story.PHONE,
    FILE_NAME,
    story.QUESTION,
    story.ON,
    "zarzamora",
    "¿Hola?",
    "asthma or hay fever",
)


def secrets(told: Told) -> list[bytes]:
    """What must not be found, as bytes."""
    child = told.child
    return [word.encode() for word in (*SECRETS, child["name"], child["birth_date"])]


def test_the_log_tells_no_secret(product: Product, told: Told) -> None:
    log = product.log.read_bytes()
    assert b"Ready: " in log
    assert [word for word in secrets(told) if word in log] == []
    assert told.consult_id.encode() not in log


def test_redis_holds_no_secret(product: Product, told: Told) -> None:
    held = in_redis(product)
    assert [word for word in secrets(told) if any(word in value for value in held)] == []


def test_mails_say_only_that_there_is_something_to_read(product: Product, told: Told) -> None:
    mails = [path.read_bytes() for path in product.data.glob("outbox/*")]
    assert any(b"parent@demo.test" in mail for mail in mails)
    assert [word for word in secrets(told) if any(word in mail for mail in mails)] == []


def test_a_letter_is_plain_words_without_a_file_and_its_links_ask_who_comes(product: Product, told: Told) -> None:
    letters = [email.message_from_bytes(path.read_bytes(), policy=default) for path in product.data.glob("outbox/*")]
    assert {letter.get_content_type() for letter in letters} == {"text/plain"}
    links = {link for letter in letters for link in re.findall(r"https?://[^\s>]+", letter.get_content())}
    # An invitation, which another story may have sent from here, opens a way in; `test_canaries_invited` looks at it.
    links = {link for link in links if not link.startswith(f"{product.address}/invitation/")}
    assert links
    for link in links:
        status, place, said = _asked(product, link.removeprefix(product.address).partition("#")[0])
        # The front door of a demo shows its people; everywhere else a visitor is asked who they are.
        assert (status, place) == (303, "/sign-in") or link == f"{product.address}/", link
        assert [word for word in secrets(told) if word in said] == []


def test_what_watches_the_product_is_told_no_secret(product: Product, told: Told) -> None:
    for place in ("/health/live", "/health/ready"):
        status, _, said = _asked(product, place)
        assert (status, [word for word in secrets(told) if word in said]) == (200, [])


def _asked(product: Product, path: str) -> tuple[int, str | None, bytes]:
    """What a browser that nobody knows is answered: status, where it is sent, and the page."""
    line = http.client.HTTPConnection("localhost", product.port, timeout=60)
    line.request("GET", path)
    answer = line.getresponse()
    said = answer.read()
    line.close()
    return answer.status, answer.headers["Location"], said


def test_no_file_of_the_data_folder_tells_a_secret_or_can_be_looked_at(product: Product, told: Told) -> None:
    files = [path for path in product.data.rglob("*") if path.is_file()]
    named = [path.name for path in files for word in secrets(told) if word in str(path).encode()]
    assert named == []
    blobs = [path for path in files if {"blobs", "staging"} & set(path.parts)]
    assert len(blobs) >= 20
    for path in files:
        data = read(path)
        assert [word for word in secrets(told) if word in data] == [], path.name
        assert path not in blobs or readable(data) == [], path.name

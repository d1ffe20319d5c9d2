"""What families read is short and light: few words a sentence, few bytes a page."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.shell.assets import Assets
from web.words.catalogues import FOLDER, read_part

LONGEST_SENTENCE = 20
FIRST_PAGE_BYTES = 60 * 1024


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"[.!?…]+(?:\s|$)", text) if part.strip()]


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_sentence_for_families_is_longer_than_twenty_words(language: str) -> None:
    catalogue = read_part(FOLDER / "es" / "family.po", "es")
    texts = [str(message.id if language == "en" else message.string) for message in catalogue if message.id]
    long = [text for text in texts for part in sentences(text) if len(part.split()) > LONGEST_SENTENCE]
    assert len(texts) > 150
    assert long == []


@pytest.mark.parametrize("text", ["Sus fotos se enviaron.", "Word " * 21])
def test_the_count_sees_long_sentences(text: str) -> None:
    assert any(len(part.split()) > LONGEST_SENTENCE for part in sentences(text)) is text.startswith("Word")


def test_the_longest_page_of_the_way_is_light(browser_of: BrowserOf, clinic: Clinic) -> None:
    mother = browser_of(clinic.mother)
    emergency = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location
    html = mother.get(emergency).data
    assets: Assets = mother.application.extensions["assets"]
    names = {name for name in assets.names() if assets.url(name).encode() in html}
    found = [assets.find(name) for name in names]
    static = sum(len(each[0].packed or each[0].body) for each in found if each is not None)
    assert {"app.css", "icons.svg"} <= names
    assert len(gzip.compress(html)) <= 10 * 1024
    assert len(gzip.compress(html)) + static <= FIRST_PAGE_BYTES

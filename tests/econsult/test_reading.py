"""Pages to read on: each in both languages, found by the address that an answer names."""

from __future__ import annotations

import re

from econsult.advice.reading import cards, cards_for, cards_in
from econsult.advice.snippets import NAME, snippets_for
from econsult.people.persons import LANGUAGES, SPECIALTIES


def test_every_specialty_has_pages_of_its_own_and_each_a_name_of_its_own() -> None:
    assert [specialty for specialty in SPECIALTIES if not cards_for(specialty)] == []
    assert {each for card in cards() for each in card.specialties} <= set(SPECIALTIES)
    assert len({card.name for card in cards()}) == len({card.topic for card in cards()}) == len(cards())
    for card in cards():
        assert NAME.fullmatch(card.name), card.name
        assert all(card.title(each).strip() for each in LANGUAGES), card.name
        assert re.fullmatch(r"https://medlineplus\.gov/(spanish/)?[a-z0-9]+\.html", card.address("es")), card.name


def test_a_page_is_brought_by_its_name_and_found_again_in_either_language() -> None:
    brought = {each.name: each for each in snippets_for("dermatology")}["read-eczema"]
    assert (brought.field, "https://medlineplus.gov/eczema.html" in brought.text) == ("references", True)
    spanish = "Vea https://medlineplus.gov/spanish/tineainfections.html, y " + brought.text
    assert [card.name for card in cards_in(f"{spanish} {brought.text}")] == ["read-tinea", "read-eczema"]


def test_an_address_that_only_looks_like_one_is_no_page() -> None:
    for text in (
        "https://medlineplus.gov.example.org/eczema.html.exe",
        "https://medlineplus.gov/nothing-of-ours.html",
        "https://medlineplus.gov/ency/article/000853.htm",
        "notmedlineplus.gov/eczema.htm",
        "",
    ):
        assert cards_in(text) == [], text

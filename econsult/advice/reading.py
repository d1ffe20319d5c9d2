"""What a family may read on: pages of MedlinePlus, of the United States' National Library of Medicine, as data.

Each page is there in English and in Spanish under one name. A specialist brings one into the references of an answer
(`/read-eczema` and Tab); the family then finds the page in its own language, also where the answer names the other one.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from importlib.resources import files

HOME = "https://medlineplus.gov/"
_ADDRESS = re.compile(r"\bmedlineplus\.gov/(?:spanish/)?([a-z0-9]+)\.html\b")


@dataclass(frozen=True)
class Card:
    """One page: the name that brings it, its name there, for which specialties it is offered, and its titles."""

    name: str
    topic: str
    specialties: tuple[str, ...]
    en: str
    es: str

    def title(self, language: str) -> str:
        return self.es if language == "es" else self.en

    def address(self, language: str) -> str:
        return f"{HOME}{'spanish/' if language == 'es' else ''}{self.topic}.html"

    @property
    def reference(self) -> str:
        """The words that stand in the references of an answer."""
        return f"MedlinePlus, {self.en}: {self.address('en')}"


@functools.cache
def cards() -> tuple[Card, ...]:
    """All of them, as they are listed."""
    read = json.loads((files("econsult.advice") / "reading.json").read_text(encoding="utf-8"))
    return tuple(Card(row["name"], row["topic"], tuple(row["for"]), row["en"], row["es"]) for row in read)


def cards_for(specialty: str) -> tuple[Card, ...]:
    """Those of one specialty."""
    return tuple(card for card in cards() if specialty in card.specialties)


def cards_in(references: str) -> list[Card]:
    """The pages that a text names by their address, each once, in its order; unknown ones are nobody's card."""
    known = {card.topic: card for card in cards()}
    topics = dict.fromkeys(_ADDRESS.findall(references))
    return [known[topic] for topic in topics if topic in known]

"""What somebody else changed in a draft after its form was opened, in words: both texts, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from econsult.consults.details import spaced
from econsult.consults.merging import SIGNS, Merged
from econsult.templates.items import Item
from web.showing.facts import answer_words
from web.words import terms
from web.words.families import SINCE, SITES, SYMPTOMS
from web.words.files import FACE_CHOICES
from web.words.language import gettext, language


@dataclass(frozen=True)
class Change:
    """One part of the form that two changed: what is saved by now, and what this form says."""

    label: str
    saved: str
    mine: str


@dataclass(frozen=True)
class Changes:
    """`clashes` by the name of the field; `news` are the labels of what others changed and this form did not."""

    clashes: Mapping[str, Change] = field(default_factory=dict)
    news: tuple[str, ...] = ()

    @property
    def errors(self) -> dict[str, str]:
        """The sentence for each field that two changed."""
        words = gettext("Somebody changed this after you opened it. Both texts are above.")
        return dict.fromkeys(self.clashes, words)


def changes_told(merged: Merged, items: Mapping[str, Item], codes: Mapping[str, Any] | None = None) -> Changes:
    """The changes in the reader's language; `items` are those of the questionnaires on the page, `codes` more words."""

    def words(name: str, value: Any) -> str:
        return _words(name, value, items, codes or {})

    clashes = {
        name: Change(_label(name, items), words(name, clash.theirs), words(name, clash.mine))
        for name, clash in merged.clashes.items()
    }
    return Changes(clashes, tuple(sorted(_label(name, items) for name in merged.news)))


def news_words() -> str:
    """What a page that saves by itself says when others changed parts that it does not show so."""
    return gettext("Saved. Somebody else changed other parts meanwhile: reload the page to see them.")


def _label(name: str, items: Mapping[str, Item]) -> str:
    if name in items:
        return items[name].words.in_language(language())
    labels = {
        "specialty": gettext("Specialty"),
        "question": gettext("Question"),
        "question_type": gettext("What do you want to know?"),
        "urgency": gettext("How soon?"),
        "thinks": gettext("Thinks"),
        "tried": gettext("Tried"),
        "background": gettext("Also"),
        "body_site": gettext("Where"),
        "since": gettext("Since when"),
        "symptoms": gettext("Signs"),
        "story": gettext("Your story"),
        "face_policy": gettext("Faces in the pictures"),
        "face_consent": gettext("Faces in the pictures"),
        "consent": gettext("Consent"),
        "voice": gettext("Sound of videos"),
        "named": gettext("Whom do you ask?"),
        "may_convert": gettext("If a visit is needed"),
        SIGNS: gettext("Danger signs"),
    }
    return labels.get(name) or spaced(name).capitalize()


def _words(name: str, value: Any, items: Mapping[str, Item], codes: Mapping[str, Any]) -> str:
    if name in items:
        return answer_words(items[name], value) or gettext("Nothing")
    lists: Mapping[str, Mapping[Any, Any]] = {
        "specialty": terms.SPECIALTIES,
        "question_type": terms.QUESTION_TYPES,
        "urgency": terms.URGENCIES,
        "face_policy": FACE_CHOICES,
        "body_site": SITES,
        "since": SINCE,
        "symptoms": SYMPTOMS,
        "consent": codes,
        "voice": codes,
        "named": codes,
    }
    known = lists.get(name, {})
    if value is None or value in ("", [], False):
        return gettext("Nothing")
    if value is True:
        return gettext("Yes")
    parts = value if isinstance(value, list) else [value]
    return ", ".join(str(known.get(part, part)) for part in parts)

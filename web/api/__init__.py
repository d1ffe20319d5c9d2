"""The JSON API: the same verbs and the same access rules as the pages, for programs."""

from __future__ import annotations

from web.api import (
    consents,
    consults,
    documents,
    forms,
    loops,
    notes,
    passing,
    people,
    replies,
    results,
    steps,
    visits,
    work,
)
from web.api.documents import about
from web.api.routing import api

__all__ = [
    "about",
    "api",
    "consents",
    "consults",
    "documents",
    "forms",
    "loops",
    "notes",
    "passing",
    "people",
    "replies",
    "results",
    "steps",
    "visits",
    "work",
]

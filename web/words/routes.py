"""Why a request was offered to whom, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable

from econsult.rosters.routing import Why
from web.words import terms
from web.words.language import language


def why_words(lines: Iterable[Why]) -> str:
    """The router's explanation as one sentence; codes of specialties and languages become words."""
    known = {**terms.SPECIALTIES, **terms.LANGUAGES}
    return "; ".join(line.sentence(language(), said=str(known.get(line.of, line.of))) for line in lines)

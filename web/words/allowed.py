"""What a family allows besides its consent, in words for whoever works on the case."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.consults.furtherance import Allowed

LABELS = {
    Allowed.FACES: _l("Face shown to those who answer"),
    Allowed.TRAINEES: _l("Trainees may look"),
    Allowed.TEACHING: _l("May be asked about teaching"),
}
ASKED_LATER = (Allowed.TRAINEES, Allowed.TEACHING)
"""What the page of a question asks; the face is asked for where the photos are."""


def asked_later(spoken_of: frozenset[Allowed]) -> tuple[Allowed, ...]:
    """What the page of a question offers: of the face only what was said before, or shown, to take that back."""
    return (Allowed.FACES, *ASKED_LATER) if Allowed.FACES in spoken_of else ASKED_LATER

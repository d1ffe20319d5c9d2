"""For which part of an answer a ready sentence is meant, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

SNIPPET_FIELDS = {
    "impression": _l("Likely diagnosis"),
    "step": _l("Plan"),
    "watch_for": _l("Call the same day if"),
    "family_summary": _l("Plain summary for the family"),
    "family_summary_es": _l("Plain summary in Spanish"),
}

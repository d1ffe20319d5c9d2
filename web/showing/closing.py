"""What must be said before a request closes, asked as a question and as a refusal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.consults.answers import open_end_of
from econsult.consults.records import Consult
from web.words.language import gettext

CLOSE_QUESTIONS = {
    "not_informed": _l("The family has not heard yet. Why close it?"),
    "family_waits": _l("The family has written and waits. Why close it?"),
    "not_read": _l("The clinic has not read the answer yet. Why close it?"),
}


def close_refusal(consult: Consult) -> str:
    """Why a request does not close without a reason."""
    known = {
        "not_informed": gettext("Say why it closes before the family heard"),
        "family_waits": gettext(
            "The family has written and waits for a reply. Reply to them first, or say why it closes."
        ),
    }
    unread = gettext("The clinic has not read the answer yet. Ask it to read first, or say why it closes.")
    return known.get(open_end_of(consult), unread)

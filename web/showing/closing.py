"""What must be said before a request closes, asked as a question and as a refusal, and how an end is explained."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import lazy_gettext as _l

from econsult.consults.open_ends import open_end_of
from econsult.consults.records import Consult
from econsult.reading import Reader
from web.words.language import gettext
from web.words.times import moment

CLOSE_QUESTIONS = {
    "not_informed": _l("The family has not heard yet. Why close it?"),
    "family_waits": _l("The family has written and waits. Why close it?"),
    "not_read": _l("The clinic has not read the answer yet. Why close it?"),
}


def close_refusal(consult: Consult, code: str = "") -> str:
    """Why a request does not close without a reason, or, for the `code` of one that says nothing, with that one."""
    if code == "too_short":
        return gettext("Say why it closes in three words or more, so that others can follow it.")
    known = {
        "not_informed": gettext("Say why it closes before the family heard"),
        "family_waits": gettext(
            "The family has written and waits for a reply. Reply to them first, or say why it closes."
        ),
    }
    unread = gettext("The clinic has not read the answer yet. Ask it to read first, or say why it closes.")
    return known.get(open_end_of(consult), unread)


def closing_refusals(consult: Consult, fields: Mapping[str, str]) -> dict[str, str]:
    """What is missing before the desk closes, by the fields of its form."""
    return {
        "close_reason" if name == "reason" else name: close_refusal(consult, code)
        if name == "reason"
        else _telling_refusal(name, code)
        for name, code in fields.items()
    }


def _telling_refusal(name: str, code: str) -> str:
    if name == "told_who":
        return gettext("Write the name of who was told at the clinic")
    known = {
        "in_the_future": gettext("This time has not come yet"),
        "before_the_answer": gettext("The answer was not there yet at that time"),
    }
    return known.get(code, gettext("Say when the clinic was told"))


def call_first() -> str:
    """Why nothing closes while a family is to be called about an emergency."""
    return gettext(
        "The family is still to be called about an emergency. Make the call first, and write down how it went."
    )


def why_ended(consult: Consult, read: Reader) -> str:
    """Why it ended, in the words of whoever ended it, and whom of the clinic the desk had told; empty while open."""
    if not consult.ended_at:
        return ""
    reason, told = read.text(consult.end_reason or ""), read.whole(consult.end_told)
    if not told:
        return reason
    at = moment(datetime.fromisoformat(told["at"]))
    return gettext("Told at the clinic: %(who)s, %(time)s. %(reason)s", who=told["who"], time=at, reason=reason)

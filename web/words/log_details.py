"""What a row of the log tells beside its act, in words: whom a message was for, what an answer says, which step it was.

A detail is a code, or several with a `/` in between. One that has no words here is shown as it is kept.
"""

from __future__ import annotations

import re

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from web.words import terms
from web.words.billing import ACTIVITIES
from web.words.families import RELATIONS
from web.words.language import gettext

_ID = re.compile(r"[0-9a-f]{32}")
SHORT = 8
_WORK = {str(code): words for code, words in ACTIVITIES.items()}
WORDS: dict[str, LazyString] = {
    **{str(code): words for code, words in (*terms.SPECIALTIES.items(), *terms.URGENCIES.items())},
    **{str(code): words for code, words in (*terms.DISPOSITIONS.items(), *terms.LANES.items())},
    **terms.TRIED,
    **terms.LANGUAGES,
    **RELATIONS,
    "age": _l("by the child's age"),
    "attested": _l("a clinician examined the child"),
    "electronic": _l("on screen"),
    "known": _l("of a caregiver on file"),
    "language": _l("Language"),
    "linked": _l("with its sender linked to the child"),
    "names_exception": _l("by exception"),
    "names_holder": _l("to whoever holds the request"),
    "names_nobody": _l("to nobody"),
    "none": _l("none found"),
    "opened": _l("read on its own page"),
    "out_of_turn": _l("out of turn"),
    "paper": _l("on paper"),
    "passkey": _l("with a passkey"),
    "pause_limit": _l("the longest wait was over"),
    "phone": _l("by telephone"),
    "reached": _l("the family was reached"),
    "rejected": _l("refused"),
    "reopened": _l("after it was opened again"),
    "right": _l("it was right"),
    "sent_help": _l("somebody was sent to the family"),
    "stopped": _l("the question was stopped"),
    "taken_back": _l("taken back"),
    "teach_back": _l("said back in own words"),
    "verbal": _l("by word of mouth"),
    "visit": _l("at a visit"),
    "with_reason": _l("with a reason"),
    "words": _l("in a free text"),
    "wrong": _l("it was not right"),
    "youth": RELATIONS["self"],
}


def detail_words(action: str, detail: str) -> str:
    """The detail of an act, for a reader."""
    parts = detail.split("/")
    if action == "demo" or (action, detail) == ("prepare", "ready"):
        # Which of the examples it is says nothing to anybody, and the act says that the file is ready.
        return ""
    if action.startswith("time_") and detail in _WORK:
        return str(_WORK[detail])
    if action.startswith("step_") and len(parts) == 2 and detail.replace("/", "").isdigit():
        return gettext("step %(number)d of version %(version)s", number=int(parts[1]) + 1, version=parts[0])
    if parts[0] == "version" and len(parts) == 2:
        return gettext("version %(version)s", version=parts[1])
    if _ID.fullmatch(parts[0]):
        rest = [gettext("version %(version)s", version=each) for each in parts[1:]]
        return ", ".join((parts[0][:SHORT], *rest))
    return ", ".join(str(WORDS.get(part, part)) for part in parts)

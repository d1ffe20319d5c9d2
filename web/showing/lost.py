"""What somebody wrote for what they may not do any more: who has the case, and their words to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult
from econsult.errors import ConsultError, NotFoundError
from web.words import terms
from web.words.language import gettext
from web.words.said import RULES, SAID


@dataclass(frozen=True)
class Lost:
    """Why it was not saved, the words, and whether they can be left to who has the case now.

    `is_answer`: they are of an answer, and not of a message or a reason. `may_take`: taking it over is no way out
    where a rule has just refused that.
    """

    why: str
    text: str
    may_leave: bool = False
    is_answer: bool = True
    may_take: bool = True


def why_lost(consult: Consult, holder: str) -> str:
    """One sentence: who has it, that nobody has it, or what became of it."""
    if consult.status in OPEN and holder:
        return gettext("%(name)s has this request now.", name=holder)
    if consult.status == Status.SUBMITTED:
        return gettext("Nobody holds this request any more.")
    return gettext("You cannot answer this request now: %(status)s.", status=terms.STATUSES[Status(consult.status)])


def why_not_done(error: ConsultError, consult: Consult, holder: str, *, is_own: bool) -> str:
    """Why a button of a case did nothing: a rule, or on a page of before who has the request, or how it stands."""
    if error.code in RULES:
        return str(SAID[error.code])
    if isinstance(error, NotFoundError):
        return gettext("This was not done: what it was about has ended, or was taken back.")
    if consult.status in OPEN and holder and not is_own:
        return gettext("This was not done: %(name)s has this request now.", name=holder)
    said = terms.STATUSES[Status(consult.status)]
    return gettext("This was not done. The request stands like this now: %(status)s.", status=said)


def changed_words() -> str:
    """What stands on a page that was opened before somebody corrected, or declined, what it is about."""
    return gettext("The answer changed after you opened this page. Nothing was written down: read what it says now.")


def words_of(content: Mapping[str, Any]) -> str:
    """An answer as plain text, each part under its name."""
    steps = [
        f"- {' / '.join(filter(None, (step['text'], step.get('text_es'))))} ({terms.OWNERS[step['owner']]})"
        for step in content["recommendations"]
    ]
    parts = (
        (gettext("Likely diagnosis"), content["impression"]),
        (gettext("Plan"), "\n".join(steps)),
        (gettext("What happens next?"), terms.next_step(content)),
        (gettext("Call the same day if"), content["watch_for"]),
        (gettext("Plain summary for the family"), content["family_summary"]),
        (gettext("The same in Spanish"), _spanish(content)),
        (gettext("References"), content["references"]),
    )
    return "\n\n".join(f"{label}\n{words}" for label, words in parts if words)


def _spanish(content: Mapping[str, Any]) -> str:
    return "\n".join(
        filter(None, (content.get("reason_es"), content.get("family_summary_es"), content.get("watch_for_es")))
    )

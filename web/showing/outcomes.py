"""What clinic and family said about how it went, for the pages of staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from econsult.consults.outcomes import CODES, Said, Side, reports_of
from web.words import outcomes as words
from web.words.language import gettext
from web.words.times import moment


@dataclass(frozen=True)
class Told:
    """One report: who said it and when, and each question with its answer."""

    who: str
    at: str
    lines: list[tuple[str, str]]
    is_close: bool
    is_worse: bool


def told_about(session: Session, consult_id: int) -> list[Told]:
    """Everything that was said, the newest first."""
    found = []
    for each in reversed(reports_of(session, consult_id)):
        asked = words.QUESTIONS if each.side == Side.CLINIC else words.OF_FAMILY
        lines = [
            (str(asked[name]), str(words.SHOWN[name].get(code, code)))
            for name in CODES
            if (code := getattr(each, name))
        ]
        who = gettext("The clinic") if each.side == Side.CLINIC else gettext("The family")
        who = gettext("The family, by telephone") if each.is_relayed else who
        found.append(Told(who, moment(each.at), lines, each.is_close, each.how == "worse"))
    return found


def said_in_form(*names: str) -> Said:
    """What the posted form says to these questions."""
    return Said(**{name: request.form.get(name, "")[:16] for name in names})


def missing_words(fields: Iterable[str], questions: Mapping[str, object] = words.QUESTIONS) -> dict[str, str]:
    """Each question that has no answer yet, in words that say which it is: they stand in a list above them all."""
    return {name: gettext("Choose one answer: %(question)s", question=questions[name]) for name in fields}

"""The results that an answer asked for: the form by which a clinic sends them, and how whoever asked reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.advice.following import with_words
from econsult.consults.attachments import Attachment
from econsult.consults.awaited import results_awaited, with_results
from econsult.consults.recommendations import Recommendation
from econsult.consults.reopening import usual_urgency
from econsult.consults.results import files_since, why_anew
from econsult.consults.threads import Audience
from econsult.consults.versions import Answer, signed_answer
from econsult.people.persons import Person
from econsult.reading import Reader
from econsult.rights import Right
from web.showing.sheets import Sheet
from web.words.steps import as_read


@dataclass(frozen=True)
class ToSend:
    """The form: the steps that results can belong to, by id and words, who gets them, and how many files wait here."""

    steps: tuple[tuple[str, str], ...]
    author: str
    files: int
    urgency: str


@dataclass(frozen=True)
class Anew:
    """Why the question is open again. `files` are the numbers of the sheets that came since the answer."""

    by: str
    at: datetime
    words: str
    is_results: bool
    steps: tuple[str, ...] = ()
    files: tuple[int, ...] = ()


@dataclass(frozen=True)
class Results:
    """What one reader of a case sees of this; nothing of both for most."""

    to_send: ToSend | None = None
    anew: Anew | None = None


NONE = Results()


def results_of(session: Session, loaded: Pass, read: Reader, sheets: Sequence[Sheet]) -> Results:
    """The form for whoever asked, and what was sent for those who read the clinicians' lane."""
    return Results(_to_send(session, loaded, read), _anew(session, loaded, read, sheets))


def _to_send(session: Session, loaded: Pass, read: Reader) -> ToSend | None:
    answer = results_awaited(session, loaded.consult) if loaded.may(Right.REQUEST) else None
    if answer is None:
        return None
    steps = with_results(session, answer)
    return ToSend(
        steps=tuple(zip((step.public_id for step in steps), _texts(session, steps, answer, read), strict=True)),
        author=session.get_one(Person, answer.author_id).name,
        files=len(files_since(session, loaded.consult)),
        urgency=usual_urgency(loaded.consult),
    )


def _anew(session: Session, loaded: Pass, read: Reader, sheets: Sequence[Sheet]) -> Anew | None:
    consult = loaded.consult
    found = why_anew(session, consult) if Audience.CLINICIANS in loaded.readable_lanes() else None
    answer = signed_answer(session, consult.id) if found is not None else None
    if found is None or answer is None:
        return None
    return Anew(
        by=session.get_one(Person, found.by_id).name if found.by_id is not None else "",
        at=found.at,
        words=read.text(found.words),
        is_results=found.is_results,
        steps=tuple(_texts(session, found.steps, answer, read)),
        files=_numbers(files_since(session, consult), sheets) if found.is_results else (),
    )


def _texts(session: Session, steps: Sequence[Recommendation], answer: Answer, read: Reader) -> list[str]:
    return [as_read(read.text(each.text)) for each in with_words(session, steps, [answer])]


def _numbers(files: Sequence[Attachment], sheets: Sequence[Sheet]) -> tuple[int, ...]:
    names = {file.public_id for file in files}
    return tuple(number for number, sheet in enumerate(sheets, 1) if sheet.file.id in names)

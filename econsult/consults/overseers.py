"""Telling whoever oversees who reads what of children: the privacy officers, or the directors in their place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.hearers import other_officers
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, Role

FOR_DIRECTORS = {
    NoticeKind.STAFF_OPENED: NoticeKind.STAFF_ASK,
    NoticeKind.NAMES_RULE: NoticeKind.NAMES_ASK,
    NoticeKind.ERASURE_ASKED: NoticeKind.ERASURE_ASK,
    NoticeKind.REVIEW_DUE: NoticeKind.REVIEW_ASK,
}
"""A director reads no log and opens no page of the officer's: as directors are told it what leads officers there."""


def tell_officers(
    session: Session, program_id: int, kind: NoticeKind, about: str, *, but: Person | None = None, now: datetime
) -> None:
    """Tell every privacy officer of the program but this one; where there is no other, its directors, in their words.

    `about` is what the letter is of, once for each reader.
    """
    for person in other_officers(session, program_id, but):
        said = kind if person.role == Role.PRIVACY else FOR_DIRECTORS.get(kind, kind)
        notify(session, person, said, consult_id=None, about=about, now=now)

"""Letters about one's own account, so that nobody changes how somebody signs in without their hearing of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from econsult.notices import Notice, NoticeKind, notify
from econsult.people.persons import Person


def tell_of_browser(session: Session, person: Person, now: datetime) -> None:
    """Write to the person that somebody signed in by a browser which the account was never used by."""
    notify(session, person, NoticeKind.SIGN_IN_NEW, consult_id=None, about=now.isoformat(), now=now)


def was_told_of_browser(session: Session, person_id: int, since: datetime) -> bool:
    """Whether such a letter was written to the person since then."""
    own = (Notice.person_id == person_id, Notice.kind == NoticeKind.SIGN_IN_NEW, Notice.created_at >= since)
    return bool(session.scalar(select(exists().where(*own))))


def tell_of_change(session: Session, person: Person, now: datetime) -> None:
    """Write to the person that a password, a second factor or its recovery codes were changed or used up."""
    notify(session, person, NoticeKind.SIGN_IN_CHANGED, consult_id=None, about=now.isoformat(), now=now)

"""Letters about one's own account, so that nobody changes how somebody signs in without their hearing of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person


def tell_of_browser(session: Session, person: Person, now: datetime) -> None:
    """Write to the person that somebody signed in by a browser which the account was never used by."""
    notify(session, person, NoticeKind.SIGN_IN_NEW, consult_id=None, about=now.isoformat(), now=now)


def tell_of_change(session: Session, person: Person, now: datetime) -> None:
    """Write to the person that a password, a second factor or its recovery codes were changed or used up."""
    notify(session, person, NoticeKind.SIGN_IN_CHANGED, consult_id=None, about=now.isoformat(), now=now)

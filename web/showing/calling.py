"""The call to a family that an answer brought, on the page of its case: whoever opens that must not miss it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.calls import call_waiting
from econsult.consults.versions import emergencies_among
from econsult.rights import Right
from web.context import now
from web.words.language import gettext
from web.words.times import moment


@dataclass(frozen=True)
class ToCall:
    """What is to be done, and by when or since when it is late, in words."""

    what: str
    when: str


def to_call(session: Session, loaded: Pass) -> ToCall | None:
    """The call that this reader may make and nobody has made yet."""
    task = call_waiting(session, loaded.consult) if loaded.may(Right.INFORM) else None
    if task is None:
        return None
    if emergencies_among(session, [loaded.consult.id]):
        what = gettext("The answer says emergency: telephone now")
    else:
        what = gettext("The answer was corrected: it does not say emergency any more.")
        what += " " + gettext("Call all the same: the family may be on its way to the hospital.")
    due = moment(task.due_at)
    when = gettext("Late since %(time)s", time=due) if task.due_at <= now() else gettext("Call by %(time)s", time=due)
    return ToCall(what, when)

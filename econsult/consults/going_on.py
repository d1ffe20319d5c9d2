"""Going on alone: a colleague's reply is there, or is needed no more, and the holder takes the request up again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.answers import draft_of
from econsult.consults.clocks import GRACE
from econsult.consults.records import Consult
from econsult.consults.sides import while_after


def go_on_after(session: Session, consult: Consult, now: datetime) -> None:
    """Nothing is waited for any more: the holder has a while to go on, and with a draft of their own what it gave."""
    if consult.claim_until is None:
        return
    until = now + while_after(session, consult, now)
    draft = draft_of(session, consult.id)
    if draft is not None and draft.author_id == consult.holder_id:
        until = max(until, draft.saved_at + GRACE)
    consult.claim_until = until

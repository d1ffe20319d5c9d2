"""Going on alone: a colleague's reply is there, or is needed no more, and the holder takes the request up again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion, while_after


def go_on_after(session: Session, consult: Consult, side: SideQuestion, now: datetime) -> None:
    """Nothing is waited for any more: the holder has a while to go on, and never less than without the question."""
    if consult.claim_until is None:
        return
    session.flush()
    session.refresh(side, ["own_until"])
    until = now + while_after(session, consult, now)
    consult.claim_until = max(until, side.own_until or until)

"""Who has the consult in hand: claim, release, decline, and the return to the pool when a claim lapses."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from econsult.consults.clocks import GRACE, ClockName, resume_clock
from econsult.consults.ending import end
from econsult.consults.lifecycle import Status, next_status
from econsult.consults.records import Consult, note
from econsult.errors import ForbiddenError
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person

DRAFT_FACTOR = 8


def claim(session: Session, consult: Consult, person: Person, *, now: datetime, lease: timedelta) -> Consult:
    """Take the consult: one winner among any number of people who try at once. Claiming one's own again renews it."""
    if consult.holder_id == person.id and consult.status in (Status.CLAIMED, Status.NEEDS_INFO):
        consult.claim_until = now + lease
        return consult
    next_status(consult.status, "claim")
    taken = session.execute(
        update(Consult)
        .where(Consult.id == consult.id, Consult.status == Status.SUBMITTED, Consult.holder_id.is_(None))
        .values(
            status=Status.CLAIMED,
            holder_id=person.id,
            claimed_at=now,
            claim_until=now + lease,
            version=Consult.version + 1,
        )
    )
    session.refresh(consult)
    if not isinstance(taken, CursorResult) or taken.rowcount != 1:
        next_status(consult.status, "claim")
    note(session, consult, "claim", person_id=person.id, now=now)
    return consult


def release(session: Session, consult: Consult, person: Person, reason: str, *, now: datetime) -> Consult:
    """Give the consult back to its pool; a draft answer stays with it."""
    status = next_status(consult.status, "release")
    require_holder(consult, person)
    _to_pool(session, consult, status, now)
    note(session, consult, "release", person_id=person.id, now=now, detail="with_reason" if reason else "")
    return consult


def decline(session: Session, consult: Consult, person: Person, reason: str, *, now: datetime) -> Consult:
    """Say no, with a reason that the requester reads."""
    next_status(consult.status, "decline")
    if consult.holder_id is not None:
        require_holder(consult, person)
    end(session, consult, person, "decline", reason=reason, now=now)
    requester = session.get_one(Person, consult.sent_on_by_id or consult.requester_id)
    notify(session, requester, NoticeKind.ANSWERED, consult_id=consult.id, about="decline", now=now)
    return consult


def keep_holding(consult: Consult, now: datetime, lease: timedelta) -> None:
    """Work on the consult renews the claim, for much longer once there is a draft."""
    until = now + lease * DRAFT_FACTOR
    if consult.claim_until is None or consult.claim_until < until:
        consult.claim_until = until


def lapse_claims(session: Session, now: datetime, limit: int = 100) -> list[Consult]:
    """Return every consult whose holder fell silent to its pool. While information is asked for, nothing lapses."""
    query = (
        select(Consult)
        .where(Consult.status == Status.CLAIMED, Consult.claim_until < now)
        .order_by(Consult.claim_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    lapsed = list(session.scalars(query))
    for consult in lapsed:
        _to_pool(session, consult, next_status(consult.status, "release"), now)
        note(session, consult, "lapse", person_id=None, now=now)
    return lapsed


def took_reply(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """Any inbound item, in any channel, while information was asked for: the specialist's clock runs on."""
    if consult.status != Status.NEEDS_INFO or person.id == consult.holder_id:
        return
    consult.status = next_status(consult.status, "reply")
    consult.claim_until = now + GRACE
    consult.version += 1
    resume_clock(session, consult, ClockName.FIRST_REPLY, now, "reply")
    note(session, consult, "reply", person_id=person.id, now=now)
    if consult.holder_id is not None:
        holder = session.get_one(Person, consult.holder_id)
        about = f"reply:{now.isoformat()}"
        notify(session, holder, NoticeKind.MESSAGE, consult_id=consult.id, about=about, now=now)


def require_holder(consult: Consult, person: Person) -> None:
    """Two people may look; one may answer."""
    if consult.holder_id != person.id:
        raise ForbiddenError("Somebody else holds this consult, or nobody does: claim it first.", code="not_holder")


def _to_pool(session: Session, consult: Consult, status: Status, now: datetime) -> None:
    consult.status = status
    consult.holder_id = consult.claim_until = None
    consult.version += 1
    resume_clock(session, consult, ClockName.FIRST_REPLY, now, "released")

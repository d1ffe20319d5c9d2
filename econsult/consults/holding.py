"""Who has the consult in hand: claim, release, and the return to the pool when a claim lapses."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Integer, column, func, select, table, update
from sqlalchemy.orm import Session

from econsult.consults.clocks import grace, open_clocks, resume_clock
from econsult.consults.fitting import check_may_take
from econsult.consults.handover import hand_over
from econsult.consults.hearers import desk_of
from econsult.consults.lifecycle import Status, next_status
from econsult.consults.offering import offer, taken
from econsult.consults.own_clinic import bring_home_if_there
from econsult.consults.policies import ClockName
from econsult.consults.records import SEALED_STAY_SHUT, Consult, note
from econsult.consults.sides import keep_for_side, renew_own
from econsult.database import changed_rows
from econsult.errors import ForbiddenError, ImpossibleVerbError, TakenError
from econsult.notices import NoticeKind, call_also, notify
from econsult.people.persons import Person
from econsult.picking import ANY, Pick
from econsult.rosters.routing import Route

DRAFT_FACTOR = 8
_MESSAGE = table("message", *(column(name, Integer) for name in ("id", "consult_id", "author_id")))
"""By its name: whoever writes a message knows of these."""


def claim(
    session: Session, consult: Consult, person: Person, *, now: datetime, lease: timedelta, detail: str = ""
) -> Consult:
    """Take the consult: one winner among any number of people who try at once. Claiming one's own again renews it,
    and never shortens it. The trail says that it was taken, with the `detail`.

    Raises TakenError, which says who has it, for everybody else; ForbiddenError for who may not take it.
    """
    if consult.holder_id == person.id and consult.status in (Status.CLAIMED, Status.NEEDS_INFO):
        # Whoever has written a draft has it for much longer already.
        consult.claim_until = max(now + lease, consult.claim_until or now)
        renew_own(session, consult, now + lease)
        return consult
    _check_free(session, consult)
    check_may_take(session, consult, person)
    won = session.execute(
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
    if changed_rows(won) != 1:
        _check_free(session, consult)
    taken(session, consult, now, "claim")
    note(session, consult, "claim", person_id=person.id, now=now, detail=detail)
    return consult


def _check_free(session: Session, consult: Consult) -> None:
    try:
        next_status(consult.status, "claim")
    except ImpossibleVerbError:
        if consult.holder_id is None:
            raise
        raise TakenError(consult.status, session.get_one(Person, consult.holder_id).name) from None


def release(session: Session, consult: Consult, person: Person, reason: str, *, now: datetime) -> Consult:
    """Give the consult back to its pool; a draft answer stays with it."""
    status = next_status(consult.status, "release")
    require_holder(consult, person)
    hand_over(session, consult, "release", None, by_id=person.id, now=now, reason=reason)
    to_pool(session, consult, status, now)
    note(session, consult, "release", person_id=person.id, now=now, detail="with_reason" if reason else "")
    return consult


def keep_holding(session: Session, consult: Consult, now: datetime, lease: timedelta) -> None:
    """Work on the consult renews the claim, for much longer once there is a draft."""
    until = now + lease * DRAFT_FACTOR
    renew_own(session, consult, until)
    if consult.claim_until is None or consult.claim_until < until:
        consult.claim_until = until


def stay(session: Session, consult: Consult, person: Person, now: datetime, lease: timedelta) -> None:
    """The holder looks at it or writes about it: the claim lives on from now, whatever it was shortened to."""
    until = now + lease
    own = (Consult.id == consult.id, Consult.holder_id == person.id, Consult.status == Status.CLAIMED)
    session.flush()
    # Asked and done in one statement: a claim that lapses meanwhile is not brought back.
    session.execute(update(Consult).where(*own, Consult.claim_until < until).values(claim_until=until))
    if consult.holder_id == person.id:
        renew_own(session, consult, until)


def lapse_claims(session: Session, now: datetime, pick: Pick = ANY) -> list[Consult]:
    """Return every consult whose holder fell silent to its pool, and tell the desk.

    While information is asked for, nothing lapses. A draft stays with the consult.
    """
    query = (
        select(Consult)
        .where(Consult.status == Status.CLAIMED, Consult.claim_until < now)
        .order_by(Consult.claim_until)
        .limit(pick.most)
        .options(*SEALED_STAY_SHUT)
        .with_for_update(skip_locked=True, key_share=True)
    )
    lapsed = list(session.scalars(pick.narrow(query, Consult.id)))
    for consult in lapsed:
        about = f"lapse:{consult.claim_until.isoformat() if consult.claim_until else ''}"
        hand_over(session, consult, "lapse", None, by_id=None, now=now)
        chosen = to_pool(session, consult, next_status(consult.status, "release"), now)
        note(session, consult, "lapse", person_id=None, now=now)
        # Where nobody is there for it, the desk has just had an alarm: one event is one letter.
        for person in desk_of(session, consult.program_id, now) if chosen.has_cover else ():
            notify(session, person, NoticeKind.RETURNED, consult_id=consult.id, about=about, now=now)
    return lapsed


def go_on(session: Session, consult: Consult, person: Person | None, verb: str, *, now: datetime) -> None:
    """The waiting for information is over: the clock runs on, and the holder has a while to take it up again.

    `person` is who ended it, None where a command did.
    """
    consult.status = next_status(consult.status, verb)
    consult.version += 1
    resume_clock(session, consult, ClockName.FIRST_REPLY, now, verb)
    deadline_at = min(
        (clock.deadline_at for clock in open_clocks(session, consult.id, ClockName.FIRST_REPLY)), default=now
    )
    # Whoever has written a draft has it for much longer already.
    consult.claim_until = max(now + grace(deadline_at, now), consult.claim_until or now)
    keep_for_side(session, consult, now, is_own=False)
    if consult.holder_id is not None and not session.get_one(Person, consult.holder_id).is_active:
        # Nobody goes on with it whose account is closed: it goes back to its pool at once.
        consult.claim_until = now
    note(session, consult, verb, person_id=person.id if person is not None else None, now=now)


def took_reply(session: Session, consult: Consult, person: Person, *, now: datetime, tells: bool = True) -> bool:
    """Something came in while information was asked for: the specialist's clock runs on. False: nothing was.

    Who posts a message tells the holder of it anyway, and `tells` nobody here.
    """
    if consult.status != Status.NEEDS_INFO:
        return False
    go_on(session, consult, person, "reply", now=now)
    if tells:
        tell_holder(session, consult, person, now=now)
    return True


def tell_holder(session: Session, consult: Consult, person: Person, *, now: datetime) -> None:
    """Whoever has it hears that this person sent something: of several files the first, until something else happens
    to the request or the holder writes.
    """
    if consult.holder_id is None or consult.holder_id == person.id:
        return
    holder = session.get_one(Person, consult.holder_id)
    if holder.is_active:
        about = _came(session, consult)
        notify(session, holder, NoticeKind.MESSAGE, consult_id=consult.id, about=about, now=now)


def tell_with_words(session: Session, consult: Consult, message_id: str) -> None:
    """The letter that tells the holder of this message tells of the files that come with it as well."""
    if consult.holder_id is not None:
        about = _came(session, consult)
        call_also(session, consult.holder_id, NoticeKind.MESSAGE, consult_id=consult.id, about=(message_id, about))


def _came(session: Session, consult: Consult) -> str:
    """Turns with whatever happens to the request, and with the holder's last word to anybody, which alters no state."""
    own = _MESSAGE.c.consult_id == consult.id, _MESSAGE.c.author_id == consult.holder_id
    return f"came:{consult.version}:{session.scalar(select(func.max(_MESSAGE.c.id)).where(*own)) or 0}"


def require_holder(consult: Consult, person: Person) -> None:
    """Two people may look; one may answer."""
    if consult.holder_id != person.id:
        raise ForbiddenError("Somebody else holds this consult, or nobody does: claim it first.", code="not_holder")


def to_pool(session: Session, consult: Consult, status: Status, now: datetime) -> Route:
    """Nobody holds it any more: the clock runs on, and those who may take it are asked again, as is returned."""
    consult.status = status
    consult.holder_id = consult.claim_until = None
    consult.version += 1
    bring_home_if_there(session, consult, now)
    resume_clock(session, consult, ClockName.FIRST_REPLY, now, "released")
    return offer(session, consult, now)

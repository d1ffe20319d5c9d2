"""What became of each notice on each channel: one row for each, whatever crashes or is repeated in between.

A notice goes out on the channels that its reader wished for. A channel that refuses, or that stays silent through every
attempt, hands over to the other at once; where both have failed, the notice itself has failed, and a person must tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.database import NO_KEY, Base, Instant, TextCipher, new_public_id
from econsult.jobs import Job, JobKind, JobState, Lane, add_job
from econsult.notices import AT_ONCE, Notice, NoticeKind, NoticeState, mark_notice_sent
from econsult.people.persons import Person
from econsult.reach.mobiles import usable_number
from econsult.reach.wishes import Wish

LATER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12), timedelta(hours=24))
"""When a channel that was away is asked again, after a person has been told that the notice failed."""
SILENT = "silent"
"""What a channel is called that was away in the last round too: nothing is tried any more."""
BY_LETTER = frozenset({NoticeKind.SIGN_IN_CHANGED, NoticeKind.SIGN_IN_NEW, NoticeKind.CONTACT_CHANGED})
"""Somebody who has another's telephone must not be the only one to hear of it."""


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a sending failed."""

    REFUSED = "refused"
    """For good: there is no such address or number, or it takes nothing."""
    STOPPED = "stopped"
    """The number said stop."""
    AWAY = "away"
    """The mail server or the gateway did not take it in any attempt."""
    UNDELIVERED = "undelivered"
    """It was taken, and reported later as not delivered."""


class Delivery(Base):
    """One notice on one channel. `key` names it to the gateway, the same at each attempt."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("notice_id", "channel", name="uq_delivery_channel"),)

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    channel: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(32), unique=True, default=new_public_id)
    state: Mapped[str] = mapped_column(String(16), default=DeliveryState.PENDING)
    reason: Mapped[str] = mapped_column(String(16), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    rounds: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True)
class Ways:
    """The channels that lead to somebody: letters always do, texts where there is a number that wants them.

    `has_gateway` tells whether a text leaves the house; without one it becomes a file, and nobody relies on it.
    """

    number: str | None
    has_gateway: bool

    @property
    def sure(self) -> tuple[Channel, ...]:
        return (Channel.SMS, Channel.EMAIL) if self.number and self.has_gateway else (Channel.EMAIL,)

    def is_sure(self, delivery: Delivery) -> bool:
        """Whether what is sent on this channel leaves the house."""
        return delivery.channel == Channel.EMAIL or self.has_gateway

    def wished(self, person: Person, kind: str) -> tuple[Channel, ...]:
        """Where a notice of this kind goes first."""
        if not self.number or kind in BY_LETTER or (person.channel == Wish.EMAIL and kind not in AT_ONCE):
            return (Channel.EMAIL,)
        is_alone = person.channel == Wish.SMS and self.has_gateway and kind not in AT_ONCE
        return (Channel.SMS,) if is_alone else (Channel.SMS, Channel.EMAIL)


def ways_to(session: Session, cipher: TextCipher, person: Person, *, has_gateway: bool) -> Ways:
    """How this person can be reached now."""
    return Ways(usable_number(session, cipher, person), has_gateway)


def deliveries_of(session: Session, notice: Notice) -> list[Delivery]:
    """What became of a notice so far. Who changes any of it holds the notice's row."""
    query = select(Delivery).where(Delivery.notice_id == notice.id).order_by(Delivery.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def hold_notice(session: Session, notice_id: int) -> Notice:
    """The notice, locked until the transaction ends: a worker, a report and the clock come one after the other."""
    return session.get_one(Notice, notice_id, with_for_update=NO_KEY, populate_existing=True)


def pending_deliveries(session: Session, notice: Notice, person: Person, ways: Ways, now: datetime) -> list[Delivery]:
    """What is still to be sent of a notice; the rows are made at its first attempt."""
    known = deliveries_of(session, notice)
    if not known and notice.state == NoticeState.PENDING:
        known = [_add(session, notice, channel, now) for channel in ways.wished(person, notice.kind)]
    return [each for each in known if each.state == DeliveryState.PENDING]


@dataclass(frozen=True)
class Sending:
    """A notice on its way to somebody, on one channel."""

    notice: Notice
    delivery: Delivery
    ways: Ways


def record_sent(sending: Sending, now: datetime) -> None:
    """It was taken. A report that it arrived may have come before."""
    notice, delivery = sending.notice, sending.delivery
    if delivery.state != DeliveryState.DELIVERED:
        delivery.state, delivery.reason = DeliveryState.SENT, ""
    delivery.sent_at = delivery.sent_at or now
    if notice.state != NoticeState.SENT and sending.ways.is_sure(delivery):
        mark_notice_sent(notice, now)


def record_failed(session: Session, sending: Sending, reason: Reason, now: datetime) -> bool:
    """It will not arrive. True where the other channel is to be tried now; where there is none, the notice failed."""
    notice, delivery, ways = sending.notice, sending.delivery, sending.ways
    delivery.state, delivery.reason, delivery.ended_at = DeliveryState.FAILED, reason, now
    known = deliveries_of(session, notice)
    others = () if notice.kind in BY_LETTER else ways.sure
    untried = [channel for channel in others if channel not in {each.channel for each in known}]
    if untried:
        _add(session, notice, untried[0], now)
        return True
    if all(each.state == DeliveryState.FAILED for each in known if ways.is_sure(each)):
        notice.state = NoticeState.FAILED
        _try_later(session, notice, known, now)
    return False


def give_up_sending(session: Session, cipher: TextCipher, notice_id: int, *, has_gateway: bool, now: datetime) -> None:
    """Every attempt has failed. A text that only rested in its reader's night meanwhile is still to come."""
    notice = hold_notice(session, notice_id)
    person = session.get_one(Person, notice.person_id)
    ways = ways_to(session, cipher, person, has_gateway=has_gateway)
    pending = pending_deliveries(session, notice, person, ways, now)
    tried = [each for each in pending if each.attempts]
    if not tried and not _is_to_come(session, notice):
        tried = pending
    goes_on = [record_failed(session, Sending(notice, each, ways), Reason.AWAY, now) for each in tried]
    if any(goes_on) or len(tried) < len(pending):
        _send(session, notice, "other", now, now)


def _is_to_come(session: Session, notice: Notice) -> bool:
    """Whether another job will still see to what is pending."""
    waits = Job.state.in_((JobState.PENDING, JobState.SENT, JobState.RUNNING))
    query = select(Job.id).where(Job.kind == JobKind.NOTIFY, Job.subject_id == notice.id, waits).limit(1)
    return session.scalar(query) is not None


def report(
    session: Session, cipher: TextCipher, key: str, *, has_arrived: bool, has_gateway: bool, now: datetime
) -> bool:
    """What the gateway says later of a text; False where it never was ours. Saying it again changes nothing.

    An arrival is the last word, in whichever order the two come.
    """
    number = session.scalar(select(Delivery.notice_id).where(Delivery.key == key, Delivery.channel == Channel.SMS))
    if number is None:
        return False
    notice = hold_notice(session, number)
    delivery = next(each for each in deliveries_of(session, notice) if each.key == key)
    ways = ways_to(session, cipher, session.get_one(Person, notice.person_id), has_gateway=has_gateway)
    sending = Sending(notice, delivery, ways)
    if has_arrived:
        record_sent(sending, now)
        delivery.state, delivery.reason, delivery.ended_at = DeliveryState.DELIVERED, "", delivery.ended_at or now
    elif delivery.state in (DeliveryState.PENDING, DeliveryState.SENT):
        delivery.sent_at = delivery.sent_at or now
        if record_failed(session, sending, Reason.UNDELIVERED, now):
            _send(session, notice, "other", now, now)
    return True


def try_again(session: Session, notice: Notice) -> None:
    """A later round has begun: whatever was away is asked again, unless a person has told the reader meanwhile."""
    if notice.state != NoticeState.FAILED or notice.settled_at is not None:
        return
    for delivery in deliveries_of(session, notice):
        if delivery.state == DeliveryState.FAILED and delivery.reason == Reason.AWAY:
            delivery.state, delivery.rounds, delivery.ended_at = DeliveryState.PENDING, delivery.rounds + 1, None


def _try_later(session: Session, notice: Notice, known: Sequence[Delivery], now: datetime) -> None:
    away = [each.rounds for each in known if each.reason == Reason.AWAY]
    if away and min(away) < len(LATER):
        _send(session, notice, f"round{min(away) + 1}", now, now + LATER[min(away)])


def _add(session: Session, notice: Notice, channel: Channel, now: datetime) -> Delivery:
    delivery = Delivery(notice_id=notice.id, channel=channel, created_at=now, key=new_public_id())
    delivery.state, delivery.reason, delivery.attempts, delivery.rounds = DeliveryState.PENDING, "", 0, 0
    session.add(delivery)
    session.flush()
    return delivery


def _send(session: Session, notice: Notice, name: str, now: datetime, at: datetime) -> None:
    key = f"notice:{notice.id}:{name}"
    add_job(session, JobKind.NOTIFY, notice.id, lane=Lane.FAST, dedupe_key=key, now=now, run_after=at)

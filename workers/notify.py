"""The job NOTIFY: sends one notice of the outbox on each channel that its reader wished for.

The record of a sending exists once; the sending itself happens at least once. A crash between a server's yes and our
commit sends it again under the same Message-ID or key, by which mail programs and the gateway know it.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.desks import stands_in
from econsult.consults.hearing import may_hear
from econsult.jobs import Lease, finish_job, holds_lease, postpone_job
from econsult.notices import Notice, letter
from econsult.people.persons import Person
from econsult.queue.nights import rests_until, text_rests_until
from econsult.queue.quiet import quiet_of
from econsult.reach.deliveries import (
    Channel,
    Delivery,
    Reason,
    Sending,
    hold_notice,
    pending_deliveries,
    record_failed,
    record_sent,
    try_again,
    ways_to,
)
from econsult.reach.mobiles import stop_number
from econsult.reach.short import short_text
from workers.desk import Desk, LeaseLostError
from workers.runtime import Runtime
from workers.sending.gateway import GatewayBusyError, GatewayRefusedError, NumberStoppedError, Sms, send_sms
from workers.sending.mail import AddressRefusedError, Post, post


@dataclass(frozen=True)
class Parcel:
    """What goes out now on one channel."""

    delivery_id: int
    what: Post | Sms


@dataclass
class Round:
    """One attempt at a notice: what became of each parcel so far. A failure for good is a reason."""

    tried: dict[int, Reason | Exception | None] = field(default_factory=dict)
    unwritten: int | None = None

    @property
    def fault(self) -> Exception | None:
        """Why the job must be tried again."""
        return next((each for each in self.tried.values() if isinstance(each, Exception)), None)


def send_notice(desk: Desk, lease: Lease) -> None:
    """Send the notice and end the job. Raises what a server that is away raises, and LeaseLostError."""
    this = Round()
    while (parcel := _turn(desk, lease, this)) is not None:
        this.tried[parcel.delivery_id] = _carry(desk.runtime, parcel)
        this.unwritten = parcel.delivery_id
    if this.fault is not None:
        raise this.fault


def _carry(runtime: Runtime, parcel: Parcel) -> Reason | Exception | None:
    """Hand a parcel over. None where it was taken; an error where it may be tried again."""
    try:
        if isinstance(parcel.what, Post):
            post(runtime, parcel.what)
        else:
            send_sms(runtime.settings, parcel.what)
    except NumberStoppedError:
        return Reason.STOPPED
    except (AddressRefusedError, GatewayRefusedError):
        return Reason.REFUSED
    except (smtplib.SMTPException, GatewayBusyError, OSError) as away:
        return away
    return None


def _turn(desk: Desk, lease: Lease, this: Round) -> Parcel | None:
    """Write down what became of the last parcel, and find the next; None where this attempt is over."""
    with desk.runtime.database.writing() as session:
        if not holds_lease(session, lease):
            raise LeaseLostError
        notice = hold_notice(session, lease.subject_id)
        person = session.get_one(Person, notice.person_id)
        stage = _Stage(desk, session, notice, person)
        # Decided now: between a letter and its sending somebody may have been kept away.
        waits = stage.waiting(this) if may_hear(session, notice, person, desk.now()) else []
        for delivery, until in waits:
            if until is None and delivery.id not in this.tried:
                return stage.parcel(delivery)
        if this.fault is None:
            _end(desk, session, lease, [until for _delivery, until in waits if until is not None])
    return None


def _end(desk: Desk, session: Session, lease: Lease, resting: list[datetime]) -> None:
    if resting:
        is_ours = postpone_job(session, lease, "Its reader's night.", desk.now(), desk.policy, until=min(resting))
    else:
        is_ours = finish_job(session, lease, desk.now())
    if not is_ours:
        raise LeaseLostError


@dataclass(frozen=True)
class _Stage:
    """One look at a notice and its reader, in a transaction that holds both."""

    desk: Desk
    session: Session
    notice: Notice
    person: Person

    def waiting(self, this: Round) -> list[tuple[Delivery, datetime | None]]:
        """What is still to be sent, and until when it rests in its reader's night."""
        session, runtime, now = self.session, self.desk.runtime, self.desk.now()
        ways = ways_to(session, runtime.database.cipher, self.person, has_gateway=bool(runtime.settings.sms_url))
        if not this.tried:
            try_again(session, self.notice)
        quiet = quiet_of(runtime.settings)
        morning = rests_until(session, self.notice, self.person, quiet, now)
        night = morning or text_rests_until(session, self.notice, self.person, quiet, now)
        for delivery in pending_deliveries(session, self.notice, self.person, ways, now):
            sending = Sending(self.notice, delivery, ways)
            if delivery.id == this.unwritten:
                self._write(sending, this.tried[delivery.id])
            elif delivery.channel == Channel.SMS and ways.number is None:
                record_failed(session, sending, Reason.STOPPED, now)
        this.unwritten = None
        pending = pending_deliveries(session, self.notice, self.person, ways, now)
        return [(each, night if each.channel == Channel.SMS else morning) for each in pending]

    def _write(self, sending: Sending, outcome: Reason | Exception | None) -> None:
        now = self.desk.now()
        if outcome is None:
            record_sent(sending, now)
        elif isinstance(outcome, Reason):
            if outcome == Reason.STOPPED and sending.ways.number:
                stop_number(self.session, self.desk.runtime.database.cipher, sending.ways.number, now)
            record_failed(self.session, sending, outcome, now)

    def parcel(self, delivery: Delivery) -> Parcel:
        """What goes out, in the reader's language. That it was tried is known before it is, whatever happens then."""
        delivery.attempts += 1
        runtime, notice = self.desk.runtime, self.notice
        base, is_family = runtime.settings.base_url, not self.person.is_staff
        if delivery.channel == Channel.EMAIL:
            is_heir = stands_in(self.session, self.person, self.desk.now())
            subject, text = letter(notice, base, is_family=is_family, stands_in=is_heir)
            name = f"notice/{notice.id}"
            return Parcel(delivery.id, Post(name, self.person.email, subject, text, notice.created_at))
        number = ways_to(self.session, runtime.database.cipher, self.person, has_gateway=True).number or ""
        text = short_text(notice.kind, notice.language, base, is_family=is_family)
        return Parcel(delivery.id, Sms(delivery.key, number, text))

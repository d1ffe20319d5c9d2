"""What a doctor asked for and waits for, as a family reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from econsult.consults.clocks import ClockName, ClockState, held_clock, held_for, open_clocks
from econsult.consults.lifecycle import Status
from econsult.consults.policies import rules_of
from econsult.consults.records import Consult, Urgency
from web.context import now

OF_FAMILY = "needs_family"
"""Why a clock is held of which the family was asked for something."""


@dataclass(frozen=True)
class Wait:
    """What a doctor asked for and waits for: whether the family shall give it, and until when the time stands still.

    `until` is None once that has passed: nobody has to hurry any more, and it can be sent all the same.
    """

    is_for_family: bool
    until: datetime | None


def wait_of(session: Session, consult: Consult) -> Wait | None:
    """What the doctor waits for; None where nothing was asked for, or all of it came."""
    held = held_clock(session, consult, ClockName.FIRST_REPLY) if consult.status == Status.NEEDS_INFO else None
    if held is None:
        return None
    is_ahead = held.paused_until is not None and held.paused_until > now()
    return Wait(held.paused_reason == OF_FAMILY, held.paused_until if is_ahead else None)


def would_wait(session: Session, consult: Consult) -> datetime | None:
    """Until when the time would stand still if something were asked for now; None where it would run on."""
    for clock in open_clocks(session, consult.id, ClockName.FIRST_REPLY):
        left = rules_of(consult).pause - held_for(clock)
        if consult.urgency != Urgency.URGENT and clock.state == ClockState.RUNNING and left > timedelta():
            return now() + left
    return None

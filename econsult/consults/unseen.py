"""A promise that broke while no clock looked, and was answered: nobody was alarmed. It may turn out to be no answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.hearers import coordinators_of, desk_of, family_of
from econsult.consults.ledger import Clock, ClockEvent, ClockState
from econsult.consults.own_clinic import own_team
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult
from econsult.consults.steps import BROKEN
from econsult.notices import NoticeKind, notify
from econsult.people.persons import Role, team_of


def tell_unseen(session: Session, consult: Consult, since: datetime, now: datetime) -> None:
    """Whatever broke unseen and was written down by who ended it at `since` runs on: those hear who would have then.

    The step itself has its line, and no clock comes to it again. Each is told once, whoever tells.
    """
    wrote = (ClockEvent.name == Clock.name, ClockEvent.cycle == Clock.cycle, ClockEvent.at == since)
    lines = select(Clock).join(ClockEvent, ClockEvent.consult_id == Clock.consult_id)
    lines = lines.where(Clock.consult_id == consult.id, Clock.state != ClockState.STOPPED, *wrote)
    for clock in session.scalars(lines.where(ClockEvent.level == BROKEN).order_by(Clock.id)):
        _tell(session, consult, clock, now)


def _tell(session: Session, consult: Consult, clock: Clock, now: datetime) -> None:
    """The desk and the directors; of a first reply also its clinic and its family, as they were promised."""
    step = f"{clock.name}:{clock.cycle}"
    people = [*desk_of(session, consult.program_id, now), *coordinators_of(session, consult.program_id, Role.DIRECTOR)]
    if clock.name == ClockName.FIRST_REPLY:
        people += [*team_of(session, consult.organization_id), *own_team(session, consult)]
        for caregiver in family_of(session, consult, now):
            notify(session, caregiver, NoticeKind.LATE, consult_id=consult.id, about=step, now=now)
    for person in people:
        about = f"{step}:{BROKEN}"
        notify(session, person, NoticeKind.OVERDUE, consult_id=consult.id, about=about, now=now)

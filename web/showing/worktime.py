"""A clinician's own time on a consult, small and quiet at the edge of its page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from econsult.billing.entries import Activity, entries_of, is_measured, sums_of
from econsult.billing.siterules import rules_in
from econsult.billing.spans import seconds_of
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, Kind
from econsult.people.persons import Role
from web.context import database
from web.shell.auth import me


@dataclass(frozen=True)
class OwnTime:
    """Whole seconds so far; whether a timer may run now; what the work on this page is taken for first; how many
    seconds without a move pause it."""

    seconds: int
    is_measured: bool
    activity: str
    idle: int


def init_worktime(app: Flask) -> None:
    """Give templates `own_time(consult)`."""
    app.jinja_env.globals.update(own_time=own_time)


def own_time(consult: Consult) -> OwnTime | None:
    """The reader's own time on a consult that was loaded for them; None for whose work is never measured there."""
    if me().role not in (Role.SPECIALIST, Role.PCP) or consult.kind == Kind.FAMILY_QUESTION:
        return None
    with database().reading() as session:
        is_now = is_measured(session, consult.id, me())
        if not is_now and not entries_of(session, consult, me()):
            return None
        spent = seconds_of(sums_of(session, me().id, [consult.id]), consult.id)
        idle = rules_in(session).idle_minutes * 60
    return OwnTime(spent, is_now, _activity(consult), idle)


def _activity(consult: Consult) -> str:
    if me().role == Role.SPECIALIST:
        return Activity.REVIEW
    return Activity.PREP if consult.status == Status.DRAFT else Activity.COMMUNICATION

"""What the clock does by rows: each kind of work, and how to find its rows one by one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, TextClause, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from econsult.advice.asking import ask_how_it_went
from econsult.advice.late import tell_of_late_steps
from econsult.advice.visit_clock import look_at_visits
from econsult.birthdays import unseen_today, watch_ages
from econsult.consults.answers import release_due
from econsult.consults.attachments import GOING, Attachment
from econsult.consults.glass import BrokenGlass
from econsult.consults.holding import lapse_claims
from econsult.consults.lifecycle import Status
from econsult.consults.looking_back import remind
from econsult.consults.outcomes import OutcomePing
from econsult.consults.recommendations import Recommendation
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion
from econsult.consults.telephone import PhoneTask
from econsult.consults.visits import Visit
from econsult.consults.wishes import Wish
from econsult.erasure.carrying import WAITING, Tools, erase_due, sweep_again
from econsult.erasure.originals import due_among, let_originals_go, remove_again
from econsult.erasure.records import Erasure
from econsult.jobs import Job, JobState, reap_jobs
from econsult.picking import Pick
from econsult.queue.absence import away_now, unheard
from econsult.queue.asides import fire_sides, let_lie, return_sides
from econsult.queue.calling import fire_calls
from econsult.queue.clinics import watch_clinics, watched_clinics
from econsult.queue.cover import watch_absences, watch_cover
from econsult.queue.empty_desks import untold_desks, watch_desks
from econsult.queue.firing import fire
from econsult.queue.letting_go import close_names, held_by_barred, let_go_later, open_to_barred
from econsult.queue.named import end_wishes
from econsult.queue.quiet import Quiet
from econsult.queue.stops import call_again, uncalled_stops
from econsult.rosters.watching import CoverWatch
from workers.give_up import end_job
from workers.net import BATCH, MOST_ASIDE, Work
from workers.queue import job_policy
from workers.runtime import Runtime

log = logging.getLogger("workers.clock")

DEADLINES, CALLS = "deadlines", "telephone calls"
Numbers = Callable[[Session, datetime], Iterable[int]]


def deadlines(quiet: Quiet) -> Work:
    """The steps of the ladders."""

    def step(session: Session, now: datetime, pick: Pick) -> int:
        consults, breaches = fire(session, now, quiet, pick)
        if breaches:
            log.info("Deadlines that passed: %d.", breaches)
        return consults

    return Work(DEADLINES, _by(Consult.id, Consult.next_deadline_at), step)


def rounds(quiet: Quiet) -> tuple[Work, ...]:
    """What is looked after beside them: calls, cover, absences, and answers that open."""
    return (
        Work(CALLS, _by(PhoneTask.id, PhoneTask.next_at), fire_calls),
        Work(
            "the watch over cover",
            _watches,
            lambda session, now, pick: watch_cover(session, now, quiet=quiet, pick=pick),
        ),
        Work(
            "the watch over absences",
            lambda session, now: [row.id for row in unheard(session, away_now(session, now))],
            lambda session, now, pick: watch_absences(session, now, quiet, pick),
        ),
        Work(
            "the release of answers",
            _by(Consult.id, Consult.release_at),
            lambda session, now, pick: len(release_due(session, now, pick)),
        ),
        Work(
            "recommended steps that are late",
            _by(Recommendation.id, Recommendation.next_at),
            lambda session, now, pick: tell_of_late_steps(session, now, quiet, pick),
        ),
        Work(
            "asking how it went",
            _by(OutcomePing.id, OutcomePing.next_at),
            lambda session, now, pick: ask_how_it_went(session, now, quiet, pick),
        ),
        Work(
            "visits",
            _by(Visit.id, Visit.next_at),
            lambda session, now, pick: look_at_visits(session, now, quiet, pick),
        ),
        Work(
            "questions to second specialists",
            _by(SideQuestion.id, SideQuestion.next_at),
            lambda session, now, pick: fire_sides(session, now, quiet, pick),
        ),
        Work(
            "requests asked of somebody by name",
            _by(Wish.id, Wish.first_until),
            lambda session, now, pick: end_wishes(session, now, quiet, pick),
        ),
    )


def _watches(session: Session, _now: datetime) -> Iterable[int]:
    """Every watch; before them 0, which is none: that step only begins those that are missing, whatever then fails."""
    return [0, *session.scalars(select(CoverWatch.id).order_by(CoverWatch.id))]


def lapses() -> Work:
    """Claims whose holders fell silent."""
    return Work(
        "claims that lapsed",
        _by(Consult.id, Consult.claim_until, Consult.status == Status.CLAIMED),
        lambda session, now, pick: len(lapse_claims(session, now, pick)),
    )


def lost_jobs(runtime: Runtime) -> Work:
    """Jobs whose workers fell silent: the next attempt, or dead, which whoever waits for it is shown."""

    def step(session: Session, now: datetime, pick: Pick) -> int:
        lost = reap_jobs(session, now, job_policy(runtime), pick)
        for job in lost:
            log.warning("Job %d (%s) was lost in attempt %d; now %s.", job.id, job.kind, job.attempt, job.state)
            if job.state == JobState.DEAD:
                end_job(session, runtime, job.kind, job.subject_id, now)
        return len(lost)

    return Work("jobs that were lost", _by(Job.id, Job.lease_until, Job.state == JobState.RUNNING), step)


def sweeps(quiet: Quiet) -> tuple[Work, ...]:
    """What is looked after once a minute."""
    return (
        Work(
            "the watch over clinics",
            watched_clinics,
            lambda session, now, pick: watch_clinics(session, now, quiet, pick),
        ),
        Work("the watch over desks", untold_desks, watch_desks),
        Work(
            "families sent to emergency care",
            uncalled_stops,
            lambda session, now, pick: call_again(session, now, quiet, pick),
        ),
        Work("what is held by who may not", held_by_barred, let_go_later),
        Work("names that are open to who may not", open_to_barred, close_names),
        Work("questions that colleagues let lie", let_lie, return_sides),
        Work("reminders of openings by exception", _by(BrokenGlass.id, BrokenGlass.remind_at), remind),
        Work(
            "the watch over ages",
            lambda session, now: unseen_today(session, now, BATCH + MOST_ASIDE),
            lambda session, now, pick: watch_ages(session, now, quiet, pick),
        ),
        Work(
            "originals whose time is over",
            lambda session, now: due_among(session, now, BATCH + MOST_ASIDE),
            let_originals_go,
        ),
        Work("originals without a key", _by(Attachment.id, Attachment.original_gone_at, GOING), remove_again),
    )


def endings(tools: Tools) -> tuple[Work, ...]:
    """Records whose end was asked for, and what of them still rests in the store. The register may raise OSError."""
    return (
        Work(
            "records to be erased",
            _by(Erasure.id, Erasure.due_at, *WAITING),
            lambda session, now, pick: erase_due(session, tools, now, pick),
        ),
        Work("files of erased records", _by(Erasure.id, Erasure.done_at, Erasure.swept_at.is_(None)), sweep_again),
    )


def _by(
    number: InstrumentedAttribute[int], at: InstrumentedAttribute[Any], *more: ColumnElement[bool] | TextClause
) -> Numbers:
    """The rows of a table whose time has come."""

    def numbers(session: Session, now: datetime) -> Iterable[int]:
        return session.scalars(select(number).where(at <= now, *more).order_by(at, number).limit(BATCH + MOST_ASIDE))

    return numbers

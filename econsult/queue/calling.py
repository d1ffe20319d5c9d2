"""The tick over telephone tasks: whoever must call is told again, and louder, until somebody has called."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from econsult.bulk import insert_new
from econsult.consults.records import SEALED_STAY_SHUT, Consult
from econsult.consults.telephone import LATE_LEVEL, PhoneEvent, PhoneTask, callers, step_at
from econsult.notices import NoticeKind
from econsult.picking import ANY, Pick
from econsult.queue.climbing import climb
from econsult.queue.outbox import Telling, tell_all
from econsult.queue.quiet import Quiet


def oldest_call(session: Session, without: Collection[int] = ()) -> datetime | None:
    """The earliest step of a telephone task that has not been told yet, by index; not of these, which cannot be."""
    query = select(PhoneTask.next_at).where(PhoneTask.next_at.is_not(None))
    query = query.where(PhoneTask.id.not_in(without)) if without else query
    return session.scalars(query.order_by(PhoneTask.next_at).limit(1)).one_or_none()


def fire_calls(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Tell of every telephone task whose next step has come; returns how many. Nothing of it waits for a morning.

    Each step that was missed has its line; people hear of the last one.
    """
    # What somebody wrote down is not needed, and must not keep a call waiting.
    calls = select(PhoneTask).options(defer(PhoneTask.words))
    due = pick.due(session, calls, PhoneTask.next_at, PhoneTask.id, now)
    lines: list[dict[str, Any]] = []
    tellings: list[Telling] = []
    for task in due:
        own = {"program_id": task.program_id, "task_id": task.id}
        lines += [{**own, **line} for line in climb(task, step_at, LATE_LEVEL, now)]
        tellings += _tellings(session, task, now)
    if lines:
        insert_new(session, PhoneEvent, lines)
    session.flush()
    tell_all(session, tellings, Quiet(), now)
    return len(due)


def _tellings(session: Session, task: PhoneTask, now: datetime) -> list[Telling]:
    is_late = task.level >= LATE_LEVEL
    kind = NoticeKind.CALL_LATE if is_late else NoticeKind.CALL_NOW
    consult = session.get_one(Consult, task.consult_id, options=SEALED_STAY_SHUT)
    people = callers(session, consult, now, is_late=is_late)
    about = f"call:{task.id}:{task.level}"
    return [Telling(person, kind, task.consult_id, about, is_urgent=True) for person in people]

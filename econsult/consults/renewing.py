"""Our own steps of an answer in its correction: a visit to arrange, a new photo to send.

Whoever corrects finds them in the form among their own. One that was left as it was follows what comes next now: it
goes, or is due on another day. What was changed by hand is theirs; what is done already stays, as done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.added_steps import with_added, without_added
from econsult.consults.contents import Disposition
from econsult.consults.next_photo import PHOTO
from econsult.consults.recommendations import StepState, steps_of
from econsult.consults.records import Consult
from econsult.consults.versions import Answer

SAME_STEP = ("text", "owner", "kind", "due_at")
"""What makes a step of a correction the same as one before it."""
Entry = Mapping[str, Any]


def renewed(
    session: Session, consult: Consult, earlier: Answer, content: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """What is about to be signed in the place of `earlier`, with our own steps as it needs them now."""
    was = list(earlier.content.get("recommendations") or ())
    ours = [entry for entry in was if _is_ours(entry)]
    done = {step.position for step in steps_of(session, consult.id, earlier.version) if step.state == StepState.DONE}
    is_same_day = _photo_of(earlier.content) == _photo_of(content)
    kept = [
        entry
        for place, entry in enumerate(was)
        if entry in ours and (place in done or (is_same_day and entry.get("kind") == PHOTO))
    ]
    left = {same_as(entry) for entry in ours} - {same_as(entry) for entry in kept}
    plan = [entry for entry in content.get("recommendations") or () if same_as(entry) not in left]
    # Whoever took a correction back finds its draft without them.
    kinds = {entry.get("kind") for entry in plan}
    plan += [entry for entry in kept if entry.get("kind") not in kinds]
    return with_added(session, consult, {**content, "recommendations": plan}, now)


def same_as(entry: Entry) -> tuple[Any, ...]:
    """By what a step is known again in another version."""
    return tuple(entry.get(name) for name in SAME_STEP)


def _is_ours(entry: Entry) -> bool:
    plan = {"recommendations": [entry]}
    return not without_added(plan)["recommendations"]


def _photo_of(content: Mapping[str, Any]) -> tuple[bool, Any]:
    """Whether a new photo comes next, and in how many days."""
    return content.get("disposition") == Disposition.NEW_PHOTO, content.get("photo_days")

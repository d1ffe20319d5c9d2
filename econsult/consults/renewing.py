"""Our own steps of an answer in its correction: a visit to arrange, a new photo to send, tests, another specialty.

Whoever corrects finds them in the form among their own. One that was left as it was follows what comes next now: it
goes, or is due on another day. What was changed by hand is theirs; what is done already stays, as done, and stands for
nothing that comes next instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.added_steps import with_added
from econsult.consults.contents import Disposition
from econsult.consults.next_photo import PHOTO
from econsult.consults.own_steps import is_own
from econsult.consults.recommendations import StepState, steps_of
from econsult.consults.records import Consult
from econsult.consults.versions import Answer

SAME_STEP = ("text", "owner", "kind", "due_at")
"""What makes a step of a correction the same as one before it."""
SETTLED = (StepState.DONE, StepState.NOT_DONE, StepState.DECLINED)
"""Nobody has such a step to do any more, so that it stands for none that comes next instead."""
Entry = Mapping[str, Any]


def renewed(
    session: Session, consult: Consult, earlier: Answer, content: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """What is about to be signed in the place of `earlier`, with our own steps as it needs them now."""
    was, plan = list(earlier.content.get("recommendations") or ()), list(content.get("recommendations") or ())
    states = {step.position: step.state for step in steps_of(session, consult.id, earlier.version)}
    ours = {place for place, entry in enumerate(was) if is_ours(entry)}
    is_same_day = _photo_of(content)[0] and _photo_of(earlier.content) == _photo_of(content)
    kept = {
        place
        for place in ours
        if states.get(place) == StepState.DONE or (is_same_day and was[place].get("kind") == PHOTO)
    }
    again = said_again(was, plan)
    # Whoever took a correction back finds its draft without them; one that was changed by hand is there.
    changed = {entry.get("kind") for number, entry in enumerate(plan) if number not in again} - {None}
    missing = [place for place in sorted(kept - set(again.values())) if was[place].get("kind") not in changed]
    parts = [
        (entry, again.get(number)) for number, entry in enumerate(plan) if again.get(number) not in ours - kept
    ] + [(was[place], place) for place in missing]
    is_anew = is_other(earlier.content, content) or bool(ours - kept)
    stand = [entry for entry, place in parts if not (is_anew and place is not None and states.get(place) in SETTLED)]
    whole = with_added(session, consult, {**content, "recommendations": stand}, now)
    whole["recommendations"] = [*(entry for entry, _ in parts), *whole["recommendations"][len(stand) :]]
    return whole


def said_again(was: Sequence[Entry], now: Sequence[Entry]) -> dict[int, int]:
    """By the places of a correction's steps, the places of the same steps before it; each is taken over once."""
    left, found = dict(enumerate(map(same_as, was))), {}
    for number, entry in enumerate(now):
        place = next((place for place, words in left.items() if words == same_as(entry)), None)
        if place is not None:
            del left[place]
            found[number] = place
    return found


def is_other(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether something else comes next by the correction."""
    return was.get("disposition") != now.get("disposition")


def same_as(entry: Entry) -> tuple[Any, ...]:
    """By what a step is known again in another version."""
    return tuple(entry.get(name) for name in SAME_STEP)


def is_ours(entry: Entry) -> bool:
    """Whether a step has our own words."""
    return is_own(entry.get("text", ""))


def _photo_of(content: Mapping[str, Any]) -> tuple[bool, Any]:
    """Whether a new photo comes next, and in how many days."""
    return content.get("disposition") == Disposition.NEW_PHOTO, content.get("photo_days")

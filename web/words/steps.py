"""Recommended steps in words: how far they are, what they ask for, and what people can do with them."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from econsult.consults.own_steps import in_language
from econsult.consults.recommendations import StepState
from web.words.language import language
from web.words.times import reader_today

STATES = {
    StepState.PROPOSED: _l("Recommended"),
    StepState.ACCEPTED: _l("Accepted"),
    StepState.DECLINED: _l("Declined"),
    StepState.DONE: _l("Done"),
    StepState.NOT_DONE: _l("Not done"),
    StepState.REPLACED: _l("Replaced by a newer answer"),
}
LATE = _l("Overdue")
FAMILY = _l("Family")
KINDS = {
    "lab_test": _l("Lab test"),
    "imaging": _l("Imaging"),
    "new_medicine": _l("New medicine"),
    "medicine_change": _l("Change of medicine"),
    "visit": _l("Visit"),
    "photo": _l("New photo"),
}
VERBS = {
    "accept": _l("Accept"),
    "done": _l("Done"),
    "again": _l("Not done yet"),
    "not_done": _l("Will not be done"),
    "decline": _l("Decline"),
}
WITH_REASON = ("not_done", "decline")
"""These say why."""
FAMILYS = {"done": _l("I did this"), "not_done": _l("I cannot do this"), "again": _l("Not yet")}
"""What a family can say about a step of its own."""
TO_FAMILY = {
    StepState.DECLINED: _l("Your clinic says: do not do this. Ask your clinic why."),
    StepState.DONE: _l("You did this."),
    StepState.NOT_DONE: _l("You cannot do this. Tell your clinic if you need help."),
}
PHOTO_HERE = _l("Your new photo is here. We look at it first. Then your question goes on.")
OF_TEAM = {
    StepState.ACCEPTED: _l("Your clinic will see to it."),
    StepState.DECLINED: _l("Your clinic chose not to do this. Ask your clinic why."),
    StepState.DONE: _l("Done."),
    StepState.NOT_DONE: _l("This was not done. Ask your clinic why."),
}
DAYS = {
    1: _l("by tomorrow"),
    3: _l("in 3 days"),
    7: _l("in 1 week"),
    14: _l("in 2 weeks"),
    30: _l("in 1 month"),
    90: _l("in 3 months"),
}


def due_days() -> list[tuple[str, str]]:
    """The days by which a step may be due, as the form sends them and in words."""
    today = reader_today()
    return [((today + timedelta(days=count)).isoformat(), str(words)) for count, words in DAYS.items()]


def as_read(text: str) -> str:
    """A step in words: one that we wrote ourselves in the reader's language, any other as it was written."""
    return in_language(text, language())

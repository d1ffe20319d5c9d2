"""What to do at which age, in the words of coordinators; and what a right rests on."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from econsult.birthdays import UNKNOWN, AgeTask
from econsult.people.caregivers import Basis


@dataclass(frozen=True)
class ToDo:
    """A task in words: what it is, and the steps."""

    title: LazyString
    steps: tuple[LazyString, ...]


NO_DATE = ToDo(
    _l("The birth date is missing"),
    (_l("Ask the family or the clinic for the birth date. Until then no task comes at an age."),),
)
PRIVACY = ToDo(
    _l("Make room for private talk"),
    (
        _l("Tell the family that the young person may now talk with the clinic alone."),
        _l("Ask the young person how they want to be reached."),
        _l("Check with the clinic what the state lets a minor decide alone."),
    ),
)
SHARED = ToDo(
    _l("Let the young person take part"),
    (
        _l("Ask the clinic to speak with the young person about each question that is sent."),
        _l("Check what the state lets somebody of this age consent to."),
    ),
)
PLAN = ToDo(
    _l("Plan the way to adult care"),
    (
        _l("Ask the clinic for a plan: who cares for the young person later, and from when."),
        _l("Tell the family when its right to act here ends, and what can keep it."),
    ),
)
AHEAD = ToDo(
    _l("The right of a caregiver ends soon"),
    (
        _l("Call the family. Tell them on which day they can no longer see or ask here."),
        _l("Ask the young person whether somebody may go on, and write the answer down below."),
        _l("If a court appoints a guardian, write down where the paper is, from when and until when."),
    ),
)
GROWN = ToDo(
    _l("The young person is grown up"),
    (
        _l("Call the young person: from today the questions and answers are theirs."),
        _l("Tell them every answer that the family has not heard."),
        _l("Write down below whether somebody may go on for them."),
    ),
)
LEAVES = ToDo(
    _l("The young person leaves the program"),
    (
        _l("Make sure that no question is open, and close what is done."),
        _l("Hand over to adult care: the notes of the answers, and who is called from now on."),
    ),
)
BASES = {
    Basis.YOUTH: _l("The young person allows it"),
    Basis.GUARDIANSHIP: _l("A court made them guardian"),
}


def to_do(task: AgeTask, majority: int) -> ToDo:
    """What this task asks for; programs may choose other ages than ours."""
    if task.age == UNKNOWN:
        return NO_DATE
    if task.is_ahead:
        return AHEAD
    if task.age >= majority:
        return GROWN if task.age < max(21, majority + 1) else LEAVES
    return PRIVACY if task.age < 14 else SHARED if task.age < 16 else PLAN

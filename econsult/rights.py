"""What each relation to a consult may do with it: the table that `access` reads."""

from __future__ import annotations

from enum import StrEnum

from econsult.consults.records import Consult
from econsult.consults.stranded import is_stranded
from econsult.consults.threads import Audience


class Relation(StrEnum):
    """What somebody is to a consult."""

    CAREGIVER = "caregiver"
    MEDICAL_HOME = "medical_home"
    PRESENTER = "presenter"
    POOL = "pool"
    HOLDER = "holder"
    COORDINATOR = "coordinator"
    YOUTH = "youth"
    INVITED = "invited"
    ASKED = "asked"
    SECOND = "second"
    REPLIED = "replied"
    STAND_IN = "stand_in"
    FOR_DESK = "stands_in_for_desk"


class Right(StrEnum):
    """What somebody may do with a consult."""

    SEE = "see"
    SEE_MEDIA = "see_media"
    SEE_REPORT = "see_report"
    SEE_IDENTITY = "see_identity"
    BREAK_GLASS = "break_glass"
    READ_FAMILY = "read_family"
    READ_CLINICIANS = "read_clinicians"
    READ_COORDINATION = "read_coordination"
    WRITE_FAMILY = "write_family"
    WRITE_CLINICIANS = "write_clinicians"
    WRITE_COORDINATION = "write_coordination"
    UPLOAD = "upload"
    REQUEST = "request"
    HOLD = "hold"
    DECLINE = "decline"
    ANSWER = "answer"
    SEND_ON = "send_on"
    ASSIGN = "assign"
    GIVE = "give"
    CHANGE_URGENCY = "change_urgency"
    ACKNOWLEDGE = "acknowledge"
    INFORM = "inform"
    CLOSE = "close"
    REVIEW = "review"
    ADOPT = "adopt"
    WITHDRAW_CONSENT = "withdraw_consent"
    FOLLOW = "follow"
    SECOND = "second"
    KEEP_CONFIDENTIAL = "keep_confidential"
    OWN_TIME = "own_time"
    BE_ASKED = "be_asked"


# Anybody who is involved may make it more urgent.
_SEEING = {Right.SEE, Right.SEE_MEDIA, Right.CHANGE_URGENCY}
_FAMILY = {Right.READ_FAMILY, Right.WRITE_FAMILY}
_CLINICIANS = {Right.READ_CLINICIANS, Right.WRITE_CLINICIANS}
_COORDINATION = {Right.READ_COORDINATION, Right.WRITE_COORDINATION}
# What was done to a ready file is told to staff with the file.
_WORKING = _SEEING | {Right.SEE_REPORT}

_OWN = _SEEING | _FAMILY | {Right.SEE_IDENTITY, Right.UPLOAD, Right.INFORM, Right.WITHDRAW_CONSENT, Right.FOLLOW}

RIGHTS: dict[Relation, frozenset[Right]] = {
    Relation.CAREGIVER: frozenset(_OWN),
    # Of themselves, and of what no caregiver sees as well.
    Relation.YOUTH: frozenset(_OWN | {Right.KEEP_CONFIDENTIAL}),
    Relation.MEDICAL_HOME: frozenset(
        _WORKING
        | _FAMILY
        | _CLINICIANS
        | _COORDINATION
        | {Right.SEE_IDENTITY, Right.UPLOAD, Right.SEND_ON, Right.ACKNOWLEDGE, Right.INFORM, Right.CLOSE, Right.REVIEW}
        | {Right.ADOPT, Right.WITHDRAW_CONSENT, Right.FOLLOW, Right.KEEP_CONFIDENTIAL, Right.OWN_TIME}
    ),
    # Of the clinicians' lane what is asked of them, and their own words (`lanes`): neither the rest nor an answer.
    Relation.PRESENTER: frozenset(
        _WORKING | _FAMILY | {Right.SEE_IDENTITY, Right.UPLOAD, Right.REQUEST, Right.KEEP_CONFIDENTIAL, Right.BE_ASKED}
    ),
    # Whoever has not taken it learns no more than alias, age, sex and region: no name, by exception either.
    Relation.POOL: frozenset(_WORKING | {Right.HOLD, Right.DECLINE, Right.SECOND}),
    Relation.HOLDER: frozenset(
        _WORKING
        | _FAMILY
        | _CLINICIANS
        | {Right.HOLD, Right.DECLINE, Right.ANSWER, Right.BREAK_GLASS, Right.FOLLOW, Right.SECOND, Right.OWN_TIME}
    ),
    Relation.COORDINATOR: frozenset(
        {
            Right.SEE,
            Right.CHANGE_URGENCY,
            Right.SEE_IDENTITY,
            Right.READ_FAMILY,
            Right.WRITE_FAMILY,
            Right.INFORM,
            Right.CLOSE,
            Right.ASSIGN,
            Right.WITHDRAW_CONSENT,
            Right.FOLLOW,
        }
        | _COORDINATION
    ),
    # A second specialist reads no more than the question needs, and writes through the reply to it alone.
    Relation.ASKED: frozenset({Right.SEE, Right.SEE_MEDIA, Right.SEE_REPORT, Right.SECOND}),
    Relation.SECOND: frozenset(
        {Right.SEE, Right.SEE_MEDIA, Right.SEE_REPORT, Right.READ_CLINICIANS, Right.SECOND, Right.OWN_TIME}
    ),
    # After the reply the case is closed to them; how long they worked they may still put right, with a reason.
    Relation.REPLIED: frozenset({Right.OWN_TIME}),
    # Gives a request to somebody while the desk is empty, and learns no more of it than that it waits.
    Relation.STAND_IN: frozenset({Right.GIVE}),
    # Reaches a family that nobody of its clinic does while the desk is empty, and until that is done: no picture, and
    # of the messages the family's own.
    Relation.FOR_DESK: frozenset({Right.GIVE, Right.SEE, Right.SEE_IDENTITY, Right.INFORM} | _FAMILY),
    # Sends, and sees how far that is: no picture, no message, no answer.
    Relation.INVITED: frozenset({Right.SEE, Right.UPLOAD}),
}

_OF_STRANDED = {
    Relation.COORDINATOR: frozenset({Right.SEND_ON, Right.DECLINE}),
    **dict.fromkeys((Relation.STAND_IN, Relation.FOR_DESK), frozenset({Right.DECLINE})),
}

WAITS_FOR_ADOPTION = frozenset({Right.ANSWER, Right.SEND_ON})
"""What nobody does with a question that came by invitation before the clinic has taken it for the family's."""

SHUT = (None, Relation.STAND_IN)
"""To whom a consult does not open."""

OF_FAMILY = frozenset({Relation.CAREGIVER, Relation.YOUTH})
"""Who reads as a family does: what was signed and released, in the family's lane."""

OF_THE_LIVING = frozenset({Right.WRITE_FAMILY, Right.CHANGE_URGENCY})
"""What ends for a family with its child's death: nobody would answer it. Reading and saving stay, and taking back."""

READ_RIGHTS = {
    Audience.FAMILY: Right.READ_FAMILY,
    Audience.CLINICIANS: Right.READ_CLINICIANS,
    Audience.COORDINATION: Right.READ_COORDINATION,
}
WRITE_RIGHTS = {
    Audience.FAMILY: Right.WRITE_FAMILY,
    Audience.CLINICIANS: Right.WRITE_CLINICIANS,
    Audience.COORDINATION: Right.WRITE_COORDINATION,
}


def report_right(*, is_ready: bool) -> Right:
    """Who may read what was done to a file: of one that is not ready, whoever decides about it."""
    return Right.SEE_REPORT if is_ready else Right.REVIEW


def rights_of(relation: Relation, consult: Consult) -> frozenset[Right]:
    """What the relation may do with this very consult, whoever it is that has it.

    A family's question that nobody of its clinic can take the desk brings to somebody else, or to an end. Whoever
    stands in for the desk reads nothing of it by that alone, and so asks no specialist either.
    """
    return RIGHTS[relation] | (_OF_STRANDED.get(relation, frozenset()) if is_stranded(consult) else frozenset())

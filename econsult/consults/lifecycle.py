"""What can happen to a consult, as a table. A pair that is absent raises one named error."""

from __future__ import annotations

from enum import StrEnum

from econsult.errors import ImpossibleVerbError


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CLAIMED = "claimed"
    NEEDS_INFO = "needs_info"
    ANSWERED = "answered"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REDIRECTED = "redirected"


S = Status

LIFECYCLE: dict[tuple[Status, str], Status] = {
    (S.DRAFT, "edit"): S.DRAFT,
    (S.DRAFT, "submit"): S.SUBMITTED,
    (S.DRAFT, "withdraw"): S.WITHDRAWN,
    (S.SUBMITTED, "claim"): S.CLAIMED,
    (S.SUBMITTED, "assign"): S.CLAIMED,
    (S.SUBMITTED, "send_on"): S.SUBMITTED,
    (S.SUBMITTED, "reroute"): S.SUBMITTED,
    (S.SUBMITTED, "change_urgency"): S.SUBMITTED,
    (S.SUBMITTED, "decline"): S.DECLINED,
    (S.SUBMITTED, "withdraw"): S.WITHDRAWN,
    (S.CLAIMED, "release"): S.SUBMITTED,
    (S.CLAIMED, "take_over"): S.CLAIMED,
    (S.CLAIMED, "assign"): S.CLAIMED,
    (S.CLAIMED, "send_on"): S.SUBMITTED,
    (S.CLAIMED, "reroute"): S.SUBMITTED,
    (S.CLAIMED, "change_urgency"): S.CLAIMED,
    (S.CLAIMED, "request_info"): S.NEEDS_INFO,
    (S.CLAIMED, "draft_answer"): S.CLAIMED,
    (S.CLAIMED, "sign"): S.ANSWERED,
    (S.CLAIMED, "decline"): S.DECLINED,
    (S.CLAIMED, "withdraw"): S.WITHDRAWN,
    # Something that was forgotten joins what is asked for; the clock stands still no longer by that.
    (S.NEEDS_INFO, "request_more"): S.NEEDS_INFO,
    (S.NEEDS_INFO, "reply"): S.CLAIMED,
    (S.NEEDS_INFO, "resume"): S.CLAIMED,
    (S.NEEDS_INFO, "release"): S.SUBMITTED,
    (S.NEEDS_INFO, "take_over"): S.NEEDS_INFO,
    (S.NEEDS_INFO, "assign"): S.NEEDS_INFO,
    (S.NEEDS_INFO, "send_on"): S.SUBMITTED,
    (S.NEEDS_INFO, "reroute"): S.SUBMITTED,
    (S.NEEDS_INFO, "change_urgency"): S.NEEDS_INFO,
    (S.NEEDS_INFO, "draft_answer"): S.NEEDS_INFO,
    (S.NEEDS_INFO, "sign"): S.ANSWERED,
    (S.NEEDS_INFO, "withdraw"): S.WITHDRAWN,
    # The awaited photo that opened it again was none.
    (S.SUBMITTED, "lose_photo"): S.ANSWERED,
    (S.CLAIMED, "lose_photo"): S.ANSWERED,
    # What was opened to the family stays open to it, and may be heard, whatever becomes of the question afterwards.
    (S.SUBMITTED, "inform"): S.SUBMITTED,
    (S.CLAIMED, "inform"): S.CLAIMED,
    (S.NEEDS_INFO, "inform"): S.NEEDS_INFO,
    (S.WITHDRAWN, "inform"): S.WITHDRAWN,
    # What the clinic asks after the answer has somebody else to answer it, where whoever signed has left.
    (S.ANSWERED, "assign"): S.ANSWERED,
    (S.ANSWERED, "acknowledge"): S.ANSWERED,
    # A correction is to be told, also of what was closed.
    (S.ANSWERED, "correct"): S.ANSWERED,
    (S.CLOSED, "correct"): S.ANSWERED,
    (S.ANSWERED, "inform"): S.ANSWERED,
    (S.ANSWERED, "close"): S.CLOSED,
    (S.ANSWERED, "reopen"): S.SUBMITTED,
    # What the desk closed unread is still to be read by its clinic.
    (S.CLOSED, "acknowledge"): S.CLOSED,
    (S.CLOSED, "inform"): S.CLOSED,
    (S.CLOSED, "reopen"): S.SUBMITTED,
    # The family's question had ended because its child was marked as dead, by mistake.
    (S.WITHDRAWN, "bring_back"): S.SUBMITTED,
    (S.DECLINED, "inform"): S.DECLINED,
    (S.DECLINED, "reopen"): S.SUBMITTED,
}

OPEN = frozenset({S.SUBMITTED, S.CLAIMED, S.NEEDS_INFO})
ENDED = frozenset({S.CLOSED, S.DECLINED, S.WITHDRAWN, S.REDIRECTED})


def next_status(status: str, verb: str) -> Status:
    """The status after the verb. Raises ImpossibleVerbError where the table has no such pair."""
    try:
        return LIFECYCLE[Status(status), verb]
    except KeyError:
        raise ImpossibleVerbError(status, verb) from None

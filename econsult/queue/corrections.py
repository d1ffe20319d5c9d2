"""What must hold of corrections: one that was taken back is no draft of an answer, and corrects what it says.

Until a correction had a place of its own, taking its signature back left it among the drafts of answers, where the
next answer of its question fell into it. `mend_corrections` gives such a row the place that it should have.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from econsult.consults.correction_drafts import correction_of, keep_as_draft
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult, note
from econsult.consults.versions import Answer, signed_answer
from econsult.queue.rules import Rule, Rules
from econsult.trail import AuditEvent

LEFT_OVER = (Answer.signed_at.is_(None), Answer.corrects.is_not(None))


def corrections_broken(session: Session) -> Iterator[str]:
    """5. One line for each correction among the drafts, and for each version that is none or has lost its place."""
    return _RULES.broken(session)


def _rules() -> Iterator[Rule]:
    left = select(Answer.consult_id).where(*LEFT_OVER).distinct().order_by(Answer.consult_id)
    yield Rule(5, "a correction that was taken back is a draft of an answer (--repair mends it)", left)
    earlier, answer = aliased(Answer), aliased(Answer)
    pairs = (earlier.consult_id == answer.consult_id, earlier.signed_at.is_not(None), answer.signed_at.is_not(None))
    signed = select(answer.consult_id).join(earlier, pairs[0]).where(*pairs).distinct()
    later = signed.where(earlier.version < answer.version, earlier.signed_at > answer.signed_at)
    yield Rule(5, "a version that was signed later stands before another", later)
    opened_again = exists().where(
        AuditEvent.consult_id == answer.consult_id,
        AuditEvent.action == "reopen",
        AuditEvent.at > earlier.signed_at,
        AuditEvent.at < answer.signed_at,
    )
    unreal = signed.where(earlier.version == answer.corrects, opened_again)
    yield Rule(5, "the answer of a new cycle says that it corrects one of the cycle before", unreal)


_RULES = Rules(_rules)


def mend_corrections(session: Session, now: datetime) -> int:
    """Make each correction among the drafts what it is, the newest of a question; returns how many there were.

    Of a question that was opened again, or whose answer was corrected since, nobody can sign it any more.
    """
    found = list(session.scalars(select(Answer).where(*LEFT_OVER).order_by(Answer.id.desc())))
    for answer in found:
        consult, signed = session.get_one(Consult, answer.consult_id), signed_answer(session, answer.consult_id)
        is_over = consult.status not in (Status.ANSWERED, Status.CLOSED) or correction_of(session, consult.id)
        if is_over or signed is None or signed.version != answer.corrects:
            session.delete(answer)
        else:
            keep_as_draft(session, consult, answer, now=now)
        note(session, consult, "mend_correction", person_id=None, now=now)
        session.flush()
    return len(found)

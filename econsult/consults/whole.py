"""Whether a request holds all that it must before it goes, or says why not: for a new one and for one sent on alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from econsult.consults.asked import missing_fields, settle_answers
from econsult.consults.completeness import check_complete
from econsult.consults.details import LONGEST_TEXT
from econsult.consults.records import Consult, Kind
from econsult.consults.screening import CLINICIANS
from econsult.people.persons import Person
from econsult.seeing import seen_part

WHY = "lacking"
"""The field of a refusal where whoever saw the checklist gives no reason for what it does not answer."""


class Reasons(Protocol):
    """Why a request may go as it is; `econsult.consults.requests.SubmitForm` says what each is."""

    @property
    def override_reason(self) -> str: ...
    @property
    def lacking(self) -> str: ...
    @property
    def saw_checklist(self) -> bool: ...


def settle_whole(session: Session, consult: Consult, person: Person, given: Reasons, *, now: datetime) -> str | None:
    """Settle the answers; returns why it goes without something, which the specialist reads beside what is missing.

    Raises InvalidError listing what is missing. What was written without a visible letter is no reason.
    """
    settle_answers(session, consult)
    reason = seen_part(given.override_reason)[:LONGEST_TEXT] if person.role in CLINICIANS else ""
    missing = missing_fields(session, consult, now=now, saw_checklist=given.saw_checklist)
    why = reason or (seen_part(given.lacking)[:LONGEST_TEXT] if missing else "")
    # One sentence is asked for, and not each item again: they all stand on the page already.
    lacking = {WHY: "required"} if missing and given.saw_checklist else missing
    check_complete(session, consult, has_reason=bool(reason), lacking={} if why else lacking)
    return why or None


def as_sent_on(question: Consult, specialty: str, question_type: str, details: Mapping[str, Any]) -> Consult:
    """The request that a family's question would be, to look at before anybody presses: no session knows this copy.

    It is sent now, and not when the family asked: that is what an older request of the child is compared with.
    """
    kept = {column.key: getattr(question, column.key) for column in inspect(Consult).column_attrs}
    asked = {"specialty": specialty or None, "question_type": question_type or None, "details": dict(details)}
    return Consult(**{**kept, **asked, "kind": Kind.ECONSULT, "submitted_at": None})

"""The rounds of a consult: each signed answer with the request that led to it, and the one that is not answered yet.

A reopening after an answer begins the next round. Rounds are counted from 1; a correction of a signed answer is not a
round of its own, and nobody is paid for it twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from econsult.consults.answers import Answer
from econsult.consults.handover import ANEW, NEW_PHOTO, PHOTO_LOST, REOPEN, Handover
from econsult.consults.photo_came import WHY as PHOTO_CAME
from econsult.consults.records import Consult
from econsult.people.persons import FAMILIES, Person, Role

Begun = tuple[datetime, int]
"""When a round was begun, and by whom (person id; 0 where nobody knows, AS_BEFORE where nobody asked anew)."""
AS_BEFORE = -1
"""The family or a nurse sent the photo that the answer had asked for: the clinician's request before it still holds."""


@dataclass(frozen=True)
class Round:
    """One answer of a consult with what led to it: who asked (person id) and when, and when the clinic read it.

    `report` is empty while nobody has signed; `asked_at` before the request was sent. `is_as_before`: nobody asked anew
    for this one, so that asker and moment are those of the round before it.
    """

    version: int
    report: Answer | None
    asker_id: int
    asked_at: datetime | None
    read_at: datetime | None
    is_as_before: bool = False


@dataclass(frozen=True)
class Course:
    """What became of one consult: its signed answers, oldest first, and when each round but the first one began.

    `sent_on_at` is when a clinician made a family's question their own; `read` holds when a clinic read an answer.
    """

    reports: Sequence[Answer]
    begun: Sequence[Begun]
    sent_on_at: datetime | None = None
    read: Sequence[datetime] = ()

    def rounds(self, consult: Consult) -> list[Round]:
        """Its rounds, the newest first. What a clinic answered while a family's question was its own is none."""
        count = max(len(self.reports), len(self.begun) + 1)
        return [self._round(consult, place) for place in reversed(range(count)) if self._is_asked(place)]

    def _is_asked(self, place: int) -> bool:
        report = self._report(place)
        return report is None or self.sent_on_at is None or _signed(report) >= self.sent_on_at

    def _round(self, consult: Consult, place: int) -> Round:
        report = self._report(place)
        if place == 0 or (self.sent_on_at is not None and self.sent_on_at >= self.begun[place - 1][0]):
            asker, asked_at = consult.sent_on_by_id or consult.requester_id, self.sent_on_at or consult.submitted_at
        elif self.begun[place - 1][1] == AS_BEFORE:
            before = self._round(consult, place - 1)
            return replace(
                before, version=place + 1, report=report, read_at=self._read_at(place, report), is_as_before=True
            )
        else:
            asked_at, asker = self.begun[place - 1]
        return Round(place + 1, report, asker, asked_at, self._read_at(place, report))

    def _report(self, place: int) -> Answer | None:
        return self.reports[place] if place < len(self.reports) else None

    def _read_at(self, place: int, report: Answer | None) -> datetime | None:
        if report is None:
            return None
        end = self.begun[place][0] if place < len(self.begun) else None
        return next((at for at in self.read if at >= _signed(report) and (end is None or at < end)), None)


def begun_by(signed: Iterable[datetime], reopened: Sequence[Begun]) -> list[Begun]:
    """What began each round after the first one: of `reopened`, oldest first, the first one after each signature.

    A question that was declined and asked again is still in the same round.
    """
    found: list[Begun] = []
    place = 0
    moments = list(signed)
    for each, at in enumerate(moments):
        place = next((n for n in range(place, len(reopened)) if reopened[n][0] >= at), len(reopened))
        if place < len(reopened):
            found.append(reopened[place])
            place += 1
        elif each + 1 < len(moments):
            found.append((at, 0))
    return found


def version_at(begun: Sequence[Begun], at: datetime) -> int:
    """In which round a moment is: work belongs to the round in which it began."""
    return bisect_right([when for when, _who in begun], at) + 1


def begun_in(session: Session, which: ColumnElement[bool]) -> dict[int, list[Begun]]:
    """What began the later rounds of the consults `which` is true of, by their ids; three statements for any number."""
    signed: dict[int, list[datetime]] = {}
    answers = select(Answer.consult_id, Answer.signed_at).join(Consult, Consult.id == Answer.consult_id).where(which)
    is_report = (Answer.signed_at.is_not(None), Answer.corrects.is_(None))
    for number, at in session.execute(answers.where(*is_report).order_by(Answer.version)):
        if at is not None:
            signed.setdefault(number, []).append(at)
    reopened: dict[int, list[Begun]] = {}
    columns = (Handover.consult_id, Handover.at, Handover.by_id, Handover.verb, Person.role, Handover.id)
    query = select(*columns).join(Consult, Consult.id == Handover.consult_id)
    query = query.join(Person, Person.id == Handover.by_id, isouter=True)
    asked = query.where(which, Handover.verb.in_((*ANEW, PHOTO_LOST))).order_by(Handover.id)
    rows = session.execute(asked).all()
    by_photo = _by_photo(session, [row.id for row in rows if row.verb == REOPEN and row.role == Role.TELEPRESENTER])
    for number, at, who, how, role, line in rows:
        if how == PHOTO_LOST:
            # That photo was none: nothing began with it.
            reopened[number].pop()
            continue
        is_photo = how == NEW_PHOTO or role in FAMILIES or line in by_photo
        # A clinician who sends the photo asks with it.
        begun = AS_BEFORE if is_photo and role != Role.PCP else who or 0
        reopened.setdefault(number, []).append((at, begun))
    return {number: begun_by(moments, reopened.get(number, [])) for number, moments in signed.items()}


def _by_photo(session: Session, lines: Sequence[int]) -> set[int]:
    """Those of these reopenings that a photo made before such ones had a name of their own: their reason says it.

    A family's need no look: it opens nothing by its wish. A nurse may.
    """
    if not lines:
        return set()
    reasons = session.execute(select(Handover.id, Handover.reason).where(Handover.id.in_(lines)))
    return {line for line, reason in reasons if reason == PHOTO_CAME}


def _signed(report: Answer) -> datetime:
    if report.signed_at is None:
        raise ValueError("A report is a signed answer.")
    return report.signed_at

"""The visits of a clinic or a program: which need somebody, which are to be arranged, which are ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, exists, or_, select
from sqlalchemy.orm import Session

from econsult.access import patients_on
from econsult.advice.following import Followed, with_words
from econsult.advice.lists import answers_of
from econsult.advice.visiting import is_open_to_family
from econsult.consults.conversion import VISIT
from econsult.consults.recommendations import TO_DO, Recommendation
from econsult.consults.records import Consult
from econsult.consults.visits import CURRENT, Reply, Visit, VisitState
from econsult.errors import ForbiddenError
from econsult.people.caregivers import caregivers_of
from econsult.people.deaths import died_among, the_dead
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role

SHOWN = 200
PLACES = 20
STAFFS = ("pcp", "specialist", "coordinator")
GROUPS = ("needs", "arrange", "coming", "listed")


@dataclass(frozen=True)
class Entry:
    """One line of a list.

    `why` says what somebody must do: died, withdrawn, changed, list, past, cannot, ride, call, alone or unread; empty
    for nothing.
    """

    followed: Followed
    consult: Consult
    patient: Patient
    visit: Visit | None = None
    why: str = ""


def visit_lists(session: Session, person: Person, now: datetime) -> dict[str, list[Entry]]:
    """Of GROUPS each with its lines: what needs somebody, steps without a visit, and what is ahead, the soonest first.

    A clinic's are those of its own requests, the desk's those of the program. Raises ForbiddenError for others.
    """
    scope = _scope(person)
    # Each has a limit of its own: a long waiting list must not hide what is booked.
    rows: list[tuple[Recommendation, Consult, Visit | None]] = [
        (step, consult, visit)
        for state in CURRENT
        for step, consult, visit in session.execute(_current(scope, state).limit(SHOWN))
    ]
    rows += [(step, consult, None) for step, consult in session.execute(_to_arrange(scope).limit(SHOWN))]
    children = patients_on(session, person, [consult for _, consult, _ in rows], now=now)
    dead = died_among(session, set(children))
    steps = [step for step, _, _ in rows]
    words = with_words(session, steps, answers_of(session, steps))
    heard = _Heard(session, now)
    found: dict[str, list[Entry]] = {name: [] for name in GROUPS}
    for followed, (_, consult, visit) in zip(words, rows, strict=True):
        child = children[consult.patient_id]
        why = _why(followed.step, consult, visit, now, is_dead=child.id in dead) if visit else ""
        if visit is not None and not why:
            why = heard.why(consult, visit)
        group = "needs" if why else _group(visit)
        found[group].append(Entry(followed, consult, child, visit, why))
    found["coming"].sort(key=lambda each: each.visit.starts_at if each.visit and each.visit.starts_at else now)
    return found


def is_full(found: Mapping[str, Sequence[Entry]]) -> bool:
    """Whether there may be more than these lists show."""
    needs, arrange, coming, listed = (len(found[name]) for name in GROUPS)
    return max(arrange, needs + coming, needs + listed) >= SHOWN


def places_known(session: Session, person: Person) -> list[tuple[str, str]]:
    """Where visits that this reader knows of were booked lately, with the telephone numbers: nobody types them again.

    What somebody wrote there of another clinic's child is nothing for this one.
    """
    query = (
        select(Visit)
        .join(Consult, Consult.id == Visit.consult_id)
        .where(*_scope(person))
        .order_by(Visit.id.desc())
        .limit(PLACES)
    )
    return list(dict.fromkeys((each.place, each.phone or "") for each in session.scalars(query) if each.place))


def _scope(person: Person) -> list[ColumnElement[bool]]:
    """Of a clinic what it asked and answers, and what concerns its own children; never of a record that is erased."""
    kept = [Consult.program_id == person.program_id]
    kept.append(Consult.patient_id.not_in(select(Patient.id).where(Patient.erased_at.is_not(None))))
    if person.role == Role.PCP and person.organization_id is not None:
        own = select(Patient.id).where(Patient.organization_id == person.organization_id)
        return [*kept, or_(Consult.organization_id == person.organization_id, Consult.patient_id.in_(own))]
    if person.role == Role.COORDINATOR:
        return kept
    raise ForbiddenError("The clinic and the desk keep the visits.")


def _current(scope: Sequence[ColumnElement[bool]], state: VisitState) -> Select[Recommendation, Consult, Visit]:
    """What is booked, or on a waiting list: first what a family needs of it, then the soonest, or the oldest."""
    is_asked = case((Visit.reply.in_((Reply.CANNOT, Reply.RIDE)), 0), else_=1)
    return (
        select(Recommendation, Consult, Visit)
        .join(Visit, Visit.recommendation_id == Recommendation.id)
        .join(Consult, Consult.id == Recommendation.consult_id)
        .where(Visit.state == state, *scope)
        .order_by(is_asked, Visit.starts_at, Visit.id)
    )


def _to_arrange(scope: Sequence[ColumnElement[bool]]) -> Select[Recommendation, Consult]:
    """The steps of the staff that lead to a visit of which nobody has booked any."""
    is_booked = exists().where(Visit.recommendation_id == Recommendation.id, Visit.state.in_(CURRENT))
    return (
        select(Recommendation, Consult)
        .join(Consult, Consult.id == Recommendation.consult_id)
        .where(
            Recommendation.state.in_(TO_DO),
            Recommendation.kind == VISIT,
            Recommendation.owner.in_(STAFFS),
            ~is_booked,
            Consult.consent_withdrawn_at.is_(None),
            Consult.patient_id.not_in(the_dead()),
            *scope,
        )
        .order_by(Recommendation.due_at, Recommendation.id)
    )


def _why(step: Recommendation, consult: Consult, visit: Visit, now: datetime, *, is_dead: bool) -> str:
    """What somebody must do about a visit; empty where it only waits for its day."""
    reasons = {
        "died": is_dead,
        "withdrawn": consult.consent_withdrawn_at is not None,
        "changed": step.state not in TO_DO,
        "list": visit.state == VisitState.LISTED and visit.asked_at is not None,
        "past": visit.is_over(now),
        "cannot": visit.reply == Reply.CANNOT,
        "ride": visit.reply == Reply.RIDE,
    }
    return next((name for name, holds in reasons.items() if holds), "")


@dataclass
class _Heard:
    """Whether those whom a visit concerns can read of it here; else somebody tells them, and writes down what they
    say. Each child is looked up once.
    """

    session: Session
    now: datetime
    known: dict[tuple[int, bool], bool] = field(default_factory=dict)

    def why(self, consult: Consult, visit: Visit) -> str:
        """Empty where they can, or have said whether they come."""
        if visit.state != VisitState.BOOKED or visit.reply is not None:
            return ""
        # What is not open yet may open in time: it is told by telephone once the day is near.
        is_late = visit.reminded_at is not None and not is_open_to_family(self.session, visit)
        if self._has_account(consult) and not is_late:
            return ""
        if consult.is_confidential:
            return "alone"
        return "unread" if is_late and self._has_account(consult) else "call"

    def _has_account(self, consult: Consult) -> bool:
        key = consult.patient_id, consult.is_confidential
        if key not in self.known:
            found = caregivers_of(self.session, key[0], self.now, only_self=key[1])
            self.known[key] = bool(found)
        return self.known[key]


def _group(visit: Visit | None) -> str:
    if visit is None:
        return "arrange"
    return "listed" if visit.state == VisitState.LISTED else "coming"

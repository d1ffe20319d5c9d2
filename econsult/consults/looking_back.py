"""Looking back at an opening by exception: a privacy officer says whether it was right, and is reminded until then."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from econsult.consults.glass import BrokenGlass
from econsult.consults.overseers import tell_officers
from econsult.consults.records import Consult, note
from econsult.database import NO_KEY
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.notices import NoticeKind
from econsult.people.persons import Person, Role
from econsult.picking import ANY, Pick

AGAIN = timedelta(hours=24)
OUTCOMES = ("right", "wrong")
LONGEST_NOTE = 2000
SHOWN = 50


def openings_for(session: Session, officer: Person) -> list[tuple[BrokenGlass, Consult, Person]]:
    """The openings in an officer's program: what waits for a review first, then the newest. Raises ForbiddenError."""
    if officer.role != Role.PRIVACY:
        raise ForbiddenError("Only the privacy officer reads why a name was opened.")
    query = (
        select(BrokenGlass, Consult, Person)
        .join(Consult, Consult.id == BrokenGlass.consult_id)
        .join(Person, Person.id == BrokenGlass.person_id)
        .where(Consult.program_id == officer.program_id)
        .order_by(BrokenGlass.reviewed_at.is_not(None), BrokenGlass.id.desc())
        .limit(SHOWN)
    )
    return [(opened, consult, person) for opened, consult, person in session.execute(query)]


def unreviewed(session: Session, officer: Person) -> int:
    """How many openings wait for a review."""
    query = select(func.count(BrokenGlass.id)).join(Consult, Consult.id == BrokenGlass.consult_id)
    query = query.where(Consult.program_id == officer.program_id, BrokenGlass.reviewed_at.is_(None))
    return session.scalars(query).one()


def review(session: Session, officer: Person, number: int, *, outcome: str, words: str, now: datetime) -> BrokenGlass:
    """Say whether the opening was right. Raises NotFoundError, InvalidError, and ImpossibleVerbError a second time.

    What was wrong needs words: somebody has to act on it.
    """
    if officer.role != Role.PRIVACY:
        raise ForbiddenError("Only the privacy officer reviews an opening.")
    opened = session.get(BrokenGlass, number, with_for_update=NO_KEY)
    consult = session.get(Consult, opened.consult_id) if opened is not None else None
    if opened is None or consult is None or consult.program_id != officer.program_id:
        raise NotFoundError
    if opened.reviewed_at is not None:
        raise ImpossibleVerbError("reviewed", "be reviewed")
    _check(outcome, words)
    opened.reviewed_at, opened.reviewed_by_id, opened.remind_at = now, officer.id, None
    opened.outcome, opened.review_note = outcome, words.strip() or None
    note(session, consult, "review_exception", person_id=officer.id, now=now, detail=outcome)
    session.flush()
    return opened


def remind(session: Session, now: datetime, pick: Pick = ANY) -> int:
    """Tell the officers of each opening that nobody has reviewed in time, once a day; returns how many there were.

    Where a program has no officer any more, its directors hear that it needs one.
    """
    query = select(BrokenGlass).where(BrokenGlass.remind_at <= now).order_by(BrokenGlass.remind_at).limit(pick.most)
    query = pick.narrow(query, BrokenGlass.id)
    # Nobody's words are needed, and some that do not open must not silence the others.
    query = query.options(defer(BrokenGlass.reason), defer(BrokenGlass.review_note))
    late = session.scalars(query.with_for_update(skip_locked=True)).all()
    for opened in late:
        program_id = session.scalars(select(Consult.program_id).where(Consult.id == opened.consult_id)).one()
        tell_officers(session, program_id, NoticeKind.REVIEW_DUE, f"glass:{opened.id}:{now:%Y%m%d%H%M}", now=now)
        opened.remind_at = now + AGAIN
    return len(late)


def _check(outcome: str, words: str) -> None:
    wrong: dict[str, str] = {}
    if outcome not in OUTCOMES:
        wrong["outcome"] = "unknown_value"
    if len(words.strip()) > LONGEST_NOTE:
        wrong["note"] = "too_long"
    if outcome == "wrong" and not words.strip():
        wrong["note"] = "required"
    if wrong:
        raise InvalidError("Say whether it was right; if it was not, say what follows.", wrong)

"""The demo clinic: made-up people and stories, told through the real verbs; drawn files through the real door."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, AttachmentState
from econsult.consults.lifecycle import Status
from econsult.consults.records import Consult
from econsult.errors import SettingError
from econsult.people.madeup import DOMAIN, holds_made_up
from econsult.people.persons import Person, person_by_email
from econsult.people.signin import make_link
from econsult.settings import Settings
from econsult.values import LOOPBACK
from workers.demo.answered import ANSWERED
from workers.demo.case import Case
from workers.demo.cast import add_cast
from workers.demo.drawing import send_files
from workers.demo.organs import OPEN_CASES
from workers.demo.people import PERSONAS
from workers.demo.skin import SKIN
from workers.demo.telling import LATER, Stage, pass_time, settle, tell, tell_later, told
from workers.runtime import Runtime

CASES: tuple[Case, ...] = (*SKIN, *OPEN_CASES, *ANSWERED)
LINKS_LIVE = timedelta(hours=24)


def check_place(settings: Settings, host: str) -> None:
    """Raise SettingError where a demo, whose people anybody may become, could be reached from outside."""
    if settings.is_https:
        raise SettingError("--demo is for a machine of one's own: it is refused where ECONSULT_BASE_URL is https.")
    if host not in LOOPBACK:
        raise SettingError("--demo is for a machine of one's own: it listens on loopback addresses only.")


def check_records(runtime: Runtime) -> None:
    """Raise SettingError where the database holds people who are not made up."""
    with runtime.database.reading() as session:
        has_people = bool(session.scalars(select(func.count(Person.id))).one())
        is_ours = holds_made_up(session, runtime.database.cipher)
    if has_people and not is_ours:
        raise SettingError("--demo is refused: this database holds a real program. Choose another folder: --data.")


def seed(runtime: Runtime, now: datetime) -> None:
    """Add the people and tell the stories that are not there yet; a second start finds everything and adds nothing."""
    with runtime.database.writing() as session:
        people, children = add_cast(runtime, session, now)
        known = told(session)
    stage = Stage(runtime, people, children, now)
    untold = [case for case in CASES if case.key not in known]
    for case in untold:
        tell(stage, case)
    if untold:
        with runtime.database.writing() as session:
            pass_time(session, now)
            settle(session, now)


def send_media(runtime: Runtime, now: datetime) -> int:
    """Draw and send the files that the stories still lack; returns how many."""
    with runtime.database.writing() as session:
        people, _children = add_cast(runtime, session, now)
        known = told(session)
    waiting = [case for case in CASES if case.key in known and not case.needs_files_at_once]
    return sum(send_files(runtime, case, known[case.key], people[case.by], now) for case in waiting)


def lacks_media(runtime: Runtime) -> bool:
    """Whether `send_media` has anything to do."""
    wanted = sum(len(case.media) for case in CASES)
    with runtime.database.reading() as session:
        ours = select(Consult.id).where(Consult.public_id.in_(told(session).values()))
        return session.scalars(select(func.count(Attachment.id)).where(Attachment.consult_id.in_(ours))).one() < wanted


def is_unfinished(runtime: Runtime) -> bool:
    """Whether files are to be drawn, or a story is to go on once its files are ready."""
    return lacks_media(runtime) or bool(_later(runtime))


def go_on(runtime: Runtime, now: datetime) -> bool:
    """Go on with each story whose files are ready now; whether another one still waits for its own."""
    waiting = False
    for case, number in _later(runtime):
        with runtime.database.writing() as session:
            people, children = add_cast(runtime, session, now)
            states = list(session.scalars(select(Attachment.state).where(Attachment.consult_id == number)))
            is_open = session.get_one(Consult, number).status == Status.CLAIMED
        is_ready = len(states) == len(case.media) and set(states) == {AttachmentState.READY}
        # Whoever tries the demo out may have gone on with it in their own way.
        if is_ready and is_open:
            tell_later(Stage(runtime, people, children, now), case, number)
        waiting = waiting or (is_open and not is_ready)
    return waiting


def _later(runtime: Runtime) -> list[tuple[Case, int]]:
    """The stories that are to go on, each with the id of its consult."""
    with runtime.database.reading() as session:
        known = told(session)
        going_on = [case for case in CASES if case.later and case.key in known and f"{case.key}{LATER}" not in known]
        query = select(Consult.public_id, Consult.id).where(Consult.public_id.in_(known[each.key] for each in going_on))
        numbers = {row.public_id: row.id for row in session.execute(query)}
    return [(case, numbers[known[case.key]]) for case in going_on]


def sign_in_links(runtime: Runtime, now: datetime) -> list[tuple[str, str]]:
    """A fresh one-time token for each persona, with the address it belongs to."""
    with runtime.database.writing() as session:
        people = ((key, _person(runtime, session, key)) for key in PERSONAS)
        return [
            (f"{key}@{DOMAIN}", make_link(session, person, now, lives=LINKS_LIVE)) for key, person in people if person
        ]


def _person(runtime: Runtime, session: Session, key: str) -> Person | None:
    return person_by_email(session, runtime.database.cipher, f"{key}@{DOMAIN}")

"""How somebody is reached, as pages show it: the number for text messages and where its confirmation stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.people.persons import Person
from econsult.queue.quiet import own_hours
from econsult.reach.mobiles import is_code_live, is_stopped, mobile_of
from econsult.reach.numbers import readable
from web.context import database, now, settings

HOURS = tuple(range(24))


@dataclass(frozen=True)
class Contact:
    """What a form about somebody's messages needs. `state` is none, waiting, over, refused, confirmed or stopped."""

    state: str
    number: str
    until: datetime | None
    channel: str
    quiet: tuple[int, int] | None
    program_quiet: tuple[int, int]

    @property
    def is_texting(self) -> bool:
        return is_texting()

    @property
    def is_filed(self) -> bool:
        return not settings().sms_url


def is_texting() -> bool:
    """Whether the program sends text messages at all; in the demo they are files."""
    return bool(settings().sms_url) or settings().is_demo


def contact_of(session: Session, person: Person) -> Contact:
    """How this person is reached now."""
    person = session.get_one(Person, person.id)
    mobile = mobile_of(session, person)
    return Contact(
        state=_state(session, person),
        number=readable(mobile.number) if mobile else "",
        until=mobile.code_expires_at if mobile else None,
        channel=person.channel,
        quiet=own_hours(person),
        program_quiet=settings().quiet_hours,
    )


def _state(session: Session, person: Person) -> str:
    mobile = mobile_of(session, person)
    if mobile is None:
        return "none"
    if is_stopped(session, database().cipher, mobile.number):
        return "stopped"
    if mobile.confirmed_at is not None:
        return "confirmed"
    if mobile.is_refused:
        return "refused"
    return "waiting" if is_code_live(mobile, now()) else "over"

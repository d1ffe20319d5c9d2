"""How somebody wishes to be told: by which channel, and between which hours not at all."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from econsult import audit
from econsult.errors import InvalidError
from econsult.people.persons import Person


class Wish(StrEnum):
    """What `Person.channel` holds."""

    EMAIL = "email"
    SMS = "sms"
    BOTH = "both"


def wish_for(session: Session, person: Person, channel: str, quiet: tuple[int, int] | None, now: datetime) -> None:
    """Keep it. `quiet` are the hours in which quiet begins and ends; None for those of the program.

    Raises InvalidError for an unknown channel or hours that are none.
    """
    wrong: dict[str, str] = {}
    if channel not in list(Wish):
        wrong["channel"] = "unknown_value"
    if quiet is not None and not all(0 <= hour <= 23 for hour in quiet):
        wrong["quiet"] = "invalid"
    if wrong:
        raise InvalidError("Please check the channel and the hours.", wrong)
    row = session.get_one(Person, person.id)
    row.channel, row.quiet_hours = channel, "" if quiet is None else f"{quiet[0]}-{quiet[1]}"
    detail = f"channel/{channel}/{row.quiet_hours}"
    audit.record(session, "edit", "person", person.public_id, now=now, person_id=person.id, detail=detail)

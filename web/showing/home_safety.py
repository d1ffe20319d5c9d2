"""Whether a child's home is not safe, for those of the staff who speak with that home."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econsult.people.persons import Role
from econsult.stops import unsafe_since
from web.shell.auth import me
from web.words.language import choose_zone
from web.words.times import written


def unsafe_home(session: Session, patient_id: int) -> str:
    """When the clinic and the desk were last told that this child's home is not safe; empty for others, or if never."""
    since = unsafe_since(session, patient_id) if me().role in (Role.PCP, Role.COORDINATOR) else None
    return written(since, zone=choose_zone()) if since else ""

"""Whether a child's home is not safe, for those of the staff who speak with that home."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from econsult.people.persons import Role
from econsult.stops import unsafe_home
from web.shell.auth import me
from web.words.language import choose_zone
from web.words.times import written

WARNED = (Role.PCP, Role.COORDINATOR, Role.TELEPRESENTER)
KNOW_WAYS = (Role.PCP, Role.COORDINATOR)


@dataclass(frozen=True)
class HomeShown:
    """When it was told, in words; the safe ways that were given, for the clinic and the desk alone."""

    since: str
    safe_ways: tuple[str, ...]
    knows_ways: bool
    is_hint: bool


def home_shown(session: Session, patient_id: int) -> HomeShown | None:
    """What the signed-in person reads of a child's home; None for others, or where nothing was told."""
    told = unsafe_home(session, patient_id) if me().role in WARNED else None
    if told is None:
        return None
    knows = me().role in KNOW_WAYS
    return HomeShown(written(told.at, zone=choose_zone()), told.safe_ways if knows else (), knows, told.is_hint)

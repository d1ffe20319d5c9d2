"""Whether a child's home is not safe, as programs read it that call or write to families."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from econsult.home_safety import KNOW_WAYS, READERS
from econsult.stops import unsafe_home
from web.api.stamps import stamp
from web.shell.auth import me


def home_json(session: Session, patient_id: int) -> dict[str, Any]:
    """The field `home_not_safe` for those of the staff who speak with that home, null where nothing was told; for all
    others no field at all, so that nothing of it stands before whoever looks over a family's shoulder."""
    if me().role not in READERS:
        return {}
    told = unsafe_home(session, patient_id)
    if told is None:
        return {"home_not_safe": None}
    ways = list(told.safe_ways) if me().role in KNOW_WAYS else []
    return {"home_not_safe": {"since": stamp(told.at), "safe_ways": ways, "is_hint": told.is_hint}}

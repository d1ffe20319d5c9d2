"""Whether somebody of a family may say yes for the child: their pages say it at the first step, not at the last."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econsult.people.caregivers import caregiver_link
from econsult.people.patients import Patient
from econsult.people.persons import HOUSEHOLD
from web.context import now
from web.shell.auth import me
from web.showing.clinics import Telephone, telephone_of


def undecided(session: Session, child: Patient) -> Telephone | None:
    """Whom to call, where this caregiver sends and reads and may not decide; None where they may."""
    if me().role not in HOUSEHOLD:
        return None
    link = caregiver_link(session, child.id, me().id, now())
    return None if link is not None and link.speaks(now()) else telephone_of(session, child)

"""Whence a question came that waits for the clinic's word, whose it may be, and what its family allows besides."""

from __future__ import annotations

from dataclasses import dataclass

from econsult.consults.adopting import arrival_of
from econsult.consults.furtherance import standing
from econsult.consults.records import Consult
from econsult.people.caregivers import caregivers_of
from econsult.people.invitations import Invitation
from web.context import database, now
from web.words.allowed import LABELS
from web.words.families import RELATIONS
from web.words.language import gettext

NOBODY_OF_THESE = "known"


@dataclass(frozen=True)
class Whence:
    """The invitation, and the caregivers with an account among whom the sender may be."""

    invitation: Invitation
    senders: list[tuple[str, str]]

    @property
    def says(self) -> str:
        """Who the sender says to be to the child."""
        return str(RELATIONS.get(self.invitation.relation, ""))


def whence_of(consult: Consult) -> Whence | None:
    """For the page of a case that was loaded through access; None where nothing waits."""
    if not consult.awaits_adoption:
        return None
    with database().reading() as session:
        found = arrival_of(session, consult)
        family = caregivers_of(session, consult.patient_id, now(), is_named=True)
        known = [(each.public_id, each.name) for each in family]
    if found is None:
        return None
    other = (
        gettext("Somebody else of the family, whom we have asked") if known else gettext("The family, we have asked")
    )
    return Whence(found[1], [*known, (NOBODY_OF_THESE, other)])


def allowed_in(consult: Consult) -> list[str]:
    """What the family allows besides its consent, in words; empty where it allows nothing."""
    with database().reading() as session:
        given = standing(session, consult.id)
    return [str(words) for what, words in LABELS.items() if what in given]

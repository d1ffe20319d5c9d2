"""A court keeps somebody from a child: everything goes by which they could come near it all the same.

Their link ends, and with it every invitation and device that may be theirs: sent to an address or number of theirs,
taken for theirs by the clinic, or of whom nobody can tell. What of the contact on file reaches them goes. None of that
becomes a contact, or a target of an invitation or a code about this child again, until the order is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.consults.adopting import adopted_for
from econsult.errors import InvalidError, NotFoundError
from econsult.people.caregivers import LONGEST_PAPER, SHORTEST_PAPER, active_links
from econsult.people.invitations import Invitation, invitations_of, revoke
from econsult.people.keptaway import keep_keys, kept_from, keys_of, numbers_in, reaches_kept, ways_of
from econsult.people.onfile import contact_row, set_contact
from econsult.people.patients import Patient, RelatedPerson, note_patient
from econsult.people.persons import Person

CONTACTS = ("phone", "email")
"""The parts of the contact on file."""


@dataclass(frozen=True)
class Order:
    """Where the order is written down, and of each way on file (`ways_on_file`) whether it reaches the person."""

    paper: str
    reaches: Mapping[str, bool]


def on_file(session: Session, child: Patient) -> dict[str, str]:
    """What is on file, by its part; only what is there."""
    row = contact_row(session, child)
    found = {"phone": child.phone, "email": row.email if row else ""}
    return {name: where for name, where in found.items() if where}


def ways_on_file(session: Session, child: Patient) -> dict[str, str]:
    """The same with each number of its own, where several stand in the field: `phone`, `phone-2`, and so on."""
    found: dict[str, str] = {}
    for name, where in on_file(session, child).items():
        for place, each in enumerate(numbers_in(where) if name == "phone" else [where], 1):
            found[name if place == 1 else f"{name}-{place}"] = each
    return found


def keep_away(
    session: Session,
    child: Patient,
    link: RelatedPerson,
    order: Order,
    staff: Person,
    *,
    now: datetime,
) -> None:
    """Keep the person of this link from the child; out with the next request. `child` is locked by the caller.

    Raises InvalidError without the order's paper (`paper`), and where nobody said of a way on file whether it reaches
    them (`phone`, `phone-2`, `email`); what is theirs by the account needs no saying.
    """
    person, known = session.get_one(Person, link.person_id), ways_on_file(session, child)
    theirs = keys_of(session, person)
    unsaid = [name for name, where in known.items() if not ways_of(where) & theirs and name not in order.reaches]
    wrong = dict.fromkeys(unsaid, "required")
    if not SHORTEST_PAPER <= len(order.paper.strip()) <= LONGEST_PAPER:
        wrong["paper"] = "required"
    if wrong:
        raise InvalidError("Say where the order is, and whether the contact on file reaches them.", wrong)
    theirs = theirs.union(*(ways_of(where) for name, where in known.items() if order.reaches.get(name)))
    made = [each for each in invitations_of(session, child) if person.id in adopted_for(session, each)]
    theirs = theirs.union(*(ways_of(each.sent_to) for each in made))
    link.barred_at, link.has_authority, link.paper = now, False, order.paper.strip()
    keep_keys(link, theirs)
    session.flush()
    note_patient(session, child, "bar_caregiver", now, person_id=staff.id)
    for invitation in _may_be_theirs(session, child, person, now):
        revoke(session, invitation, staff, now)
    kept = {name: where for name, where in known.items() if not reaches_kept(session, child, where)}
    if kept != known:
        numbers = [where for name, where in kept.items() if name != "email"]
        set_contact(session, child, " / ".join(numbers), kept.get("email", ""), staff, now=now)
    session.flush()


def let_back(session: Session, child: Patient, person_id: str, staff: Person, *, now: datetime) -> None:
    """The order is over. The person stays out until somebody links them again. Raises NotFoundError."""
    barred = (link for link, person in kept_from(session, child.id) if person.public_id == person_id)
    link = next(barred, None)
    if link is None:
        raise NotFoundError
    link.barred_at, link.barred_ways, link.ends_at, link.paper = None, None, now, None
    note_patient(session, child, "lift_bar", now, person_id=staff.id)
    session.flush()


def _may_be_theirs(session: Session, child: Patient, person: Person, now: datetime) -> Iterator[Invitation]:
    """The invitations that still work, but those of which the clinic said that another caregiver has them."""
    others = {each.id for link, each in active_links(session, child.id, now) if link.barred_at is None} - {person.id}
    for invitation in invitations_of(session, child):
        whose = adopted_for(session, invitation)
        is_anothers = bool(whose) and whose <= others and not reaches_kept(session, child, invitation.sent_to)
        if invitation.is_live(now) and not is_anothers:
            yield invitation

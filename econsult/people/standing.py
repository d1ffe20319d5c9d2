"""What stands between a password and its account: an app of codes, or passkeys where staff must have a factor.

Everybody else's passkeys are another way in, not a step that is asked for. Recovery codes belong to what stands.
"""

from __future__ import annotations

import logging
from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy.orm import Session

from econsult.database import NO_KEY
from econsult.errors import ConsultError
from econsult.people import factors, passkeys
from econsult.people.factors import Standing
from econsult.people.persons import Person
from storage.keys import WrongKey

log = logging.getLogger("econsult.signin")


class LastFactorError(ConsultError):
    """Nothing would stand any more, where something must: a password alone could then set up another factor."""

    code = "last_factor"


class Step(StrEnum):
    """What a password or a link has to be followed by."""

    NONE = "none"
    APP = "app"
    PASSKEY = "passkey"


class AddressProof(IntEnum):
    """By what somebody has shown whose the address of an account is. `NONE` is false, as of who made the account."""

    NONE = 0
    PASSWORD = 1
    LETTER = 2


def address_proof(proves_address: bool, by_letter: bool) -> AddressProof:
    """What the two columns of a session, or of a half sign-in, say together."""
    if by_letter:
        return AddressProof.LETTER
    return AddressProof.PASSWORD if proves_address else AddressProof.NONE


def step_after_password(session: Session, person: Person, *, is_required: bool) -> Step:
    """What stands. `is_required` tells that the program asks its staff for a second factor."""
    if factors.stands(session, person):
        return Step.APP
    by_passkey = is_required and person.is_staff and passkeys.has_passkeys(session, person)
    return Step.PASSKEY if by_passkey else Step.NONE


def lacks_codes(session: Session, person: Person, *, is_required: bool) -> bool:
    """Whether somebody of the staff, for whom something stands, could not come in without it."""
    stands = step_after_password(session, person, is_required=is_required) != Step.NONE
    return person.is_staff and stands and not factors.codes_left(session, person)


def offer_codes(session: Session, person: Person, *, is_required: bool, now: datetime) -> bool:
    """Whether to ask who is just coming in, and has none, to make recovery codes; everybody is asked once."""
    own = session.get_one(Person, person.id)
    if own.codes_offered_at is not None or not lacks_codes(session, person, is_required=is_required):
        return False
    own.codes_offered_at = now
    return True


def standing(session: Session, person: Person, *, is_required: bool) -> Standing | None:
    """What the account page tells of it, of passkeys since the oldest of them; None where nothing stands."""
    if step_after_password(session, person, is_required=is_required) != Step.PASSKEY:
        return factors.standing(session, person)
    for oldest in passkeys.passkeys_of(session, person)[:1]:
        return Standing(oldest.created_at, factors.codes_left(session, person))
    return None


def remove_passkey(session: Session, person: Person, public_id: str, *, is_required: bool, now: datetime) -> None:
    """Take one passkey away. Raises NotFoundError for what is not this person's, LastFactorError."""
    factors.lock(session, person)
    step = step_after_password(session, person, is_required=is_required)
    if step == Step.PASSKEY and [each.public_id for each in passkeys.passkeys_of(session, person)] == [public_id]:
        raise LastFactorError("This is the only second factor of somebody who must have one.")
    passkeys.remove(session, person, public_id, now=now)
    if not factors.stands(session, person) and not passkeys.has_passkeys(session, person):
        factors.drop_codes(session, person)


def remove_app(session: Session, person: Person, *, is_required: bool, now: datetime) -> None:
    """Take the app away: with its recovery codes, unless passkeys stand in its place. Raises LastFactorError."""
    factors.lock(session, person)
    must_have = is_required and person.is_staff
    if must_have and not passkeys.has_passkeys(session, person):
        raise LastFactorError("The program asks its staff for a second factor.")
    factors.remove(session, person, now=now, keeps_codes=must_have)


def credential_of(person: Person) -> str | None:
    """The hash of the person's password; None where there is none, or where no key opens it: then none is right."""
    try:
        return person.password_hash
    except WrongKey:
        log.warning("ALARM: the password of person %d does not open: see `python -m econsult keys`.", person.id)
        return None


def still_stands(session: Session, person: Person, credential: str | None) -> bool:
    """Whether the account is open and its password the one of that moment. Locks the person.

    To look at a password takes a tenth of a second, in which its owner may have changed it: whoever knew the old one
    comes in no more.
    """
    current = session.get_one(Person, person.id, with_for_update=NO_KEY, populate_existing=True)
    return current.is_active and credential_of(current) == credential

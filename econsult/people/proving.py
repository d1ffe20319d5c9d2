"""Asking for a passkey and weighing the answer: to add one, to come in by it, or to show that one is the owner.

A question to somebody who is known by now is kept, and counted for that person and network address. Anybody may ask
who has an account at all, so nothing is kept of that question: it carries its end and a keyed hash over itself and the
browser, and is written down only once the answer names a passkey of the site. A flood of them shuts nobody out.

What reads the answers is loaded by the first of them: seven megabytes that most processes never need.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from econsult.database import NO_KEY, changed_rows, cipher_of
from econsult.errors import InvalidError, TooManyTriesError
from econsult.people.authenticators import Claim, NewKey, OddAnswerError, Site
from econsult.people.passkeys import MOST, Passkey, PasskeyChallenge, Purpose, note_passkey, passkeys_of
from econsult.people.persons import Person
from econsult.people.tokens import hashed

LIVES = timedelta(minutes=5)
ASKED_FROM_ONE = 60
"""So many questions to one person may wait at one network address; so many wrong answers of nobody known are noted."""
SOURCE, ALONE = "passkey_challenge.source", "passkey_challenge.alone"
NONCE, STAMP = 16, 8
"""Bytes at the start of a question to anybody: what is random in it, and the second at which it ends."""


@dataclass(frozen=True)
class Place:
    """Where somebody is: the site, a token that this browser alone has, and indexes of its network address."""

    site: Site
    browser: str
    sources: tuple[str, ...]


def ask_to_add(session: Session, place: Place, person: Person, *, now: datetime) -> str:
    """What the browser is asked to make, as JSON. Whoever calls it has made sure that this is the owner.

    A family's passkey is nothing beside opening the house alone, so one that could not is not made.
    Raises InvalidError where the person has enough of them, TooManyTriesError.
    """
    from econsult.people import ceremonies  # noqa: PLC0415 - see the top.

    known = [each.credential_id for each in passkeys_of(session, person)]
    if len(known) >= MOST:
        raise InvalidError(f"One person has at most {MOST} passkeys.", {"passkey": "too_many"})
    challenge = _ask(session, place, Purpose.ADD, person, now)
    user = person.public_id, person.email
    return ceremonies.ask_for_new(place.site, challenge, user, known, alone=not person.is_staff)


def add(session: Session, place: Place, person: Person, answer: Any, device: str, *, now: datetime) -> Passkey | None:
    """Keep what the authenticator made; None where its answer does not fit."""
    from econsult.people import ceremonies  # noqa: PLC0415 - see the top.

    try:
        challenge = ceremonies.challenge_in_new(answer)
        if not _take(session, place, Purpose.ADD, person, challenge=challenge, now=now):
            return None
        made = ceremonies.check_new(place.site, answer, challenge, alone=not person.is_staff)
    except OddAnswerError:
        return None
    mark = hashed(made.credential_id)
    if session.scalar(select(Passkey.id).where(Passkey.credential_hash == mark)) is not None:
        return None
    passkey = Passkey(
        person_id=person.id,
        credential_id=made.credential_id,
        credential_hash=mark,
        public_key=made.public_key,
        sign_count=made.sign_count,
        device=device[:40],
        created_at=now,
    )
    session.add(passkey)
    session.flush()
    note_passkey(session, person, "add_passkey", now)
    return passkey


def ask_to_prove(
    session: Session, place: Place, person: Person | None, *, now: datetime, purpose: Purpose = Purpose.SECOND
) -> str:
    """What the browser is asked to prove, as JSON: who this is (None), which writes nothing, or that it is this person.

    Raises TooManyTriesError for a person.
    """
    from econsult.people import ceremonies  # noqa: PLC0415 - see the top.

    if person is None:
        return ceremonies.ask_for_one(place.site, _ask_anybody(session, place, now), None)
    challenge = _ask(session, place, purpose, person, now)
    return ceremonies.ask_for_one(place.site, challenge, [each.credential_id for each in passkeys_of(session, person)])


def prove(
    session: Session,
    place: Place,
    person: Person | None,
    answer: Any,
    *,
    now: datetime,
    purpose: Purpose = Purpose.SECOND,
) -> Person | None:
    """Who has answered; None where the answer does not fit. The caller must let it be written either way.

    Alone (`person` is None) it counts only where the authenticator has verified its user, by a finger, a face or a PIN.
    """
    from econsult.people import ceremonies  # noqa: PLC0415 - see the top.

    purpose = Purpose.ALONE if person is None else purpose
    try:
        claim = ceremonies.claim_in(answer)
    except OddAnswerError:
        return None
    if person is None:
        is_open = _is_ours(session, place, claim.challenge, now)
    else:
        is_open = _take(session, place, purpose, person, challenge=claim.challenge, now=now)
    if not is_open:
        return None
    held = _held(session, claim)
    if held is None or (person is None and not _use_up(session, place, claim.challenge)):
        return None
    owner, passkey = held
    if not owner.is_active or not _is_of(claim, owner, person):
        return None
    key = NewKey(passkey.credential_id, passkey.public_key, passkey.sign_count)
    try:
        count = ceremonies.check_one(place.site, answer, claim.challenge, key, verified_user=person is None)
    except OddAnswerError:
        if person is not None or _waiting(session, place, None, now) <= ASKED_FROM_ONE:
            note_passkey(session, owner, "refuse_passkey", now)
        return None
    passkey.sign_count, passkey.used_at = count, now
    note_passkey(session, owner, "use_passkey", now, detail=purpose)
    return owner


def _ask(session: Session, place: Place, purpose: Purpose, person: Person, now: datetime) -> bytes:
    if _waiting(session, place, person, now) >= ASKED_FROM_ONE:
        raise TooManyTriesError
    challenge = secrets.token_bytes(32)
    session.add(
        PasskeyChallenge(
            challenge_hash=hashed(challenge.hex()),
            purpose=purpose,
            person_id=person.id,
            browser_hash=hashed(place.browser),
            source=place.sources[0],
            expires_at=now + LIVES,
        )
    )
    return challenge


def _waiting(session: Session, place: Place, person: Person | None, now: datetime) -> int:
    """How many rows of this person, or of nobody known, there are from this network address."""
    whose = PasskeyChallenge.person_id.is_(None) if person is None else PasskeyChallenge.person_id == person.id
    recent = PasskeyChallenge.source.in_(place.sources), PasskeyChallenge.expires_at > now
    return session.scalars(select(func.count(PasskeyChallenge.id)).where(whose, *recent)).one()


def _ask_anybody(session: Session, place: Place, now: datetime) -> bytes:
    start = secrets.token_bytes(NONCE) + int((now + LIVES).timestamp()).to_bytes(STAMP)
    return start + _marks(session, place, start)[0]


def _marks(session: Session, place: Place, start: bytes) -> list[bytes]:
    """The keyed hashes that a question to anybody may end with: just after a rotation, also that of the key before."""
    said = f"{start.hex()} {hashed(place.browser)}"
    return [bytes.fromhex(index.rpartition(".")[2]) for index in cipher_of(session).blind_indexes(said, ALONE)]


def _is_ours(session: Session, place: Place, challenge: bytes, now: datetime) -> bool:
    """Whether this browser was asked this, and not too long ago."""
    start, mark = challenge[: NONCE + STAMP], challenge[NONCE + STAMP :]
    is_made_here = any(hmac.compare_digest(mark, each) for each in _marks(session, place, start))
    return is_made_here and int.from_bytes(start[NONCE:]) > now.timestamp()


def _held(session: Session, claim: Claim) -> tuple[Person, Passkey] | None:
    """Whose passkey it says it is, and that passkey, both locked; None where there is none.

    The person first, as whoever closes the account locks them: that is waited for, and the account then opens nothing.
    """
    query = select(Passkey).where(Passkey.credential_hash == hashed(claim.credential_id))
    number = session.scalar(query.with_only_columns(Passkey.person_id))
    if number is None:
        return None
    owner = session.get_one(Person, number, with_for_update=NO_KEY, populate_existing=True)
    passkey = session.scalars(query.with_for_update(key_share=True)).one_or_none()
    return None if passkey is None else (owner, passkey)


def _use_up(session: Session, place: Place, challenge: bytes) -> bool:
    """Write down that a question to anybody has its answer; False where it had one. The passkey's row is locked."""
    ends = int.from_bytes(challenge[NONCE : NONCE + STAMP])
    values = {
        "challenge_hash": hashed(challenge.hex()),
        "purpose": Purpose.ALONE,
        "person_id": None,
        "browser_hash": hashed(place.browser),
        "source": place.sources[0],
        "expires_at": datetime.fromtimestamp(ends, UTC),
    }
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    written = make(PasskeyChallenge).values(values).on_conflict_do_nothing().returning(PasskeyChallenge.id)
    return session.scalars(written).one_or_none() is not None


def _take(session: Session, place: Place, purpose: Purpose, person: Person, *, challenge: bytes, now: datetime) -> bool:
    """Use the question up. Of two answers at the same moment one finds it."""
    taken = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == hashed(challenge.hex()),
        PasskeyChallenge.purpose == purpose,
        PasskeyChallenge.browser_hash == hashed(place.browser),
        PasskeyChallenge.expires_at > now,
        PasskeyChallenge.person_id == person.id,
    )
    return changed_rows(session.execute(taken)) == 1


def _is_of(claim: Claim, owner: Person, wanted: Person | None) -> bool:
    """Whether the passkey is of who is wanted, and of whom the authenticator says that it is."""
    says_other = claim.user_handle is not None and claim.user_handle != owner.public_id.encode()
    return not says_other and (wanted is None or wanted.id == owner.id)

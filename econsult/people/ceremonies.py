"""What authenticators are asked and what they answer (WebAuthn): the one module that knows the library.

Whatever is wrong with an answer, a wrong origin as well as bytes that make no sense, is the same refusal: nobody who
sends one learns more than that.
"""

from __future__ import annotations

import binascii
import struct
from typing import Any

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from econsult.people.authenticators import Claim, NewKey, OddAnswerError, Site

LONGEST = 16_384
"""So long may each text of an answer be."""
ODD = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    OverflowError,
    EOFError,
    RecursionError,
    struct.error,
    binascii.Error,
)
"""What reading bytes of a stranger raises, here and in the library."""


def ask_for_new(site: Site, challenge: bytes, user: tuple[str, str], known: list[str], *, alone: bool) -> str:
    """What a browser is asked to make, as JSON. `user` is the handle, which tells nothing, and the name to show.

    `alone`: it must be able to open the house by itself, found without a name and with its user verified.
    """
    handle, name = user
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=handle.encode(),
        user_name=name,
        challenge=challenge,
        timeout=300_000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED if alone else ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_described(known),
    )
    return webauthn.options_to_json(options)


def ask_for_one(site: Site, challenge: bytes, known: list[str] | None) -> str:
    """What a browser is asked to prove, as JSON: with one of the known passkeys, or with any and a verified user."""
    is_alone = known is None
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=300_000,
        allow_credentials=_described(known or []),
        user_verification=UserVerificationRequirement.REQUIRED if is_alone else UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def challenge_in_new(answer: Any) -> bytes:
    """The challenge that a new passkey answers to. Raises OddAnswerError."""
    try:
        return _client(parse_registration_credential_json(_small(answer)).response.client_data_json)
    except ODD:
        raise OddAnswerError from None


def claim_in(answer: Any) -> Claim:
    """Whose passkey the answer names. Raises OddAnswerError."""
    try:
        credential = parse_authentication_credential_json(_small(answer))
        challenge = _client(credential.response.client_data_json)
        return Claim(bytes_to_base64url(credential.raw_id), challenge, credential.response.user_handle)
    except ODD:
        raise OddAnswerError from None


def check_new(site: Site, answer: Any, challenge: bytes, *, alone: bool) -> NewKey:
    """The new passkey, where it was made here and now for this question. Raises OddAnswerError."""
    try:
        made = webauthn.verify_registration_response(
            credential=_small(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=alone,
        )
    except ODD:
        raise OddAnswerError from None
    return NewKey(bytes_to_base64url(made.credential_id), made.credential_public_key, made.sign_count)


def check_one(site: Site, answer: Any, challenge: bytes, key: NewKey, *, verified_user: bool) -> int:
    """The new count of uses, where the answer is signed by this key for this question. Raises OddAnswerError."""
    try:
        proven = webauthn.verify_authentication_response(
            credential=_small(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=verified_user,
        )
    except ODD:
        raise OddAnswerError from None
    return proven.new_sign_count


def _described(known: list[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known]


def _small(answer: Any) -> dict[str, Any]:
    """The answer, where it is an object of texts of a bearable length."""
    response = answer["response"]
    if any(isinstance(text, str) and len(text) > LONGEST for text in (*answer.values(), *response.values())):
        raise ValueError
    return dict(answer)


def _client(data: bytes) -> bytes:
    """The challenge in what the browser says. A page inside another site's frame asks for nothing here."""
    said = parse_client_data_json(data)
    if said.cross_origin:
        raise ValueError
    return bytes(said.challenge)

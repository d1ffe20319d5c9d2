"""Signs a report, so that a copy of it can be shown to a third party who has nothing but our public key."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from imaging.report import DIFFERS, Report

SIGNATURE = "signature"


def sign_report(report: Report, seed: bytes) -> dict[str, Any]:
    """Return the report as plain data with a `signature` over all that is the same in every run.

    `seed` are the 32 bytes of an Ed25519 key. The same report and key give the same signature.
    """
    key = Ed25519PrivateKey.from_private_bytes(seed)
    content: dict[str, Any] = json.loads(report.to_json())
    signed = base64.b64encode(key.sign(signed_bytes(content))).decode()
    return {**content, SIGNATURE: {"algorithm": "Ed25519", "public_key": public_key(seed), "value": signed}}


def public_key(seed: bytes) -> str:
    """Return the key by which others check, as base64."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def is_signed_by(content: Mapping[str, Any], trusted: str) -> bool:
    """Whether this report, as read from JSON, is what the holder of the trusted public key signed."""
    try:
        value = base64.b64decode(content[SIGNATURE]["value"], validate=True)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(trusted, validate=True)).verify(
            value, signed_bytes(content)
        )
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def signed_bytes(content: Mapping[str, Any]) -> bytes:
    """The part of a report that two runs on the same file share, in the one spelling that is signed."""
    kept = {name: value for name, value in content.items() if name not in {SIGNATURE, *DIFFERS}}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

"""An authenticator made of a few lines, which says whatever a test wants it to: honest answers and hostile ones."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class SoftKey:
    """One passkey. What it says about where it is can be changed before each answer."""

    host: str = "localhost"
    origin: str = "http://localhost:8000"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    cross_origin: bool = False
    handle: str | None = None
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    secret: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, asked: str) -> dict[str, Any]:
        """The answer to a question that asks for a new passkey."""
        options = json.loads(asked)
        self.handle = base64.urlsafe_b64decode(options["user"]["id"] + "==").decode()
        numbers = self.secret.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        head = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(key)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + head}
        client = self._client("webauthn.create", options["challenge"])
        return self._wrapped({"clientDataJSON": b64(client), "attestationObject": b64(cbor2.dumps(made))})

    def prove(self, asked: str, *, kind: str = "webauthn.get") -> dict[str, Any]:
        """The answer to a question that asks for a proof."""
        self.count += 1
        client, data = self._client(kind, json.loads(asked)["challenge"]), self._data(0)
        signature = self.secret.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        handle = {"userHandle": b64(self.handle.encode())} if self.handle is not None else {}
        told = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._wrapped({**told, **handle})

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said).encode()

    def _data(self, more: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _wrapped(self, response: dict[str, str]) -> dict[str, Any]:
        name = b64(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

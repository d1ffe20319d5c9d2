"""Keys: the ring of master keys, keys that wrap keys, and sealed text for database columns.

A master key wraps a program's key, that one a patient's, that one an object's. Each wrapping is bound to a context
which says what the key is for, so that a wrapped key moved to another program, patient or object does not open.
Rotating a master re-wraps the program keys only; destroying a patient's key makes that patient's media unreadable.
"""

import base64
import binascii
import hmac
import os
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_SIZE = 32
_NONCE = 12
_WRAPPED = b"\x01"
_KEY_ID = re.compile(r"[a-z0-9-]{1,32}")
_FROM_URLSAFE = bytes.maketrans(b"-_", b"+/")


class WrongKey(Exception):  # noqa: N818 - errors of this room are named after the fact they state.
    """The key, the key id or the context is not the one that this was sealed with; or it was changed."""


class Unreadable(ValueError):  # noqa: N818 - as above.
    """A secret file cannot be read just now, whatever it holds."""


class Purpose(StrEnum):
    """What a wrapped key is for."""

    PROGRAM = "program"
    PATIENT = "patient"
    OBJECT = "object"


def key_context(purpose: Purpose, *, program: str | int, patient: str | int = "", item: str | int = "") -> str:
    """The context of a wrapped key: its purpose, and the ids of its program, patient and object where it has them."""
    ids = [str(part) for part in (program, patient, item)]
    if any("|" in part for part in ids):
        raise ValueError("an id in a key's context holds no '|'")
    return "|".join([purpose, *ids])


def new_key() -> bytes:
    """A fresh random 32-byte key."""
    return os.urandom(KEY_SIZE)


def wrap(key: bytes, under: bytes, context: str) -> bytes:
    """Seal `key` (32 bytes) under another key; the result is 61 bytes."""
    return _WRAPPED + _seal(key, AESGCM(under), _WRAPPED + context.encode())


def unwrap(wrapped: bytes, under: bytes, context: str) -> bytes:
    """The key that `wrap` sealed. Raises WrongKey unless `under` and `context` are the same."""
    if wrapped[:1] != _WRAPPED:
        raise WrongKey("this is not a wrapped key")
    return _open(wrapped[1:], AESGCM(under), _WRAPPED + context.encode())


def generate() -> str:
    """A line for the key ring, `id:base64`, with a fresh key under a fresh id."""
    return f"k{os.urandom(4).hex()}:{base64.b64encode(new_key()).decode()}"


@dataclass(frozen=True)
class KeyRing:
    """Master keys by id. New wrappings use the current one; old ones still open what they sealed."""

    current: str
    _keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read lines `id:base64 of 32 bytes`; the first is the current key, `#` begins a comment.

        Raises ValueError with the number of the line that is wrong, never its content.
        """
        keys: dict[str, bytes] = {}
        for number, raw in enumerate(text.splitlines(), start=1):
            line = raw.partition("#")[0].strip()
            if line:
                name, key = _read_line(line, number)
                if name in keys or key in keys.values():
                    raise ValueError(f"line {number} of the key ring repeats a key or an id")
                keys[name] = key
        if not keys:
            raise ValueError("the key ring is empty; make a line for it with storage.keys.generate()")
        return cls(next(iter(keys)), keys)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every key id, the current one first."""
        return tuple(self._keys)

    def fresh(self) -> Self:
        """The ring itself: what was given as text does not change."""
        return self

    def wrap(self, key: bytes, context: str) -> bytes:
        """Seal `key` under the current master, whose id goes into the header."""
        header = bytes([len(self.current)]) + self.current.encode()
        return header + wrap(key, self._keys[self.current], context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key that `wrap` sealed, under whichever master. Raises WrongKey."""
        name, body = _split_header(wrapped)
        return unwrap(body, self.key(name), context)

    def rewrap(self, wrapped: bytes, context: str) -> bytes:
        """The same key under the current master; unchanged where it is that already. Raises WrongKey."""
        key = self.unwrap(wrapped, context)
        return wrapped if self.is_current(wrapped) else self.wrap(key, context)

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the current master sealed this, so that rotation has nothing to do."""
        return _split_header(wrapped)[0] == self.current

    def key(self, name: str) -> bytes:
        """The master key of this id. Raises WrongKey where the ring lacks it."""
        if name not in self._keys:
            raise WrongKey(f"the key ring holds no key {name[:32]!r}")
        return self._keys[name]


class KeySource(Protocol):
    """Where the ring comes from: a ring itself, or a file that may change while processes run."""

    def fresh(self) -> KeyRing:
        """The ring as it is now."""
        ...


@dataclass(frozen=True)
class _Derived:
    """What is made of one master and kept ready: a page opens hundreds of values, each bound to more than its place."""

    sealing: AESGCM
    index: bytes
    bound: bytes


class FieldCipher:
    """Text in database columns, sealed, with an index for exact search.

    Its keys are derived from the masters of the ring; the id of the one used stands in front of each value,
    so that a statement can find what is left to re-seal after a rotation.
    """

    def __init__(self, source: KeySource) -> None:
        """Derive a sealing and an index key from every master of the ring."""
        self._source = source
        self._derived: dict[str, _Derived] = {}
        self._newest()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every key id that this cipher can open, as the ring is now, the current one first."""
        return self._newest().ids

    def seal(self, text: str, context: str) -> str:
        """`id.base64` of the sealed text. It opens under the same context alone, which names its column."""
        own = self._derived[name := self._newest().current]
        sealed = _seal(text.encode(), own.sealing, own.bound + context.encode())
        return f"{name}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, context: str) -> str:
        """The text that `seal` took. Raises WrongKey."""
        name, _, body = sealed.partition(".")
        if name not in self._derived:
            self._newest().key(name)
        try:
            content = binascii.a2b_base64(body.encode("ascii").translate(_FROM_URLSAFE), strict_mode=True)
        except (binascii.Error, ValueError):
            raise WrongKey("this is not a sealed field") from None
        return _open(content, (own := self._derived[name]).sealing, own.bound + context.encode()).decode()

    def is_current(self, sealed: str) -> bool:
        """Whether the current master sealed this value or index."""
        return sealed.partition(".")[0] == self._newest().current

    def blind_index(self, text: str, context: str) -> str:
        """The value to store for exact search: `id.hex`, the same whatever the case, spacing or Unicode form.

        The context names the column and the program, not the row.
        """
        return self._blind(self._newest().current, text, context)

    def blind_indexes(self, text: str, context: str) -> list[str]:
        """The values to search for: one per master, since rows may still carry the index of an older one."""
        return [self._blind(name, text, context) for name in self._newest().ids]

    def _newest(self) -> KeyRing:
        """The ring as it is now, with all that is derived from it."""
        ring = self._source.fresh()
        for name in ring.ids:
            if name not in self._derived:
                master = ring.key(name)
                self._derived[name] = _Derived(
                    AESGCM(_derive(master, b"econsult field seal 1")),
                    _derive(master, b"econsult field index 1"),
                    _length_prefixed(name.encode()),
                )
        return ring

    def _blind(self, name: str, text: str, context: str) -> str:
        message = _length_prefixed(context.encode()) + same_spelling(text).encode()
        return f"{name}.{hmac.digest(self._derived[name].index, message, 'sha256').hex()}"


def sealed_under(wrapped: bytes) -> str:
    """The id of the master that wrapped this key. Raises WrongKey for what is no wrapped key."""
    return _split_header(wrapped)[0]


def keyed_mark(key: bytes, purpose: str, content: bytes) -> str:
    """A hash of `content` (64 hex digits) that only the holder of `key` can compute, one for each purpose."""
    return hmac.digest(_derive(key, b"mark:" + purpose.encode()), content, "sha256").hex()


def signing_seed(ring: KeyRing, purpose: str) -> bytes:
    """The 32 bytes of a signing key of the current master, one for each purpose."""
    return _derive(ring.key(ring.current), b"sign:" + purpose.encode())


def signing_public(ring: KeyRing, name: str, purpose: str) -> str:
    """The public half (base64) of the signing key of this master, by which what it signed is still known later."""
    private = Ed25519PrivateKey.from_private_bytes(_derive(ring.key(name), b"sign:" + purpose.encode()))
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def read_private(path: Path) -> str:
    """The text of a secret file. Raises ValueError where others may read it, Unreadable where it cannot be read."""
    try:
        mode = path.stat().st_mode
        if mode & 0o027:
            raise ValueError(f"{path} may be read or changed by others; run: chmod 600 {path}")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(f"the secret file {path} cannot be read: {error.strerror}") from None


def _read_line(line: str, number: int) -> tuple[str, bytes]:
    name, _, encoded = line.partition(":")
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _KEY_ID.fullmatch(name) or len(key) != KEY_SIZE:
        raise ValueError(f"line {number} of the key ring is not id:base64 of {KEY_SIZE} bytes")
    if len(set(key)) < 8:
        raise ValueError(f"line {number} of the key ring is not a random key; make one with storage.keys.generate()")
    return name, key


def _split_header(wrapped: bytes) -> tuple[str, bytes]:
    size = wrapped[0] if wrapped else 0
    name, body = wrapped[1 : 1 + size], wrapped[1 + size :]
    if not size or not body or not name.isascii():
        raise WrongKey("this is not a key that a master wrapped")
    return name.decode(), body


def _seal(plain: bytes, under: AESGCM, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + under.encrypt(nonce, plain, bound)


def _open(sealed: bytes, under: AESGCM, bound: bytes) -> bytes:
    if len(sealed) < _NONCE + 16:
        raise WrongKey("what was sealed is cut short")
    try:
        return under.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except InvalidTag:
        raise WrongKey("the key or its context is not the one this was sealed with") from None


def _derive(master: bytes, label: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=label).derive(master)


def _length_prefixed(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def same_spelling(text: str) -> str:
    """One form of a text, whichever of Unicode's it was typed in and however many blanks: what blind indexes are of."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

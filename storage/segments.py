"""The sealed segment: 64 KiB of plaintext under AES-256-GCM, bound to its object, its place and its role.

A sealed segment is `nonce (12, random) || ciphertext || tag (16)`. Authenticated with it are the format's version,
the object id, the segment's index and its role. Nonces are random and not counted, because a segment that a crash
tore is sealed again with other content: a counted nonce would then repeat under the same key.
"""

import os
import struct
from collections.abc import Iterator
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEGMENT = 64 * 1024
NONCE = 12
OVERHEAD = NONCE + 16
SEALED = SEGMENT + OVERHEAD
RUN = 4
_VERSION = 1

Bytes = bytes | bytearray | memoryview


class SealBroken(Exception):  # noqa: N818 - errors of this room are named after the fact they state.
    """Sealed bytes were changed, cut, moved or swapped, or this is not their key."""


class Role(IntEnum):
    """What a segment is: full and followed by others, or the last one (maybe empty).

    In staging only: a tail that waits to be filled up, or the empty mark that a container is done.
    """

    FULL = 0
    LAST = 1
    TAIL = 2
    DONE = 3


def sealed_size(plain_size: int) -> int:
    """Bytes that `plain_size` bytes take when sealed: 28 for each full segment and 28 for the last one."""
    return plain_size + OVERHEAD * (plain_size // SEGMENT + 1)


def plain_size(size: int) -> int:
    """Bytes of plaintext in a container of `size` bytes. Raises SealBroken where no container has this size."""
    full, rest = divmod(size, SEALED)
    if rest < OVERHEAD:
        raise SealBroken(f"no sealed container is {size} bytes long")
    return full * SEGMENT + rest - OVERHEAD


class SegmentCipher:
    """Seals and opens the segments of one object."""

    def __init__(self, object_id: str, key: bytes) -> None:
        """Take the object's own 32-byte key, which is used for no other object."""
        if len(key) != 32:
            raise ValueError("an object key is 32 bytes")
        name = object_id.encode()
        self._bound = struct.pack(">BH", _VERSION, len(name)) + name
        self._aead = AESGCM(key)
        self._buffer: bytearray | None = None

    def seal(self, plain: Bytes, index: int, role: Role) -> bytes:
        """Seal one segment of up to 64 KiB."""
        nonce = os.urandom(NONCE)
        return nonce + self._aead.encrypt(nonce, plain, self._place(index, role))

    def open(self, sealed: Bytes, index: int, role: Role) -> bytes:
        """Open one segment. Raises SealBroken."""
        view = memoryview(sealed)
        if len(view) < OVERHEAD:
            raise SealBroken(f"segment {index} is cut short")
        try:
            return self._aead.decrypt(view[:NONCE], view[NONCE:], self._place(index, role))
        except InvalidTag:
            raise SealBroken(f"segment {index} does not open") from None

    def seal_runs(self, plain: Bytes, first: int) -> Iterator[memoryview]:
        """Seal whole segments that lie side by side, the first at index `first`, in runs ready to be written.

        Each run lies in the same buffer as the one before: fresh memory for every run costs more than its encryption.
        """
        view = memoryview(plain)
        for start in range(0, len(view), RUN * SEGMENT):
            yield self._seal_run(view[start : start + RUN * SEGMENT], first + start // SEGMENT)

    def _seal_run(self, view: memoryview, first: int) -> memoryview:
        count = len(view) // SEGMENT
        target, nonces = memoryview(self._room(count)), os.urandom(count * NONCE)
        for at in range(count):
            nonce, place = nonces[at * NONCE : (at + 1) * NONCE], self._place(first + at, Role.FULL)
            target[at * SEALED : at * SEALED + NONCE] = nonce
            source = view[at * SEGMENT : (at + 1) * SEGMENT]
            self._aead.encrypt_into(nonce, source, place, target[at * SEALED + NONCE : (at + 1) * SEALED])
        return target[: count * SEALED]

    def open_run(self, sealed: Bytes, first: int, target: memoryview) -> None:
        """Open whole segments that lie side by side, the first at index `first`, into `target`. Raises SealBroken."""
        view = memoryview(sealed)
        for at in range(len(sealed) // SEALED):
            segment, place = view[at * SEALED : (at + 1) * SEALED], self._place(first + at, Role.FULL)
            room = target[at * SEGMENT : (at + 1) * SEGMENT]
            try:
                self._aead.decrypt_into(segment[:NONCE], segment[NONCE:], place, room)
            except InvalidTag:
                raise SealBroken(f"segment {first + at} does not open") from None

    def _room(self, count: int) -> bytearray:
        if self._buffer is None or len(self._buffer) < count * SEALED:
            self._buffer = bytearray(count * SEALED)
        return self._buffer

    def _place(self, index: int, role: Role) -> bytes:
        return self._bound + struct.pack(">QB", index, role)

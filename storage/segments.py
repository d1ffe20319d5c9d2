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
_PLACE = struct.Struct(">QB")

Bytes = bytes | bytearray | memoryview


class SealBroken(Exception):  # noqa: N818 - errors of this room are named after the fact they state.
    """Sealed bytes were changed, cut, moved or swapped, or this is not their key."""


class Role(IntEnum):
    """What a segment is: full and followed by others, or the last one (maybe empty).

    In staging only: a tail that waits to be filled up, the empty mark that a container is done, or a tail behind which
    nothing counts until it is proven.
    """

    FULL = 0
    LAST = 1
    TAIL = 2
    DONE = 3
    HELD = 4


def sealed_size(plain_size: int) -> int:
    """Bytes that `plain_size` bytes take when sealed: 28 for each full segment and 28 for the last one."""
    return plain_size + OVERHEAD * (plain_size // SEGMENT + 1)


def plain_size(size: int) -> int:
    """Bytes of plaintext in a container of `size` bytes. Raises SealBroken where no container has this size."""
    full, rest = divmod(size, SEALED)
    if rest < OVERHEAD:
        raise SealBroken(f"no sealed container is {size} bytes long")
    return full * SEGMENT + rest - OVERHEAD


_FULL = int(Role.FULL)


class SegmentCipher:
    """Seals and opens the segments of one object."""

    def __init__(self, object_id: str, key: bytes) -> None:
        """Take the object's own 32-byte key, which is used for no other object."""
        if len(key) != 32:
            raise ValueError("an object key is 32 bytes")
        name = object_id.encode()
        self._bound = struct.pack(">BH", _VERSION, len(name)) + name
        self._aead = AESGCM(key)
        self._buffer, self._slots = memoryview(b""), list[tuple[memoryview, memoryview]]()

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

        Long runs lie in one buffer, each in place of the one before: fresh memory costs more than encryption.
        """
        view = memoryview(plain)
        for start in range(0, len(view), RUN * SEGMENT):
            yield self._seal_run(view[start : start + RUN * SEGMENT], first + start // SEGMENT)

    def _seal_run(self, view: memoryview, first: int) -> memoryview:
        count = len(view) // SEGMENT
        if count == 1:
            # Hundreds of slow senders seal one at a time, and do not keep a buffer each for that.
            return memoryview(self.seal(view, first, Role.FULL))
        if count > len(self._slots):
            self._make_room(count)
        # For every 64 KiB of every upload: as few steps as there can be.
        nonces, encrypt, place = os.urandom(count * NONCE), self._aead.encrypt_into, self._place
        for at in range(count):
            nonce, (head, body) = nonces[at * NONCE : at * NONCE + NONCE], self._slots[at]
            head[:] = nonce
            encrypt(nonce, view[at * SEGMENT : at * SEGMENT + SEGMENT], place(first + at, _FULL), body)
        return self._buffer[: count * SEALED]

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

    def _make_room(self, count: int) -> None:
        """Memory for so many sealed segments, cut into the place of each nonce and of what follows it."""
        self._buffer = memoryview(bytearray(count * SEALED))
        starts = range(0, count * SEALED, SEALED)
        self._slots = [(self._buffer[at : at + NONCE], self._buffer[at + NONCE : at + SEALED]) for at in starts]

    def _place(self, index: int, role: int) -> bytes:
        return self._bound + _PLACE.pack(index, role)

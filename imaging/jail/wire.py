"""The messages that cross the jail's wall.

They travel on a unix socket of type SEQPACKET: the kernel keeps each message whole, so a child that dies in the
middle of its work cannot leave half a message behind, and the server can still add the last word.
"""

import json
import socket
import struct

PIECE = 128 * 1024
"""Largest payload of one message, safely below the kernel's default socket buffer."""

JOB = b"J"  # parent -> child: what to do, as JSON
READ = b"R"  # child -> parent: which bytes of the source it wants
SEALED = b"S"  # child -> parent: which locks have closed, as JSON; said before it asks for the first byte
DATA = b"D"  # parent -> child: those bytes; fewer at the end of the file
BUDGET = b"B"  # child -> parent: how many more wall seconds the work deserves
HEAD = b"H"  # child -> parent: a rendition follows, as JSON
BODY = b"P"  # child -> parent: a piece of that rendition
STEP = b"T"  # child -> parent: how much of the work is done, in percent, as JSON
MASKS = b"M"  # child -> parent: some of the boxes that were covered, as JSON
DONE = b"F"  # child -> parent: the verdict and the facts, as JSON
EXIT = b"X"  # server -> parent: how the child ended, as JSON

_RANGE = struct.Struct("!QI")


class Gone(Exception):  # noqa: N818 - it states a fact about the other side.
    """The other side closed the connection."""


def send(connection: socket.socket, kind: bytes, payload: bytes | memoryview = b"") -> None:
    """Send one message. Raises Gone when nobody is there any more."""
    try:
        connection.sendmsg([kind, payload])
    except (BrokenPipeError, ConnectionResetError):
        raise Gone from None


def receive(connection: socket.socket) -> tuple[bytes, bytes]:
    """Receive one message as (kind, payload). Raises Gone at the end, TimeoutError when the socket's time is up."""
    try:
        message = connection.recv(PIECE + 1)
    except ConnectionResetError:
        raise Gone from None
    if not message:
        raise Gone
    return message[:1], message[1:]


def receive_into(connection: socket.socket, buffer: bytearray | memoryview) -> int:
    """Receive one message's payload into a buffer that has room for it, and return its length. Raises as `receive`.

    A photo of some megabytes comes in fifty messages, and laying each down three times took longer than its way here.
    """
    kind = bytearray(1)
    try:
        count, *_ = connection.recvmsg_into([kind, buffer])
    except ConnectionResetError:
        raise Gone from None
    if count == 0:
        raise Gone
    return count - len(kind)


def send_json(connection: socket.socket, kind: bytes, content: dict[str, object]) -> None:
    """Send one message whose payload is a JSON object."""
    send(connection, kind, json.dumps(content, allow_nan=False).encode())


def pack_range(offset: int, length: int) -> bytes:
    """Encode a wish for `length` bytes from `offset`."""
    return _RANGE.pack(offset, length)


def unpack_range(payload: bytes) -> tuple[int, int]:
    """Decode a wish for bytes as (offset, length). Raises struct.error when it is none."""
    offset, length = _RANGE.unpack(payload)
    return offset, length

"""Does once, in the process that will be forked, what each fork would otherwise do for its first file."""

import io
import struct
import zlib

from imaging.identifiers import Identifiers
from imaging.jail.client import Jail
from imaging.policy import KEEP, Policy
from imaging.preparation import prepare
from imaging.tools import tool_versions

_SIDE = 64
_SOMEBODY = Identifiers(names=("Somebody",))


class _Nowhere:
    """A target that keeps nothing."""

    def put(self, name: str, media_type: str, data: bytes, width: int, height: int) -> None:
        """See `imaging.Target`."""


def rehearse(jail: Jail) -> None:
    """Prepare a blank picture of our own: models are hashed, versions looked up, the second opinion is awake."""
    tool_versions()
    policy = Policy(faces=KEEP, text=KEEP, identifiers=_SOMEBODY)
    prepare("photo", io.BytesIO(_blank()), _Nowhere(), policy, jail=jail)


def _blank() -> bytes:
    """A black PNG, written by hand: no library that decodes is loaded outside of the jail."""
    rows = zlib.compress((b"\x00" + bytes(3 * _SIDE)) * _SIDE)
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

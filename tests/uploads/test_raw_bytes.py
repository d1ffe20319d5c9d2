"""What somebody sees who steals the disk: nothing but noise."""

from __future__ import annotations

import math
from collections import Counter

from imaging import samples
from tests.uploads.conftest import Desk

MAGICS = (b"\xff\xd8\xff", b"JFIF", b"Exif", b"\x89PNG", b"%PDF", b"ftyp", b"DICM", b"PK\x03\x04")


def entropy(data: bytes) -> float:
    """Bits a byte."""
    return -sum(count / len(data) * math.log2(count / len(data)) for count in Counter(data).values())


def test_staged_bytes_have_no_magic_no_known_text_and_no_order(desk: Desk) -> None:
    photo = samples.photo("hives", seed=1, size=(1600, 1200)) + b"MRN 12345 Luz Prueba " * 20_000
    upload = desk.begin(len(photo))
    for offset in range(0, len(photo), 100_000):
        desk.append(upload, offset, photo[offset : offset + 100_000])
        staged = [path for path in desk.path(upload).parent.iterdir() if path.name != "epoch"]
        # Three random bytes are somewhere in a megabyte; a file that was not sealed begins with its magic.
        assert not any(path.read_bytes().startswith(MAGICS) for path in staged)
        assert not any(b"Luz Prueba" in path.read_bytes() for path in staged)
        assert all(photo[at : at + 24] not in path.read_bytes() for path in staged for at in range(0, offset, 50_000))
    assert entropy(desk.path(upload).read_bytes()) > 7.99


def test_bytes_that_are_all_the_same_look_no_different(desk: Desk) -> None:
    upload = desk.begin(2_000_000)
    desk.append(upload, 0, bytes(2_000_000))
    assert entropy(desk.path(upload).read_bytes()) > 7.99

"""What the owner of a photo had cut away does not come back in its copies."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

from tests.imaging import files, heic
from tests.imaging.conftest import PLAIN, Prepare


def halved(data: bytes) -> bytes:
    """An AVIF of one picture, 320 x 160, of which the left half is left."""
    clap = struct.pack(">8I", 160, 1, 160, 1, (-80) & 0xFFFFFFFF, 1, 0, 1)
    return with_property(data, heic.box(b"clap", clap))


def with_property(data: bytes, told: bytes) -> bytes:
    """Put one property behind the others of the only picture, and move on what lies behind."""
    held, uses = data.index(b"ipco") - 4, data.index(b"ipma") - 4
    size, length = (int.from_bytes(data[at : at + 4], "big") for at in (held, uses))
    count, at = 0, held + 8
    while at < held + size:
        at, count = at + int.from_bytes(data[at : at + 4], "big"), count + 1
    known = data[uses + 18]
    body = data[uses + 8 : uses + 18] + bytes([known + 1]) + data[uses + 19 : uses + length] + bytes([0x80 | count + 1])
    changed = data[:held] + heic.box(b"ipco", data[held + 8 : held + size] + told) + heic.box(b"ipma", body)
    whole, more = bytearray(changed + data[uses + length :]), len(told) + 1
    for name in (b"iprp", b"meta"):
        place = whole.index(name) - 4
        whole[place : place + 4] = (int.from_bytes(whole[place : place + 4], "big") + more).to_bytes(4, "big")
    first = data.index(b"mdat") + 4
    places = data.index(b"iloc") + 4
    found = data.index(first.to_bytes(4, "big"), places)
    whole[found : found + 4] = (first + more).to_bytes(4, "big")
    return bytes(whole)


def test_what_was_cut_away_of_an_avif_stays_away(run: Prepare) -> None:
    picture = Image.new("RGB", (320, 160), (200, 40, 40))
    picture.paste((40, 40, 200), (160, 0, 320, 160))
    report, kept = run(halved(files.encode(picture, "AVIF", quality=95)), policy=PLAIN)
    assert report.is_ready, report.reason
    full = np.asarray(Image.open(io.BytesIO(kept.files["full"]))).astype(int)
    assert full.shape == (160, 160, 3)
    assert (full[..., 0] > 150).all()

"""What the owner of a photo had cut away does not come back in its copies."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
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


RED, GREEN, BLUE, WHITE = files.read_corners(files.encode(files.corners(), "PNG"))


@pytest.mark.parametrize(
    ("left", "turns", "size", "corners"),
    [
        ((160, 160, -80, 0), (), (160, 160), (RED, RED, BLUE, BLUE)),
        ((160, 80, 80, 40), (), (160, 80), (WHITE,) * 4),
        ((160, 160, -80, 0), (b"irot", 3), (160, 160), (BLUE, RED, BLUE, RED)),
        ((320, 80, 0, -40), (b"irot", 1), (80, 320), (GREEN, GREEN, RED, RED)),
        ((160, 160, -80, 0), (b"imir", 1), (160, 160), (RED, RED, BLUE, BLUE)),
        ((320, 80, 0, -40), (b"imir", 0), (320, 80), (RED, GREEN, RED, GREEN)),
        # Too little to be seen, and what lies outside of the picture.
        ((8, 8, 0, 0), (), None, "too_small"),
        ((160, 160, 200, 0), (), None, "damaged"),
    ],
)
def test_a_heic_of_which_half_was_cut_away_is_shown_without_it(
    run: Prepare, left: Any, turns: Any, size: tuple[int, int] | None, corners: Any
) -> None:
    """Its decoder takes it for one that lies about its size."""
    told = (heic.box(turns[0], bytes([turns[1]])),) if turns else ()
    report, kept = run(heic.cut_heic(files.corners(320, 160), left, told))
    if size is None:
        assert report.reason == corners
        return
    assert report.is_ready, report
    assert kept.sizes["full"] == size
    assert files.read_corners(kept.files["full"]) == corners


def test_a_heic_laid_of_tiles_is_whole_upright_and_may_be_cut(run: Prepare) -> None:
    """Phones write every large photo so. One thread for each tile found no room in the jail, and the job ended."""
    clap = heic.box(b"clap", struct.pack(">IIIIiIiI", 320, 1, 128, 1, 0, 1, 64, 1))
    turn = heic.box(b"irot", b"\x03")
    data, cut = (heic.tiled_heic(files.corners(320, 256), (160, 128), turns) for turns in ((turn,), (clap, turn)))
    for _ in range(8):
        report, kept = run(data)
        assert report.is_ready, report
        assert kept.sizes["full"] == (256, 320)
        assert files.read_corners(kept.files["full"]) == (BLUE, RED, WHITE, GREEN)
    _, kept = run(cut)
    assert kept.sizes["full"] == (128, 320)
    assert files.read_corners(kept.files["full"]) == (BLUE, BLUE, WHITE, WHITE)

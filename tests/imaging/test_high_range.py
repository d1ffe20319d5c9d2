"""A still of high dynamic range has the colours of a bright screen, as far as an ordinary one can."""

import io
import struct
import zlib

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imaging import Policy
from imaging.walks.heif import primary_numbers
from tests.imaging import files, heic, icc
from tests.imaging.conftest import Prepare
from tests.imaging.test_colour import decode, delta_e, encode
from tests.spread import spread

Numbers = NDArray[np.float64]
PQ, HLG = 16, 18
BT2020, P3 = 9, 12
XY = {
    1: ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)),
    9: ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)),
    12: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
SKIN = [(224, 172, 140), (141, 85, 60), (70, 45, 35), (200, 80, 70), (150, 60, 110), (90, 140, 60), (60, 90, 160)]
"""Of ordinary light: none has more than eight tenths of white paper's."""
BRIGHT = [(1.0, 1.0, 1.0), (2.0, 1.6, 1.2), (4.5, 4.5, 4.5)]
"""Paper, a lamp on skin, a window; in shares of white paper's light."""
SIDE = 64


def xyz_of(primaries: int) -> Numbers:
    """Red, green and blue as columns."""
    columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in XY[primaries]]).T
    white = np.array([0.3127 / 0.329, 1.0, (1 - 0.3127 - 0.329) / 0.329])
    return columns * np.linalg.solve(columns, white)


def scene() -> Numbers:
    """The light of each patch in sRGB's primaries; 1 is white paper's."""
    return np.concatenate([decode(np.array(SKIN) / 255), np.array(BRIGHT)])


def wanted() -> Numbers:
    """What an ordinary screen shall show: the scene, but for what is brighter than eight tenths of paper."""
    most = scene().max(axis=1, keepdims=True)
    above = np.maximum(most - 0.8, 0) / 0.2
    bent = np.where(most > 0.8, 0.8 + 0.2 * above / (1 + above), most)
    return encode(scene() * bent / most) * 255


def coded(primaries: int, curve: int) -> Numbers:
    """The scene in numbers of high dynamic range, 0 to 1, as the standards have it."""
    columns = xyz_of(primaries)
    candelas = np.maximum(scene() @ (np.linalg.inv(columns) @ xyz_of(1)).T, 0) * 203
    if curve == PQ:
        powered = (candelas / 10_000) ** 0.1593017578125
        return ((0.8359375 + 18.8515625 * powered) / (1 + 18.6875 * powered)) ** 78.84375
    light = candelas / 1000
    brightness = (light @ columns[1])[:, None]
    light = light * brightness ** ((1 - 1.2) / 1.2)
    bright = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(light <= 1 / 12, np.sqrt(3 * light), bright)


def patches(shares: Numbers, side: int = SIDE) -> Numbers:
    return np.repeat(np.repeat(shares[None], side, 0), side, 1)


def frame_of(shares: Numbers, side: int = SIDE) -> av.VideoFrame:
    """Ten bits, narrow range, the matrix of BT.2020."""
    red, green, blue = np.moveaxis(patches(shares, side), 2, 0)
    luma = 0.2627 * red + 0.678 * green + 0.0593 * blue
    planes = [64 + 876 * luma]
    planes += [512 + 896 * plane[::2, ::2] for plane in ((blue - luma) / 1.8814, (red - luma) / 1.4746)]
    whole = np.concatenate([np.rint(plane).astype("<u2").ravel() for plane in planes])
    frame = av.VideoFrame(side * len(shares), side, "yuv420p10le")
    start = 0
    for plane in frame.planes:
        width = plane.width * 2
        rows = whole.view(np.uint8)[start : start + width * plane.height].reshape(plane.height, width)
        padded = np.zeros((plane.height, plane.line_size), np.uint8)
        padded[:, :width] = rows
        plane.update(padded.tobytes())
        start += rows.size
    return frame


def avif(shares: Numbers, primaries: int, curve: int, side: int = SIDE) -> bytes:
    """Ten bits, as OpenCV writes them without loss; it tells no colours, so they are put in."""
    values = np.rint(patches(shares, side) * 1023).astype(np.uint16)[:, :, ::-1]
    options = [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_SPEED, 9]
    data = cv2.imencode(".avif", np.ascontiguousarray(values), options)[1].tobytes()
    return told(data, (2, 2), (primaries, curve))


def flat_avif(shares: Numbers, primaries: int, curve: int) -> bytes:
    """Eight bits, as Pillow writes them."""
    picture = Image.fromarray(np.rint(patches(shares) * 255).astype(np.uint8))
    return told(files.encode(picture, "AVIF", quality=100, subsampling="4:4:4"), (1, 13), (primaries, curve))


def told(data: bytes, old: tuple[int, int], new: tuple[int, int]) -> bytes:
    before, after = (b"colrnclx" + struct.pack(">HH", *numbers) for numbers in (old, new))
    assert data.count(before) == 1
    return data.replace(before, after)


def png(shares: Numbers, primaries: int, curve: int, bits: int = 8) -> bytes:
    values = np.rint(patches(shares) * ((1 << bits) - 1))
    rows = values.astype(">u2" if bits == 16 else "u1")
    height, width = rows.shape[:2]
    raw = b"".join(b"\x00" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    cicp = files.chunk(b"cICP", bytes([primaries, curve, 0, 1]))
    body = files.chunk(b"IDAT", zlib.compress(raw))
    return b"\x89PNG\r\n\x1a\n" + files.chunk(b"IHDR", head) + cicp + body + files.chunk(b"IEND", b"")


def shown(run: Prepare, data: bytes) -> Numbers:
    report, kept = run(data)
    assert report.is_ready
    return means(np.asarray(Image.open(io.BytesIO(kept.files["full"]))))


def means(values: NDArray[np.uint8]) -> Numbers:
    """The mean colour of each patch, away from its edges."""
    count = values.shape[1] // SIDE
    return np.stack([values[16:48, SIDE * n + 16 : SIDE * n + 48].astype(float).mean((0, 1)) for n in range(count)])


MAKERS = {
    "heic": lambda shares, primaries, curve: heic.deep_heic(frame_of(shares), (primaries, curve, 9)),
    "avif": avif,
    "flat avif": flat_avif,
    "png": png,
    "deep png": lambda shares, primaries, curve: png(shares, primaries, curve, 16),
}


@pytest.mark.parametrize("curve", [PQ, HLG])
@pytest.mark.parametrize("primaries", [BT2020, P3])
@pytest.mark.parametrize("maker", spread(MAKERS, 3))
def test_skin_looks_as_it_does_in_ordinary_light(run: Prepare, maker: str, primaries: int, curve: int) -> None:
    shares = coded(primaries, curve)
    found = shown(run, MAKERS[maker](shares, primaries, curve))
    # Of AVIF, eight bits are what the file has, and its decoder counts its colours in whole steps of them.
    assert delta_e(found, wanted()).max() < (4 if maker == "flat avif" else 2)
    # Shown as they are, the numbers would be far off.
    assert delta_e(shares * 255, wanted()).max() > 10


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_all_bits_are_used_so_that_smooth_skin_has_no_steps(run: Prepare, kind: str) -> None:
    ramp = np.linspace(0.4, 0.58, 100)[:, None].repeat(3, 1)
    data = avif(ramp, BT2020, PQ, 16) if kind == "avif" else heic.deep_heic(frame_of(ramp, 16), (BT2020, PQ, 9))
    greys = np.asarray(Image.open(io.BytesIO(run(data)[1].files["full"])))[8, 8::16, 1]
    # Of eight bits there are 47 values between the darkest and the lightest.
    assert len(set(greys.tolist())) > 70


@pytest.mark.parametrize("keeps_detail", [False, True])
def test_a_large_one_is_toned_down_at_the_size_that_is_kept(run: Prepare, keeps_detail: bool) -> None:
    many = np.repeat(coded(BT2020, PQ), 4, 0)
    data = heic.deep_heic(frame_of(many), (BT2020, PQ, 9))
    _, kept = run(data, policy=Policy(faces="keep", text="keep", keeps_detail=keeps_detail))
    width = 2560 if keeps_detail else 2048
    assert kept.sizes["full"][0] == width
    picture = Image.open(io.BytesIO(kept.files["full"])).resize((640, 64), Image.Resampling.BOX)
    assert delta_e(means(np.asarray(picture)), wanted()).max() < 2


def test_a_jpeg_whose_profile_names_a_high_range_is_toned_down(run: Prepare) -> None:
    told = b"cicp" + bytes(4) + bytes([BT2020, HLG, 0, 1])
    profile = icc.curved_profile(icc.parametric(0, 2.2), more={b"cicp": told})
    picture = Image.fromarray(np.rint(patches(coded(BT2020, HLG)) * 255).astype(np.uint8))
    found = shown(run, files.encode(picture, "JPEG", quality=100, subsampling=0, icc_profile=profile))
    assert delta_e(found, wanted()).max() < 3


def test_a_map_of_what_bright_screens_show_changes_nothing(run: Prepare) -> None:
    """The first picture is the one for ordinary screens, whatever the others say of themselves."""
    ordinary = np.array(SKIN) / 255
    bright = heic.nclx(BT2020, PQ, 9)
    found = shown(run, heic.deep_heic(frame_of(ordinary), (1, 13, 9), more=(bright,)))
    assert delta_e(found, np.array(SKIN, float)).max() < 2
    first = files.encode(files.corners(), "JPEG")
    second = files.encode(
        files.corners(64, 40), "JPEG", xmp=b'<x xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"/>'
    )
    assert run(first + second)[1].files == run(first)[1].files


def test_a_picture_that_is_laid_together_has_the_colours_of_its_first_part() -> None:
    """As phones store it: tiles tell the colours, and the whole of them has a size alone."""
    properties = [heic.box(b"ispe", bytes(12)), heic.nclx(12, 13, 6), heic.nclx(BT2020, PQ, 9)]
    for is_long in (False, True):
        number, use = ("I", "H") if is_long else ("H", "B")
        uses = struct.pack(">I" + 3 * f"{number}B{use}", 3, 7, 1, 1, 8, 1, 2, 9, 1, 3)
        links = heic.full(b"ipma", uses, int(is_long), is_long)
        parts = heic.box(b"dimg", struct.pack(f">{number}H{number}{number}", 7, 2, 9, 8))
        boxes = heic.full(b"pitm", struct.pack(f">{number}", 7), int(is_long))
        boxes += heic.full(b"iref", parts, int(is_long)) + heic.box(
            b"iprp", heic.box(b"ipco", b"".join(properties)) + links
        )
        assert primary_numbers(heic.full(b"meta", boxes)) == (BT2020, PQ)


def test_broken_boxes_tell_no_colours() -> None:
    whole = heic.deep_heic(frame_of(coded(BT2020, PQ)), (BT2020, PQ, 9))
    assert primary_numbers(whole) == (BT2020, PQ)
    cut = {primary_numbers(whole[:size]) for size in range(whole.index(b"mdat") - 4)}
    assert cut == {None}
    random = np.random.default_rng(1)
    for _ in range(500):
        broken = np.frombuffer(whole, np.uint8).copy()
        broken[random.integers(0, whole.index(b"mdat"), 3)] = random.integers(0, 256, 3)
        numbers = primary_numbers(broken.tobytes())
        assert numbers is None or len(numbers) == 2

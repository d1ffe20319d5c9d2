"""A PNG that names its colours by numbers is shown in them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from imaging.steps.told_profile import adobe_profile, wide_profile
from tests.imaging import files, icc
from tests.imaging.conftest import Prepare

ADOBE = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)


def patches() -> Image.Image:
    steps = np.array([30, 90, 150, 220], np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(8, 8, 3)
    return Image.fromarray(cube.repeat(16, 0).repeat(16, 1))


def with_chunks(*chunks: tuple[bytes, bytes], image: Image.Image | None = None) -> bytes:
    data = files.encode(image or patches(), "PNG")
    at = data.index(b"IDAT") - 4
    return data[:at] + b"".join(files.chunk(*one) for one in chunks) + data[at:]


def shown(run: Prepare, data: bytes) -> np.ndarray:
    report, kept = run(data)
    assert report.is_ready
    return np.asarray(Image.open(io.BytesIO(kept.files["full"])))[8::16, 8::16].astype(int)


@pytest.mark.parametrize(
    ("chunks", "profile"),
    [
        ([(b"gAMA", struct.pack(">I", 45471)), (b"cHRM", struct.pack(">8I", *ADOBE))], adobe_profile()),
        ([(b"cICP", bytes([12, 13, 0, 1]))], wide_profile(12)),
        ([(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", struct.pack(">I", 100_000))], None),
        ([(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))], None),
        ([(b"gAMA", struct.pack(">I", 45455))], None),
        ([(b"gAMA", struct.pack(">I", 0))], None),
        ([(b"gAMA", struct.pack(">I", 45455)), (b"cHRM", bytes(32))], None),
    ],
)
def test_colours_told_by_number_are_those_of_the_profile(
    run: Prepare, chunks: list[tuple[bytes, bytes]], profile: bytes | None
) -> None:
    wanted = shown(run, files.encode(patches(), "PNG", **({"icc_profile": profile} if profile else {})))
    assert np.abs(shown(run, with_chunks(*chunks)) - wanted).max() <= 2


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_in_linear_light_is_brought_to_the_curve_of_a_screen(run: Prepare, mode: str) -> None:
    grey = Image.new("L", (128, 128), 73)
    image = Image.fromarray(np.full((128, 128), 73 * 257, np.uint16)) if mode == "I;16" else grey.convert(mode)
    found = shown(run, with_chunks((b"gAMA", struct.pack(">I", 100_000)), image=image))
    assert np.abs(found - 145).max() <= 2


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_keeps_its_own_profile(run: Prepare, mode: str) -> None:
    image = Image.new("L", (128, 128), 73).convert(mode)
    assert np.abs(shown(run, files.encode(image, "PNG", icc_profile=icc.grey_profile(1.0))) - 145).max() <= 2


def test_linear_light_is_brought_to_the_curve_of_a_screen(run: Prepare) -> None:
    found = shown(run, with_chunks((b"gAMA", struct.pack(">I", 100_000))))
    linear = np.asarray(patches())[8::16, 8::16] / 255
    wanted = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    assert np.abs(found - wanted).max() <= 3


def test_a_profile_behind_the_picture_is_none_as_in_browsers(run: Prepare) -> None:
    plain = files.encode(patches(), "PNG")
    late = plain[:-12] + files.chunk(b"iCCP", b"x\0\0" + zlib.compress(wide_profile(12))) + plain[-12:]
    assert np.array_equal(shown(run, late), shown(run, plain))

"""Colours are converted by the photo's own profile, not relabelled."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from imaging.steps.convert_colour import convert_colour
from imaging.steps.matrix_colour import shaper_of
from tests.imaging import files, icc
from tests.imaging.conftest import Prepare
from tests.imaging.heic import heic

PATCHES = [(224, 172, 140), (141, 85, 60), (70, 45, 35), (200, 80, 70), (150, 60, 110), (90, 140, 60), (60, 90, 160)]
PROFILES = {"P3": icc.matrix_profile(icc.DISPLAY_P3, None), "AdobeRGB": icc.matrix_profile(icc.ADOBE_RGB, 2.2)}
SRGB = ImageCms.createProfile("sRGB")


def patches(mode: str) -> Image.Image:
    picture = Image.new("RGB", (64 * len(PATCHES), 64))
    for number, colour in enumerate(PATCHES):
        picture.paste(colour, (64 * number, 0, 64 * number + 64, 64))
    return picture.convert(mode)


def centres(picture: Image.Image) -> NDArray[np.float64]:
    """The mean colour of each patch, away from its edges."""
    values = np.asarray(picture.convert("RGB"), dtype=np.float64)
    return np.stack([values[16:48, 64 * n + 16 : 64 * n + 48].mean((0, 1)) for n in range(len(PATCHES))])


def converted(picture: Image.Image, profile: bytes) -> Image.Image:
    """What lcms makes of the stored pixels, the reference."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    found = ImageCms.profileToProfile(picture, source, SRGB, outputMode="RGB")
    assert found is not None
    return found


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("encoder", ["JPEG", "PNG", "WEBP"])
def test_wide_colours_come_out_within_two_of_the_reference(run: Prepare, name: str, encoder: str) -> None:
    options = {"JPEG": {"quality": 98, "subsampling": 0}, "PNG": {}, "WEBP": {"lossless": True}}[encoder]
    picture = patches("RGB")
    report, kept = run(files.encode(picture, encoder, icc_profile=PROFILES[name], **options))
    reference = centres(converted(picture, PROFILES[name]))
    assert delta_e(centres(Image.open(io.BytesIO(kept.files["full"]))), reference).max() < 2
    assert "icc" in report.removed
    # Pixels relabelled without conversion would be far off, so this test can fail.
    assert delta_e(centres(picture), reference).max() > 2


def test_cmyk_comes_out_within_two_of_the_reference(run: Prepare) -> None:
    picture = patches("CMYK")
    _, kept = run(files.encode(picture, "JPEG", quality=98, subsampling=0, icc_profile=icc.cmyk_profile()))
    reference = centres(converted(picture, icc.cmyk_profile()))
    assert delta_e(centres(Image.open(io.BytesIO(kept.files["full"]))), reference).max() < 2
    assert delta_e(centres(picture), reference).max() > 2


@pytest.mark.parametrize("primaries", [12, 1])
def test_a_heic_that_only_names_its_primaries_by_number_is_converted(run: Prepare, primaries: int) -> None:
    picture = patches("RGB")
    _, kept = run(heic(picture, primaries=primaries))
    seen = centres(Image.open(io.BytesIO(kept.files["full"])))
    expected = centres(converted(picture, PROFILES["P3"]) if primaries == 12 else picture)
    assert delta_e(seen, expected).max() < 2


def test_an_avif_with_a_profile_is_converted(run: Prepare) -> None:
    picture = patches("RGB")
    data = files.encode(picture, "AVIF", quality=95, subsampling="4:4:4", icc_profile=PROFILES["P3"])
    _, kept = run(data)
    seen = centres(Image.open(io.BytesIO(kept.files["full"])))
    assert delta_e(seen, centres(converted(picture, PROFILES["P3"]))).max() < 2


def test_p3_agrees_with_its_definition_and_not_only_with_lcms(run: Prepare) -> None:
    _, kept = run(files.encode(patches("RGB"), "PNG", icc_profile=PROFILES["P3"]))
    linear = decode(np.array(PATCHES) / 255)
    to_srgb = np.linalg.inv(np.array(icc.SRGB).T) @ np.array(icc.DISPLAY_P3).T
    expected = encode(np.clip(linear @ to_srgb.T, 0, 1)) * 255
    assert delta_e(centres(Image.open(io.BytesIO(kept.files["full"]))), expected).max() < 2


def test_a_profile_that_is_srgb_under_another_name_changes_nothing(run: Prepare) -> None:
    data = files.encode(patches("RGB"), "PNG", icc_profile=icc.matrix_profile(icc.SRGB, None))
    plain = files.encode(patches("RGB"), "PNG")
    assert run(data)[1].files == run(plain)[1].files


CURVES = {
    "a straight line": icc.tabled(),
    "a power": icc.tabled(round(1.8 * 256)),
    "a table": icc.tabled(*(round(65535 * (n / 1023) ** 2.2) for n in range(1024))),
    "kind 0": icc.parametric(0, 2.2),
    "kind 1": icc.parametric(1, 2.4, 0.99, 0.01),
    "kind 2": icc.parametric(2, 2.2, 0.98, 0.0, 0.0),
    "kind 3": icc.parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    "kind 4": icc.parametric(4, 2.2, 0.98, 0.0, 0.5, 0.05, 0.02, 0.0),
}


def lcms_of(image: Image.Image, profile: bytes) -> NDArray[np.int16]:
    return np.asarray(converted(image, profile)).astype(np.int16)


@pytest.mark.parametrize("columns", [icc.DISPLAY_P3, icc.ADOBE_RGB])
@pytest.mark.parametrize("name", CURVES)
def test_curves_and_a_matrix_give_what_lcms_gives_to_one_of_255(name: str, columns: icc.Matrix) -> None:
    profile = icc.curved_profile(CURVES[name], columns)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    shaper = shaper_of(profile, source, ImageCms.ImageCmsProfile(SRGB))
    assert shaper is not None
    picture = files.noise(301, 257)
    found = np.empty((257, 301, 3), np.uint8)
    shaper.apply(np.asarray(picture), found)
    assert np.abs(lcms_of(picture, profile) - found).max() <= 1
    assert np.abs(lcms_of(picture, profile) - np.asarray(picture)).max() > 5
    assert shaper.light.shape == (1, 256, 1), "three curves that are one are one table"


@pytest.mark.parametrize(
    "profile",
    [
        icc.curved_profile(CURVES["kind 3"], more={b"A2B0": icc.swapping_table()}),
        icc.curved_profile(icc.parametric(3, 2.4, 0.9, 0.1, 0.1, 0.2), columns=((0.9, 0.1, 0),) * 3),
        # The darkest of this profile is no black, and is made so.
        icc.curved_profile(icc.parametric(2, 2.2, 0.98, 0.01, 0.01)),
        icc.curved_profile(icc.parametric(1, 2.4, 0.0, 0.1)),
        icc.curved_profile(icc.parametric(9, 2.4)),
        icc.curved_profile(icc.parametric(3, 2.4)),
        icc.curved_profile(icc.tabled(*range(65_535, 0, -1))),
        icc.curved_profile(b"curv" + bytes(4) + b"\xff" * 4),
        icc.curved_profile(b"none" + bytes(8)),
    ],
)
def test_what_is_no_plain_matrix_comes_out_as_lcms_has_it_or_as_it_was(profile: bytes) -> None:
    picture = files.noise(64, 48)
    found = convert_colour(picture.copy(), profile).astype(np.int16)
    try:
        expected = lcms_of(picture, profile)
    except ImageCms.PyCMSError:
        expected = np.asarray(picture).astype(np.int16)
    assert np.abs(found - expected).max() <= 1


def test_a_large_picture_is_converted_to_its_last_row_and_column() -> None:
    picture = files.noise(1111, 777)
    found = convert_colour(picture.copy(), PROFILES["P3"])
    assert np.abs(found - lcms_of(picture, PROFILES["P3"])).max() <= 1
    assert np.array_equal(convert_colour(picture, None), np.asarray(picture))


def test_a_broken_profile_does_not_cost_the_photo(run: Prepare) -> None:
    report, kept = run(files.encode(files.corners(), "JPEG", icc_profile=b"not a profile" * 20))
    assert report.is_ready
    assert files.read_corners(kept.files["view"]) == files.CORNERS


def decode(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encode(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    xyz = decode(rgb / 255) @ np.array(icc.SRGB) / np.array([0.9642, 1.0, 0.8249])
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1)


def delta_e(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The CIEDE2000 difference of two lists of sRGB colours."""
    (l1, a1, b1), (l2, a2, b2) = lab(first).T, lab(second).T
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    grow = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
    c1, c2 = np.hypot(a1 * grow, b1), np.hypot(a2 * grow, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1 * grow)) % 360, np.degrees(np.arctan2(b2, a2 * grow)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    hue = (h1 + turn / 2) % 360
    big_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    cos = lambda factor, shift: np.cos(np.radians(factor * hue + shift))  # noqa: E731 - one letter of the formula.
    t = 1 - 0.17 * cos(1, -30) + 0.24 * cos(2, 0) + 0.32 * cos(3, 6) - 0.20 * cos(4, -63)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    weight_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    weight_c, weight_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    twist = (
        -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    )
    dl, dc, dh = (l2 - l1) / weight_l, (c2 - c1) / weight_c, big_h / weight_h
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + twist * dc * dh, 0))


def test_a_photo_that_says_adobe_rgb_in_exif_alone_is_converted(run: Prepare) -> None:
    picture = patches("RGB")
    reference = centres(converted(picture, PROFILES["AdobeRGB"]))
    for index, wanted in (("R03", reference), ("R98", centres(picture))):
        exif = Image.Exif()
        exif[0x8769] = {0xA001: 65535 if index == "R03" else 1, 0xA005: {1: index}}
        _, kept = run(files.encode(picture, "JPEG", quality=98, subsampling=0, exif=exif))
        assert delta_e(centres(Image.open(io.BytesIO(kept.files["full"]))), wanted).max() < 2

"""A WebP of any size that a camera has is shown, as the library shows small ones."""

import io

import numpy as np
import pytest
from PIL import Image

from imaging import Policy
from imaging.refusal import Refused
from imaging.steps.large_webp import open_large
from tests.imaging import files
from tests.imaging.conftest import PLAIN, Prepare
from tests.imaging.icc import DISPLAY_P3, matrix_profile

PROFILE = matrix_profile(DISPLAY_P3, None)
TURNED = Image.Exif()
TURNED[0x0112] = 6


def decoded(data: bytes) -> np.ndarray:
    large = open_large(data, least=0)
    assert large is not None
    return np.asarray(large.decode(None)).astype(int)


@pytest.mark.parametrize("options", [{"quality": 90}, {"lossless": True}], ids=str)
def test_it_has_the_colours_the_turn_and_the_profile_that_pillow_tells(options: dict[str, object]) -> None:
    picture = files.corners(97, 65)
    data = files.encode(picture, "WEBP", exif=TURNED, icc_profile=PROFILE, **options)
    apart = np.abs(decoded(data) - np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
    assert (float(np.median(apart)), apart.mean() < 3) == (0.0, True), "but for rims, where colours run into each other"
    large = open_large(data, least=0)
    assert large is not None
    assert (large.orientation, large.width, large.height, large.profile) == (6, 65, 97, PROFILE)
    sheer = picture.convert("RGBA")
    sheer.putalpha(Image.linear_gradient("L").resize(picture.size))
    seen = decoded(files.encode(sheer, "WEBP", exact=True, **options))
    white = Image.new("RGBA", picture.size, "white")
    assert np.abs(seen - np.asarray(Image.alpha_composite(white, sheer).convert("RGB"))).mean() < 3


def test_a_cut_one_and_an_animation_are_left_to_the_library_and_a_broken_one_is_refused() -> None:
    whole = files.encode(files.noise(97, 65), "WEBP", lossless=True)
    moving = files.encode(files.corners(), "WEBP", save_all=True, append_images=[files.noise(*files.corners().size)])
    assert open_large(whole[:-40], least=0) is open_large(moving, least=0) is open_large(whole) is None
    with pytest.raises(Refused) as refused:
        decoded(whole[:40] + bytes(600) + whole[640:])
    assert refused.value.reason == "damaged"


@pytest.mark.wide
@pytest.mark.parametrize("policy", [PLAIN, Policy(keeps_detail=True)], ids=["at half size", "every pixel"])
def test_one_of_48_megapixels_fits(run: Prepare, policy: Policy) -> None:
    data = files.encode(Image.new("RGB", (8064, 6048), (180, 120, 90)), "WEBP", method=0, exif=TURNED)
    report, kept = run(data, policy=policy)
    assert (report.verdict, report.reason, report.source.width) == ("ready", None, 6048)
    assert kept.sizes["view"][1] > kept.sizes["view"][0]
    assert report.usage["rss_mib"] < 800

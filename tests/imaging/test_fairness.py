"""Advice is as right about dark skin as about light skin, and no more often wrong."""

import functools
import itertools

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imaging.steps.judge_photo import judge_photo
from imaging.steps.judge_quality import judge_quality
from tests.imaging.skins import FALLS, MONK, Shot, bare, shots, take
from tests.imaging.test_quality import TONES
from tests.spread import spread

# A second scale of the six types, taken from nowhere near the first, so that thresholds are not tuned to one.
OTHER_TONES = [(244, 208, 177), (231, 180, 143), (210, 158, 124), (186, 119, 80), (165, 93, 43), (60, 32, 29)]
LIGHT, DARK = (*TONES[:3], *OTHER_TONES[:3]), (*TONES[3:], *OTHER_TONES[3:])
SEEDS = range(2)
SIZE = (1024, 768)
BLURS_AT_VIEW, HALF = (4.0, 8.0, 16.0), 0.5
"""Of the view's 2048 pixels; these pictures are half as large."""


def patch(
    tone: tuple[int, int, int], seed: int, *, blur: float = 0.0, stops: float = 0.0, texture: bool = True
) -> Image.Image:
    """A patch of skin with soft light, pores and, where there is texture, hairs; dimmed as light is."""
    light, noise = _drawn(seed, texture)
    # 255 * (light * linear) ** (1 / 2.2), of which only the first part is of each place.
    picture = light[:, :, None] * (np.array(tone, np.float32) * np.float32(2 ** (-stops / 2.2)))
    picture = np.minimum(picture, 255)
    if blur:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur * HALF), np.float32)
    return Image.fromarray(np.clip(picture + noise, 0, 255).astype(np.uint8))


@functools.cache
def _drawn(seed: int, texture: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How bright each place of a patch is, and the noise of its camera: the same on every tone, and so drawn once."""
    random = np.random.default_rng(seed)
    width, height = SIZE
    shade = cv2.resize(random.normal(0, 1, (6, 8)).astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC)
    pores = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.0)
    light = 1 + 0.05 * shade + 0.05 * pores
    for _ in range(90 if texture else 0):
        start = random.integers(0, SIZE)
        end = start + random.integers(-60, 60, 2)
        cv2.line(light, start.tolist(), end.tolist(), 0.7, 2, cv2.LINE_AA)
    noise = random.normal(0, 1.5, (height, width, 3)).astype(np.float32)
    return np.maximum(light, 0) ** np.float32(1 / 2.2), noise


@functools.cache
def judged(tone: tuple[int, int, int], seed: int, **how: object) -> dict[str, object]:
    """What is said of such a patch; several tests ask for one word each of the same."""
    return judge_quality(patch(tone, seed, **how))


def share(tones, name: str, verdict: str, **how: object) -> float:
    """The share of patches of these tones that are told so."""
    told = [judged(tone, seed, **how)[name] for tone, seed in itertools.product(tones, SEEDS)]
    return sum(entry == verdict for entry in told) / len(told)


@pytest.mark.parametrize(("name", "verdict"), [("sharpness", "blurry"), ("exposure", "dark"), ("colour", "cast")])
def test_false_advice_is_as_rare_for_dark_skin_as_for_light(name: str, verdict: str) -> None:
    light, dark = (
        (share(tones, name, verdict) + share(tones, name, verdict, texture=False)) / 2 for tones in (LIGHT, DARK)
    )
    assert abs(light - dark) < 0.05
    assert max(light, dark) < 0.05


@pytest.mark.parametrize(
    ("name", "verdict", "how"),
    spread(
        [("exposure", "dark", {"stops": 2.0}), *(("sharpness", "blurry", {"blur": blur}) for blur in BLURS_AT_VIEW)], 2
    ),
)
def test_what_is_wrong_is_seen_on_light_and_dark_skin_alike(name: str, verdict: str, how: dict[str, float]) -> None:
    light, dark = share(LIGHT, name, verdict, **how), share(DARK, name, verdict, **how)
    assert min(light, dark) >= 0.8, (light, dark)


@pytest.mark.wide
def test_what_jpeg_leaves_on_blurred_dark_skin_is_no_detail() -> None:
    told = [judge_quality(take(Shot(tone, blur=8.0, gain=1.0, quality=80)))["sharpness"] for tone in MONK[4:]]
    assert told == ["blurry"] * 6


@pytest.mark.parametrize("fall", spread(FALLS, 1))
@pytest.mark.wide
def test_the_light_on_sharp_smooth_skin_is_not_called_blur_on_any_tone(fall: str) -> None:
    for tone, shot in (*itertools.product(MONK[::3], ((0.0, 85), (2.0, 85))), (OTHER_TONES[-1], (1.0, 75))):
        assert judge_quality(bare(tone, fall, *shot))["sharpness"] != "blurry", (tone, shot)


@pytest.mark.parametrize("tone", spread([pytest.param(tone) for tone in MONK], 3))
def test_a_photo_in_good_light_is_called_neither_dark_nor_bright_on_any_skin(tone: tuple[int, int, int]) -> None:
    for shot in shots(tone, 4):
        told = judge_quality(take(shot))
        assert (told["exposure"], told["colour"]) == ("good", "good"), (shot, told)


@pytest.mark.parametrize("cloth", [(32, 38, 66), (58, 58, 62), (24, 24, 26), (40, 92, 84)])
def test_dark_skin_on_dark_cloth_in_good_light_is_not_called_dark(cloth: tuple[int, int, int]) -> None:
    """Nothing in such a picture is bright, and the light is as good as on the lightest skin."""
    for tone in TONES:
        ground = np.broadcast_to(np.asarray(cloth, np.uint8), (SIZE[1], SIZE[0], 3)).copy()
        limb = np.asarray(patch(tone, 1))
        ground[:, 400:620] = limb[:, 400:620]
        assert judge_quality(Image.fromarray(ground))["exposure"] == "good", tone


@pytest.mark.parametrize("every", [2, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.wide
def test_a_quarter_of_the_light_is_told_on_the_lighter_and_the_darker_half_of_all_skin(every: int) -> None:
    for half in (MONK[:5:every], MONK[5::every]):
        told = [judge_quality(take(shot))["exposure"] for tone in half for shot in shots(tone, 3, stops=-2.0)]
        assert told.count("dark") / len(told) >= 0.8, told


def test_dark_skin_that_the_camera_made_lighter_is_not_called_dark() -> None:
    for tone in MONK[7:]:
        assert judge_quality(patch(tone, 1, stops=-0.75))["exposure"] == "good"


@pytest.mark.parametrize(
    "cast", spread([pytest.param(cast) for cast in ((0.4, 0.75, 1.6), (0.55, 1.3, 0.55), (1.15, 0.95, 0.3))], 2)
)
def test_light_that_no_skin_looks_like_is_called_a_cast(cast: tuple[float, float, float]) -> None:
    for tones in (LIGHT, DARK):
        tinted = [np.asarray(patch(tone, 1)).astype(np.float32) * np.array(cast, np.float32) for tone in tones]
        told = [judge_quality(Image.fromarray(np.clip(one, 0, 255).astype(np.uint8)))["colour"] for one in tinted]
        assert told.count("cast") / len(told) >= 0.8, told


def test_skin_that_fills_little_of_a_picture_is_far() -> None:
    for tone in (*LIGHT, *DARK):
        room = Image.new("RGB", SIZE, (150, 158, 170))
        room.paste(patch(tone, 1).resize((150, 150)), (400, 300))
        assert judge_quality(room)["distance"] == "far"
        assert judge_quality(patch(tone, 1))["distance"] == "good"
    assert judge_quality(Image.new("RGB", SIZE, (150, 158, 170)))["distance"] == "unknown"


def test_a_photo_of_few_pixels_is_called_small_by_what_came_in() -> None:
    small = np.asarray(patch(LIGHT[0], 1))
    assert judge_photo(small, 4032, 3024)["resolution"] == "good"
    assert judge_photo(small, 640, 360)["resolution"] == "low"


def test_highlights_and_shadows_without_detail_are_counted() -> None:
    values = np.asarray(patch(LIGHT[1], 1)).copy()
    assert judge_quality(Image.fromarray(values))["clipping"] == "good"
    values[:120] = 255
    assert judge_quality(Image.fromarray(values))["clipping"] == "clipped"

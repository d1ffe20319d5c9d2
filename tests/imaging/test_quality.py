"""Advice about a photo is silent where it cannot know, and the same for light and for dark skin."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging.light import linear
from imaging.steps.judge_quality import highest, judge_quality
from tests.imaging import files, pictures
from tests.imaging.conftest import Prepare
from tests.spread import spread

TONES = [(244, 208, 184), (224, 172, 140), (198, 134, 98), (141, 85, 60), (95, 57, 40), (62, 38, 30)]


def skin(tone: tuple[int, int, int], seed: int, *, texture: bool = True, blur: float = 0.0) -> Image.Image:
    """A close-up of 1200 by 900: skin with a soft rash, with hairs and a ruler's edge where there is texture."""
    random = np.random.default_rng(seed)
    height, width = 900, 1200
    shade = cv2.resize(random.normal(0, 1, (6, 8)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.0)
    light = 1 + 0.05 * shade + 0.05 * grain
    if texture:
        for _ in range(90):
            start = random.integers(0, (width, height))
            end = start + random.integers(-72, 72, 2)
            cv2.line(light, start.tolist(), end.tolist(), 0.7, 2, cv2.LINE_AA)
    picture = light[:, :, None] * np.array(tone, np.float32)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    noise = random.normal(0, 1.5, picture.shape)
    return Image.fromarray(np.clip(picture + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("tone", spread(map(pytest.param, TONES), 3))
@pytest.mark.parametrize("texture", [True, False])
def test_a_sharp_photo_of_any_skin_is_not_called_blurry_or_dark(tone: tuple[int, int, int], texture: bool) -> None:
    advice = judge_quality(skin(tone, 1, texture=texture))
    assert advice["sharpness"] == ("good" if texture else "unknown"), advice
    assert advice["exposure"] == "good", advice


@pytest.mark.parametrize("tone", TONES)
def test_a_blurred_photo_with_texture_is_called_blurry(tone: tuple[int, int, int]) -> None:
    assert judge_quality(skin(tone, 1, blur=4))["sharpness"] == "blurry"


@pytest.mark.parametrize("tone", TONES[:4])
def test_a_photo_an_eighth_as_bright_is_called_dark(tone: tuple[int, int, int]) -> None:
    picture = skin(tone, 1).point(lambda value: value // 8)
    assert judge_quality(picture)["exposure"] == "dark"


def test_a_photo_washed_out_by_flash_is_called_bright() -> None:
    assert judge_quality(Image.new("RGB", (400, 300), (255, 254, 252)))["exposure"] == "bright"


def test_nothing_is_said_of_the_sharpness_of_an_empty_wall() -> None:
    assert judge_quality(Image.new("RGB", (400, 300), (180, 170, 160)))["sharpness"] == "unknown"


def test_advice_never_stops_a_photo(run: Prepare) -> None:
    report, kept = run(files.encode(skin(TONES[1], 1, blur=4), "JPEG"))
    assert report.is_ready
    assert report.quality["sharpness"] == "blurry"
    assert Image.open(io.BytesIO(kept.files["full"])).size == (1200, 900)


def test_the_value_that_few_pixels_reach_is_the_same_however_it_is_found() -> None:
    chance = np.random.default_rng(1)
    for number in range(60):
        shape = chance.integers(1, 90, 2)
        # Every seventh value is looked at first: in half of these all the high ones lie elsewhere.
        plane = chance.normal(0, 50, shape) if number % 3 else chance.integers(0, 3, shape) * 100.0
        plane.reshape(-1)[::7] -= 500.0 * (number % 2)
        for part in (2, 50, 100):
            place = -max(1, plane.size // part)
            assert highest(plane.astype(np.float32), part) == np.sort(plane.astype(np.float32), axis=None)[place]


@pytest.mark.parametrize("name", ["coffee.png", "camera.png", "gravel.png"])
def test_a_real_photo_two_stops_too_dark_is_called_dark_and_as_it_is_not(name: str) -> None:
    picture = pictures.shipped(name)
    light = linear(np.asarray(picture))
    dark = light / 4
    back = np.where(dark <= 0.0031308, dark * 12.92, 1.055 * np.power(dark, 1 / 2.4) - 0.055)
    under = Image.fromarray(np.uint8(np.round(back * 255)))
    assert [judge_quality(each)["exposure"] for each in (picture, under)] == ["good", "dark"]

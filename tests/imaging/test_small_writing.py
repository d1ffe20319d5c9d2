"""Names that are too small for the look at the whole picture are covered, and a rash is not taken for one."""

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging import Policy, samples
from imaging.boxes import Box
from imaging.masks import FILL
from imaging.models import find_models
from imaging.small_writing import small_texts_in
from imaging.steps.make_small import make_small
from imaging.writing import Shown, Writing, texts_in
from tests.imaging import files, pictures
from tests.imaging.conftest import Prepare
from tests.imaging.skins import MONK, shots, take
from tests.imaging.test_masks import is_covered
from tests.spread import spread

SIZE = (2016, 1512)
"""A photo of twelve megapixels as it is looked at."""
AT = (1300, 1050)
NAME = "Zoraida Quintanilla"


def written(ground: int, ink: int, grain: float, *, capital: int = 10, turn: int = 0, beside: int = 0) -> Image.Image:
    """A name with capitals so many pixels high, on a ground of this tone with a sensor's grain.

    `beside` draws so many folds or hairs that all run one way.
    """
    font = ImageFont.load_default(size=capital / 0.72)
    words = Image.new("L", SIZE, 0)
    ImageDraw.Draw(words).text(AT, NAME, font=font, fill=255)
    share = np.asarray(words.rotate(turn, center=AT), np.float32)[:, :, None] / 255
    lines = Image.new("L", SIZE, 0)
    for number in range(beside):
        ImageDraw.Draw(lines).line((100 + 6 * number, 100, 160 + 6 * number, 500), fill=255, width=2)
    dark = np.maximum(share, np.asarray(lines, np.float32)[:, :, None] / 255)
    noise = np.random.default_rng(1).normal(0, grain, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(np.clip(ground + (ink - ground) * dark + noise, 0, 255).astype(np.uint8).repeat(3, 2))


def place(turn: int = 0, capital: int = 10) -> tuple[float, ...]:
    """Where the letters of the name are, in shares of the picture."""
    left, top, right, bottom = ImageFont.load_default(size=capital / 0.72).getbbox(NAME)
    along, across = (right - left) / 2, (bottom - top) / 2
    middle = np.array((left + right, top + bottom)) / 2
    turned = np.array([[0, 1], [-1, 0]]) @ middle if turn else middle
    half = (across, along) if turn else (along, across)
    x, y = np.array(AT) + turned
    return ((x - half[0]) / SIZE[0], (y - half[1]) / SIZE[1], (x + half[0]) / SIZE[0], (y + half[1]) / SIZE[1])


@pytest.mark.parametrize(
    ("ground", "ink", "grain", "turn"),
    spread([(200, 170, 1, 0), (150, 115, 8, 0), (90, 125, 4, 0), (150, 110, 8, 90)], 1),
)
@pytest.mark.wide
def test_a_pale_name_of_ten_pixels_is_covered_on_plain_ground_and_on_grain(
    run: Prepare, ground: int, ink: int, grain: float, turn: int
) -> None:
    picture = written(ground, ink, grain, turn=turn, beside=40)
    _, kept = run(files.encode(picture, "JPEG", quality=92), policy=Policy(faces="keep"))
    assert is_covered(kept.files["full"], place(turn))
    # What only has edges that run one way stays.
    hairs = np.asarray(Image.open(io.BytesIO(kept.files["full"])))[100:500, 100:400].astype(int)
    assert (np.abs(hairs - FILL).max(axis=2) > 12).all()


@pytest.fixture(scope="module")
def writing() -> Writing:
    models = find_models()
    return Writing(*(cv2.dnn.readNetFromONNX(str(path)) for path in (models.texts, models.letters)))


def skins() -> Iterator[np.ndarray]:
    # Before woven cloth, in which the detector of lines sees one.
    shot = take(shots(MONK[3], 10)[1]).resize((2048, 1536), Image.Resampling.BICUBIC)
    yield np.asarray(shot)
    for scene, tone in (("eczema_far", 1), ("bites_leg", 4)):
        yield np.asarray(Image.open(io.BytesIO(samples.photo(scene, tone=tone, seed=7 * tone, size=SIZE))))


@pytest.mark.wide
def test_no_rash_is_taken_for_small_writing(writing: Writing) -> None:
    for pixels in skins():
        assert small_texts_in(writing, pixels, texts_in(writing, make_small(pixels))) == []


@pytest.mark.wide
def test_where_a_face_may_be_near_only_thick_lines_must_be_read(writing: Writing) -> None:
    picture = Image.new("RGB", (640, 480), (150, 150, 140))
    picture.paste(pictures.portrait(480), (0, 0))
    pixels, whole = np.asarray(picture), Box(0.0, 0.0, 1.0, 1.0)
    # Its teeth, which are 1.7 % thick.
    found = texts_in(writing, pixels, 640)
    assert texts_in(writing, pixels, 640, [Shown(whole, thinnest=0.1)]) == found != []
    assert texts_in(writing, pixels, 640, [Shown(whole, thinnest=0.01)]) == []
    assert texts_in(writing, pixels, 640, [Shown(Box(0.0, 0.0, 0.3, 0.3))]) == found
    # Without a reader nothing can be proven, and all is covered.
    assert texts_in(Writing(writing.lines), pixels, 640, [Shown(whole)]) == found


def test_many_busy_places_are_looked_at_as_far_as_there_is_room(writing: Writing) -> None:
    """Print all over the picture costs no more than a part of it does, and the smallest places are looked at."""
    picture = written(200, 40, 1)
    cloth = np.random.default_rng(2).integers(60, 200, (48, 48, 3), dtype=np.uint8)
    pixels = np.asarray(picture).copy()
    for top in range(0, 900, 90):
        for left in range(0, 1900, 90):
            pixels[top : top + 48, left : left + 48] = cloth
    sizes: list[int] = []
    net = writing.lines

    class Counting:
        def setInput(self, blob: np.ndarray) -> None:  # noqa: N802 - OpenCV's own name.
            sizes.append(blob.shape[2] * blob.shape[3])
            net.setInput(blob)

        def forward(self) -> object:
            return net.forward()

    small_texts_in(Writing(Counting(), writing.letters), pixels, [])  # type: ignore[arg-type]
    assert 0 < max(sizes) <= 448 * 512


@pytest.mark.wide
def test_a_large_photo_is_looked_at_in_the_size_of_its_copies_and_a_small_one_not_again(writing: Writing) -> None:
    picture = np.asarray(written(200, 40, 1))
    large = cv2.resize(picture, (SIZE[0] * 2, SIZE[1] * 2), interpolation=cv2.INTER_CUBIC)
    found = small_texts_in(writing, large, [])
    left, top, right, bottom = place()
    assert any(box.left < left and box.top < top and box.right > right and box.bottom > bottom for box in found)
    assert small_texts_in(writing, picture, found) == []
    assert small_texts_in(writing, picture[1000:1300, 1200:1700], []) == []
    unread = small_texts_in(Writing(writing.lines), picture, [])
    assert len(unread) == 1

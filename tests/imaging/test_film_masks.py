"""Faces and stamps in a film are covered in every picture of it, also while the detector loses them."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging import DEIDENTIFIED, Jail, Policy, open_jail, prepare
from imaging.policy import Region
from tests.imaging import films, pictures
from tests.imaging.conftest import PLAIN, Kept, Prepare

FACES_ONLY = Policy(text="keep")
GREY = (52, 58, 64)


def film_of(frames: list[Image.Image], rate: int = 10, options: dict[str, str] | None = None) -> bytes:
    """A film of these pictures; `options` are the encoder's."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = *frames[0].size, "yuv420p"
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def walker(at: int) -> Image.Image:
    scene = Image.new("RGB", (640, 360), (150, 150, 140))
    scene.paste(pictures.portrait(150), (at, 90))
    return scene


def shown(data: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(data)) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


def is_grey(pixels: np.ndarray) -> bool:
    return bool(np.abs(np.median(pixels.reshape(-1, 3), axis=0) - GREY).max() <= 14)


def test_a_walking_face_is_covered_in_every_picture(run: Prepare) -> None:
    places = [40 + 12 * number for number in range(30)]
    report, kept = run(film_of([walker(at) for at in places]), "video", FACES_ONLY)
    assert report.is_ready, report.reason
    frames = shown(kept.files["play"])
    assert len(frames) == len(places)
    for at, frame in zip(places, frames, strict=True):
        assert is_grey(frame[130:190, at + 50 : at + 100])
    assert is_grey(np.asarray(Image.open(io.BytesIO(kept.files["poster"])))[130:190, 90:140].astype(int))
    assert {mask.what for mask in report.masks} == {"face"}
    assert {mask.copy for mask in report.masks} == {"play", "poster"}
    assert all((mask.begins is not None) == (mask.ends is not None) == (mask.copy == "play") for mask in report.masks)


def test_a_face_is_covered_in_a_film_that_was_taken_upside_down(run: Prepare) -> None:
    stored = walker(200).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    _, kept = run(films.shown_by(film_of([stored] * 6), (1, 0, 0, -1)), "video", FACES_ONLY)
    frames = shown(kept.files["play"])
    assert len(frames) == 6
    assert all(is_grey(frame[130:190, 250:300]) and not is_grey(frame[300:, :100]) for frame in frames)


def test_a_face_that_is_lost_for_a_moment_stays_covered(run: Prepare) -> None:
    blank = [walker(200) if number not in range(12, 16) else _turned_away() for number in range(30)]
    _, kept = run(film_of(blank), "video", FACES_ONLY)
    assert all(is_grey(frame[130:190, 250:300]) for frame in shown(kept.files["play"]))


def _turned_away() -> Image.Image:
    scene = walker(200)
    scene.paste((90, 70, 50), (215, 95, 335, 200))
    return scene


@pytest.mark.wide
def test_a_stamp_in_a_film_is_covered_and_the_film_called_deidentified(run: Prepare) -> None:
    picture = pictures.written(size=60).resize((640, 480))
    report, kept = run(film_of([picture] * 12), "video", Policy())
    assert report.label == DEIDENTIFIED
    assert all(is_grey(frame[225:238, 220:380]) for frame in shown(kept.files["play"]))


@pytest.mark.wide
def test_in_a_face_that_stays_open_in_a_film_a_name_is_covered_and_the_mouth_is_not(run: Prepare) -> None:
    picture = Image.new("RGB", (960, 720), (150, 150, 140))
    picture.paste(pictures.portrait(720), (0, 0))
    policy = Policy(faces="face_is_finding", chosen_by="reviewer")
    report, _ = run(film_of([picture] * 4, options={"crf": "10"}), "video", policy)
    assert (report.verdict, report.masks) == ("ready", ())
    ImageDraw.Draw(picture).rectangle((255, 200, 495, 262), fill=(236, 228, 210))
    ImageDraw.Draw(picture).text((267, 207), "Zoraida Q.", font=ImageFont.load_default(size=42), fill=(30, 30, 50))
    report, kept = run(film_of([picture] * 4, options={"crf": "10"}), "video", policy)
    assert {(mask.what, mask.on_face) for mask in report.masks} == {("text", True)}
    for frame in shown(kept.files["play"]):
        assert is_grey(frame[215:250, 285:465])
        assert not is_grey(frame[495:555, 330:450])


def test_a_film_is_the_same_as_before_where_nothing_is_looked_for(run: Prepare) -> None:
    data = films.film(films.steady(1))
    report, kept = run(data, "video", PLAIN)
    assert (report.masks, report.open_faces) == ((), None)
    policy = Policy(faces="keep_region", text="keep", regions=(Region(0.1, 0.1, 0.2, 0.2),), chosen_by="reviewer")
    assert run(data, "video", policy)[0].open_faces == 0, "no face was seen, so none is open"
    assert len(shown(kept.files["play"])) == 15


@pytest.fixture(scope="module")
def blind_jail():
    with open_jail(face_model="/nowhere", text_model="/nowhere") as jail:
        yield jail


def test_without_models_a_film_is_held_with_a_copy_for_the_reviewer(blind_jail: Jail) -> None:
    kept = Kept()
    report = prepare("video", io.BytesIO(films.film(films.steady(1))), kept, Policy(), jail=blind_jail)
    assert (report.verdict, report.reason, set(kept.files)) == ("held", "no_face_model", {"review", "review-1"})

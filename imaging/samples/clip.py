"""A short phone video, drawn frame by frame: H.264 picture, AAC tone, and the metadata that phones add."""

import io
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType

import av
import cv2
import numpy as np

from imaging.samples.fields import Bitmap
from imaging.samples.metadata import PRODUCER, place_of
from imaging.samples.motion import Stage, breathing, toy_room, tremor

_RATE = 24
_SOUND_RATE = 48_000
_FIRST_DAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

FilmMaker = Callable[[np.random.Generator, tuple[int, int]], Stage]
FILMS: Mapping[str, FilmMaker] = MappingProxyType({"tremor": tremor, "breathing": breathing, "toy_room": toy_room})


def video(
    kind: str,
    *,
    seed: int = 1,
    seconds: float = 6.0,
    size: tuple[int, int] = (1280, 720),
    taken_at: datetime | None = None,
) -> bytes:
    """Return a synthetic MP4 (H.264 and AAC, 24 frames a second); the same arguments give the same bytes.

    ``kind`` is a key of ``FILMS``; ``size`` is (width, height), both even. The file carries the creation time, a
    place, a phone's make and the producer tag. Raises ValueError for an unknown kind, odd size or no length.
    """
    if kind not in FILMS or seconds <= 0 or size[0] % 2 or size[1] % 2:
        raise ValueError(f"unknown kind, empty length or odd size: {kind}, {seconds}, {size}")
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    moment = taken_at or _FIRST_DAY + timedelta(minutes=int(rng.integers(60 * 24 * 200)))
    latitude, longitude = place_of(rng)
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        container.metadata.update(
            {
                "title": "Owner of this phone (synthetic)",
                "comment": PRODUCER,
                "artist": PRODUCER,
                "creation_time": moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
                "location": f"{latitude:+08.4f}{longitude:+09.4f}/",
            }
        )
        _write(container, FILMS[kind](rng, size), size, seconds, rng)
    return target.getvalue()


def _write(
    container: av.container.OutputContainer,
    stage: Stage,
    size: tuple[int, int],
    seconds: float,
    rng: np.random.Generator,
) -> None:
    """Encode the stage and a tone; one encoder thread, so that the bytes do not depend on the machine."""
    picture = container.add_stream("libx264", rate=_RATE)
    picture.width, picture.height, picture.pix_fmt = size[0], size[1], "yuv420p"
    # Without cpu-independent the encoder's fast paths depend on where memory happens to lie, even in one thread.
    picture.options = {"preset": "veryfast", "crf": "23", "threads": "1", "x264-params": "cpu-independent=1"}
    sound = container.add_stream("aac", rate=_SOUND_RATE, layout="mono")
    for index in range(max(1, round(seconds * _RATE))):
        image = grained(rng, stage(index / _RATE))
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, _RATE)
        container.mux(picture.encode(frame))
    container.mux(picture.encode(None))
    for notes in _tone(seconds):
        container.mux(sound.encode(notes))
    container.mux(sound.encode(None))


def grained(rng: np.random.Generator, image: Bitmap) -> Bitmap:
    """Return the frame with a little sensor noise in its brightness."""
    height, width = image.shape[:2]
    coarse = rng.integers(-3, 4, (height // 2, width // 2), dtype=np.int16)
    noise = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.add(image, cv2.merge([noise, noise, noise]), dtype=cv2.CV_8U), dtype=np.uint8)


def _tone(seconds: float) -> list[av.AudioFrame]:
    """Return a soft three-note tune, in frames of 1024 samples: clearly not a voice."""
    t = np.arange(int(seconds * _SOUND_RATE)) / _SOUND_RATE
    pitch = np.array([392.0, 440.0, 523.25])[(t * 2).astype(np.intp) % 3]
    swell = 0.12 * np.exp(-(t * 2 % 1) * 3)
    wave = np.rint(np.sin(2 * np.pi * pitch * t) * swell * 32767).astype(np.int16)
    frames = []
    for start in range(0, wave.size, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _SOUND_RATE, start, Fraction(1, _SOUND_RATE)
        frames.append(frame)
    return frames

"""Makes short films in code: sound, places, turns, uneven time, damage."""

import io
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np
from PIL import Image

from tests.imaging import files


def film(
    times: Iterable[float],
    *,
    image: Image.Image | None = None,
    codec: str = "libx264",
    form: str = "mp4",
    rotation: int = 0,
    dark_until: float = 0.0,
    tags: dict[str, str] | None = None,
    sound: bool = False,
) -> bytes:
    """Return a film with one frame at each time, in seconds, of a picture whose brightness wanders a little."""
    picture = image or files.corners(320, 200)
    buffer = io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if form == "mp4" else {}
    with _same_turn(), av.open(buffer, "w", format=form, options=options) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        voice = container.add_stream("aac", rate=44100) if sound else None
        for number, at in enumerate(times):
            shade = 0.0 if at < dark_until else 1.0 - 0.02 * (number % 5)
            frame = av.VideoFrame.from_image(picture.point(lambda value, shade=shade: int(value * shade)))
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None:
            hum(container, voice)
    return buffer.getvalue()


def with_time_scale(data: bytes, box: bytes, scale: int) -> bytes:
    """The film with another number of units in a second, in the header of its only track or of the film."""
    at = data.index(box) + 16
    return data[:at] + struct.pack(">I", scale) + data[at + 4 :]


@contextmanager
def _same_turn() -> Iterator[None]:
    """SVT-AV1, run by root, puts whoever calls it before everything else on the machine, and leaves it there."""
    if sys.platform != "linux":
        yield
        return
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameter)


def hum(container: av.container.OutputContainer, voice: av.AudioStream) -> None:
    """Add a second or so of a tone."""
    for number in range(20):
        wave = np.sin(np.arange(1024 * number, 1024 * (number + 1)) / 15).astype(np.float32)[None, :] / 3
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44100, 1024 * number
        container.mux(voice.encode(frame))
    container.mux(voice.encode(None))


def shown_by(data: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    """Return the film with another display matrix: what a step to the right, then down, is across and down."""
    first, second, third, fourth = (number << 16 for number in matrix)
    at = data.index(b"tkhd") + 44
    return data[:at] + struct.pack(">9i", first, second, 0, third, fourth, 0, 0, 0, 1 << 30) + data[at + 36 :]


def steady(seconds: float, rate: int = 15) -> list[float]:
    """Return the times of a film with an even rate."""
    return [number / rate for number in range(int(seconds * rate))]


def soaked_film() -> bytes:
    """Return a film with a voice, a place, a date and a name."""
    tags = {"location": "+40.0250-105.2700/", "title": files.CANARY.decode(), "creation_time": "2024-05-06T07:08:09Z"}
    return film(steady(1), tags=tags, sound=True)


def decoded(data: bytes) -> tuple[list[float], tuple[tuple[int, ...], ...]]:
    """Return the times of all frames, and the corner colours of the first."""
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(video=0))
    picture = files.encode(frames[0].to_image(), "PNG")
    return [round(float(frame.pts * frame.time_base), 3) for frame in frames], files.read_corners(picture)


def bright_film(transfer: int, level: float) -> bytes:
    """Return a film of high dynamic range, one even grey at a level of its curve, from 0 to 1."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx265", rate=15, options={"x265-params": "log-level=none:pools=1"})
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = transfer, 9, 9, 1
        for number in range(4):
            frame = av.VideoFrame(320, 192, "yuv420p10le")
            for plane, value in zip(frame.planes, (round(64 + level * 876), 512, 512), strict=True):
                plane.update(np.full(plane.buffer_size // 2, value, np.uint16).tobytes())
            frame.pts, frame.time_base = number, Fraction(1, 15)
            frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = transfer, 9, 9, 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()

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
    options: dict[str, str] | None = None,
) -> bytes:
    """Return a film with one frame at each time, in seconds, of a picture whose brightness wanders a little.

    `options` are those of the encoder.
    """
    picture = image or files.corners(320, 200)
    buffer = io.BytesIO()
    flags = {"movflags": "use_metadata_tags"} if form == "mp4" else {}
    with _same_turn(), av.open(buffer, "w", format=form, options=flags) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec, rate=30, options=options or {})
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


def subtitled_film() -> bytes:
    """Return a WebM with a line of subtitles that names somebody."""
    lines = b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + files.CANARY + b"\n\n"
    buffer, silent = io.BytesIO(), io.BytesIO(film(steady(1), codec="libvpx", form="webm"))
    with (
        av.open(silent) as pictures,
        av.open(io.BytesIO(lines), format="webvtt") as told,
        av.open(buffer, "w", format="webm") as container,
    ):
        tracks = [container.add_stream_from_template(source.streams[0]) for source in (pictures, told)]
        for source, track in zip((pictures, told), tracks, strict=True):
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = track
                    container.mux(packet)
    return buffer.getvalue()


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


COLOURS = ((224, 172, 140), (90, 60, 45), (200, 80, 60), (232, 208, 64))
_COEFFICIENTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114)}


def coloured_film(size: tuple[int, int], matrix: int, *, is_full: bool, is_told: bool, depth: int = 8) -> bytes:
    """Return a film of four stripes of COLOURS, stored by this matrix and range, which it tells or does not."""
    red, blue = _COEFFICIENTS[matrix]
    width, height = size
    values = []
    for colour in COLOURS:
        light = (red * colour[0] + (1 - red - blue) * colour[1] + blue * colour[2]) / 255
        blues, reds = (colour[2] / 255 - light) / 2 / (1 - blue), (colour[0] / 255 - light) / 2 / (1 - red)
        scale = (1 << depth - 8) * (255 if is_full else 1)
        if is_full:
            values.append([round(v * scale) for v in (light, blues + 128 / 255, reds + 128 / 255)])
        else:
            values.append([round(v * scale) for v in (16 + 219 * light, 128 + 224 * blues, 128 + 224 * reds)])
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        name, form = ("libx264", "yuv420p") if depth == 8 else ("libx265", "yuv420p10le")
        options = {"crf": "4"} if depth == 8 else {"x265-params": "log-level=none:pools=1:crf=4"}
        stream = container.add_stream(name, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, form
        told = (matrix, 1, 1, 2 if is_full else 1) if is_told else (2, 2, 2, 0)
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = told
        for number in range(3):
            frame = av.VideoFrame(width, height, form)
            for place, plane in enumerate(frame.planes):
                row = np.repeat([entry[place] for entry in values], plane.width // 4)
                kind = np.uint8 if depth == 8 else np.uint16
                whole = np.zeros((plane.height, plane.line_size // kind().itemsize), kind)
                whole[:, : len(row)] = row
                plane.update(whole.tobytes())
            frame.pts, frame.time_base = number, Fraction(1, 10)
            frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range = told
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def stripes(data: bytes) -> list[tuple[int, ...]]:
    """The middle colours of the four stripes of a copy, which must say that it is in BT.709."""
    with av.open(io.BytesIO(data)) as container:
        frame = next(container.decode(video=0))
    assert (int(frame.colorspace), int(frame.color_range), int(frame.color_trc)) == (1, 1, 1)
    pixels = frame.to_ndarray().astype(float)
    half = pixels[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
    found = []
    for place in range(4):
        at = frame.width // 8 + place * frame.width // 4
        light = (pixels[frame.height // 2, at] - 16) / 219
        blue, red = ((half[n, frame.height // 4, at // 2] - 128) / 224 for n in (0, 1))
        reds, blues = light + 1.5748 * red, light + 1.8556 * blue
        greens = (light - 0.2126 * reds - 0.0722 * blues) / 0.7152
        found.append(tuple(round(255 * value) for value in (reds, greens, blues)))
    return found


def vp8(picture: Image.Image, count: int) -> "list[av.Packet]":
    """Encode a picture so many times as VP8, on its own."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = picture.width, picture.height, "yuv420p"
    codec.time_base, codec.bit_rate = Fraction(1, 10), 4_000_000
    packets = []
    for number in range(count):
        frame = av.VideoFrame.from_image(picture).reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 10)
        packets += codec.encode(frame)
    return packets + codec.encode(None)


def webm_of(packets: "list[av.Packet]") -> bytes:
    """A WebM of coded pictures, ten a second, whatever their sizes: a browser records so when its network falters."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 320, 200, "yuv420p", Fraction(1, 1000)
        for number, packet in enumerate(packets):
            packet.pts = packet.dts = number * 100
            packet.time_base, packet.stream = Fraction(1, 1000), stream
            container.mux(packet)
    return buffer.getvalue()

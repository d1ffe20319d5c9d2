"""Films with a tone in them, and what a player would play of a film."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

RATE = 48_000


def sounding(
    *, begins: float = 0.0, seconds: float = 1.0, pictures: float = 1.0, codec: str = "aac", form: str = "mp4",
    layout: str = "mono", rate: int = RATE, sounds: int = 1,
) -> bytes:  # fmt: skip
    """Return a film with a tone of 500 Hz; `begins` is when it is first heard, negative before the first picture."""
    buffer, lead = io.BytesIO(), max(0.0, -begins)
    with av.open(buffer, "w", format=form) as container:
        picture = container.add_stream("libx264" if form != "webm" else "libvpx", rate=15)
        picture.width, picture.height, picture.pix_fmt = 320, 200, "yuv420p"
        voices = [container.add_stream(codec, rate=rate, layout=layout) for _ in range(sounds)]
        voices[0].metadata["title"] = "CANARY-7731"
        for number in range(int(pictures * 15)):
            frame = av.VideoFrame.from_ndarray(np.full((300, 320), 120, np.uint8), format="yuv420p")
            frame.pts, frame.time_base = number + round(lead * 15), Fraction(1, 15)
            container.mux(picture.encode(frame))
        wave = np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 500 / rate).astype(np.float32) / 2
        for voice in voices:
            tone(container, voice, wave, round(max(0.0, begins) * rate))
        container.mux(picture.encode(None))
        for voice in voices:
            container.mux(voice.encode(None))
    return buffer.getvalue()


def tone(container, voice: av.AudioStream, wave: np.ndarray, first: int) -> None:
    """Add the samples, in packets of the size that the encoder likes."""
    channels = voice.codec_context.channels
    for start in range(0, len(wave) - 959, 960):
        part = np.repeat(wave[None, start : start + 960], channels, axis=0)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=voice.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = voice.rate, first + start, Fraction(1, voice.rate)
        container.mux(voice.encode(frame))


def heard(data: bytes) -> np.ndarray:
    """Return what a player plays of a film, from its first picture on; empty where it is silent."""
    with av.open(io.BytesIO(data)) as container:
        if not container.streams.audio:
            return np.zeros(0)
        frames = list(container.decode(audio=0))
    played = np.zeros(RATE * 10)
    for frame in frames:
        at = round((frame.time or 0.0) * RATE)
        samples = frame.to_ndarray()[0][max(0, -at) :]
        played[max(0, at) : max(0, at) + len(samples)] = samples
    return played


def loud(played: np.ndarray, begin: float, end: float) -> float:
    part = played[int(begin * RATE) : int(end * RATE)]
    return float(np.sqrt(np.mean(part**2))) if len(part) else 0.0


def pitch(played: np.ndarray, begin: float, end: float) -> float:
    part = played[int(begin * RATE) : int(end * RATE)]
    return float(np.argmax(np.abs(np.fft.rfft(part))) * RATE / len(part))


def converted(data: bytes, form: str, codec: str, layout: str, rate: int) -> bytes:
    """Return the film in another container, its sound in another code."""
    buffer = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(buffer, "w", format=form) as target:
        picture = target.add_stream("libvpx" if form == "webm" else "libx264", rate=15)
        picture.width, picture.height, picture.pix_fmt = 320, 200, "yuv420p"
        voice = target.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(voice.codec_context.format, layout, rate)
        for frame in source.decode():
            if isinstance(frame, av.VideoFrame):
                target.mux(picture.encode(frame))
            else:
                for part in resampler.resample(frame):
                    target.mux(voice.encode(part))
        target.mux(picture.encode(None))
        target.mux(voice.encode(None))
    return buffer.getvalue()

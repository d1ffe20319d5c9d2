"""The sound of a film, where its family has agreed that the voice is kept: decoded, and encoded anew from its samples.

Whatever the camera wrote around the samples stays behind: they become one channel on a clock of our own that begins
with the first picture, and what was before it is not there at all.
"""

from collections import deque
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from numpy.typing import NDArray

from imaging.refusal import Refused

_RATE, _BITS, _PACKET = 48_000, 96_000, 1024
_LOOSE = _RATE // 10
"""Sound that comes so many samples early or late is taken to follow on: clocks of phones are no better."""
Samples = NDArray[np.float32]


class FilmSound:
    """Hears packets as they come out of the file, and writes sound as the film is written."""

    def __init__(self, seconds_most: float) -> None:
        self._most = int(seconds_most * _RATE)
        self._resampler: AudioResampler | None = None
        self._made_for: tuple[str, str, int] | None = None
        self._early: list[tuple[Fraction | None, Samples]] = []
        self._kept_early = 0
        self._first: Fraction | None = None
        self._waiting: deque[Samples] = deque()
        self._heard = self._written = 0
        self._stream: AudioStream | None = None

    def hear(self, packet: "Packet[Stream]") -> None:
        """Take one packet; what is damaged is not heard."""
        try:
            for frame in cast("list[AudioFrame]", packet.decode()):
                self._take(_time_of(frame), self._even(frame))
        except av.FFmpegError as error:
            if isinstance(error, MemoryError):
                raise Refused("memory") from None

    def begin(self, first: Fraction) -> None:
        """Tell when the film begins, on the file's clock; only the first time counts."""
        if self._first is None:
            self._first = first
            early, self._early = self._early, []
            for time, samples in early:
                self._take(time, samples)

    def open(self, output: OutputContainer) -> None:
        """Add the track of sound to the film."""
        self._stream = output.add_stream("aac", rate=_RATE, layout="mono", options={"b": str(_BITS)})
        # The encoder would name itself in its first packet.
        self._stream.codec_context.flags |= Flags.bitexact
        self._stream.codec_context.thread_count = 1

    def write(self, output: OutputContainer) -> None:
        """Write what makes whole packets."""
        while self._heard - self._written >= _PACKET:
            self._encode(output, self._taken())

    def finish(self, output: OutputContainer) -> None:
        """Write the rest; a track of sound that nothing could be heard of is a moment of silence."""
        self._waiting.append(np.zeros(_PACKET, np.float32))
        self._heard += _PACKET
        self.write(output)
        if self._stream is not None:
            output.mux(self._stream.encode(None))

    def _even(self, frame: AudioFrame) -> Samples:
        """Return the samples as one channel at our rate."""
        key = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or self._made_for != key:
            self._resampler, self._made_for = AudioResampler("fltp", "mono", _RATE), key
        frame.pts = None
        parts = [part.to_ndarray()[0] for part in self._resampler.resample(frame)]
        samples = np.concatenate(parts) if parts else np.zeros(0)
        return np.asarray(np.clip(np.nan_to_num(samples), -1.0, 1.0), np.float32)

    def _take(self, time: Fraction | None, samples: Samples) -> None:
        """Put samples at their place: a gap becomes silence, and what overlaps or lies before the film is dropped."""
        if self._first is None:
            if self._kept_early < self._most:
                self._early.append((time, samples))
                self._kept_early += len(samples)
            return
        place = self._heard if time is None else round((time - self._first) * _RATE)
        if abs(place - self._heard) <= _LOOSE and self._heard:
            place = self._heard
        begin = max(place, self._heard)
        samples = samples[begin - place : begin - place + max(0, self._most - begin)]
        if len(samples) == 0:
            return
        if begin > self._heard:
            self._waiting.append(np.zeros(begin - self._heard, np.float32))
        self._waiting.append(samples)
        self._heard = begin + len(samples)

    def _taken(self) -> Samples:
        """Take the samples of one packet from those that wait."""
        parts, lacking = [], _PACKET
        while lacking:
            part = self._waiting.popleft()
            if len(part) > lacking:
                self._waiting.appendleft(part[lacking:])
            parts.append(part[:lacking])
            lacking -= len(parts[-1])
        return np.concatenate(parts)

    def _encode(self, output: OutputContainer, samples: Samples) -> None:
        frame = AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, self._written, Fraction(1, _RATE)
        self._written += _PACKET
        if self._stream is not None:
            output.mux(self._stream.encode(frame))


def _time_of(frame: AudioFrame) -> Fraction | None:
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base

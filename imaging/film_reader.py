"""Reads a film's pictures past what is damaged, as players do, and counts what could not be read whole.

A short film is all that a clinic has of a seizure: one bad packet must neither end it nor go unsaid.
"""

import mmap
from collections.abc import Callable, Iterator
from typing import Protocol, cast

import av
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from imaging.film_picture import drawn_share
from imaging.film_sound import FilmSound
from imaging.limits import MIB
from imaging.overwritten import overwritten_in
from imaging.refusal import Refused

_LEAST_MISSING = 0.5
"""Seconds by which a header may promise more than there is without anything having been lost."""
_FAILURES_MOST = 5_000
"""Damaged packets after which nothing more is tried; more than any film that was a film has."""
_DRAWN_LEAST = 0.1
"""Of a damaged picture from which others are drawn: with less they are grey, and what moves leaves its outlines."""
_SKIPPED = ("invalid as first byte of an EBML number", "exceeds containing master element")
"""What the reader of WebM remarks before it goes on behind what it cannot read, or ends as if the film were over."""

_AT_ONCE = 256 * MIB
"""More than a film within the limits asks for at once: its largest picture has 28 MB, its tables have less."""


def is_memory_used_up(error: av.FFmpegError) -> bool:
    """Whether no memory is left. A damaged film that tells of a table of gigabytes gets none for it either."""
    if not isinstance(error, MemoryError):
        return False
    try:
        mmap.mmap(-1, _AT_ONCE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, MemoryError):
        return True
    return False


class Opened(Protocol):
    """What is read: the file, its stream of pictures, its sound where that is kept, the length that it tells, and
    whether its end is there."""

    @property
    def container(self) -> InputContainer:
        """The file."""

    @property
    def stream(self) -> VideoStream:
        """The pictures."""

    @property
    def sound(self) -> AudioStream | None:
        """The sound."""

    @property
    def duration(self) -> float | None:
        """Seconds."""

    @property
    def is_cut(self) -> Callable[[], bool]:
        """Says whether the file breaks off, or was never written to its end."""


class FilmReader:
    """Gives the pictures of an opened film in order; what is heard between them goes to `sound`."""

    def __init__(self, opened: Opened, sound: FilmSound | None) -> None:
        self._opened, self._sound = opened, sound
        self._is_overwritten = overwritten_in(opened.stream)
        self._overwritten: set[int] = set()
        self._bad: list[float] = []
        self._gaps: list[float] = []
        self._last = 0.0
        self._is_behind_gap = False
        self._first: float | None = None
        self._was_cut = self._is_hurt = self._is_any_seen = False
        self._is_lost = True
        self._failures = 0

    def pictures(self) -> Iterator[VideoFrame]:
        """Yield what can be read. Refuses `damaged` where nothing is seen in it; and `memory`."""
        for packet in self._packets():
            if self._opened.sound is not None and packet.stream.index == self._opened.sound.index:
                if self._sound is not None:
                    self._sound.hear(packet)
                continue
            self._look_at(packet)
            for frame in self._decoded(packet):
                if self._first is None:
                    self._first = frame.time or 0.0
                self._note_picture(frame)
                yield frame
        if not self._is_any_seen and (self._first is not None or self._failures):
            raise Refused("damaged")

    def _note_picture(self, frame: VideoFrame) -> None:
        """Count a picture in which the decoder had to make something up, and all that may be drawn from it or from one
        that is missing: until the next that stands alone.
        """
        is_made_up = frame.is_corrupt or frame.pts in self._overwritten
        self._overwritten.discard(frame.pts or 0)
        self._is_hurt = is_made_up or (self._is_hurt and not frame.key_frame)
        if frame.key_frame or not self._is_hurt:
            self._is_lost = self._is_hurt and drawn_share(frame) < _DRAWN_LEAST
        self._is_any_seen |= not self._is_lost
        if self._is_hurt and frame.time is not None:
            self._bad.append(frame.time)

    def _look_at(self, packet: "Packet[Stream]") -> None:
        """Note what the decoder will not say of a coded picture, and where others were left out before it."""
        if packet.pts is None or packet.time_base is None:
            return
        at = float(packet.pts * packet.time_base)
        if self._is_behind_gap:
            self._gaps += [min(self._last, at), at]
            self._is_behind_gap = False
        self._last = max(self._last, at)
        if packet.size and self._is_overwritten(bytes(packet)):
            self._overwritten.add(packet.pts)

    def unread(self, shown: float) -> dict[str, float]:
        """How many pictures are missing or damaged, `unread`, and from when to when, in seconds; empty where none is.

        `shown` is how long the film has become. One that is cut off tells its missing end without a number of pictures.
        """
        promised = self._opened.duration or 0.0
        missing = [shown, promised] if promised - shown > _LEAST_MISSING and self._is_short() else []
        unit = self._opened.stream.time_base or 0
        bad = self._bad + [float(pts * unit) for pts in self._overwritten]
        gaps = self._gaps + ([self._last] if self._is_behind_gap else [])
        times = [max(0.0, at - (self._first or 0.0)) for at in bad + gaps] + missing
        if not times:
            return {}
        return {"unread": len(bad), "unread_from": round(min(times), 2), "unread_to": round(max(times), 2)}

    def _is_short(self) -> bool:
        """Whether something was lost. The reader of WebM takes a file that breaks off for one that is over."""
        return self._was_cut or self._is_behind_gap or self._failures > 0 or self._opened.is_cut()

    def _packets(self) -> "Iterator[Packet[Stream]]":
        opened = self._opened
        streams = [opened.stream] if opened.sound is None or self._sound is None else [opened.stream, opened.sound]
        packets = opened.container.demux(*streams)
        try:
            while (packet := self._next(packets)) is not None:
                yield packet
        except av.FFmpegError as error:
            self._note(error)
            self._was_cut = True

    def _next(self, packets: "Iterator[Packet[Stream]]") -> "Packet[Stream] | None":
        """Read on, and hear whether something was passed over: the reader says so in its remarks alone."""
        level = av.logging.get_level()
        av.logging.set_level(av.logging.ERROR)
        try:
            with av.logging.Capture() as remarks:
                packet = next(packets, None)
        finally:
            av.logging.set_level(level)
        self._is_behind_gap |= any(skipped in text for _, _, text in remarks for skipped in _SKIPPED)
        return packet

    def _decoded(self, packet: "Packet[Stream]") -> list[VideoFrame]:
        try:
            return [frame for frame in cast("list[VideoFrame]", packet.decode()) if isinstance(frame, VideoFrame)]
        except av.FFmpegError as error:
            self._note(error)
            self._is_hurt = True
            self._is_lost |= packet.is_keyframe
            self._overwritten.discard(packet.pts or 0)
            when = packet.pts if packet.pts is not None else packet.dts
            if when is not None and packet.time_base is not None:
                self._bad.append(float(when * packet.time_base))
            if self._failures > _FAILURES_MOST:
                raise Refused("damaged") from None
            return []

    def _note(self, error: av.FFmpegError) -> None:
        if is_memory_used_up(error):
            raise Refused("memory") from None
        self._failures += 1

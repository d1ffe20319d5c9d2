"""Opens a video, checks its header against the limits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from imaging import limits
from imaging.cut_film import is_film_cut
from imaging.film_reader import is_memory_used_up
from imaging.policy import Policy
from imaging.refusal import Refused

# Naming the container's reader closes every playlist format, which could point at other files or hosts.
_FORMATS = {"video/mp4": "mov", "video/quicktime": "mov", "video/3gpp": "mov", "video/webm": "matroska"}
_CPU_TO_OPEN = 10
_CPU_PER_SECOND = 12
"""Processor seconds per second of film; 4K HEVC on one slow core needs about eight."""
_MICROSECONDS = 1_000_000
_DOLBY, _UNTOLD = {"dvh1", "dvhe"}, {2, 14}
"""Films of Dolby Vision that are nothing else, and tell no matrix or one of their own: only its screens have their
colours, and everybody else shows skin green and purple."""
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")
"""How WebM tells the length of one track."""


@dataclass(frozen=True)
class Clip:
    """An opened video and its picture stream; `seconds_most` bounds how long the film may turn out to be.

    `is_cut` says, of one that cannot be read or is shorter than it tells, whether its end is missing.

    `sound` is the one track of sound that travels on, where the policy keeps the voice and there is one.
    """

    container: InputContainer
    stream: VideoStream
    duration: float | None
    seconds_most: float
    cpu: float
    is_cut: Callable[[], bool]
    sound: AudioStream | None = None


def open_clip(source: BinaryIO, media_type: str, policy: Policy) -> Clip:
    """Open the video.

    Refuses `truncated`, `damaged`, `too_long`, `too_many_pixels`, `too_many_streams`, `no_picture`, and
    `unsupported_type` where nobody here knows what its colours are.
    """
    try:
        container = av.open(source, "r", format=_FORMATS[media_type], metadata_errors="ignore")
    except av.FFmpegError as error:
        raise _refusal(error, source, media_type) from None
    if len(container.streams) > limits.VIDEO_STREAMS:
        raise Refused("too_many_streams")
    is_cut = partial(is_film_cut, source, media_type)
    stream = _pictures(container, is_cut)
    stream.codec_context.thread_count = 1
    _check_size(stream)
    if stream.codec_context.codec_tag in _DOLBY and int(stream.codec_context.colorspace) in _UNTOLD:
        raise Refused("unsupported_type")
    longest = min(policy.video_seconds, limits.VIDEO_SECONDS_MOST) + 1.0
    duration = _length(container, stream)
    if duration is not None and duration > longest:
        raise Refused("too_long")
    cpu = _CPU_TO_OPEN + _CPU_PER_SECOND * (duration or longest)
    return Clip(container, stream, duration, longest, cpu, is_cut, _sound(container, policy))


def _length(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds that the pictures last by what is told of them; of what is told of the whole file where nothing is.

    Sound that goes on for longer, or another track, makes no film too long.
    """
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if (told := _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))) is not None:
        hours, minutes, seconds = (float(part) for part in told.groups())
        return 3600 * hours + 60 * minutes + seconds
    return None if container.duration is None else container.duration / _MICROSECONDS


def _pictures(container: InputContainer, is_cut: Callable[[], bool]) -> VideoStream:
    """The track that players show: the default one, wherever it stands, and never a picture of the cover.

    Where there is none the film may break off within its index, before anything of its picture was told.
    """
    films = [track for track in container.streams.video if not track.disposition & Disposition.attached_pic]
    if not films:
        raise Refused("truncated" if is_cut() else "no_picture")
    return next((track for track in films if track.disposition & Disposition.default), films[0])


def _sound(container: InputContainer, policy: Policy) -> AudioStream | None:
    if not policy.allows_sound or not container.streams.audio:
        return None
    sound = container.streams.audio[0]
    sound.codec_context.thread_count = 1
    return sound


def _refusal(error: av.FFmpegError, source: BinaryIO, media_type: str) -> Refused:
    if is_memory_used_up(error):
        return Refused("memory")
    return Refused("truncated" if is_film_cut(source, media_type) else "damaged")


def _check_size(stream: VideoStream) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width < 2 or height < 2:
        raise Refused("no_picture")
    if max(width, height) > limits.VIDEO_SIDE or width * height > limits.VIDEO_SIDE * 2304:
        raise Refused("too_many_pixels")

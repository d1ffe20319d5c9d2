"""Encodes a film anew from its pictures: H.264, at most 720p, upright, no foreign tag, and sound only with consent.

Copying the camera's coded pictures would be a hundred times cheaper, but they carry what the camera wrote between
them, so every picture is decoded and encoded again.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from statistics import median_low

import av
import av.bitstream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from imaging import limits
from imaging.content import POINTS, Content
from imaging.cut_short import telling
from imaging.detectors import Detectors
from imaging.film_cover import FilmCover
from imaging.film_picture import lightness_of, luma_of, picture_of
from imaging.film_reader import FilmReader
from imaging.film_sound import FilmSound
from imaging.masks import Mask
from imaging.policy import KEEP, Policy
from imaging.refusal import Refused
from imaging.steps.cover import cover as cover_picture
from imaging.steps.fit_frame import Fitter
from imaging.steps.open_clip import Clip

_CLOCK = Fraction(1, 90_000)
_ENCODER = {"preset": "veryfast", "crf": "23", "maxrate": "5M", "bufsize": "10M", "threads": "1", "profile": "high"}
_MUXER = {"fflags": "+bitexact", "write_btrt": "0"}
_UNITS_OF_PICTURE = "filter_units=remove_types=6"
"""Drops the encoder's remarks (H.264 type 6), so that nothing but coded picture is left."""
_POSTER_SECONDS = 2.0
_ALONE, _IN_ONE = 4, 16
"""So many pictures of a film may go into its only one, and into each of several; cameras take 240, few 960 a second."""
_BLACK = 24.0


@dataclass(frozen=True)
class Film:
    """The encoded film, an early picture of it that is not black, its upright size and the length in seconds of what
    came in. `open_faces` is how many stay open, as in `FilmCover`, `content` the figure of what it shows, and `unread`
    what `FilmReader.unread` tells."""

    clip: bytes
    view: Image.Image
    width: int
    height: int
    duration: float
    masks: tuple[Mask, ...] = ()
    open_faces: int | None = None
    content: str = ""
    unread: Mapping[str, float] = field(default_factory=dict)

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height together."""
        return self.width, self.height


def transcode_clip(
    opened: Clip,
    budget: Callable[[float], None],
    progress: Callable[[float], None],
    policy: Policy,
    detectors: Detectors,
) -> Film:
    """Return the film, faces and writing covered.

    Refuses `too_long` where the header had lied, `damaged`, and `no_picture`; raises Held where a detector is missing.
    """
    if policy.is_review:
        policy = Policy(faces=KEEP, text=KEEP)
    cover = FilmCover(policy, detectors)
    budget(opened.cpu)
    sound = FilmSound(opened.seconds_most) if opened.sound is not None else None
    read, writer = FilmReader(opened, sound), _Writer(sound)
    content = Content()
    fit = _fitting(opened.stream.sample_aspect_ratio or Fraction(1))
    length = opened.duration or opened.seconds_most
    with telling(opened.is_cut):
        for at, frame in _paced(opened, read, sound):
            progress(float(at) / length)
            fitted = fit(frame)
            content.add(luma_of(fitted)[::POINTS, ::POINTS])
            for moment, covered in cover.push(at, fitted):
                writer.add(moment, covered)
        for moment, covered in cover.finish():
            writer.add(moment, covered)
        film = writer.finish()
    unread = read.unread(film.duration)
    length = max(film.duration, float(unread.get("unread_to", 0)))
    on_poster = [
        replace(mask, copy="poster", begins=None, ends=None) for mask in cover.masks if mask.is_at(writer.poster_at)
    ]
    view = cover_picture(film.view, on_poster)
    masks = (*cover.masks, *on_poster)
    return replace(
        film,
        duration=length,
        view=view,
        masks=masks,
        open_faces=cover.open_faces,
        content=content.figure,
        unread=unread,
    )


def _fitting(aspect: Fraction) -> Callable[[VideoFrame], VideoFrame]:
    """Return what brings every frame to the size and way up of the first."""
    fitter: Fitter | None = None

    def fit(frame: VideoFrame) -> VideoFrame:
        nonlocal fitter
        fitter = fitter or Fitter(frame, aspect)
        return fitter.fit(frame)

    return fit


def _paced(opened: Clip, read: FilmReader, sound: FilmSound | None) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Yield frames with their times from zero, in order, at most 60 in a second; uneven spacing stays uneven.

    Refuses `damaged` where the times that the file tells would leave next to nothing of the film.
    """
    first, last = None, None
    decoded = shown = 0
    shortest = Fraction(1, limits.VIDEO_FRAMES_PER_SECOND + 1)
    for frame in read.pictures():
        decoded += 1
        if frame.pts is None or frame.time_base is None:
            continue
        time = frame.pts * frame.time_base
        first = time if first is None else first
        if sound is not None:
            sound.begin(first)
        at = time - first
        if at > opened.seconds_most:
            raise Refused("too_long")
        if last is None or at - last >= shortest:
            last, shown = at, shown + 1
            # To the clock that the film is written with: what is covered is proved by the times that are told there.
            yield Fraction(round(at / _CLOCK)) * _CLOCK, frame
    # Wrong times may also make an edit list hide all pictures but one, which are then not even decoded.
    found = max(decoded, opened.stream.frames) if shown == 1 else decoded
    if shown and found > max(_ALONE, _IN_ONE * (shown - 1)):
        raise Refused("damaged")


class _Writer:
    """Encodes frames as they come and keeps one of the first for the poster."""

    def __init__(self, sound: FilmSound | None) -> None:
        self._sound = sound
        self._buffer = io.BytesIO()
        self._output = av.open(self._buffer, "w", format="mp4", options=dict(_MUXER))
        self._stream: VideoStream | None = None
        self._strip: av.bitstream.BitStreamFilterContext | None = None
        self._poster: Image.Image | None = None
        self._has_light = False
        self._last: Fraction | None = None
        self._gaps: list[Fraction] = []
        self.poster_at = 0.0

    def add(self, at: Fraction, frame: VideoFrame) -> None:
        """Encode one fitted frame shown at this time, in seconds."""
        if self._stream is None:
            self._stream = self._open_stream(frame)
        self._keep_poster(at, frame)
        frame.pts, frame.time_base = round(at / _CLOCK), _CLOCK
        # How the camera coded this picture would be taken for an order: the copy would be larger and tell its pattern.
        frame.pict_type = PictureType.NONE
        if self._last is not None:
            self._gaps.append(at - self._last)
        self._last = at
        self._write(frame)
        if self._sound is not None:
            self._sound.write(self._output)

    def finish(self) -> Film:
        """Flush the encoder and return the film."""
        if self._stream is None or self._poster is None:
            raise Refused("no_picture")
        self._write(None)
        if self._sound is not None:
            self._sound.finish(self._output)
        width, height = self._stream.codec_context.width, self._stream.codec_context.height
        self._output.close()
        return Film(self._buffer.getvalue(), self._poster, width, height, round(self._length(), 3))

    def _length(self) -> float:
        """How long it is shown: the last picture for as long as the one before, or as most were, if that is shorter."""
        last_gap = min(self._gaps[-1], median_low(self._gaps)) if self._gaps else Fraction(0)
        return float((self._last or Fraction(0)) + last_gap)

    def _open_stream(self, frame: VideoFrame) -> VideoStream:
        stream = self._output.add_stream("libx264", rate=30, options=dict(_ENCODER))
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuv420p"
        context.time_base = stream.time_base = _CLOCK
        context.thread_count = 1
        # A copy that does not say what its colours mean is guessed at by each player, by its size.
        context.color_range, context.colorspace = frame.color_range, frame.colorspace
        context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
        if self._sound is not None:
            self._sound.open(self._output)
        self._strip = av.bitstream.BitStreamFilterContext(_UNITS_OF_PICTURE, "h264")
        return stream

    def _write(self, frame: VideoFrame | None) -> None:
        if self._stream is None or self._strip is None:
            return
        for packet in self._stream.encode(frame):
            for picture in self._strip.filter(packet):
                self._output.mux(picture)

    def _keep_poster(self, at: Fraction, frame: VideoFrame) -> None:
        """Keep the first frame, then the first of the next two seconds that is not black."""
        if self._has_light or (self._poster is not None and at > _POSTER_SECONDS):
            return
        self._has_light = lightness_of(frame) >= _BLACK
        if self._poster is None or self._has_light:
            self._poster, self.poster_at = picture_of(frame), float(at)

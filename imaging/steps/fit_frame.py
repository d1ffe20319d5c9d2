"""Brings a video frame to the size and way up in which it will be shown."""

import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import av.filter
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame

from imaging import limits

_MATRIX = struct.Struct("=9i")
_TURNS = {(False, False): "cclock_flip", (True, False): "clock", (False, True): "cclock", (True, True): "clock_flip"}
"""How a picture that lies on its side is turned, by whether left and right, and top and bottom, change places too."""

_UNTOLD = 2
_ORDINARY = 1
"""BT.709, in the numbers of the standard: what every film of ours is in, and says that it is."""
_SMALL_FILM = 6
_KEPT_PRIMARIES = {5, 6}
"""Those of BT.601 are so near to ours that they are kept and told: to convert them costs twenty times the scaling."""
_WIDE_PRIMARIES = {4: "bt470m", 9: "bt2020", 11: "smpte431", 12: "smpte432"}
_CURVES = {16: "smpte2084", 18: "arib-std-b67"}
"""The curves of high dynamic range, PQ and HLG; shown as they are, skin would look grey on an ordinary screen."""
_SCREEN = "iec61966-2-1"
"""The curve by which browsers show what is told to be of BT.709; that of its cameras would leave what is dark grey."""
_MATRICES = {1: "bt709", 4: "fcc", 5: "bt470", 6: "smpte170m", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
_FULL_RANGE = 2
_LEAST_HIGH = 720
"""A film that tells nothing of its colours is taken by browsers for BT.709 from so many lines on, else for BT.601."""
_TO_ORDINARY = ":out_color_matrix=bt709:out_range=tv"


class Fitter:
    """Scales and turns frames through one filter graph, made for the first frame and made anew if the size changes."""

    def __init__(self, first: VideoFrame, aspect: Fraction) -> None:
        self._turns = _turns_of(first)
        self._aspect = aspect
        self._primaries = _primaries_of(first)
        self._size = _shown_size(first, aspect)
        self._graph: av.filter.Graph | None = None
        self._made_for: tuple[int, int, str, str] | None = None

    def fit(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame as 8-bit 4:2:0 of BT.709, upright, at the size of the first frame of the film.

        One of another shape, as a browser's recording has them when its network falters, stands between black bars.
        """
        key = (frame.width, frame.height, frame.format.name, _colours_of(frame) + _gamut_of(frame))
        if self._graph is None or self._made_for != key:
            self._graph, self._made_for = self._make_graph(frame), key
        self._graph.push(frame)
        fitted = self._graph.pull()
        if not isinstance(fitted, VideoFrame):
            raise TypeError("a filter graph for pictures gave no picture")
        fitted.color_range = fitted.colorspace = fitted.color_trc = _ORDINARY
        fitted.color_primaries = self._primaries
        return fitted

    def _make_graph(self, frame: VideoFrame) -> av.filter.Graph:
        wide, high = self._size
        width, height = _inside(_shown_size(frame, self._aspect), self._size)
        colours, gamut = _colours_of(frame), _gamut_of(frame)
        if gamut:
            # What is costly is done on the smaller picture.
            steps = [("scale", f"{width}:{height}:flags=bicubic"), ("scale", f"flags=bicubic{colours}{gamut}")]
        else:
            steps = [("scale", f"{width}:{height}:flags=bicubic+accurate_rnd{colours}")]
        steps += [("setsar", "1"), ("format", "yuv420p")]
        if (width, height) != self._size:
            steps += [("pad", f"{wide}:{high}:{(wide - width) // 4 * 2}:{(high - height) // 4 * 2}")]
        steps += self._turns
        graph = av.filter.Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        graph.link_nodes(
            source, *(graph.add(name, argument or None) for name, argument in steps), graph.add("buffersink")
        )
        graph.configure()
        return graph


def _is_small_and_untold(frame: VideoFrame) -> bool:
    return int(frame.colorspace) == _UNTOLD and frame.height < _LEAST_HIGH


def _primaries_of(frame: VideoFrame) -> int:
    """Which primaries the fitted film tells."""
    told = _SMALL_FILM if _is_small_and_untold(frame) else int(frame.color_primaries)
    return told if told in _KEPT_PRIMARIES else _ORDINARY


def _colours_of(frame: VideoFrame) -> str:
    """How the scaling is told what the numbers of a frame mean, and what they shall mean."""
    matrix = _SMALL_FILM if _is_small_and_untold(frame) else int(frame.colorspace)
    is_full = int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj")
    told = "" if frame.format.is_rgb else f":in_color_matrix={_MATRICES.get(matrix, 'bt709')}"
    return f"{told}:in_range={'pc' if is_full else 'tv'}{_TO_ORDINARY}"


def _gamut_of(frame: VideoFrame) -> str:
    """The same for colours and light that an ordinary screen does not have; empty where there are none."""
    primaries, curve = int(frame.color_primaries), int(frame.color_trc)
    if primaries not in _WIDE_PRIMARIES and curve not in _CURVES:
        return ""
    told = f":in_primaries={_WIDE_PRIMARIES.get(primaries, 'bt709')}:out_primaries=bt709"
    if curve not in _CURVES:
        return f"{told}:in_transfer=bt709:out_transfer=bt709"
    return f"{told}:in_transfer={_CURVES[curve]}:out_transfer={_SCREEN}"


def _inside(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """The largest even size of this shape that fits; what misses it by a pixel or two is meant to be the whole."""
    scale = min(most / length for length, most in zip(size, room, strict=True))
    width, height = (min(most, round(length * scale / 2) * 2) for length, most in zip(size, room, strict=True))
    return room if room[0] - width <= 2 and room[1] - height <= 2 else (max(2, width), max(2, height))


def _turns_of(frame: VideoFrame) -> list[tuple[str, str]]:
    """Return the filters that bring a picture the way up, and the way round, that its display matrix asks for.

    An angle is not enough: a phone's front camera may ask for a mirror, and a mirrored child has its rash on the
    other arm.
    """
    # PyAV's stubs know less of what a frame carries than PyAV does.
    told = cast("Mapping[Type, SideData]", frame.side_data).get(Type.DISPLAYMATRIX)
    if told is None:
        return []
    across, down_by_x, _, across_by_y, down, *_ = _MATRIX.unpack(bytes(told))
    if abs(down_by_x) > abs(across):
        return [("transpose", _TURNS[across_by_y < 0, down_by_x < 0])]
    return [(name, "") for name, is_asked in (("hflip", across < 0), ("vflip", down < 0)) if is_asked]


def _shown_size(frame: VideoFrame, aspect: Fraction) -> tuple[int, int]:
    """Return an even width and height, before turning, that fits 1280 x 720 either way and never enlarges.

    `aspect` is how much wider than high one stored sample is shown.
    """
    width, height = float(frame.width * aspect), float(frame.height)
    scale = min(1.0, limits.PLAY_LONG / max(width, height), limits.PLAY_SHORT / min(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)

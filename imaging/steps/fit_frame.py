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

_HIGH_RANGE = {16, 18}
"""The curves of high dynamic range, PQ and HLG; shown as they are, skin would look grey on an ordinary screen."""
_TO_ORDINARY = ":out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709"


class Fitter:
    """Scales and turns frames through one filter graph, made for the first frame and made anew if the size changes."""

    def __init__(self, first: VideoFrame, aspect: Fraction) -> None:
        self._turns = _turns_of(first)
        self._size = _shown_size(first, aspect)
        self._graph: av.filter.Graph | None = None
        self._made_for: tuple[int, int, str] | None = None

    def fit(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame as 8-bit 4:2:0, upright; every frame of a film comes out at the size of the first."""
        key = (frame.width, frame.height, frame.format.name)
        if self._graph is None or self._made_for != key:
            self._graph, self._made_for = self._make_graph(frame), key
        self._graph.push(frame)
        fitted = self._graph.pull()
        if not isinstance(fitted, VideoFrame):
            raise TypeError("a filter graph for pictures gave no picture")
        return fitted

    def _make_graph(self, frame: VideoFrame) -> av.filter.Graph:
        width, height = self._size
        tones = _TO_ORDINARY if frame.color_trc in _HIGH_RANGE else ""
        steps = [("scale", f"{width}:{height}:flags=bicubic{tones}"), ("setsar", "1"), ("format", "yuv420p")]
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

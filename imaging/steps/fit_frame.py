"""Brings a video frame to the size and way up in which it will be shown."""

from fractions import Fraction

import av.filter
from av.video.frame import VideoFrame

from imaging import limits

_TURNS = {90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}

_HIGH_RANGE = {16, 18}
"""The curves of high dynamic range, PQ and HLG; shown as they are, skin would look grey on an ordinary screen."""
_TO_ORDINARY = ":out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709"


class Fitter:
    """Scales and turns frames through one filter graph, made for the first frame and made anew if the size changes."""

    def __init__(self, first: VideoFrame, aspect: Fraction) -> None:
        self._turn = first.rotation % 360
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
        for turn in filter(None, _TURNS.get(self._turn, "").split(",")):
            name, _, argument = turn.partition("=")
            steps.append((name, argument))
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


def _shown_size(frame: VideoFrame, aspect: Fraction) -> tuple[int, int]:
    """Return an even width and height, before turning, that fits 1280 x 720 either way and never enlarges.

    `aspect` is how much wider than high one stored sample is shown.
    """
    width, height = float(frame.width * aspect), float(frame.height)
    scale = min(1.0, limits.PLAY_LONG / max(width, height), limits.PLAY_SHORT / min(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)

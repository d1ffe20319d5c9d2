"""Decodes finished copies again and looks whether they are what they say, every covered box of the masks' colour,
and no code readable.

It runs in a process of its own, after the one that made them has ended, and shares no pixel with it.
"""

import io
from collections.abc import Iterator, Sequence
from typing import cast

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from imaging.bundle import CODE, Bundle, unpack
from imaging.code_reader import reads_a_code
from imaging.masks import FILL, FILL_IN_FILMS, Mask
from imaging.pixels import Pixels
from imaging.rendition import Rendition
from imaging.scans import fault_of

_BLOCK = 16
"""An encoder works in blocks of so many pixels; only a block that is covered whole comes out without a ripple."""
_STILL_RIPPLE, _BUSY_SHARE, _STILL_MOST = 20, 0.7, 80
"""How far a pixel of a photo's box may be from what the same encoder makes of a plain box there, beside what is even,
more beside what is busy, and never more than this: writing that is paler than that shows nothing of itself."""
_BLOCK_RIPPLE, _SEEP = 4, 2
"""How far from the masks' colour, in blocks that are covered whole, and how many pixels in from a neighbour."""
_SHOWS = {"thumb": "page-1"}
"""The small picture of a paper is of its first page, and what is covered there is covered in it."""
_SMALLER = frozenset({"thumb", "view"})
"""Copies of which there is a larger one: what is too small or too far askew to be read there at once is so here."""
_CODES_EVERY = 0.4
"""Seconds of a film between two pictures in which codes are looked for: whatever was covered is so for longer."""
_FILM_MARGIN, _FILM_EDGE, _FILM_RIPPLE = 8, 64, 14
"""In films, within so many pixels of a box's edge, and farther in: there the filters of the codec do not reach."""
_THIN, _LEAST_SIDE, _RIM = 24, 8, 2
"""A box with a side under 24 pixels has hardly a middle where those do not reach; writing in one under 8 is none that
could be read. Its outermost pixels are left out where all of it is weighed."""
_STILL_WEIGHT, _FILM_WEIGHT = 14.0, 10.0
"""How far the light of a box is from what it should be, as the root of its mean square. One that was covered came to
10.5 at most in 1,152 photos (noise, stripes, one colour, four qualities, all places within a block) and, of 8 to 16
pixels, to 8.9 in films; writing that is just visible to 18.9 at least in photos, and to 11.3 in films."""
_STRIP, _STRIP_WEIGHT = 8, 10.0
"""How deep the strips along the four sides of a larger box are that are weighed each for itself, and what they may
weigh. Those that were covered came to 5.1 at most in 288 photos and 3.7 in 432 pictures of films (noise, stripes,
grain, flashes, a bright wall); those that never were, with writing from 8 pixels on, to 21 and 15 at least."""
_SMALL = 64
"""A photo's box from this side on is judged by the blocks that it covers whole."""
_LIGHT = np.array([0.299, 0.587, 0.114])


def check_copies(data: bytes) -> list[str]:
    """Return a line per thing that is not as it should be: the copy's name and what is wrong with it."""
    bundle = unpack(data)
    there = {copy.name for copy in bundle.copies}
    absent = sorted({mask.copy for mask in bundle.masks if mask.copy is not None} - there)
    found = [f"{copy.name} {what}" for copy in bundle.copies for what in _check(copy, bundle)]
    return found + [f"{name} missing" for name in absent]


def _check(copy: Rendition, bundle: Bundle) -> Iterator[str]:
    chosen = [mask for mask in bundle.masks if mask.copy in {None, copy.name, _SHOWS.get(copy.name)}]
    check = _check_film if copy.media_type == "video/mp4" else _check_picture
    yield from check(copy, chosen, bundle.seeks_codes)


def _check_picture(copy: Rendition, masks: Sequence[Mask], seeks_codes: bool) -> Iterator[str]:
    # What is written here is read by another library than wrote it, and by the faster one.
    decoded = cv2.imdecode(np.frombuffer(copy.data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None or decoded.shape[:2] != (copy.height, copy.width):
        yield "size"
        return
    if fault_of(copy.data):
        yield "scan"
    pixels = np.asarray(decoded, dtype=np.uint8)
    if seeks_codes:
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        if reads_a_code(grey, is_thorough=copy.name not in _SMALLER):
            yield CODE
    if not masks:
        return
    with Image.open(io.BytesIO(copy.data), formats=["JPEG"]) as head:
        if isinstance(head, JpegImagePlugin.JpegImageFile) and all(_is_covered(pixels, head, mask) for mask in masks):
            return
    yield "uncovered"


def _is_covered(pixels: Pixels, head: JpegImagePlugin.JpegImageFile, mask: Mask) -> bool:
    """Whether the box shows nothing: it must look as if a plain box had been encoded there, and as nothing else."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = mask.pixels(width, height)
    if right <= left or bottom <= top:
        return True
    whole = _whole_blocks(pixels, (left, top, right, bottom))
    if whole.size and _distance(whole) > _BLOCK_RIPPLE:
        return False
    from_left, from_top = (max(0, edge // _BLOCK * _BLOCK - _BLOCK) for edge in (left, top))
    to_right, to_bottom = (-(-edge // _BLOCK) * _BLOCK + _BLOCK for edge in (right, bottom))
    around = pixels[from_top:to_bottom, from_left:to_right]
    inside = (slice(top - from_top, bottom - from_top), slice(left - from_left, right - from_left))
    plain = around.copy()
    plain[inside] = FILL
    outside = np.ones(around.shape[:2], bool)
    outside[inside] = False
    busy = float(around[outside].std(axis=0).max()) if outside.any() else 0.0
    apart = _encoded_again(plain, head)[inside].astype(np.int16) - around[inside]
    is_near = int(np.abs(apart).max()) <= min(_STILL_MOST, _STILL_RIPPLE + _BUSY_SHARE * busy)
    if not is_near:
        return False
    if min(right - left, bottom - top) < _SMALL:
        return _weight(apart @ _LIGHT) <= _STILL_WEIGHT
    return all(_weight(strip @ _LIGHT) <= _STRIP_WEIGHT for strip in _strips(apart))


def _strips(box: NDArray[np.generic]) -> tuple[NDArray[np.generic], ...]:
    """What lies along the four sides of a box: of a mask that was drawn too far off one of them was never covered."""
    deep = _STRIP + _RIM
    return box[:deep], box[-deep:], box[:, :deep], box[:, -deep:]


def _weight(apart: NDArray[np.float64]) -> float:
    """The root of the mean square of a box's differences, without its rim."""
    middle = apart[_RIM:-_RIM, _RIM:-_RIM]
    return float(np.sqrt(np.mean(np.square(middle, dtype=np.float64)))) if middle.size else 0.0


def _whole_blocks(pixels: Pixels, edges: tuple[int, int, int, int]) -> Pixels:
    """The blocks that are covered whole, without what seeps in from a neighbour: colour may be kept at half size."""
    left, top, right, bottom = edges
    top, left = (-(-edge // _BLOCK) * _BLOCK + _SEEP for edge in (top, left))
    bottom, right = (edge // _BLOCK * _BLOCK - _SEEP for edge in (bottom, right))
    return pixels[top : max(top, bottom), left : max(left, right)]


def _distance(pixels: Pixels) -> int:
    """How far the farthest value is from the masks' colour."""
    # Rows first: numpy goes along whole rows at once, and one channel after another would take a hundred times longer.
    highest, lowest = pixels.max(axis=0).max(axis=0), pixels.min(axis=0).min(axis=0)
    return max(int(np.abs(edge.astype(int) - FILL).max()) for edge in (highest, lowest))


def _encoded_again(pixels: Pixels, head: JpegImagePlugin.JpegImageFile) -> Pixels:
    """The same stretch through the same encoder, with the tables that the copy itself has."""
    buffer = io.BytesIO()
    sampling = JpegImagePlugin.get_sampling(head)
    Image.fromarray(pixels).save(buffer, "JPEG", qtables=head.quantization, subsampling=sampling)
    again = cv2.imdecode(np.frombuffer(buffer.getvalue(), np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(again, np.uint8)


def _check_film(copy: Rendition, masks: Sequence[Mask], seeks_codes: bool) -> Iterator[str]:
    """Look at every picture: those between the key ones may show what these do not."""
    with av.open(io.BytesIO(copy.data), "r", format="mov") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        if (stream.codec_context.width, stream.codec_context.height) != (copy.width, copy.height):
            yield "size"
            return
        next_look = 0.0
        for frame in container.decode(stream) if masks or seeks_codes else ():
            at = frame.time or 0.0
            if not _is_frame_covered(frame, [mask for mask in masks if mask.is_at(at)]):
                yield "uncovered"
                return
            if seeks_codes and at >= next_look:
                next_look = at + _CODES_EVERY
                if reads_a_code(np.ascontiguousarray(_plane(frame, 0)), is_thorough=False):
                    yield CODE
                    return


def _is_frame_covered(frame: VideoFrame, masks: Sequence[Mask]) -> bool:
    planes = [_plane(frame, number) for number in range(3)] if masks else []
    for mask in masks:
        edges = mask.pixels(frame.width, frame.height)
        for plane, fill, step in zip(planes, FILL_IN_FILMS, (1, 2, 2), strict=True):
            for margin, most in ((0, _FILM_EDGE), (_FILM_MARGIN, _FILM_RIPPLE)):
                left, top = (-(-(edge + margin) // step) for edge in edges[:2])
                right, bottom = ((edge - margin) // step for edge in edges[2:])
                box = plane[top : max(top, bottom), left : max(left, right)]
                if box.size and max(int(box.max()) - fill, fill - int(box.min())) > most:
                    return False
        if not _is_rim_covered(planes[0], edges):
            return False
    return True


def _is_rim_covered(light: Pixels, edges: tuple[int, int, int, int]) -> bool:
    """Whether a box shows no writing along its sides: a ripple from outside weighs less than letters do."""
    left, top, right, bottom = edges
    side = min(right - left, bottom - top)
    if side < _LEAST_SIDE:
        return True
    box = light[top:bottom, left:right]
    if side < _THIN:
        return _film_weight(box) <= _FILM_WEIGHT
    return all(_film_weight(strip) <= _STRIP_WEIGHT for strip in _strips(box))


def _film_weight(light: NDArray[np.generic]) -> float:
    return _weight(light.astype(np.float64) - FILL_IN_FILMS[0])


def _plane(frame: VideoFrame, number: int) -> Pixels:
    plane = frame.planes[number]
    # The stubs do not know that a plane is a buffer.
    rows = np.frombuffer(memoryview(cast("bytes", plane)), np.uint8).reshape(plane.height, plane.line_size)
    return np.asarray(rows[:, : plane.width], np.uint8)

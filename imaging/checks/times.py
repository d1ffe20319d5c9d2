"""What a film of ours tells of its times: each is told once by its pictures, and everywhere else follows from them.

A time that says anything else would be shown by no player, and four letters of a name are one.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, repeat

from imaging.limits import VIDEO_SECONDS_MOST

_FILM, _SOUND = 1000, 48_000
"""So many units of time there are in a second of the film itself and of its sound."""
_PRIMING = 1024
"""So many samples of sound a decoder gives before the first that was meant."""
_LONGEST = VIDEO_SECONDS_MOST + 1
_WIDTH, _ROW, _HEAD = 4, 8, 8
Boxes = Mapping[str, bytes]
"""What is in the boxes of one track, by their names."""


def check_times(film: bytes, homes: Sequence[Boxes]) -> Iterator[str]:
    """Yield what contradicts the times of the samples; `film` is the head of the whole, `mvhd`."""
    told = [_number(inside["tkhd"], 20) for inside in homes]
    if _number(film, 16) != max(told):
        yield "a film that says to be longer or shorter than it is"
    for inside, length in zip(homes, told, strict=True):
        if not _is_right(inside, length):
            yield "times of a track that do not fit each other"


def _is_right(inside: Boxes, length: int) -> bool:
    rate, whole = _number(inside["mdhd"], 12), _number(inside["mdhd"], 16)
    steps = [step for count, step in _rows(inside["stts"]) for step in repeat(step, count)]
    if not steps:
        return False
    begins, shown = _measured(inside, steps, rate)
    is_told = length == -(-shown * _FILM // rate) and length - sum(_edits(inside["elst"])) in {0, 1}
    is_begun = begins == _number(inside["elst"], len(inside["elst"]) - 8)
    # Our muxer may count a step of the decoding twice in the head of the track: of few pictures it is a long one.
    return shown <= _LONGEST * rate and is_told and is_begun and whole - shown in {0, *steps}


def _measured(inside: Boxes, steps: Sequence[int], rate: int) -> tuple[int, int]:
    """When the first sample is shown on the clock of its track, and for how long all of them are."""
    if rate == _SOUND:
        return _PRIMING, sum(steps) - _PRIMING
    decoded = accumulate(chain([0], steps[:-1]))
    later = chain(_offsets(inside), repeat(0))
    shown = [at + offset for at, offset in zip(decoded, later, strict=False)]
    return min(shown), max(shown) - min(shown) + steps[-1]


def _offsets(inside: Boxes) -> Iterator[int]:
    rows = _rows(inside["ctts"]) if "ctts" in inside else ()
    return (offset for count, offset in rows for offset in repeat(offset, count))


def _edits(table: bytes) -> Iterator[int]:
    return (_number(table, at) for at in range(_HEAD, len(table), 12))


def _rows(table: bytes) -> Iterator[tuple[int, int]]:
    return ((_number(table, at), _number(table, at + _WIDTH)) for at in range(_HEAD, len(table), _ROW))


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + _WIDTH], "big")

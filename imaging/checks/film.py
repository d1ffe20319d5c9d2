"""The MP4 that our encoder writes, and no other: which boxes, in which order, how long, and what their fields say."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from imaging.checks.parameters import is_whole_picture, is_whole_sequence
from imaging.checks.times import check_times
from imaging.walks import mp4
from imaging.walks.part import Broken
from imaging.walks.tracks import Track, check_tiled, tracks

_COMMON = "trak tkhd edts elst mdia mdhd hdlr minf {head} dinf dref url stbl stsd {kind} stts {more}stsc stsz stco"
_PICTURES = _COMMON.format(head="vmhd", kind="avc1 avcC( colr)?( btrt)?", more="(stss )?(ctts )?")
_SOUND = _COMMON.format(head="smhd", kind="mp4a esds", more="") + " sgpd sbgp"
_SILENT_ORDER = re.compile(f"ftyp moov mvhd {_PICTURES} mdat")
_VOICED_ORDER = re.compile(f"ftyp moov mvhd {_PICTURES}( {_SOUND})? mdat")
_NAMES = {*re.findall(r"\w+", _PICTURES + " ftyp moov mvhd mdat")}
_VOICED_NAMES = _NAMES | {*re.findall(r"\w+", _SOUND)}

_LEVEL = b"\0\x01" + bytes(14) + b"\0\x01" + bytes(14) + b"\x40\0\0\0"
"""The upright matrix of a track or a film, which nothing is turned by."""
_ESDS = (
    rb"\0{4}\x03\x80\x80\x80\x25\0\x02\0\x04\x80\x80\x80\x17\x40\x15\0{3}(?:\0[\0-\x07]..){2}"
    rb"\x05\x80\x80\x80\x05\x11\x88\x56\xe5\0\x06\x80\x80\x80\x01\x02"
)
"""One channel of plain AAC at 48 kHz; all that varies are its highest and its mean rate."""
_WHOLE = {
    name: re.compile(shape, re.DOTALL)
    for name, shape in {
        "ftyp": re.escape(b"isom\0\0\x02\0isomiso2avc1mp41"),
        "mvhd": rb"\0{12}\0\0\x03\xe8.{4}\0\x01\0\0\x01\0{11}" + re.escape(_LEVEL) + rb"\0{24}\0{3}[\x02\x03]",
        "tkhd": rb"\0{3}\x03\0{8}\0{3}[\x01\x02]\0{4}.{4}\0{8}\0\0(?:\0{6}|\0\x01\x01\0\0\0)"
        + re.escape(_LEVEL)
        + rb"..\0\0..\0\0",
        "mdhd": rb"\0{12}(?:\0\x01\x5f\x90|\0\0\xbb\x80).{4}\x55\xc4\0\0",
        "elst": rb"\0{4}\0\0\0(?:\x01.{8}\0\x01\0\0|\x02.{4}\xff{4}\0\x01\0\0.{8}\0\x01\0\0)",
        "hdlr": rb"\0{8}(?:vide\0{12}VideoHandler|soun\0{12}SoundHandler)\0",
        "vmhd": rb"\0{3}\x01\0{8}",
        "smhd": rb"\0{8}",
        "dref": rb"\0{7}\x01\0\0\0\x0curl \0\0\0\x01",
        "url ": rb"\0\0\0\x01",
        "colr": rb"nclx\0[\x01\x05\x06]\0\x01\0\x01\0",
        "esds": _ESDS,
        "btrt": rb"\0\x13\x12\xd0\0\x4c\x4b\x40\0{4}",
        "sgpd": rb"\x01\0\0\0roll\0\0\0\x02\0\0\0\x01\xff\xff",
        "sbgp": rb"\0{4}roll\0\0\0\x01.{4}\0\0\0\x01",
    }.items()
}
"""What these boxes hold, from their first byte to their last."""
_HEADS = {
    name: re.compile(shape, re.DOTALL)
    for name, shape in {
        "stsd": rb"\0{7}\x01",
        "avc1": rb"\0{7}\x01\0{16}....\0\x48\0\0\0\x48\0\0\0{4}\0\x01\0{32}\0\x18\xff\xff",
        "mp4a": rb"\0{7}\x01\0{8}\0\x01\0\x10\0{4}\xbb\x80\0\0",
    }.items()
}
"""What boxes that hold others have before them."""
_ROWS = {"stts": 8, "ctts": 8, "stss": 4, "stsc": 12, "stco": 4}
"""Tables: four zeros, a number of rows, and that many rows of so many bytes."""
_AVCC = re.compile(rb"\x01(\x64..)\xff\xe1(.)", re.DOTALL)
_AVCC_END = b"\xfd\xf8\xf8\x00"
_PICTURE, _KEY_PICTURE = 1, 5
_LAST_MOST = 90_000
"""How long the last picture may be shown, in units of 1/90,000 second; our encoder says a thirtieth of a second."""
_AAC_MOST = 768
"""No packet of one channel may be longer, by the standard."""
_AAC_ONE_CHANNEL = 0


def check_film(data: bytes, *, most_sounds: int) -> Iterator[str]:
    """Yield what is in the film that we would not have written. Raises Broken."""
    boxes = list(mp4.walk(data))
    allowed, order = (_VOICED_NAMES, _VOICED_ORDER) if most_sounds else (_NAMES, _SILENT_ORDER)
    wrong = [f"box {box.path}" for box in boxes if box.name.strip() not in allowed]
    wrong += [f"box {box.path} with other content than ours" for box in boxes if not _is_ours(box, data)]
    if wrong:
        yield from wrong
        return
    if not order.fullmatch(" ".join(box.name.strip() for box in boxes)):
        counts = Counter(box.path for box in boxes)
        again = sorted(f"{count} boxes {path}" for path, count in counts.items() if count > 1)
        yield "boxes in another order or number than we write" + "".join(f", {one}" for one in again)
        return
    yield from _check_tracks(data, boxes, most_sounds)


def _is_ours(box: mp4.Box, data: bytes) -> bool:
    content = box.of(data)
    if (whole := _WHOLE.get(box.name)) is not None:
        return whole.fullmatch(content) is not None
    if (head := _HEADS.get(box.name)) is not None:
        return head.match(content) is not None
    if box.name in _ROWS:
        rows = int.from_bytes(content[4:8], "big")
        return not any(content[:4]) and len(content) == 8 + rows * _ROWS[box.name]
    return True


def _check_tracks(data: bytes, boxes: Sequence[mp4.Box], most_sounds: int) -> Iterator[str]:
    """One track of pictures, at most so many of sound, and not a byte of media that is in none of them."""
    found = tracks(data, boxes)
    kinds = Counter(track.handler for track in found)
    if kinds[b"vide"] != 1 or kinds[b"soun"] > most_sounds:
        yield f"tracks: {kinds[b'vide']} of pictures, {kinds[b'soun']} of sound"
        return
    check_tiled(found, next(box for box in boxes if box.path == "mdat"))
    homes = [box for box in boxes if box.path == "moov/trak"]
    insides = [{box.name: box.of(data) for box in boxes if home.start <= box.outer < home.end} for home in homes]
    wrong = [
        what for each, track in zip(insides, found, strict=True) for what in _check_counts(each, len(track.samples))
    ]
    yield from wrong or check_times(next(box for box in boxes if box.name == "mvhd").of(data), insides)
    for track, inside in zip(found, insides, strict=True):
        yield from _check_pictures(data, track, inside) if track.handler == b"vide" else _check_sound(data, track)


def _check_counts(inside: dict[str, bytes], samples: int) -> Iterator[str]:
    """Times are told of as many samples as there are, and no row of a table is of none."""
    for name in {"stts", "ctts"} & inside.keys():
        counts = [int.from_bytes(inside[name][at : at + 4], "big") for at in range(8, len(inside[name]), 8)]
        if sum(counts) != samples or 0 in counts:
            yield f"table {name} of other samples than there are"
    if "sbgp" in inside and int.from_bytes(inside["sbgp"][12:16], "big") != samples:
        yield "table sbgp of other samples than there are"


def _check_pictures(data: bytes, track: Track, inside: dict[str, bytes]) -> Iterator[str]:
    """Every picture must be one coded unit, the key ones those that the table tells, and the parameters whole."""
    units = [list(mp4.coded_units(data, start, start + size)) for start, size in track.samples]
    yield from (f"coded unit of type {number}" for number in sorted(set().union(*units) - {_PICTURE, _KEY_PICTURE}))
    if any(len(kinds) != 1 for kinds in units):
        yield "pictures of more than one coded unit"
    keys = [number for number, kinds in enumerate(units, 1) if kinds == [_KEY_PICTURE]]
    told = inside.get("stss")
    if told is not None and [int.from_bytes(told[at : at + 4], "big") for at in range(8, len(told), 4)] != keys:
        yield "table stss of other pictures than stand for themselves"
    if told is None and len(keys) != len(units):
        yield "no table stss, though not all pictures stand for themselves"
    if int.from_bytes(inside["stts"][-4:], "big") > _LAST_MOST:
        yield "a last picture that is shown for longer than ours"
    size = (int.from_bytes(inside["avc1"][24:26], "big"), int.from_bytes(inside["avc1"][26:28], "big"))
    head = inside["tkhd"]
    if size != (int.from_bytes(head[76:78], "big"), int.from_bytes(head[80:82], "big")):
        yield "box moov/trak/tkhd with other content than ours"
    if not _is_parameters(inside["avcC"]):
        yield "box avcC with other content than ours"


def _is_parameters(content: bytes) -> bool:
    """One set of parameters for the film and one for its pictures, each to its last bit, and the end that High has."""
    sequence, at = _unit(content, 6)
    pictures, end = _unit(content, at + 1)
    if not _AVCC.match(content) or content[at : at + 1] != b"\x01" or content[end:] != _AVCC_END:
        return False
    return sequence[1:4] == content[1:4] and is_whole_sequence(sequence) and is_whole_picture(pictures)


def _unit(content: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(content[at : at + 2], "big")
    if end > len(content):
        raise Broken("parameters that run past their box")
    return content[at + 2 : end], end


def _check_sound(data: bytes, track: Track) -> Iterator[str]:
    """Every packet must begin with the one channel: a packet of data or of filling begins otherwise."""
    for start, size in track.samples:
        if not 0 < size <= _AAC_MOST or data[start] >> 5 != _AAC_ONE_CHANNEL:
            yield "a packet of sound that is not ours"
            return

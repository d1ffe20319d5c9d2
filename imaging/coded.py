"""Where in a finished copy coded picture lies: bytes in which any short word turns up by chance."""

from imaging.magic import HEAD_BYTES, sniff
from imaging.walks import jpeg, mp4, pdf
from imaging.walks.part import Broken

_SCAN, _STREAM, _MEDIA = "SCAN", "STREAM", "mdat"
_FIXED = {"ftyp", "hdlr"}


def coded_stretches(data: bytes) -> list[tuple[int, int]]:
    """Return the first place of each such stretch and the place behind it; none where the structure is broken."""
    media_type = sniff(data[:HEAD_BYTES])
    try:
        if media_type == "video/mp4":
            return [(box.start, box.end) for box in mp4.walk(data) if box.name == _MEDIA]
        walk = {"image/jpeg": jpeg.walk, "application/pdf": pdf.walk}.get(media_type or "")
        parts = walk(data) if walk is not None else ()
        return [(part.start, part.start + part.size) for part in parts if part.name in {_SCAN, _STREAM}]
    except Broken:
        return []


def fixed_stretches(data: bytes) -> list[tuple[int, int]]:
    """The same for what is alike in each of our films and allowed in no other way: a family may be called Handler."""
    if sniff(data[:HEAD_BYTES]) != "video/mp4":
        return []
    try:
        return [(box.start, box.end) for box in mp4.walk(data) if box.name in _FIXED]
    except Broken:
        return []

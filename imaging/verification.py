"""Checks prepared files again, by other code than made them: nothing but what shows the picture may be there.

Our own walk over the structure is binding. exiftool is a second opinion where it is installed (`second_opinion`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from imaging.magic import HEAD_BYTES, sniff
from imaging.walks import jpeg, png, webp
from imaging.walks.part import Broken, Part

_JPEG_PARTS = {"SOI", "APP0", "DQT", "SOF0", "SOF2", "DHT", "DRI", "SOS", "SCAN", "EOI"}
_PNG_PARTS = {"IHDR", "PLTE", "IDAT", "IEND"}
_WEBP_PARTS = {"VP8", "VP8L"}
_JFIF = b"JFIF\x00"


@dataclass(frozen=True)
class Finding:
    """One thing in a prepared file that should not be there. `what` names it and never quotes it."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def verify(files: Iterable[Path | bytes]) -> list[Finding]:
    """Check prepared files, given as paths or as bytes; an empty list means that nothing was found.

    Bytes are called `#1`, `#2`, ... by their place. A path that cannot be read raises OSError.
    """
    findings: list[Finding] = []
    for number, file in enumerate(files, 1):
        data, name = (file, f"#{number}") if isinstance(file, bytes) else (file.read_bytes(), str(file))
        findings += verify_bytes(data, name)
    return findings


def verify_bytes(data: bytes, name: str) -> list[Finding]:
    """Check one prepared file."""
    check = _CHECKS.get(sniff(data[:HEAD_BYTES]) or "")
    if check is None:
        return [Finding(name, "not a type that we write")]
    try:
        return [Finding(name, what) for what in check(data)]
    except Broken as broken:
        return [Finding(name, f"broken structure: {broken}")]


def _check_jpeg(data: bytes) -> Iterator[str]:
    for part in jpeg.walk(data):
        if part.name not in _JPEG_PARTS:
            yield f"segment {part.name}"
        elif part.name == "APP0" and not _is_plain_jfif(part.of(data)):
            yield "segment APP0 with more than a version"


def _is_plain_jfif(payload: bytes) -> bool:
    """A JFIF header of 14 bytes has no room for a thumbnail."""
    return payload.startswith(_JFIF) and len(payload) == 14 and payload[12:] == b"\x00\x00"


def _check_png(data: bytes) -> Iterator[str]:
    yield from _strangers(png.walk(data, check_sums=True), _PNG_PARTS, "chunk")


def _check_webp(data: bytes) -> Iterator[str]:
    yield from _strangers(webp.walk(data), _WEBP_PARTS, "chunk")


def _strangers(parts: Iterable[Part], allowed: set[str], word: str) -> Iterator[str]:
    for part in parts:
        if part.name not in allowed:
            yield f"{word} {part.name}"


_CHECKS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "image/jpeg": _check_jpeg,
    "image/png": _check_png,
    "image/webp": _check_webp,
}

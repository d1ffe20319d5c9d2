"""Checks prepared files again, by other code than made them: nothing but what shows the picture may be there, and it
must be as our own encoders write it: other files, however harmless, have findings.

Our own walk over the structure is binding. exiftool is a second opinion where it is installed (`second_opinion`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from imaging.checks.film import check_film
from imaging.checks.paper import check_paper
from imaging.checks.still import check_jpeg
from imaging.coded import coded_stretches, fixed_stretches
from imaging.identifiers import Identifiers
from imaging.magic import HEAD_BYTES, sniff
from imaging.traces import traces
from imaging.walks import mp4
from imaging.walks.part import Broken

_JPEG, _MP4 = "image/jpeg", "video/mp4"


@dataclass(frozen=True)
class Finding:
    """One thing in a prepared file that should not be there. `what` names it and never quotes it."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def verify(
    files: Iterable[Path | bytes], identifiers: Identifiers | None = None, *, allows_sound: bool = False
) -> list[Finding]:
    """Check prepared files, given as paths or as bytes; an empty list means that nothing was found.

    Where `identifiers` of the case are given, their words must not be anywhere in the bytes. `allows_sound` lets a
    film have the one track of sound that a family's consent to the voice gives it.
    Bytes are called `#1`, `#2`, ... by their place. A path that cannot be read raises OSError.
    """
    findings: list[Finding] = []
    for number, file in enumerate(files, 1):
        data, name = (file, f"#{number}") if isinstance(file, bytes) else (file.read_bytes(), str(file))
        found = verify_bytes(data, name, identifiers, allows_sound=allows_sound)
        findings += found or _scanned(data, name)
    return findings


def _scanned(data: bytes, name: str) -> list[Finding]:
    """Decode a JPEG of which everything else is ours. Copies that are to be let out are decoded in the jail instead."""
    if sniff(data[:HEAD_BYTES]) != _JPEG:
        return []
    from imaging.scans import fault_of  # noqa: PLC0415 - who imports the room loads no decoder.

    fault = fault_of(data)
    return [Finding(name, fault)] if fault else []


def verify_bytes(
    data: bytes, name: str, identifiers: Identifiers | None = None, *, allows_sound: bool = False
) -> list[Finding]:
    """Check one prepared file."""
    words = traces(data, identifiers, coded_stretches(data), fixed_stretches(data)) if identifiers is not None else []
    return _walked(data, name, allows_sound=allows_sound) + [
        Finding(name, f"a word of the case in {writing}") for writing in words
    ]


def has_sound(data: bytes) -> bool:
    """Whether a film that was verified has a track of sound."""
    return any(box.name == "smhd" for box in mp4.walk(data))


def _walked(data: bytes, name: str, *, allows_sound: bool) -> list[Finding]:
    media_type = sniff(data[:HEAD_BYTES]) or ""
    check = _check_voiced_mp4 if allows_sound and media_type == _MP4 else _CHECKS.get(media_type)
    if check is None:
        return [Finding(name, "not a type that we write")]
    findings: list[Finding] = []
    try:
        findings.extend(Finding(name, what) for what in check(data))
    except Broken as broken:
        findings.append(Finding(name, f"broken structure: {broken}"))
    return findings


def _check_mp4(data: bytes) -> Iterator[str]:
    yield from check_film(data, most_sounds=0)


def _check_voiced_mp4(data: bytes) -> Iterator[str]:
    yield from check_film(data, most_sounds=1)


_CHECKS: dict[str, Callable[[bytes], Iterator[str]]] = {
    _JPEG: check_jpeg,
    _MP4: _check_mp4,
    "application/pdf": check_paper,
}

"""What each kind of upload accepts, and how much one person may send. Types are checked by content, in the worker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from econsult.consults.attachments import DOCUMENT_TYPES, MediaKind
from econsult.errors import InvalidError
from uploads.errors import TooBigError

MEGABYTE = 1024 * 1024
LARGEST: Mapping[MediaKind, int] = {
    MediaKind.PHOTO: 50 * MEGABYTE,
    MediaKind.LAB_DOCUMENT: 100 * MEGABYTE,
    MediaKind.VIDEO: 2048 * MEGABYTE,
}
LARGEST_OF_ALL = max(LARGEST.values())
LARGEST_SIMPLE = 25 * MEGABYTE
FLOOR = 64 * MEGABYTE
"""So much of the disk is left for the records and for files that are already on their way."""
MOST_OPEN, MOST_AT_ONCE = 20, 4
MOST_BYTES, BYTES_WINDOW = 10 * 1024 * MEGABYTE, timedelta(days=1)
LIVES, LIVES_WHOLE, FORGOTTEN = timedelta(hours=72), timedelta(hours=1), timedelta(minutes=10)
"""How long an unfinished upload waits, one that cannot be gone on with, and one whose address perhaps nobody knows."""
TAKES_FILES = "econsult.takes_files"
"""Under this name the server gives the application what it calls before it reads a form with files: the pace of a phone
counts from then on, not the half minute in which a form of words must have come."""
# Pictures of a body. A caregiver is not asked for them, and may not send them, where the place is private. A document
# shows its kind only once it is whole, so a picture that is called one is refused by the worker that opens it.
SHOWS_A_BODY = frozenset({MediaKind.PHOTO, MediaKind.VIDEO})

_VIEW = re.compile(r"[A-Za-z0-9_-]{1,32}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to send. `length` in bytes, None where it shows only at the end; the rest is their word.

    One that is not resumable comes in one go, through the plain door, and is gone where it is cut.
    """

    consult_id: str
    kind: str
    length: int | None
    filename: str = ""
    media_type: str = ""
    metadata_text: str = ""
    sha256: str | None = None
    view: str | None = None
    document_type: str | None = None
    is_resumable: bool = True


def check_wanted(wanted: Wanted) -> MediaKind:
    """The kind, when everything that was declared makes sense. Raises InvalidError by field, TooBigError."""
    wrong: dict[str, str] = {}
    if wanted.kind not in set(MediaKind):
        wrong["kind"] = "unknown_value" if wanted.kind else "required"
    if wanted.view is not None and not _VIEW.fullmatch(wanted.view):
        wrong["view"] = "invalid"
    if wanted.document_type is not None and wanted.document_type not in DOCUMENT_TYPES:
        wrong["document_type"] = "unknown_value"
    if wanted.sha256 is not None and not _SHA256.fullmatch(wanted.sha256):
        wrong["sha256"] = "invalid"
    if wanted.length == 0:
        wrong["length"] = "empty"
    if wrong:
        raise InvalidError("This upload cannot begin: " + ", ".join(sorted(wrong)) + ".", wrong)
    kind = MediaKind(wanted.kind)
    if wanted.length is not None and wanted.length > LARGEST[kind]:
        raise TooBigError(LARGEST[kind])
    return kind


def most_bytes(wanted: Wanted, kind: MediaKind) -> int:
    """How many bytes such a file may have: what was declared, or the most that its door and its kind allow."""
    if wanted.length is not None:
        return wanted.length
    return LARGEST[kind] if wanted.is_resumable else min(LARGEST_SIMPLE, LARGEST[kind])


def plain_name(filename: str) -> str:
    """A file's own name for showing: no folders, no control or direction characters, at most 120 characters."""
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:120]

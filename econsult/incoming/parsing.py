"""What of an e-mail can be kept: who it says it is from, its plain text, and the files that a request may take.

Nothing is decompressed, rendered or decoded beyond the transfer encoding, and no HTML is read. A message is bounded
before the library sees it, since some of the library's work grows with the square of what a sender writes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import errors, header, message_from_bytes, utils
from email.message import Message
from pathlib import PurePath

from econsult.errors import ConsultError

LARGEST = 50 * 1024 * 1024
LONGEST_HEAD, LONGEST_TYPE, LONGEST_FROM = 256 * 1024, 8 * 1024, 1000
MOST_LINES, MOST_DASHES, MOST_BOUNDARIES = 1_000_000, 20_000, 100
MOST_PARTS, DEEPEST, MOST_FILES = 200, 20, 20
LONGEST_TEXT, LONGEST_SUBJECT, LONGEST_NAME = 20_000, 300, 120
PHOTO, VIDEO, DOCUMENT = "photo", "video", "lab_document"
KINDS = {
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".tif", ".tiff", ".gif"), PHOTO),
    **dict.fromkeys((".mp4", ".mov", ".m4v", ".webm", ".3gp"), VIDEO),
    ".pdf": DOCUMENT,
}
"""By the end of a file's name, where its type says nothing. The upload door looks at the content later."""
UNTYPED = ("application/octet-stream", "application/x-unknown", "binary/octet-stream")
BROKEN = (errors.MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError, AssertionError)
"""What the library raises on messages that somebody has broken on purpose."""
_TYPE = re.compile(rb"(?im)^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,255}")


class CorruptMailError(ConsultError):
    """It cannot be read as a message, is too large, or has nothing that can be kept."""

    code = "corrupt_mail"


@dataclass(frozen=True)
class Part:
    """One file as it came."""

    name: str
    kind: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Letter:
    """What can be kept of a message. `left_out` counts files of other kinds; `is_cut`: the text was longer."""

    message_hash: str
    text: str
    is_cut: bool
    parts: list[Part]
    left_out: int


def read_sender(raw: bytes) -> str:
    """The one address of its From line; empty where there is none, or more than one. Raises CorruptMailError."""
    head = _lines(raw[: LONGEST_HEAD + 1]).partition(b"\n\n")[0]
    if len(raw) > LARGEST or len(head) > LONGEST_HEAD:
        raise CorruptMailError("The message is too large.")
    try:
        lines = [str(line) for line in message_from_bytes(head).get_all("From", [])]
        if len(lines) != 1 or len(lines[0]) > LONGEST_FROM:
            return ""
        found = utils.getaddresses(lines)
    except BROKEN:
        raise CorruptMailError("The message cannot be read.") from None
    if len(found) != 1:
        return ""
    return found[0][1] if _ADDRESS.fullmatch(found[0][1]) else ""


def read_letter(raw: bytes) -> Letter:
    """What can be kept. Raises CorruptMailError, for a message without any of it too."""
    whole = _lines(raw)
    _check_bounds(whole)
    try:
        message = message_from_bytes(whole)
        letter = _gather(message, _hash_of(message, whole))
    except BROKEN:
        raise CorruptMailError("The message cannot be read.") from None
    if not letter.text and not letter.parts:
        raise CorruptMailError("There is nothing in the message that can be kept.")
    return letter


def _lines(raw: bytes) -> bytes:
    """With one kind of line end: the library knows three, and the bounds must count as it does."""
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _check_bounds(whole: bytes) -> None:
    counts = (
        (whole.count(b"\n"), MOST_LINES),
        (whole.count(b"\n--"), MOST_DASHES),
        (whole.lower().count(b"boundary="), MOST_BOUNDARIES),
        (max((len(found[0]) for found in _TYPE.finditer(whole)), default=0), LONGEST_TYPE),
    )
    if any(count > most for count, most in counts):
        raise CorruptMailError("The message has too many parts or lines.")


def _hash_of(message: Message, whole: bytes) -> str:
    """Of its Message-ID, which every delivery of one message carries; of all of it where it has none."""
    name = str(message.get("Message-ID", "")).strip()
    return hashlib.sha256(name.encode("utf-8", "replace") if name else whole).hexdigest()


def _gather(message: Message, message_hash: str) -> Letter:
    texts, left_out = [_subject(message)], 0
    parts: list[Part] = []
    for part in _leaves(message):
        if _is_words(part):
            texts.append(_words(part))
            continue
        if part.get_content_type() == "text/html" and part.get_content_disposition() != "attachment":
            # The same words once more: a message that has no others is shown without any.
            continue
        kind, data = _kind(part), part.get_payload(decode=True)
        if kind and isinstance(data, bytes) and data and len(parts) < MOST_FILES:
            parts.append(Part(_name(part), kind, part.get_content_type()[:80], data))
        else:
            left_out += 1
    text = "\n\n".join(filter(None, (_plain(words) for words in texts)))
    return Letter(message_hash, text[:LONGEST_TEXT], len(text) > LONGEST_TEXT, parts, left_out)


def _leaves(message: Message) -> Iterator[Message]:
    """Every part that holds no others, in order, those of forwarded messages too. Raises CorruptMailError."""
    waiting, count = [(message, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > MOST_PARTS or depth > DEEPEST:
            raise CorruptMailError("The message has too many parts or lines.")
        inner = part.get_payload()
        if isinstance(inner, list):
            waiting.extend((each, depth + 1) for each in reversed(inner) if isinstance(each, Message))
        else:
            yield part


def _is_words(part: Message) -> bool:
    return part.get_content_type() == "text/plain" and part.get_content_disposition() != "attachment"


def _words(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        # A character set that nobody knows: what is ASCII in it can be read.
        return data.decode("ascii", "replace")


def _subject(message: Message) -> str:
    return _header(message.get("Subject", ""))[:LONGEST_SUBJECT]


def _header(value: object) -> str:
    text = str(value)[: 8 * LONGEST_SUBJECT]
    try:
        return str(header.make_header(header.decode_header(text)))
    except BROKEN:
        return text


def _name(part: Message) -> str:
    """The file's own name for showing: no folders, nothing that cannot be printed."""
    last = re.split(r"[/\\]", _header(part.get_filename() or ""))[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:LONGEST_NAME]


def _kind(part: Message) -> str:
    """What the file seems to be; empty for what no request takes."""
    media_type = part.get_content_type()
    if media_type in UNTYPED:
        return KINDS.get(PurePath(_name(part).lower()).suffix, "")
    if media_type == "application/pdf":
        return DOCUMENT
    kinds = {"image": PHOTO, "video": VIDEO}
    return "" if media_type == "image/svg+xml" else kinds.get(part.get_content_maintype(), "")


def _plain(text: str) -> str:
    """The words without what no page can show, and without the blank lines around them."""
    told = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in told if letter in "\n\t" or letter.isprintable()).strip()

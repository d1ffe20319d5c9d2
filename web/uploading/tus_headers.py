"""Reading what tus says in headers. What is not well formed is 400."""

from __future__ import annotations

import base64
import binascii

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from uploads.chunks import ALGORITHMS, Checksum

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,creation-with-upload,termination,checksum,expiration"
LONGEST_METADATA = 4096
DIGEST_SIZES = {"sha1": 20, "sha256": 32}


def number(name: str) -> int:
    """The whole number in a header. Raises BadRequest where it is missing, negative or not a number."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(f"{name} must be a whole number.")
    return int(text)


def new_length() -> int | None:
    """The length that a new upload declares; None where it is put off. Raises BadRequest where it says both or none."""
    put_off = request.headers.get("Upload-Defer-Length")
    if put_off is None:
        return number("Upload-Length")
    if put_off.strip() != "1" or "Upload-Length" in request.headers:
        raise BadRequest("Say Upload-Length, or Upload-Defer-Length: 1.")
    return None


def later_length() -> int | None:
    """The length that was put off, where this request tells it. Raises BadRequest."""
    return number("Upload-Length") if "Upload-Length" in request.headers else None


def check_plain_body() -> None:
    """Raise UnsupportedMediaType for a body that is packed on its way: the file would be kept as the packing."""
    packings = f"{request.headers.get('Content-Encoding', '')},{request.headers.get('Transfer-Encoding', '')}"
    if {word.strip().lower() for word in packings.split(",")} - {"", "identity", "chunked"}:
        raise UnsupportedMediaType


def metadata(text: str) -> dict[str, str]:
    """`Upload-Metadata` as a dictionary: `key base64, key base64`. Raises BadRequest."""
    found: dict[str, str] = {}
    if len(text) > LONGEST_METADATA:
        raise BadRequest("Upload-Metadata is too long.")
    for pair in text.split(",") if text.strip() else []:
        key, _, value = pair.strip().partition(" ")
        if not key or not key.isascii() or key in found:
            raise BadRequest("Upload-Metadata is not well formed.")
        found[key] = _decoded(value.strip())
    return found


def checksum(text: str | None) -> Checksum | None:
    """`Upload-Checksum`: an algorithm and a digest in base64. Raises BadRequest, also for an unknown algorithm.

    One that is promised for the end of the body is refused: it would be taken for checked, and is not.
    """
    if "upload-checksum" in request.headers.get("Trailer", "").lower():
        raise BadRequest("The checksum must come before the chunk.")
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadRequest("The checksum must be one of: " + ", ".join(ALGORITHMS) + ".")
    digest = _bytes(encoded.strip())
    if len(digest) != DIGEST_SIZES[algorithm]:
        raise BadRequest("The checksum has the wrong length.")
    return Checksum(algorithm, digest)


def _decoded(value: str) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        raise BadRequest("Upload-Metadata is not UTF-8.") from None


def _bytes(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("A value is not base64.") from None

"""The files of a message in the blob store: each a sealed container of its own, all under the message's one key."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from econsult.incoming.parsing import Part
from econsult.incoming.records import IncomingMail
from storage import sealed
from storage.blobs import BlobStore
from storage.sealed import BlobRange, SealedReader

PREFIX = "incoming/"


def keep_parts(blobs: BlobStore, public_id: str, parts: Sequence[Part], key: bytes) -> None:
    """Seal and store them, durably. Raises BlobError."""
    for number, part in enumerate(parts):
        target = BytesIO()
        with sealed.create(target, _object_id(public_id, number), key) as writer:
            writer.write(part.data)
        size = target.tell()
        target.seek(0)
        blobs.put(_place(public_id, number), target, size)


def open_part(blobs: BlobStore, mail: IncomingMail, number: int) -> SealedReader:
    """The plain bytes of one file. Raises BlobError, SealBroken."""
    return sealed.open(BlobRange(blobs, _place(mail.public_id, number)), _object_id(mail.public_id, number), mail.key)


def forget_parts(blobs: BlobStore, public_id: str) -> None:
    """Remove whatever of a message is there. Raises StoreUnavailable; doing it again changes nothing."""
    for place in list(blobs.list(f"{PREFIX}{public_id}/")):
        blobs.delete(place)


def _place(public_id: str, number: int) -> str:
    return f"{PREFIX}{public_id}/{number}"


def _object_id(public_id: str, number: int) -> str:
    """The number belongs to what is authenticated: one file of a message cannot stand for another."""
    return f"{public_id}-{number}"

"""Takes renditions from the imaging room and rests them sealed in the blob store, each under a key of its own."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from sqlalchemy import select

from econsult.consults.attachments import Attachment, Rendition
from econsult.consults.preparing import PreparedCopy
from econsult.database import new_public_id
from econsult.people.patients import Patient
from storage import sealed
from storage.blobs import BlobError
from workers.runtime import Runtime

log = logging.getLogger(__name__)

IN_MEMORY = 16 * 1024 * 1024


@dataclass(frozen=True)
class Made:
    """One rendition as the jail gave it: pixels only, still plain."""

    name: str
    media_type: str
    data: bytes
    width: int
    height: int


@dataclass
class Collected:
    """An `imaging.Target` that keeps what it is given until the whole file has passed every check."""

    made: list[Made] = field(default_factory=list)

    def put(self, name: str, media_type: str, data: bytes, width: int, height: int) -> None:
        """See `imaging.Target`."""
        self.made.append(Made(name, media_type, data, width, height))


def store_copy(runtime: Runtime, attachment_id: str, patient_id: int, made: Made) -> PreparedCopy:
    """Seal one rendition and put it in the store; only ciphertext is ever written, in memory or to disk.

    The blob is named after the attachment and a fresh object id: no attempt ever writes over another's.
    Raises StoreUnavailable.
    """
    object_id = new_public_id()
    with runtime.database.reading() as session:
        key, wrapped = runtime.vault.new_object_key(session, session.get_one(Patient, patient_id), object_id)
    blob_key = copies_prefix(attachment_id) + object_id
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(runtime.settings.staging)) as spool:
        file = cast("BinaryIO", spool)
        with sealed.create(file, object_id, key) as writer:
            writer.write(made.data)
        size = file.tell()
        file.seek(0)
        runtime.blobs.put(blob_key, file, size)
    return PreparedCopy(
        name=made.name,
        media_type=made.media_type,
        width=made.width,
        height=made.height,
        size=len(made.data),
        sha256=hashlib.sha256(made.data).hexdigest(),
        object_id=object_id,
        blob_key=blob_key,
        key_wrapped=wrapped,
    )


def copies_prefix(attachment_id: str) -> str:
    """The beginning of the names of all copies of one attachment, whichever attempt made them."""
    return f"renditions/{attachment_id}."


def remove_strays(runtime: Runtime, attachment_id: str) -> int:
    """Delete the copies that stand for the file no more, or never did; returns how many. Raises StoreUnavailable."""
    linked = select(Rendition.blob_key).join(Attachment, Attachment.id == Rendition.attachment_id)
    with runtime.database.reading() as session:
        kept = set(session.scalars(linked.where(Attachment.public_id == attachment_id)))
    strays = [key for key in runtime.blobs.list(copies_prefix(attachment_id)) if key not in kept]
    for key in strays:
        runtime.blobs.delete(key)
    return len(strays)


def remove_lost(runtime: Runtime, keys: Sequence[str]) -> None:
    """Delete what an attempt stored that lost. Where the store is away, the winner's next sweep finds it."""
    try:
        for key in keys:
            runtime.blobs.delete(key)
    except BlobError:
        log.warning("Copies of a lost attempt stay behind because the blob store is away.")

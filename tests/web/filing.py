"""Put ready files on a consult the way a worker does: sealed in the real store, linked in the real tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from econsult.consults.attachments import Attachment, MediaKind, Received, receive
from econsult.consults.preparing import link_renditions
from econsult.consults.records import Consult
from econsult.database import new_public_id
from econsult.people.patients import Patient
from econsult.people.persons import Person
from workers.copies import Made, store_copy
from workers.runtime import Runtime

GOOD = {"sharpness": "good", "exposure": "good"}


def file_received(
    runtime: Runtime, consult: Consult, sender: Person, kind: MediaKind, now: datetime, view: str = ""
) -> Attachment:
    """A file that has arrived and waits for a worker."""
    name = new_public_id()
    with runtime.database.writing() as session:
        child = session.get_one(Patient, consult.patient_id)
        _, wrapped = runtime.vault.new_object_key(session, child, name)
        received = Received(name, kind, 1000, "file", wrapped, sender.id, view=view or None)
        return receive(session, session.get_one(Consult, consult.id), received, now)


def file_ready(
    runtime: Runtime,
    consult: Consult,
    sender: Person,
    kind: MediaKind,
    copies: Sequence[Made],
    now: datetime,
    *,
    view: str = "",
) -> Attachment:
    """A file whose safe copies are in the store."""
    attachment = file_received(runtime, consult, sender, kind, now, view)
    runtime.settings.staging.mkdir(parents=True, exist_ok=True)
    prepared = [store_copy(runtime, attachment.public_id, consult.patient_id, made) for made in copies]
    with runtime.database.writing() as session:
        found = session.get_one(Attachment, attachment.id)
        link_renditions(session, found, prepared, {"quality": GOOD}, now)
    return attachment

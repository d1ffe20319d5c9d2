"""Draws a case's files and sends them through the upload door, as a phone or a clinic's computer would."""

from __future__ import annotations

import io
import zlib
from datetime import datetime, timedelta

from sqlalchemy import func, select

from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.records import Consult
from econsult.people.patients import Patient
from econsult.people.persons import Person
from uploads.door import Door
from uploads.kinds import Wanted
from uploads.verbs import receive
from workers.demo.case import Case, Media
from workers.runtime import Runtime

KINDS = {"photo": MediaKind.PHOTO, "video": MediaKind.VIDEO, "lab": MediaKind.LAB_DOCUMENT}
SIZE, SMALL = (2016, 1512), (1344, 1008)
NAMES = {"photo": ("IMG_{}.jpg", "image/jpeg"), "video": ("VID_{}.mp4", "video/mp4")}
SHEET = "sheet"
NOTE = "note"
"""Not a picture at all: a text file under a photo's name, as phones share them by mistake. Workers refuse it."""
NOTE_TEXT = "Salieron el martes. Le pican mucho en la noche.\n"
PAPER = ("document-{}.pdf", "application/pdf")


def send_files(runtime: Runtime, case: Case, public_id: str, person: Person, at: datetime) -> int:
    """Send the files of the case that are not there yet, as if at that moment; returns how many."""
    door = Door(runtime.database, runtime.vault, runtime.settings.staging)
    with runtime.database.reading() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == public_id)).one()
        child = session.get_one(Patient, consult.patient_id)
        query = select(func.count(Attachment.id)).where(Attachment.consult_id == consult.id)
        there = session.scalars(query).one()
    for number, media in enumerate(case.media[there:], there):
        data = draw(media, child, seed_of(case, number), at)
        name, media_type = NAMES.get(media.kind, PAPER)
        # A photo of paper is a document: in a photo every line of writing, and the curve itself, would be covered.
        is_paper = media.kind == "lab" or media.view == SHEET
        wanted = Wanted(
            public_id,
            MediaKind.LAB_DOCUMENT if is_paper else KINDS[media.kind],
            len(data),
            filename=name.format(f"{number + 1:04d}"),
            media_type=media_type,
            view=media.view or None,
            document_type=("other" if media.view == SHEET else "laboratory") if is_paper else None,
        )
        receive(door, person, wanted, io.BytesIO(data), clock=lambda: at)
    return len(case.media) - there


def draw(media: Media, child: Patient, seed: int, at: datetime) -> bytes:
    """The file's bytes; the same arguments give the same bytes. A lab paper bears the made-up child's name."""
    if media.what == NOTE:
        return NOTE_TEXT.encode()
    # The drawing libraries cost time and memory that a start with nothing to draw need not spend.
    from imaging import samples  # noqa: PLC0415

    if media.kind == "photo":
        fault = media.extra if media.extra in {"blur", "dark"} else None
        size = SMALL if media.extra == "small" else SIZE
        return samples.photo(media.what, tone=media.tone, seed=seed, size=size, fault=fault, taken_at=at)
    if media.kind == "video":
        return samples.video(media.what, seed=seed, seconds=float(media.extra), taken_at=at)
    patient: samples.Patient = {"name": child.name, "birth_date": child.birth_date_text, "mrn": child.mrn}
    collected = at - timedelta(days=1)
    return samples.lab_pdf(
        seed=seed,
        patient=patient,
        panel=media.what,
        pages=int(media.extra or 1),
        language=child.language,
        collected_at=collected,
    )


def seed_of(case: Case, number: int) -> int:
    """A number of its own for each file, the same on every machine."""
    return zlib.crc32(case.key.encode()) % 100_000 * 10 + number

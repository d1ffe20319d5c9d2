"""How a file of this consult is to be prepared: what its requester decided, and whose names must not stay on paper."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.facepolicy import KEEP, MASK_ALL, OPENS_NONE
from econsult.consults.family_word import is_kept_shut
from econsult.consults.records import Consult
from econsult.consults.voice import is_voice_kept
from econsult.identifying import on_file
from econsult.people.naming import telling_parts
from econsult.people.patients import Patient
from econsult.vault import Vault
from imaging import Identifiers, Policy, Region

LONG_VIDEO_SECONDS = {"neurology": 300}
"""Seizures and tics need longer clips than the usual limit."""
MASK = "mask"
_MARKED_EMPTY = frozenset({"names", "birth_dates", "numbers", "phones", "emails", "addresses"})
"""What the mark of a paper says also where there is none of it, as it always did."""
JUDGED_BY_DETAIL = {"dermatology", None}
"""Skin is judged by its fine structure, so every pixel is kept; also where nobody knows yet who will look."""


def policy_for(session: Session, attachment: Attachment, consult: Consult) -> Policy:
    """The policy as plain data; it goes into the jail and nowhere else."""
    # What is asked about a face is asked of pictures of the child: one on a paper is a passport's, and tells who it is.
    chosen = consult.details.get("face_policy") if attachment.kind != MediaKind.LAB_DOCUMENT else None
    faces = attachment.face_policy or chosen or MASK_ALL
    if faces not in OPENS_NONE and is_kept_shut(session, attachment):
        faces = MASK_ALL
    return Policy(
        video_seconds=LONG_VIDEO_SECONDS.get(consult.specialty or "", Policy.video_seconds),
        keeps_voice=attachment.kind == MediaKind.VIDEO and is_voice_kept(session, consult.id),
        keeps_detail=consult.specialty in JUDGED_BY_DETAIL,
        faces=faces,
        text=KEEP if faces == KEEP else MASK,
        regions=() if faces == MASK_ALL else _regions(attachment),
        chosen_by="reviewer" if attachment.face_policy else "requester" if chosen else "default",
        identifiers=identifiers_of(session, attachment.patient_id),
    )


def _regions(attachment: Attachment) -> tuple[Region, ...]:
    return tuple(Region(**region) for region in (attachment.face_regions or {}).get("regions", ()))


def identifiers_of(session: Session, patient_id: int) -> Identifiers:
    """What tells who the child is: whatever of it is on file, or was."""
    patient = session.get_one(Patient, patient_id)
    told = on_file(session, [patient])[patient_id]
    return Identifiers(
        names=tuple(told.names),
        birth_dates=(patient.birth_date_text, *(day.isoformat() for day in told.birth_dates)),
        numbers=tuple(told.numbers),
        phones=tuple(told.phones),
        emails=tuple(told.emails),
        # A paper is read word by word: a child called Peanut must not lose the line of that allergy.
        nicknames=tuple(part for name in told.nicknames for part in telling_parts(name)),
    )


def told_mark(vault: Vault, session: Session, patient_id: int, told: Identifiers) -> str:
    """The keyed hash by which a paper is known to have been read for just these identifiers, in whatever order."""
    # Old marks know nothing of what came later: while that is empty it changes none, and no paper is read again for it.
    words = {name: sorted(set(values)) for name, values in asdict(told).items() if values or name in _MARKED_EMPTY}
    return vault.told_mark(session, patient_id, json.dumps(words, sort_keys=True))

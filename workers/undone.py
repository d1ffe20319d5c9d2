"""A choice about one file that cannot be carried out is undone: what was shown before it is shown again.

The copies of before are there until others take their place. So a field too many in the picture takes nothing away; the
file goes back to the list of the clinic, which is told why.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults.attachments import REVIEW_COPY, Attachment, AttachmentState, Rendition, note_attachment
from econsult.consults.intake import UploadState
from econsult.consults.records import Consult
from imaging.policy import REVIEWER
from workers.give_up import settle_upload
from workers.policies import policy_for

NOT_CARRIED_OUT = frozenset({"region_needed", "region_too_large", "which_face"})
"""Why a choice of faces cannot be carried out; nothing is wrong with the file."""


def undo_choice(session: Session, attachment: Attachment, reason: str | None, told_mark: str, now: datetime) -> bool:
    """Go back to the copies of before, where whatever else they were made for still holds; whether that was done."""
    chosen = attachment.face_policy, attachment.face_regions
    was = (attachment.report or {}).get("policy")
    if reason not in NOT_CARRIED_OUT or chosen[0] is None or not was or attachment.told_mark != told_mark:
        return False
    if attachment.state != AttachmentState.PROCESSING or not _has_copies(session, attachment):
        return False
    is_persons = was["chosen_by"] == REVIEWER
    attachment.face_policy = was["faces"] if is_persons else None
    attachment.face_regions = {"regions": was["regions"]} if is_persons else None
    if _asked_now(session, attachment) != was:
        attachment.face_policy, attachment.face_regions = chosen
        return False
    settle_upload(session, attachment, UploadState.ACCEPTED)
    attachment.state, attachment.reason, attachment.progress = AttachmentState.READY, reason, 100
    attachment.finished_at = attachment.show_asked_at = now
    note_attachment(session, attachment, "undo_choice", now, person_id=None)
    return True


def _has_copies(session: Session, attachment: Attachment) -> bool:
    """Whether it has copies that everybody may see who holds the case."""
    names = session.scalars(select(Rendition.name).where(Rendition.attachment_id == attachment.id)).all()
    return bool(names) and not any(name.startswith(REVIEW_COPY) for name in names)


def _asked_now(session: Session, attachment: Attachment) -> Any:
    """The policy as a report tells it, with lists in place of tuples."""
    policy = policy_for(session, attachment, session.get_one(Consult, attachment.consult_id))
    return json.loads(json.dumps(policy.for_report()))

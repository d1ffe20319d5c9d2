"""What was done to a file before anybody saw it, in words for staff: from its report, which holds no value."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from web.showing.counted import count_of
from web.showing.files import LOCATION
from web.words.files import FACE_CHOICES, PAPER_CHOICES, original_words
from web.words.language import gettext

COVERED = {
    "face": _l("faces"),
    "text": _l("writing"),
    "code": _l("codes"),
    "identifier": _l("what tells who the child is"),
}
STAYS = {
    "surroundings": _l("the surroundings"),
    "body_marks": _l("marks on the body"),
    "sensor_noise": _l("the noise of the camera"),
    "movement": _l("how somebody moves"),
    "dates_of_care": _l("dates of care"),
    "handwriting": _l("handwriting"),
    "voice": _l("the voice"),
    "faces": _l("faces"),
    "patient_face": _l("the patient's face"),
    "part_of_face": _l("a part of the face"),
    "missed_faces": _l("a face that was not found"),
    "brief_faces": _l("a face that is seen for less than a fifth of a second"),
    "missed_writing": _l("writing that was not found"),
    "writing": _l("writing"),
}
_LACKS = {"patient_covered_later": _l("after leaving the picture, the patient may be covered")}
"""What the report names beside what may still tell who it is, and says nothing of that."""
_NOT_LOOKED = {"keep", "no_face"}
CHOSEN_BY = {
    "requester": _l("as the question asks"),
    "reviewer": _l("as the clinic decided about this file"),
}


def proof_of(attachment: Attachment) -> tuple[tuple[str, str], ...]:
    """Pairs of what is told and its words; empty for a file that is not ready."""
    report = attachment.report
    if attachment.state != AttachmentState.READY or not report:
        return ()
    told = (
        (gettext("Covered"), _covered(report)),
        (gettext("Taken out"), _taken_out(report)),
        (gettext("Faces in the pictures"), _policy(report)),
        (
            gettext("May still tell who it is"),
            ", ".join(str(STAYS.get(each, each)) for each in report.get("residual") or () if each not in _LACKS),
        ),
        (gettext("Checked by"), _tools(report)),
        (gettext("Original"), original_words(attachment)),
    )
    return tuple((label, words) for label, words in told if words)


def _covered(report: dict[str, Any]) -> str:
    """What was covered and how often, and what nobody looked for, which is not to say that there was none."""
    policy, masks = report.get("policy") or {}, report.get("masks") or ()
    counts = {
        what: count_of((mask for mask in masks if mask["what"] == what), _holes(policy) if what == "face" else ())
        for what in COVERED
    }
    found = [f"{words} ({counts[what]})" for what, words in COVERED.items() if counts[what]]
    has_faces_left, has_text_left = policy.get("faces") in _NOT_LOOKED, policy.get("text") == "keep"
    if has_faces_left and has_text_left and not found:
        return gettext("nothing was looked for")
    unsought = [gettext("no face was looked for")] if has_faces_left else []
    unsought += [gettext("no writing was looked for")] if has_text_left else []
    return ", ".join([*(found or [gettext("nothing was found")]), *unsought])


def _holes(policy: dict[str, Any]) -> list[dict[str, float]]:
    return list(policy.get("regions") or ()) if policy.get("faces") == "keep_region" else []


def _taken_out(report: dict[str, Any]) -> str:
    """Of the classes of metadata only how many entries there were; the place is named, since families ask for it."""
    counts = report.get("counts") or {}
    others = sum(number for name, number in counts.items() if name != LOCATION)
    parts = [gettext("the location")] if LOCATION in report.get("removed", ()) else []
    return ", ".join([*parts, gettext("notes of the camera or program (%(count)d)", count=others)] if others else parts)


def _policy(report: dict[str, Any]) -> str:
    policy, is_paper = report.get("policy") or {}, report.get("kind") == MediaKind.LAB_DOCUMENT
    words = (PAPER_CHOICES if is_paper else FACE_CHOICES).get(policy.get("faces", ""), gettext("Nothing is hidden"))
    if policy.get("faces") == "keep_region" and all(mask["what"] != "face" for mask in report.get("masks") or ()):
        words = f"{words}, {gettext('no face was found')}"
    lacks = "".join(f"; {_LACKS[each]}" for each in report.get("residual") or () if each in _LACKS)
    by = CHOSEN_BY.get(policy.get("chosen_by", ""))
    return f"{words} ({by}){lacks}" if by else f"{words}{lacks}"


def _tools(report: dict[str, Any]) -> str:
    """Names and versions as the makers write them: of detectors the first figures of the model's hash."""
    tools = report.get("tools") or {}
    found = {mask.get("detector", "") for mask in report.get("masks") or ()}
    # What has no version is a rule of ours and no tool.
    used = sorted(name for name in found if name in tools or any(map(str.isdigit, name)))
    second = report.get("second_opinion", "none")
    named = [f"{name} {tools[name][:8]}" if name in tools else name for name in used]
    return ", ".join([*named, *([second] if second != "none" else [])])

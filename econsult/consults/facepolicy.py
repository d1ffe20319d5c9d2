"""Whether faces in a case's pictures are hidden: chosen by whoever asks, for the whole case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from econsult.errors import InvalidError

MASK_ALL, KEEP_REGION, FACE_IS_FINDING = "mask_all", "keep_region", "face_is_finding"
FACE_POLICIES = (MASK_ALL, KEEP_REGION, FACE_IS_FINDING)
NO_FACE = "no_face"
"""What was covered on a paper is no face: only by a person's decision about one file, and names stay covered."""
SURE_FACE = 0.5
"""The score from which a face on a paper is one whatever a person says of it (`imaging.steps.faces_on_paper`)."""
OPENS_NONE = (MASK_ALL, NO_FACE)
"""Under these every face that was found for sure is covered."""
KEEP = "keep"
"""Nothing is hidden: only by a person's decision about one file."""
FACE_SITES = frozenset(("face", "mouth", "scalp"))
FACE_SPECIALTIES = frozenset(("cleft", "genetics"))


def asks_for_policy(sites: Iterable[str], specialty: str | None) -> bool:
    """Whether the face may be what the question is about, so that the policy is asked for."""
    return specialty in FACE_SPECIALTIES or not FACE_SITES.isdisjoint(sites)


def may_show_face(report: Mapping[str, Any]) -> bool:
    """Whether the copies that a report tells of may show a face: one was left open, or none was looked for.

    Where it does not tell, as of a paper, its policy decides.
    """
    policy = (report.get("policy") or {}).get("faces")
    return policy not in OPENS_NONE and report.get("open_faces") != 0


def check_face(details: Mapping[str, Any]) -> None:
    """Raise InvalidError where a request names an unknown policy, or shows a face without consent."""
    policy = details.get("face_policy", MASK_ALL)
    if policy not in FACE_POLICIES:
        raise InvalidError(
            f"The policy for faces must be one of: {', '.join(FACE_POLICIES)}.",
            {"details.face_policy": "unknown_value"},
        )
    check_consent(policy, has_consent=details.get("face_consent") is True, field="details.face_consent")


def check_consent(policy: str, *, has_consent: bool, field: str = "face_consent") -> None:
    """A whole face is shown only where the family has agreed to that."""
    if policy == FACE_IS_FINDING and not has_consent:
        raise InvalidError("To show the face, the family must have agreed to that.", {field: "required"})

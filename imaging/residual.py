"""What may still tell who somebody is after everything was done: said in every report, so that nobody has to guess."""

from imaging.policy import FACE_IS_FINDING, KEEP, KEEP_REGION, Policy

_ALWAYS = ("surroundings", "body_marks", "sensor_noise")
_BY_FACES = {KEEP: "faces", FACE_IS_FINDING: "patient_face", KEEP_REGION: "part_of_face"}
_BY_KIND = {"video": ("movement",), "lab_document": ("dates_of_care", "handwriting")}


def residual_risks(kind: str, policy: Policy, *, has_sound: bool = False) -> tuple[str, ...]:
    """Return the risks that stay, as plain words.

    `surroundings` (a room, a landmark, clothes), `body_marks` (tattoos, scars), `sensor_noise` (the pattern of one
    camera), `movement` (gait, gestures), `voice` where a consent keeps it, `dates_of_care` and `handwriting` on
    paper; `faces`, `patient_face` or `part_of_face` and `writing` where the policy left them open, and what
    detectors may have missed where they looked.
    """
    faces = _BY_FACES.get(policy.faces, "missed_faces")
    writing = "writing" if policy.text == KEEP else "missed_writing"
    pictured = () if kind == "lab_document" else (faces,)
    heard = ("voice",) if has_sound else ()
    return (*_ALWAYS, *_BY_KIND.get(kind, ()), *heard, *pictured, writing)

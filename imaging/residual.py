"""What may still tell who somebody is after everything was done: said in every report, so that nobody has to guess."""

from imaging.policy import FACE_IS_FINDING, KEEP, KEEP_REGION, NO_FACE, Policy

PATIENT_LOST = "patient_covered_later"
_ALWAYS = ("surroundings", "body_marks", "sensor_noise")
_MISSED, _BRIEF = "missed_faces", "brief_faces"
_BY_FACES = {KEEP: ("faces",), FACE_IS_FINDING: ("patient_face", _MISSED), KEEP_REGION: ("part_of_face", _MISSED)}
_ON_PAPER = {KEEP: ("faces",), NO_FACE: ("faces",), FACE_IS_FINDING: ("patient_face", _MISSED)}
_BY_KIND = {"video": ("movement",), "lab_document": ("dates_of_care", "handwriting")}


def residual_risks(kind: str, policy: Policy, *, has_sound: bool = False, has_face: bool = True) -> tuple[str, ...]:
    """Return the risks that stay, as plain words.

    `surroundings` (a room, a landmark, clothes), `body_marks` (tattoos, scars), `sensor_noise` (the pattern of one
    camera), `movement` (gait, gestures), `voice` where a consent keeps it, `dates_of_care` and `handwriting` on
    paper; `faces`, `patient_face` or `part_of_face` and `writing` where the policy left them open, and what
    detectors may have missed where they looked: in films `brief_faces` too, which come and go between two looks, a
    fifth of a second apart. Without `has_face` no face was found, of which a part could stay open.
    No risk but a lack is `patient_covered_later`: in a film in which faces were covered, one of them may be that of
    the patient, who is not known again after leaving the picture.
    """
    is_paper = kind == "lab_document"
    faces = (_ON_PAPER if is_paper else _BY_FACES).get(policy.faces, (_MISSED,))
    if policy.faces == KEEP_REGION and not has_face:
        faces = (_MISSED,)
    if kind == "video" and _MISSED in faces:
        faces = (*faces, _BRIEF)
    writing = "writing" if policy.text == KEEP else "missed_writing"
    heard = ("voice",) if has_sound else ()
    lost = (PATIENT_LOST,) if kind == "video" and has_face and policy.faces in {FACE_IS_FINDING, KEEP_REGION} else ()
    return (*_ALWAYS, *_BY_KIND.get(kind, ()), *heard, *faces, writing, *lost)

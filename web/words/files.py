"""The state of a photo, a video or a paper in words: plain ones for families, neutral ones for staff.

The reasons are the stable codes of the preparation; a code that is not listed here is said in general words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from econsult.consults.attachments import Attachment, AttachmentState
from web.words.language import gettext

DRAWINGS = {
    AttachmentState.RECEIVED: "clock",
    AttachmentState.PROCESSING: "clock",
    AttachmentState.READY: "check",
    AttachmentState.HELD: "eye",
}
UNREADABLE_CODES = ("damaged", "seccomp", "empty", "no_picture", "no_pages", "checksum", "size")
TOO_BIG_CODES = ("too_many_bytes", "too_many_pixels", "cpu", "memory")

VIEWS = {
    "far": _l("From far"),
    "close": _l("Close up"),
    "side": _l("From the side"),
    "mid": _l("Middle distance"),
    "oblique": _l("From an angle"),
    "other_side": _l("The other side"),
    "dermoscopy": _l("Dermoscopy"),
    "nails": _l("Nails"),
    "scalp": _l("Scalp"),
    "mouth": _l("Mouth"),
    "event": _l("Video of an event"),
    "gait": _l("Video of walking"),
    "skin": _l("Skin"),
    "inhaler": _l("Video of the inhaler"),
    "breathing": _l("Video of the breathing"),
    "speech": _l("Video of speech"),
    "bone_age": _l("Bone-age film"),
    "urine": _l("Urine"),
    "swelling": _l("Swelling"),
    "stool": _l("Stool"),
    "stool_color": _l("Color of the stool"),
    "face_front": _l("Face, front"),
    "face_profile": _l("Face, profile"),
    "hands": _l("Hands"),
    "feet": _l("Feet"),
    "ears": _l("Ears"),
    "front_rest": _l("Front, at rest"),
    "front_smile": _l("Front, smiling"),
    "profile_left": _l("Left profile"),
    "profile_right": _l("Right profile"),
    "quarter_left": _l("Three-quarter, left"),
    "quarter_right": _l("Three-quarter, right"),
    "from_below": _l("From below"),
    "palate": _l("Palate"),
    "bite": _l("Bite"),
}
"""The views that the camera pages and the templates name."""
FACE_CHOICES = {
    "mask_all": _l("Every face is hidden"),
    "keep_region": _l("Only the ticked part of the patient's face stays open"),
    "face_is_finding": _l("The patient's face is shown; other people's faces are hidden"),
}
PAPER_CHOICES = {
    "mask_all": FACE_CHOICES["mask_all"],
    "no_face": _l("There is no face on this paper; names and birth dates stay hidden"),
    "face_is_finding": _l("The patient's face is shown; names and birth dates stay hidden"),
}
HOLD_REASONS = {
    "no_face_model": _l("The detector for faces is missing, so nobody knows whether there is one."),
    "no_text_model": _l("The detector for writing is missing, so nobody knows whether there is any."),
    "no_date_reader": _l("What reads dates is missing, so nobody knows whether the birth date is on it."),
    "region_needed": _l("There is a face, and somebody must mark which part of it stays open."),
    "region_too_large": _l("The marked part leaves nearly the whole face open. Mark less."),
    "which_face": _l("It is not certain whose face is the finding. Other people's faces must stay hidden."),
    "too_many_boxes": _l("More was found on it than can be covered and checked. Release it as it is, or refuse it."),
    "code_left": _l("A code, such as a barcode, can still be read on it after all that was found was covered."),
    "verification": _l("It could not be proven that what was covered is covered. Look before others do."),
    "private_site": _l("It may show a private area. It can only be refused."),
    "private_paper": _l("A family's paper about a private area. It may be a photo: look before others do."),
    "refused_before": _l("The same file of the same person was refused before. Look before others do."),
}


@dataclass(frozen=True)
class FileWords:
    """What one kind of reader is told: by state, by reason of a refusal, and by verdict on a photo's quality."""

    states: Mapping[str, str]
    reasons: Mapping[str, str]
    too_big: str
    other: str
    advice: Mapping[str, str]
    unread: str

    def of(self, state: str, reason: str | None) -> str:
        """The state; for a refused file the reason."""
        code = reason or ""
        general = self.too_big if code.startswith("too_many") else self.other
        return str(self.states.get(state) or self.reasons.get(code) or general)


UNREADABLE = _l("We could not open this file. Please send it again.")
TOO_BIG = _l("This file is too big for us. Please send a smaller one.")
SENT_ANEW = _l("It did not work, but you sent another one.")
FOR_FAMILIES = FileWords(
    states={
        AttachmentState.RECEIVED: _l("We got it. We are preparing it."),
        AttachmentState.PROCESSING: _l("We are preparing it."),
        AttachmentState.READY: _l("Sent"),
        AttachmentState.HELD: _l("A person is checking it."),
        AttachmentState.FAILED: _l("We could not prepare it. Please send it again."),
    },
    reasons={
        **dict.fromkeys(UNREADABLE_CODES, UNREADABLE),
        "truncated": _l("Only a part of this file is there. Please send it again."),
        **dict.fromkeys(TOO_BIG_CODES, TOO_BIG),
        "not_an_image": _l("This is not a photo. For a PDF or a paper, use “Lab paper” below."),
        "not_a_video": _l("This is not a video. Please send another one."),
        "not_a_document": _l("This is not a PDF or a photo of a paper. Please send another one."),
        "is_a_photo": _l("This is a photo. Please send it again, as a photo."),
        "is_a_video": _l("This is a video. Please send it again, as a video."),
        "is_a_document": _l("This is a PDF. Please send it again, as a lab paper."),
        "too_small": _l("This picture is too small to see anything. Please send the one your camera took."),
        "unsupported_type": _l(
            "We cannot read this kind of file. Send a photo or video as your phone saves it, or a PDF."
        ),
        "too_long": _l("This video is too long. Please send a shorter one."),
        "too_many_pages": _l("This paper has too many pages. Please send fewer."),
        "too_much_work": _l("This paper takes us too long to read. Please send fewer pages, or photos of them."),
        "encrypted_pdf": _l("This PDF has a password. Please send it without one."),
        "dicom_not_yet": _l("We cannot read DICOM files yet. Please send photos, or a PDF."),
        "private_site": _l("We do not take pictures of private parts. Please call us."),
        "original_gone": _l("We can no longer show this file."),
        "undecided": _l("Your question was closed before a person had checked this file. We deleted it."),
        "unprepared": _l("We could not open this file. It was deleted."),
        "consent_withdrawn": _l("Locked away, because you took your consent back."),
        "malware": _l("Our virus scanner stopped this file. Please send another one, or call us."),
        "not_scanned": TOO_BIG,
    },
    too_big=TOO_BIG,
    other=_l("We could not use this file. Please send another one."),
    advice={
        "dark": _l("There may be too little light in this photo. You can send it again with more light, or leave it."),
        "bright": _l("There may be too much light in this photo. You can send it again with less light, or leave it."),
        "blurry": _l("This photo looks blurry. You can send it again or leave it."),
        "far": _l("The skin looks far away in this photo. You can come closer and send it again, or leave it."),
        "cast": _l("The light may change the colors in this photo. You can send it again in daylight, or leave it."),
        "low": _l("This photo is very small. You can send the one your camera took, or leave it."),
    },
    unread=_l("We could not read all of this video. Lost: %(count)s pictures, from second %(begins)s to %(ends)s."),
)
FOR_STAFF = FileWords(
    states={
        AttachmentState.RECEIVED: _l("Received, waits to be prepared"),
        AttachmentState.PROCESSING: _l("Being prepared"),
        AttachmentState.READY: _l("Ready"),
        AttachmentState.HELD: _l("Held until a person has checked it"),
        AttachmentState.FAILED: _l("Could not be prepared"),
    },
    reasons={
        **dict.fromkeys(UNREADABLE_CODES, _l("The file could not be opened")),
        "truncated": _l("The file is not whole: its end is missing"),
        **dict.fromkeys(TOO_BIG_CODES, _l("The file is too big")),
        "not_an_image": _l("Not a photo"),
        "not_a_video": _l("Not a video"),
        "not_a_document": _l("Not a PDF or a photo of a paper"),
        "is_a_photo": _l("A photo that was sent as something else: send it as a photo"),
        "is_a_video": _l("A video that was sent as something else: send it as a video"),
        "is_a_document": _l("A PDF that was sent as something else: send it as a lab paper"),
        "too_small": _l("Too small to see anything"),
        "unsupported_type": _l("A kind of photo, video or document that is not read here"),
        "too_long": _l("The video is too long"),
        "too_many_pages": _l("The document has too many pages"),
        "too_much_work": _l("The document takes too long to read: ask for fewer pages"),
        "encrypted_pdf": _l("The PDF has a password"),
        "dicom_not_yet": _l("DICOM: not taken in yet"),
        "private_site": _l("Refused: a picture of a private area"),
        "original_gone": _l("No longer shown: what it shows must be covered now, and the original is no longer kept"),
        "undecided": _l("Deleted: nobody had decided about it when the request was over"),
        "unprepared": _l("Deleted: it could not be prepared, and the request was over"),
        "consent_withdrawn": _l("Sealed: the family took its consent back"),
        "malware": _l("Stopped by the virus scanner"),
        "not_scanned": _l("Too big for the virus scanner"),
    },
    too_big=_l("The file is too big"),
    other=_l("The file could not be used"),
    advice={
        "dark": _l("May lack light"),
        "bright": _l("May have too much light"),
        "blurry": _l("May be blurry"),
        "far": _l("Skin fills little of it"),
        "cast": _l("Light may change the colors"),
        "low": _l("Few pixels"),
    },
    unread=_l("%(count)s pictures are damaged or missing, from second %(begins)s to %(ends)s"),
)
COPIES = {
    "thumb": _l("Small picture"),
    "view": _l("Picture"),
    "full": _l("Picture in full size"),
    "poster": _l("First picture of the video"),
    "play": _l("Video"),
}


def gone_words(attachment: Attachment) -> str:
    """That it cannot be prepared anew any more; empty while its original is kept."""
    if attachment.original_gone_at is None:
        return ""
    days = attachment.original_days or 0
    said = ngettext(
        "The original is no longer kept: it was deleted %(num)d day after this request was closed.",
        "The original is no longer kept: it was deleted %(num)d days after this request was closed.",
        days,
    )
    return str(said)


def original_words(attachment: Attachment) -> str:
    """What became of its original, below that name; empty while it is kept."""
    if attachment.original_gone_at is None:
        return ""
    days = attachment.original_days or 0
    return str(
        ngettext(
            "Deleted %(num)d day after this request was closed",
            "Deleted %(num)d days after this request was closed",
            days,
        )
    )


def copy_words(name: str) -> str:
    """What a copy is, by its name: one of these, a page, or what was made for the review of a held file."""
    kind, _, number = name.partition("-")
    if kind == "page":
        return gettext("Page %(number)s", number=number)
    return str(COPIES.get(name, gettext("For the review")))

"""Which media types and how many bytes each kind of attachment accepts."""

from dataclasses import dataclass

from imaging.limits import MIB

_PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/avif", "image/tiff", "image/gif")


@dataclass(frozen=True)
class Kind:
    """One kind of attachment: what it is called, what it takes, and the words for a file that is none of it, and for
    one of it that was sent as another kind.
    """

    name: str
    media_types: tuple[str, ...]
    max_bytes: int
    not_one: str
    is_one: str


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("photo", _PHOTO_TYPES, 50 * MIB, "not_an_image", "is_a_photo"),
        Kind(
            "video",
            ("video/mp4", "video/quicktime", "video/webm", "video/3gpp"),
            2048 * MIB,
            "not_a_video",
            "is_a_video",
        ),
        Kind("lab_document", ("application/pdf", *_PHOTO_TYPES), 100 * MIB, "not_a_document", "is_a_document"),
    )
}


def accepts(kind: str, media_type: str | None) -> bool:
    """Whether a file of this sniffed media type may be prepared as this kind. An unknown kind is a KeyError."""
    return media_type in KINDS[kind].media_types


def guess(media_type: str | None) -> str:
    """Return the kind that a media type is most likely meant as; a photo when nothing is known."""
    return next((kind.name for kind in KINDS.values() if media_type in kind.media_types), "photo")

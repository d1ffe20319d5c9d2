"""What the requester decided about one file, and where its renditions go."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Protocol

from imaging.identifiers import Identifiers
from imaging.limits import VIDEO_SECONDS

DEIDENTIFIED = "de-identified"
"""The label of a copy on which no face, no writing and no voice is left, as far as the detectors can tell."""
TREATMENT_USE = "identifiable - treatment use only"
"""The label of every copy that still shows whatever the camera saw."""

MASK_ALL, KEEP_REGION, FACE_IS_FINDING, KEEP = "mask_all", "keep_region", "face_is_finding", "keep"
NO_FACE = "no_face"
"""On a paper: a person has looked, and what the detector took for a face, without being sure, is none."""
REVIEWER = "reviewer"
"""Who chose, where a person of the medical home looked at the file first."""
FACES = (MASK_ALL, KEEP_REGION, FACE_IS_FINDING, NO_FACE, KEEP)
MASK = "mask"
TEXTS = (MASK, KEEP)


@dataclass(frozen=True)
class Region:
    """A part of the upright picture, as shares of its width and height, 0 to 1."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        right, bottom = self.left + self.width, self.top + self.height
        if not (0 <= self.left < right <= 1.000001 and 0 <= self.top < bottom <= 1.000001):
            raise ValueError("a region lies inside of its picture")


@dataclass(frozen=True)
class Policy:
    """How to prepare a file. What is not said is masked.

    `faces` is `mask_all`; `keep_region`, which leaves the `regions` of the patient's face open; `face_is_finding`,
    which leaves the patient's whole face open (on a paper the only one of a page, if it is sure); `no_face`, by which
    only a face that is sure is covered on a paper, and which is `mask_all` for everything else; or `keep`, which looks
    for no face at all. Faces of bystanders are always masked where faces are looked for. `text` is `mask` or `keep`; on
    paper it means the case's own `identifiers` and whatever has the form of one, in pictures every line of writing and
    every code.
    `chosen_by` says whose decision it was, as a plain word. `is_review` asks for a `review` copy with nothing
    masked, for the person who decides about a file that is held.

    `keeps_detail` keeps every pixel of a photo in `full`, for those who judge by fine structure; otherwise it is
    bounded like `view`. `keeps_voice` keeps the sound of a film, which only a consent of its own may ask for; a review
    copy is silent all the same. `video_seconds` is the longest clip accepted; neurology may ask for up to 300. `seed`
    is recorded in the report so that a run can be repeated; nothing in today's pipelines is random.
    """

    video_seconds: int = VIDEO_SECONDS
    seed: int = 0
    faces: str = MASK_ALL
    text: str = MASK
    regions: tuple[Region, ...] = ()
    identifiers: Identifiers = field(default_factory=Identifiers)
    chosen_by: str = "default"
    is_review: bool = False
    keeps_detail: bool = False
    keeps_voice: bool = False

    def __post_init__(self) -> None:
        if self.faces not in FACES or self.text not in TEXTS:
            raise ValueError(f"unknown policy: {self.faces}, {self.text}")

    @property
    def allows_sound(self) -> bool:
        """Whether a copy may have a track of sound."""
        return self.keeps_voice and not self.is_review

    def to_plain(self) -> dict[str, object]:
        """Return the policy as plain data, for the jail alone: it holds the identifiers."""
        return asdict(self)

    def for_report(self) -> dict[str, object]:
        """Return what may be written down. Identifiers are counted and never named."""
        told = {part.name: getattr(self, part.name) for part in fields(self)}
        told |= {"regions": [asdict(region) for region in self.regions], "identifiers": self.identifiers.count()}
        del told["is_review"]
        return told


def policy_of(plain: Mapping[str, Any]) -> Policy:
    """Rebuild a policy from what `to_plain` gave. Raises TypeError or ValueError for anything else."""
    known = dict(plain)
    known["regions"] = tuple(Region(**region) for region in known["regions"])
    known["identifiers"] = Identifiers(**{name: tuple(words) for name, words in known["identifiers"].items()})
    return Policy(**known)


class Target(Protocol):
    """Where finished renditions go.

    `put` is called in the caller's process, once per rendition, and only after the whole file was found ready (or
    held, then only its `review` copies) and every rendition passed verification. It shall either keep the bytes or
    raise; what it raises reaches the caller.
    """

    def put(self, name: str, media_type: str, data: bytes, width: int, height: int) -> None: ...

"""What the requester decided about one file, and where its renditions go."""

from dataclasses import dataclass
from typing import Protocol

from imaging.limits import VIDEO_SECONDS

TREATMENT_USE = "identifiable - treatment use only"
"""The label of every copy that still shows whatever the camera saw."""


@dataclass(frozen=True)
class Policy:
    """How to prepare a file.

    `video_seconds` is the longest clip accepted; neurology may ask for up to 300. `seed` is recorded in the
    report so that a run can be repeated; nothing in today's pipelines is random.
    """

    video_seconds: int = VIDEO_SECONDS
    seed: int = 0


class Target(Protocol):
    """Where finished renditions go.

    `put` is called in the caller's process, once per rendition, and only after the whole file was found ready and
    every rendition passed verification. It shall either keep the bytes or raise; what it raises reaches the caller.
    """

    def put(self, name: str, media_type: str, data: bytes, width: int, height: int) -> None: ...

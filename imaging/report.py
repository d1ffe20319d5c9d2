"""The account of what was done to one file: what came in, what was removed, what went out."""

import json
from dataclasses import asdict, dataclass, field

from imaging.masks import Mask
from imaging.policy import TREATMENT_USE

READY = "ready"
HELD = "held"
REJECTED = "rejected"
FAILED = "failed"
DIFFERS = ("usage",)
"""The parts that may differ between two runs on the same file; a signature leaves them out."""


@dataclass(frozen=True)
class SourceFacts:
    """What is known of the file that came in. Width and height are upright; duration is in seconds."""

    media_type: str | None
    bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    pages: int | None = None


@dataclass(frozen=True)
class RenditionFacts:
    """One copy that went out: its name, type, pixels, bytes and hash."""

    name: str
    media_type: str
    width: int
    height: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Report:
    """The verdict on one file and everything that was done to it; it never holds a value that was removed.

    `verdict` is `ready`, `held` (a person must decide, and only `review` copies were put), `rejected` (the file is at
    fault, `reason` says how) or `failed` (we are; trying again may help). `masks` are the boxes that were
    covered, with who found them, each verified to be of one colour. `detail` is the class of a decoder's error.
    `removed` names the classes of metadata found. `quality` is advice and never decides anything. `has_sound`
    says whether a film was given out with its sound. `open_faces` says of a photo how many faces, or parts of one, the
    policy left open, of a film how many at most at one time, and is None where that was not looked for. `jail` is the
    level of confinement. `counts` says how many of each class there were. `checks` names what the finished copies were
    checked for, all of it without a finding, and `second_opinion` the other tool that agreed, or `none`. `residual`
    names what may still tell who somebody is. `usage` holds processor and memory figures, the only part that differs
    between two runs. `content` is the figure of what the file shows (`imaging.content`), for whoever called alone: it
    is in no JSON, since two people's files of the same picture have the same.
    """

    kind: str
    verdict: str
    reason: str | None
    source: SourceFacts
    detail: str | None = None
    removed: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    renditions: tuple[RenditionFacts, ...] = ()
    masks: tuple[Mask, ...] = ()
    quality: dict[str, object] = field(default_factory=dict)
    has_sound: bool = False
    open_faces: int | None = None
    label: str = TREATMENT_USE
    jail: str = ""
    checks: tuple[str, ...] = ()
    second_opinion: str = "none"
    residual: tuple[str, ...] = ()
    tools: dict[str, str] = field(default_factory=dict)
    policy: dict[str, object] = field(default_factory=dict)
    usage: dict[str, float] = field(default_factory=dict)
    content: str | None = field(default=None, repr=False)

    @property
    def is_ready(self) -> bool:
        """Whether the renditions were put and may be linked."""
        return self.verdict == READY

    @property
    def has_copies(self) -> bool:
        """Whether copies were put: those for everybody, or those for the person who decides about a held file."""
        return self.verdict in {READY, HELD}

    def to_json(self) -> str:
        """Return the report as a JSON object with sorted keys."""
        told = {name: value for name, value in asdict(self).items() if name != "content"}
        return json.dumps(told, sort_keys=True, ensure_ascii=False)

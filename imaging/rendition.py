"""One derived copy, as bytes on their way out of the jail."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rendition:
    """A finished copy: its name in the contract (`thumb`, `view`, `page-1`, ...), its type, size in pixels, bytes."""

    name: str
    media_type: str
    width: int
    height: int
    data: bytes

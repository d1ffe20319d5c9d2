"""What every walk yields."""

from dataclasses import dataclass


class Broken(Exception):  # noqa: N818 - it states a fact about the file.
    """The structure ends early or contradicts itself. The message names the place, never the content."""


class Short(Broken):
    """The bytes end before the structure does."""


@dataclass(frozen=True, slots=True)
class Part:
    """A named stretch of a file: `name` in the format's own words, position and length in bytes.

    `start` and `size` cover the payload alone, without the marker, length or check sum around it.
    """

    name: str
    start: int
    size: int

    def of(self, data: bytes) -> bytes:
        """Return the payload."""
        return data[self.start : self.start + self.size]

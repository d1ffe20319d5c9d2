"""One jail for all tests, and a target that keeps what it is given."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from econsult.people import dates
from imaging import Jail, Policy, Report, open_jail, prepare


@dataclass
class Kept:
    """A target that keeps renditions in memory: name -> bytes."""

    files: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def put(self, name: str, media_type: str, data: bytes, width: int, height: int) -> None:
        assert media_type in {"image/jpeg", "video/mp4"}
        self.files[name] = data
        self.sizes[name] = (width, height)


PLAIN = Policy(faces="keep", text="keep")
"""Nothing is looked for: for the tests of everything else."""
Prepared = tuple[Report, Kept]
Prepare = Callable[..., Prepared]


@pytest.fixture(scope="session")
def jail() -> Iterator[Jail]:
    with open_jail(dates=dates.FOLDER) as opened:
        yield opened


@pytest.fixture
def run(jail: Jail) -> Prepare:
    """Prepare bytes as a kind and return the report and what was put."""

    def prepare_bytes(data: bytes, kind: str = "photo", policy: Policy | None = None) -> Prepared:
        kept = Kept()
        return prepare(kind, io.BytesIO(data), kept, policy or PLAIN, jail=jail), kept

    return prepare_bytes

"""The folder in which letters and texts rest where no server takes them."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(outbox: Path, name: str, content: bytes) -> None:
    """One file for each, whole or not at all; another attempt replaces it by the same."""
    outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = outbox / f".{name}.{os.getpid()}"
    draft.write_bytes(content)
    draft.replace(outbox / name)

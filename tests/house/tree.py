"""What is in the repository, as the tests of the house see it."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("web", "workers", "uploads", "econsult", "imaging", "storage")


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that is committed or about to be, relative to the root; ignored files are left out.

    An exported copy has no history: there, everything outside of hidden folders counts.
    """
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    names = listing.stdout.decode().split("\0") if listing.returncode == 0 else _walk()
    return tuple(sorted(Path(name) for name in set(names) if name and (ROOT / name).is_file()))


@cache
def text_of(path: Path) -> str | None:
    """The text of a file relative to the root; None where it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def python_files(*folders: str) -> list[Path]:
    """The Python files of some top-level folders, relative to the root."""
    return [path for path in kept_files() if path.suffix == ".py" and path.parts[0] in folders]


def _walk() -> list[str]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [str(path) for path in found if not {".venv", ".git", "var", "__pycache__"} & set(path.parts)]

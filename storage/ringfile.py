"""The key ring in a file that changes while processes run: each reads it again when it is about to seal something.

A look at the file's date costs a microsecond, and there is no moment in which one process seals with a new key that
another cannot find: whoever meets an unknown id reads the file first. The file is replaced whole.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.keys import KeyRing, Unreadable, generate, read_private

RETIRED = ".retired"
"""How the name of the file ends that takes up retired keys: backups from before still need them."""


class RingFile:
    """A ring that is read anew whenever its file has changed."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises ValueError with one sentence where that cannot be."""
        self.path = path.resolve()
        mark = _mark(self.path)
        self._read = mark, KeyRing.parse(read_private(self.path))
        self._told = mark

    def fresh(self) -> KeyRing:
        """The ring as it is now; as it was before, where the file has become unreadable."""
        mark = _mark(self.path)
        known, ring = self._read
        if mark == known:
            return ring
        try:
            ring = KeyRing.parse(read_private(self.path))
        except Unreadable:
            # A slow share, or descriptors that ran out: nothing is wrong with the file, so it is looked at again.
            self._tell(mark)
            return ring
        except ValueError:
            self._tell(mark)
        # Both at once and after reading: another thread must not find the new date with the old ring.
        self._read = mark, ring
        return ring

    def _tell(self, mark: tuple[int, int, int, int] | None) -> None:
        """Once for each state of the file."""
        if mark != self._told:
            self._told = mark
            logging.getLogger(__name__).warning("The keys file cannot be read any more; the keys from before serve.")


def add_key(path: Path) -> str:
    """Add a fresh key at the end of the ring, where it seals nothing yet; returns its id. Raises OSError."""
    line = generate()
    with _changed(path) as lines:
        lines.append(line)
    return _name(line)


def make_current(path: Path, name: str) -> None:
    """Let new values be sealed with this key of the ring. Raises OSError."""
    with _changed(path) as lines:
        lines.sort(key=lambda line: _name(line) != name)


def set_aside(path: Path, name: str) -> Path:
    """Take a key out of the ring, once it is kept in a file of its own; returns that file. Raises OSError."""
    kept = path.resolve().with_name(path.resolve().name + RETIRED)
    with _changed(path) as lines:
        taken = [line for line in lines if _name(line) == name]
        before = read_private(kept).splitlines() if kept.exists() else []
        _replace(kept, [*(line for line in before if line not in taken), *taken], like=path.resolve())
        lines[:] = [line for line in lines if line not in taken]
    return kept


@contextmanager
def _changed(path: Path) -> Iterator[list[str]]:
    """The lines of the file to change in place, one process at a time; they take its place when the block ends."""
    path = path.resolve()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        lines = read_private(path).splitlines()
        yield lines
        KeyRing.parse("\n".join(lines))
        _replace(path, lines, like=path)
        os.fsync(folder)
    finally:
        os.close(folder)


def _replace(path: Path, lines: list[str], *, like: Path) -> None:
    """Write a new file in place of this one. It belongs to the same owner, or the processes could not read it."""
    known = like.stat()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), known.st_mode & 0o640)
            if (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), known.st_uid, known.st_gid)
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _name(line: str) -> str:
    """The id at the beginning of a line; nothing for a comment."""
    return line.partition("#")[0].partition(":")[0].strip()


def _mark(path: Path) -> tuple[int, int, int, int] | None:
    """What changes with the file, and with its rights: one that others may read is refused until that is mended."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size

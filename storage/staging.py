"""A sealed container that is still growing: what an upload writes into, one network chunk after another.

Two files: `data` takes full segments only, and `data.tail` the sealed rest of less than 64 KiB, replaced as a whole at
each `sync`. The tail names the segment it stands for, so a tail that `data` has outgrown is known to be stale. Truth is
what these files hold and authenticate: after a crash `resume` cuts what was torn and says how far the bytes go. What
was synced is never cut; where it does not open any more, that is SealBroken.
"""

import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Self

from storage.contract import BlobExists, BlobMissing
from storage.disk import SyncAhead, disk_errors, open_private, replace_file, sync_folder, write_at
from storage.segments import OVERHEAD, SEALED, SEGMENT, Bytes, Role, SealBroken, SegmentCipher

_INDEX = struct.Struct(">Q")


class Staging:
    """One growing container. The caller sees to it that only one writes at a time.

    Raises StoreFull and StoreUnavailable for what the disk reports; `offset` then stands where it stood.
    """

    def __init__(self, path: Path, object_id: str, key: bytes, fd: int) -> None:
        """Use `create` or `resume`, which open the file."""
        self._path, self._fd = path, fd
        self._cipher = SegmentCipher(object_id, key)
        self._full, self._pending = 0, bytearray()
        self._ahead: SyncAhead | None = None
        self._full_ahead = self._vouched = 0
        self.durable, self.underway = -1, 0
        self.finished = self.held = False

    @classmethod
    def create(cls, path: Path, object_id: str, key: bytes) -> Self:
        """Start an empty container at `path`, whose folder is there. Raises BlobExists."""
        with disk_errors():
            try:
                fd = open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            except FileExistsError:
                raise BlobExists(path.name) from None
        staging = cls(path, object_id, key, fd)
        with disk_errors():
            # Nothing is in the data file yet, and its name becomes durable together with the tail's.
            staging._write_tail(0, b"", Role.TAIL)
        staging.durable = 0
        return staging

    @classmethod
    def resume(cls, path: Path, object_id: str, key: bytes) -> Self:
        """Open what is there and cut a torn end. Raises BlobMissing; SealBroken, with nothing cut, on a wrong key."""
        with disk_errors():
            try:
                fd = open_private(path, os.O_RDWR)
            except FileNotFoundError:
                raise BlobMissing(path.name) from None
            staging = cls(path, object_id, key, fd)
            try:
                staging._recover()
            except BaseException:
                staging.close()
                raise
        return staging

    @property
    def offset(self) -> int:
        """Plaintext bytes taken so far; those up to `durable` survive a power cut."""
        return self._full * SEGMENT + len(self._pending)

    def write(self, data: Bytes) -> None:
        """Take all of `data`. Blocks of 256 KiB and more are sealed in one go."""
        if self.finished:
            raise ValueError("the container is finished")
        view = memoryview(data)
        if not self._pending and len(view) % SEGMENT == 0:
            with disk_errors():
                self._full += self._append(view, self._full)
            return
        room = SEGMENT - len(self._pending) if self._pending else 0
        if len(view) < room:
            self._pending += view
            return
        full = self._full
        with disk_errors():
            if room:
                full += self._append(self._pending + view[:room], full)
            whole = (len(view) - room) // SEGMENT * SEGMENT
            full += self._append(view[room : room + whole], full)
        self._full, self._pending = full, bytearray(view[room + whole :])

    def sync(self) -> None:
        """Make everything up to `offset` durable; costs nothing where nothing was written since."""
        if self.finished or (self.durable == self.offset and not self.held):
            return
        self._make_durable(Role.TAIL)

    def hold(self) -> None:
        """Let nothing that comes from now on count before the next `sync`, for whoever opens the files meanwhile too.

        What there is now is made durable.
        """
        if not self.finished:
            self._make_durable(Role.HELD)

    def sync_ahead(self) -> None:
        """Begin to make what is written durable, without waiting, unless the disk is still busy with what came before.

        Nothing counts as durable by this alone: `mark` does that, and a later `sync` has less to wait for.
        """
        if self._ahead is not None and self._ahead.is_alive():
            return
        with disk_errors():
            self._await_ahead()
            self._ahead = SyncAhead(self._fd)
        self._full_ahead, self.underway = self._full, self.offset

    def mark(self) -> None:
        """Let the tail stand for what `sync_ahead` began with, where that is done and lies beyond the tail itself."""
        if self.held or self._ahead is None or self._ahead.is_alive() or self._full_ahead * SEGMENT <= self.durable:
            return
        with disk_errors():
            self._await_ahead()
            self._write_tail(self._full_ahead, b"", Role.TAIL)
        self.durable = self._full_ahead * SEGMENT

    def rewind(self, offset: int) -> None:
        """Durably forget what came after `offset`, as when a chunk fails its checksum. Raises ValueError past the end.

        A crash inside the call may leave either state.
        """
        if self.finished or not 0 <= offset <= self.offset:
            raise ValueError(f"cannot rewind from {self.offset} to {offset}")
        full, keep = divmod(offset, SEGMENT)
        self._forget_ahead()
        with disk_errors():
            pending = self._read_segment(full)[:keep] if full < self._full else self._pending[:keep]
            # What no tail vouches for goes first: on a full disk the new tail needs the room.
            os.ftruncate(self._fd, max(full, self._vouched) * SEALED)
            # Durably, before a tail that lets everything beside it count: what is refused must not count after a cut.
            os.fdatasync(self._fd)
            self._write_tail(full, pending, Role.TAIL)
            os.ftruncate(self._fd, full * SEALED)
            os.fdatasync(self._fd)
        self._full, self._pending = full, bytearray(pending)
        self.durable = self.underway = offset

    def finish(self) -> None:
        """Write the last segment, durably. From now on the data file is a container that `sealed.open` reads."""
        if self.finished:
            return
        with disk_errors():
            self._await_ahead()
            last = self._cipher.seal(self._pending, self._full, Role.LAST)
            write_at(self._fd, last, self._full * SEALED)
            os.ftruncate(self._fd, self._full * SEALED + len(last))
            os.fdatasync(self._fd)
            self._write_tail(self._full, b"", Role.DONE)
        self.durable, self.finished = self.offset, True

    def close(self) -> None:
        """Let go of the file. What was not synced may or may not be there at the next `resume`."""
        if self._fd >= 0:
            self._forget_ahead()
            os.close(self._fd)
            self._fd = -1

    def _make_durable(self, role: Role) -> None:
        with disk_errors():
            self._await_ahead()
            os.fdatasync(self._fd)
            self._write_tail(self._full, self._pending, role)
        self.durable = self.underway = self.offset

    def _await_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.wait()

    def _forget_ahead(self) -> None:
        """Wait for it all the same: it still uses the file."""
        with suppress(OSError):
            self._await_ahead()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, plain: Bytes, index: int) -> int:
        """Write full segments at `index`; return how many."""
        offset = index * SEALED
        for run in self._cipher.seal_runs(plain, index):
            write_at(self._fd, run, offset)
            offset += len(run)
        return len(plain) // SEGMENT

    def _write_tail(self, index: int, plain: Bytes, role: Role) -> None:
        # A fault may come after the new tail took the old one's place, so until all is done either may be there.
        self._vouched = max(self._vouched, index)
        replace_file(_tail_of(self._path), _INDEX.pack(index) + self._cipher.seal(plain, index, role))
        self._vouched, self.held = index, role is Role.HELD

    def _read_segment(self, index: int) -> bytes:
        return self._cipher.open(os.pread(self._fd, SEALED, index * SEALED), index, Role.FULL)

    def _recover(self) -> None:
        """Find the end of what authenticates, starting at the segment that the tail stands for."""
        index, pending, role = self._read_tail()
        self._vouched = index
        size = os.fstat(self._fd).st_size
        if size // SEALED < index:
            raise SealBroken("the staged file is shorter than what was made durable")
        if role is Role.HELD:
            self._drop_unproven(index, pending)
            return
        self._full = self._count_sound(index, size // SEALED)
        last = self._read_last(size)
        if last is not None:
            self._pending, self.finished = bytearray(last), True
        elif role is Role.DONE:
            raise SealBroken("the finished staged file has lost its end")
        else:
            self._pending = bytearray(pending if self._full == index else b"")
            os.ftruncate(self._fd, self._full * SEALED)
        self.durable = self.offset if self.finished or self._full == index else -1

    def _drop_unproven(self, index: int, pending: bytes) -> None:
        """Cut what came after `hold` and was never proven."""
        self._full, self._pending = index, bytearray(pending)
        os.ftruncate(self._fd, index * SEALED)
        os.fdatasync(self._fd)
        self._write_tail(index, pending, Role.TAIL)
        self.durable = self.underway = self.offset

    def _read_tail(self) -> tuple[int, bytes, Role]:
        """Index, plaintext, and what the tail says of what follows it."""
        try:
            content = _tail_of(self._path).read_bytes()
        except FileNotFoundError:
            raise SealBroken("the staged file has lost its tail") from None
        if len(content) < _INDEX.size + OVERHEAD:
            raise SealBroken("the tail of the staged file is cut short")
        index, sealed = _INDEX.unpack_from(content)[0], content[_INDEX.size :]
        for role in (Role.DONE, Role.HELD):
            with suppress(SealBroken):
                return index, self._cipher.open(sealed, index, role), role
        return index, self._cipher.open(sealed, index, Role.TAIL), Role.TAIL

    def _count_sound(self, first: int, count: int) -> int:
        """The number of segments before the first one, from `first` on, that does not open."""
        for index in range(first, count):
            try:
                self._read_segment(index)
            except SealBroken:
                return index
        return count

    def _read_last(self, size: int) -> bytes | None:
        """The plaintext of the last segment, where the file ends in one."""
        start = self._full * SEALED
        if not OVERHEAD <= size - start < SEALED:
            return None
        try:
            return self._cipher.open(os.pread(self._fd, SEALED, start), self._full, Role.LAST)
        except SealBroken:
            return None


def discard(path: Path) -> None:
    """Remove a staged container; one that is gone already is no error."""
    with disk_errors():
        path.unlink(missing_ok=True)
        _tail_of(path).unlink(missing_ok=True)
        sync_folder(path.parent)


def _tail_of(path: Path) -> Path:
    return path.with_name(path.name + ".tail")

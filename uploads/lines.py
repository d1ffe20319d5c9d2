"""Who is sending right now in this process: one line for each file.

A phone that lost its connection comes back on a new one while the old one still looks alive. The newer line of an
upload ends the older, which frees its thread and its memory, and waits a moment for it to put away what had arrived.
How many files one person sends is counted in `uploads.slots`, and that late bytes change nothing is the fence's doing;
both hold across processes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HangUp = Callable[[], None]
GRACE_SECONDS = 0.05


class _Line:
    """One request that sends."""

    def __init__(self, hang_up: HangUp | None) -> None:
        self._hang_up, self.is_over = hang_up, threading.Event()

    def end(self) -> None:
        """Ask it to end. While it is asked, the lock sees to it that the line is still its own."""
        if self._hang_up is not None:
            self._hang_up()

    def wait(self) -> None:
        """Let what had arrived be written; a line that takes longer is overtaken all the same."""
        if self._hang_up is not None:
            self.is_over.wait(GRACE_SECONDS)


class Lines:
    """The lines of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sending: dict[int, dict[str, _Line]] = {}

    @contextmanager
    def sending(self, person_id: int, object_id: str, hang_up: HangUp | None) -> Iterator[None]:
        """Send for as long as the block lasts. `hang_up` ends the line from another thread."""
        line = _Line(hang_up)
        with self._lock:
            files = self._sending.get(person_id, {})
            older = files.get(object_id)
            if older is not None:
                older.end()
            self._sending[person_id] = {**files, object_id: line}
        try:
            if older is not None:
                older.wait()
            yield
        finally:
            self._leave(person_id, object_id, line)

    def end(self, person_id: int, object_id: str) -> bool:
        """End the line that sends this upload; False where there is none."""
        with self._lock:
            line = self._sending.get(person_id, {}).get(object_id)
            if line is not None:
                line.end()
        if line is None:
            return False
        line.wait()
        return True

    def _leave(self, person_id: int, object_id: str, line: _Line) -> None:
        line.is_over.set()
        with self._lock:
            files = self._sending.get(person_id, {})
            # A newer line of the same upload has its own entry, which stays.
            if files.get(object_id) is line:
                del files[object_id]
            if not files:
                self._sending.pop(person_id, None)

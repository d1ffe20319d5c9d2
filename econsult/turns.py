"""The line in which the writers of one process wait for SQLite, which lets one write at a time.

SQLite looks again for its lock at intervals that grow to a tenth of a second: whoever has waited long would look
rarely, and whoever comes just then would go first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager


def turns(patience: float) -> Callable[[], AbstractContextManager[None]]:
    """Make such a line. Whose turn does not come within `patience` seconds goes on and asks the database itself."""
    line = threading.Lock()

    @contextmanager
    def turn() -> Iterator[None]:
        is_mine = line.acquire(timeout=patience)
        try:
            yield
        finally:
            if is_mine:
                line.release()

    return turn

"""Acts that begin at the same moment, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Made = TypeVar("Made")


def at_once(*acts: Callable[[], Made]) -> list[Made]:
    """What each of them returns, in their order; raises the first thing that any of them raised."""
    gate = Barrier(len(acts))

    def begin(act: Callable[[], Made]) -> Made:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        begun = [threads.submit(begin, act) for act in acts]
    return [each.result() for each in begun]

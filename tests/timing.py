"""How long a piece of work takes by itself, whatever a long run of tests has left in the process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

TRIES = 3


def quickest(work: Callable[[], object], enough: float, clock: Callable[[], float] = time.thread_time) -> float:
    """Seconds of the quickest of a few tries, without the collector's rounds through what others left.

    A try that took less than `enough` is the last, so that only a busy machine, or a fault, pays for more than one.
    Unless another clock is given only the processor's time of this thread counts.
    """
    best = float("inf")
    for _try in range(TRIES):
        gc.collect()
        gc.disable()
        began = clock()
        try:
            work()
        finally:
            took = clock() - began
            gc.enable()
        best = min(best, took)
        if best < enough:
            break
    return best

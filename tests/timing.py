"""How long a piece of work takes by itself, whatever a long run of tests has left in the process."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def own_time() -> Iterator[Callable[[], float]]:
    """Processor seconds of this thread within the block, without the collector's rounds through what others left."""
    gc.collect()
    gc.disable()
    began = time.thread_time()
    took: list[float] = []
    try:
        yield lambda: took[0]
    finally:
        took.append(time.thread_time() - began)
        gc.enable()

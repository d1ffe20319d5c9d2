"""The consult itself: who may ask, who must answer, by when, and what was said."""

from __future__ import annotations

import atexit
import gc

# A start defines some 1,300 modules, among which a collection finds nothing, and Python's own threshold looks through
# them again every 700 objects: an eighth of each start, of a command as of a server. A request makes a few thousand.
gc.set_threshold(50_000, 20, 20)
# An end would look through all of it once more before the system takes the memory back: a quarter of a second.
atexit.register(gc.freeze)

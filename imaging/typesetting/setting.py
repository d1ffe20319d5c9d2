"""Orders a paper from the press: a process of its own for each, bounded in time, in memory, and in how many at once.

What people wrote may be anything. The press reads it as data and is locked away from files and the network before; a
process that dies of it takes no page down with it.
"""

import functools
import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from imaging.typesetting.leaflet import Leaflet

_CODE = Path(__file__).resolve().parents[1]
_BOOT = """
import sys, types
package = types.ModuleType("imaging")
package.__path__ = [sys.argv[1]]
sys.modules["imaging"] = package
sys.path.append(sys.argv[2])
from imaging.typesetting.press import main
main()
"""
"""Half of the time would go into finding packages and into loading the decoders, of which the press needs none."""
SECONDS = 60.0
"""How long one paper may take; its processor time is bounded more closely."""
TURN = 10.0
"""How long an order waits for its turn."""
LONGEST = 4_000_000
"""Letters of the longest order; an answer with every field full has a thirtieth of it."""
PLACES = threading.BoundedSemaphore(max(2, os.cpu_count() or 2))
"""How many papers this process has set at once."""


class TypesettingError(Exception):
    """The paper could not be made, now or at all; nothing of it was sent."""


def typeset(
    leaflet: Leaflet, *, seconds: float = SECONDS, turn: float = TURN, places: threading.BoundedSemaphore = PLACES
) -> bytes:
    """The leaflet as a PDF/UA-1 file. The same leaflet gives the same bytes on every machine."""
    order = json.dumps(leaflet.as_json()).encode("ascii")
    if len(order) > LONGEST:
        raise TypesettingError("too_long")
    if not places.acquire(timeout=turn):
        raise TypesettingError("busy")
    try:
        return _press(order, seconds)
    finally:
        places.release()


@functools.cache
def _typst() -> str:
    """The folder in which the wheel lies; this process loads nothing of it."""
    found = importlib.util.find_spec("typst")
    if found is None or found.origin is None:
        raise TypesettingError("not_installed")
    return str(Path(found.origin).parents[1])


def _press(order: bytes, seconds: float) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _BOOT, str(_CODE), _typst()],
            input=order,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env={},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        raise TypesettingError("too_slow") from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        raise TypesettingError(f"exit_{done.returncode}")
    return done.stdout

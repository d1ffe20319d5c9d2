"""Draws and sends the demo's files: `python -m workers.demo`, started by the supervisor and done when it exits."""

from __future__ import annotations

import os

from workers.demo import send_media
from workers.process import read_clock, start_log
from workers.queue import ring
from workers.runtime import open_runtime

NICENESS = 10
"""Whoever already uses the demo comes first."""


def main() -> int:
    """Send what is missing; exit 0."""
    start_log("demo media")
    os.nice(NICENESS)
    runtime = open_runtime()
    if send_media(runtime, read_clock()):
        ring(runtime)
    runtime.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

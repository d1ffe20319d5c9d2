"""Draws and sends the demo's files: `python -m workers.demo`, started by the supervisor and done when it exits."""

from __future__ import annotations

import os
import time

from workers.demo import go_on, send_media
from workers.process import read_clock, start_log
from workers.queue import ring
from workers.runtime import open_runtime

EVERY, LOOKS = 3.0, 200
"""Seconds between two looks at files that workers still prepare, and how often; after ten minutes nobody waits."""
NICENESS = 10
"""Whoever already uses the demo comes first."""


def main() -> int:
    """Send what is missing, go on with the stories that wait for their files, and exit 0."""
    start_log("demo media")
    os.nice(NICENESS)
    runtime = open_runtime()
    if send_media(runtime, read_clock()):
        ring(runtime)
    for _ in range(LOOKS):
        if not go_on(runtime, read_clock()):
            break
        time.sleep(EVERY)
    ring(runtime)
    runtime.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

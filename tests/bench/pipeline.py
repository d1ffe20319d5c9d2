"""From upload complete to rendition visible: `python -m tests.bench.pipeline`. Wants an idle machine.

Real worker process, real Redis (polling where there is none), real jail. What making and proving the copies costs
(decoding, looking for faces and writing, encoding, decoding again) is measured by its own processor time; the rest is
what queue, crypto, storage and database cost.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from imaging import samples
from tests.bench._figures import report
from tests.workers.clinic import Clinic, open_clinic, wait_until
from workers.embedded import plan_redis, wait_for
from workers.queue import ring

TWELVE_MEGAPIXELS = (4032, 3024)
OVERHEAD_LIMIT = 150.0
WARM_UP = 2


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pipeline", description=__doc__)
    parser.add_argument("--uploads", type=int, default=30)
    uploads = parser.parse_args().uploads
    folder = Path(tempfile.mkdtemp(prefix="ec-bench-"))
    try:
        with _redis(folder) as url, closing(open_clinic(folder, redis_url=url)) as clinic:
            clinic.start("workers", "fast")
            wait_until(lambda: "fast" in clinic.roles())
            photos = [samples.photo("hives", seed=seed, size=TWELVE_MEGAPIXELS) for seed in range(3)]
            measured = [_measure(clinic, photos[turn % len(photos)]) for turn in range(uploads + WARM_UP)]
    finally:
        shutil.rmtree(folder)
    _tell(measured[WARM_UP:])
    return 0


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """The URL of a Redis of our own; empty where this machine has none."""
    plan = plan_redis(folder)
    if plan is None:
        yield ""
        return
    with subprocess.Popen(plan.command) as server:
        wait_for(plan.url)
        yield plan.url
        server.terminate()


def _measure(clinic: Clinic, data: bytes) -> tuple[float, float]:
    """Milliseconds from the committed upload to visible copies, and those that making and proving computed."""
    number = clinic.send(data)
    began = time.perf_counter()
    ring(clinic.runtime)
    while not clinic.is_ready(number):
        time.sleep(0.002)
    total = (time.perf_counter() - began) * 1000
    found = clinic.attachment(number).report or {}
    return total, float(found["usage"]["cpu_ms"]) + float(found["usage"]["proof_ms"])


def _tell(measured: list[tuple[float, float]]) -> None:
    totals = sorted(total for total, _ in measured)
    overheads = sorted(total - jail for total, jail in measured)
    share = statistics.median((total - jail) / total for total, jail in measured)
    report("pipeline.photo_12mp.visible.p50", round(statistics.median(totals), 1), "ms")
    report("pipeline.photo_12mp.visible.p95", round(_percentile(totals, 0.95), 1), "ms")
    report("pipeline.photo_12mp.overhead.p50", round(statistics.median(overheads), 1), "ms", limit=OVERHEAD_LIMIT)
    report("pipeline.photo_12mp.overhead.p95", round(_percentile(overheads, 0.95), 1), "ms")
    report("pipeline.photo_12mp.overhead.share", round(share, 3), "of the time")


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


if __name__ == "__main__":
    raise SystemExit(main())

"""A worked month of the queue, day and night: `python -m tests.bench.month`.

Seeded arrivals, a roster with gaps, specialists who fall ill with cases in their hands, slow families, and clock
processes that are killed or away for hours. A witness that shares no code with the queue looks after every event:
everything open has an owner and a deadline, promises are broken only where nobody was at work for long enough before,
and of each that was broken somebody had been told before it was.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from econsult.queue.invariants import violations
from econsult.queue.metrics import figures
from econsult.settings import load_settings
from tests.bench._figures import report
from tests.bench._month import Month
from tests.bench._witness import Verdict
from tests.personas import NOON, open_clinic
from workers.runtime import open_runtime


def main() -> int:
    """Live the month and report; 1 where something was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.month", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ec-month-"))
    runtime = open_runtime(load_settings({"ECONSULT_DATA": str(folder)}))
    runtime.database.migrate()
    month = Month(runtime, open_clinic(runtime.database, vault=runtime.vault), options.seed)
    month.live(options.days)
    is_kept = _tell(month, month.witness.judge(month.rows, month.now))
    runtime.close()
    shutil.rmtree(folder)
    return 0 if is_kept else 1


def _tell(month: Month, verdict: Verdict) -> bool:
    with month.runtime.database.reading() as session:
        broken_rules = list(violations(session, month.now))
        found = figures(session, NOON, month.now, month.now)
    first = next((line for line in found if (line.clock, line.by) == ("first_reply", "all")), None)
    report("month.asked", len(month.witness.questions), "consults")
    report("month.restarts", month.restarts, "clock processes killed")
    report("month.broken_first_replies", len(verdict.broken), "consults")
    faults = {
        "month.without_owner_or_deadline": (len(month.witness.orphans), f"in {month.witness.looks} looks"),
        "month.violations": (len(broken_rules), "of the five promises"),
        "month.broken_and_not_in_the_ledger": (len(verdict.missing), "consults"),
        "month.in_the_ledger_and_not_broken": (len(verdict.invented), "consults"),
        "month.broken_although_covered": (len(verdict.covered), "consults"),
        "month.broken_without_announcement": (len(verdict.unannounced), "consults"),
    }
    for name, (value, unit) in faults.items():
        report(name, value, unit, limit=0)
    if first is not None:
        report("month.first_reply.within", round(100 * first.within / first.count, 1), "percent")
        report("month.first_reply.wall.p50", first.wall[0], "h")
        report("month.first_reply.wall.p90", first.wall[1], "h")
    return not any(value for value, _unit in faults.values())


if __name__ == "__main__":
    raise SystemExit(main())

"""A clock process that can be killed and started again cheaply: the real ticker, forked from a server that knows it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from econsult.settings import load_settings
from workers.clock import Ticker
from workers.process import read_clock
from workers.runtime import open_runtime


def tick_for_ever(environ: Mapping[str, str], pause: float) -> None:
    """Tick until somebody kills this process, with so many seconds between two ticks."""
    runtime = open_runtime(load_settings(environ))
    ticker = Ticker(runtime)
    while True:
        ticker.tick(read_clock())
        time.sleep(pause)

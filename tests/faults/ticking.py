"""A clock process that can be killed and started again cheaply: the real ticker, forked from a server that knows it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from econsult.settings import load_settings
from workers.clock import Ticker
from workers.process import read_clock
from workers.runtime import open_runtime

PAUSE = 0.3


def tick_for_ever(environ: Mapping[str, str]) -> None:
    """Tick until somebody kills this process."""
    runtime = open_runtime(load_settings(environ))
    ticker = Ticker(runtime)
    while True:
        ticker.tick(read_clock())
        time.sleep(PAUSE)

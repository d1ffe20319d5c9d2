"""How passwords are hashed beside pages that others read."""

from __future__ import annotations

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from econsult.people import passwords


def test_hashes_yield_to_whoever_reads_a_page() -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert passwords._in_turn(lambda: os.getpriority(os.PRIO_PROCESS, 0)) == min(19, ours + passwords._YIELDING)
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours


def test_two_hashes_are_made_at_a_time_and_no_more() -> None:
    both, extra = threading.Barrier(3), threading.Event()
    with ThreadPoolExecutor(3) as crowd:
        for _ in range(2):
            crowd.submit(passwords._in_turn, lambda: both.wait(20))
        while both.n_waiting < 2 and not both.broken:
            extra.wait(0.01)
        third = crowd.submit(passwords._in_turn, extra.set)
        assert not extra.is_set()
        both.wait(20)
        third.result(20)


def test_a_process_that_was_forked_hashes_with_threads_of_its_own() -> None:
    stored = passwords.hash_password("four words that nobody guesses")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        with suppress(BaseException):
            os._exit(0 if passwords.is_password(stored, "four words that nobody guesses") else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0

"""The list of tests that are left to the slow proofs: each is a test, and what it meets several others meet."""

from __future__ import annotations

import numpy as np

from tests.copies import function_of
from tests.house.tree import ROOT
from tests.repeats import ALWAYS, Walk, choose, left_out


def test_each_line_names_a_test_that_may_be_left_out() -> None:
    gone = []
    for line in left_out():
        path, _, name = function_of(line).partition("::")
        text = (ROOT / path).read_text() if (ROOT / path).is_file() else ""
        gone += [] if f"def {name}(" in text and not line.startswith(ALWAYS) else [line]
    assert gone == [], "Remove the line, or run: python -m pytest -n auto -p tests.repeats; python -m tests.repeats"


def walk(*met: int, seconds: float = 1.0, is_doubtful: bool = False) -> Walk:
    return Walk(np.array(met), seconds, is_doubtful)


def test_what_few_meet_what_is_cheap_and_what_no_line_tells_of_stays() -> None:
    others = {f"cheap {number}": walk(1, 2, 3, seconds=0.1) for number in range(3)}
    dear = {
        "own": walk(1, 2, 4, seconds=9),
        "repeat": walk(1, 2, seconds=8),
        "races": walk(1, 2, is_doubtful=True),
        "tests/econsult/test_access.py::test_x": walk(1, 2),
    }
    assert choose(others | dear) == {"repeat"}
    # Of three that walk alone none can be missed.
    assert choose({name: walk(1) for name in "abc"}) == set()


def test_a_table_of_cases_keeps_one() -> None:
    others = {f"cheap {number}": walk(1, seconds=0.1) for number in range(9)}
    assert choose(others | {f"table[{number}]": walk(1, seconds=2 + number) for number in range(3)}) == {
        "table[2]",
        "table[1]",
    }

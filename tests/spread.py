"""A short version of a long table of cases for the normal run; `-m slow` holds the others."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from _pytest.mark import ParameterSet


def spread(cases: Iterable[object], kept: int) -> list[object]:
    """The cases, of which the normal run takes `kept`, from the first to the last and evenly between; the rest is slow.

    What stands in a table grows by each fault that was once found. Neighbours in it mostly take the same way through
    the code, so that a few of them see what breaks it, and all of them are among the slow proofs.
    """
    listed = list(cases)
    last = len(listed) - 1
    taken = {round(last * step / max(kept - 1, 1)) for step in range(kept)} if last > 0 else {0}
    return [case if place in taken else _slow(case) for place, case in enumerate(listed)]


def _slow(case: object) -> ParameterSet:
    if isinstance(case, ParameterSet):
        return pytest.param(*case.values, marks=[*case.marks, pytest.mark.slow], id=case.id)
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.slow)

"""A value that each process makes for itself."""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Makes its value at the first call in a process, and again after a fork.

    A forked worker that went on with its parent's pooled connections would read the parent's answers. There is no lock,
    which a fork could leave locked: two threads may at worst make two values, of which one is used from then on.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        """Call `make` as often as a process needs a value of its own."""
        self._make = make
        self._made: dict[int, T] = {}

    def __call__(self) -> T:
        process = os.getpid()
        if process not in self._made:
            self._made = {process: self._make()}
        return self._made[process]

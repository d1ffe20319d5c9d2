"""How much processor time a document may take, in all and for the drawing of its pages."""

import time
from collections.abc import Callable
from typing import TypeVar

from imaging import limits
from imaging.refusal import Refused

_Drawn = TypeVar("_Drawn")


class Allowance:
    """What is left for one document of so many pages; it is asked before each of them.

    One page has a limit of its own, so the last one may go over what was left by as much as that.
    """

    def __init__(self, pages: int, clock: Callable[[], float] = time.process_time) -> None:
        self._clock, self._began, self._drawing = clock, clock(), 0.0
        self._most = limits.DOCUMENT_CPU + limits.DOCUMENT_CPU_PER_PAGE * pages
        self._most_drawing = limits.DRAWING_CPU + limits.DRAWING_CPU_PER_PAGE * pages

    def check(self) -> None:
        """Refuse `too_much_work` where it is used up."""
        if self._clock() - self._began > self._most or self._drawing > self._most_drawing:
            raise Refused("too_much_work")

    def drawn(self, draw: Callable[[], _Drawn]) -> _Drawn:
        """Draw a page, or the parts of one, and note how long that took."""
        before = self._clock()
        page = draw()
        self._drawing += self._clock() - before
        return page

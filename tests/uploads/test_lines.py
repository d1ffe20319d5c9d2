"""A newer line of an upload ends the older."""

from __future__ import annotations

from contextlib import ExitStack

from uploads.kinds import MOST_AT_ONCE
from uploads.lines import Lines

MOTHER, FATHER = 1, 2


def test_a_newer_line_of_the_same_file_ends_the_older_and_takes_its_place() -> None:
    lines, ended = Lines(), []
    with ExitStack() as stack:
        for number in range(3 * MOST_AT_ONCE):
            stack.enter_context(lines.sending(MOTHER, "same", lambda number=number: ended.append(number)))  # type: ignore[misc]
        assert ended == list(range(3 * MOST_AT_ONCE - 1))


def test_an_older_line_that_leaves_does_not_take_the_newer_ones_place() -> None:
    lines, ended = Lines(), []
    with lines.sending(MOTHER, "file", lambda: ended.append("new")):
        with lines.sending(MOTHER, "other", None):
            pass
        old = lines.sending(MOTHER, "file", lambda: ended.append("newest"))
        with old:
            pass
        assert ended == ["new"]
    lines.end(MOTHER, "file")
    assert ended == ["new"]


def test_a_line_can_be_ended_from_outside() -> None:
    lines, ended = Lines(), []
    lines.end(MOTHER, "nothing there")
    with lines.sending(MOTHER, "file", lambda: ended.append("file")):
        lines.end(FATHER, "file")
        assert ended == []
        lines.end(MOTHER, "file")
    assert ended == ["file"]

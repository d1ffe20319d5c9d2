"""The operator's commands: `python -m econsult --help` names them all."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from econsult.commands.catalogue import read_line
from econsult.crashing import keep_crashes_quiet

CLOSED_PIPE = 141
"""What a shell reports of a command whose reader went away, as `| head -1` does."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit 0 done, 1 refused with one sentence on stderr, 2 wrong usage, 141 nobody reads any more."""
    try:
        try:
            return _answer(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would be written, and complained about, once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE


def _answer(arguments: list[str] | None) -> int:
    options = read_line(arguments)
    # Whoever asked for help, or typed what is no command, has been answered without a second for the records.
    from econsult.commands.answering import answer  # noqa: PLC0415

    return answer(options, datetime.now(UTC))


if __name__ == "__main__":
    keep_crashes_quiet()
    raise SystemExit(main())

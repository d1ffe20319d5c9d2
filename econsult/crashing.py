"""What is told of an error that nobody expected: its class and where it was raised, never its message.

The message may quote what somebody wrote: a name, a question, a birth date that could not be read.
"""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType


def name_error(error: BaseException) -> str:
    """The error's class and where it was raised, which say what happened without repeating anybody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__module__}.{type(error).__qualname__}{place}"


def keep_crashes_quiet() -> None:
    """Let this process, and each of its threads, end in one line instead of Python's own report with the message."""
    sys.excepthook = _tell
    threading.excepthook = _tell_of_thread


def _tell(_kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(f"It broke off: {name_error(error.with_traceback(trace))}\n")


def _tell_of_thread(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None:
        _tell(crash.exc_type, crash.exc_value, crash.exc_traceback)

"""Says of a file that no decoder can read that it is not whole, where that is what ails it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imaging.refusal import Refused
from imaging.walks.cut import is_cut

_MISLED = {"damaged", "unsupported_type", "no_picture"}
"""What a decoder takes a file for whose end is missing."""
_ERRORS = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, KeyError)


@contextmanager
def telling_cut(data: bytes, media_type: str) -> Iterator[None]:
    """Let what goes wrong inside be `truncated` where the bytes end before the structure does."""
    with telling(lambda: is_cut(data, media_type)):
        yield


@contextmanager
def telling(is_short: Callable[[], bool]) -> Iterator[None]:
    """The same, for who has asked before."""
    try:
        yield
    except Refused as refused:
        if refused.reason in _MISLED and is_short():
            raise Refused("truncated") from None
        raise
    except _ERRORS:
        if is_short():
            raise Refused("truncated") from None
        raise

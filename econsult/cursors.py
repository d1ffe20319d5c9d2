"""Cursors: where the next page of a list begins, as one word that goes out and comes back. Made-up ones are refused."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from econsult.errors import InvalidError


def pack(*values: int | str) -> str:
    """The cursor that stands for these values."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def unpack(cursor: str) -> list[Any]:
    """The values of a cursor; each letter counts, so that a damaged one is never taken for another."""
    try:
        values = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
    except (ValueError, RecursionError, binascii.Error):
        raise no_such_page() from None
    if not isinstance(values, list):
        raise no_such_page()
    return values


def unpack_number(cursor: str) -> int:
    """The key of a row that stands alone in a cursor; 0 for no cursor, which comes before every row."""
    if not cursor:
        return 0
    values = unpack(cursor)
    # What a database can hold as a key; anything else was never given out.
    if len(values) != 1 or type(values[0]) is not int or not 0 <= values[0] < 2**63:
        raise no_such_page()
    return values[0]


def no_such_page() -> InvalidError:
    """What is said about a cursor that was never given out."""
    return InvalidError("This page of the list does not exist.", {"cursor": "invalid"})

"""Which HTTP servers this application refuses: those that hold a body back until it is whole.

Under them a phone that loses its connection loses everything it had sent, so that a long file on a bad line never
arrives at all. It is better not to start than to find that out from families.
"""

from __future__ import annotations

import sys
from collections.abc import Collection

from econsult.errors import SettingError

BUFFERING = frozenset({"waitress", "hypercorn", "bjoern", "meinheld", "uvicorn"})
RIGHT_ONE = "gunicorn 'web:create_app()' --worker-class workers.server.PatientWorker --threads 256"


def refuse_buffering(loaded: Collection[str] | None = None) -> None:
    """Raise SettingError where one of them is running this process; `loaded` are the names of imported modules."""
    found = BUFFERING.intersection(sys.modules if loaded is None else loaded)
    if found:
        raise SettingError(
            f"{', '.join(sorted(found))} keeps uploads back until they are whole, so that none survives a broken "
            f"connection. Run: {RIGHT_ONE}"
        )

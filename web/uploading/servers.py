"""Which HTTP servers this application refuses: those that hold a body back until it is whole.

Under them a phone that loses its connection loses everything it had sent, so that a long file on a bad line never
arrives at all. It is better not to start than to find that out from families.
"""

from __future__ import annotations

import sys
from collections.abc import Collection

from econsult.errors import SettingError

BUFFERING = frozenset({"waitress", "hypercorn", "bjoern", "meinheld", "uvicorn", "tornado", "daphne"})
WORKERS = "gunicorn.workers."
PROVEN = frozenset({f"{WORKERS}base", f"{WORKERS}workertmp", f"{WORKERS}gthread"})
"""Of gunicorn's own kinds of worker, what the threads need; ours is made of them."""
RIGHT_ONE = "gunicorn 'web:create_app()' --worker-class workers.server.PatientWorker --threads 256"


def refuse_buffering(loaded: Collection[str] | None = None) -> None:
    """Raise SettingError where one of them is running this process; `loaded` are the names of imported modules."""
    if found := BUFFERING & _loaded(loaded):
        raise SettingError(
            f"{', '.join(sorted(found))} keeps uploads back until they are whole, so that none survives a broken "
            f"connection. Run: {RIGHT_ONE}"
        )


def unproven(loaded: Collection[str] | None = None) -> str:
    """Which of gunicorn's workers run this process that were never shown to carry uploads well; empty for none.

    They keep what arrives, so that they are no reason not to start: pages alone may well be served by them.
    """
    kinds = {name for name in _loaded(loaded) if name.startswith(WORKERS)} - PROVEN
    return ", ".join(sorted(name.removeprefix(WORKERS) for name in kinds))


def _loaded(names: Collection[str] | None) -> frozenset[str]:
    return frozenset(sys.modules if names is None else names)

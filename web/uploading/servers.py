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
"""Of gunicorn's own kinds of worker, what the threads need; ours is made of them. Any other kind is refused unseen."""
RIGHT_ONE = "gunicorn 'web:create_app()' --worker-class workers.server.PatientWorker --threads 256"


def refuse_buffering(loaded: Collection[str] | None = None) -> None:
    """Raise SettingError where one of them is running this process; `loaded` are the names of imported modules."""
    names = frozenset(sys.modules if loaded is None else loaded)
    if found := BUFFERING & names:
        raise SettingError(
            f"{', '.join(sorted(found))} keeps uploads back until they are whole, so that none survives a broken "
            f"connection. Run: {RIGHT_ONE}"
        )
    if others := {name for name in names if name.startswith(WORKERS)} - PROVEN:
        kinds = ", ".join(sorted(name.removeprefix(WORKERS) for name in others))
        raise SettingError(
            f"gunicorn's workers of the kind {kinds} stand still for one slow phone, or were never shown to keep what "
            f"arrived when a line breaks. Run: {RIGHT_ONE}"
        )

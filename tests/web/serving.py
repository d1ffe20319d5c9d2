"""Serve an application on a real loopback port for as long as a test needs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

WAITED = 30.0
"""Seconds that a test waits at its end for what its pages still ask."""


class Ending:
    """An application that can be brought to an end with nothing of it under way.

    A page saves by itself: what it sends while its test ends would be written into the database of the next test.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self._is_open = app, True
        # The server gives each request a thread of its own, and does not close every answer whose line breaks.
        self._answering: list[threading.Thread] = []
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            if not self._is_open:
                start_response("503 Service Unavailable", [("Content-Length", "0")])
                return []
            self._answering = [thread for thread in self._answering if thread.is_alive()]
            self._answering.append(threading.current_thread())
        return self._app(environ, start_response)

    def end(self) -> None:
        """Take nothing more and wait for what was taken. Raises TimeoutError where it does not end."""
        deadline = time.monotonic() + WAITED
        with self._lock:
            self._is_open = False
        for thread in self._answering:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                raise TimeoutError("A request is still being answered.")


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the running application, such as `http://localhost:40123`."""
    ending = Ending(app)
    server = make_server("127.0.0.1", 0, ending, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        ending.end()

"""The HTTP server's worker class: threads are for requests that can be answered, never for a line that is merely open.

gunicorn's own threads wait for the head of a request and for its body without a limit, so a few hundred lines that send
a byte now and then would take the pages away from everybody. Here the main loop hears each head, bodies must keep a
pace and may not take the last threads, and one address may hold only so many lines. TLS is the proxy's task.
"""

from __future__ import annotations

import errno
import gc
import resource
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.workers.gthread import ThreadWorker

from econsult.settings import load_settings
from uploads.kinds import TAKES_FILES
from workers.bare import bare_answer, refusal_of
from workers.bodies import ChunkedBody, StraightBody
from workers.callers import HEAD, SEND_SECONDS, SMALL, UPLOAD, Caller, Crowd
from workers.refusal import refusing

KEPT_FOR_PAGES = 32
"""So many threads never wait for a body; of a small pool, a quarter."""
LINGER_SECONDS = 2.0
FULL_SECONDS = 0.05
UNSENT_BYTES = 64 * 1024
"""So much of an answer may rest in the system: it would take megabytes, and send them on to whoever was signed out."""
MOST_FILES, FILES_OF_OURS, FILES_PER_THREAD = 65536, 64, 3
"""File descriptors: the most to ask for, those of the process itself, and what who sends holds beside the line."""
DOOR, FAILED = "/uploads", 500
BUSY = bare_answer(
    503, "Service Unavailable", "busy", "Too many are sending now. Try again soon.", "Retry-After: 5\r\n"
)
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class PatientWorker(ThreadWorker):  # type: ignore[misc] # The server's library is not typed.
    """gthread, with limits on how long anybody may keep a thread waiting."""

    wsgi: Any
    worker_connections: int

    def init_process(self) -> None:
        """Read the limits, then serve."""
        with refusing():
            settings = load_settings()
        threads = int(self.cfg.threads)
        room = raise_file_limit() - FILES_OF_OURS - FILES_PER_THREAD * threads
        self.worker_connections = min(self.worker_connections, max(room, FILES_OF_OURS))
        self.bodies = threading.BoundedSemaphore(threads - min(KEPT_FOR_PAGES, max(1, threads // 4)))
        self.crowd = Crowd(settings.connections_per_address, settings.proxy_hops)
        self.lingering: deque[tuple[float, Caller]] = deque()
        self.current = threading.local()
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Let a caller in, unless its address holds too many lines."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                # Whoever waits outside is let in when others have gone; those inside must not be sent away for them.
                time.sleep(FULL_SECONDS)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        hold_back(sock)
        caller = Caller(self.cfg, sock, client, listener.getsockname(), self.part_with)
        if not self.crowd.enter(caller.address):
            sock.close()
            return
        self.nr_conns += 1
        self.await_head(caller)

    def await_head(self, caller: Caller) -> None:
        """Hear a request in the main loop; `murder_pending` ends who takes too long."""
        caller.timeout = time.monotonic() + HEAD.seconds
        self.pending_conns.append(caller)
        heard = partial(self.on_pending_socket_readable, caller)
        self.poller.register(caller.sock, selectors.EVENT_READ, heard)

    def on_pending_socket_readable(self, conn: Caller, client: socket.socket) -> None:
        """Go on hearing; a whole head gets a thread."""
        try:
            is_whole = conn.hear()
        except OSError:
            self._stop_waiting(conn, client)
            self.nr_conns -= 1
            conn.close()
            return
        if is_whole:
            self._stop_waiting(conn, client)
            self.enqueue_req(conn)

    def _stop_waiting(self, conn: Caller, client: socket.socket) -> None:
        self.poller.unregister(client)
        self.pending_conns.remove(conn)

    def on_client_socket_readable(self, conn: Caller, client: socket.socket) -> None:
        """The next request on a line that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.await_head(conn)

    def handle(self, conn: Caller) -> Any:
        """Answer one request, in a thread."""
        conn.start_request()
        is_kept = super().handle(conn)
        if is_kept is True:
            conn.end_request()
        return is_kept

    def handle_request(self, req: Any, conn: Caller) -> bool:
        """Answer it, unless it brings a body and too many others do."""
        conn.sock.settimeout(SEND_SECONDS)
        conn.line.allow(UPLOAD if req.path.startswith("/uploads") else SMALL)
        if req.path == DOOR or req.path.startswith(f"{DOOR}/"):
            req.body = _upload_body(req, conn.sock)
        self.current.request, self.current.line = req, conn.line
        if not is_unread(req):
            return bool(super().handle_request(req, conn))
        if not self.bodies.acquire(blocking=False):
            conn.sock.sendall(BUSY)
            return False
        try:
            return bool(super().handle_request(req, conn))
        finally:
            self.bodies.release()

    def handle_error(self, _request: Any, client: socket.socket, addr: Any, error: Exception) -> None:
        """Answer what cannot be read, or went wrong outside of the pages, and log its kind, nothing that was sent."""
        refusal = refusal_of(error)
        if refusal[0] == FAILED:
            # The message of an error may hold what somebody wrote, so that the log learns its places alone.
            places = (
                f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
                for frame in extract_tb(error.__traceback__)
            )
            self.log.error("A request could not be answered: %s\n  %s", type(error).__name__, "\n  ".join(places))
        else:
            self.log.warning("Refused what is no request, from ip=%s: %s", (addr or ("",))[0], type(error).__name__)
        with suppress(OSError):
            client.settimeout(LINGER_SECONDS)
            client.sendall(bare_answer(*refusal))

    def load_wsgi(self) -> None:
        """The application; an answer that leaves a body unread says that the line will be closed."""
        # What pages stand on is no rubbish: to go through all of it takes a tenth of a second, while somebody waits.
        gc.disable()
        super().load_wsgi()
        gc.freeze()
        gc.enable()
        self.wsgi = self._closing(self.wsgi)

    def _closing(self, app: WsgiApp) -> WsgiApp:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            request = self.current.request
            environ[TAKES_FILES] = partial(self.current.line.allow, UPLOAD)

            def start(status: str, *rest: Any) -> Any:
                if is_unread(request):
                    request.force_close()
                return start_response(status, *rest)

            return app(environ, start)

        return answer

    def part_with(self, caller: Caller, graceful: bool) -> None:
        """Close a line; who is still sending is given a moment to hear the answer, without anybody waiting for it."""
        if not graceful:
            self._hang_up(caller)
            return
        try:
            caller.sock.setblocking(False)
            caller.sock.shutdown(socket.SHUT_WR)
            self.poller.register(caller.sock, selectors.EVENT_READ, partial(self._drain, caller))
        except (OSError, ValueError, KeyError):
            self._hang_up(caller)
            return
        self.lingering.append((time.monotonic() + LINGER_SECONDS, caller))

    def _drain(self, caller: Caller, sock: socket.socket) -> None:
        try:
            is_over = not sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            is_over = True
        if is_over:
            self.poller.unregister(sock)
            self._hang_up(caller)

    def _hang_up(self, caller: Caller) -> None:
        caller.sock.close()
        if not caller.has_left:
            caller.has_left = True
            self.crowd.leave(caller.address)

    def murder_pending(self) -> None:
        """End what waited long enough."""
        super().murder_pending()
        while self.lingering and self.lingering[0][0] <= time.monotonic():
            _ends, caller = self.lingering.popleft()
            if caller.sock.fileno() >= 0:
                self.poller.unregister(caller.sock)
                self._hang_up(caller)

    def _cap_keepalive(self, deadline: float) -> None:
        """When stopping, lines on which nothing is asked are not waited for."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


def hold_back(sock: socket.socket) -> None:
    """Let no more than a moment of an answer rest in the system; a line that is not TCP has no such limit."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


def raise_file_limit() -> int:
    """Let this process hold as many files as the system lets it: 1,024, as shells give, are 230 phones. Returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MOST_FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def _upload_body(request: Any, sock: socket.socket) -> StraightBody | ChunkedBody:
    """The same body, without copies on its way, and of which a broken line loses nothing."""
    if isinstance(request.body.reader, ChunkedReader):
        return ChunkedBody(request.unreader)
    length = request.body.reader.length
    early = request.unreader.take_buffered()
    request.unreader.unread(early[length:])
    return StraightBody(sock, early[:length], length, UPLOAD)


def is_unread(request: Any) -> bool:
    """Whether a part of the request's body has not been read yet."""
    reader = request.body.reader
    return getattr(reader, "length", 0) > 0 or getattr(reader, "parser", None) is not None

"""A proxy that cuts lines while bytes are on their way to the server: politely (FIN) or rudely (RST)."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import struct
import threading
from dataclasses import dataclass, field

PIECE = 16 * 1024


@dataclass
class Cut:
    """One line that was cut; `passed` bytes had been handed to the server, which `is_settled` with them."""

    kind: str
    passed: int
    is_settled: threading.Event = field(default_factory=threading.Event)


@dataclass
class LineCutter:
    """In front of `server_port`; each line is cut after some bytes, `mean` on average, until `budget` is used up."""

    server_port: int
    mean: int
    budget: int
    dice: random.Random
    kinds: tuple[str, ...] = ("fin", "rst")
    cuts: list[Cut] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        # One thread for both directions: a socket that another thread reads from cannot be closed with a RST.
        server = socket.create_connection(("127.0.0.1", self.server_port))
        with client, server, contextlib.suppress(OSError):
            passed = self._pass_on(client, server, self._fatal())
            if passed is not None:
                self._cut(client, server, passed)

    def _fatal(self) -> int | None:
        with self._lock:
            if len(self.cuts) >= self.budget:
                return None
            return int(self.dice.expovariate(1 / self.mean)) + 600

    def _pass_on(self, client: socket.socket, server: socket.socket, fatal: int | None) -> int | None:
        """Until either side ends: None. Until `fatal` bytes have gone to the server: that number."""
        passed = 0
        while True:
            for one in select.select([client, server], [], [])[0]:
                data = one.recv(PIECE)
                if not data:
                    return None
                if one is server:
                    client.sendall(data)
                    continue
                data = data if fatal is None else data[: fatal - passed]
                server.sendall(data)
                passed += len(data)
                if passed == fatal:
                    return passed

    def _cut(self, client: socket.socket, server: socket.socket, passed: int) -> None:
        with self._lock:
            cut = Cut(self.kinds[len(self.cuts) % len(self.kinds)], passed)
            self.cuts.append(cut)
        if cut.kind == "rst":
            for end in (client, server):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()
        else:
            client.close()
            server.shutdown(socket.SHUT_WR)
            while server.recv(PIECE):
                pass
        cut.is_settled.set()

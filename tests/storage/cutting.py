"""A proxy in front of a server that cuts a connection where a test says, silences it, or goes away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

CHUNK = 65536


class CuttingProxy:
    """Passes bytes both ways between loopback clients and one server on loopback."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._cut: Callable[[bytes], bool] | None = None
        self._silent = False
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_once(self, when: Callable[[bytes], bool]) -> None:
        """Cut the next connection whose server sends a chunk for which `when` is true, before that chunk."""
        self._cut = when

    def fall_silent(self) -> None:
        """Go on accepting, and swallow every answer."""
        self._silent = True

    def close(self) -> None:
        """Refuse new connections and cut those that are open."""
        self._end(self._listener)
        for one in list(self._open):
            self._end(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server_port))
            self._open |= {client, server}
            for pump in (self._to_server, self._to_client):
                threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(CHUNK):
                server.sendall(data)
        except OSError:
            self._end(client)
        self._end(server)

    def _to_client(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(CHUNK):
                if self._cut is not None and self._cut(data):
                    self._cut, self.cuts = None, self.cuts + 1
                    break
                if not self._silent:
                    client.sendall(data)
        except OSError:
            self._end(server)
        self._end(client)

    def _end(self, one: socket.socket) -> None:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        finally:
            one.close()
            self._open.discard(one)

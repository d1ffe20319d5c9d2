"""What one installation may have only once in the one-command mode: its data folder's lock and its address."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from pathlib import Path

from econsult.errors import SettingError

BACKLOG = 2048


class Lock:
    """Holds the data folder for one supervisor. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, data: Path) -> None:
        """Take the lock. Raises SettingError where somebody has it, or the folder cannot be written."""
        try:
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._fd = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SettingError(f"The data folder cannot be used: {error.strerror}.") from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._fd)
            raise SettingError(
                "Another eConsult already runs on this data folder; choose another with --data or ECONSULT_DATA."
            ) from None

    def release(self) -> None:
        os.close(self._fd)


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that already listen, so that an HTTP process may be replaced without refusing anybody.

    `localhost` means both loopback addresses where both exist: browsers try them in an order of their own.
    Raises SettingError for a port that is taken or an address that is not ours.
    """
    hosts = ("127.0.0.1", "::1") if host == "localhost" else (host,)
    found: list[socket.socket] = []
    for address in hosts:
        try:
            listener = _bind(address, found[0].getsockname()[1] if found else port)
        except OSError as error:
            if found and error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                continue
            for listener in found:
                listener.close()
            raise SettingError(_refusal(error, host, port)) from None
        found.append(listener)
    return found


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is already in use; choose another with --port or PORT."
    return f"Nothing can listen on {host} port {port}: {error.strerror}."

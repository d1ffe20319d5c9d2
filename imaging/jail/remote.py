"""The source file as the jailed child sees it: no path and no key, only answers to "give me these bytes"."""

import io
import os
import socket

from imaging.jail import wire


class RemoteSource(io.RawIOBase):
    """A seekable reader whose bytes stay with the parent and come over the wire piece by piece."""

    def __init__(self, connection: socket.socket, size: int) -> None:
        super().__init__()
        self._connection = connection
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def tell(self) -> int:
        """Return the position in bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move and return the new position; a place before the start is a ValueError, as for any file."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("negative seek position")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # Narrower than the protocol.
        """Fill the buffer as far as one message goes; 0 means the end."""
        wanted = min(len(buffer), wire.PIECE, max(0, self._size - self._position))
        if wanted == 0:
            return 0
        wire.send(self._connection, wire.READ, wire.pack_range(self._position, wanted))
        count = wire.receive_into(self._connection, buffer)
        self._position += count
        return count

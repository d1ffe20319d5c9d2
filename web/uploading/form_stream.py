"""A multipart form read as a stream, part by part, so that no uploaded file ever rests on the disk as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from uploads.errors import CutShortError

PIECE = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """How much of one form is read: the bytes of a field, and how many fields and files there are."""

    field: int = 16 * 1024
    parts: int = 60


class Source(Protocol):
    """Where the body comes from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class TextPart:
    """An ordinary field."""

    name: str
    value: str


class FilePart:
    """A file whose bytes come with `read`, as long as no later part has been asked for."""

    def __init__(self, form: FormStream, head: File) -> None:
        self.name, self.filename = head.name or "", head.filename
        self.media_type = head.headers.get("content-type", "")
        self._form, self._rest, self._is_over = form, b"", False

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end of the file. Raises CutShortError where the form ends too early."""
        while not self._rest and not self._is_over:
            self._rest, self._is_over = self._form.next_data()
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def skip(self) -> None:
        """Pass over what was not read."""
        while self.read(PIECE):
            pass


class FormStream:
    """The parts of one form, in the order in which they were written."""

    def __init__(self, source: Source, boundary: str, length: int, limits: Limits) -> None:
        """`length` in bytes is the size of the whole body."""
        self._source, self._left, self._limits = source, length, limits
        self._decoder = MultipartDecoder(boundary.encode(), max_parts=limits.parts)

    def parts(self) -> Iterator[TextPart | FilePart]:
        """Every part. Raises BadRequest for what is no form, RequestEntityTooLarge, CutShortError."""
        while not isinstance(event := self._next_event(), Epilogue):
            if isinstance(event, Field):
                yield TextPart(event.name or "", self._text())
            elif isinstance(event, File):
                part = FilePart(self, event)
                yield part
                part.skip()

    def next_data(self) -> tuple[bytes, bool]:
        """The next bytes of the current part, and whether they are its last."""
        event = self._next_event()
        if not isinstance(event, Data):
            raise BadRequest("The form is not well formed.")
        return event.data, not event.more_data

    def _text(self) -> str:
        value, is_over = b"", False
        while not is_over:
            data, is_over = self.next_data()
            value += data
            if len(value) > self._limits.field:
                raise RequestEntityTooLarge
        return value.decode(errors="replace")

    def _next_event(self) -> object:
        while True:
            try:
                event = self._decoder.next_event()
            except ValueError:
                raise (
                    CutShortError() if self._decoder.complete else BadRequest("The form is not well formed.")
                ) from None
            if not isinstance(event, NeedData):
                return event
            self._decoder.receive_data(self._piece())

    def _piece(self) -> bytes | None:
        try:
            piece = self._source.read(min(PIECE, self._left)) if self._left else b""
        except OSError:
            raise CutShortError from None
        self._left -= len(piece)
        return piece or None

"""Reads a still or a document into memory; its kind's size limit was checked before the jail was asked."""

from typing import BinaryIO


def read_whole(source: BinaryIO, size: int) -> bytes:
    """Return the whole file as bytes."""
    source.seek(0)
    return source.read(size)

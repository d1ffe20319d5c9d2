"""Sending files as a phone does: tus in chunks, over a connection that breaks half-way, and going on after a HEAD."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Mapping

from tests.journeys.api import Api, Reply, wait_for

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


def create(person: Api, size: int, told: Mapping[str, str]) -> Reply:
    """Ask for a place for `size` bytes."""
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
    return person.ask("POST", "/uploads", b"", {**TUS, "Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)})


def send(person: Api, consult_id: str, kind: str, data: bytes, **told: str) -> str:
    """Send a file in three chunks; returns the upload's id, which is the attachment's."""
    place = _place(person, consult_id, kind, data, told)
    third = len(data) // 3 + 1
    for offset in range(0, len(data), third):
        reply = person.ask("PATCH", place, data[offset : offset + third], {**CHUNK, "Upload-Offset": str(offset)})
        assert (reply.status, int(reply.headers["Upload-Offset"])) == (204, min(offset + third, len(data)))
    return place.rpartition("/")[2]


def send_with_a_cut(person: Api, consult_id: str, kind: str, data: bytes, **told: str) -> str:
    """Send a file over a connection that dies half-way, ask how much arrived, and send the rest."""
    place = _place(person, consult_id, kind, data, told)
    _break_off(person, place, data)
    wait_for("the first bytes", lambda: _glance(person, place), 40)
    offset = _arrived(person, place)
    assert 0 < offset <= len(data) // 2
    wrong = person.ask("PATCH", place, data[:10], {**CHUNK, "Upload-Offset": "0"})
    assert (wrong.status, int(wrong.headers["Upload-Offset"])) == (409, offset)
    rest = person.ask("PATCH", place, data[offset:], {**CHUNK, "Upload-Offset": str(offset)})
    assert (rest.status, int(rest.headers["Upload-Offset"])) == (204, len(data))
    return place.rpartition("/")[2]


def _place(person: Api, consult_id: str, kind: str, data: bytes, told: Mapping[str, str]) -> str:
    digest = hashlib.sha256(data).hexdigest()
    reply = create(person, len(data), {"consult_id": consult_id, "kind": kind, "sha256": digest, **told})
    assert reply.status == 201, reply.body
    place: str = reply.headers["Location"]
    return place


def _break_off(person: Api, place: str, data: bytes) -> None:
    """Promise the whole file, send one half of it, and hang up."""
    told = {**person.proof, **CHUNK, "Upload-Offset": "0", "Content-Length": str(len(data)), "Host": "localhost"}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    with socket.create_connection(("localhost", person.product.port), timeout=30) as connection:
        connection.sendall(f"PATCH {place} HTTP/1.1\r\n{head}\r\n".encode() + data[: len(data) // 2])


def _glance(person: Api, place: str) -> int:
    """How many bytes the owner's status tells. Unlike a HEAD it does not end the line that may still be read."""
    reply = person.ask("GET", place, None, {})
    assert reply.status == 200
    offset: int = reply.json["offset"]
    return offset


def _arrived(person: Api, place: str) -> int:
    """How many bytes a HEAD tells, once the server has put down what reached it."""
    reply = person.ask("HEAD", place, None, TUS)
    assert reply.status == 200
    return int(reply.headers["Upload-Offset"])

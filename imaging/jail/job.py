"""What the child does between its fork and its end: one file through one pipeline."""

import io
import json
import os
import socket
import warnings
from typing import cast

import cv2

from imaging import pipeline, warmth
from imaging.jail import confine, wire
from imaging.jail.remote import RemoteSource
from imaging.limits import JOB_LIMITS
from imaging.models import Models
from imaging.policy import policy_of
from imaging.refusal import Held, Refused
from imaging.rendition import Rendition

_WALL_PER_CPU = 3.0
"""A shared machine may give us a third of a core, and the work still deserves to finish."""


_MASKS_AT_ONCE = 200
_STEP = 5
"""Percent of the work between two messages about it."""


def preload() -> None:
    """Load what the first job would otherwise load, before the server forks any."""
    warmth.warm_up()
    confine.prepare()


def load_networks(models: Models) -> None:
    """Load what looks for faces and writing, and what reads."""
    pipeline.load(models)


def run_job(connection: socket.socket) -> None:
    """Read the order, lock the door, work, report. Never returns to the server's code."""
    try:
        _, payload = wire.receive(connection)
        order = json.loads(payload)
        warnings.simplefilter("ignore")
        locks = confine.confine(JOB_LIMITS[order["kind"]], keep=connection.fileno())
        wire.send_json(connection, wire.SEALED, {"locks": locks})
        wire.send_json(connection, wire.DONE, _work(connection, order))
    except wire.Gone:
        os._exit(2)
    os._exit(0)


def _work(connection: socket.socket, order: dict[str, object]) -> dict[str, object]:
    """Run the pipeline and turn whatever happens into a verdict."""
    try:
        return {"verdict": "ready", "reason": None, **_prepare(connection, order)}
    except Held as held:
        return {"verdict": "held", "reason": held.reason}
    except Refused as refused:
        return {"verdict": "rejected", "reason": refused.reason}
    except MemoryError:
        return {"verdict": "rejected", "reason": "memory"}
    except wire.Gone:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary of the jail: a decoder may raise anything on bad bytes.
        # The class name alone: messages may quote the file. OpenCV has an error of its own for memory.
        is_full = isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
        told = {"reason": "memory"} if is_full else {"reason": "damaged", "detail": type(error).__name__}
        return {"verdict": "rejected", **told}


def _prepare(connection: socket.socket, order: dict[str, object]) -> dict[str, object]:
    def emit(rendition: Rendition) -> None:
        _send_rendition(connection, rendition)

    def budget(seconds: float) -> None:
        confine.extend_cpu(seconds)
        wire.send_json(connection, wire.BUDGET, {"wall": seconds * _WALL_PER_CPU})

    told = 0

    def progress(share: float) -> None:
        nonlocal told
        percent = min(99, int(share * 100))
        if percent >= told + _STEP:
            told = percent
            wire.send_json(connection, wire.STEP, {"percent": percent})

    size = cast("int", order["size"])
    source = io.BufferedReader(RemoteSource(connection, size), wire.PIECE)
    policy = policy_of(cast("dict[str, object]", order["policy"]))
    facts = pipeline.run(
        str(order["kind"]),
        is_review=policy.is_review,
        # A photo of which every pixel is kept needs the networks' memory too. Any other job is better off with fresh
        # memory: what it shares with its server must be copied before it is written to, 4 KiB at a time.
        is_last=policy.keeps_detail,
        source=source,
        size=size,
        media_type=str(order["media_type"]),
        policy=policy,
        emit=emit,
        budget=budget,
        progress=progress,
    )
    _send_masks(connection, cast("list[object]", facts.pop("masks")))
    return facts


def _send_masks(connection: socket.socket, masks: list[object]) -> None:
    for start in range(0, len(masks), _MASKS_AT_ONCE):
        wire.send_json(connection, wire.MASKS, {"masks": masks[start : start + _MASKS_AT_ONCE]})


def _send_rendition(connection: socket.socket, rendition: Rendition) -> None:
    head: dict[str, object] = {
        "name": rendition.name,
        "media_type": rendition.media_type,
        "width": rendition.width,
        "height": rendition.height,
    }
    wire.send_json(connection, wire.HEAD, head)
    body = memoryview(rendition.data)
    for start in range(0, len(body), wire.PIECE):
        wire.send(connection, wire.BODY, body[start : start + wire.PIECE])

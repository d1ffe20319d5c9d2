"""Files made to hurt, sent as a phone sends them: each ends with a reason, and the next photo is ready soon."""

from __future__ import annotations

import time

import pytest

from tests.imaging.bombs import BOMBS
from tests.journeys import story
from tests.journeys.api import wait_for
from tests.journeys.media import Media
from tests.journeys.sending import send
from tests.journeys.story import Cast

FEW = ("pdf that draws itself",)
AT_ONCE = 5
"""So many of a request's files may wait at the same time."""
ENDS = {"ready", "rejected", "held"}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(FEW, id="few"),
        pytest.param(tuple(BOMBS), id="all", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_each_ends_with_a_reason_and_the_next_photo_is_ready_soon(
    cast: Cast, media: Media, names: tuple[str, ...]
) -> None:
    for start in range(0, len(names), AT_ONCE):
        consult_id = _draft(cast)
        for name in names[start : start + AT_ONCE]:
            kind, make = BOMBS[name]
            told = {"document_type": "laboratory"} if kind == "lab_document" else {}
            send(cast.pcp, consult_id, kind, make(), **told)
        ended = story.wait_settled(cast.pcp, consult_id)
        assert {each["state"] for each in ended} <= ENDS
        assert [each for each in ended if each["state"] == "rejected" and not each["reason"]] == []
    good = _draft(cast)
    began = time.monotonic()
    send(cast.pcp, good, "photo", media.close)
    photo = story.wait_ready(cast.pcp, good)
    assert (len(photo), time.monotonic() - began < 30) == (1, True)

    def all_done() -> bool:
        """The other stories share this product, so that a job of theirs may wait for a moment: none stays."""
        health = cast.pcp.ask("GET", "/health/ready").json
        assert (health["status"], health["workers"]["ok"]) == ("ready", True)
        return health["queue"]["oldest_job_age_s"] == 0

    wait_for("an empty queue", all_done, 60)


def _draft(cast: Cast) -> str:
    """The clinic's, since a family goes on with a draft of its own: the other stories begin one."""
    given = {"kind": "econsult", "patient_id": cast.child()["id"], "details": {"red_flags": []}}
    made = cast.pcp.post("/consults", **given).expect(201)
    return str(made["id"])

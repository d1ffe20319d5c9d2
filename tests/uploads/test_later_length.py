"""Files whose sender does not know at first how long they are."""

from __future__ import annotations

import io
import os
import threading

import pytest
from sqlalchemy import update

from econsult.consults.intake import Upload, UploadState
from econsult.errors import InvalidError
from tests.uploads.conftest import Desk
from uploads import verbs
from uploads.errors import OffsetMismatchError, OvertakenError, TooBigError, TooManyError
from uploads.kinds import LARGEST, LARGEST_SIMPLE, LIVES_WHOLE, MOST_BYTES, Wanted

DATA = os.urandom(200_000)


def test_the_length_may_come_with_the_last_chunk(desk: Desk) -> None:
    upload = desk.begin(None)
    assert desk.append(upload, 0, DATA[:1000]).length is None
    assert desk.look(upload).length is None
    assert desk.append(upload, 1000, DATA[1000:], total=len(DATA)).is_complete
    assert desk.stored(upload) == DATA


def test_an_empty_chunk_may_say_that_all_is_there(desk: Desk) -> None:
    upload = desk.begin(None)
    desk.append(upload, 0, DATA)
    assert desk.append(upload, len(DATA), b"", total=len(DATA)).is_complete


def test_a_length_that_was_told_does_not_change(desk: Desk) -> None:
    upload = desk.begin(None)
    desk.append(upload, 0, DATA[:1000], total=len(DATA))
    for total in (len(DATA) - 1, len(DATA) + 1, 999, 0):
        with pytest.raises(InvalidError):
            desk.append(upload, 1000, DATA[1000:], total=total)
    assert desk.look(upload).offset == 1000
    assert desk.append(upload, 1000, DATA[1000:], total=len(DATA)).is_complete


def test_a_length_is_not_less_than_what_is_there_and_not_more_than_the_kind_may_have(desk: Desk) -> None:
    upload = desk.begin(None)
    desk.append(upload, 0, DATA)
    with pytest.raises(InvalidError):
        desk.append(upload, len(DATA), b"", total=len(DATA) - 1)
    with pytest.raises(TooBigError):
        desk.append(upload, len(DATA), b"", total=LARGEST[desk.row(upload).kind] + 1)  # type: ignore[index]
    assert desk.row(upload).length is None


def test_a_chunk_for_another_place_settles_no_length(desk: Desk) -> None:
    upload = desk.begin(None)
    desk.append(upload, 0, DATA[:1000])
    with pytest.raises(OffsetMismatchError):
        desk.append(upload, 999, DATA[1000:2000], total=2000)
    assert desk.row(upload).length is None
    assert desk.append(upload, 1000, DATA[1000:], total=len(DATA)).is_complete


def test_until_then_it_counts_as_much_as_its_kind_may_have(desk: Desk) -> None:
    first, size = desk.begin(None, "video"), LARGEST["video"]  # type: ignore[index]
    for _ in range(MOST_BYTES // size - 1):
        desk.begin(None, "video")
    with pytest.raises(TooManyError):
        desk.begin(1)
    desk.append(first, 0, DATA, total=len(DATA))
    assert desk.row(first).reserved == len(DATA)
    assert desk.begin(1)


def test_it_can_be_found_again_but_a_form_that_broke_off_cannot(desk: Desk) -> None:
    later = desk.begin(None)
    wanted = Wanted(desk.consult.public_id, "photo", None, is_resumable=False)
    broken = verbs.begin(desk.door, desk.clinic.mother, wanted, now=desk.now)
    assert (broken.reserved, broken.expires_at - desk.now) == (LARGEST_SIMPLE, LIVES_WHOLE)
    found = verbs.unfinished(desk.door, desk.clinic.mother, now=desk.now)
    assert [upload.public_id for upload in found] == [later]


def test_a_form_counts_what_came_once_it_is_there(desk: Desk) -> None:
    wanted = Wanted(desk.consult.public_id, "photo", None)
    attachment = verbs.receive(desk.door, desk.clinic.mother, wanted, io.BytesIO(DATA), clock=desk.clock)
    assert desk.row(attachment.public_id).reserved == len(DATA)


def test_an_upload_that_is_ended_meanwhile_gets_no_length(desk: Desk) -> None:
    """The older line hears that it is to end just before the newer one declares the length."""
    upload, has_ended = desk.begin(None), threading.Event()
    desk.append(upload, 0, DATA[:1000])

    def end() -> None:
        with desk.door.database.writing() as session:
            session.execute(update(Upload).values(state=UploadState.TERMINATED))
        has_ended.set()

    with (
        desk.door.lines.sending(desk.clinic.mother.id, upload, end),
        pytest.raises(OvertakenError),
    ):
        desk.append(upload, 1000, DATA[1000:], total=len(DATA))
    assert has_ended.is_set()
    assert desk.row(upload).length is None

"""Safe copies: who may see them, in ranges, always under headers that make them harmless."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from econsult.consults import holding
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, receive, renditions_of
from econsult.consults.preparing import PreparedCopy, link_renditions
from econsult.consults.records import Consult
from econsult.database import new_public_id
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import end_access, make_token
from econsult.trail import AuditEvent
from storage import sealed
from tests.personas import Clinic
from web.shell.still import EVERY, PIECE
from workers.runtime import Runtime

BrowserOf = Callable[[Person], FlaskClient]
VIDEO = os.urandom(300_000)


def put(
    runtime: Runtime, clinic: Clinic, media_type: str = "video/mp4", name: str = "play", data: bytes = VIDEO
) -> str:
    """A rendition of an eConsult that a dermatologist holds, sealed in the store; gives its address."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=now)
        patient = session.get_one(Patient, consult.patient_id)
        _, original = runtime.vault.new_object_key(session, patient, upload := new_public_id())
        known = Received(upload, MediaKind.VIDEO, 9, "Luz Prueba.mov", original, clinic.pcp.id)
        attachment = receive(session, consult, known, now)
        key, wrapped = runtime.vault.new_object_key(session, patient, object_id := new_public_id())
        blob = io.BytesIO()
        with sealed.create(blob, object_id, key) as writer:
            writer.write(data)
        blob_key = f"renditions/{object_id}"
        runtime.blobs.put(blob_key, io.BytesIO(blob.getvalue()), len(blob.getvalue()))
        digest = hashlib.sha256(data).hexdigest()
        copy = PreparedCopy(name, media_type, 640, 480, len(data), digest, object_id, blob_key, wrapped)
        link_renditions(session, attachment, [copy], {}, now)
        session.flush()
        return f"/media/{renditions_of(session, [attachment.id])[attachment.id][0].public_id}"


@pytest.fixture
def address(runtime: Runtime, clinic: Clinic) -> str:
    return put(runtime, clinic)


def test_a_copy_comes_whole_and_decrypted(clinic: Clinic, browser_of: BrowserOf, address: str) -> None:
    answer = browser_of(clinic.derm).get(address)
    assert (answer.status_code, answer.data) == (200, VIDEO)
    assert answer.headers["Content-Length"] == str(len(VIDEO))
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("revoke", ["sign_out", "token", "close", "withdraw"])
def test_what_is_being_sent_breaks_off_once_it_may_not_be_looked_at_any_more(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, address: str, revoke: str
) -> None:
    """A download of a minute on a slow line must not outlive by a minute the right to look."""
    derm, headers = browser_of(clinic.derm), {}
    if revoke == "token":
        with runtime.database.writing() as session:
            headers = {"Authorization": f"Bearer {make_token(session, clinic.derm, datetime.now(UTC))}"}
    whole = iter(derm.get(address, headers=headers, buffered=False).response)
    ends = iter(derm.get(address, headers=headers, buffered=False).response)
    assert [len(next(each)) for each in (whole, ends)] == [PIECE, PIECE]
    time.sleep(EVERY)
    assert len(b"".join(whole)) == len(VIDEO) - PIECE
    with runtime.database.writing() as session:
        if revoke in ("sign_out", "token"):
            end_access(session, session.get_one(Person, clinic.derm.id))
        elif revoke == "close":
            session.get_one(Person, clinic.derm.id).is_active = False
        else:
            session.execute(update(Consult).values(consent_withdrawn_at=datetime.now(UTC)))
    with pytest.raises(ConnectionResetError):
        next(ends)


def test_what_shows_a_face_breaks_off_for_who_gives_the_case_back_and_a_review_copy_comes_whole(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Each by what let them see it at the start."""
    address, held = (put(runtime, clinic, name=name) for name in ("play", "review"))
    with runtime.database.writing() as session:
        shown, waits = session.scalars(select(Attachment).order_by(Attachment.id))
        shown.is_restricted, waits.state = True, AttachmentState.HELD
    film = iter(browser_of(clinic.derm).get(address, buffered=False).response)
    reviewed = iter(browser_of(clinic.pcp).get(held, buffered=False).response)
    assert [len(next(each)) for each in (film, reviewed)] == [PIECE, PIECE]
    time.sleep(EVERY)
    assert len(b"".join(reviewed)) == len(VIDEO) - PIECE
    with runtime.database.writing() as session:
        case = session.get_one(Consult, shown.consult_id)
        holding.release(session, case, clinic.derm, "Out of my field.", now=datetime.now(UTC))
    with pytest.raises(ConnectionResetError):
        next(film)
    with runtime.database.reading() as session:
        rows = select(func.count(AuditEvent.id)).where(AuditEvent.action == "read_play")
        assert session.scalars(rows).one() == 1, "to go on looking is no second look"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 300_000),
        ("bytes=65535-65536", 65_535, 65_537),
        ("bytes=100000-", 100_000, 300_000),
        ("bytes=-7", 299_993, 300_000),
        ("bytes=299999-999999", 299_999, 300_000),
    ],
)
def test_a_video_can_be_wound(
    clinic: Clinic, browser_of: BrowserOf, address: str, asked: str, start: int, stop: int
) -> None:
    answer = browser_of(clinic.derm).get(address, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, VIDEO[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(VIDEO)}"


def test_a_range_past_the_end_is_416(clinic: Clinic, browser_of: BrowserOf, address: str) -> None:
    answer = browser_of(clinic.derm).get(address, headers={"Range": "bytes=300000-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(VIDEO)}")


@pytest.mark.parametrize("asked", ["bytes=0-1,5-9", "lines=0-1", "bytes=x", "bytes=9-3"])
def test_a_range_that_makes_no_sense_gives_everything(
    clinic: Clinic, browser_of: BrowserOf, address: str, asked: str
) -> None:
    assert browser_of(clinic.derm).get(address, headers={"Range": asked}).data == VIDEO


def test_the_headers_make_it_harmless_and_nameless(clinic: Clinic, browser_of: BrowserOf, address: str) -> None:
    headers = browser_of(clinic.derm).get(address).headers
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Content-Disposition"] == 'inline; filename="play.mp4"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert headers["Cache-Control"] == "no-store"
    assert "Luz" not in str(headers)


def test_a_type_that_we_never_make_is_never_named(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    answer = browser_of(clinic.derm).get(put(runtime, clinic, "text/html", "view"))
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("mother", 200),
        ("pcp", 200),
        ("derm", 200),
        ("derm2", 200),
        ("coordinator", 403),
        ("stranger", 404),
        ("other_pcp", 404),
        ("neuro", 404),
        ("director", 404),
        ("admin", 404),
    ],
)
def test_only_those_who_may_see_it_do(
    clinic: Clinic, browser_of: BrowserOf, address: str, who: str, status: int
) -> None:
    assert browser_of(getattr(clinic, who)).get(address).status_code == status


def test_a_visitor_gets_nothing(visitor: FlaskClient, address: str) -> None:
    assert visitor.get(address).status_code == 401


def test_looking_is_written_down_before_the_first_byte(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, address: str
) -> None:
    """Whole, in part or only its headers, and whoever asks: the row is there while nothing was read of the answer."""
    asked: list[int] = []
    for person in (clinic.derm, clinic.pcp, clinic.mother):
        browser = browser_of(person)
        for method, headers in (("GET", {}), ("GET", {"Range": "bytes=10-19"}), ("HEAD", {})):
            answer = browser.open(address, method=method, headers=headers, buffered=False)
            asked.append(person.id)
            with runtime.database.reading() as session:
                looks = select(AuditEvent.person_id).where(AuditEvent.action == "read_play").order_by(AuditEvent.id)
                assert session.scalars(looks).all() == asked
            answer.close()


def _stored(runtime: Runtime) -> Path:
    folder = Path(runtime.settings.blobs_url.removeprefix("file://"))
    return max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def _alter(path: Path, at: int) -> None:
    whole = bytearray(path.read_bytes())
    # Another byte than the one that was there, whichever that is.
    whole[at] ^= 0xFF
    path.write_bytes(whole)


def _found_damaged(runtime: Runtime) -> int:
    with runtime.database.reading() as session:
        return len(session.scalars(select(AuditEvent.id).where(AuditEvent.action == "found_damaged")).all())


HARMS: dict[str, Callable[[Path], object]] = {
    "first": lambda path: _alter(path, 100),
    "last": lambda path: _alter(path, -1),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-70_000]),
    "gone": lambda path: path.unlink(),
}


def test_a_file_that_was_harmed_in_the_store_says_so_and_is_told_once_a_day(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, caplog: pytest.LogCaptureFixture
) -> None:
    browser = browser_of(clinic.derm)
    for told, harm in enumerate(HARMS.values(), 1):
        address = put(runtime, clinic, data=os.urandom(300_000 + 70_000 * told))
        harm(_stored(runtime))
        for answer in (browser.get(f"{address}?lang=en"), browser.get(address, headers={"Range": "bytes=0-9"})):
            assert (answer.status_code, "damaged where we keep it" in answer.text) == (500, True)
        assert (_found_damaged(runtime), caplog.text.count("ALARM")) == (told, told)
    assert "Luz" not in caplog.text


def test_a_harm_further_on_breaks_what_is_being_sent_and_is_told(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    address = put(runtime, clinic, data=os.urandom(3_000_000))
    _alter(_stored(runtime), 2_000_000)
    answer = browser_of(clinic.derm).get(address, buffered=False)
    with pytest.raises(ConnectionResetError):
        list(answer.response)
    assert (answer.status_code, _found_damaged(runtime)) == (200, 1)


def test_a_store_that_does_not_answer_is_503_and_no_damage(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, address: str
) -> None:
    blobs = Path(runtime.settings.blobs_url.removeprefix("file://"))
    away = blobs.rename(blobs.with_name("away"))
    answer = browser_of(clinic.derm).get(address)
    away.rename(blobs)
    assert (answer.status_code, answer.headers.get("Retry-After"), _found_damaged(runtime)) == (503, "10", 0)


def test_an_original_has_no_address(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, address: str) -> None:
    with runtime.database.reading() as session:
        upload = session.execute(select(AuditEvent.entity_id).where(AuditEvent.action == "receive")).scalar_one()
    pcp = browser_of(clinic.pcp)
    for path in (f"/media/{upload}", f"/uploads/{upload}", f"/media/originals/{upload}", f"/originals/{upload}"):
        assert pcp.get(path).status_code == 404

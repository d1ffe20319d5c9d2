"""The states of an upload, and who may bring it into them."""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from econsult.consults import requests
from econsult.consults.attachments import Attachment
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm
from econsult.database import Database
from econsult.errors import EmergencyError, ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.jobs import Job
from econsult.people.patients import RelatedPerson
from econsult.people.persons import Person
from tests.uploads.conftest import Desk, open_desk
from uploads import ending, verbs
from uploads.chunks import Checksum, Chunk
from uploads.errors import (
    ChecksumMismatchError,
    GoneError,
    LockedError,
    OffsetMismatchError,
    SignsFirstError,
    SiteFirstError,
    TooBigError,
    TooManyError,
)
from uploads.finishing import finish
from uploads.kinds import (
    BYTES_WINDOW,
    FORGOTTEN,
    LARGEST_SIMPLE,
    LIVES,
    MEGABYTE,
    MOST_BYTES,
    MOST_OPEN,
    Wanted,
    plain_name,
)

DATA = os.urandom(300_000)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    """On SQLite and on PostgreSQL: what a row says while others write it is not the same there."""
    return open_desk(database, tmp_path)


class BrokenLine:
    """A connection that gives what it has and then breaks."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        piece = self._data.read(size)
        if len(piece) < size:
            self._data = io.BytesIO()
            if not piece:
                raise ConnectionResetError
        return piece


def test_states_follow_the_bytes(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    assert desk.row(upload).state == "created"
    desk.append(upload, 0, DATA[:10])
    assert desk.row(upload).state == "receiving"
    assert desk.append(upload, 10, DATA[10:]).is_complete
    assert desk.row(upload).state == "complete"
    assert desk.stored(upload) == DATA


def test_nothing_is_staged_before_the_first_byte(desk: Desk) -> None:
    upload = desk.begin(10)
    assert desk.look(upload).offset == 0
    assert not desk.path(upload).exists()


def test_plaintext_never_rests_on_the_disk(desk: Desk) -> None:
    upload = desk.begin(200_000)
    desk.append(upload, 0, b"MRN 12345 Luz Prueba " * 9000)
    for path in desk.path(upload).parent.iterdir():
        assert b"Luz Prueba" not in path.read_bytes()


def test_completion_makes_one_attachment_and_one_job_however_often_it_is_asked_for(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA)
    for _ in range(3):
        desk.look(upload)
        finish(desk.door, upload, length=len(DATA), now=desk.now)
    with desk.door.database.reading() as session:
        assert session.scalars(select(func.count(Attachment.id))).one() == 1
        assert session.scalars(select(func.count(Job.id)).where(Job.kind == "prepare")).one() == 1


def test_a_line_that_breaks_keeps_what_it_brought(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    chunk = Chunk(0, BrokenLine(DATA[:200_001]), len(DATA))
    standing = verbs.append(desk.door, desk.clinic.mother, upload, chunk, clock=desk.clock)
    assert standing.offset == 200_001
    assert desk.look(upload).offset == 200_001
    desk.append(upload, 200_001, DATA[200_001:])
    assert desk.stored(upload) == DATA


def test_an_upload_lives_three_days_from_its_last_byte(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.now += timedelta(hours=71)
    desk.append(upload, 0, DATA[:10])
    desk.now += timedelta(hours=71)
    assert desk.look(upload).expires_at == desk.now + LIVES
    desk.now += LIVES
    for ask in (lambda: desk.look(upload), lambda: desk.append(upload, 10, DATA[10:])):
        with pytest.raises(GoneError):
            ask()


def test_a_program_may_keep_unfinished_uploads_for_another_time(desk: Desk) -> None:
    desk.door = replace(desk.door, lives=timedelta(hours=1))
    upload = desk.begin(len(DATA))
    assert desk.row(upload).expires_at == desk.now + timedelta(hours=1)
    desk.now += timedelta(minutes=20)
    assert desk.append(upload, 0, DATA[:10]).expires_at == desk.now + timedelta(minutes=40)
    desk.now += timedelta(minutes=20)
    assert desk.append(upload, 10, DATA[10:20]).expires_at == desk.now + timedelta(hours=1)


def test_an_abandoned_upload_leaves_no_file(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:1000])
    ending.abandon(desk.door, desk.clinic.mother, upload, now=desk.now)
    assert not desk.path(upload).parent.exists()
    with pytest.raises(GoneError):
        desk.append(upload, 1000, DATA[1000:])


def test_rights_are_checked_again_before_each_chunk(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:10])
    with desk.door.database.writing() as session:
        link = session.scalars(select(RelatedPerson).where(RelatedPerson.person_id == desk.clinic.mother.id)).one()
        link.ends_at = desk.now
    with pytest.raises(NotFoundError):
        desk.append(upload, 10, DATA[10:])


def test_a_consult_that_ends_meanwhile_rejects_the_file_at_completion(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:10])
    with desk.door.database.writing() as session:
        requests.withdraw(session, session.merge(desk.consult), desk.clinic.mother, "", now=desk.now)
    with pytest.raises(ImpossibleVerbError):
        finish(desk.door, upload, length=10, now=desk.now)
    assert (desk.row(upload).state, desk.row(upload).reason) == ("rejected", "impossible_verb")
    assert not desk.path(upload).exists()


@pytest.mark.parametrize(("kind", "is_refused"), [("photo", True), ("video", True), ("lab_document", False)])
def test_a_family_sends_no_pictures_of_private_places(desk: Desk, kind: str, is_refused: bool) -> None:
    with desk.door.database.writing() as session:
        consult = desk.clinic.family_draft(session, details={"body_site": "groin"})
    if not is_refused:
        assert desk.begin(10, kind, consult)
        return
    with pytest.raises(ForbiddenError) as refused:
        desk.begin(10, kind, consult)
    assert refused.value.code == "private_site"


@pytest.mark.parametrize(("kind", "is_refused"), [("photo", True), ("video", True), ("lab_document", False)])
def test_a_family_says_where_it_is_before_it_sends_a_picture(desk: Desk, kind: str, is_refused: bool) -> None:
    with desk.door.database.writing() as session:
        consult = desk.clinic.family_draft(session, details={})
    if not is_refused:
        assert desk.begin(10, kind, consult)
        return
    with pytest.raises(SiteFirstError) as refused:
        desk.begin(10, kind, consult)
    assert (refused.value.code, str(refused.value)) == ("site_first", "Say first where it is.")


@pytest.mark.parametrize("kind", ["photo", "video", "lab_document"])
def test_no_file_is_taken_before_the_danger_signs_are_answered(desk: Desk, kind: str) -> None:
    with desk.door.database.writing() as session:
        consult = desk.clinic.family_draft(session, details={"red_flags": None})
        clinics = desk.clinic.draft(session, details={"red_flags": None})
    with pytest.raises(SignsFirstError) as refused:
        desk.begin(10, kind, consult)
    assert (refused.value.code, refused.value.fields) == ("signs_first", {"details.red_flags": "required"})
    with pytest.raises(SignsFirstError):
        verbs.begin(desk.door, desk.clinic.pcp, Wanted(clinics.public_id, kind, 10), now=desk.now)


def stop(desk: Desk, *, says_none_then: bool) -> None:
    """The family ticks a sign and is stopped; it may then say that there was none."""
    with desk.door.database.writing() as session:
        draft, mother = session.get_one(Consult, desk.consult.id), desk.clinic.mother
        requests.edit(session, draft, mother, RequestForm(details={"red_flags": ["breathing"]}), now=desk.now)
    with pytest.raises(EmergencyError), desk.door.database.writing() as session:
        draft = session.get_one(Consult, desk.consult.id)
        requests.submit(session, draft, mother, requests.SubmitForm(), now=desk.now, targets={})
    if says_none_then:
        with desk.door.database.writing() as session:
            draft = session.get_one(Consult, desk.consult.id)
            requests.edit(session, draft, mother, RequestForm(details={"red_flags": []}), now=desk.now)


@pytest.mark.parametrize("says_none_then", [False, True])
def test_a_draft_that_was_stopped_takes_no_file_and_keeps_apart_what_was_on_its_way(
    desk: Desk, says_none_then: bool
) -> None:
    upload = desk.begin(len(DATA))
    stop(desk, says_none_then=says_none_then)
    with pytest.raises(EmergencyError) as stopped:
        desk.begin(10, "photo", desk.consult)
    assert stopped.value.codes == ("breathing",)
    with pytest.raises(EmergencyError):
        desk.append(upload, 0, DATA)
    # Its bytes are there, and belong to no request.
    assert (desk.row(upload).state, desk.row(upload).attachment_id, desk.path(upload).exists()) == (
        "receiving",
        None,
        True,
    )


def test_only_who_may_attest_adds_files_beside_a_danger_sign(desk: Desk) -> None:
    with desk.door.database.writing() as session:
        consult = desk.clinic.draft(session, details={"red_flags": ["breathing"]})
        form = RequestForm(kind="econsult", details={"red_flags": ["breathing"]})
        nurses = requests.create(session, desk.clinic.nurse, desk.clinic.child, form, now=desk.now)
    assert verbs.begin(desk.door, desk.clinic.pcp, Wanted(consult.public_id, "photo", 10), now=desk.now)
    with pytest.raises(EmergencyError):
        verbs.begin(desk.door, desk.clinic.nurse, Wanted(nurses.public_id, "photo", 10), now=desk.now)


def test_a_place_that_turns_out_private_ends_an_upload_that_had_begun(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA[:10])
    with desk.door.database.writing() as session:
        form = RequestForm(details={"body_site": "buttocks"})
        requests.edit(session, session.get_one(Consult, desk.consult.id), desk.clinic.mother, form, now=desk.now)
    with pytest.raises(ForbiddenError):
        desk.append(upload, 10, DATA[10:])
    with pytest.raises(ForbiddenError):
        finish(desk.door, upload, length=10, now=desk.now)


def test_a_clinician_may_attach_such_a_picture(desk: Desk) -> None:
    with desk.door.database.writing() as session:
        consult = desk.clinic.draft(session, details={"body_site": "groin"})
    wanted = Wanted(consult.public_id, "photo", 10)
    assert verbs.begin(desk.door, desk.clinic.pcp, wanted, now=desk.now).state == "created"


def test_one_person_has_at_most_so_many_files_on_their_way(desk: Desk) -> None:
    for _ in range(MOST_OPEN):
        last = desk.begin(10)
    with pytest.raises(TooManyError):
        desk.begin(10)
    ending.abandon(desk.door, desk.clinic.mother, last, now=desk.now)
    assert desk.begin(10)


@pytest.mark.wide
def test_uploads_that_were_begun_and_forgotten_take_nobodys_place(desk: Desk) -> None:
    forgotten = [desk.begin(10) for _ in range(MOST_OPEN)]
    desk.now += FORGOTTEN
    kept = [desk.begin(10) for _ in range(MOST_OPEN)]
    for upload in kept:
        desk.append(upload, 0, b"x")
    desk.now += FORGOTTEN
    with pytest.raises(TooManyError):
        desk.begin(10)
    # They are still there for who remembers.
    assert desk.append(forgotten[0], 0, b"0123456789").is_complete


def test_the_bytes_of_a_day_are_counted_again_at_the_end(desk: Desk) -> None:
    size = 2048 * MEGABYTE
    forgotten = desk.begin(10)
    desk.now += FORGOTTEN
    for _ in range(MOST_BYTES // size):
        desk.append(desk.begin(size, "video"), 0, b"x")
    with pytest.raises(TooManyError):
        desk.append(forgotten, 0, b"0123456789")
    # Nothing that came is thrown away for it: it is completed as soon as the person may send more.
    with pytest.raises(LockedError) as locked:
        desk.look(forgotten)
    assert (desk.row(forgotten).state, locked.value.retry_after) == ("receiving", 3600)
    desk.now += BYTES_WINDOW
    assert desk.look(forgotten).is_complete
    assert desk.stored(forgotten) == b"0123456789"


def test_a_form_over_the_bytes_of_a_day_leaves_nothing(desk: Desk) -> None:
    class Late(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                with desk.door.database.writing() as session:
                    other = session.scalars(select(Upload).where(Upload.public_id == held)).one()
                    other.reserved = MOST_BYTES
            return super().read(size)

    held = desk.begin(10)
    with pytest.raises(TooManyError):
        verbs.receive(
            desk.door, desk.clinic.mother, Wanted(desk.consult.public_id, "photo", None), Late(DATA), clock=desk.clock
        )
    assert list(desk.door.staging.glob("??/*")) == []


def test_an_account_that_was_closed_meanwhile_completes_nothing(desk: Desk) -> None:
    upload = desk.begin(10)
    desk.append(upload, 0, b"012345678")
    mother = desk.clinic.mother
    with desk.door.database.writing() as session:
        session.get_one(Person, mother.id).is_active = False
    # The request was let in while the account was open.
    assert mother.is_active
    with pytest.raises(NotFoundError):
        desk.append(upload, 9, b"9")
    assert (desk.row(upload).state, desk.path(upload).exists()) == ("rejected", False)


def test_an_upload_whose_address_perhaps_nobody_knows_waits_for_a_short_while(desk: Desk) -> None:
    upload = desk.begin(10)
    standing = verbs.doubt(desk.door, upload, desk.append(upload, 0, b"x"), now=desk.now)
    assert standing.expires_at == desk.row(upload).expires_at == desk.now + FORGOTTEN
    desk.now += FORGOTTEN / 2
    assert desk.look(upload).expires_at == desk.now + LIVES


def test_an_upload_whose_bytes_are_lost_has_failed(desk: Desk) -> None:
    upload = desk.begin(10)
    desk.append(upload, 0, b"x")
    desk.path(upload).unlink()
    with pytest.raises(GoneError):
        desk.look(upload)
    assert (desk.row(upload).state, desk.row(upload).reason) == ("failed", "lost")
    assert verbs.unfinished(desk.door, desk.clinic.mother, now=desk.now) == []


def test_one_person_sends_at_most_so_much_in_a_day(desk: Desk) -> None:
    size = 2048 * MEGABYTE
    for _ in range(MOST_BYTES // size):
        desk.begin(size, "video")
    with pytest.raises(TooManyError):
        desk.begin(1)
    desk.now += timedelta(hours=25)
    assert desk.begin(1)


def test_a_whole_file_can_be_taken_in_one_go(desk: Desk) -> None:
    wanted = Wanted(desk.consult.public_id, "photo", None, filename="C:\\fotos\\Luz \u202egpj.exe")
    attachment = verbs.receive(desk.door, desk.clinic.mother, wanted, io.BytesIO(DATA), clock=desk.clock)
    assert (attachment.size, attachment.filename) == (len(DATA), "Luz gpj.exe")
    assert desk.stored(attachment.public_id) == DATA


@pytest.mark.parametrize(
    ("length", "data", "error"),
    [(None, b"", OffsetMismatchError), (9, b"short", OffsetMismatchError), (3, b"too long", TooBigError)],
)
def test_a_file_that_is_not_as_declared_leaves_nothing(
    desk: Desk, length: int | None, data: bytes, error: type[Exception]
) -> None:
    wanted = Wanted(desk.consult.public_id, "photo", length)
    with pytest.raises(error):
        verbs.receive(desk.door, desk.clinic.mother, wanted, io.BytesIO(data), clock=desk.clock)
    assert list(desk.door.staging.glob("??/*")) == []


def test_a_file_of_undeclared_size_stops_at_its_limit(desk: Desk) -> None:
    class Endless:
        def read(self, size: int, /) -> bytes:
            return bytes(size)

    wanted = Wanted(desk.consult.public_id, "photo", None)
    with pytest.raises(TooBigError):
        verbs.receive(desk.door, desk.clinic.mother, wanted, Endless(), clock=desk.clock)
    assert LARGEST_SIMPLE == 25 * MEGABYTE


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("x", "", 1), "kind"),
        (Wanted("x", "dicom", 1), "kind"),
        (Wanted("x", "photo", 0), "length"),
        (Wanted("x", "photo", 1, view="../etc"), "view"),
        (Wanted("x", "photo", 1, sha256="zz"), "sha256"),
        (Wanted("x", "lab_document", 1, document_type="recipe"), "document_type"),
    ],
)
def test_what_makes_no_sense_is_named(desk: Desk, wanted: Wanted, field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        verbs.begin(desk.door, desk.clinic.mother, wanted, now=desk.now)
    assert list(refused.value.fields) == [field]


def test_only_what_can_go_on_is_listed(desk: Desk) -> None:
    going, done, ended = desk.begin(10), desk.begin(3), desk.begin(10)
    desk.append(done, 0, b"abc")
    ending.abandon(desk.door, desk.clinic.mother, ended, now=desk.now)
    listed = verbs.unfinished(desk.door, desk.clinic.mother, now=desk.now)
    assert [upload.public_id for upload in listed] == [going]
    assert verbs.unfinished(desk.door, desk.clinic.stranger, now=desk.now) == []
    with desk.door.database.writing() as session:
        session.execute(update(RelatedPerson).values(ends_at=desk.now))
    assert verbs.unfinished(desk.door, desk.clinic.mother, now=desk.now) == [], (
        "who may not know it reads no name of it"
    )


HOSTILE_NAMES = (
    *(
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/shadow",
        "C:\\Windows\\a.jpg",
        "..",
        ".",
        "",
        " ",
        "~root",
        "a/../b.png",
    ),
    *("a\x00.jpg", "a\r\nSet-Cookie: x=1.jpg", "a\nb", "\t", "\x1b[31mred", "a\x7fb", "a\u2028b", "a\x85b"),
    *(
        "gpj.\u202eexe.photo",
        "\u2066a\u2069.jpg",
        "zero\u200bwidth.jpg",
        "\ufeff.jpg",
        "Ana\u0301.jpg",
        "\U0001f469\u200d\U0001f467.png",
    ),
    *("CON", "NUL.jpg", "aux.", "-rf", "--help", "*", "?", "|id", "$(id)", "`id`", "a;b&c", "%2e%2e%2f", "a\" b'.jpg"),
    *(
        "x" * 300 + ".jpg",
        "\u00e9" * 300,
        "<img src=x onerror=alert(1)>.jpg",
        "=cmd|' /C calc'!A0",
        "a.php.jpg",
        ".htaccess",
    ),
)


def test_a_files_own_name_names_nothing_but_itself(desk: Desk) -> None:
    """What it rests under is made up by us, and what is shown of it has no folders and turns no line round."""
    for name in HOSTILE_NAMES:
        wanted = Wanted(desk.consult.public_id, "photo", len(DATA), filename=name)
        made = verbs.begin(desk.door, desk.clinic.mother, wanted, now=desk.now)
        desk.append(made.public_id, 0, DATA[:1000])
        shown = desk.row(made.public_id).filename
        assert re.fullmatch("[0-9a-f]{32}", made.public_id), name
        assert shown.isprintable(), name
        assert not set("/\\\u202e\u2028\r\n\0") & set(shown), name
        assert (len(shown) <= 120, shown.strip() == shown) == (True, True), name
        desk.now += timedelta(days=1)
    files = [path.relative_to(desk.door.staging) for path in desk.door.staging.rglob("*") if path.is_file()]
    assert len(files) >= len(HOSTILE_NAMES)
    assert [path for path in files if not re.fullmatch(r"[0-9a-f./_a-z-]+", str(path))] == []


def test_a_name_loses_folders_and_what_cannot_be_seen() -> None:
    assert plain_name("/etc/passwd") == "passwd"
    assert plain_name("a\r\nb\x00.jpg") == "ab.jpg"
    assert len(plain_name("x" * 500)) == 120


def test_the_owner_is_told_from_somebody_with_the_same_rights(desk: Desk) -> None:
    upload = desk.begin(10)
    with desk.door.database.writing() as session:
        father = session.get_one(Person, desk.clinic.stranger.id)
        session.add(
            RelatedPerson(patient_id=desk.clinic.child.id, person_id=father.id, relation="father", starts_at=desk.now)
        )
    with pytest.raises(NotFoundError):
        verbs.look(desk.door, desk.clinic.stranger, upload, now=desk.now)


def test_a_file_that_has_arrived_can_be_taken_back_while_the_question_is_a_draft(desk: Desk) -> None:
    upload = desk.begin(len(DATA))
    desk.append(upload, 0, DATA)
    ending.abandon(desk.door, desk.clinic.mother, upload, now=desk.now)
    with desk.door.database.reading() as session:
        assert session.scalars(select(Attachment.reason)).one() == "withdrawn"
    assert desk.row(upload).state == "terminated"
    for ask in (lambda: desk.look(upload), lambda: desk.append(upload, len(DATA), b"")):
        with pytest.raises(GoneError):
            ask()


def test_a_second_copy_is_taken_back_without_the_first(desk: Desk) -> None:
    first, second = desk.begin(len(DATA)), desk.begin(len(DATA))
    for upload in (first, second):
        desk.append(upload, 0, DATA)
    with desk.door.database.writing() as session:
        rows = {row.public_id: row for row in session.scalars(select(Upload))}
        rows[second].attachment_id = rows[first].attachment_id
    ending.abandon(desk.door, desk.clinic.mother, second, now=desk.now)
    with desk.door.database.reading() as session:
        reasons = dict(session.execute(select(Attachment.public_id, Attachment.reason)).all())  # type: ignore[arg-type]
    assert reasons[first] is None
    assert desk.look(first).is_complete


def test_a_chunk_with_any_bit_flipped_on_its_way_is_discarded(desk: Desk) -> None:
    upload, dice = desk.begin(len(DATA)), random.Random(6)
    desk.append(upload, 0, DATA[:1000])
    for algorithm in ("sha1", "sha256") * 20:
        damaged, at = bytearray(DATA[1000:]), dice.randrange(len(DATA) - 1000)
        damaged[at] ^= 1 << dice.randrange(8)
        digest = hashlib.new(algorithm, DATA[1000:], usedforsecurity=False).digest()
        chunk = Chunk(1000, io.BytesIO(damaged), len(damaged), Checksum(algorithm, digest))
        with pytest.raises(ChecksumMismatchError):
            verbs.append(desk.door, desk.clinic.mother, upload, chunk, clock=desk.clock)
        assert desk.look(upload).offset == 1000
    assert desk.append(upload, 1000, DATA[1000:]).is_complete
    assert desk.stored(upload) == DATA

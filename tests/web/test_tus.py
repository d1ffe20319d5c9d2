"""The resumable door as a real server: every status code that tus promises, and that nobody gets in uninvited."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.jobs import Job
from storage import sealed
from tests.web.uploading import CHUNK, Phone, Server, told
from uploads.staged import staged_path

DATA = bytes(range(256)) * 1200  # 300 KiB: more than one block.


@pytest.fixture(scope="module")
def mother(server: Server) -> Phone:
    return server.phone(server.clinic.mother)


@pytest.fixture
def consult(server: Server) -> Consult:
    return server.consult(server.clinic.family_question)


@pytest.fixture
def path(mother: Phone, consult: Consult) -> Iterator[str]:
    """An upload of DATA that has just begun; it is ended afterwards, so that no test uses up the open ones."""
    path = mother.create(consult, len(DATA))
    yield path
    mother.ask("DELETE", path)


def received(server: Server, path: str) -> bytes:
    """The plaintext of what rests in staging."""
    object_id = path.rpartition("/")[2]
    with server.runtime.database.reading() as session:
        attachment = session.scalars(select(Attachment).where(Attachment.public_id == object_id)).one()
        key = server.runtime.vault.object_key(session, attachment.patient_id, object_id, attachment.key_wrapped)
    with staged_path(server.runtime.settings.staging, object_id).open("rb") as file:
        return sealed.open(file, object_id, key).read()


def test_options_tell_what_the_server_can_do_without_signing_in(server: Server) -> None:
    reply = Phone(server.ports[0], "").ask("OPTIONS", "/uploads", Tus_Resumable="0.0.1")
    assert reply.status == 204
    assert reply.headers["tus-version"] == "1.0.0"
    assert "creation-with-upload" in reply.headers["tus-extension"]
    assert reply.headers["tus-checksum-algorithm"] == "sha1,sha256"
    assert int(reply.headers["tus-max-size"]) == 2 * 1024**3


def test_a_file_in_two_chunks_becomes_an_attachment_with_a_job(server: Server, mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, len(DATA))
    assert mother.patch(path, 0, DATA[:100_000]).offset == 100_000
    assert mother.head(path).offset == 100_000
    reply = mother.patch(path, 100_000, DATA[100_000:])
    assert (reply.status, reply.offset) == (204, len(DATA))
    assert received(server, path) == DATA
    with server.runtime.database.reading() as session:
        attachment = session.scalars(select(Attachment).where(Attachment.consult_id == consult.id)).one()
        jobs = session.scalars(select(Job.subject_id).where(Job.kind == "prepare")).all()
    assert (attachment.state, attachment.size, attachment.filename) == ("received", len(DATA), "IMG_0001.jpg")
    assert jobs.count(attachment.id) == 1


def test_the_location_is_relative_and_every_answer_names_the_version(mother: Phone, path: str) -> None:
    assert path.startswith("/uploads/")
    reply = mother.head(path)
    assert reply.headers["tus-resumable"] == "1.0.0"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["upload-length"] == str(len(DATA))
    assert "upload-expires" in reply.headers


def test_head_returns_the_metadata_exactly_as_it_was_given(mother: Phone, consult: Consult) -> None:
    text = told(consult_id=consult.public_id, kind="photo", filename="słońce.jpg") + ",empty"
    location = mother.ask("POST", "/uploads", Upload_Length="9", Upload_Metadata=text).headers["location"]
    assert mother.head(location).headers["upload-metadata"] == text


def test_bytes_can_come_with_the_creation(server: Server, mother: Phone, consult: Consult) -> None:
    metadata = told(consult_id=consult.public_id, kind="photo")
    reply = mother.ask("POST", "/uploads", DATA, Upload_Length=str(len(DATA)), Upload_Metadata=metadata, **CHUNK)
    assert (reply.status, reply.offset) == (201, len(DATA))
    assert received(server, reply.headers["location"]) == DATA


@pytest.mark.parametrize("version", ["", "0.2.2", "9.9"])
def test_another_version_is_412_with_the_known_one(mother: Phone, path: str, version: str) -> None:
    for method in ("HEAD", "PATCH", "DELETE"):
        reply = mother.ask(method, path, Tus_Resumable=version)
        assert (reply.status, reply.headers["tus-version"]) == (412, "1.0.0")


def test_a_chunk_of_another_type_is_415(mother: Phone, path: str) -> None:
    assert mother.patch(path, 0, b"x", Content_Type="text/plain").status == 415
    assert mother.head(path).offset == 0


@pytest.mark.parametrize("offset", ["", "-1", "0abc", "1e3", "٣"])
def test_an_offset_that_is_no_number_is_400(mother: Phone, path: str, offset: str) -> None:
    assert mother.ask("PATCH", path, b"x", Upload_Offset=offset.encode().decode("latin-1"), **CHUNK).status == 400
    assert mother.head(path).offset == 0


def test_a_wrong_offset_is_409_and_changes_nothing(mother: Phone, path: str) -> None:
    mother.patch(path, 0, DATA[:1000])
    for offset in (0, 999, 1001):
        reply = mother.patch(path, offset, b"x" * 10)
        assert (reply.status, reply.offset) == (409, 1000)
    assert mother.head(path).offset == 1000


@pytest.mark.parametrize("length", ["", "-5", "ten"])
def test_a_length_that_is_no_number_is_400(mother: Phone, consult: Consult, length: str) -> None:
    metadata = told(consult_id=consult.public_id, kind="photo")
    assert mother.ask("POST", "/uploads", Upload_Length=length, Upload_Metadata=metadata).status == 400


@pytest.mark.parametrize(
    ("kind", "limit"), [("photo", 50 * 2**20), ("lab_document", 100 * 2**20), ("video", 2 * 2**30)]
)
def test_more_than_the_kind_may_have_is_413(mother: Phone, consult: Consult, kind: str, limit: int) -> None:
    metadata = told(consult_id=consult.public_id, kind=kind)
    reply = mother.ask("POST", "/uploads", Upload_Length=str(limit + 1), Upload_Metadata=metadata)
    assert (reply.status, reply.json["code"]) == (413, "too_big")


def test_more_than_was_declared_is_413_and_changes_nothing(mother: Phone, path: str) -> None:
    assert mother.patch(path, 0, DATA + b"x").status == 413
    assert (
        mother.ask("PATCH", path, iter([DATA, b"x"]), Upload_Offset="0", Transfer_Encoding="chunked", **CHUNK).status
        == 413
    )
    assert mother.head(path).offset == 0


def test_a_chunk_without_declared_size_is_taken(mother: Phone, path: str) -> None:
    pieces = iter([DATA[:5], DATA[5:70_000]])
    reply = mother.ask("PATCH", path, pieces, Upload_Offset="0", Transfer_Encoding="chunked", **CHUNK)
    assert (reply.status, reply.offset) == (204, 70_000)


@pytest.mark.parametrize("metadata", ["kind", "kind !!!", "a b,a b", "x" * 5000, "ключ eA=="])
def test_metadata_that_is_not_well_formed_is_400(mother: Phone, metadata: str) -> None:
    text = metadata.encode().decode("latin-1")
    assert mother.ask("POST", "/uploads", Upload_Length="9", Upload_Metadata=text).status in {400, 422}


def test_an_unknown_kind_is_422_and_names_the_field(mother: Phone, consult: Consult) -> None:
    metadata = told(consult_id=consult.public_id, kind="executable")
    reply = mother.ask("POST", "/uploads", Upload_Length="9", Upload_Metadata=metadata)
    assert (reply.status, reply.json["fields"]) == (422, {"kind": "unknown_value"})


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_right_checksum_is_taken(mother: Phone, path: str, algorithm: str) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, DATA[:70_000]).digest()).decode()
    reply = mother.patch(path, 0, DATA[:70_000], Upload_Checksum=f"{algorithm} {digest}")
    assert (reply.status, reply.offset) == (204, 70_000)


def test_a_wrong_checksum_is_460_and_the_chunk_is_forgotten(mother: Phone, path: str) -> None:
    mother.patch(path, 0, DATA[:100])
    digest = base64.b64encode(bytes(20)).decode()
    assert mother.patch(path, 100, DATA[100:], Upload_Checksum=f"sha1 {digest}").status == 460
    assert mother.head(path).offset == 100
    assert mother.patch(path, 100, DATA[100:]).offset == len(DATA)


@pytest.mark.parametrize("checksum", ["md5 rL0Y20zC+Fzt72VPzMSk2A==", "sha1 !", "sha1", "sha1 AAAA"])
def test_a_checksum_that_we_cannot_check_is_400(mother: Phone, path: str, checksum: str) -> None:
    assert mother.patch(path, 0, b"abc", Upload_Checksum=checksum).status == 400


def test_an_ended_upload_is_410_for_its_owner(mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, 10)
    assert mother.ask("DELETE", path).status == 204
    assert [mother.head(path).status, mother.patch(path, 0, b"x").status, mother.ask("DELETE", path).status] == [
        410
    ] * 3


def test_what_has_arrived_can_be_asked_for_but_not_ended(mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, 5)
    mother.patch(path, 0, b"hello")
    assert mother.head(path).offset == 5
    assert mother.patch(path, 5, b"").status == 204
    assert mother.patch(path, 5, b"x").status == 409
    assert mother.ask("DELETE", path).status == 403


def test_methods_can_be_named_in_a_header(mother: Phone, path: str) -> None:
    reply = mother.ask("POST", path, b"abc", X_HTTP_Method_Override="PATCH", Upload_Offset="0", **CHUNK)
    assert (reply.status, reply.offset) == (204, 3)
    assert mother.ask("POST", path, X_HTTP_Method_Override="HEAD").offset == 3
    assert mother.ask("POST", path).status == 405


def test_the_owner_sees_how_an_upload_is(mother: Phone, path: str) -> None:
    mother.patch(path, 0, DATA[:131_072])
    status = mother.ask("GET", path).json
    assert (status["state"], status["offset"], status["length"], status["attachment"]) == (
        "receiving",
        131_072,
        len(DATA),
        None,
    )
    assert path in [item["url"] for item in mother.ask("GET", "/uploads?state=incomplete").json["items"]]


def test_an_uploads_attachment_is_told_once_it_exists(mother: Phone, consult: Consult) -> None:
    path = mother.create(consult, 5)
    mother.patch(path, 0, b"hello")
    status = mother.ask("GET", path).json
    assert (status["state"], status["attachment"]["state"]) == ("complete", "received")
    assert status["attachment"]["id"] == status["id"]


def test_without_a_token_nothing_is_told_and_no_byte_is_kept(server: Server, mother: Phone, path: str) -> None:
    nobody = Phone(server.ports[0], "")
    replies = [nobody.patch(path, 0, DATA), nobody.head(path), nobody.ask("DELETE", path), nobody.ask("GET", path)]
    assert [reply.status for reply in replies] == [401] * 4
    assert replies[0].headers["www-authenticate"] == "Bearer"
    assert Phone(server.ports[0], "wrong").patch(path, 0, DATA).status == 401
    assert mother.head(path).offset == 0


@pytest.mark.parametrize("who", ["stranger", "pcp", "derm", "coordinator", "admin"])
def test_somebody_elses_upload_does_not_exist(server: Server, mother: Phone, path: str, who: str) -> None:
    other = server.phone(getattr(server.clinic, who))
    replies = [other.patch(path, 0, DATA), other.head(path), other.ask("DELETE", path), other.ask("GET", path)]
    assert [reply.status for reply in replies] == [404] * 4
    assert mother.head(path).offset == 0


@pytest.mark.parametrize(
    ("who", "status"),
    [("mother", 201), ("pcp", 201), ("stranger", 404), ("other_pcp", 404), ("derm", 404), ("coordinator", 403)],
)
def test_only_those_who_may_add_files_can_begin(server: Server, consult: Consult, who: str, status: int) -> None:
    metadata = told(consult_id=consult.public_id, kind="photo")
    phone = server.phone(getattr(server.clinic, who))
    assert phone.ask("POST", "/uploads", Upload_Length="9", Upload_Metadata=metadata).status == status


def test_a_consult_that_has_ended_takes_no_more_files(server: Server) -> None:
    answered = server.consult(server.clinic.answered)
    metadata = told(consult_id=answered.public_id, kind="photo")
    reply = server.phone(server.clinic.pcp).ask("POST", "/uploads", Upload_Length="9", Upload_Metadata=metadata)
    assert (reply.status, reply.json["code"]) == (409, "impossible_verb")

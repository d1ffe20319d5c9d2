"""The type of a file is what its first bytes prove, never what it is called."""

import pytest

from imaging import KINDS, accepts, sniff
from imaging.kinds import guess
from tests.imaging import documents, files, films
from tests.imaging.conftest import Prepare
from tests.imaging.heic import heic

JPEG = files.encode(files.corners(), "JPEG")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (JPEG, "image/jpeg"),
        (files.encode(files.corners(), "PNG"), "image/png"),
        (files.encode(files.corners(), "WEBP"), "image/webp"),
        (files.encode(files.corners(), "AVIF"), "image/avif"),
        (files.encode(files.corners(), "GIF"), "image/gif"),
        (files.encode(files.corners(), "TIFF"), "image/tiff"),
        (heic(files.corners(320, 160)), "image/heic"),
        (documents.pdf("x"), "application/pdf"),
        (b"\xef\xbb\xbf\r\n\r\n" + documents.pdf("x"), "application/pdf"),
        (b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n" + documents.pdf("x"), "application/pdf"),
        (films.film([0, 0.1]), "video/mp4"),
        (films.film([0, 0.1], form="mov"), "video/quicktime"),
        (films.film([0, 0.1], form="3gp"), "video/3gpp"),
        (films.film([0, 0.1], form="webm", codec="libvpx-vp9"), "video/webm"),
        (bytes(128) + b"DICM", "application/dicom"),
    ],
)
def test_real_files_are_known_by_their_first_bytes(data: bytes, media_type: str) -> None:
    assert sniff(data[:4096]) == media_type


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xd8",
        b"<html>",
        b"PK\x03\x04",
        b"PK %PDF-1.7",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"BMI of the last visits: 15.2",
        b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42",
        b"\x00\x00\x00\x14ftypjunk\x00\x00\x00\x00junk",
        b"\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00mif1",
    ],
)
def test_what_is_not_on_the_list_is_nothing(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("photo", files.encode(files.corners(), "BMP")),
        ("photo", files.encode(files.corners(), "JPEG2000")),
        ("photo", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40)),
        ("video", films.film([0, 0.1], form="avi", codec="mpeg4")),
        ("video", films.film([0, 0.1], form="matroska")),
        ("video", films.film([0, 0.1], form="mpegts")),
        ("video", films.film([0, 0.1], form="flv")),
        ("video", films.film([0, 0.1], form="asf", codec="wmv2")),
        ("lab_document", files.encode(files.corners(), "BMP")),
    ],
)
def test_a_picture_or_film_that_we_do_not_take_is_not_called_none(run: Prepare, kind: str, data: bytes) -> None:
    report, _ = run(data, kind)
    assert (report.verdict, report.reason) == ("rejected", "unsupported_type")


def test_brands_tell_apart_what_shares_a_container() -> None:
    def head(major: bytes, *others: bytes) -> bytes:
        body = b"ftyp" + major + bytes(4) + b"".join(others)
        return (len(body) + 4).to_bytes(4, "big") + body

    assert sniff(head(b"mif1", b"mif1", b"heic")) == "image/heic"
    assert sniff(head(b"mif1", b"mif1", b"avif")) == "image/avif"
    assert sniff(head(b"heic", b"isom", b"mp42")) == "image/heic"
    assert sniff(head(b"isom", b"iso2", b"avc1")) == "video/mp4"
    assert sniff(head(b"3gp5", b"isom")) == "video/3gpp"


def test_each_kind_accepts_its_own_types_and_a_guess_agrees() -> None:
    assert accepts("photo", "image/heic")
    assert not accepts("photo", "application/pdf")
    assert accepts("lab_document", "image/jpeg")
    assert not accepts("video", None)
    assert [guess(kind.media_types[0]) for kind in KINDS.values()] == list(KINDS)
    with pytest.raises(KeyError):
        accepts("hologram", "image/jpeg")

"""The check by other code sees what should not be there, wherever it hides."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imaging import Finding, verify
from imaging.second_opinion import second_opinion
from imaging.walks import mp4
from tests.imaging import files, films
from tests.imaging.conftest import Prepare

JPEG = files.encode(files.corners(), "JPEG")
PNG = files.encode(files.corners(), "PNG")
WEBP = files.encode(files.corners(), "WEBP")


def texts(data: bytes) -> str:
    return "\n".join(finding.what for finding in verify([data]))


def test_clean_files_have_no_finding() -> None:
    assert verify([JPEG, PNG, WEBP]) == []


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (JPEG + b"x", "segment TRAILER"),
        (JPEG[:2] + b"\xff\xfe\x00\x03x" + JPEG[2:], "segment COM"),
        (files.encode(files.corners(), "JPEG", exif=files.camera_exif()), "segment APP1"),
        (JPEG.replace(b"JFIF\x00\x01\x01", b"JFXX\x00\x10\x01", 1), "APP0"),
        (JPEG[:-2], "broken structure"),
        (JPEG[:50], "broken structure"),
        (PNG + b"x", "chunk TRAILER"),
        (PNG[:33] + files.chunk(b"tEXt", b"a\x00b") + PNG[33:], "chunk tEXt"),
        (PNG[:40] + b"?" + PNG[41:], "broken structure"),
        (WEBP + b"x", "chunk TRAILER"),
        (files.soaked_webp(), "chunk EXIF"),
        (b"<html>", "not a type"),
        (b"", "not a type"),
    ],
)
def test_a_stranger_is_named_by_its_place(data: bytes, what: str) -> None:
    assert what in texts(data)


def box(name: bytes, payload: bytes) -> bytes:
    return (len(payload) + 8).to_bytes(4, "big") + name + payload


def with_date(data: bytes) -> bytes:
    at = next(found.start for found in mp4.walk(data) if found.path == "moov/mvhd") + 4
    return data[:at] + b"\xe2\x5f\x00\x01" + data[at + 4 :]


def with_remark(data: bytes) -> bytes:
    """Overwrite the type of the first coded unit by that of a remark."""
    at = next(found.start for found in mp4.walk(data) if found.path == "mdat") + 4
    return data[:at] + b"\x06" + data[at + 1 :]


TAMPERED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a box behind the end": (lambda data: data + box(b"uuid", b"x" * 20), "box uuid"),
    "a free box is allowed": (lambda data: data + box(b"free", b""), ""),
    "bytes behind the end": (lambda data: data + b"PK", "broken structure"),
    "two indexes": (lambda data: data + box(b"moov", b""), "2 boxes moov"),
    "a date": (with_date, "with a date"),
    "a remark in the stream": (with_remark, "coded unit of type 6"),
    "another handler": (lambda data: data.replace(b"vide" + bytes(12), b"soun" + bytes(12)), "not ours"),
    "a name for the handler": (lambda data: data.replace(b"VideoHandler", b"JaneQTester!"), "not ours"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_film_that_was_tampered_with_is_seen(run: Prepare, name: str) -> None:
    _, kept = run(films.film(films.steady(0.3)), "video")
    tamper, what = TAMPERED[name]
    found = texts(tamper(kept.files["play"]))
    assert (what in found) if what else (found == "")


def test_a_free_box_may_not_hide_anything(run: Prepare) -> None:
    _, kept = run(films.film(films.steady(0.3)), "video")
    assert "filled" in texts(kept.files["play"] + box(b"free", files.CANARY))


def test_findings_name_the_file_and_never_quote_it(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(files.soaked_jpeg())
    findings = verify([tmp_path / "a.jpg"]) + second_opinion([tmp_path / "a.jpg"])
    assert len(findings) > 10
    assert all(finding.file == str(tmp_path / "a.jpg") for finding in findings)
    assert "778899" not in "\n".join(map(str, findings))
    assert str(Finding("a", "b")) == "a: b"


def test_a_second_opinion_on_nothing_is_nothing() -> None:
    assert second_opinion([]) == []


@pytest.mark.parametrize("start", [0, 3, 7, 19, 40])
def test_no_cut_through_a_file_breaks_the_check(start: int) -> None:
    for data in (JPEG, PNG, WEBP, films.film([0, 0.1])):
        for end in range(start, len(data), max(1, len(data) // 25)):
            verify([data[:end]])

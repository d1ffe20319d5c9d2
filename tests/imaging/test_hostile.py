"""Files made to hurt end quickly, with a reason, and put nothing."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.imaging import documents, files, films, heic
from tests.imaging.conftest import Prepare
from tests.spread import spread
from web.words.files import FOR_FAMILIES, FOR_STAFF

JPEG = files.encode(files.noise(640, 480), "JPEG")
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a header of 50,000 by 50,000": (lambda: files.header_png(50_000, 50_000), "too_many_pixels"),
    "a header of 2^31 by 2^31": (lambda: files.header_png(2**31 - 1, 2**31 - 1), "too_many_pixels"),
    "13,000 by 13,000 whole": (lambda: files.flat_png(13_000, 13_000), "too_many_pixels"),
    "79 million pixels whole": (lambda: files.flat_png(8_900, 8_900), "too_many_pixels"),
    "5,000 scans": (lambda: files.many_scans(5_000), "too_many_scans"),
    "400 packed texts": (lambda: files.text_flood(400, 4 << 20), "too_much_text"),
    "70,000 comments": (lambda: JPEG[:2] + b"\xff\xfe\x00\x02" * 70_000 + JPEG[2:], "too_many_segments"),
}
STILLS: dict[str, Callable[[], bytes]] = {
    **{name: partial(files.encode, files.noise(320, 240), name) for name in ("JPEG", "PNG", "WEBP", "AVIF", "GIF")},
    "HEIC": lambda: heic.heic(files.noise(320, 240)),
    "TIFF": lambda: files.encode(files.noise(320, 240), "TIFF"),
    "TIFF, packed": lambda: files.encode(files.noise(320, 240), "TIFF", compression="tiff_lzw"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_a_second_of_work(run: Prepare, name: str) -> None:
    make, reason = BOMBS[name]
    report, kept = run(make())
    assert (report.verdict, report.reason) == ("rejected", reason)
    assert kept.files == {}
    assert report.usage["cpu_ms"] < 1000
    assert report.usage["rss_mib"] < 700


@pytest.mark.parametrize(
    "data",
    [
        HTML,
        SVG,
        b"PK\x03\x04" + bytes(64),
        b"MZ" + bytes(64),
        bytes(64),
        b"GIF89",
        b"#!/bin/sh\n",
        b"\x1a\x45\xdf\xa3" + bytes(64),
    ],
)
@pytest.mark.parametrize(
    ("kind", "reason"), [("photo", "not_an_image"), ("video", "not_a_video"), ("lab_document", "not_a_document")]
)
def test_what_is_no_medium_does_not_enter_the_jail(run: Prepare, data: bytes, kind: str, reason: str) -> None:
    report, _ = run(data, kind)
    assert (report.verdict, report.reason) == ("rejected", reason)
    assert report.usage == {}


@pytest.mark.parametrize(
    ("kind", "make", "reason"),
    [
        ("photo", lambda: documents.pdf("x"), "is_a_document"),
        ("photo", lambda: films.film([0, 0.1]), "is_a_video"),
        ("video", lambda: JPEG, "is_a_photo"),
        ("lab_document", lambda: films.film([0, 0.1]), "is_a_video"),
    ],
)
def test_a_good_file_of_another_kind_is_told_what_it_is(
    run: Prepare, kind: str, make: Callable[[], bytes], reason: str
) -> None:
    report, _ = run(make(), kind)
    assert (report.verdict, report.reason) == ("rejected", reason)
    assert all(reason in words.reasons for words in (FOR_FAMILIES, FOR_STAFF))


@pytest.mark.parametrize("kind", ["photo", "lab_document"])
@pytest.mark.parametrize("name", spread(STILLS, 4))
def test_a_photo_cut_short_is_not_whole_wherever_it_was_cut(run: Prepare, name: str, kind: str) -> None:
    data = STILLS[name]()
    for end in (16, *(int(len(data) * share) for share in (0.02, 0.6, 0.98))):
        report, kept = run(data[:end], kind)
        assert (report.verdict, report.reason, kept.files) == ("rejected", "truncated", {}), end
    assert "Only a part" in FOR_FAMILIES.of("rejected", report.reason)


@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"restart_marker_rows": 2}])
def test_a_jpeg_of_which_the_mark_of_its_end_alone_is_missing_is_whole(run: Prepare, more: dict[str, Any]) -> None:
    """Some programs leave it out, and browsers show the picture."""
    data = files.encode(files.corners(), "JPEG", **more)
    whole, kept = run(data)
    report, without = run(data[:-2])
    assert (whole.verdict, report.verdict, without.files) == ("ready", "ready", kept.files)
    for end in (3, 8, 40):
        assert run(data[:-end])[0].reason == "truncated", end


@pytest.mark.parametrize("name", ["WEBP", "AVIF", "HEIC", "TIFF, packed"])
def test_a_damaged_photo_that_is_whole_is_not_said_to_be_cut(run: Prepare, name: str) -> None:
    data = STILLS[name]()
    # From behind the head of the one that has it in front, and before that of the one that has it at the end.
    middle = slice(len(data) // 3 if name != "TIFF, packed" else 8, len(data) // 2)
    report, _ = run(data[: middle.start] + b"\x5a" * (middle.stop - middle.start) + data[middle.stop :])
    assert report.reason != "truncated", report


@pytest.mark.parametrize(
    "magic", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\x00\x00\x00WEBPVP8 ", b"%PDF-1.7\n"]
)
@pytest.mark.parametrize("body", [HTML, SVG, b"PK\x03\x04"])
def test_a_page_behind_a_pictures_magic_is_refused(run: Prepare, magic: bytes, body: bytes) -> None:
    report, kept = run(magic + body * 20, "lab_document")
    assert report.verdict == "rejected"
    assert kept.files == {}


def test_markup_hung_on_a_real_photo_is_left_behind(run: Prepare) -> None:
    report, kept = run(JPEG + HTML)
    assert report.is_ready
    assert "trailer" in report.removed
    assert not any(b"<script" in data for data in kept.files.values())


def test_an_empty_file_is_called_empty(run: Prepare) -> None:
    assert run(b"")[0].reason == "empty"


@pytest.mark.parametrize(("levels", "reason"), [pytest.param(2, "cpu", marks=pytest.mark.slow), (3, "memory")])
@pytest.mark.wide
def test_a_page_that_draws_itself_without_end_is_stopped_at_a_limit(run: Prepare, levels: int, reason: str) -> None:
    report, kept = run(documents.nested_pdf(levels, 60), "lab_document")
    assert (report.verdict, report.reason) == ("rejected", reason)
    assert kept.files == {}
    assert report.usage["cpu_ms"] < 12_000
    assert report.usage["rss_mib"] < 1229


def test_the_next_good_photo_starts_at_once_after_a_bomb(run: Prepare) -> None:
    took = []
    for _round in range(3):
        run(files.many_scans(5_000))
        began = time.monotonic()
        assert run(files.encode(files.corners(), "JPEG"))[0].is_ready
        took.append(time.monotonic() - began)
    # The best of three forgives a busy machine: a jail that had to be built anew would be late each time.
    assert min(took) < 1

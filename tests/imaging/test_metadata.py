"""Nothing but the picture leaves: not by our own walk, not by exiftool, not in the raw bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imaging import verify
from imaging.second_opinion import is_available, second_opinion
from tests.imaging import documents, files, films
from tests.imaging.conftest import Prepare
from tests.imaging.heic import box, heic
from tests.spread import spread

CAMERA = {"exif", "gps", "maker_note", "thumbnail"}
IN_MOTION = CAMERA | {"other_images", "application_data", "trailer"}


def in_motion(photo: bytes) -> bytes:
    """A HEIC with the seconds before it, as phones of two makers hang them on."""
    film = films.soaked_film()
    return photo + box(b"mpvd", film) + box(b"sefd", files.CANARY) + b"MotionPhoto_Data" + film


SOAKED: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "jpeg": (
        "photo",
        files.soaked_jpeg,
        CAMERA | {"xmp", "iptc", "comment", "other_images", "application_data", "trailer"},
    ),
    "png": ("photo", files.soaked_png, CAMERA | {"xmp", "text", "time", "application_data", "trailer"}),
    "webp": ("photo", files.soaked_webp, CAMERA | {"xmp", "trailer"}),
    "avif": ("photo", files.soaked_avif, CAMERA - {"thumbnail"} | {"xmp", "icc", "other_images"}),
    "heic": ("photo", lambda: in_motion(heic(files.corners(320, 160), exif=files.camera_exif())), IN_MOTION),
    "mp4": ("video", films.soaked_film, {"audio", "gps", "metadata"}),
    "webm": ("video", films.subtitled_film, {"subtitles"}),
    "pdf": (
        "lab_document",
        documents.soaked_pdf,
        {"metadata", "xmp", "attachment", "javascript", "annotations", "text_layer", "old_revisions"},
    ),
    "photo of paper": ("lab_document", files.soaked_jpeg, CAMERA | {"xmp", "iptc", "comment", "trailer"}),
}


@pytest.mark.parametrize("name", spread(SOAKED, 5))
def test_everything_beside_the_picture_is_named_and_gone(run: Prepare, tmp_path: Path, name: str) -> None:
    kind, make, classes = SOAKED[name]
    data = make()
    assert files.CANARY in data or name == "pdf"
    report, kept = run(data, kind)
    assert report.is_ready
    assert classes <= set(report.removed)
    assert verify(kept.files.values()) == []
    for rendition, content in kept.files.items():
        assert files.CANARY not in content
        assert b"778899" not in content
        (tmp_path / rendition).write_bytes(content)
    assert second_opinion(sorted(tmp_path.iterdir())) == []


def test_exiftool_is_installed_and_sees_what_the_soaked_files_hold(tmp_path: Path) -> None:
    assert is_available(), "install exiftool: apt-get install libimage-exiftool-perl"
    for name, (_, make, _) in SOAKED.items():
        (tmp_path / name.replace(" ", "-")).write_bytes(make())
    seen = "\n".join(str(finding) for finding in second_opinion(sorted(tmp_path.iterdir())))
    for tag in ("GPS:GPSLatitude", "IPTC:By-line", "File:Comment", "XMP-dc:Creator", "IFD1:ThumbnailImage"):
        assert tag in seen


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "mp4", "pdf"])
def test_our_own_walk_refuses_every_soaked_file(name: str) -> None:
    assert verify([SOAKED[name][1]()]) != []


def test_a_report_never_holds_a_value_that_was_removed(run: Prepare) -> None:
    for kind, make, _ in SOAKED.values():
        text = run(make(), kind)[0].to_json()
        assert "778899" not in text
        assert "Synthetic" not in text


@pytest.mark.parametrize("stray", [b"\x00", b"\x12\x34\xff\x00", b"x" * 40])
def test_what_stands_behind_stray_bytes_is_named_too(run: Prepare, stray: bytes) -> None:
    whole = files.soaked_jpeg()
    at = whole.index(b"\xff\xe1")
    expected = run(whole)[0].counts
    report, _ = run(whole[:at] + stray + whole[at:])
    assert report.is_ready
    assert report.counts == expected

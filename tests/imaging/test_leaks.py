"""One test for each class of leak that a picture, a film or a page may carry; the planted words are found nowhere.

L1 tags, L2 comments, L3 embedded pictures, L4 trailers and polyglots, L5 chunks, L11 PDF, L12 films, L14 names of
files, L19 a missing tool, L20 the same bytes again. Others have files of their own: L6 `test_photo`, L7 `test_colour`,
L8, L9 and L17 `test_masks`, L10 and L16 `test_proof`, L18 `test_bombs`; L15 is the storage's, L13 waits for DICOM.
"""

import io
import os
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest

from imaging import Report, verify
from imaging.identifiers import Identifiers
from imaging.traces import traces
from tests.imaging import documents, files, films
from tests.imaging.conftest import Kept, Prepare

ROOT = Path(__file__).parents[2]
PLANTED = Identifiers(names=("CANARY-Jane-Q-Tester",), numbers=("MRN-778899",))


def is_clean(report: Report, kept: Kept) -> bool:
    """Whether copies came out, sound by our own walk, with the planted words in none of them, however written."""
    words = [trace for data in kept.files.values() for trace in traces(data, PLANTED)]
    return report.is_ready and bool(kept.files) and not words and verify(kept.files.values(), PLANTED) == []


def test_l1_tags_of_a_camera_and_an_editor(run: Prepare) -> None:
    for make in (files.soaked_jpeg, files.soaked_png, files.soaked_webp):
        assert is_clean(*run(make()))


def test_l2_a_comment_with_markup(run: Prepare) -> None:
    data = files.encode(files.corners(), "JPEG", comment=files.CANARY + b"<script>alert(1)</script>")
    report, kept = run(data)
    assert is_clean(report, kept)
    assert not any(b"<script" in copy for copy in kept.files.values())


def test_l3_no_copy_holds_a_second_picture(run: Prepare) -> None:
    for data in (
        files.soaked_jpeg(),
        files.encode(files.corners(), "MPO", save_all=True, append_images=[files.noise(64, 64)]),
    ):
        report, kept = run(data)
        assert is_clean(report, kept)
        assert all(copy.count(b"\xff\xd8\xff") == 1 for copy in kept.files.values())


@pytest.mark.parametrize("tail", [b"PK\x03\x04" + files.CANARY, b"%PDF-1.4\n" + files.CANARY, films.film([0, 0.1])])
def test_l4_what_hangs_behind_the_end(run: Prepare, tail: bytes) -> None:
    for name in ("JPEG", "PNG", "WEBP", "GIF"):
        report, kept = run(files.encode(files.corners(), name) + tail)
        assert is_clean(report, kept)
        assert "trailer" in report.removed
        assert not any(tail[:12] in copy for copy in kept.files.values())


def test_l5_chunks_that_no_viewer_shows(run: Prepare) -> None:
    plain = files.encode(files.corners(), "PNG")
    for name in (b"prVt", b"caBX", b"iTXt", b"dSIG", b"gIFx"):
        report, kept = run(plain[:33] + files.chunk(name, files.CANARY * 3) + plain[33:])
        assert is_clean(report, kept)
        assert report.counts


def test_l11_everything_a_pdf_may_hide(run: Prepare) -> None:
    assert is_clean(*run(documents.soaked_pdf(), "lab_document"))


def box(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + name + payload


def test_l12_boxes_of_a_film(run: Prepare) -> None:
    data = films.soaked_film()
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + files.xmp())
    for extra in (
        xmp,
        box(b"udta", box(b"\xa9nam", files.CANARY)),
        box(b"free", files.CANARY),
        box(b"mdat", files.CANARY),
    ):
        assert is_clean(*run(data + extra, "video"))


def test_l12_tracks_of_a_film(run: Prepare) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        picture, cover = container.add_stream("libx264", rate=15), container.add_stream("mjpeg", rate=15)
        voice = container.add_stream("aac", rate=44100)
        for stream, form in ((picture, "yuv420p"), (cover, "yuvj420p")):
            stream.width, stream.height, stream.pix_fmt = 320, 200, form
        for stream in (cover, picture):
            for number in range(1 if stream is cover else 8):
                frame = av.VideoFrame.from_image(files.corners())
                frame.pts, frame.time_base = number, Fraction(1, 15)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        films.hum(container, voice)
    report, kept = run(buffer.getvalue(), "video")
    assert is_clean(report, kept)
    assert {"audio", "other_images"} <= set(report.removed)
    with av.open(io.BytesIO(kept.files["play"])) as made:
        assert [stream.type for stream in made.streams] == ["video"]


def test_l12_remarks_of_the_encoder_between_pictures(run: Prepare) -> None:
    data = films.film(films.steady(0.5))
    assert b"x264" in data, "the film has a remark to lose"
    report, kept = run(data, "video")
    assert is_clean(report, kept)
    assert b"x264" not in kept.files["play"]


def test_l14_a_file_is_never_named_after_what_it_was_called(tmp_path: Path) -> None:
    source = tmp_path / f"{files.CANARY.decode()}.jpg"
    source.write_bytes(files.encode(files.corners(), "JPEG"))
    out = tmp_path / "out"
    line = [
        sys.executable,
        "-m",
        "imaging",
        "prepare",
        str(source),
        "--out",
        str(out),
        "--faces",
        "keep",
        "--text",
        "keep",
    ]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, check=True, timeout=120)
    assert b"CANARY" not in done.stdout + done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["full.jpg", "report.json", "thumb.jpg", "view.jpg"]
    assert not any(b"CANARY" in path.read_bytes() for path in out.iterdir())


def test_l19_without_the_second_tool_our_own_walk_decides_and_the_report_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(files.soaked_jpeg())
    line = [sys.executable, "-m", "imaging", "prepare", str(tmp_path / "a.jpg"), "--out", str(tmp_path / "out")]
    bare = {**os.environ, "PATH": "/nowhere"}
    subprocess.run([*line, "--faces", "keep", "--text", "keep"], cwd=ROOT, check=True, timeout=120, env=bare)
    assert '"second_opinion": "none"' in (tmp_path / "out" / "report.json").read_text()
    assert '"checks": ["structure"]' in (tmp_path / "out" / "report.json").read_text()


def test_l20_the_same_file_gives_the_same_bytes_and_the_same_report(run: Prepare) -> None:
    for kind, data in (
        ("photo", files.soaked_jpeg()),
        ("video", films.film([0, 0.1, 0.2])),
        ("lab_document", documents.pdf("x")),
    ):
        (first, one), (second, two) = run(data, kind), run(data, kind)
        assert one.files == two.files
        assert {**vars(first), "usage": {}} == {**vars(second), "usage": {}}

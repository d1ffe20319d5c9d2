"""The check by other code sees what should not be there, wherever it hides."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from av.video.frame import VideoFrame
from PIL import Image

from imaging import Finding, Jail, Policy, prepare, verify
from imaging.checks.times import check_times
from imaging.paper import PaperPage, write_paper
from imaging.second_opinion import second_opinion
from imaging.steps import transcode_clip
from imaging.steps.move_index import move_index
from imaging.walks import mp4
from tests.imaging import conftest, files, films

JPEG = files.encode(files.corners(), "JPEG")
PNG = files.encode(files.corners(), "PNG")
PARENTS = {"moov", "trak", "edts", "mdia", "minf", "dinf", "stbl", "stsd"}
PLAIN = Policy(faces="keep", text="keep")
WORDS = b"JANE Q TESTER, record 4411"


def texts(data: bytes) -> str:
    return "\n".join(finding.what for finding in verify([data]))


def segment(kind: int, payload: bytes) -> bytes:
    return bytes([0xFF, kind]) + (len(payload) + 2).to_bytes(2, "big") + payload


def behind(data: bytes, mark: bytes, more: bytes) -> bytes:
    """The file with more bytes in front of a mark."""
    at = data.rindex(mark)
    return data[:at] + more + data[at:]


def grown(data: bytes, path: str, more: bytes) -> bytes:
    """The film with more bytes at the end of one box, all sizes and places around it made to fit."""
    boxes = list(mp4.walk(data))
    at = next(found.end for found in boxes if found.path == path)
    whole = bytearray(data)
    for found in boxes:
        if found.outer < at <= found.end and path.startswith(found.path):
            whole[found.outer : found.outer + 4] = (found.end - found.outer + len(more)).to_bytes(4, "big")
        if found.name == "stco":
            for place in range(found.start + 8, found.end, 4):
                moved = int.from_bytes(whole[place : place + 4], "big") + len(more)
                whole[place : place + 4] = moved.to_bytes(4, "big")
    return bytes(whole[:at]) + more + bytes(whole[at:])


@pytest.mark.parametrize("quality", [1, 40, 80, 92, 100])
@pytest.mark.parametrize("size", [(16, 16), (17, 300), (640, 481)])
def test_what_our_encoder_writes_has_no_finding(quality: int, size: tuple[int, int]) -> None:
    for image in (files.noise(*size), files.corners(*size), Image.new("RGB", size, "white")):
        for sampling in (0, 2):
            assert texts(files.encode(image, "JPEG", quality=quality, subsampling=sampling)) == ""


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (JPEG + b"x", "segment TRAILER"),
        (JPEG[:2] + b"\xff\xfe\x00\x03x" + JPEG[2:], "segment COM"),
        (files.encode(files.corners(), "JPEG", exif=files.camera_exif()), "segment APP1"),
        (JPEG.replace(b"JFIF\x00\x01\x01", b"JFXX\x00\x10\x01", 1), "APP0"),
        (JPEG[:-2], "broken structure"),
        (JPEG[:50], "broken structure"),
        (behind(JPEG, b"\xff\xd9", WORDS), "in the scan"),
        (behind(JPEG, b"\xff\xd9", bytes(9)), "in the scan"),
        (behind(JPEG, b"\xff\xda", segment(0xDB, b"\x03" + WORDS.ljust(64))), "order or number"),
        (behind(JPEG, b"\xff\xda", segment(0xC4, WORDS)), "order or number"),
        (JPEG.replace(JPEG[25:89], WORDS.ljust(64), 1), "segment DQT"),
        (JPEG[: JPEG.index(b"\xff\xc4") + 21] + WORDS[:8] + JPEG[JPEG.index(b"\xff\xc4") + 29 :], "segment DHT"),
        (files.encode(files.corners(), "JPEG", progressive=True), "segment SOF2"),
        (PNG, "not a type"),
        (files.soaked_webp(), "not a type"),
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
    "an empty box": (lambda data: data + box(b"free", b""), "box free"),
    "bytes behind the end": (lambda data: data + b"PK", "broken structure"),
    "two indexes": (lambda data: data + box(b"moov", b""), "2 boxes moov"),
    "a date": (with_date, "box moov/mvhd with other"),
    "a remark in the stream": (with_remark, "coded unit of type 6"),
    "another handler": (lambda data: data.replace(b"vide" + bytes(12), b"soun" + bytes(12)), "hdlr"),
    "a name for the handler": (lambda data: data.replace(b"VideoHandler", b"JaneQTester!"), "hdlr"),
}


@pytest.fixture(scope="module")
def play(jail: Jail) -> bytes:
    kept = conftest.Kept()
    prepare("video", io.BytesIO(films.film(films.steady(0.3))), kept, PLAIN, jail=jail)
    return kept.files["play"]


@pytest.mark.parametrize("name", TAMPERED)
def test_a_film_that_was_tampered_with_is_seen(play: bytes, name: str) -> None:
    tamper, what = TAMPERED[name]
    assert texts(play) == ""
    assert what in texts(tamper(play))


def test_no_box_of_a_film_may_be_longer_than_ours(play: bytes) -> None:
    """Behind the last field of a box a player reads nothing, so whatever was put there would travel unseen."""
    paths = {found.path for found in mp4.walk(play)} - {"mdat"}
    assert len(paths) > 20
    for path in sorted(paths):
        assert texts(grown(play, path, WORDS)), path
        assert texts(grown(play, path, box(b"sdtp", WORDS))), path
        assert texts(grown(play, path, bytes(4))), path


def test_no_field_of_a_film_may_say_something_else(play: bytes) -> None:
    """Every byte of the index is changed once; sizes, and when pictures are shown by less than a second, are free."""
    index = next(found for found in mp4.walk(play) if found.path == "moov")
    free = {"stts", "ctts", "avcC", "avc1"}
    for found in (entry for entry in mp4.walk(play) if index.start <= entry.outer < index.end):
        if found.name in PARENTS | free:
            continue
        for at in range(found.start, found.end):
            assert texts(play[:at] + bytes([play[at] ^ 0x41]) + play[at + 1 :]), (found.path, at - found.start)


def test_no_letters_of_a_name_stand_where_a_film_tells_times_and_sizes(play: bytes) -> None:
    places = {"mvhd": 16, "tkhd": 20, "mdhd": 16, "elst": 8, "stts": 12, "ctts": 12, "stsz": 4}
    for name, place in places.items():
        at = next(found.start for found in mp4.walk(play) if found.name == name) + place
        assert texts(play[:at] + b"Jona" + play[at + 4 :]), name
    clock = next(found.start for found in mp4.walk(play) if found.name == "avcC") + 24
    assert "broken structure" in texts(play[:clock] + b"Jo" + play[clock + 2 :])


def test_a_film_of_few_pictures_with_a_pause_has_no_finding() -> None:
    """Of so few our muxer counts the pause twice in the head of the track."""
    writer = transcode_clip._Writer(None)
    grey = [Image.new("RGB", (96, 64), (shade,) * 3) for shade in (5, 10)]
    for at, image in zip((0.0, 0.03, 8.0), (files.noise(96, 64), *grey), strict=True):
        writer.add(Fraction(round(at * 100), 100), VideoFrame.from_image(image).reformat(format="yuv420p"))
    assert texts(move_index(writer.finish().clip)) == ""


def test_a_track_of_no_picture_is_a_finding_and_no_crash() -> None:
    empty = {"tkhd": bytes(84), "mdhd": bytes(12) + (90_000).to_bytes(4, "big") + bytes(8), "elst": bytes(20)}
    assert list(check_times(bytes(100), [{**empty, "stts": bytes(8)}]))


def test_a_picture_is_one_coded_unit(play: bytes) -> None:
    """A second one of the right type, which a player passes over, may hold whatever it likes."""
    media, sizes = (next(found for found in mp4.walk(play) if found.name == name) for name in ("mdat", "stsz"))
    more = len(WORDS).to_bytes(4, "big") + b"\x41" + WORDS[1:]
    last = int.from_bytes(play[sizes.end - 4 : sizes.end], "big") + len(more)
    whole = play[: sizes.end - 4] + last.to_bytes(4, "big") + play[sizes.end :]
    length = (media.end - media.outer + len(more)).to_bytes(4, "big")
    assert "more than one" in texts(whole[: media.outer] + length + whole[media.outer + 4 : media.end] + more)


def test_no_figures_of_a_number_stand_in_the_table_of_a_paper() -> None:
    picture = files.encode(files.corners(), "JPEG")
    paper = b"".join(write_paper([PaperPage(*files.corners().size, len(picture), [picture])]))
    assert texts(paper) == ""
    for ours, theirs in (
        (b"0000000000 65535 f", b"5055550142 65535 f"), (b" 00000 n \n", b" 44178 n \n"),
        (b" 00000 n \n", b" 00000 f \n"),
        (b"/Size 6", b"/Size 5055550142"), (b"startxref\n", b"startxref\n0"), (b"\n2 0 obj", b"\n02 0 obj"),
    ):  # fmt: skip
        assert "broken structure" in texts(paper.replace(ours, theirs, 1)), theirs


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
    for data in (JPEG, films.film([0, 0.1])):
        for end in range(start, len(data), max(1, len(data) // 25)):
            verify([data[:end]])


@pytest.mark.parametrize("count", [1, 2, 20])
def test_no_filling_stands_before_a_marker(count: int) -> None:
    for mark in (b"\xff\xdb", b"\xff\xc0", b"\xff\xda", b"\xff\xd9"):
        assert "fill bytes" in texts(behind(JPEG, mark, b"\xff" * count)), mark
    assert texts(behind(JPEG, b"\xff\xd9", b"\xff\xd0" * count)), "nor does a scan begin anew"


def test_the_density_of_a_picture_says_nothing() -> None:
    at = JPEG.index(b"JFIF") + 7
    assert texts(JPEG) == ""
    for place in range(at, at + 5):
        assert "segment APP0" in texts(JPEG[:place] + b"\x02" + JPEG[place + 1 :])
    assert "segment APP0" in texts(files.encode(files.corners(), "JPEG", dpi=(300, 300)))


def test_the_last_picture_of_a_film_is_not_shown_for_hours(play: bytes) -> None:
    table = next(found for found in mp4.walk(play) if found.name == "stts")
    longer = play[: table.end - 4] + (90_000 * 3600).to_bytes(4, "big") + play[table.end :]
    assert "a last picture" in texts(longer)

"""A PDF of which a part cannot be read is not shown as if that part were empty."""

import zlib
from collections.abc import Callable

import pytest

from imaging.steps.hear_pdf import refuse_damage
from imaging.walks.streams import packed_streams, unpacked_size
from tests.imaging import documents, files, pictures
from tests.imaging.conftest import PLAIN, Prepare

LINES = documents.pdf(" ".join(f"Sodium {number} mmol/L" for number in range(130, 150)))
SCANS = files.encode(pictures.astronaut(512), "PDF", quality=90)


def last_stream(data: bytes) -> slice:
    end = data.rindex(b"\nendstream")
    return slice(data.rindex(b"stream\n", 0, end) + 7, end)


def first_scan(data: bytes) -> slice:
    begin = data.index(b"\xff\xd8\xff")
    return slice(begin, data.index(b"\xff\xd9", begin) + 2)


def flushed() -> bytes:
    packer = zlib.compressobj()
    return packer.compress(b"BT /F 24 Tf 72 700 Td (Sodium) Tj ET") + packer.flush(zlib.Z_SYNC_FLUSH)


def with_zeros(part: bytes) -> bytes:
    return part[: len(part) // 2] + bytes(100) + part[len(part) // 2 + 100 :]


@pytest.mark.parametrize(
    ("data", "place", "harm", "reason"),
    [
        pytest.param(LINES, last_stream, with_zeros, "damaged", id="zeros in its lines"),
        pytest.param(LINES, last_stream, lambda lines: lines[:-2] + b"\1\2", "damaged", id="lines of another sum"),
        pytest.param(LINES, last_stream, lambda lines: lines[:-4], None, id="lines without a sum, as some write them"),
        pytest.param(LINES, last_stream, lambda _: flushed(), None, id="lines that are only flushed"),
        pytest.param(LINES, last_stream, lambda _: b"", None, id="a page without lines"),
        pytest.param(SCANS, first_scan, with_zeros, "damaged", id="zeros in a scan"),
        pytest.param(SCANS, first_scan, lambda scan: scan, None, id="a scan"),
    ],
)
def test_a_damaged_part_of_a_page_is_not_left_out_without_a_word(
    run: Prepare, data: bytes, place: Callable[[bytes], slice], harm: Callable[[bytes], bytes], reason: str | None
) -> None:
    part = place(data)
    report, _ = run(data[: part.start] + harm(data[part]) + data[part.stop :], "lab_document", PLAIN)
    assert report.reason == reason


def test_no_more_is_unpacked_to_look_for_damage_than_was_granted() -> None:
    packed = zlib.compress(bytes(5_000_000))
    assert unpacked_size(packed, 10_000_000) == 5_000_000
    assert (unpacked_size(packed, 1_000_000) or 0) < 3_000_000


def test_streams_without_an_end_cost_no_second_look_at_what_follows() -> None:
    head = b"1 0 obj<</Filter/FlateDecode>>stream\n"
    assert list(packed_streams(head + b"a" + head + b"b\nendstream" + head * 20_000)) == [
        (b"FlateDecode", b"a" + head + b"b\n")
    ]


def test_a_scan_in_too_many_steps_is_left_to_whoever_draws_it() -> None:
    refuse_damage(documents.scans_pdf(1, scans=200))

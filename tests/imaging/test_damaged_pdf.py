"""A PDF of which a part cannot be read is not shown as if that part were empty."""

import zlib
from collections.abc import Callable

import pytest

from imaging.refusal import Refused
from imaging.steps.hear_pdf import refuse_damage
from imaging.steps.open_pdf import draw_page, open_pdf
from imaging.walks.streams import Unpacked, is_cut, packed_streams, unpacked
from tests.imaging import documents, files, pictures
from tests.imaging.conftest import PLAIN, Prepare

LINES = documents.pdf(" ".join(f"Sodium {number} mmol/L" for number in range(130, 150)))
WHOLE = pictures.astronaut(512)
SCANS = files.encode(WHOLE, "PDF", quality=90)


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
        pytest.param(LINES, last_stream, lambda lines: lines[:-4] + b"\0\0\0\1", None, id="lines whose sum is empty"),
        pytest.param(LINES, last_stream, lambda _: flushed(), None, id="lines that are only flushed"),
        pytest.param(LINES, last_stream, lambda _: flushed() + bytes(9), None, id="lines flushed, and filled up"),
        pytest.param(LINES, last_stream, lambda _: b"\0", None, id="a page of one zero"),
        pytest.param(LINES, last_stream, lambda lines: bytes(len(lines)), "damaged", id="nothing but zeros"),
        pytest.param(LINES, last_stream, lambda lines: lines[:2], None, id="a page of a head"),
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


def scanned_in(packing: bytes, coded: bytes) -> bytes:
    look = b"/Width 512/Height 512/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/%b/Length %d" % (packing, len(coded))
    picture = b"<</Type/XObject/Subtype/Image%b>>stream\n%b\nendstream" % (look, coded)
    return documents.pdf("", objects=(picture,), content=b"600 0 0 700 0 0 cm /X Do", resources=b"/XObject<</X 4 0 R>>")


def test_a_scan_that_cannot_be_decoded_does_not_become_a_blank_page(run: Prepare) -> None:
    """JBIG2 and JPEG 2000, of which the bytes tell nothing."""
    whole = {b"JBIG2Decode": documents.jbig2(WHOLE), b"JPXDecode": files.encode(WHOLE.convert("L"), "JPEG2000")}
    for packing, coded in whole.items():
        hurt = coded[:30] + b"\xff" * 60 + coded[90:]
        reasons = [run(scanned_in(packing, scan), "lab_document", PLAIN)[0].reason for scan in (coded, hurt)]
        assert reasons == [None, "damaged"], packing


def test_a_scan_that_can_be_decoded_is_drawn_without_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    drawn = draw_page(open_pdf(scanned_in(b"JBIG2Decode", documents.jbig2(WHOLE))), 0, 100)
    assert (drawn.min() < 100, caplog.records) == (True, [])


def test_a_sum_may_lack_the_last_zero_as_adobe_writes_it() -> None:
    raw = next(text for number in range(100_000, 999_999) if zlib.adler32(text := b"Na %d" % number) & 0xFF == 0)
    packed, found = zlib.compress(raw), Unpacked(len(raw), is_summed=True)
    assert [unpacked(packed[:-1] + end, 99) for end in (b"\0", b"", b"\n", b"\r\n")] == [found] * 4
    assert unpacked(packed[:-2] + b"\1", 99) == Unpacked(len(raw), is_summed=False)


def document(*streams: bytes) -> bytes:
    return b"".join(b"1 0 obj<</Filter/FlateDecode>>stream\n%b\nendstream\nendobj\n" % packed for packed in streams)


def test_a_wrong_sum_is_damage_unless_all_of_a_file_are_wrong() -> None:
    """Six of ten changed bytes are told by the sum alone; some programs never write a right one."""
    right = zlib.compress(b"Sodium 135 mmol/L")
    wrong = right[:-1] + bytes([right[-1] ^ 1])
    refuse_damage(document(wrong, wrong, wrong))
    for streams in ([wrong], [wrong, wrong], [wrong, wrong, wrong, right]):
        with pytest.raises(Refused, match="damaged"):
            refuse_damage(document(*streams))


def test_no_more_is_unpacked_to_look_for_damage_than_was_granted() -> None:
    packed = zlib.compress(bytes(5_000_000))
    assert unpacked(packed, 10_000_000) == Unpacked(5_000_000, is_summed=True)
    assert (unpacked(packed, 1_000_000) or Unpacked(9_999_999, None)).size < 3_000_000


@pytest.mark.parametrize("told", [b"%d", b"7 0 R"])
def test_a_paper_that_is_attached_as_it_is_ends_no_stream_of_the_one_that_holds_it(told: bytes) -> None:
    packed = zlib.compress(LINES, level=0)
    head = b"1 0 obj<</Length1 3/Length %b/Filter/FlateDecode>>stream\n" % told.replace(b"%d", b"%d" % len(packed))
    number = b"\nendstream\nendobj\n7 0 obj\n%d\nendobj\n" % len(packed)
    assert b"endstream" in packed
    assert list(packed_streams(head + packed + number)) == [(b"FlateDecode", packed)]


def test_a_stream_whose_length_is_a_lie_ends_where_its_end_stands() -> None:
    for told in (b"3", b"3000", b"9 0 R"):
        head = b"1 0 obj<</Length %b/Filter/FlateDecode>>stream\n" % told
        assert list(packed_streams(head + b"packed\nendstream")) == [(b"FlateDecode", b"packed\n")]


def test_only_an_object_behind_its_end_tells_that_a_paper_breaks_off() -> None:
    ends = (b"", b"\nchecked: 0 objects found", b"\nsee 9 0 obj", b"\n9 0 obj\n<<", b"\r9 2 obj <<")
    assert [is_cut(LINES + end) for end in ends] == [False, False, False, True, True]


def test_streams_without_an_end_cost_no_second_look_at_what_follows() -> None:
    head = b"1 0 obj<</Filter/FlateDecode>>stream\n"
    assert list(packed_streams(head + b"a" + head + b"b\nendstream" + head * 20_000)) == [
        (b"FlateDecode", b"a" + head + b"b\n")
    ]


def test_a_scan_in_too_many_steps_is_left_to_whoever_draws_it() -> None:
    refuse_damage(documents.scans_pdf(1, scans=200))

"""A photo comes out upright, in its true colours, in three sizes, and the same each time."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from imaging import Policy
from imaging.steps.turn_upright import turn_upright
from tests.imaging import files
from tests.imaging.conftest import Prepare
from tests.imaging.heic import heic
from tests.spread import spread

ORIENTATIONS = range(1, 9)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("name", spread(["JPEG", "PNG", "WEBP", "AVIF", "TIFF"], 2))
def test_a_photo_comes_out_upright_however_the_camera_was_held(run: Prepare, name: str, orientation: int) -> None:
    picture = files.stored(files.corners(), orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    report, kept = run(files.encode(picture, name, exif=exif))
    assert report.is_ready
    assert (report.source.width, report.source.height) == (320, 200)
    for data in kept.files.values():
        assert files.read_corners(data) == files.CORNERS


@pytest.mark.parametrize("told", [None, 1, 3])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_what_an_xmp_packet_says_of_the_way_up_turns_nothing_as_in_a_browser(
    run: Prepare, name: str, told: int | None
) -> None:
    packet = files.xmp().replace(b'rdf:about=""', b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"')
    options: dict[str, object] = {"xmp": packet}
    if name == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet.decode())
        options = {"pnginfo": text}
    if told:
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = told
    data = files.encode(files.stored(files.corners(), told or 1), name, **options)
    assert b'tiff:Orientation="6"' in data
    report, kept = run(data)
    assert report.is_ready
    assert "xmp" in report.removed
    assert files.read_corners(kept.files["view"]) == files.CORNERS


def test_a_photo_is_turned_though_the_name_of_its_exif_ends_otherwise(run: Prepare) -> None:
    data = files.encode(files.stored(files.corners(), 6), "JPEG", exif=files.camera_exif(6))
    report, kept = run(data.replace(b"Exif\0\0", b"Exif\0\xff"))
    assert files.read_corners(kept.files["view"]) == files.CORNERS
    assert {"exif", "gps", "maker_note"} <= set(report.removed)


@pytest.mark.parametrize("orientation", [0, *ORIENTATIONS, 9])
def test_pixels_are_turned_as_the_tag_is_defined(orientation: int) -> None:
    asked = files.noise(7, 5)
    stored = files.stored(asked, orientation) if orientation in ORIENTATIONS else asked
    assert np.array_equal(turn_upright(np.asarray(stored), orientation), np.asarray(asked))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_heic_is_turned_once_though_its_exif_says_it_again(run: Prepare, orientation: int) -> None:
    picture = files.stored(files.corners(320, 160), orientation)
    report, kept = run(heic(picture, orientation=orientation, exif=files.camera_exif(orientation)))
    assert report.is_ready
    assert {"exif", "gps"} <= set(report.removed)
    assert kept.sizes["full"] == (320, 160)
    assert files.read_corners(kept.files["full"]) == files.CORNERS


def test_a_photo_gets_three_sizes_that_are_what_they_say(run: Prepare) -> None:
    report, kept = run(files.encode(files.noise(4000, 3000), "JPEG"))
    assert kept.sizes == {"thumb": (320, 240), "view": (2000, 1500), "full": (2000, 1500)}
    for entry in report.renditions:
        assert Image.open(io.BytesIO(kept.files[entry.name])).size == (entry.width, entry.height)


@pytest.mark.parametrize("name", spread(["JPEG", "PNG", "WEBP"], 1))
def test_a_photo_that_is_judged_by_its_detail_keeps_every_pixel(run: Prepare, name: str) -> None:
    policy = Policy(faces="keep", text="keep", keeps_detail=True)
    data = files.encode(files.noise(2600, 1500), name)
    report, kept = run(data, policy=policy)
    assert kept.sizes["full"] == (2600, 1500)
    assert max(kept.sizes["view"]) <= 2048
    assert run(data)[1].sizes["full"] == kept.sizes["view"]
    assert report.policy["keeps_detail"] is True


def test_a_photo_is_in_memory_twice_at_most_while_it_is_turned(run: Prepare) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    empty, _ = run(files.encode(files.corners(), "JPEG"))
    report, _ = run(files.encode(files.noise(4000, 3000), "JPEG", exif=turned))
    # What the fork-server had loaded before is shared by all jobs and counted in each.
    assert report.usage["rss_mib"] - empty.usage["rss_mib"] < 100


def test_a_small_photo_is_never_enlarged(run: Prepare) -> None:
    _, kept = run(files.encode(files.corners(60, 40), "PNG"))
    assert set(kept.sizes.values()) == {(60, 40)}


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (12_000, 20), (20, 12_000), (4_000, 39)])
def test_a_picture_on_which_nobody_can_see_anything_is_refused_as_too_small(
    run: Prepare, size: tuple[int, int]
) -> None:
    report, kept = run(files.flat_png(*size))
    assert (report.verdict, report.reason, kept.files) == ("rejected", "too_small", {})


@pytest.mark.parametrize("size", [(16, 16), (4_000, 40), (40, 4_000)])
def test_a_small_or_narrow_picture_is_taken(run: Prepare, size: tuple[int, int]) -> None:
    assert run(files.flat_png(*size))[0].verdict == "ready"


def test_the_same_photo_gives_the_same_bytes(run: Prepare) -> None:
    data = files.encode(files.noise(640, 480), "JPEG")
    first, second = run(data)[1].files, run(data)[1].files
    assert first == second
    assert set(first) == {"thumb", "view", "full"}


@pytest.mark.wide
def test_a_baseline_jpeg_too_large_to_decode_whole_comes_out_at_half_size(run: Prepare) -> None:
    report, kept = run(files.encode(files.corners(10000, 6000), "JPEG"))
    assert report.is_ready
    assert (report.source.width, report.source.height) == (10000, 6000)
    assert kept.sizes["full"] == (2048, 1229)
    assert files.read_corners(kept.files["view"]) == files.CORNERS


def test_the_first_picture_of_a_two_picture_file_is_the_photo(run: Prepare) -> None:
    both = files.encode(files.corners(), "MPO", save_all=True, append_images=[files.noise(320, 200)])
    report, kept = run(both)
    assert "other_images" in report.removed
    assert files.read_corners(kept.files["full"]) == files.CORNERS


def test_transparent_parts_become_white(run: Prepare) -> None:
    _, kept = run(files.encode(Image.new("RGBA", (80, 60), (200, 0, 0, 0)), "PNG"))
    assert min(Image.open(io.BytesIO(kept.files["full"])).getpixel((40, 30))) > 250


def test_sixteen_bit_grey_keeps_its_brightness(run: Prepare) -> None:
    picture = Image.new("I;16", (80, 60), 0x8000)
    _, kept = run(files.encode(picture, "PNG"))
    assert Image.open(io.BytesIO(kept.files["full"])).getpixel((40, 30)) == pytest.approx((128, 128, 128), abs=2)


def test_every_copy_is_labelled_as_identifiable(run: Prepare) -> None:
    report, _ = run(files.encode(files.corners(), "JPEG"))
    assert report.label == "identifiable - treatment use only"
    assert report.jail == "landlock+seccomp"
    assert '"verdict": "ready"' in report.to_json()


def test_the_first_picture_of_a_gif_or_tiff_is_the_photo(run: Prepare) -> None:
    rest = [files.noise(320, 200)] * 3
    for name, classes in (("GIF", {"other_images", "comment"}), ("TIFF", {"metadata"})):
        options = {"comment": files.CANARY} if name == "GIF" else {"description": files.CANARY.decode()}
        report, kept = run(files.encode(files.corners(), name, save_all=True, append_images=rest, **options))
        assert report.is_ready, report
        assert classes <= set(report.removed)
        assert files.read_corners(kept.files["full"]) == files.CORNERS
        assert not any(files.CANARY in data for data in kept.files.values())


def test_a_dicom_file_is_answered_by_name(run: Prepare) -> None:
    for kind in ("photo", "video", "lab_document"):
        report, kept = run(bytes(128) + b"DICM" + bytes(200), kind)
        assert (report.verdict, report.reason, kept.files) == ("rejected", "dicom_not_yet", {})

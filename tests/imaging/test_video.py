"""A film becomes one silent picture track that any phone plays, at its own pace, the right way up."""

import io

import av
import numpy as np
import pytest
from av.video.frame import PictureType
from PIL import Image

from imaging import Jail, Policy, prepare, samples
from imaging.walks import mp4
from tests.imaging import files, films
from tests.imaging.conftest import PLAIN, Kept, Prepare
from tests.imaging.test_colour import delta_e
from tests.imaging.test_film_masks import film_of
from tests.spread import spread


def test_a_film_becomes_h264_without_sound_and_with_its_index_first(run: Prepare) -> None:
    report, kept = run(films.soaked_film(), "video")
    assert report.is_ready
    assert set(kept.files) == {"poster", "play"}
    with av.open(io.BytesIO(kept.files["play"])) as container:
        assert [(stream.type, stream.codec_context.name) for stream in container.streams] == [("video", "h264")]
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
    order = [box.path for box in mp4.walk(kept.files["play"]) if "/" not in box.path]
    assert order == ["ftyp", "moov", "mdat"]
    assert report.source.duration == pytest.approx(1.0, abs=0.1)


def test_whoever_waits_for_a_film_or_a_long_paper_hears_how_far_it_is(jail: Jail) -> None:
    steps: dict[str, list[int]] = {"video": [], "lab_document": []}
    paper = samples.lab_pdf(seed=1, patient={"name": "Zoe Example", "birth_date": "2019-04-02", "mrn": "1"}, pages=4)
    made = {"video": films.film(films.steady(2)), "lab_document": paper}
    for kind, data in made.items():
        report = prepare(kind, io.BytesIO(data), Kept(), PLAIN, jail=jail, tell=steps[kind].append)
        assert report.is_ready
    assert steps["lab_document"] == [25, 50, 75]
    assert steps["video"] == sorted(set(steps["video"]))
    assert len(steps["video"]) > 10
    assert 0 < steps["video"][0] < steps["video"][-1] < 100


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_film_comes_out_upright_with_its_turn_baked_in(run: Prepare, rotation: int) -> None:
    upright = files.corners(320, 200)
    # The container's turn is against the clock, so the stored picture is turned with it.
    picture = upright.rotate(-rotation, expand=True)
    data = films.film(films.steady(0.5), image=picture, rotation=rotation)
    report, kept = run(data, "video")
    assert (report.source.width, report.source.height) == (320, 200)
    assert films.decoded(kept.files["play"])[1] == files.CORNERS
    assert files.read_corners(kept.files["poster"]) == files.CORNERS
    with av.open(io.BytesIO(kept.files["play"])) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_the_turn_that_we_bake_in_is_the_one_that_players_show(tmp_path, run: Prepare) -> None:
    picture = films.film(films.steady(0.3), image=files.corners(320, 200), rotation=90)
    _, kept = run(picture, "video")
    shown = Image.open(io.BytesIO(kept.files["poster"]))
    assert shown.size == (200, 320)
    # Turned against the clock by a quarter, the right side is on top.
    assert files.nearest(shown.getpixel((20, 30))) == files.GREEN
    assert files.nearest(shown.getpixel((180, 30))) == files.WHITE


MIRRORS = {
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}


@pytest.mark.parametrize("matrix", MIRRORS, ids=str)
def test_a_film_that_asks_for_a_mirror_shows_left_and_right_as_players_do(
    run: Prepare, matrix: tuple[int, int, int, int]
) -> None:
    # Each of the four undoes itself, so the stored picture is the wanted one seen in the same mirror.
    stored = files.corners(320, 200).transpose(MIRRORS[matrix])
    _, kept = run(films.shown_by(films.film(films.steady(0.3), image=stored), matrix), "video")
    assert kept.sizes["play"] == (320, 200)
    assert films.decoded(kept.files["play"])[1] == files.CORNERS
    assert files.read_corners(kept.files["poster"]) == files.CORNERS


def test_uneven_times_stay_uneven(run: Prepare) -> None:
    times = [0.0, 0.04, 0.08, 0.5, 0.55, 1.2, 1.6]
    _, kept = run(films.film(times), "video")
    assert films.decoded(kept.files["play"])[0] == pytest.approx(times, abs=0.002)


def test_how_the_camera_coded_its_pictures_is_no_order_to_our_encoder(run: Prepare) -> None:
    """A film whose every picture stands for itself would come out five times as large, and tell what it came from."""
    moving = [files.skin(320, 240).rotate(number / 5) for number in range(20)]
    data = film_of(moving, options={"g": "1"})
    with av.open(io.BytesIO(data)) as source:
        assert {frame.pict_type for frame in source.decode(video=0)} == {PictureType.I}
    _, kept = run(data, "video")
    with av.open(io.BytesIO(kept.files["play"])) as copy:
        assert sum(frame.pict_type == PictureType.I for frame in copy.decode(video=0)) == 1


@pytest.mark.wide
def test_a_large_film_is_brought_to_720_lines_either_way_up(run: Prepare) -> None:
    for size, expected in (((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((640, 360), (640, 360))):
        _, kept = run(films.film([0, 0.1], image=files.corners(*size)), "video")
        assert kept.sizes["play"] == expected


@pytest.mark.wide
def test_high_speed_is_brought_to_sixty_frames_a_second(run: Prepare) -> None:
    _, kept = run(films.film([number / 240 for number in range(120)]), "video")
    times, _ = films.decoded(kept.files["play"])
    assert 24 <= len(times) <= 31


@pytest.mark.parametrize("scale", [0, 1, 2**31 - 1, 2**32 - 1])
def test_a_film_whose_times_leave_one_picture_of_it_is_refused_and_no_still(run: Prepare, scale: int) -> None:
    report, kept = run(films.with_time_scale(films.film(films.steady(2)), b"mdhd", scale), "video")
    assert (report.verdict, report.reason, kept.files) == ("rejected", "damaged", {})


@pytest.mark.parametrize("scale", [0, 1, 2**32 - 1])
def test_a_time_scale_that_tells_no_picture_s_time_costs_none(run: Prepare, scale: int) -> None:
    report, kept = run(films.with_time_scale(films.film(films.steady(2)), b"mvhd", scale), "video")
    assert (report.is_ready, len(films.decoded(kept.files["play"])[0])) == (True, 30)


def test_a_film_of_one_picture_and_one_of_a_burst_are_films(run: Prepare) -> None:
    for times in ([0.0], [0.0, 0.004, 0.008]):
        report, kept = run(films.film(times), "video")
        assert (report.is_ready, len(films.decoded(kept.files["play"])[0])) == (True, 1)


@pytest.mark.parametrize(
    ("form", "codec"),
    [
        ("webm", "libvpx-vp9"),
        ("webm", "libvpx"),
        ("mov", "libx264"),
        ("3gp", "libx264"),
        ("mp4", "libx265"),
        ("mp4", "libsvtav1"),
    ],
)
def test_what_phones_and_browsers_record_is_accepted(run: Prepare, form: str, codec: str) -> None:
    report, kept = run(films.film(films.steady(0.4), form=form, codec=codec), "video")
    assert report.is_ready, report
    assert films.decoded(kept.files["play"])[1] == files.CORNERS


def test_the_poster_is_an_early_picture_that_is_not_black(run: Prepare) -> None:
    _, kept = run(films.film(films.steady(2), dark_until=0.9), "video")
    assert files.read_corners(kept.files["poster"]) == files.CORNERS


def test_a_film_that_is_too_long_is_refused_by_its_header(run: Prepare) -> None:
    report, kept = run(films.film([0, 100, 190]), "video")
    assert (report.verdict, report.reason) == ("rejected", "too_long")
    assert kept.files == {}


def test_neurology_may_ask_for_longer_films(run: Prepare) -> None:
    data = films.film([0, 100, 190])
    assert run(data, "video", Policy(video_seconds=300, faces="keep", text="keep"))[0].is_ready
    assert (
        run(films.film([0, 310]), "video", Policy(video_seconds=9999, faces="keep", text="keep"))[0].reason
        == "too_long"
    )


def test_a_film_with_too_many_pixels_is_refused(run: Prepare) -> None:
    report, _ = run(films.film([0], image=Image.new("RGB", (4200, 64))), "video")
    assert report.reason == "too_many_pixels"


def test_a_film_without_picture_is_refused(run: Prepare) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        films.hum(container, container.add_stream("aac", rate=44100))
    report, _ = run(buffer.getvalue(), "video")
    assert report.reason == "no_picture"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_film_cut_short_before_its_index_is_refused(run: Prepare, part: float) -> None:
    data = films.film(films.steady(1))
    report, kept = run(data[: int(len(data) * part)], "video")
    assert (report.verdict, report.reason) == ("rejected", "truncated")
    assert kept.files == {}


@pytest.mark.parametrize("box", [b"mvhd", b"tkhd", b"mdhd"])
def test_a_film_that_breaks_off_within_its_index_is_not_said_to_have_no_picture(run: Prepare, box: bytes) -> None:
    data = films.film(films.steady(0.2))
    assert run(data[: data.index(box) + 12], "video")[0].reason == "truncated"


def test_the_same_film_gives_the_same_bytes(run: Prepare) -> None:
    data = films.soaked_film()
    assert run(data, "video")[1].files == run(data, "video")[1].files


@pytest.mark.wide
def test_a_film_keeps_to_one_thread_and_a_bounded_memory(run: Prepare) -> None:
    # How its source was packed is of no matter, and a second of grain of this size takes five to pack well.
    large = films.film(films.steady(1), image=files.noise(3840, 2160), options={"preset": "ultrafast"})
    report, _ = run(large, "video")
    assert report.is_ready
    assert report.usage["rss_mib"] < 600


@pytest.mark.parametrize(("transfer", "level"), spread([(16, 0.58), (18, 0.75)], 1))
@pytest.mark.wide
def test_white_of_high_dynamic_range_stays_white_on_an_ordinary_screen(
    run: Prepare, transfer: int, level: float
) -> None:
    """The reference white of PQ lies at 58 % of its curve and that of HLG at 75 %; relabelled they would be grey."""
    report, kept = run(films.bright_film(transfer, level), "video")
    assert report.is_ready, report
    assert min(Image.open(io.BytesIO(kept.files["poster"])).getpixel((160, 96))) > 215
    with av.open(io.BytesIO(kept.files["play"])) as container:
        assert container.streams.video[0].codec_context.color_trc == 1


@pytest.mark.wide
def test_what_is_dark_in_high_dynamic_range_is_as_dark_on_an_ordinary_screen(run: Prepare) -> None:
    """Light that an ordinary picture has at 60 of 255: with the curve of BT.709's cameras it came out at 71."""
    _, kept = run(films.bright_film(16, 0.2929), "video")
    assert Image.open(io.BytesIO(kept.files["poster"])).getpixel((160, 96)) == pytest.approx((60, 60, 60), abs=3)


def difference(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    return float(delta_e(np.array([first], float), np.array([second], float)).max())


@pytest.mark.parametrize("size", spread([pytest.param(size) for size in ((1920, 1080), (640, 480))], 1))
@pytest.mark.parametrize("matrix", [1, 6])
@pytest.mark.parametrize(("is_full", "depth"), spread([(False, 8), (True, 8), (False, 10)], 2))
def test_a_film_has_the_colours_of_its_source_and_says_what_they_mean(
    run: Prepare, size: tuple[int, int], matrix: int, is_full: bool, depth: int
) -> None:
    data = films.coloured_film(size, matrix, is_full=is_full, is_told=True, depth=depth)
    _, kept = run(data, "video")
    poster = Image.open(io.BytesIO(kept.files["poster"]))
    for place, (wanted, found) in enumerate(zip(films.COLOURS, films.stripes(kept.files["play"]), strict=True)):
        shown = poster.getpixel((poster.width // 8 + place * poster.width // 4, poster.height // 2))
        assert difference(wanted, found) < 2
        assert difference(wanted, shown) < 2
    (colours,) = (box.of(kept.files["play"]) for box in mp4.walk(kept.files["play"]) if box.name == "colr")
    assert colours == b"nclx\0\1\0\1\0\1\0"


@pytest.mark.parametrize(("size", "matrix"), [((1280, 720), 1), ((640, 480), 6)])
def test_a_film_that_says_nothing_of_its_colours_is_read_as_browsers_read_it(
    run: Prepare, size: tuple[int, int], matrix: int
) -> None:
    _, kept = run(films.coloured_film(size, matrix, is_full=False, is_told=False), "video")
    for wanted, found in zip(films.COLOURS, films.stripes(kept.files["play"]), strict=True):
        assert difference(wanted, found) < 2


def test_a_film_whose_size_changes_is_not_squashed(run: Prepare) -> None:
    wide, high = (films.vp8(files.corners(*size), 4) for size in ((320, 200), (200, 320)))
    _, kept = run(films.webm_of([*wide, *high]), "video")
    with av.open(io.BytesIO(kept.files["play"])) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    assert {frame.shape for frame in frames} == {(200, 320, 3)}
    last = frames[-1]
    assert last[:, :90].max() < 40
    assert last[:, -90:].max() < 40
    assert files.nearest(tuple(last[50, 130])) == files.RED
    assert files.nearest(tuple(last[150, 190])) == files.WHITE


@pytest.mark.parametrize("codec", spread(["libx264", "libx265"], 1))
def test_a_film_goes_on_behind_a_damaged_packet_and_says_what_was_lost(run: Prepare, codec: str) -> None:
    data = bytearray(films.film(films.steady(3), image=files.noise(320, 200), codec=codec))
    with av.open(io.BytesIO(bytes(data))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    start, at = packets[15].pos or 0, float((packets[15].pts or 0) * packets[15].time_base)
    data[start : start + 16] = bytes(16)
    report, kept = run(bytes(data), "video")
    assert report.is_ready
    times, _ = films.decoded(kept.files["play"])
    assert times[-1] > 2.8
    assert report.source.duration == pytest.approx(3.0, abs=0.1)
    lost = [float(str(report.quality[name])) for name in ("unread", "unread_from", "unread_to")]
    assert lost[0] >= 1
    # To its end: there is no other picture in it that stands alone, and what is drawn from a lost one may be wrong.
    assert lost[1:] == pytest.approx([at, times[-1]], abs=0.2)


def test_a_whole_film_says_nothing_of_lost_pictures(run: Prepare) -> None:
    report, _ = run(films.film(films.steady(0.4)), "video")
    assert "unread" not in report.quality


def test_the_track_that_players_show_is_the_film_and_not_the_first_one(run: Prepare) -> None:
    """Two tracks in one film, the first switched off, as an edited film may have them."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        tracks = [container.add_stream("libx264", rate=10) for _ in range(2)]
        for track in tracks:
            track.width, track.height, track.pix_fmt = 320, 200, "yuv420p"
        for picture, track in zip((files.noise(320, 200), files.corners(320, 200)), tracks, strict=True):
            for _ in range(3):
                container.mux(track.encode(av.VideoFrame.from_image(picture)))
            container.mux(track.encode(None))
    data = bytearray(buffer.getvalue())
    first = data.index(b"tkhd") + 7
    second = data.index(b"tkhd", first) + 7
    assert (data[first] & 1, data[second] & 1) == (1, 0)
    data[first], data[second] = data[second], data[first]
    _, kept = run(bytes(data), "video")
    assert films.decoded(kept.files["play"])[1] == files.CORNERS

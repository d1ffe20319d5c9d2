"""What a film is told to be: how long, how whole, and why it cannot be taken."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from imaging import Policy
from imaging.jail.client import Jail
from tests.imaging import files, films
from tests.imaging.conftest import PLAIN, Prepare
from tests.imaging.test_film_masks import film_of
from tests.imaging.test_film_writing import plate_at


def moving(number: int) -> Image.Image:
    """A picture that differs from the one before everywhere."""
    rows, columns = np.mgrid[0:200, 0:320]
    wave = 127 + 100 * np.sin((columns + 3 * number) / 9) * np.cos(rows / 13)
    return Image.fromarray(wave.astype(np.uint8)).convert("RGB")


def test_pictures_that_the_decoder_made_up_are_told(run: Prepare) -> None:
    data = bytearray(film_of([moving(number) for number in range(30)], options={"g": "250", "bf": "0"}))
    with av.open(io.BytesIO(bytes(data))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    start = (packets[10].pos or 0) + packets[10].size // 3
    data[start : start + 200] = np.random.default_rng(3).integers(0, 256, 200, dtype=np.uint8).tobytes()
    report, kept = run(bytes(data), "video", PLAIN)
    assert report.is_ready
    assert len(films.decoded(kept.files["play"])[0]) == 28
    assert report.quality["unread"] == 20
    assert float(str(report.quality["unread_from"])) == pytest.approx(1.0, abs=0.11)
    assert float(str(report.quality["unread_to"])) == pytest.approx(2.9, abs=0.11)


_CODECS = {"libx265": "mp4", "libvpx": "webm"}
_OF_TEN = {"g": "10", "b": "4M", "x265-params": "log-level=none:pools=1:keyint=10:min-keyint=10:scenecut=0"}


@pytest.mark.parametrize(("codec", "reach", "lost"), [
    ("libx265", 0.9, (10, 1.0, 1.9)), ("libvpx", 1.1, (1, 1.0, 2.0)),
])  # fmt: skip
@pytest.mark.wide
def test_zeros_within_a_coded_picture_are_told_though_its_decoder_says_nothing(
    run: Prepare, codec: str, reach: float, lost: tuple[float, ...]
) -> None:
    """Those that reach into the next one let the reader of WebM leave out all to the next group, or to the end."""
    coded = films.film(films.steady(3, rate=10), image=moving(0), codec=codec, form=_CODECS[codec], options=_OF_TEN)
    data = bytearray(coded)
    with av.open(io.BytesIO(coded)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.is_keyframe][1]
    start, end = ((packet.pos or 0) + int(packet.size * share) for share in (0.5, reach))
    data[start:end] = bytes(end - start)
    report, _ = run(bytes(data), "video", PLAIN)
    found = [report.quality.get(name) for name in ("unread", "unread_from", "unread_to")]
    assert (report.verdict, found) == ("ready", [pytest.approx(one, abs=0.11) for one in lost])


@pytest.mark.parametrize(("times", "length"), [([0, 0.1, 8.0], 8.1), ([0, 5.0, 5.1], 5.2), ([0, 1.0, 2.0], 3.0)])
def test_the_length_of_an_uneven_film_is_told_as_it_is_shown(run: Prepare, times: list[float], length: float) -> None:
    report, _ = run(films.film(times), "video", PLAIN)
    assert report.source.duration == pytest.approx(length, abs=0.05)


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_sound_that_goes_on_makes_no_film_too_long(run: Prepare, form: str) -> None:
    report, _ = run(_with_long_sound(form, seconds=9), "video", replace(PLAIN, video_seconds=3))
    assert (report.verdict, report.reason) == ("ready", None)
    assert report.source.duration == pytest.approx(1.0, abs=0.1)


def _with_long_sound(form: str, seconds: int) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as container:
        stream = container.add_stream("libx264" if form == "mp4" else "libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 200, "yuv420p"
        voice = container.add_stream("aac" if form == "mp4" else "libopus", rate=48000, layout="mono")
        for number in range(10):
            container.mux(stream.encode(av.VideoFrame.from_image(moving(number))))
        container.mux(stream.encode(None))
        samples = voice.codec_context.frame_size or 960
        for number in range(seconds * 48000 // samples):
            shape = (1, samples)
            layout = "fltp" if form == "mp4" else "flt"
            frame = av.AudioFrame.from_ndarray(np.zeros(shape, np.float32), format=layout, layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48000, number * samples, Fraction(1, 48000)
            container.mux(voice.encode(frame))
        container.mux(voice.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("end", [pytest.param(0, id="cut"), pytest.param(1, id="zeros")])
@pytest.mark.wide
def test_a_webm_of_which_the_end_is_missing_says_so(run: Prepare, end: int) -> None:
    """Its reader takes it for one that is over."""
    whole = films.film(films.steady(3), image=files.noise(320, 200), form="webm", codec="libvpx")
    kept = len(whole) * 4 // 5
    report, _ = run(whole[:kept] + bytes(end * (len(whole) - kept)), "video", PLAIN)
    assert report.is_ready, report.reason
    assert report.source.duration == pytest.approx(3.0, abs=0.1)
    begins, ends = (float(str(report.quality[name])) for name in ("unread_from", "unread_to"))
    assert 0 < begins < 2.4
    assert ends == pytest.approx(3.0, abs=0.1)


def _without_index() -> bytes:
    data = films.film(films.steady(1))
    return data[: data.index(b"moov") - 4]


def _in_one_piece(share: float) -> bytes:
    """A film that a browser recorded: its head, and one fragment that breaks off."""
    buffer = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(buffer, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "250"})
        stream.width, stream.height, stream.pix_fmt = 320, 200, "yuv420p"
        for number in range(10):
            container.mux(stream.encode(av.VideoFrame.from_image(moving(number))))
        container.mux(stream.encode(None))
    data = buffer.getvalue()
    at = data.index(b"moof") - 4
    return data[: at + int(share * (len(data) - at))]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(_without_index(), "truncated", id="the index was never written"),
        pytest.param(_in_one_piece(0.02), "truncated", id="a fragment that breaks off"),
        pytest.param(films.film(films.steady(1), form="webm", codec="libvpx")[:250], "truncated", id="webm"),
        pytest.param(_without_index() + b"\0\0\0\x10moov" + bytes(8), "no_picture", id="an index that says nothing"),
    ],
)
def test_a_film_whose_end_is_missing_is_called_so(run: Prepare, data: bytes, reason: str) -> None:
    report, _ = run(data, "video", PLAIN)
    assert (report.verdict, report.reason) == ("rejected", reason)


def test_what_is_covered_in_the_poster_is_named_and_proved(run: Prepare, jail: Jail) -> None:
    report, kept = run(film_of([plate_at(200)] * 4), "video", Policy(faces="keep"))
    named = [mask for mask in report.masks if mask.copy == "poster"]
    assert named
    assert all(mask.begins is None for mask in named)
    with Image.open(io.BytesIO(kept.files["poster"])) as poster:
        left, top, right, bottom = named[0].pixels(*poster.size)
        covered = np.asarray(poster)[top + 2 : bottom - 2, left + 2 : right - 2].astype(int)
    assert np.abs(covered - (52, 58, 64)).max() <= 8


def test_a_film_that_tells_of_a_table_of_gigabytes_is_damaged_and_not_too_large(run: Prepare) -> None:
    data = bytearray(films.film(films.steady(1)))
    # The list of key pictures: so many whole numbers of four bytes would follow.
    place = data.index(b"stss") + 8
    data[place : place + 4] = (0x30000000).to_bytes(4, "big")
    report, _ = run(bytes(data), "video", PLAIN)
    assert (report.verdict, report.reason) == ("rejected", "damaged")


def _harmed(begin: float, end: float) -> bytes:
    """A film all drawn upon its first picture, of which every fiftieth byte between these two shares is changed."""
    data = bytearray(films.film(films.steady(1), image=files.noise(320, 192), options={"g": "500", "bf": "0"}))
    with av.open(io.BytesIO(data)) as container:
        first = next(container.demux(video=0))
    start = first.pos or 0
    for at in range(start + 20 + int(begin * first.size), start + int(end * first.size), 50):
        data[at] ^= 0x55
    return bytes(data)


def test_a_film_of_which_nothing_is_to_be_seen_is_damaged_and_not_a_grey_one(run: Prepare) -> None:
    """All that follows is drawn upon the first; a decoder that cannot read it begins with grey."""
    report, kept = run(_harmed(0, 1), "video", PLAIN)
    assert (report.verdict, report.reason, kept.files) == ("rejected", "damaged", {})


def test_a_film_of_which_a_part_of_each_picture_is_damaged_is_taken_and_says_so(run: Prepare) -> None:
    report, _ = run(_harmed(0.9, 1), "video", PLAIN)
    assert (report.verdict, report.quality["unread"], report.quality["unread_from"]) == ("ready", 15, 0)


def test_a_film_whose_colours_only_dolby_s_screens_know_is_not_shown_in_false_ones(run: Prepare) -> None:
    """What an iPhone takes is named `hvc1` and tells the colours of its first layer."""
    film = films.film(films.steady(0.3), codec="libx265", options={"x265-params": "log-level=none"})
    assert film.count(b"hev1") == 1
    reasons = [run(film.replace(b"hev1", name), "video")[0].reason for name in (b"hvc1", b"dvh1")]
    assert reasons == [None, "unsupported_type"]

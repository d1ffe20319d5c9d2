"""A voice tells who somebody is: a film is silent, unless a consent of its own asks for its sound."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest

from imaging import Policy
from imaging.__main__ import main
from imaging.policy import DEIDENTIFIED, TREATMENT_USE
from imaging.verification import has_sound, verify_bytes
from imaging.walks import mp4
from imaging.walks.tracks import tracks
from tests.imaging import films
from tests.imaging.conftest import PLAIN, Prepare
from tests.imaging.voices import RATE, converted, heard, loud, pitch, sounding
from tests.timing import quickest

HEARD = replace(PLAIN, keeps_voice=True)


def test_a_film_is_silent_where_nobody_agreed(run: Prepare) -> None:
    report, kept = run(sounding(), "video", Policy())
    assert heard(kept.files["play"]).size == 0
    assert (report.has_sound, report.label, "audio" in report.removed) == (False, DEIDENTIFIED, True)
    assert "voice" not in report.residual


def test_with_consent_the_voice_is_heard_at_its_place_and_the_film_is_for_treatment_only(run: Prepare) -> None:
    report, kept = run(sounding(begins=0.4, seconds=1.2, pictures=2), "video", Policy(keeps_voice=True))
    played = heard(kept.files["play"])
    assert loud(played, 0, 0.35) < 0.01
    assert loud(played, 0.5, 1.5) > 0.25
    assert loud(played, 1.7, 3) < 0.01
    assert pitch(played, 0.5, 1.5) == pytest.approx(500, abs=5)
    assert (report.has_sound, report.label) == (True, TREATMENT_USE)
    assert "voice" in report.residual
    assert "audio" not in report.removed
    assert report.policy["keeps_voice"] is True
    assert report.second_opinion != "none"


def test_a_table_that_claims_more_samples_than_memory_holds_costs_nothing(run: Prepare) -> None:
    film = bytearray(run(films.film(films.steady(0.3)), "video")[1].files["play"])
    box = next(box for box in mp4.walk(bytes(film)) if box.name == "stsz")
    film[box.start + 4 : box.start + 12] = (1).to_bytes(4, "big") + (2**31).to_bytes(4, "big")
    found: list[object] = []
    assert quickest(lambda: found.append(verify_bytes(bytes(film), "play")), 1) < 1
    assert "more samples than any film of ours" in str(found[0])


def test_what_was_said_before_the_first_picture_is_not_in_the_film(run: Prepare) -> None:
    _, kept = run(sounding(begins=-1.0, seconds=1.0, pictures=1), "video", HEARD)
    assert loud(heard(kept.files["play"]), 0.1, 2) < 0.01
    _, kept = run(sounding(begins=-1.0, seconds=1.5, pictures=1), "video", HEARD)
    played = heard(kept.files["play"])
    assert loud(played, 0.1, 0.4) > 0.25
    assert loud(played, 0.6, 2) < 0.01


@pytest.mark.parametrize(
    ("form", "codec", "layout", "rate"),
    [("webm", "libopus", "stereo", 48000), ("mov", "pcm_s16le", "stereo", 44100), ("mp4", "aac", "5.1", 48000),
     ("mp4", "libmp3lame", "mono", 22050)],
)  # fmt: skip
def test_whatever_the_camera_wrote_becomes_one_plain_channel(
    run: Prepare, form: str, codec: str, layout: str, rate: int
) -> None:
    if codec in ("pcm_s16le", "libopus", "libmp3lame"):
        data = converted(sounding(layout="mono"), form, codec, layout, rate)
    else:
        data = sounding(form=form, codec=codec, layout=layout, rate=rate)
    report, kept = run(data, "video", HEARD)
    assert report.is_ready, report
    with av.open(io.BytesIO(kept.files["play"])) as container:
        (voice,) = container.streams.audio
        assert (voice.codec_context.name, voice.codec_context.channels, voice.rate) == ("aac", 1, RATE)
    assert pitch(heard(kept.files["play"]), 0.2, 0.8) == pytest.approx(500, abs=5)
    assert b"CANARY" not in kept.files["play"]
    assert b"Lavc" not in kept.files["play"]


def test_of_two_voices_one_is_kept_and_the_other_is_removed(run: Prepare) -> None:
    report, kept = run(sounding(sounds=2), "video", HEARD)
    with av.open(io.BytesIO(kept.files["play"])) as container:
        assert len(container.streams) == 2
    assert "audio" in report.removed


def test_a_silent_film_stays_one_without_a_track_of_sound(run: Prepare) -> None:
    report, kept = run(films.film(films.steady(1)), "video", Policy(keeps_voice=True))
    assert not has_sound(kept.files["play"])
    assert (report.has_sound, report.label) == (False, DEIDENTIFIED)


def test_a_voice_that_cannot_be_decoded_leaves_the_film_whole(run: Prepare) -> None:
    data = bytearray(sounding())
    voice = next(track for track in tracks(bytes(data), list(mp4.walk(bytes(data)))) if track.handler == b"soun")
    for start, size in voice.samples:
        data[start : start + size] = bytes(byte ^ 0xA5 for byte in data[start : start + size])
    report, kept = run(bytes(data), "video", HEARD)
    assert report.is_ready
    assert len(films.decoded(kept.files["play"])[0]) == 15


def test_the_same_voice_gives_the_same_bytes_and_a_bounded_size(run: Prepare) -> None:
    data = sounding(seconds=4, pictures=4, layout="stereo")
    first, second = run(data, "video", HEARD)[1].files["play"], run(data, "video", HEARD)[1].files["play"]
    assert first == second
    (voice,) = (track for track in tracks(first, list(mp4.walk(first))) if track.handler == b"soun")
    assert sum(size for _, size in voice.samples) < 4.2 * 96_000 / 8 * 1.2


def test_sound_is_found_by_the_second_look_where_no_consent_allows_it(run: Prepare) -> None:
    _, kept = run(sounding(), "video", HEARD)
    film = kept.files["play"]
    assert verify_bytes(film, "play", allows_sound=True) == []
    assert any(finding.what.endswith("/smhd") for finding in verify_bytes(film, "play"))


def test_bytes_hidden_beside_the_samples_or_in_a_packet_of_data_are_found(run: Prepare) -> None:
    _, kept = run(sounding(), "video", HEARD)
    film = kept.files["play"]
    boxes = list(mp4.walk(film))
    (voice,) = (track for track in tracks(film, boxes) if track.handler == b"soun")
    filled = bytearray(film)
    filled[voice.samples[3][0]] = 0x80  # A packet that begins with data instead of a channel.
    assert [f.what for f in verify_bytes(bytes(filled), "x", allows_sound=True)] == [
        "a packet of sound that is not ours"
    ]
    media = next(box for box in boxes if box.path == "mdat")
    hidden = b"CANARY-7731-CANARY"
    longer = (media.end - media.outer + len(hidden)).to_bytes(4, "big")
    grown = film[: media.outer] + longer + film[media.outer + 4 : media.end] + hidden
    found = verify_bytes(grown, "x", allows_sound=True)
    assert [f.what for f in found] == ["broken structure: bytes in the media box that belong to no sample"]


def test_every_track_of_a_prepared_film_lies_sample_by_sample(run: Prepare) -> None:
    _, kept = run(sounding(seconds=2, pictures=2), "video", HEARD)
    found = tracks(kept.files["play"], list(mp4.walk(kept.files["play"])))
    spans = sorted(span for track in found for span in track.samples)
    assert all(start + size == after for (start, size), (after, _) in pairwise(spans))
    with av.open(io.BytesIO(kept.files["play"])) as container:
        packets = [packet.size for packet in container.demux(audio=0) if packet.size]
    assert [size for _, size in found[1].samples] == packets


@pytest.mark.wide
def test_the_command_keeps_a_voice_only_when_told_and_its_report_says_so(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    source.write_bytes(sounding())
    plain, spoken = tmp_path / "plain", tmp_path / "spoken"
    assert main(["prepare", str(source), "--out", str(plain), "--faces", "keep", "--text", "keep"]) == 0
    told = ["--faces", "keep", "--text", "keep", "--voice", "keep"]
    assert main(["prepare", str(source), "--out", str(spoken), *told]) == 0
    assert json.loads((plain / "report.json").read_text())["has_sound"] is False
    film, report = str(spoken / "play.mp4"), str(spoken / "report.json")
    assert main(["verify", film]) == 1
    copies = [str(path) for path in sorted(spoken.iterdir()) if path.name != "report.json"]
    assert main(["verify", *copies, "--report", report]) == 0
    assert main(["verify", *copies, "--report", str(plain / "report.json")]) == 1

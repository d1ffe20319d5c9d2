"""No file, however made, costs more than its share, kills the server, or keeps the next one waiting."""

import io
import os
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from imaging import Jail, Policy, Report, prepare
from imaging.kinds import guess
from imaging.magic import HEAD_BYTES, sniff
from tests.imaging import bombs, documents, files, films, pictures
from tests.imaging.conftest import PLAIN, Kept, Prepare
from tests.imaging.heic import heic, tiled_heic
from tests.imaging.jobs import start_of, twin_of
from tests.spread import spread
from tests.timing import TRIES

GOOD = files.encode(files.corners(), "JPEG")
ENDS = {"ready", "rejected"}
NOT_OURS = {"ImportError", "ModuleNotFoundError", "PermissionError", "FileNotFoundError"}
"""What a decoder meets that wants to load something once the door is locked: a fault of ours, not of the file."""


def is_terminal(report: Report) -> bool:
    """Whether a file ended with a verdict on it and a reason, within its share of time and memory."""
    per_page = 1 + (report.source.pages or 0) if report.kind == "lab_document" else 1
    within = report.usage.get("cpu_ms", 0) <= 10_500 * per_page and report.usage.get("rss_mib", 0) <= 1229
    has_reason = (report.reason is None) == report.is_ready
    return report.verdict in ENDS and within and has_reason and report.detail not in NOT_OURS


@pytest.mark.parametrize("name", spread(bombs.BOMBS, 8))
def test_a_bomb_ends_in_bounds_and_the_next_photo_starts_at_once(run: Prepare, jail: Jail, name: str) -> None:
    kind, make = bombs.BOMBS[name]
    server = jail.pid
    bomb = make()
    for _try in range(TRIES):
        report, kept = run(bomb, kind)
        assert is_terminal(report), report
        assert bool(kept.files) == report.is_ready
        if (took := start_of(GOOD, PLAIN, jail)) < 1:
            break
    assert took < 1
    assert jail.pid == server


def seeds() -> list[tuple[str, bytes]]:
    """A small file of every kind, each with everything hung on it."""
    small = files.corners(96, 64)
    found = [("photo", files.encode(small, name)) for name in ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF")]
    found += [("photo", heic(small)), ("photo", files.soaked_jpeg()), ("photo", files.soaked_png())]
    two = files.encode(small, "MPO", save_all=True, append_images=[files.noise(96, 64)])
    found += [("photo", tiled_heic(small, (48, 32))), ("photo", two)]
    found += [("photo", files.soaked_webp()), ("photo", files.encode(small, "JPEG", progressive=True))]
    found += [("lab_document", documents.soaked_pdf()), ("lab_document", documents.tiff(2))]
    found += [("lab_document", files.encode(small, name)) for name in ("JPEG", "PNG", "WEBP")]
    clip = films.film([0, 0.1, 0.2], image=small)
    return [*found, ("video", clip), ("video", films.film([0, 0.1], image=small, form="webm", codec="libvpx-vp9"))]


def _fuzz(jail: Jail, count: int) -> None:
    number = int(os.environ.get("FUZZ_SEED", "20261125"))
    chance, sources = random.Random(number), seeds()
    # With something to look for, so that the server has loaded its models before it is weighed.
    for policy in (PLAIN, Policy()):
        assert prepare("photo", io.BytesIO(sources[0][1]), Kept(), policy, jail=jail).is_ready
    server, twin, sizes = psutil.Process(jail.pid), twin_of(jail.pid), []
    assert twin is not None
    for turn in range(count):
        kind, data = sources[turn % len(sources)]
        report = prepare(kind, io.BytesIO(bombs.mutated(data, chance)), Kept(), PLAIN, jail=jail)
        is_contained = report.verdict == "failed" and report.reason == "crash"
        assert is_terminal(report) or is_contained, (number, turn, report)
        if turn % 50 == 0:
            sizes.append(server.memory_info().rss + twin.memory_info().rss)
    assert server.pid == jail.pid
    assert server.is_running()
    assert twin.is_running()
    assert max(sizes) - sizes[0] < 8 << 20, "the server grows"
    assert not [child for child in server.children(recursive=True) if child.status() == psutil.STATUS_ZOMBIE]


@pytest.mark.timeout(900)
def test_mutated_files_end_in_a_verdict(jail: Jail) -> None:
    _fuzz(jail, 500)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_ten_thousand_mutated_files_end_in_a_verdict(jail: Jail) -> None:
    _fuzz(jail, 10_000)


def _corpus() -> Iterator[Path]:
    """Every file of the folder that `CORPORA` names; without one, the bombs and seeds of this suite."""
    folder = Path(os.environ["CORPORA"])
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.slow
@pytest.mark.timeout(36_000)
def test_every_file_of_a_corpus_ends_in_a_verdict(jail: Jail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "CORPORA" not in os.environ:
        monkeypatch.setenv("CORPORA", str(tmp_path))
        for number, (_, data) in enumerate(seeds()):
            (tmp_path / str(number)).write_bytes(data)
    ends: dict[str, int] = {}
    for path in _corpus():
        with path.open("rb") as source:
            kind = guess(sniff(source.read(HEAD_BYTES)))
            report = prepare(kind, source, Kept(), PLAIN, jail=jail)
        assert report.verdict in ENDS, (path, report)
        assert is_terminal(report), (path, report)
        ends[report.reason or report.verdict] = ends.get(report.reason or report.verdict, 0) + 1
    print(ends)
    assert ends


@pytest.mark.slow
def test_the_largest_transparent_picture_fits(run: Prepare) -> None:
    head = struct.pack(">IIBBBBB", 7000, 7000, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes((1 + 4 * 7000) * 7000), 1)
    chunks = (files.chunk(*one) for one in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")))
    sheer = b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
    assert run(sheer, policy=Policy())[0].is_ready


@pytest.mark.wide
def test_a_photo_of_49_megapixels_fits_with_all_looks_and_every_pixel(run: Prepare) -> None:
    marked = files.corners(7000, 7000)
    marked.paste(pictures.qr_code().resize((600, 600), Image.Resampling.NEAREST), (3000, 2000))
    report, kept = run(files.encode(marked, "JPEG", quality=60), policy=Policy(keeps_detail=True))
    assert (report.verdict, report.reason) == ("ready", None)
    assert kept.sizes["full"] == (7000, 7000)
    assert any(mask.what == "code" and 3000 < mask.left * 7000 < 3600 for mask in report.masks)
    assert report.usage["rss_mib"] < 800

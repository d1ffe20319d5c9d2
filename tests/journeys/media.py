"""What the mother sends: files as a phone writes them, with her child's name and home in their metadata."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base

from imaging import samples
from imaging.samples.metadata import phone_exif

# Made-up words that occur nowhere else, so that each byte of the product can be searched for them.
NAME = "Xochiquetzal Tlanezi"
BIRTH_DATE = "2019-07-13"
FILE_NAME = f"{NAME} zarzamora.jpg"
SIZE = (4032, 3024)
CORNER = 1200
"""So large that nobody takes the square for writing, which would be covered."""
MAGENTA = (230, 0, 230)
TURNED = 6
"""The EXIF orientation of a phone held upright: the sensor's rows run from the right edge to the left."""


@dataclass(frozen=True, repr=False)
class Media:
    """Bytes as they leave the phone. `far` is stored turned, with a magenta square top left when it is seen upright."""

    far: bytes
    close: bytes
    again: bytes
    clip: bytes
    paper: bytes


def draw_media() -> Media:
    """Two photos of 12 megapixels, one more for the retake, a video of three seconds and a lab report of one page."""
    patient = samples.Patient(name=NAME, birth_date=BIRTH_DATE, mrn="MRN-7731-0042")
    return Media(
        far=_turned(samples.photo("eczema_far", tone=4, seed=11, size=SIZE, metadata=False)),
        close=samples.photo("eczema_elbow", tone=4, seed=12, size=SIZE),
        again=samples.photo("eczema_elbow", tone=4, seed=13, size=(2016, 1512)),
        clip=samples.video("tremor", seed=14, seconds=3.0),
        paper=samples.lab_pdf(seed=15, patient=patient, panel="ige", language="es"),
    )


def smaller(media: Media) -> Media:
    """The same with photos of a ninth of the pixels, for a story in which their size proves nothing."""
    return replace(media, far=_smaller(media.far), close=_smaller(media.close))


def _smaller(photo: bytes) -> bytes:
    target = io.BytesIO()
    with Image.open(io.BytesIO(photo)) as image:
        image.reduce(3).save(target, "JPEG", quality=92, exif=image.info["exif"], comment=NAME.encode())
    return target.getvalue()


def has_corner(image: Image.Image) -> bool:
    """Whether the magenta square is where it belongs: top left and nowhere else."""
    small = np.asarray(image.convert("RGB").resize((400, 300))).astype(int)
    is_magenta = np.abs(small - MAGENTA).max(axis=2) < 60
    return bool(is_magenta[4:24, 4:24].all()) and not bool(is_magenta[130:, 130:].any())


def _turned(photo: bytes) -> bytes:
    """The photo with its square, stored as a phone held upright stores it and labelled with whom it shows."""
    seen = np.array(Image.open(io.BytesIO(photo)).convert("RGB"))
    seen[:CORNER, :CORNER] = MAGENTA
    exif = phone_exif(np.random.default_rng(7), datetime(2026, 5, 4, 9, 30, tzinfo=UTC), TURNED)
    exif[Base.ImageDescription] = exif[Base.Artist] = NAME
    exif.get_ifd(IFD.Exif)[Base.UserComment] = b"ASCII\x00\x00\x00" + f"{NAME} {BIRTH_DATE}".encode()
    target = io.BytesIO()
    Image.fromarray(np.rot90(seen)).save(target, "JPEG", quality=92, exif=exif, comment=NAME.encode())
    return target.getvalue()

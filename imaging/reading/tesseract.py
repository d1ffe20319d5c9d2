"""Tesseract as a library: loaded once before any file is seen, used inside the jail, no program of its own started."""

import ctypes
import os
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imaging.reading.confusion import SURE
from imaging.reading.words import Word

_LIBRARIES = ("libtesseract.so.5", "libtesseract.so.4", "libtesseract.5.dylib")
_LANGUAGE = b"eng"
"""One language: accents are compared without their marks, and a second one would double the time."""
_ONE_BLOCK = 6
_WORD_LEVEL = "5"
_COLUMNS = 12
_SIGNS = ".,;:()[]\"'"


@dataclass(frozen=True)
class Reader:
    """A loaded Tesseract with its language."""

    engine: ctypes.CDLL
    handle: ctypes.c_void_p
    version: str


def load_reader() -> Reader | None:
    """Load the library and the language; None where either is missing."""
    # More than one thread would cost more processor time than it saves, and the jail counts processor time.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    library = _library()
    if library is None:
        return None
    library.TessVersion.restype = ctypes.c_char_p
    library.TessBaseAPICreate.restype = ctypes.c_void_p
    library.TessBaseAPIGetTsvText.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.TessBaseAPICreate())
    if library.TessBaseAPIInit3(handle, None, _LANGUAGE) != 0:
        return None
    library.TessBaseAPISetPageSegMode(handle, _ONE_BLOCK)
    return Reader(library, handle, library.TessVersion().decode("ascii", "replace"))


def _library() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def read_words(reader: Reader, grey: NDArray[np.uint8], dots_per_inch: int) -> list[Word]:
    """Return the words of a grey picture."""
    grey = np.ascontiguousarray(grey)
    height, width = grey.shape
    pixels = ctypes.c_void_p(grey.ctypes.data)
    library, handle = reader.engine, reader.handle
    library.TessBaseAPISetImage(handle, pixels, width, height, 1, width)
    library.TessBaseAPISetSourceResolution(handle, dots_per_inch)
    library.TessBaseAPIRecognize(handle, None)
    text = ctypes.c_void_p(library.TessBaseAPIGetTsvText(handle, 0))
    if not text.value:
        return []
    lines = (ctypes.string_at(text) or b"").decode("utf-8", "replace").splitlines()
    library.TessDeleteText(text)
    library.TessBaseAPIClear(handle)
    found = (word for line in lines if (word := _word(line.split("\t"))) is not None)
    return [replace(word, is_word=_is_word(reader, word)) for word in found]


def _is_word(reader: Reader, word: Word) -> bool:
    """Whether the reader was sure of a word and it is one of its language."""
    letters = word.text.strip(_SIGNS).lower()
    if word.confidence < SURE or not letters.isalpha():
        return False
    return bool(reader.engine.TessBaseAPIIsValidWord(reader.handle, letters.encode()))


def _word(fields: list[str]) -> Word | None:
    """Read one row of the table that Tesseract gives: level, page, ..., left, top, width, height, confidence, text."""
    if len(fields) < _COLUMNS or fields[0] != _WORD_LEVEL or not fields[11].strip():
        return None
    left, top, width, height = (float(field) for field in fields[6:10])
    return Word(fields[11].strip(), left, top, left + width, top + height, float(fields[10]))

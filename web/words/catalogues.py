"""The words of other languages: gettext catalogues, one .po file for each part of the pages, compiled in memory.

`web/translations/es/*.po` are merged when the application starts, so nobody needs a build step or writes a .mo file.
`web.wording` is the tool that keeps them complete.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

FOLDER = Path(__file__).parents[1] / "translations"


def load_catalogue(language: str, folder: Path = FOLDER) -> Catalog:
    """All .po files of a language as one catalogue. Raises ValueError when two files translate one text differently."""
    whole = Catalog(locale=language)
    for path in sorted((folder / language).glob("*.po")):
        for message in read_part(path, language):
            known = whole.get(message.id, message.context) if message.id else None
            if known is not None and known.string != message.string:
                raise ValueError(f"{path.name} translates {message.id!r} in another way than an earlier file.")
            if message.id:
                whole[message.id] = message
    return whole


@functools.cache
def load_translations(language: str) -> Translations:
    """The catalogue of a language, ready for gettext, compiled once. Texts marked as doubtful are left out."""
    compiled = io.BytesIO()
    write_mo(compiled, load_catalogue(language))
    compiled.seek(0)
    return Translations(compiled)


def read_part(path: Path, language: str) -> Catalog:
    """One .po file. Raises PoFileError when it is not well formed."""
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)

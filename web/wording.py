"""Keep the translations complete: find the texts of the pages and compare them with the catalogues.

`python -m web.wording --check` names every text that lacks a translation or carries a doubtful one;
`python -m web.wording --add family.po` adds the missing ones to that file, to be translated by a person.
"""

from __future__ import annotations

import argparse
import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from web.words.catalogues import FOLDER, load_catalogue, read_part

WEB = Path(__file__).parent
METHODS = [("translations/**", "ignore"), ("static/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "pgettext": ((1, "c"), 2)}
OPTIONS = {"templates/**.html": {"silent": "false", "trimmed": "true"}}


@functools.cache
def extract_messages() -> Catalog:
    """Every text that the pages' Python and templates mark for translation, as they were when first asked for."""
    catalogue = Catalog()
    found = extract_from_dir(WEB, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",))
    for filename, line, text, comments, context in found:
        catalogue.add(text, None, [(filename, line)], auto_comments=comments, context=context)
    for filename, line, text in _within_texts():
        catalogue.add(text, None, [(filename, line)])
    return catalogue


def _within_texts() -> Iterator[tuple[str, int, str]]:
    """The texts that stand within an f-string, which is one word to Babel before Python 3.12: it reads none of them."""
    for path in sorted(WEB.rglob("*.py")):
        texts = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.JoinedStr))
        for call in (each for text in texts for each in ast.walk(text) if isinstance(each, ast.Call)):
            first = call.args[0] if call.args else None
            is_marked = isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
            if is_marked and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield str(path.relative_to(WEB)), call.lineno, first.value


def faults(language: str) -> Iterator[str]:
    """One sentence for each text that has no translation, an empty one, a doubtful one, or broken placeholders."""
    catalogue = load_catalogue(language)
    for message in extract_messages():
        if not message.id:
            continue
        known = catalogue.get(message.id, message.context)
        if known is None or not _is_whole(known):
            yield f"{language}: not translated: {message.id!r}"
        elif known.fuzzy:
            yield f"{language}: doubtful: {message.id!r}"
        else:
            yield from (f"{language}: {error}: {message.id!r}" for error in known.check(catalogue))


def _is_whole(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def add_missing(language: str, name: str, only: str = "") -> int:
    """Add untranslated texts (of sources whose path contains `only`) to the file `name`; returns how many."""
    whole, path = load_catalogue(language), FOLDER / language / name
    part = (
        read_part(path, language)
        if path.exists()
        else Catalog(locale=language, header_comment="# Texts of the pages.", fuzzy=False)
    )
    missing = [m for m in extract_messages() if m.id and whole.get(m.id, m.context) is None and _is_from(m, only)]
    for message in missing:
        part.add(message.id, None, message.locations, message.flags, message.auto_comments, context=message.context)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, part, width=120, omit_header=False, include_lineno=False, sort_output=False)
    return len(missing)


def _is_from(message: Message, only: str) -> bool:
    return any(only in location[0] for location in message.locations)


def main(arguments: list[str] | None = None) -> int:
    """Check all languages, or add what is missing to one file; exit status 1 when the check finds a fault."""
    parser = argparse.ArgumentParser(prog="python -m web.wording", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="name each missing or doubtful translation")
    parser.add_argument("--add", metavar="FILE.po", help="add the missing texts to this file")
    parser.add_argument(
        "--only", default="", metavar="PART", help="with --add: only texts whose source path contains PART"
    )
    parser.add_argument("--language", default="es")
    options = parser.parse_args(arguments)
    if options.add:
        sys.stdout.write(f"{add_missing(options.language, options.add, options.only)} texts added\n")
        return 0
    found = list(faults(options.language))
    for fault in found:
        sys.stderr.write(fault + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Every class that a page names is known: to a stylesheet, which draws it, or to a script, which looks for it."""

from __future__ import annotations

import re

from tests.house.tree import kept_files, text_of

UNPRINTED = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
"""What a template does, beside what it prints as it stands; a class that is put together there is not looked at."""


def test_no_page_names_a_class_that_nothing_knows() -> None:
    found: set[tuple[str, str]] = set()
    known = "".join(text_of(path) or "" for path in kept_files() if _is(path.parts, "static", (".css", ".js")))
    for path in kept_files():
        if _is(path.parts, "templates", (".html",)):
            named = re.findall(r'class="([^"]*)"', UNPRINTED.sub(" ", text_of(path) or ""))
            # What ends in a hyphen is the first half of a name.
            names = {name for each in named for name in each.split() if not name.endswith("-")}
            found |= {(str(path), name) for name in names if not re.search(rf"\.{re.escape(name)}(?![\w-])", known)}
    assert found == set()


def _is(parts: tuple[str, ...], folder: str, endings: tuple[str, ...]) -> bool:
    return parts[:2] == ("web", folder) and parts[-1].endswith(endings)

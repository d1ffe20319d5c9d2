"""Pages under docs/ that are written from the code: `python -m tests.house.pages` writes them, a test compares them."""

from __future__ import annotations

from econsult.settings import settings_table
from tests.house.tree import ROOT

SETTINGS_INTRO = """# Settings

Everything is set by environment variables and read once, at the start; a wrong value stops the start with one line that
names it. A secret may also come from a file: `ECONSULT_KEYS_FILE=/run/secrets/keys` instead of `ECONSULT_KEYS`.
`make run` needs none of them. This page is written from the table in `econsult/settings.py` by `make pages`.

"""


def settings_page() -> str:
    """`docs/settings.md`: what a reader must know, then the table."""
    return SETTINGS_INTRO + settings_table()


if __name__ == "__main__":
    (ROOT / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")

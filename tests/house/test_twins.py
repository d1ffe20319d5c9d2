"""Two rooms that may not share code read dates alike: the files that stand twice say the same but for their room."""

from __future__ import annotations

import pytest

from tests.house.tree import ROOT


@pytest.mark.parametrize("name", ["dates.py", "date_words.py"])
def test_the_files_that_stand_twice_say_the_same(name: str) -> None:
    texts, pages = ((ROOT / folder / name).read_text("utf-8") for folder in ("econsult/people", "imaging/reading"))
    assert texts.replace("econsult.people", "imaging.reading") == pages

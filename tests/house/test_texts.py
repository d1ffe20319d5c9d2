"""What is committed speaks of the product only: no machine's paths, no unfinished business, no closed eyes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, kept_files, python_files, text_of

# Letters in brackets keep this file from containing what it looks for.
FOREIGN = {
    "a path of somebody's machine": r"(?<![\w.~}])/(?:work|root|home|Users|opt)/\w",
    "a package registry's address": r"https?://[^\s/\"']*(?:py[p]i|python[h]osted|npm[j]s|reg[i]stry|mirr[o]r)",
    "a tool of somebody's workplace": r"\bfar[m]-(?:bench|studio)|\bissue[s] (?:show|list)\b|\.librar[y]\b",
}
UNFINISHED = {
    "a note to self": r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b",
    "a stub": r"NotImplemented[E]rror",
}
CLOSED_EYES = {
    "a skipped test": r"\b(?:skip[i]f|mark\.ski[p]|pytest\.ski[p]|importorski[p]|xfai[l])\b",
    "a mock": r"unittest\.moc[k]|\bMagicMoc[k]\b|\bmocker\b",
    "a patch of code under test": r"monkeypatch\.setatt[r]",
}
LOCKS = (
    "requirements.lock",
    "tests/requirements.lock",
    "tests/pictures.lock",
    "imaging/opencv-headless.lock",
    "imaging/models.lock",
)
LOCK_LINE = re.compile(r"(?:[a-z0-9.-]+==[\w.!+-]+(?: ; [\w.<>=!'\" ()-]+)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?)")


def findings(pattern: str, paths: list[Path]) -> list[str]:
    """`file:line` of every match."""
    found = []
    for path in paths:
        for number, line in enumerate((text_of(path) or "").splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{path}:{number}")
    return found


def own_texts() -> list[Path]:
    """Everything but what was taken over unchanged from others."""
    return [path for path in kept_files() if "vendor" not in path.parts]


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_committed_holds(what: str) -> None:
    assert findings(FOREIGN[what], own_texts()) == []


@pytest.mark.parametrize("what", UNFINISHED)
def test_nothing_is_left_for_later_by(what: str) -> None:
    code = [path for path in own_texts() if path.parts[0] in {*ROOMS, "tests", ".ci"}]
    assert findings(UNFINISHED[what], code) == []


@pytest.mark.parametrize("what", CLOSED_EYES)
def test_no_test_passes_thanks_to(what: str) -> None:
    assert findings(CLOSED_EYES[what], python_files("tests")) == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pinned_versions_and_hashes_only(name: str) -> None:
    lines = (text_of(Path(name)) or "").splitlines()
    assert lines
    assert [line for line in lines if not LOCK_LINE.fullmatch(line)] == []


def test_what_the_tests_run_is_what_is_shipped() -> None:
    shipped = set(_pins("requirements.lock"))
    assert shipped - set(_pins("tests/requirements.lock")) == set()


def test_both_variants_of_opencv_have_one_version() -> None:
    full = [pin for pin in _pins("requirements.lock") if pin.startswith("opencv-python==")]
    assert _pins("imaging/opencv-headless.lock") == [full[0].replace("python==", "python-headless==")]


def _pins(name: str) -> list[str]:
    """`package==version` of every entry; on which systems it is wanted may differ between two locks."""
    return [line.split()[0] for line in (text_of(Path(name)) or "").splitlines() if not line.startswith(" ")]

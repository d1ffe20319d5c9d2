"""The documents and the code say the same."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from econsult.settings import PREFIX, SETTINGS
from tests.house.pages import settings_page
from tests.house.tree import ROOMS, ROOT, kept_files, python_files, text_of

LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
COMMAND = re.compile(r"\bpython -m ([a-z_.]*[a-z_])(?![\w.])")
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
TARGET = re.compile(r"`make ([a-z]+)")
OTHERS_COMMANDS = {"venv", "pip", "pytest"}


def documents() -> list[Path]:
    """Every page of prose."""
    return [path for path in kept_files() if path.suffix == ".md"]


def mentions(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    """(page, what it mentions) for every match in the documents."""
    return {(str(page), found) for page in documents() for found in pattern.findall(text_of(page) or "")}


def test_the_settings_page_is_the_settings_table() -> None:
    assert text_of(Path("docs/settings.md")) == settings_page(), "Run: make pages"


def test_every_setting_that_the_code_reads_is_in_the_table() -> None:
    known = {PREFIX + setting.name for setting in SETTINGS}
    read = {name for path in python_files(*ROOMS) for name in re.findall(r"\bECONSULT_[A-Z_]+\b", text_of(path) or "")}
    assert {name.removesuffix("_FILE") for name in read if not name.endswith("_")} - known == set()


def test_every_link_in_the_documents_leads_somewhere() -> None:
    broken = [(page, link) for page, link in mentions(LINK) if not (ROOT / page).parent.joinpath(link).exists()]
    assert broken == []


def test_every_command_in_the_documents_exists() -> None:
    unknown = [(page, name) for page, name in sorted(mentions(COMMAND)) if not _is_command(name)]
    assert [(page, name) for page, name in unknown if name not in OTHERS_COMMANDS] == []


def test_every_test_that_the_documents_name_is_there() -> None:
    assert [(page, name) for page, name in sorted(mentions(TEST)) if not (ROOT / name).exists()] == []


def test_every_numbered_threat_names_a_test_that_there_is() -> None:
    page = text_of(Path("docs/security.md")) or ""
    rows = re.findall(r"^\| T(\d+) \|.*$", page, re.MULTILINE)
    assert rows == [str(number) for number in range(1, 23)]
    named = {
        name for row in re.findall(r"^\| T\d+ \|.*$", page, re.MULTILINE) for name in re.findall(r"`(test_\w+)`", row)
    }
    known = {name for path in python_files("tests") for name in re.findall(r"def (test_\w+)\(", text_of(path) or "")}
    assert named - known == set()


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(Path("Makefile")) or "", re.MULTILINE))
    assert {target for _page, target in mentions(TARGET)} - targets == set()


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in documents() if path.parent == Path("docs/decisions")]
    assert sorted(set(numbers)) == numbers


@pytest.mark.parametrize("part", ["Context", "Choice", "What we gave up"])
def test_every_decision_says_its(part: str) -> None:
    decisions = [path for path in documents() if path.parent == Path("docs/decisions")]
    heading = re.compile(rf"^(## {part}$|\*\*{part}\.\*\*)", re.MULTILINE)
    assert [path for path in decisions if not heading.search(text_of(path) or "")] == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_on_the_map(room: str) -> None:
    assert f"`{room}/`" in (text_of(Path("docs/architecture.md")) or "")


def test_the_processes_of_the_procfile_are_the_documented_ones() -> None:
    names = re.findall(r"^([a-z]+):", text_of(Path("Procfile")) or "", re.MULTILINE)
    assert names == ["web", "upload", "fast", "slow", "clock"]
    operations = text_of(Path("docs/operations.md")) or ""
    assert [name for name in names if f"`{name}`" not in operations] == []


def _is_command(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return False
    if spec is None or not name.startswith((*ROOMS, "tests")):
        return False
    return spec.submodule_search_locations is None or importlib.util.find_spec(f"{name}.__main__") is not None

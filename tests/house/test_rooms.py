"""Six rooms and nothing beside them: what a stranger sees first stays what the documents promise."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT, kept_files, python_files, text_of
from tests.spread import spread

TOP_LEVEL = {
    *ROOMS,
    "tests",
    "docs",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "Procfile",
    "README.md",
    "pyproject.toml",
    "requirements.lock",
}
# The name of a logger, in quotes, makes no engine.
ENGINE_WORDS = re.compile(r"(?<!\")\b(create_engine|sessionmaker|alembic)\b(?!\")")
TRAIL_WRITTEN = re.compile(
    r"\b(insert|update|delete)\(AuditEvent\b|\b(insert_\w+|change)\(\w+, AuditEvent\b|\bAuditEvent\(\w+=|"
    r"session\.delete\(\w*event"
)
CLOCKS = re.compile(r"\b(datetime\.now|date\.today|utcnow|time\.time(_ns)?)\(")
# Importing a module may read files; it may not reach out, start programs or write.
WATCHED_IMPORT = """
import gc, importlib, os, sys

def watch(event, arguments):
    if event in {"socket.connect", "subprocess.Popen", "os.fork", "os.mkdir", "sqlite3.connect"}:
        raise SystemExit(f"{event} {arguments[:2]} while importing")
    if event == "open" and isinstance(arguments[0], str) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise SystemExit(f"write to {arguments[0]} while importing")

sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(gc.get_stats()[0]["collections"])
"""


def test_the_top_level_packages_are_the_six_rooms_and_the_tests() -> None:
    packages = {path.parts[0] for path in kept_files() if path.name == "__init__.py"}
    assert packages == {*ROOMS, "tests"}


def test_the_top_level_holds_nothing_else() -> None:
    assert {path.parts[0] for path in kept_files()} - TOP_LEVEL == set()


def test_every_folder_of_python_files_is_a_package() -> None:
    folders = {path.parent for path in python_files(*ROOMS, "tests")}
    assert [folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").exists()] == []


def test_only_the_consult_makes_engines() -> None:
    others = python_files(*(room for room in ROOMS if room != "econsult"))
    assert [path for path in others if ENGINE_WORDS.search(text_of(path) or "")] == []


def test_only_web_and_workers_and_commands_read_a_clock() -> None:
    timeless = python_files("uploads", "econsult", "imaging", "storage")
    assert [path for path in timeless if path.name != "__main__.py" and CLOCKS.search(text_of(path) or "")] == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
    assert [path for path in python_files(*ROOMS, "tests") if path.stem in vague] == []


@pytest.mark.parametrize("room", spread(ROOMS, 3))
def test_importing_a_room_connects_to_nothing_and_writes_nothing(room: str) -> None:
    names = [_module(path) for path in python_files(room) if _is_importable(path)]
    command = [sys.executable, "-c", WATCHED_IMPORT, *names]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert int(child.stdout) < 200, (
        "the collector of cycles ran again and again among modules; see econsult/__init__.py"
    )


def test_the_trail_is_written_in_one_place_which_only_adds() -> None:
    """What is changed there is the place of a row from before there was a chain, and its hash."""
    written = [
        (path.name, found[0])
        for path in python_files(*ROOMS)
        if "versions" not in path.parts
        for found in TRAIL_WRITTEN.finditer(text_of(path) or "")
    ]
    assert written == [("trail.py", "insert_all(session, AuditEvent"), ("trail.py", "update(AuditEvent")]


def test_each_room_is_installed_by_name() -> None:
    settings = tomllib.loads(text_of(Path("pyproject.toml")) or "")
    included = settings["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.rstrip("*") for name in included} == set(ROOMS)


def _is_importable(path: Path) -> bool:
    return path.name not in {"__main__.py", "env.py"} and "versions" not in path.parts


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")

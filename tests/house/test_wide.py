"""What is marked `wide` is a second look: the first one is in the same file, and the normal run takes it."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.house.tree import ROOT


def misused(source: str) -> list[str]:
    """What is wrong with the marks of a test file, in words; nothing where no test is wide."""
    tree = ast.parse(source)
    whole = [node for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets)]
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    wide = [test for test in tests if _has(test, "pytest.mark.wide")]
    stays = [test for test in tests if not _has(test, "pytest.mark.wide") and not _has(test, "pytest.mark.slow")]
    both = [test.name for test in wide if _has(test, "pytest.mark.slow")]
    return [
        *(["a whole file is no second look"] if any("mark.wide" in ast.unparse(node) for node in whole) else []),
        *(["no test stays in the normal run"] if wide and not stays else []),
        *(f"{name} is slow already" for name in both),
    ]


def _has(test: ast.FunctionDef, mark: str) -> bool:
    return any(ast.unparse(decorator) == mark for decorator in test.decorator_list)


def test_a_wide_test_has_a_neighbour_in_the_normal_run() -> None:
    files = sorted(Path(ROOT, "tests").rglob("test_*.py"))
    wrong = {str(path.relative_to(ROOT)): misused(path.read_text()) for path in files}
    assert {path: words for path, words in wrong.items() if words} == {}


def test_each_misuse_is_told() -> None:
    wide, slow, plain = "@pytest.mark.wide\n", "@pytest.mark.slow\n", "def test_a(): pass\n"
    assert misused(wide + plain + "def test_b(): pass\n") == []
    assert misused(wide + plain) == ["no test stays in the normal run"]
    assert misused(wide + plain + slow + "def test_b(): pass\n") == ["no test stays in the normal run"]
    assert misused(wide + slow + plain + "def test_b(): pass\n") == ["test_a is slow already"]
    assert misused("pytestmark = pytest.mark.wide\n" + plain) == ["a whole file is no second look"]

"""How long functions and files are: a house with short rooms is read in an afternoon."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench._figures import report
from tests.house.tree import ROOMS, python_files, text_of


@dataclass(frozen=True)
class Size:
    """Lines of a function (signature and docstring included) or of a whole file."""

    where: str
    lines: int


def function_sizes(paths: list[Path]) -> list[Size]:
    """Every function and method, nested ones too."""
    found = []
    for path in paths:
        for node in _statements(ast.parse(text_of(path) or "")):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                last = node.end_lineno or node.lineno
                found.append(Size(f"{path}:{node.lineno} {node.name}", last - node.lineno + 1))
    return found


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement, nested ones too. Most of a tree is expressions, and within them stands none."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        yield (node := waiting.pop())
        below = (ast.stmt, ast.excepthandler, ast.match_case)
        waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, below)]


def file_sizes(paths: list[Path]) -> list[Size]:
    """Every file that holds anything."""
    sizes = (Size(str(path), len((text_of(path) or "").splitlines())) for path in paths)
    return [size for size in sizes if size.lines]


def product_files() -> list[Path]:
    """The Python files of the six rooms. Migrations are left out: they are as long as the schema is wide."""
    return [path for path in python_files(*ROOMS) if "versions" not in path.parts]


def ninetieth(lines: list[int]) -> float:
    """The length that nine in ten do not exceed."""
    return float(statistics.quantiles(lines, n=10)[-1]) if len(lines) > 1 else float(lines[0])


def main() -> None:
    """Print the median, the 90th percentile and the longest, for the house and for each room."""
    for name, chosen in {"house": ROOMS, **{room: (room,) for room in ROOMS}}.items():
        paths = [path for path in product_files() if path.parts[0] in chosen]
        for kind, sizes, limits in (
            ("function", function_sizes(paths), (10, 30, 60)),
            ("file", file_sizes(paths), (None, 300, 300)),
        ):
            lines = [size.lines for size in sizes]
            if not lines:
                continue
            figures = (statistics.median(lines), ninetieth(lines), max(lines))
            for figure, value, limit in zip(("median", "p90", "longest"), figures, limits, strict=True):
                report(f"sizes.{name}.{kind}.{figure}", float(value), "lines", limit=limit)


if __name__ == "__main__":
    main()

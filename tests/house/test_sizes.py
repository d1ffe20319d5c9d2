"""No function is longer than two screens and no file longer than a reader's patience."""

from __future__ import annotations

from tests.bench.sizes import file_sizes, function_sizes, product_files
from tests.house.tree import python_files


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [size for size in function_sizes([*product_files(), *python_files("tests")]) if size.lines > 60]
    assert long == []


def test_no_product_file_is_longer_than_three_hundred_lines() -> None:
    assert [size for size in file_sizes(product_files()) if size.lines > 300] == []

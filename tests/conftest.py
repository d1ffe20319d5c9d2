"""Fixtures for every room: real servers and a real browser, started when the first test asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

# These modules import each other, so pytest must know all of them before it loads the first.
pytest.register_assert_rewrite("tests.services")

# Each file in tests/services offers fixtures for one server; a new file needs no line here.
pytest_plugins = [f"tests.services.{path.stem}" for path in sorted(Path(__file__).parent.glob("services/[a-z]*.py"))]

# Tests that share what costs minutes to set up stay on one process when several share the work.
TOGETHER = ("journeys", "contracts")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes (`-n 2 --dist loadgroup`) a file's tests stay together, and so do some whole folders."""
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(folder if folder in TOGETHER else item.path.stem))

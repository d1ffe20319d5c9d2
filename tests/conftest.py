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
FIRST = (
    "journeys", "contracts", "test_one_command", "test_jobs_survive", "test_uploads_survive", "test_clocks_killed",
    "test_stock_clients", "test_escapes", "test_bombs", "test_papers", "test_video", "test_film_masks", "test_demo",
    "test_browser_staff", "test_browser_family", "test_queue_property", "test_buckets", "test_complaints",
    "test_uploads_figures", "test_upload_faults", "test_upload_patience", "test_browser_adding",
)  # fmt: skip
"""Groups that take a minute or more begin first: one that began last would leave the other processes idle."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes (`-n 2 --dist loadgroup`) a file's tests stay together, and so do some whole folders."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group_of(item)))
    items.sort(key=lambda item: _group_of(item) not in FIRST)


def _group_of(item: pytest.Item) -> str:
    folder = item.path.parent.name
    return folder if folder in TOGETHER else item.path.stem

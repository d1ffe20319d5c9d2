"""What the health page tells besides up and down."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.house.tree import ROOT

PLAIN_HTTP = "plain http: cookies are not marked Secure"
RLIMITS_ALONE = "files are decoded behind process limits only"


def test_the_level_of_confinement_is_told(visitor: FlaskClient) -> None:
    assert visitor.get("/health/ready").get_json()["notes"] == [PLAIN_HTTP, RLIMITS_ALONE]


def test_operations_names_every_entry_of_the_health_page(visitor: FlaskClient) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = visitor.get("/health/ready").get_json()
    inner = {name for part in told.values() if isinstance(part, dict) for name in part}
    assert [name for name in sorted({*told, *inner}) if f"`{name}`" not in page] == []

"""What the health page tells besides up and down."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.house.tree import ROOT
from web.health import jail_part

PLAIN_HTTP = "plain http: cookies are not marked Secure"


def test_the_level_of_confinement_is_told(visitor: FlaskClient) -> None:
    told = visitor.get("/health/ready").get_json()
    assert told["jail"] == {"ok": True, "level": "landlock+seccomp"}
    assert told["notes"] == [PLAIN_HTTP]


def test_less_confinement_than_asked_for_is_a_fault() -> None:
    assert jail_part("rlimits", "bubblewrap") == {"ok": False, "level": "rlimits"}
    assert jail_part("rlimits", "rlimits") == {"ok": True, "level": "rlimits"}


def test_operations_names_every_entry_of_the_health_page(visitor: FlaskClient) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = visitor.get("/health/ready").get_json()
    inner = {name for part in told.values() if isinstance(part, dict) for name in part}
    assert [name for name in sorted({*told, *inner}) if f"`{name}`" not in page] == []

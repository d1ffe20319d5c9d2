"""What the health page tells besides up and down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.heartbeats import aside_text, beat
from econsult.people.patients import Patient
from econsult.people.persons import Program
from econsult.rekeying import begin, end
from econsult.vault import program_keys
from tests.house.tree import ROOT
from tests.personas import Clinic
from web import create_app
from web.health import PASSWORDS_ALONE, PLAIN_COOKIES, PROXY_NOT_TOLD, THIS_MACHINE_ALONE, jail_part
from workers.runtime import Runtime, open_runtime
from workers.work import DEADLINES


def test_the_level_of_confinement_is_told(visitor: FlaskClient) -> None:
    told = visitor.get("/health/ready").get_json()
    assert told["jail"] == {"ok": True, "level": "landlock+seccomp"}
    assert told["notes"] == [THIS_MACHINE_ALONE, PASSWORDS_ALONE]


def _notes(runtime: Runtime, **settings: object) -> list[str]:
    asked = open_runtime(replace(runtime.settings, **settings))
    headers = {"X-Forwarded-Proto": "https"}
    told: list[str] = create_app(asked).test_client().get("/health/ready", headers=headers).get_json()["notes"]
    asked.close()
    return told


def test_how_cookies_go_and_a_forgotten_proxy_are_told(runtime: Runtime) -> None:
    assert _notes(runtime, is_demo=True, proxy_hops=1) == [PLAIN_COOKIES]
    asked = {"base_url": "https://clinic.test", "second_factor": "required"}
    assert _notes(runtime, **asked, proxy_hops=1) == []
    assert _notes(runtime, **asked) == [PROXY_NOT_TOLD]


def test_less_confinement_than_asked_for_is_a_fault() -> None:
    assert jail_part("rlimits", "bubblewrap") == {"ok": False, "level": "rlimits"}
    assert jail_part("rlimits", "rlimits") == {"ok": True, "level": "rlimits"}


def test_a_programs_key_that_stands_half_changed_is_told_with_its_age(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient
) -> None:
    quiet = {"ok": True, "half_changed": 0, "half_changed_age_s": 0}
    assert visitor.get("/health/ready").get_json()["keys"] == quiet
    begun = datetime.now(UTC) - timedelta(hours=2)
    with runtime.database.writing() as session:
        begin(session, runtime.vault, session.get_one(Program, clinic.program.id), begun)
    told = visitor.get("/health/ready").get_json()["keys"]
    assert (told["ok"], told["half_changed"], told["half_changed_age_s"] // 60) == (True, 1, 120)
    with runtime.database.writing() as session:
        wrap = runtime.vault.rewrapping(program_keys(session.get_one(Program, clinic.program.id)))
        for child in session.scalars(select(Patient)):
            child.key_wrapped = wrap(child.key_wrapped)
        assert end(session, session.get_one(Program, clinic.program.id), 2, begun) == 0
    assert visitor.get("/health/ready").get_json()["keys"] == quiet


def test_operations_names_every_entry_of_the_health_page(visitor: FlaskClient) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = visitor.get("/health/ready").get_json()
    inner = {name for part in told.values() if isinstance(part, dict) for name in part}
    assert [name for name in sorted({*told, *inner}) if f"`{name}`" not in page] == []


def test_a_clock_that_fires_late_is_an_alarm_although_nothing_is_left_to_do(
    runtime: Runtime, visitor: FlaskClient
) -> None:
    with runtime.database.writing() as session:
        beat(session, "clock-1", "clock", datetime.now(UTC), lag_seconds=40)
    clock = visitor.get("/health/ready").json["clock"]
    assert (clock["ok"], clock["alarm"], clock["lag_s"]) == (True, True, 40)


@pytest.mark.parametrize("is_aside", [True, False])
def test_a_row_that_cannot_be_done_is_an_alarm_and_takes_no_page_away(
    runtime: Runtime, clinic: Clinic, visitor: FlaskClient, is_aside: bool
) -> None:
    at = datetime.now(UTC)
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=at - timedelta(hours=30))
        aside = aside_text({DEADLINES: [consult.id]}) if is_aside else ""
        beat(session, "clock-1", "clock", at, aside=aside)
        # Another clock beat later, and one that is gone had met another row.
        beat(session, "clock-2", "clock", at + timedelta(seconds=1))
        beat(session, "clock-3", "clock", at - timedelta(hours=1), aside=aside_text({DEADLINES: [consult.id + 1]}))
    clock = visitor.get("/health/ready").json["clock"]
    assert (clock["ok"], clock["alarm"], clock["aside"]) == (is_aside, True, int(is_aside))
    assert (clock["lag_s"] == 0) == is_aside

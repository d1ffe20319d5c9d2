"""Addresses are written as werkzeug's own rules write them, and first when one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from werkzeug.routing import Map, Rule

from tests.services.homes import Homes
from web.shell.rules import LateRule
from workers.runtime import Runtime

PLACE = "/calls/<public_id>/steps/<int:number>"


def test_an_address_is_written_as_by_a_rule_that_is_compiled_at_once() -> None:
    found = []
    for kind in (Rule, LateRule):
        rules = [kind(PLACE, endpoint="step"), kind("/start", endpoint="start", defaults={"page": 1})]
        places = Map(rules).bind("clinic.test")
        step = {"public_id": "a b/ñ", "number": 3}
        asked = [
            ("step", step),
            ("step", {**step, "lang": "es"}),
            ("start", {}),
            ("start", {"page": 1, "x": ["1", "2"]}),
        ]
        found.append([places.build(endpoint, values) for endpoint, values in asked])
    assert found[0] == found[1]
    assert found[1][:2] == ["/calls/a%20b/%C3%B1/steps/3", "/calls/a%20b/%C3%B1/steps/3?lang=es"]


class Counted(Rule):
    """Notes each time that it is compiled."""

    compiled: ClassVar[list[str]] = []

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        self.compiled.append(self.rule)
        return super()._compile_builder(append_unknown)


class LateCounted(LateRule, Counted):
    """The same, compiled late."""


def test_no_address_is_compiled_before_one_is_asked_for(homes: Homes, runtime: Runtime) -> None:
    """Else werkzeug calls it otherwise now, and each process starts a tenth of a second later."""
    places = Map([LateCounted(PLACE, endpoint="step")]).bind("clinic.test")
    assert Counted.compiled == []
    for _ in range(2):
        assert places.build("step", {"public_id": "1", "number": 3}) == "/calls/1/steps/3"
    assert Counted.compiled == [PLACE]
    assert {type(each) for each in homes.app(runtime).url_map.iter_rules()} == {LateRule}

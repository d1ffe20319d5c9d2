"""Addresses that are written first when somebody asks for one: a process that starts asks for few."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule that compiles how its address is written at the first use: all of them take 70 ms of a start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(super()._compile_builder)

        def build(rule: LateRule, **values: object) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build

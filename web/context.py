"""What a request may ask of its application: the opened runtime, the time, and who is speaking."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol, cast

from flask import current_app, g

from econsult.settings import Settings


class ShellRuntime(Protocol):
    """The part of the composition root that the shell itself uses."""

    @property
    def settings(self) -> Settings: ...


def settings() -> Settings:
    """The settings that this application was started with."""
    return cast("ShellRuntime", current_app.extensions["econsult"]).settings


def now() -> datetime:
    """The time of this request, aware UTC. It is read once, so that one page never shows two times."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast("datetime", g.now)


def signed_in() -> Any:
    """The person whom `g.person` names, or None for a visitor. The sign-in code sets it before a view runs."""
    return g.get("person")

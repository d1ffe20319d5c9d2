"""Pages, API and upload endpoints: the only room that speaks HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from workers.runtime import Runtime


def create_app(runtime: Runtime | None = None) -> Flask:
    """The web application around an opened `runtime`; one is opened from the environment when none is given.

    Raises SettingError for a setting that cannot work, and under a server that keeps uploads back until they are whole.
    """
    # `python -m web` imports this package as well, and its supervisor, for which all others wait, needs no page.
    from web.application import build_app  # noqa: PLC0415

    return build_app(runtime)

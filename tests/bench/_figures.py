"""The one form in which every bench reports."""

from __future__ import annotations

import json


def report(
    name: str,
    value: float,
    unit: str,
    *,
    limit: float | None = None,
    peer: str | None = None,
    ratio: float | None = None,
) -> None:
    """Print one figure as one JSON object. `limit` is the goal; `ratio` is our value over that of `peer`."""
    figure = {"name": name, "value": value, "unit": unit, "limit": limit, "peer": peer, "ratio": ratio}
    print(json.dumps(figure), flush=True)

"""Which page the address of a form belongs to: where Back, reload and a typed address lead; nothing is sent again."""

from __future__ import annotations

from flask import Flask, current_app, request


def init_places(app: Flask) -> None:
    """Give templates `form_place()`."""
    app.jinja_env.globals["form_place"] = form_place


def form_place() -> str:
    """The path of the nearest page that can be looked at: the form's own address or one above. Empty for a GET."""
    return nearest_page() if request.method == "POST" else ""


def nearest_page() -> str:
    """The path of the page at this address, or of the nearest one above it; the start page at the latest."""
    adapter = current_app.create_url_adapter(request)
    path = request.path
    while path and not (adapter and adapter.test(path, "GET")):
        path = path.rpartition("/")[0]
    return path or "/"

"""Which page a refused form belongs to: the address that Back and reload lead to instead of sending the form again."""

from __future__ import annotations

from flask import Flask, current_app, request


def init_places(app: Flask) -> None:
    """Give templates `form_place()`."""
    app.jinja_env.globals["form_place"] = form_place


def form_place() -> str:
    """The path of the nearest page that can be looked at: the form's own address or one above. Empty for a GET."""
    if request.method != "POST":
        return ""
    adapter = current_app.create_url_adapter(request)
    path = request.path
    while path and not (adapter and adapter.test(path, "GET")):
        path = path.rpartition("/")[0]
    return path or "/"

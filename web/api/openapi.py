"""The OpenAPI 3.1 document, made from the table of routes and the schemas that bodies are checked against."""

from __future__ import annotations

import re
from typing import Any

from web.api.routing import ROUTES, Route
from web.api.schemas import ANSWERS, FREE

REFUSALS = {
    "400": "Not JSON, or a header that is not well formed",
    "401": "No valid token",
    "403": "Known to the caller, but not theirs to do",
    "404": "Not there, or not for the caller",
    "409": "Impossible as things stand; `code` and `state` say why",
    "413": "Too big",
    "415": "Not application/json",
    "422": "Some fields are wrong; `fields` names them",
    "429": "Too much at once; see Retry-After",
}
TUS = "tus 1.0.0; see docs/uploads-client.md"
# Doors that are not made by the table: method, address, summary, status of success.
OTHERS = (
    ("OPTIONS", "/uploads", f"What the upload door can do ({TUS})", "204"),
    ("GET", "/uploads", "The caller's uploads that can go on", "200"),
    ("POST", "/uploads", f"Begin an upload ({TUS})", "201"),
    ("OPTIONS", "/uploads/{object_id}", f"What the upload door can do ({TUS})", "204"),
    ("GET", "/uploads/{object_id}", "How an upload is, for its owner", "200"),
    ("HEAD", "/uploads/{object_id}", f"The offset of an upload ({TUS})", "200"),
    ("PATCH", "/uploads/{object_id}", f"Add a chunk ({TUS})", "204"),
    ("POST", "/uploads/{object_id}", "The same by X-HTTP-Method-Override", "204"),
    ("DELETE", "/uploads/{object_id}", f"End an upload ({TUS})", "204"),
    ("POST", "/uploads/simple", "Whole files as multipart/form-data, at most 25 MB each", "201"),
    ("GET", "/media/{rendition_id}", "A safe copy of a file, or a range of it", "200"),
    ("GET", "/media/papers/{attachment_id}", "A prepared document as one PDF of pictures of its pages", "200"),
    ("GET", "/api/openapi.json", "This document", "200"),
)


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(_address(route.rule), {})[route.method.lower()] = _operation(route)
    for method, address, summary, status in OTHERS:
        paths.setdefault(address, {})[method.lower()] = _other(address, summary, status)
    return {
        "openapi": "3.1.0",
        "info": {"title": "eConsult", "version": "1", "description": "Asynchronous consults for children."},
        "paths": paths,
        "components": {
            "schemas": ANSWERS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [
            *_path_parameters(_address(route.rule)),
            *({"name": name, "in": "query", "schema": {"type": "string"}} for name in route.query),
            *({"name": name, "in": "header", "schema": {"type": "string"}} for name in route.headers),
        ],
        "responses": {
            str(route.status): {
                "description": "Done",
                "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{route.answer}"}}},
            },
            **_refusals(),
        },
    }
    if route.body is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": route.body}}}
    return found


def _other(address: str, summary: str, status: str) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if status == "200" and address.startswith(("/uploads", "/api")):
        success["content"] = {"application/json": {"schema": FREE}}
    return {
        "summary": summary,
        "parameters": _path_parameters(address),
        "responses": {status: success, **_refusals()},
    }


def _refusals() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": words, "content": content} for status, words in REFUSALS.items()}


def _path_parameters(address: str) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", address)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _address(rule: str) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", rule)

"""The OpenAPI 3.1 document, made from the table of routes and the schemas that bodies are checked against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from web.api.described import FREE
from web.api.routing import ROUTES, Route
from web.api.schemas import ANSWERS
from web.api.step_schemas import ADVICE_ANSWERS
from web.api.visit_schemas import VISIT_ANSWERS

REFUSALS = {
    "400": "Not JSON, or a header that is not well formed",
    "401": "No valid token",
    "403": "Known to the caller, but not theirs to do",
    "404": "Not there, or not for the caller",
    "410": "The record was erased; `erased_at` says when",
    "409": "Impossible as things stand; `code` and `state` say why",
    "413": "Too big",
    "415": "Not application/json",
    "422": "Some fields are wrong; `fields` names them",
    "429": "Too much at once; see Retry-After",
    "503": "Busy, or the database or the store does not answer; see Retry-After",
}
UPLOAD_REFUSALS = {
    "405": "Nothing that this door can do, or a POST to an upload without X-HTTP-Method-Override",
    "410": "Expired, ended, or its bytes are gone",
    "412": "Another version of tus; Tus-Version says which one is spoken",
    "423": "Somebody else is at it",
    "460": "The chunk is not the one that Upload-Checksum says; it was thrown away",
    "507": "No room for the file",
}
UPLOAD_HEADERS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Offset": "PATCH: where the chunk begins, in bytes",
    "Upload-Length": "POST, PATCH: the length of the file in bytes",
    "Upload-Defer-Length": "POST: 1 where the length is not known yet",
    "Upload-Metadata": "POST: keys and base64 values, see docs/uploads-client.md",
    "Upload-Checksum": "PATCH: sha1 or sha256 and the digest in base64",
    "X-HTTP-Method-Override": "POST: PATCH, HEAD or DELETE",
}
MORE = {
    "/media/{rendition_id}": {
        "206": "The range that was asked for",
        "304": "What the caller has is still right",
        "416": "No such range",
    },
    "/uploads/simple": {"303": "A form of a page: back to the page"},
}
"""Other answers of doors that are not made by the table."""
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
    ("GET", "/media/held/{rendition_id}", "A sealed copy, for the privacy officer whose recorded hold is open", "200"),
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
            "schemas": {**ANSWERS, **ADVICE_ANSWERS, **VISIT_ANSWERS},
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
                "content": _content(route.answer),
            },
            **_refusals(),
        },
    }
    if route.body is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": route.body}}}
    return found


def _content(answer: str) -> dict[str, Any]:
    """A file of a media type, or JSON of a schema."""
    if "/" in answer:
        return {answer: {}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}}


def _other(address: str, summary: str, status: str) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if status == "200" and address.startswith(("/uploads", "/api")):
        success["content"] = {"application/json": {"schema": FREE}}
    more = {code: {"description": words} for code, words in MORE.get(address, {}).items()}
    is_tus = address.startswith("/uploads") and address not in MORE
    refusals = REFUSALS | (UPLOAD_REFUSALS if address.startswith("/uploads") else {})
    return {
        "summary": summary,
        "parameters": [*_path_parameters(address), *(_upload_headers() if is_tus else [])],
        "responses": {status: success, **more, **_refusals(refusals)},
    }


def _upload_headers() -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "description": words, "schema": {"type": "string"}}
        for name, words in UPLOAD_HEADERS.items()
    ]


def _refusals(refusals: Mapping[str, str] = REFUSALS) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": words, "content": content} for status, words in refusals.items()}


def _path_parameters(address: str) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", address)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _address(rule: str) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", rule)

"""Reading a JSON body strictly: its type, its size, its depth, and every field against a published schema.

The schemas are JSON Schema 2020-12, restricted to the words that `faults` knows; the same objects are published.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from econsult.errors import InvalidError

Schema = Mapping[str, Any]
DEEPEST = 32
_MOST_FIGURES = 16
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def read_body(schema: Schema) -> dict[str, Any]:
    """The body as an object that the schema allows; no body at all counts as an empty object.

    Raises UnsupportedMediaType, RequestEntityTooLarge, BadRequest for what is not JSON, and InvalidError by field.
    """
    content = request.get_data(cache=False)
    if content and not request.is_json:
        raise UnsupportedMediaType("Send application/json.")
    body = _parsed(content) if content.strip() else {}
    wrong = dict(faults(body, schema))
    if wrong:
        raise InvalidError("Some fields are not right: " + ", ".join(sorted(wrong)[:10]) + ".", wrong)
    assert isinstance(body, dict)  # noqa: S101 - every body's schema is an object.
    return body


def faults(value: Any, schema: Schema, path: str = "") -> Iterator[tuple[str, str]]:
    """Every place where the value breaks the schema, with a stable code."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(_is_of(value, kind) for kind in kinds):
        yield path or "body", "wrong_type"
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, path)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, path)
    elif isinstance(value, str):
        yield from _text_faults(value, schema, path)


def _object_faults(value: dict[str, Any], schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _under(path, name), "required"
    for name, part in value.items():
        if name in known:
            yield from faults(part, known[name], _under(path, name))
        elif not schema.get("additionalProperties", True):
            yield _under(path, name), "unknown_field"


def _list_faults(value: list[Any], schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    if len(value) > schema.get("maxItems", len(value)):
        yield path, "too_many"
    for number, part in enumerate(value):
        yield from faults(part, schema.get("items", {"type": list(TYPES)}), _under(path, str(number)))


def _text_faults(value: str, schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    if len(value) > schema.get("maxLength", len(value)):
        yield path, "too_long"
    elif "enum" in schema and value not in schema["enum"]:
        yield path, "unknown_value"


def _is_of(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and not (kind in ("integer", "number") and isinstance(value, bool))


def _under(path: str, name: str) -> str:
    return f"{path}.{name[:60]}" if path else name[:60]


def _parsed(content: bytes) -> Any:
    try:
        value = json.loads(
            content,
            object_pairs_hook=_without_twins,
            parse_constant=_refuse_constant,
            parse_int=_whole,
            parse_float=_finite,
        )
        _check_plain(value)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not plain JSON.") from None
    return value


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole(figures: str) -> int:
    """A number that every program reads alike; longer ones are codes, which belong in a text."""
    if len(figures) > _MOST_FIGURES:
        raise ValueError("too long for a number")
    return int(figures)


def _finite(figures: str) -> float:
    number = float(figures)
    if not math.isfinite(number):
        raise ValueError("too large for a number")
    return number


def _check_plain(value: Any, depth: int = 0) -> None:
    """Raise ValueError for text that no database takes, and for nesting that serves no honest purpose."""
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError("not text")
    elif isinstance(value, list):
        for part in value:
            _check_plain(part, depth + 1)
    elif isinstance(value, dict):
        for name, part in value.items():
            _check_plain(name, depth + 1)
            _check_plain(part, depth + 1)

"""The words in which shapes are described: small JSON Schemas of which the others are made."""

from __future__ import annotations

from typing import Any


def text(longest: int = 5000, *choices: str) -> dict[str, Any]:
    """A string, of one of the choices where there are any."""
    return {"type": "string", "maxLength": longest, **({"enum": list(choices)} if choices else {})}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [*kinds, "null"], **choices}


def closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """An object with these fields and no others."""
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def listed(items: Any, most: int = 50) -> dict[str, Any]:
    """A list of at most so many."""
    return {"type": "array", "items": items, "maxItems": most}


INSTANT = {"type": "string", "format": "date-time"}
MAYBE_INSTANT = optional(INSTANT)
MAYBE_TEXT = {"type": ["string", "null"]}
FREE = {"type": "object"}
FLAG = {"type": "boolean"}
COUNT = {"type": "integer"}
PERSON = closed(("name", "role"), id=MAYBE_TEXT, name=text(), role=text(), is_me=FLAG)

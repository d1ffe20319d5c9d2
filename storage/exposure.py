"""Whether strangers can read a bucket, as far as its policy says."""

import json
from typing import Any


def opens_to_all(policy: str) -> bool:
    """Whether a bucket policy (JSON text) allows anything to everybody without a condition.

    Every such right counts, not only reading: nobody unknown has business with a bucket of health records.
    """
    statements = json.loads(policy).get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    return any(_is_open(statement) for statement in statements)


def _is_open(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow" or statement.get("Condition"):
        return False
    principal = statement.get("Principal", "NotPrincipal" in statement and "*")
    named = principal.get("AWS", []) if isinstance(principal, dict) else principal
    return "*" in ([named] if isinstance(named, str) else named or [])

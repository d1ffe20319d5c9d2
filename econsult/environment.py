"""The environment as settings are read from it: a value, a secret from its file, and no name that is almost ours."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from econsult import values
from econsult.errors import SettingError
from econsult.values import PREFIX

ALMOST = 0.85
"""How like one of our names another must be to be a slip of the pen: a letter or two of a dozen."""


def raw_value(env: Mapping[str, str], short_name: str, default: str, is_secret: bool) -> str:
    """What is set, or what the file holds that is named for a secret, or the default."""
    name = PREFIX + short_name
    path = env.get(f"{name}_FILE", "") if is_secret else ""
    if path and name in env:
        raise SettingError(f"Set {name} or {name}_FILE, not both.")
    return values.read_secret(name, path) if path else env.get(name, default)


def secret_path(env: Mapping[str, str], name: str) -> Path | None:
    """The file that a secret came from, where it came from one that the environment names."""
    path = env.get(f"{PREFIX}{name}_FILE", "")
    return Path(path).absolute() if path else None


def refuse_debugging(env: Mapping[str, str]) -> None:
    """Raise SettingError where Flask would run in debug mode: an error would then be told to whoever caused it."""
    if env.get("FLASK_DEBUG", "").lower() not in {"", "0", "false", "no"}:
        raise SettingError("FLASK_DEBUG is for whoever develops. Take it away, or run with --demo.")


def refuse_misspelt(env: Mapping[str, str], names: Sequence[str], secrets: Sequence[str]) -> None:
    """Raise SettingError for a name that is almost one of ours: it would silently leave the default in force.

    Other names are let be: an orchestrator gives a service called econsult variables such as ECONSULT_PORT_8000_TCP.
    """
    known = [PREFIX + name for name in names] + [f"{PREFIX}{name}_FILE" for name in secrets]
    for name in sorted(env):
        nearest = difflib.get_close_matches(name, known, 1, ALMOST) if name.startswith(PREFIX) else []
        if nearest and name not in known:
            raise SettingError(f"{name} is no setting; did you mean {nearest[0]}?")
    # An orchestrator writes an address there; a plain number is somebody's wish for the port.
    if env.get(f"{PREFIX}PORT", "").isdecimal():
        raise SettingError(f"{PREFIX}PORT is no setting; did you mean PORT?")

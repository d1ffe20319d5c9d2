"""A site's own billing rules: a file over the tables of the house, read once and whole before anything starts."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from sqlalchemy.orm import Session

from econsult.billing.rules import CODES, DEFAULTS, VERSION, Payer, RuleSet
from econsult.errors import SettingError

KEPT = "billing_rules"
NAMED = "ECONSULT_BILLING_RULES"
LARGEST = 100_000
LONGEST_NAME = 40
_PAYER = re.compile("[a-z][a-z0-9_]{0,23}")
_NUMBERS = {
    "consultant_days": (1, 60),
    "requester_days": (1, 60),
    "requester_first": (16, 30),
    "idle_minutes": (1, 10),
}
_OF_PAYER = ("name", "is_medicaid", "modifiers", "codes", "place_of_service")
_KNOWN = tuple(code.code for code in CODES)


def rules_in(session: Session) -> RuleSet:
    """The billing rules of the installation whose records these are."""
    return cast("RuleSet", session.info.get(KEPT, DEFAULTS))


def load_rules(file: str) -> RuleSet:
    """The rules with what the file changes, where there is one; `.toml` is TOML, everything else JSON.

    Raises SettingError with one sentence for each mistake, which names its place in the file.
    """
    return read_rules(_told(Path(file)), Path(file).name) if file else DEFAULTS


def read_rules(told: Any, name: str = "") -> RuleSet:
    """The rules with a site's changes: `{"version", "requester_first", ..., "payers": {name: {...}}}`.

    Raises SettingError with one sentence for each mistake.
    """
    faults = list(_faults(told))
    if faults:
        raise SettingError(" ".join(f"{': '.join(filter(None, (NAMED, name)))}: {fault}" for fault in faults))
    own = {each: _payer(row, DEFAULTS.payers.get(each, Payer())) for each, row in told.get("payers", {}).items()}
    numbers = {each: told[each] for each in _NUMBERS if each in told}
    return RuleSet(version=f"{VERSION}+{told['version'].strip()}", payers={**DEFAULTS.payers, **own}, **numbers)


def _told(path: Path) -> Any:
    is_toml = path.suffix.lower() == ".toml"
    try:
        text = path.read_bytes()[: LARGEST + 1]
        told = tomllib.loads(text.decode()) if is_toml else json.loads(text)
    except OSError as error:
        raise SettingError(f"{NAMED}: the file cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise SettingError(f"{NAMED}: {path.name}: this is no {'TOML' if is_toml else 'JSON'}.") from None
    if len(text) > LARGEST:
        raise SettingError(f"{NAMED}: {path.name}: the file is longer than {LARGEST} bytes.")
    return told


def _faults(told: Any) -> Iterator[str]:
    if not isinstance(told, dict):
        yield "the rules are no object with names."
        return
    if not _is_label(told.get("version")):
        yield "version must be a text of 1 to 40 letters, by which a suggestion names these rules."
    for name in sorted(set(told) - {"version", "payers", *_NUMBERS}):
        yield f"{name} is no rule; there are version, payers, {', '.join(_NUMBERS)}."
    for name, (low, high) in _NUMBERS.items():
        value = told.get(name, low)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            yield f"{name} must be a whole number from {low} to {high}."
    payers = told.get("payers", {})
    if not isinstance(payers, dict):
        yield "payers must be an object by the names of payers."
        return
    for name, row in payers.items():
        yield from _faults_of_payer(name, row)


def _faults_of_payer(name: str, row: Any) -> Iterator[str]:
    if not _PAYER.fullmatch(name):
        yield f"payers: {name!r} must be up to 24 small letters, digits and _, such as medi_cal."
        return
    place = f"payers.{name}"
    if not isinstance(row, dict):
        yield f"{place} must be an object with {', '.join(_OF_PAYER)}."
        return
    for extra in sorted(set(row) - set(_OF_PAYER)):
        yield f"{place}.{extra} is no rule; there are {', '.join(_OF_PAYER)}."
    if not isinstance(row.get("is_medicaid", False), bool):
        yield f"{place}.is_medicaid must be true or false."
    if not _is_label(row.get("name", "-")):
        yield f"{place}.name must be a text of 1 to {LONGEST_NAME} letters, by which people know this payer."
    if not _is_place(row.get("place_of_service", "")):
        yield f"{place}.place_of_service must be two digits, such as 11."
    yield from _faults_of_codes(f"{place}.codes", row.get("codes", []))
    yield from _faults_of_modifiers(f"{place}.modifiers", row.get("modifiers", {}))


def _faults_of_codes(place: str, told: Any) -> Iterator[str]:
    if not isinstance(told, list) or any(code not in _KNOWN for code in told):
        yield f"{place} must be a list of codes among {', '.join(_KNOWN)}."


def _faults_of_modifiers(place: str, told: Any) -> Iterator[str]:
    if not isinstance(told, dict):
        yield f"{place} must be an object by codes."
        return
    for code, values in told.items():
        if code not in _KNOWN:
            yield f"{place}.{code}: there is no such code; there are {', '.join(_KNOWN)}."
        elif not isinstance(values, list) or not all(map(_is_modifier, values)) or len(values) > 4:
            yield f"{place}.{code} must list up to four modifiers of two capital letters or digits, such as GQ."


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value.strip()) <= LONGEST_NAME and value.isprintable()


def _is_place(value: Any) -> bool:
    return isinstance(value, str) and (not value or (len(value) == 2 and value.isascii() and value.isdigit()))


def _is_modifier(value: Any) -> bool:
    is_two = isinstance(value, str) and len(value) == 2 and value.isascii()
    return is_two and value.isalnum() and value == value.upper()


def _payer(row: dict[str, Any], before: Payer) -> Payer:
    """What the file says of a payer over what the house says."""
    modifiers = {code: tuple(values) for code, values in row.get("modifiers", {}).items()}
    return Payer(
        {**before.modifiers, **modifiers},
        row.get("is_medicaid", before.is_medicaid),
        frozenset(row["codes"]) if "codes" in row else before.codes,
        row.get("place_of_service", before.place_of_service),
        row.get("name", before.name).strip(),
    )

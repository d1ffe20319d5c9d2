"""The numbers and codes of a claim, checked for their form: a slip is caught here, not weeks later by a payer."""

from __future__ import annotations

import re

from econsult.errors import InvalidError

_ISSUER = "80840"
"""What stands before a National Provider Identifier when its check digit is reckoned."""
_ICD_10 = re.compile(r"[A-Z][0-9][0-9AB](?:[0-9A-Z]{1,4})?")
_TAXONOMY = re.compile(r"[0-9]{3}[0-9A-Z]{6}X")
_INSURANCE = re.compile(r"[0-9A-Z][0-9A-Z -]{1,38}[0-9A-Z]")
_POSTAL = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI"
)
STATES = frozenset(_POSTAL.split())


def read_npi(text: str) -> str:
    """Ten digits of which the last is the check digit (Luhn, with 80840 before them); empty stays empty."""
    digits = re.sub(r"[ -]", "", text)
    if digits and not (re.fullmatch(r"[12][0-9]{9}", digits) and _luhn(_ISSUER + digits)):
        raise InvalidError("This is not an NPI: it has ten digits, and the last one proves the others.", _wrong("npi"))
    return digits


def read_taxonomy(text: str) -> str:
    """A provider taxonomy code such as 207N00000X; empty stays empty."""
    code = text.strip().upper()
    if code and not _TAXONOMY.fullmatch(code):
        raise InvalidError("A taxonomy code has ten signs and ends with X.", _wrong("taxonomy"))
    return code


def read_diagnosis(text: str) -> str:
    """An ICD-10-CM code in its written form, L20.83; whether the book holds it, the clinician knows. Empty stays."""
    code = text.strip().upper().replace(".", "")
    if not code:
        return ""
    if not _ICD_10.fullmatch(code):
        raise InvalidError("This is not the form of an ICD-10 code, such as L20.83.", _wrong("diagnosis"))
    return f"{code[:3]}.{code[3:]}" if code[3:] else code


def read_insurance_id(text: str) -> str:
    """A member number as it stands on the card; empty stays empty."""
    number = text.strip().upper()
    if number and not _INSURANCE.fullmatch(number):
        raise InvalidError("An insurance number has 3 to 40 letters and digits.", _wrong("insurance_id"))
    return number


def read_state(text: str) -> str:
    """A state's two letters; empty stays empty."""
    state = text.strip().upper()
    if state and state not in STATES:
        raise InvalidError("A state is its two letters, such as CA.", _wrong("state"))
    return state


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _wrong(field: str) -> dict[str, str]:
    return {field: "invalid"}

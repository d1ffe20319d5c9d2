"""Telephone numbers for text messages: read as people type them, kept in one international form (E.164)."""

from __future__ import annotations

from collections.abc import Collection

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from econsult.errors import InvalidError
from econsult.people.pasted import pasted

HOME = "US"
"""The country of a number that names none."""
LONGEST = 40
MUTE = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
"""Numbers that nobody reads texts on; some cost whoever sends there. A landline may take them: it is let be."""


def international(text: str, countries: Collection[str]) -> str:
    """The number as `+15055550142`.

    Raises InvalidError for the field `number`: `invalid`, `other_country` (not one of `countries`) or `mute`.
    """
    number = _read(pasted(text))
    if phonenumbers.region_code_for_number(number) not in countries:
        raise InvalidError("No text messages are sent to this country.", {"number": "other_country"})
    if phonenumbers.number_type(number) in MUTE:
        raise InvalidError("This number takes no text messages.", {"number": "mute"})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def kept_form(text: str) -> str | None:
    """How a number that a gateway names would be kept; None for what is no number of a telephone."""
    try:
        number = _read(pasted(text))
    except InvalidError:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def readable(number: str) -> str:
    """A kept number as people write it: nationally at home, internationally elsewhere."""
    parsed = phonenumbers.parse(number, None)
    is_home = phonenumbers.region_code_for_number(parsed) == HOME
    style = phonenumbers.PhoneNumberFormat.NATIONAL if is_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def is_country(code: str) -> bool:
    """Whether there is such a country, by its two capital letters."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _read(text: str) -> PhoneNumber:
    invalid = InvalidError("This is no telephone number.", {"number": "invalid"})
    if len(text) > LONGEST or not text.isprintable():
        raise invalid
    try:
        number = phonenumbers.parse(text, HOME)
    except NumberParseException:
        raise invalid from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise invalid
    return number

"""Signs that a child must not wait for an eConsult, and places on the body that no caregiver is asked to photograph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from econsult.errors import InvalidError

UNSAFE = "unsafe"
NOW, SAME_DAY = "now", "same_day"

UNIVERSAL = (
    "breathing",
    "unresponsive",
    "seizure",
    "young_infant_fever",
    "weak_defenses_fever",
    "non_blanching_rash",
    "stiff_neck",
    "bilious_or_bloody_vomit",
    "dehydration",
    "severe_pain",
    "anaphylaxis",
    "injury",
    "poisoning",
    "self_harm",
    "unsafe",
)

ANSWERED = (
    "sudden_weakness",
    "exertional_syncope",
    "metabolic_illness",
    "diabetic_crisis",
    "hemoptysis",
    "cystic_fibrosis_illness",
    "connective_tissue_pain",
    "feeding_tube_out",
    "cleft_repair_bleeds",
)
"""Signs of single specialties, to which the answers to their templates lead too."""

OF_SPECIALTIES = (
    "chest_pulls_in",
    "inhaler_fails",
    "choking",
    "worst_headache",
    "shunt_illness",
    "infant_spasms",
    "skills_lost",
    "vision_or_balance",
    "legs_weaken",
    "eczema_sores",
    "adrenal_illness",
    "heart_illness",
    "heart_rate",
    "kidney_illness",
    "low_oxygen",
    "low_sugar_or_calcium",
    "bowel_or_liver_illness",
    "belly_waves",
    "young_infant_vomit",
    "baby_not_feeding",
    "infant_flank_fever",
    "newborn_genitals",
)
"""Signs of single specialties that families and clinics are asked about in the list."""

IN_FORMS = ("thyroid_storm", "pressure_crisis", "critical_result")
"""Signs that only a clinic's form asks for by name. The list asks for the first two in the words of another sign, since
what is seen at home is the same; of the third no family can know."""
BELOW_MONTHS = {
    "young_infant_fever": 3,
    "newborn_blisters": 1,
    "infant_spasms": 12,
    "infant_jaundice": 12,
    "newborn_genitals": 1,
    "young_infant_vomit": 3,
    "baby_not_feeding": 12,
    "few_wet_diapers": 12,
    "infant_flank_fever": 12,
}
"""The signs that are asked only of a child below this age; told of an older one they count all the same."""

URGENCY_OF_CODE = {
    **dict.fromkeys(UNIVERSAL, NOW),
    "blisters_or_raw_skin": NOW,
    "sores_with_new_drug": NOW,
    "fast_spreading_skin": NOW,
    "newborn_blisters": NOW,
    "kawasaki_signs": SAME_DAY,
    "infant_jaundice": SAME_DAY,
    "few_wet_diapers": SAME_DAY,
    **dict.fromkeys(ANSWERED + OF_SPECIALTIES + IN_FORMS, NOW),
}

BODY_SITES = (
    "scalp",
    "face",
    "mouth",
    "neck",
    "chest",
    "belly",
    "back",
    "arm",
    "elbow",
    "hand",
    "leg",
    "knee",
    "foot",
    "all_over",
    "not_skin",
)

PRIVATE_SITES = (
    "private_area",
    "genitals",
    "genital",
    "groin",
    "buttocks",
    "anus",
    "diaper_area",
    "breast",
)


ASKED_AT = "red_flags_at"
"""The detail that holds when the family last answered; only we write it."""
ANSWER_HOLDS = timedelta(hours=12)
"""A child can become much worse overnight, so an answer of one day says nothing about the next. Half a day still lets
a parent begin in the morning and send at night without being asked twice."""
LONGEST_CODES = 400
"""So many characters of codes does a stop hold: some twenty signs."""
NOT_NAMED = "not_named"
"""A family said that there is an emergency, and ticked no sign."""


def one_text(codes: Sequence[str]) -> str:
    """The signs of a stop as one text. Of more than it holds whole ones are left out, and never that the home is not
    safe: whoever calls there must know."""
    text = ",".join(codes)
    if len(text) <= LONGEST_CODES:
        return text
    first = sorted(codes, key=lambda code: code != UNSAFE)
    return ",".join(first)[: LONGEST_CODES + 1].rpartition(",")[0]


def is_answered(details: Mapping[str, Any]) -> bool:
    """Whether somebody has said which danger signs are there, or that none is. Who was never asked has not said no."""
    return isinstance(details.get("red_flags"), list)


def is_answer_fresh(details: Mapping[str, Any], now: datetime) -> bool:
    """Whether the family was asked about danger signs, and lately enough to rely on it."""
    asked_at = details.get(ASKED_AT)
    if not is_answered(details) or not isinstance(asked_at, str):
        return False
    return now - datetime.fromisoformat(asked_at) < ANSWER_HOLDS


def with_time(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The details as they are kept: an answer about danger signs carries our own time, never a caller's.

    Raises InvalidError for what is no list. A code that nobody knows may stand in it, and counts as now.
    """
    details = {name: value for name, value in given.items() if name != ASKED_AT}
    if "red_flags" not in details:
        return details
    if details["red_flags"] is None:
        # Taken back: nobody has answered any more.
        return {**details, ASKED_AT: None}
    if not isinstance(details["red_flags"], list):
        raise InvalidError("The danger signs must be a list of codes.", {"details.red_flags": "invalid"})
    return {**details, ASKED_AT: now.isoformat()}


def flags_now(codes: Iterable[object]) -> tuple[str, ...]:
    """The codes that mean now. A code that nobody knows counts as now: better one call too many."""
    return tuple(str(code) for code in codes if URGENCY_OF_CODE.get(str(code), NOW) == NOW)


def flags_today(codes: Iterable[object]) -> tuple[str, ...]:
    """The codes of what a doctor must see the same day, each once; they stop nothing."""
    return tuple(dict.fromkeys(str(code) for code in codes if URGENCY_OF_CODE.get(str(code)) == SAME_DAY))


def body_sites(value: object) -> tuple[str, ...]:
    """The sites that a request names, as codes. Raises InvalidError for an unknown one, which might be private."""
    sites = (value,) if isinstance(value, str) and value else tuple(value) if isinstance(value, list) else ()
    if not all(isinstance(site, str) for site in sites) or (value and not sites):
        raise InvalidError("The body site must be a code or a list of codes.", {"details.body_site": "invalid"})
    unknown = [site for site in sites if site not in BODY_SITES and site not in PRIVATE_SITES]
    if unknown:
        raise InvalidError(
            f"The body site must be one of: {', '.join(BODY_SITES + PRIVATE_SITES)}.",
            {"details.body_site": "unknown_value"},
        )
    return sites


def is_private(sites: Iterable[str]) -> bool:
    return any(site in PRIVATE_SITES for site in sites)

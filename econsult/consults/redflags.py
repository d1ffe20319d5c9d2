"""Signs that a child must not wait for an eConsult, and places on the body that no caregiver is asked to photograph."""

from __future__ import annotations

from collections.abc import Iterable

from econsult.errors import InvalidError

NOW, SAME_DAY = "now", "same_day"

UNIVERSAL = (
    "breathing",
    "unresponsive",
    "seizure",
    "young_infant_fever",
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

URGENCY_OF_CODE = {
    **dict.fromkeys(UNIVERSAL, NOW),
    "blisters_or_raw_skin": NOW,
    "sores_with_new_drug": NOW,
    "fast_spreading_skin": NOW,
    "newborn_blisters": NOW,
    "kawasaki_signs": SAME_DAY,
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


def flags_now(codes: Iterable[object]) -> tuple[str, ...]:
    """The codes that mean now. A code that nobody knows counts as now: better one call too many."""
    return tuple(str(code) for code in codes if URGENCY_OF_CODE.get(str(code), NOW) == NOW)


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

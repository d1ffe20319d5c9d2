"""What an answer says, field by field: what may stand in a draft, and what a signed one must hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from econsult.consults.own_steps import is_own
from econsult.consults.spoken import told_in
from econsult.errors import InvalidError
from econsult.seeing import is_seen

CONFIDENCES = ("sure", "likely", "unsure")
OWNERS = ("family", "pcp", "specialist", "coordinator")
KINDS = ("lab_test", "imaging", "new_medicine", "medicine_change", "visit", "photo", "other")
"""What a recommendation asks for; what is left out is "other"."""
IN_SPANISH = ("family_summary_es", "watch_for_es", "reason_es", "spanish_by")
"""What stands in Spanish beside the first text; `reason_es` beside the reason of a correction."""
SPANISH_HOW = ("written", "reviewed")
"""Who answers for the Spanish beside a text: whoever signs wrote it, or a named person has checked it."""
YEARS = range(2000, 3000)
"""In which a step may be due: a slip of the finger is told while it can be mended."""
LONGEST_TEXT, LONGEST_RECOMMENDATION, MOST_RECOMMENDATIONS = 10_000, 2000, 30
LONGEST_NAME = 200
OPEN = "\N{MATHEMATICAL LEFT ANGLE BRACKET}"
"""What begins a place of a snippet that is still to be filled in."""
PHOTO_DAYS = range(1, 91)
"""In how many days a new photo may be asked for."""


class Disposition(StrEnum):
    ADVICE_ONLY = "advice_only"
    WORK_UP_FIRST = "work_up_first"
    NEW_PHOTO = "new_photo"
    CLINIC_VISIT = "clinic_visit"
    EXPEDITE = "expedite"
    EMERGENCY_NOW = "emergency_now"
    CONVERT_TO_REFERRAL = "convert_to_referral"
    WRONG_SPECIALTY = "wrong_specialty"


def clean_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are kept. Raises InvalidError naming each that is not right."""
    wrong: dict[str, str] = {}
    clean: dict[str, Any] = {}
    for name in ("impression", "watch_for", "family_summary", "references", *IN_SPANISH):
        value = content.get(name, "")
        text = "\n".join(str(line) for line in value) if isinstance(value, list) else value
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            wrong[name] = "invalid" if not isinstance(text, str) else "too_long"
        if name == "spanish_by" and isinstance(text, str) and len(text) > LONGEST_NAME:
            wrong[name] = "too_long"
        clean[name] = text
    for name, known in (("confidence", CONFIDENCES), ("disposition", tuple(Disposition)), ("spanish_how", SPANISH_HOW)):
        value = content.get(name) or None
        if value is not None and value not in known:
            wrong[name] = "unknown_value"
        clean[name] = value
    clean |= _photo_days(content, wrong)
    # Answers without Spanish beside them are as they were before there could be any.
    for name in (*IN_SPANISH, "spanish_how"):
        if not clean[name]:
            del clean[name]
    clean["recommendations"] = _clean_recommendations(content.get("recommendations", []), wrong)
    if wrong:
        raise InvalidError("Some parts of the answer are not right: " + ", ".join(sorted(wrong)) + ".", wrong)
    return clean


def _photo_days(content: Mapping[str, Any], wrong: dict[str, str]) -> dict[str, int]:
    """In how many days, where a new photo is what comes next."""
    days = content.get("photo_days")
    if content.get("disposition") != Disposition.NEW_PHOTO or not days:
        return {}
    if not isinstance(days, int) or isinstance(days, bool) or days not in PHOTO_DAYS:
        wrong["photo_days"] = "out_of_range"
        return {}
    return {"photo_days": days}


def _clean_recommendations(value: Any, wrong: dict[str, str]) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        wrong["recommendations"] = "invalid"
        return []
    # Ours come beside whatever somebody wrote, and come back with it in a correction: they take nobody's room.
    if len(value) > 2 * MOST_RECOMMENDATIONS or sum(not _is_ours(item) for item in value) > MOST_RECOMMENDATIONS:
        wrong["recommendations"] = "too_many"
        return []
    clean = []
    for number, item in enumerate(value):
        entry = {"text": item} if isinstance(item, str) else item
        if not isinstance(entry, dict) or not is_seen(str(entry.get("text") or "")):
            wrong[f"recommendations.{number}"] = "required"
            continue
        clean.append(_clean_recommendation(entry, f"recommendations.{number}", wrong))
    return clean


def _is_ours(item: object) -> bool:
    return isinstance(item, dict) and is_own(str(item.get("text") or "").strip())


def _clean_recommendation(entry: Mapping[str, Any], where: str, wrong: dict[str, str]) -> dict[str, Any]:
    text = str(entry["text"]).strip()
    if len(text) > LONGEST_RECOMMENDATION:
        wrong[where] = "too_long"
    owner, kind, due_at = entry.get("owner") or "pcp", entry.get("kind") or "other", entry.get("due_at")
    for name, value, known in (("owner", owner, OWNERS), ("kind", kind, KINDS)):
        if value not in known:
            wrong[f"{where}.{name}"] = "unknown_value"
    if due_at is not None and not _is_date(due_at):
        wrong[f"{where}.due_at"] = "invalid"
    beside = str(entry.get("text_es") or "").strip()
    if len(beside) > LONGEST_RECOMMENDATION:
        wrong[f"{where}.text_es"] = "too_long"
    more = ({} if kind == "other" else {"kind": kind}) | ({"text_es": beside} if beside else {})
    return {"text": text, "owner": owner, "due_at": due_at} | more


def _is_date(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).year in YEARS
    except (TypeError, ValueError):
        return False


def check_complete(content: Mapping[str, Any], language: str) -> None:
    """Raise InvalidError for an answer that lacks what a signed one must say to a family of this language."""
    missing = {
        name: "required"
        for name in ("impression", "disposition", "family_summary")
        if not _says_something(content.get(name))
    }
    if told_in(content, language).is_in_spanish:
        # Nobody's Spanish is nobody's word: a person wrote it, or has checked it and is named.
        if not content.get("spanish_how"):
            missing["spanish_how"] = "required"
        elif content["spanish_how"] == "reviewed" and not _says_something(content.get("spanish_by")):
            missing["spanish_by"] = "required"
    missing |= dict.fromkeys(_unfilled(content), "unfilled")
    if missing:
        raise InvalidError("Before signing, please complete: " + ", ".join(sorted(missing)) + ".", missing)


def check_meant(content: Mapping[str, Any], *, is_meant: bool) -> None:
    """Raise InvalidError where "emergency room now" is signed without a word that says so: it is one step away from
    the other choices, goes out at once, and is never taken back. A draft holds no such word."""
    if content.get("disposition") == Disposition.EMERGENCY_NOW and not is_meant:
        raise InvalidError("Say that you mean an emergency.", {"confirm_emergency": "required"})


def _unfilled(content: Mapping[str, Any]) -> Iterator[str]:
    """The fields in which something is still to be filled in, as a snippet leaves it."""
    for name, value in content.items():
        texts = [step.values() for step in value] if name == "recommendations" else [[value]]
        if any(OPEN in text for each in texts for text in each if isinstance(text, str)):
            yield name


def _says_something(value: object) -> bool:
    return is_seen(str(value or ""))

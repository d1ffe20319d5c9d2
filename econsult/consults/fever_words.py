"""What words say of a fever, in English and Spanish: which name one, or a temperature, and what denies it plainly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from econsult.consults.details import spaced

FEVER = re.compile(r"(?!apyr|apir|afebr).*(?:fever|fiebre|calentura|pyrex|pirex|hyperpyr|hyperther|hiperter)|febri")
_NO_FEVER = re.compile(r"afebr|apyre|apire")
TEMPERATURE = re.compile(
    r"(?:temp[a-z]?|temperat\w*|tmp|tmax|trect|tax|tpr|t[acfr]?)\d*$|t\d{2,3}[acfr]$|(?:rectal|axillary|axilar|tympanic)$"
)
_UNIT = re.compile(r"(?:(?:°|deg(?:rees?)?|grados?)? ?(?:c|cel|celsius|centigrad\w*|f|fahrenheit)|\[?degf\]?|°)\.?")
_UNIT_CODES, _UNITS = frozenset(("cel", "[degf]")), ("unit", "units", "ucum", "uom")
_OTHER_T = frozenset(
    ("bili", "bilirubin", "bilirrubina", "cell", "cells", "chol", "cholesterol", "prot", "protein", "wave")
)
OF_THINGS = frozenset(("bath", "water", "room", "ambient", "incubator", "bano", "agua", "cuarto", "bottle"))
_OTHER_FEVERS, _OTRAS_FIEBRES = ("hay", "yellow", "rheumatic", "if"), ("amarilla", "reumatica")
"""What stands before `fever`, or behind `fiebre`, that is none now; in Spanish `hay fiebre` is one."""
HIGH = frozenset(("high", "hot", "elevated", "raised", "alta", "elevada", "caliente"))
NO = frozenset((
    "no", "not", "non", "without", "sin", "denies", "denied", "deny", "niega", "nunca", "never", "none", "negative",
    "negatives", "negativo", "negativa", "absent", "ausente", "nil", "false",
))  # fmt: skip
_NO_AFTER = frozenset((
    "no", "not", "none", "absent", "ausente", "negative", "negativo", "negativa", "denied", "false", "nil", "free",
))  # fmt: skip
_DENIES = frozenset(("denies", "denied", "deny", "niega"))
_WITH = frozenset(("with", "con", "has", "had", "having", "presents", "reports", "refiere"))
_LISTS = frozenset((",", "or", "nor", "ni", "o", "and", "y"))
_BUT = frozenset(("but", "except", "pero", "excepto", "salvo", "although", "aunque"))
_JOINED = (["or"], ["nor"], ["ni"], ["o"])
_BETWEEN = frozenset((
    "any", "known", "a", "of", "de", "history", "tiene", "has", "current", "recent", "signs", "or", "hay", "refiere",
    "presenta", "presents", "reports", "report", "ha", "tenido",
))  # fmt: skip
_FILLING = frozenset((
    "any", "known", "reported", "noted", "has", "had", "tiene", "ha", "tenido", "present", "presente", "fever",
    "fiebre", "hay", "refiere", "presenta", "at", "all",
))  # fmt: skip
_PLAIN_NO = NO | {"n", "0", "ninguna", "ninguno", "refuted"}
YES = frozenset(("yes", "y", "si", "s", "1", "true", "present", "positive", "positivo", "positiva", "presente"))
_END, _COMMA = re.compile(r"[.;!?]+(?=\s|$)|\n"), re.compile(r",(?!\d)")
_ORDINAL, _DEGREE = re.compile("(?<=\\d)\u00aa"), str.maketrans("\u00ba\u00aa\u02da", "°°°")
_SIGNS = frozenset(",;")
_ADDRESS = re.compile(r"(?:https?://|urn:)\S+")
_TERMINOLOGIES = {
    "temperature": re.compile(r"(?<!\d)(?:8310-5|8328-7|8331-1|8332-9|8333-7|8329-5|386725007|276885007)(?!\d)"),
    "fever": re.compile(r"(?<!\d)(?:386661006|271897009|(?i:r50(?:\.\d+)?|p81\.9))(?!\d)"),
}
"""LOINC, SNOMED CT and ICD-10 codes of a body temperature and of a fever."""


def names_fever(words: Sequence[str]) -> bool:
    return mentions_in(words) != []


def names_temperature(words: Sequence[str]) -> bool:
    """A `t` alone is one, but not that of `t_bili`."""
    found = [at for at, word in enumerate(words) if TEMPERATURE.match(word)]
    return any(words[at] != "t" or _OTHER_T.isdisjoint(words[at + 1 : at + 2]) for at in found)


def is_unit(part: str, text: str) -> bool:
    """Whether this part of a group says that its value is degrees: `"unit": "°C"`, or `"code": "Cel"` as in FHIR."""
    said = plain(text).strip()
    if part.casefold() in _UNITS:
        return _UNIT.fullmatch(said) is not None
    return part == "code" and said in _UNIT_CODES


def mentions_in(words: Sequence[str]) -> list[int]:
    """Where a fever is named, but for `hay fever` and others that are none."""
    found = [at for at, word in enumerate(words) if FEVER.match(word) or _NO_FEVER.match(word)]
    return [at for at in found if not _is_another(words, at)]


def _is_another(words: Sequence[str], at: int) -> bool:
    before, behind = words[max(0, at - 1) : at], words[at + 1 : at + 2]
    if words[at] == "fever":
        return bool(before) and before[0] in _OTHER_FEVERS
    return words[at] == "fiebre" and bool(behind) and behind[0] in _OTRAS_FIEBRES


def is_denied(words: Sequence[str], at: int) -> bool:
    """`afebrile`, `no fever`, `no cough or fever`, `denies cough, fever`, `fever: no`: what else is said is a doubt."""
    if _NO_FEVER.match(words[at]):
        return True
    begins = _beginning(words, at)
    before = [word for word in words[begins:at] if word not in _BETWEEN]
    ends = next((place for place in range(at + 1, len(words)) if words[place] == ";"), len(words))
    behind = words[at + 1 : ends]
    if before and before[-1] in NO:
        return True
    if words[at - 1 : at] in _JOINED and before[:1] != [] and before[0] in NO and "," not in before:
        return True
    if not _DENIES.isdisjoint(before) and _is_listed(words[begins:at], behind):
        return True
    return behind != [] and set(behind) <= _NO_AFTER


def _beginning(words: Sequence[str], at: int) -> int:
    """Where what is said of this word begins: behind a full stop, a `but`, or a `with` that no no precedes."""
    for place in range(at - 1, -1, -1):
        is_with = words[place] in _WITH and words[place - 1 : place] != [] and words[place - 1] not in NO
        if words[place] == ";" or words[place] in _BUT or is_with:
            return place + 1
    return 0


def _is_listed(before: Sequence[str], behind: Sequence[str]) -> bool:
    """Whether a fever is one item of a list and no more: `cough, fever, chills`, and not `cough, fever since`."""
    last = next((word for word in reversed(before) if word in _LISTS or word not in _BETWEEN), "")
    ends = behind[:1] == [] or behind[0] in _LISTS
    return ends and (last in _LISTS or last in _DENIES)


def is_plain_no(words: Sequence[str]) -> bool:
    """`no`, `none reported`, `no fever`, `afebrile`: nothing else stands beside it."""
    left = {
        word for word in words if word not in _FILLING and word not in _SIGNS and not (word.isdigit() and len(word) > 5)
    }
    return bool(left) and all(word in _PLAIN_NO or _NO_FEVER.match(word) for word in left)


def plain(value: Any) -> str:
    """Small letters without accents, and the codes of terminologies in words."""
    letters = unicodedata.normalize("NFKD", _raised(_coded(str(value))))
    return "".join(sign for sign in letters if not unicodedata.combining(sign)).casefold()


def words_of(text: str) -> list[str]:
    """Words in small letters; commas and the ends of sentences stay, since a no reaches no further than they let it."""
    parted = _COMMA.sub(" , ", _END.sub(" ; ", _raised(_coded(text))))
    return re.findall(r"[^\W_]+|[,;]", plain(spaced(parted)))


def _raised(text: str) -> str:
    """Raised letters as the sign of degrees that people mean by them; in `39\u00aa semana` it is an ending."""
    return _ORDINAL.sub("", text).translate(_DEGREE)


def _coded(text: str) -> str:
    text = _ADDRESS.sub(" ", text)
    for words, code in _TERMINOLOGIES.items():
        text = code.sub(f" {words} ", text)
    return text

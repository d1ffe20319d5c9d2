"""What the number of somebody looks like behind its label, and where the results of the next cell begin."""

import itertools
import re
from collections.abc import Sequence, Set

from imaging.reading.analytes import ANALYTE_WORDS
from imaging.reading.measures import begins_measure
from imaging.reading.short_words import SIGNS
from imaging.reading.spelling import fold
from imaging.reading.values import ONE_DECIMAL, begins_with_result

NUMBER_OF = frozenset(("", "no", "nr", "num", "number", "numero"))
_NUMBERED = frozenset(
    ("mrn", "record", "expediente", "exp", "historia", "hc", "nhc", "chart", "id", "curp", "dni", "ssn", "nss", "imss",
     "issste", "rfc", "account", "acct", "acc", "cuenta", "cta", "accession", "folio", "phone", "telephone",
     "tel", "telefono", "celular", "cel", "cell", "ph", "mobile", "movil", "whatsapp", "fax", "policy", "poliza",
     "member", "requisition", "req", "encounter", "visit", "csn", "har", "medicaid", "medicare", "afiliacion", "afil",
     "registro", "reg", "ficha", "order", "orden", "passport", "pasaporte", "license", "licencia", "cedula",
     "barcode")
)  # fmt: skip
"""What somebody is numbered by, and what is called so for short though it means more: `Exp.`, `Cel.`, `Ph`."""
_WITH_SIGN = frozenset(
    ("lab", "laboratorio", "sample", "specimen", "muestra", "unit", "case", "caso", "patient", "paciente", "hospital",
     "study", "estudio", "visita", "ref", "group", "grupo", "grp", "mr", "pathology", "patologia", "biopsy", "biopsia",
     "clave")
)  # fmt: skip
"""The same where it says that it is a number: `Lab No.`, `Sample ID`, `Unit #`."""
_BEFORE_COLON = frozenset(("sample", "specimen", "muestra", "clave"))
"""The same before a colon: `Specimen: EN482915C`."""
_OF_LABORATORY = frozenset(
    ("accession", "acc", "ace", "aec", "folio", "requisition", "req", "order", "orden", "lab", "laboratorio", "sample",
     "specimen", "muestra", "ref", "study", "estudio", "visit", "visita", "encounter", "csn", "pathology", "patologia",
     "biopsy", "biopsia")
)  # fmt: skip
"""Numbers of what was ordered: the day behind one is of the order, and the day behind a record's may be of birth."""
NEXT = frozenset(
    ("fecha", "date", "hora", "time", "collected", "received", "reported", "edad", "age", "sexo", "sex", "page",
     "pagina", "adm", "admit", "admitted", "admission", "disch", "discharge", "discharged", "ingreso", "egreso", "alta",
     "loc", "bed", "room", "cama", "servicio", "service")
)  # fmt: skip
"""Labels of what is nobody's that follow such a number without a gap."""
_BETWEEN = NUMBER_OF | frozenset(
    (
        "nro",
        "de",
        "del",
        "of",
        "h",
        "c",
        "clinico",
        "clinica",
        "clin",
        "medical",
        "medico",
        "medica",
        "driver",
        "drivers",
    )
)
_OF_MEASURES = frozenset(("hc", "visit", "encounter"))
"""Those of them that head a row of measures as well: head circumference (HC), and what was found at each visit."""
OF_BIRTH = frozenset(("dob", "fn", "fnac", "birth", "birthdate", "born", "nacimiento", "nac", "nacido", "nacida"))
_MISREAD = frozenset(("ace", "aec", "eel", "eell"))
"""What a reader makes of `Acc.` and `Cel.`, of which too little is left to be told by their likeness."""
TELLING = _NUMBERED | _MISREAD | (_WITH_SIGN - {"patient", "paciente"}) | OF_BIRTH
"""Words of labels behind which a number or a day stands, and nobody's name or address."""
_LONGEST_LABEL = 5
_FIGURES, _SIGNS_OF_CODE = 5, 15
_FIGURES_OF_PART, _PARTS = 3, 4
DAY = re.compile(r"(?:\d{1,2}[-/.](?:\d{1,2}[-/.])?\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})\W?")
_SERIES, _ALIKE = 3, 1.25
"""From how many values on they are a series, and by how much the most of them exceeds the least."""
_WHOLE = re.compile(r"\d{1,3}[HhLl*]{0,2}[,;]?")
_SHORT_SIGN = 2
_VOWELS = frozenset("aeiou")


def numbering(texts: Sequence[str], at: int) -> int:
    """Of how many words a label is that stands there before somebody's number, wherever in a line; 0 for none."""
    run = list(itertools.takewhile(_may_number, texts[at : at + _LONGEST_LABEL]))
    folded = [fold(text) for text in run]
    says_so = any(word in NUMBER_OF or word == "nro" for word in folded) or any("#" in text for text in run)
    says_so = says_so or (folded[-1:] != [] and folded[-1] in _BEFORE_COLON and run[-1].endswith(":"))
    is_label = not (_NUMBERED | _MISREAD).isdisjoint(folded) or (says_so and not _WITH_SIGN.isdisjoint(folded))
    is_label = is_label or "".join(folded) == "hc"
    behind = texts[at + len(run) :]
    is_measured = "".join(folded) in _OF_MEASURES and _is_series(behind)
    return len(run) if is_label and not is_measured and _is_number(behind) else 0


def _may_number(text: str) -> bool:
    return fold(text) in _NUMBERED | _WITH_SIGN | _BETWEEN | _MISREAD


def _is_number(behind: Sequence[str]) -> bool:
    """Whether somebody's number stands there, in one word or in several, and no day and no value."""
    if begins_with_result(" ".join(behind)):
        return False
    parts = list(itertools.takewhile(lambda text: _figures(text) >= _FIGURES_OF_PART, behind))
    return bool(parts) and DAY.fullmatch(parts[0]) is None and is_somebodys("".join(parts[:_PARTS]))


def _is_series(behind: Sequence[str]) -> bool:
    """Whether three values of three figures or more stand there that are about the same: `102 115 120`."""
    parts = [text.rstrip(",;") for text in itertools.takewhile(lambda text: _figures(text) > 0, behind)]
    if len(parts) < _SERIES or not all(len(part) == _FIGURES_OF_PART and part.isdecimal() for part in parts):
        return False
    values = sorted(map(int, parts))
    return values[-1] <= values[0] * _ALIKE


def is_somebodys(text: str) -> bool:
    """Whether a word has the form of somebody's number: five figures and more, or a code as long as a CURP."""
    text, figures = text.rstrip(".,;:"), _figures(text)
    is_value = text.count(".") + text.count(",") == 1 and figures == len(text) - 1
    return not is_value and (figures >= _FIGURES or (figures > 0 and len(fold(text)) >= _SIGNS_OF_CODE))


def ends_number(label: Sequence[str], found: Sequence[str], behind: Sequence[str]) -> bool:
    """Whether a label's number or day is whole, and something else follows at once: `MRN 4488127 Na 140`, a weight."""
    names = {fold(word) for word in label}
    if TELLING.isdisjoint(names) or _figures("".join(found)) < _FIGURES:
        return False
    # Behind a telephone `34 y` may be two more of its figures and an `and`.
    is_of_birth = not OF_BIRTH.isdisjoint(names)
    return begins_test(behind) or begins_measure(behind, is_unnamed=is_of_birth) or _begins_other(behind, names)


def _begins_other(behind: Sequence[str], label: Set[str]) -> bool:
    """Whether the day of an order stands there, or a label of what is nobody's."""
    if not label.isdisjoint(_OF_LABORATORY) and DAY.fullmatch(behind[0]):
        return True
    following = [fold(word) for word in behind[:_LONGEST_LABEL]]
    return following[0] in NEXT and OF_BIRTH.isdisjoint(following)


def begins_test(words: Sequence[str]) -> bool:
    """Whether a test stands there with its value, and a unit or a range behind that if its name may be somebody's."""
    result = list(itertools.dropwhile(lambda text: fold(text) in ANALYTE_WORDS | SIGNS, words))
    if len(result) in (0, len(words)):
        return False
    has_value = _WHOLE.fullmatch(result[0]) or ONE_DECIMAL.fullmatch(result[0])
    return proves_test(words) or (_is_sign(words[0]) and has_value is not None)


def proves_test(words: Sequence[str]) -> bool:
    """Whether the name of a test stands there, and a value with its unit or its range behind it."""
    result = list(itertools.dropwhile(lambda text: fold(text) in ANALYTE_WORDS | SIGNS, words))
    return len(result) not in (0, len(words)) and begins_with_result(" ".join(result))


def _is_sign(text: str) -> bool:
    """Whether a test is called so for short, and nobody: `Na`, `Hb`, `PLT`; `Ana` is somebody."""
    folded = fold(text)
    return folded in SIGNS | ANALYTE_WORDS and (len(folded) <= _SHORT_SIGN or _VOWELS.isdisjoint(folded))


def _figures(text: str) -> int:
    return sum(sign.isdigit() for sign in text)

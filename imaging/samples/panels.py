"""Laboratory panels with children's reference ranges, and made-up results for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True)
class Assay:
    """One line of a panel: names in two languages, unit, reference range and digits after the point.

    A test with ``words`` has no number: the first word is normal, the others are not.
    """

    name: str
    nombre: str
    unit: str
    low: float
    high: float
    digits: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A printed line: value, flag ("", "H", "L" or "A") and reference range as text."""

    test: Assay
    value: str
    flag: str
    reference: str


TITLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cbc": ("Complete blood count with differential", "Hemograma completo con diferencial"),
        "cmp": ("Comprehensive metabolic panel", "Panel metabólico completo"),
        "tsh": ("Thyroid and growth tests", "Pruebas de tiroides y crecimiento"),
        "ige": ("Total and specific IgE", "IgE total y específica"),
        "urinalysis": ("Urinalysis with microscopy", "Análisis de orina con microscopía"),
    }
)

PANELS: Mapping[str, tuple[Assay, ...]] = MappingProxyType(
    {
        "cbc": (
            Assay("White blood cells", "Leucocitos", "10^3/uL", 5.0, 14.5, 1),
            Assay("Red blood cells", "Eritrocitos", "10^6/uL", 3.9, 5.3, 2),
            Assay("Hemoglobin", "Hemoglobina", "g/dL", 11.5, 14.5, 1),
            Assay("Hematocrit", "Hematocrito", "%", 34.0, 43.0, 1),
            Assay("MCV", "VCM", "fL", 75, 87, 0),
            Assay("RDW", "ADE", "%", 11.5, 14.5, 1),
            Assay("Platelets", "Plaquetas", "10^3/uL", 150, 450, 0),
            Assay("Neutrophils", "Neutrófilos", "10^3/uL", 1.5, 8.0, 1),
            Assay("Lymphocytes", "Linfocitos", "10^3/uL", 1.5, 7.0, 1),
            Assay("Monocytes", "Monocitos", "10^3/uL", 0.2, 1.0, 1),
            Assay("Eosinophils", "Eosinófilos", "10^3/uL", 0.0, 0.5, 2),
        ),
        "cmp": (
            Assay("Sodium", "Sodio", "mmol/L", 135, 145, 0),
            Assay("Potassium", "Potasio", "mmol/L", 3.4, 4.7, 1),
            Assay("Chloride", "Cloro", "mmol/L", 98, 107, 0),
            Assay("Carbon dioxide", "Dióxido de carbono", "mmol/L", 20, 28, 0),
            Assay("Urea nitrogen", "Nitrógeno ureico", "mg/dL", 5, 18, 0),
            Assay("Creatinine", "Creatinina", "mg/dL", 0.30, 0.70, 2),
            Assay("Glucose", "Glucosa", "mg/dL", 60, 100, 0),
            Assay("Calcium", "Calcio", "mg/dL", 8.8, 10.6, 1),
            Assay("Albumin", "Albúmina", "g/dL", 3.5, 5.0, 1),
            Assay("Total protein", "Proteína total", "g/dL", 5.9, 7.8, 1),
            Assay("Alkaline phosphatase", "Fosfatasa alcalina", "U/L", 140, 400, 0),
            Assay("ALT", "ALT", "U/L", 8, 30, 0),
            Assay("AST", "AST", "U/L", 15, 45, 0),
            Assay("Total bilirubin", "Bilirrubina total", "mg/dL", 0.1, 1.0, 1),
        ),
        "tsh": (
            Assay("TSH", "TSH", "mIU/L", 0.70, 4.20, 2),
            Assay("Free T4", "T4 libre", "ng/dL", 0.90, 1.70, 2),
            Assay("IGF-1", "IGF-1", "ng/mL", 60, 230, 0),
            Assay("IGFBP-3", "IGFBP-3", "mg/L", 1.6, 5.2, 1),
            Assay("tTG IgA", "tTG IgA", "U/mL", 0.0, 4.0, 1),
            Assay("Total IgA", "IgA total", "mg/dL", 30, 200, 0),
        ),
        "ige": (
            Assay("Total IgE", "IgE total", "kU/L", 0, 90, 0),
            Assay("Egg white", "Clara de huevo", "kUA/L", 0.00, 0.35, 2),
            Assay("Cow's milk", "Leche de vaca", "kUA/L", 0.00, 0.35, 2),
            Assay("Peanut", "Cacahuate", "kUA/L", 0.00, 0.35, 2),
            Assay("Dust mite", "Ácaro del polvo", "kUA/L", 0.00, 0.35, 2),
            Assay("Cat dander", "Caspa de gato", "kUA/L", 0.00, 0.35, 2),
            Assay("Juniper pollen", "Polen de enebro", "kUA/L", 0.00, 0.35, 2),
        ),
        "urinalysis": (
            Assay("Color", "Color", "", 0, 0, 0, ("Yellow", "Amber", "Tea")),
            Assay("Clarity", "Aspecto", "", 0, 0, 0, ("Clear", "Hazy")),
            Assay("Specific gravity", "Densidad", "", 1.005, 1.030, 3),
            Assay("pH", "pH", "", 5.0, 8.0, 1),
            Assay("Protein", "Proteína", "", 0, 0, 0, ("Negative", "1+", "2+")),
            Assay("Blood", "Sangre", "", 0, 0, 0, ("Negative", "1+", "3+")),
            Assay("Glucose", "Glucosa", "", 0, 0, 0, ("Negative",)),
            Assay("Leukocyte esterase", "Esterasa leucocitaria", "", 0, 0, 0, ("Negative", "Trace")),
            Assay("Red cells", "Eritrocitos", "/HPF", 0, 3, 0),
            Assay("White cells", "Leucocitos", "/HPF", 0, 5, 0),
            Assay("Protein/creatinine", "Proteína/creatinina", "mg/mg", 0.00, 0.20, 2),
        ),
    }
)
_SPANISH = MappingProxyType(
    {
        "Yellow": "Amarillo",
        "Amber": "Ámbar",
        "Tea": "Té",
        "Clear": "Claro",
        "Hazy": "Turbio",
        "Negative": "Negativo",
        "Trace": "Trazas",
    }
)


def draw_results(rng: np.random.Generator, panel: str, language: str) -> list[Result]:
    """Return made-up results, mostly inside the range and some outside. Raises KeyError for an unknown panel."""
    return [_one(rng, test, language) for test in PANELS[panel]]


def _one(rng: np.random.Generator, test: Assay, language: str) -> Result:
    """Return one line; about a fifth of lines are abnormal."""
    is_odd = rng.uniform() < 0.2
    if test.words:
        word = test.words[int(rng.integers(1, len(test.words)))] if is_odd and len(test.words) > 1 else test.words[0]
        flag = "" if word == test.words[0] else "A"
        return Result(test, _said(word, language), flag, _said(test.words[0], language))
    span = test.high - test.low
    value = test.low + span * float(np.clip(rng.normal(0.45, 0.2), 0.05, 0.95))
    if is_odd:
        value = test.high + span * rng.uniform(0.1, 0.9)
        if test.low > 0 and rng.uniform() < 0.4:
            value = test.low - min(span * 0.4, test.low * 0.5) * rng.uniform(0.1, 0.9)
    printed = f"{value:.{test.digits}f}"
    flag = "H" if float(printed) > test.high else "L" if float(printed) < test.low else ""
    return Result(test, printed, flag, f"{test.low:.{test.digits}f} - {test.high:.{test.digits}f}")


def _said(word: str, language: str) -> str:
    """Return a word result in the report's language."""
    return _SPANISH.get(word, word) if language == "es" else word

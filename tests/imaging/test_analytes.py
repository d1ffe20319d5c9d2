"""No test of a laboratory is taken for a label misread, and a label that was misread covers what it named."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from econsult.people import dates
from imaging import Identifiers, Policy
from imaging.masks import FILL
from imaging.reading.analytes import ANALYTES
from imaging.reading.deny import DenyList
from imaging.reading.words import Line
from tests.imaging import papers
from tests.imaging.conftest import Prepare
from tests.imaging.papers import Paper, Planted
from tests.imaging.test_papers import line
from tests.spread import spread

KNOWN = Identifiers(("Luc\u00eda Mar\u00edn Ochoa",), ("2022-03-14",), ("SYN-363137",))


DENY = DenyList(KNOWN, dates)


def covered(*lines: Line) -> str:
    found = DENY.hits(lines)
    return " ".join(lines[number][at].text for number, hits in found for at in sorted(hits))


@pytest.mark.parametrize(
    "result",
    [
        "12.4  mg/dL  0.5 - 9.9",
        pytest.param("<0.5  mg/dL", marks=pytest.mark.wide),
        pytest.param("7.38  H  7.35-7.45", marks=pytest.mark.wide),
        pytest.param("Negative", marks=pytest.mark.wide),
        pytest.param("4821", marks=pytest.mark.wide),
    ],
)
def test_no_test_of_the_list_loses_its_name_or_its_result(result: str) -> None:
    """In English and Spanish, as a reader tells words that it had to make out."""
    assert [name for name in ANALYTES if covered(line(f"{name}  {result}"))] == []


@pytest.mark.parametrize(
    "result",
    spread(
        [
            "12.5  sec",
            "12,5 s  11.0 - 13.5",
            "13.1  INR:  1.0",
            "14 H seg",
            "88 %",
            "12.5",
            "12.5 (H)",
            "12.5H / 1.1",
            "12.5 high",
            "12.5, INR: 1.1",
        ],
        3,
    ),
)
def test_no_test_before_a_colon_is_a_label_of_somebody(result: str) -> None:
    """`PT: 12.5 sec` is a prothrombin time, and not what a patient is called."""
    assert [name for name in ANALYTES if covered(line(f"{name}:  {result}"))] == []


@pytest.mark.parametrize("secret", ["Otra Persona", "12 45-6789", "4521", "12.5 Persona", "12345 sec", "02.11.2021",
                                    "12.5 Clara Nuez", "12.5 Iron"])  # fmt: skip
def test_what_stands_behind_the_same_two_letters_for_a_patient_is_covered(secret: str) -> None:
    assert covered(line(f"Pt: {secret}")).startswith(secret.split(maxsplit=1)[0])


@pytest.mark.parametrize(("texts", "secrets"), [
    (("PT: 13", "INR: 1.1"), ""), (("aPTT 35 sec", "PT : 13 H"), ""), (("PT: 13, PTT: 35",), ""),
    (("PT:13  INR: 1",), ""), (("PT: 12 s (11-13.5)",), ""), (("PT: 12 seg  TP control 11",), ""), (("PT: 13",), "13"),
    (("INR: 1.1", "Pt: 4521"), "4521"), (("Fibrinogen 300", "PT: Clara Nuez"), "Clara Nuez"),
    (("PT: 12 S Main Street", "INR: 1.1"), "12 S Main Street"), (("PT: 12 S 400 E",), "12 S 400 E"),
    (("PT: 12 Sec. 3 Centro",), "12 Sec. 3 Centro"),
])  # fmt: skip
def test_what_stands_around_a_whole_number_tells_a_time_of_clotting_from_a_patient(
    texts: tuple[str, ...], secrets: str
) -> None:
    placed = [[replace(word, top=24.0 * at, bottom=24.0 * at + 16) for word in line(t)] for at, t in enumerate(texts)]
    assert covered(*placed) == secrets


@pytest.mark.parametrize(("text", "secrets"), [
    ("Acc M4471 8820   K 4.1 mmol/L", "M4471 8820"), ("MRN 7731842 Na 140", "7731842"),
    ("Ace: 7731842 K 4.1", "7731842"),
    ("Exp. 7731842 Hb 11.2 g/dL", "7731842"), ("H.C. 7731842  Potasio 4.1 mmol/L", "7731842"), ("Exp. 12/2027", ""),
    ("Exp. 2027-12-01", ""),
    ("Bed 12 MRN 7731842 WBC 7.2", "7731842"), ("Exp. Clin. No. 77318-B", "77318-B"), ("Lab No. 88124418", "88124418"),
    ("N\u00fam. orden 773184", "773184"), ("Order ID 88124418", "88124418"),
    ("Requisition 88124418. Na 140", "88124418."),
    ("Cel 55-7731-8042  Plaquetas 312", "55-7731-8042"), ("Ph: 575-555-0188  Plt 312 10^3/uL", "575-555-0188"),
    ("PLT 250 K/uL  150-450   (575) 555-0188", "(575) 555-0188"), ("RFC GARC190307AB1  Na 140", "GARC190307AB1"),
    ("Plaquetas  312  mil/mm3  150-450  575-555-0188", "575-555-0188"), ("pH 7.38  7.35-7.45", ""),
    ("HC 33 35 36 34", ""), ("HC 335 336 334", ""), ("Visit 102 115 120", ""), ("HC 773 184 2", "773 184 2"),
    ("MRN 335 336 334", "335 336 334"), ("Visit 505 555 0142", "505 555 0142"),
    ("Visit No. 102 115 120", "102 115 120"),
    ("Cell count 12500", ""), ("Cells 125000", ""), ("Fecha nac.: 02/11/2021 Plaquetas 250 mil/mm3", "02/11/2021"),
])  # fmt: skip
def test_a_number_behind_a_short_label_is_covered_and_the_result_beside_it_stays(text: str, secrets: str) -> None:
    assert covered(line(text)) == secrets
    assert covered([replace(word, is_exact=True) for word in line(text)]) == secrets


@pytest.mark.parametrize(("text", "secrets"), [
    ("Born 2/11/2021, 3.2 kg", "2/11/2021,"), ("DOB:02-11-2021 WT:15.4 HT:101", "DOB:02-11-2021"),
    ("born 11 February 2021 at 38 weeks", "11 February 2021"), ("FN: 02/11/2021 (4 yrs) Peso: 15.4 kg", "02/11/2021"),
    ("DOB 2/11/2021 Jane Doe", "2/11/2021 Jane Doe"), ("Tel 555 12 34 y 555 12 35", "555 12 34 y 555 12 35"),
    ("Orden: 1120087 21/11/2026", "1120087"), ("Req# 4417123 11/21/2026 08:15", "4417123"),
    ("No. de Orden 1120087 Fecha 21/11/2026", "1120087"),
    ("MRN 7731842 Date of birth 02/02/2020", "7731842 Date of birth 02/02/2020"),
    ("MRN 7731842 02/02/2020", "7731842 02/02/2020"), ("Jane (MRN 7731842) seen on 11/19/2026", "7731842)"),
    ("Specimen: EN482915C", "EN482915C"), ("Specimen: 11/21/2026", ""), ("Sample: 5.2 mL serum", ""),
    ("Lab Ref #: V88213X", "#: V88213X"), ("Ref: 13.5-17.5 g/dL", ""), ("Pt: Doe, J. PT: 13.1 INR 1.0", "Doe, J. PT:"),
    ("Patient: Jane Doe Hb 11.2 g/dL", "Jane Doe"), ("F.Nac 02/02/20 Sexo F Grupo O+", "02/02/20"),
    ("Encounter: 900112233 Adm 11/19/2026", "900112233"), ("MR#: 00551238", "00551238"), ("Mr. 12 y", ""),
    ("Grp# NM0012345", "NM0012345"), ("Clave: ZDS200202", "ZDS200202"), ("Barcode *00551238*", "*00551238*"),
    ("Pathology # S26-10442 Received 11/22/2026", "# S26-10442"), ("Sample ID 551238-01 Vol 2.0 mL", "551238-01"),
    ("hija de Amelia de la O Sosa, nacida aqui", "de Amelia de la O Sosa,"), ("a mother of two", ""),
    ("Father of Mateo reports a cough", "Mateo"), ("child of Mild Anemia", "Mild"),
])  # fmt: skip
def test_a_label_ends_where_what_it_names_is_whole_and_something_else_begins(text: str, secrets: str) -> None:
    assert covered(line(text)) == secrets


@pytest.mark.parametrize(("head", "below", "secrets"), [
    ("Nombre Edad Folio", "Tadeo Quiroga 4 20087", "Tadeo Quiroga 20087"),
    ("Paciente Expediente Cama Fecha de nacimiento", "Zoe Sosa 44120 12 03/02/2020", "Zoe Sosa 44120 03/02/2020"),
    ("Name MRN Collected", "Zoe Sosa 44120 11/21/2026", "Zoe Sosa 44120"),
    ("Name  Age  MRN", "Zoe Amelia Sosa Quintero  4 a 8 m  44120", "Zoe Amelia Sosa Quintero 4 a 8 m 44120"),
    ("The parent name and phone are on file", "Zoe Sosa", ""), ("Test Result Unit", "Zoe 12", ""),
])  # fmt: skip
def test_under_heads_without_gaps_each_column_is_told_by_what_stands_in_it(head: str, below: str, secrets: str) -> None:
    under = [replace(word, top=24.0, bottom=40.0) for word in line(below)]
    assert covered(line(head), under) == secrets


@pytest.mark.parametrize("text", ["MRN:7731842", "Folio#839275", "Name:Okafor", "Tutor:Bego\u00f1a", "Exp.7731842",
                                  "Expediente..7731842", "Tel:5755550188", "Patient/Name:Okafor",
                                  "Nombre:-Okafor"])  # fmt: skip
def test_a_label_that_is_glued_to_what_it_names_covers_it(text: str) -> None:
    assert covered(line(f"{text}  Na:140  K:4.1")) == text


@pytest.mark.parametrize(("text", "secrets"), [
    ("Patient presents with fever and rash for 3 days", ""), ("Madre refiere tos nocturna", ""),
    ("Paciente femenino de 4 a\u00f1os con fiebre", ""), ("Born at 38 weeks weighing 3200 g", ""),
    ("Chart reviewed on 11/21/2026", ""), ("Historia de atopia familiar", ""), ("History: Patient has eczema", ""),
    ("Patient Zoe Doe was seen with fever", "Zoe Doe"), ("Mother Amy states that he is well", "Amy"),
    ("Patient zoe doe", "zoe doe"), ("Paciente de la Cruz Sosa Zoe", "de la Cruz Sosa Zoe"),
    ("Phone call to 575 555 0199", "575 555 0199"), ("born march 3, 2020", "march 3, 2020"),
    ("Paciente: refiere Sosa", "refiere Sosa"), ("Address 12 Main St Taos NM", "12 Main St Taos NM"),
])  # fmt: skip
def test_a_sentence_of_a_note_that_begins_with_the_word_of_a_label_stays(text: str, secrets: str) -> None:
    assert covered([replace(word, is_exact=True) for word in line(text)]) == secrets


def test_a_birth_date_is_read_where_a_fax_has_glued_its_day_to_the_word_behind_it() -> None:
    assert covered(line("4.1  i4der marzo de 2022  5")) == "i4der marzo de 2022"


def test_a_test_of_two_words_that_a_fax_has_run_together_stays_and_a_name_does_not() -> None:
    words = line("Nitro\u00e9geno-ureico  5  mg/dL  5 - 18")
    assert covered([replace(words[0], confidence=0.0), *words[1:]]) == ""
    assert covered([replace(words[0], text="Nitro\u00e9geno-Zurita", confidence=0.0), *words[1:]]) != ""


def test_a_unit_that_nobody_could_read_stays_in_a_row_with_a_range_of_decimals() -> None:
    for text in ("WBC  7.8  xlOE3/uL  4.3-12.4", "Eos  1.2  0.4  05/02/2026  xlOE3/uL  0.0-0.3"):
        assert covered([replace(w, confidence=15.0) if "uL" in w.text else w for w in line(text)]) == ""


def test_results_under_heads_that_resemble_labels_stay() -> None:
    under = [replace(word, top=24.0, bottom=40.0) for word in line("48.3  12  120")]
    assert covered(line("CRP  C\u00e9lulas  ACT"), under) == ""


@pytest.mark.parametrize("text", [
    "Folin  12  mg/dL", "Curs  7.38  7.35 - 7.45", "Celulat epiteliales  12  /hpf  0 - 5", "Cuenla  < 12,500 /uL",
    "Telefo  8 *  0-5", "CRP, quant.  48  mg/L", "C\u00e9lulas: 12500 /mm3", "C\u00e9lulas  125000  cel/\u00b5L",
    "C\u00e9lulas: 12500 UFC/mL",
])  # fmt: skip
def test_a_guessed_label_before_a_value_with_its_unit_or_range_is_none(text: str) -> None:
    assert covered(line(text)) == ""


@pytest.mark.parametrize(("text", "secret"), [
    ("CRP  GARC190307HDFRRS09", "GARC190307HDFRRS09"), ("CRP:  GARCl9O3O7HDFRRSO9", "GARCl9O3O7HDFRRSO9"),
    ("CURF  77X-B12", "77X-B12"), ("Folic: 839275", "839275"), ("Acido: 02/11/2021", "02/11/2021"),
    ("Celulas  575 555-0188", "575 555-0188"), ("Celuiar  55 7731-8042", "55 7731-8042"),
    ("Nomhre  Otra Persona", "Otra Persona"), ("Expedlente  7731-8042", "7731-8042"),
    ("Cuonta  12 45-6789", "12 45-6789"), ("Pollza  12 345-678", "12 345-678"), ("Follo: 5 804-773", "5 804-773"),
    ("Tutcr  Otra Persona  Glucose  92  mg/dL", "Otra Persona"),
])  # fmt: skip
def test_what_a_label_names_is_covered_also_where_the_label_was_misread(text: str, secret: str) -> None:
    assert covered(line(text)).startswith(secret)


def test_a_test_that_was_hardly_read_stays_and_so_does_a_value_in_which_a_figure_is_a_letter() -> None:
    """What Tesseract makes of `Strep A` and of `< 1 ug/dL` in print 24 pixels high."""
    strep, lead = line("Strep A  Positive"), line("Lead  < lug/dl  <3.5")
    unsure = [replace(word, confidence=0.0) for word in strep[:2]] + list(strep[2:])
    assert covered(unsure) == ""
    assert covered([*lead[:2], replace(lead[2], confidence=32.0), *lead[3:]]) == ""
    assert covered([replace(word, confidence=32.0) for word in line("Raul/Luis  Hb  11.2  g/dL")[:1]]) == "Raul/Luis"


@pytest.mark.wide
def test_a_scanned_page_keeps_the_results_of_tests_that_resemble_labels(run: Prepare) -> None:
    rows = [
        (name, size) for size in (8.6, 10.8) for name in ("CRP", "C\u00e9lulas", "hs-CRP", "ACT", "F\u00f3lico", "CUP")
    ]
    planted = [Planted("Folio", 60, 740, is_secret=False), Planted("839275", 180, 740, is_secret=True)]
    for row, (name, size) in enumerate(rows):
        cells = ((name, 60), ("48.3", 220), ("mg/L", 300), ("0 - 5", 400))
        planted += [Planted(text, x, 680 - 26 * row, is_secret=False, size=size) for text, x in cells]
    page = Paper(tuple(planted), KNOWN, "Helvetica")
    _, kept = run(papers.scanned(page.picture(), "clean", 1)[0], "lab_document", Policy(identifiers=KNOWN))
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    shares = [(entry, papers.covered(picture, box, 0, FILL)) for entry, box in page.places()]
    assert [entry.text for entry, share in shares if entry.is_secret and share < 0.9] == []
    assert [entry.text for entry, share in shares if not entry.is_secret and share > 0.1] == []

"""No identifier of the case stays readable on a laboratory page, and no value is lost."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from econsult.consults.facepolicy import SURE_FACE
from econsult.people import dates
from imaging import TREATMENT_USE, Identifiers, Policy, open_jail, prepare
from imaging.identifiers import Identifiers as Plain
from imaging.masks import FILL
from imaging.reading.deny import DenyList
from imaging.reading.page_dates import PageDates
from imaging.reading.rows import is_result
from imaging.reading.spelling import is_alike
from imaging.reading.words import Line, Word
from imaging.steps.bleach import bleached
from imaging.steps.faces_on_paper import SURE
from tests import spelled
from tests.imaging import papers
from tests.imaging.conftest import Kept, Prepare
from tests.imaging.papers import Planted
from tests.imaging.pictures import portrait
from tests.spread import spread

CASE = Identifiers(
    names=("Mar\u00eda Jos\u00e9 Pe\u00f1a-N\u00fa\u00f1ez de la Cruz", "Li Wu"),
    birth_dates=("2019-03-07",),
    numbers=("SYN-0042",),
    phones=("505-555-0142",),
)
FAULTS = ("pdf", "clean", "skew+3", "skew-3", "fax", "jpeg40")


def line(text: str) -> Line:
    """A line of words, as a reader gives it; two spaces are a gap."""
    words, at = [], 0.0
    for part in text.split(" "):
        if part:
            words.append(Word(part, at, 0, at + 8 * len(part), 16))
        at += 8 * len(part) + (6 if part else 60)
    return words


def hidden(text: str) -> list[str]:
    """Which words of a line are covered for the case."""
    words = line(text)
    ((_, found),) = DenyList(CASE, dates).hits([words])
    return [words[number].text for number in sorted(found)]


@pytest.mark.parametrize(
    "text",
    ["PE\u00d1A N\u00da\u00d1EZ", "Pena, Maria", "Pefia-Nufiez", "maria.pena", "penanunez", "07/03/2019",
     "3/7/19", "7 de marzo de 2019",
     "March 7, 2019", "20190307", "07-MAR-2019", "O7/O3/2O19", "SYN-0042", "syn 0042", "505 555 0142",
     "(505) 555-0142", "+1 505.555.0142", "jane@example.test", "123-45-6789"],
)  # fmt: skip
def test_every_spelling_is_covered_whole(text: str) -> None:
    assert set(text.split()) <= set(hidden(f"4   {text}   4"))


@pytest.mark.parametrize(
    "text",
    ["Sodium  140  mmol/L  135 - 145", "Albumin  4.1  g/dL  3.5 - 5.0", "Collected  2026-04-21  12:16",
     "Reported  04/22/2026",
     "Lithium  0.8  mmol/L  0.6 - 1.2", "Li  0.8  mmol/L", "Platelets  252  10^3/uL  150 - 450",
     "Not from a real patient or laboratory.", "Bands  7  3  19  %  3 - 8"],
)  # fmt: skip
def test_results_and_the_dates_of_collection_stay(text: str) -> None:
    assert hidden(text) == []


@pytest.mark.parametrize(
    ("text", "covered"),
    [("Collected  03/07/2019 23:10", []), ("Collected: 03/07/2019", []), ("Recolectado:  07/03/2019", []),
     ("Fecha de toma:  7 de marzo de 2019", []), ("Report date  2019-03-07", []), ("Recibido: 07/03/2019", []),
     ("DOB  03/07/2019  Collected  03/07/2019 23:10", ["03/07/2019"]), ("03/07/2019", ["03/07/2019"]),
     ("Collected  04/21/2026  DOB  03/07/2019", ["03/07/2019"]),
     ("Collected Pe\u00f1a 03/07/2019", ["Pe\u00f1a", "03/07/2019"])],
)  # fmt: skip
def test_a_newborns_day_of_birth_stays_where_it_is_the_day_of_collection(text: str, covered: list[str]) -> None:
    assert hidden(text) == covered


@pytest.mark.parametrize(
    ("text", "covered"),
    [("White blood cells  7.2  10^3/uL  5.0-14.5", []), ("WHITE CELL CASTS  0  /lpf", []), ("White  blood", ["White"]),
     ("Emily White  Blood cells  7.2", ["Emily", "White"]), ("Emily White blood cells", ["Emily", "White"])],
)  # fmt: skip
def test_white_cells_stay_for_a_child_of_that_surname(text: str, covered: list[str]) -> None:
    for is_exact in (False, True):
        words = [replace(word, is_exact=is_exact) for word in line(text)]
        ((_, found),) = DenyList(Identifiers(names=("Emily White",)), dates).hits([words])
        assert [words[number].text for number in sorted(found)] == covered


RESEMBLING = Identifiers(names=("Jos\u00e9 Reyes Castro", "Alba Luna Vega", "Celia Nora Elena", "Oriana Quispe"))


@pytest.mark.parametrize("text", [
    "Nose swab negative", "Dose 250 mg twice daily", "Eyes: no discharge", "Gastro panel", "Lung function normal",
    "Celiac panel", "Vena cava", "Hora 08:00 Alta Baja", "Melena: no", "Orina: clara", "Gastroenteritis, reyesita",
    "Alder Creek Laboratory",
])  # fmt: skip
def test_a_word_that_resembles_a_name_stays_where_nobody_had_to_make_it_out(text: str) -> None:
    words = [replace(word, is_exact=True) for word in line(text)]
    assert list(DenyList(RESEMBLING, dates).hits([words])) == [(0, set())]


@pytest.mark.parametrize(
    "text", ["REYES", "Castro,", "ReyesCastro", "reyescastro", "celia.nora", "LunaDeLaVega", "Or\u00edana"]
)
def test_a_name_itself_is_covered_in_an_exact_text_but_not_the_words_beside_it(text: str) -> None:
    words = [replace(word, is_exact=True) for word in line(f"{text} presents with cough")]
    assert list(DenyList(RESEMBLING, dates).hits([words])) == [(0, {0})]


@pytest.mark.parametrize(
    ("text", "covered"),
    [("Platelets  310000  /uL  150000 - 450000", []), ("White cells  10000  /uL  4500 - 13500", []),
     ("MRN  10000", ["10000"]), ("Glucose  95  mg/dL  MRN:  10000", ["10000"])],
)  # fmt: skip
def test_a_value_that_is_the_record_number_stays_unless_a_label_says_so(text: str, covered: list[str]) -> None:
    words = line(text)
    ((_, found),) = DenyList(Identifiers(numbers=("10000",)), dates).hits([words])
    assert [words[number].text for number in sorted(found)] == covered


@pytest.mark.parametrize(
    ("text", "covered"),
    [("MRN 4821", ["4821"]), ("exp. 4821", ["4821"]), ("MRN4821 seen", ["MRN4821"]), ("#4821 seen", ["#4821"]),
     ("seen 4821 today", ["4821"]), ("Glucose  95  mg/dL  70 - 100  Exp.  4821", ["4821"]),
     ("Hist. No. 4821  Glucose  95  mg/dL", ["4821"]),
     ("Ferritin  4821  ng/mL  10 - 5000", []), ("Ferritin 4821", []), ("CRP  4821", []), ("Platelets  4821  /uL", []),
     ("seen 14821 and 48210", [])],
)  # fmt: skip
def test_a_record_number_of_four_figures_is_told_from_a_value_by_what_stands_before_it(
    text: str, covered: list[str]
) -> None:
    words = [replace(word, is_exact=True) for word in line(text)]
    ((_, found),) = DenyList(Identifiers(numbers=("4821",)), dates).hits([words])
    assert [words[number].text for number in sorted(found)] == covered


def test_a_weight_in_the_head_of_a_page_opens_none_of_its_names() -> None:
    text = "Peso  21  kg/m2  Paciente:  Pedro Robles  Tel  55 9999 1111"
    assert hidden(text) == ["Pedro", "Robles", "55", "9999", "1111"]


BORN = date(2026, 11, 1)


@pytest.mark.parametrize("spell", [spelled.in_figures, spelled.in_words, spelled.raised, spelled.misspelt])
@pytest.mark.parametrize("day", [BORN, date(2026, 11, 5), date(2019, 3, 7), date(2024, 5, 22)], ids=str)
def test_a_birth_date_is_found_in_whatever_spelling(day: date, spell: Callable[[date], Iterator[str]]) -> None:
    assert [text for text in spell(day) if _left_of(f"Baby, {text}, came", day) != "Baby, , came"] == []


@pytest.mark.parametrize("text", [
    "1* de noviembre de 2026", '1" de noviembre de 2026', "1.\u2019 de noviembre de 2026", "1? de noviembre de 2026",
    "12 de noviembre de 2026", "1.2 de noviembre de 2026", "1 2 de noviembre de 2026", "12 noviembre 2026",
    "10. de noviembre de 2026", "10 de noviembre de 2026",
    "I\u00b0 de noviembre de 2026", "l.\u00b0 de noviembre del 26", "| de noviembre del 26", "noviembre | del 26",
    "Ist of November 26", "ter de noviembre de 2026",
    "lst of November 2026", "\u2018st of November 2026", "Nov Ist, '26", "Nov 1st, \u00b026",
    "1-Xl-2026", "1-X|-2026", "O1/ll/2O26", "OlNOV2O26", "1 de noviembre del afio 2026", "1 de noviernbre de 2026",
    "1 de n0viembre de 2026", "uno de noviembre de dos mil veintis\u00e9ds", "1\u2014noviembre\u20142026",
])  # fmt: skip
def test_a_birth_date_is_found_though_single_signs_were_misread(text: str) -> None:
    assert _left_of(f"Baby, {text}, came", BORN).strip("\u2018\u00b0 ,") in {"Baby, , came", "Baby, \u2018, came"}


@pytest.mark.parametrize("text", [
    *spelled.OTHER, "Toma: 11 de noviembre de 2026", "8 de marzo de 2019", "17 de marzo de 2019", "tomada el 7/4/2019",
    "WBC  7.3  19  4.5 - 13.5", "3  7  mg/dL  19 - 70", "Factor V 73 %  50 - 150", "70 - 319", "703,190", "2 7 3 1 9",
])  # fmt: skip
def test_another_day_and_a_value_are_not_taken_for_the_birth_date(text: str) -> None:
    assert list(PageDates(dates, [date(2019, 3, 7)]).spans(text)) == []


def _left_of(text: str, day: date) -> str:
    """The text without what is found."""
    hidden = {place for start, end in PageDates(dates, [day]).spans(text) for place in range(start, end)}
    return "".join(letter for place, letter in enumerate(text) if place not in hidden)


def test_a_value_beside_a_name_stays() -> None:
    assert hidden("Pe\u00f1a  Hb  11.2  g/dL") == ["Pe\u00f1a"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("2019-03507  SYN-0042", []), ("2019-O3-0T  7.1 - 9.3", ["7.1", "-", "9.3"]), ("07/0372019  4-5", ["4-5"]),
     ("201 9-03-07  SYN-0042", []), ("2019 -03- 07  SYN-0042", []),
     ("2019-03-08  Glucose  74  mg/dL", ["2019-03-08", "Glucose", "74", "mg/dL"]),
     ("Platelets  201,903  150,000-450,000", ["Platelets", "201,903", "150,000-450,000"])],
)  # fmt: skip
def test_a_birth_date_with_a_sign_misread_is_covered_in_a_row_too(text: str, kept: list[str]) -> None:
    words = [word for word in text.split(" ") if word]
    assert [word for word in words if word not in hidden(text)] == kept


def test_a_value_that_is_hardly_readable_stays_and_a_name_before_it_does_not() -> None:
    words = [
        Word("Nujtiez", 0, 0, 60, 16, 40),
        Word("Hb", 200, 0, 220, 16, 71),
        Word("-11.2.g/dL", 260, 0, 340, 16, 36),
    ]
    assert list(DenyList(CASE, dates).hits([words])) == [(0, {0})]
    texts = (("Eosinophils", 96), ("0.15", 89), ("1043/1L", 0), ("0.00.-", 89), ("0.50", 97))
    row = [Word(text, 80 * n, 0, 80 * n + 60, 16, sure) for n, (text, sure) in enumerate(texts)]
    assert list(DenyList(CASE, dates).hits([row])) == [(0, set())]
    label = [Word("\u201cExpediente", 0, 0, 90, 16, 39), Word("SYN-0042", 120, 0, 200, 16, 3)]
    assert list(DenyList(CASE, dates).hits([label])) == [(0, {1})]
    # Where nothing says that the line is a result, it may be anything.
    assert list(DenyList(CASE, dates).hits([[Word("-11.2.xyz", 260, 0, 340, 16, 36)]])) == [(0, {0})]


@pytest.mark.parametrize(
    ("text", "value"),
    [("DOB:  06/05/2018", ["06/05/2018"]), ("Patient  Somebody Else  Collected  2026-04-21", ["Somebody", "Else"]),
     ("Madre  Otra Persona", ["Otra", "Persona"]), ("MRN  77", ["77"]),
     ("MRN  7731-8042", ["7731-8042"]), ("Expediente:  MRN-7731-0042  Sexo  F", ["MRN-7731-0042"])],
)  # fmt: skip
def test_what_a_label_names_is_covered_though_the_case_does_not_know_it(text: str, value: list[str]) -> None:
    assert hidden(text) == value


def test_a_value_under_its_label_is_covered() -> None:
    head, below = line("Patient  DOB  Collected"), [
        Word("Otra", 0, 24, 32, 40), Word("1/2/2018", 117, 24, 170, 40), Word("2026", 210, 24, 250, 40)]  # fmt: skip
    found = dict(DenyList(CASE, dates).hits([head, below]))
    assert found[1] == {0, 1}


@pytest.mark.parametrize("shift", [0, -60, 60])
def test_a_value_wider_or_narrower_than_its_centred_head_is_covered_and_its_neighbour_stays(shift: float) -> None:
    heads = ("Collected", 100), ("Patient", 330), ("Status", 560)
    values = ("2026-11-03 08:15", 100), ("Otra Elena Zapata Quiroga", 330 + shift / 6), ("Final report", 560)
    lines = [
        [
            Word(
                part, x - 4 * len(text) + 8 * at, top, x - 4 * len(text) + 8 * (at + len(part)), top + 16, is_exact=True
            )
            for text, x in row
            for part, at in _parts(text)
        ]
        for row, top in ((heads, 0.0), (values, 24.0))
    ]
    found = dict(DenyList(CASE, dates).hits(lines))
    assert [lines[1][number].text for number in sorted(found[1])] == ["Otra", "Elena", "Zapata", "Quiroga"]


@pytest.mark.parametrize(
    ("heads", "covered"),
    [(("Collected", "Status", "DOB"), [3]), (("DOB", "Status", "Collected"), [0]),
     (("Recolectado", "Estado", "Nota"), [3]), (("Collected 04/21/2026", "Status", "DOB"), [0, 3])],
)  # fmt: skip
def test_a_newborns_day_of_birth_stays_under_the_head_of_its_collection(
    heads: tuple[str, ...], covered: list[int]
) -> None:
    lines = [
        [
            Word(part, x + 8 * at, top, x + 8 * (at + len(part)), top + 16, is_exact=True)
            for text, x in zip(texts, (40, 330, 560), strict=True)
            for part, at in _parts(text)
        ]
        for texts, top in ((heads, 0.0), (("03/07/2019 23:10", "Final", "03/07/2019"), 24.0))
    ]
    found = dict(DenyList(CASE, dates).hits(lines))
    assert sorted(number for number in found[1] if "/" in lines[1][number].text) == covered


def _parts(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    for part in text.split(" "):
        yield part, at
        at += len(part) + 1


def test_what_a_fax_made_of_a_name_is_covered_to_its_last_part() -> None:
    texts = ("Tutor", "206", "Nifiez", "de\u2019la", "Cruz", "Tel", "(505)", "555-0142")
    lefts = (0, 330, 370, 440, 500, 820, 880, 940)
    words = [Word(text, left, 0, left + 10 * len(text), 9) for text, left in zip(texts, lefts, strict=True)]
    assert list(DenyList(CASE, dates).hits([words])) == [(0, {1, 2, 3, 4, 6, 7})]
    alone = [words[number] for number in (2, 3, 4)]
    assert list(DenyList(CASE, dates).hits([alone])) == [(0, {0, 1, 2})]
    assert hidden("4.  de'marzo  de.2019") == ["4.", "de'marzo", "de.2019"]


def test_a_label_under_a_label_stays_and_its_value_does_not() -> None:
    head, below = [Word("MRN", 0, 0, 24, 12)], [Word("Guardian", 0, 24, 60, 40), Word("Otra", 117, 24, 170, 40)]
    assert list(DenyList(CASE, dates).hits([head, below])) == [(0, set()), (1, {1})]


def test_a_line_with_a_number_and_a_unit_or_a_range_is_a_result() -> None:
    assert is_result(line("Glucose  74  mg/dL"))
    assert not is_result(line("Patient  Ana  DOB  07/03/2019"))


def test_a_test_is_not_taken_for_a_name_that_resembles_it() -> None:
    assert not is_alike("calcio", "calvio")
    assert is_alike("pefia", "pena")
    assert not list(PageDates(dates, []).spans("2024-03-07"))


def test_nobody_can_print_an_identifier_by_mistake() -> None:
    assert "Pe" not in repr(CASE)
    assert Plain is Identifiers


@pytest.mark.parametrize(
    ("number", "fault"), spread([(9, "jpeg40"), (0, "pdf"), (1, "skew+3"), (6, "fax")], 1)
)  # the bench goes through all of them.
def test_a_page_from_the_scanner_keeps_its_values_and_loses_its_names(run: Prepare, number: int, fault: str) -> None:
    check(run, number, fault, seed=number)


@pytest.mark.parametrize("seed", spread([141_538, 700_118], 1))
@pytest.mark.wide
def test_a_page_whose_birth_date_is_misread_or_read_in_two_loses_it_all_the_same(run: Prepare, seed: int) -> None:
    check(run, seed % len(papers.FONTS), "clean", seed=seed)


@pytest.mark.slow
def test_a_page_that_nobody_has_seen_before_loses_its_names(run: Prepare) -> None:
    seed = time.time_ns() % 1_000_000
    print("seed", seed)
    check(run, seed % len(papers.FONTS), "clean", seed=seed)


@pytest.mark.parametrize(("font", "first"), spread([("Helvetica", 38), ("Times-Roman", 0)], 1))
@pytest.mark.wide
def test_a_birth_date_on_a_scan_is_covered_in_whatever_spelling(run: Prepare, font: str, first: int) -> None:
    """In the middle of a line, behind no label, through the reader itself."""
    texts = [text for spell in (spelled.in_words, spelled.raised) for text in spell(BORN)]
    texts = [text for text in texts if not {"\u1d52", "\u00aa"} & set(text)]
    rows = [(750 - 18 * row, text) for row, text in enumerate(texts[first : first + 38])]
    planted = [Planted(text, 170, y, is_secret=True) for y, text in rows]
    planted += [Planted("Nota: bebe", 60, y, is_secret=False) for y, _ in rows]
    planted += [Planted("12/10/2026", 480, y, is_secret=False) for y, _ in rows]
    page = papers.Paper(tuple(planted), Identifiers(birth_dates=(BORN.isoformat(),)), font)
    data, angle = papers.scanned(page.picture(), "clean", 1)
    _, kept = run(data, "lab_document", Policy(identifiers=page.known))
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    shares = [(entry, papers.covered(picture, box, angle, FILL)) for entry, box in page.places()]
    assert [entry.text for entry, share in shares if entry.is_secret and share < 0.9] == []
    assert [entry.text for entry, share in shares if not entry.is_secret and share > 0.25] == []


def check(run: Prepare, number: int, fault: str, seed: int) -> None:
    page = papers.paper(seed, papers.FONTS[number], is_spanish=number % 2 == 0)
    data, angle = (page.pdf(), 0.0) if fault == "pdf" else papers.scanned(page.picture(), fault, seed)
    report, kept = run(data, "lab_document", Policy(identifiers=page.known))
    assert (report.verdict, report.label) == ("ready", TREATMENT_USE)
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    shares = [(entry, papers.covered(picture, box, angle, FILL)) for entry, box in page.places()]
    assert [entry.text for entry, share in shares if entry.is_secret and share < 0.95] == []
    lost = [entry.text for entry, share in shares if not entry.is_secret and share > 0.25]
    assert len(lost) <= 1, lost
    secrets = [entry.text for entry in page.planted if entry.is_secret]
    assert not any(secret in report.to_json() for secret in secrets)


def sparse(with_portrait: bool = False) -> tuple[bytes, papers.Paper]:
    """A scan with two lines of heading and five results, which the detector takes for a face over half of the page."""
    rows = (("Epstein-Barr VCA IgG", "Negative", "ug/dL", "<18"), ("Coombs, direct", "310", "mg/dL", "50-120"),
            ("RSV antigen", "7.2", "", ""), ("White blood cells", "0", "U/mL", "0-1"),
            ("Influenza A/B", "Not detected", "ug/dL", "0-1"))  # fmt: skip
    planted = [Planted(text, x, 792 - 100 - 9.9, x > 60, 11) for x, text in ((60, "Patient"), (200, "Julia Olivares"))]
    planted += [Planted(text, x, 792 - 120 - 9.9, x > 60, 11) for x, text in ((60, "DOB"), (200, "05/06/2020"))]
    for number, row in enumerate(rows):
        cells = zip((60, 250, 330, 430), row, strict=True)
        planted += [Planted(text, x, 792 - 300 - 22 * number - 9.9, False, 11) for x, text in cells if text]
    page = papers.Paper(tuple(planted), Identifiers(("Julia Olivares",), ("2020-05-06",)), "Helvetica")
    picture = page.picture()
    if with_portrait:
        picture.paste(portrait(260), (1300, 1500))
    data = io.BytesIO()
    picture.save(data, "PDF", resolution=papers.DOTS, quality=90)
    return data.getvalue(), page


@pytest.mark.wide
def test_print_that_the_detector_takes_for_a_face_stays_and_a_portrait_on_it_goes(run: Prepare) -> None:
    data, page = sparse(with_portrait=True)
    report, kept = run(data, "lab_document", Policy(identifiers=page.known))
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    shares = [(entry, papers.covered(picture, box, 0.0, FILL)) for entry, box in page.places()]
    assert [entry.text for entry, share in shares if share > 0.25 and not entry.is_secret] == []
    assert [entry.text for entry, share in shares if share < 0.95 and entry.is_secret] == []
    faces = [mask for mask in report.masks if mask.what == "face"]
    assert [mask.left > 0.7 and mask.width < 0.25 for mask in faces] == [True]


@pytest.mark.parametrize(("level", "paper"), [(252, 255), (248, 255), (206, 214)])
@pytest.mark.wide
def test_faint_writing_on_a_scan_cannot_be_stretched_into_sight(run: Prepare, level: int, paper: int) -> None:
    _, page = sparse()
    picture = page.picture().point([*range(paper), *[paper] * (256 - paper)] * 3)
    at = (170, 1500, 900, 1560)
    ImageDraw.Draw(picture).text(at[:2], "Mariana Olivares 8200417", (level,) * 3, ImageFont.load_default(36))
    scan = io.BytesIO()
    picture.save(scan, "PDF", resolution=papers.DOTS, quality=95)
    _, kept = run(scan.getvalue(), "lab_document", Policy(identifiers=page.known))
    seen = Image.open(io.BytesIO(kept.files["page-1"])).convert("L").crop(at).histogram()
    levels = [number for number, count in enumerate(seen) if count]
    assert levels[-1] - levels[0] <= 1


def test_a_picture_on_grey_paper_and_what_is_printed_there_stay_as_they_are() -> None:
    page = Image.new("RGB", (1700, 2200), (235, 233, 228))
    page.paste(portrait(700), (500, 300))
    # A pale patch on smooth skin.
    page.paste((205, 160, 135), (200, 1700, 700, 2100))
    ImageDraw.Draw(page).ellipse((350, 1800, 500, 1950), (199, 153, 129))
    ImageDraw.Draw(page).text((170, 1500), "Glucose  95  mg/dL", (40, 40, 40), ImageFont.load_default(36))
    before, after = (np.asarray(each).astype(int) for each in (page, bleached(page)))
    assert np.abs(after - before).max() <= 11
    assert (after[1700:2100, 200:700] == before[1700:2100, 200:700]).all()
    # The face of the portrait; the wall behind it is of the paper's colour.
    assert (after[510:916, 731:1004] != before[510:916, 731:1004]).any(axis=2).mean() < 0.01


@pytest.mark.wide
def test_a_page_on_which_a_person_saw_no_face_keeps_a_sure_one_and_its_names_covered(run: Prepare) -> None:
    """Else one click shows a portrait in a PDF to whoever may take the case."""
    data, page = sparse(with_portrait=True)
    report, kept = run(data, "lab_document", Policy(identifiers=page.known, faces="no_face"))
    assert [mask.threshold for mask in report.masks if mask.what == "face"] == [SURE] == [SURE_FACE]
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    secrets = [(entry, box) for entry, box in page.places() if entry.is_secret]
    assert [entry.text for entry, box in secrets if papers.covered(picture, box, 0.0, FILL) < 0.95] == []


@pytest.mark.wide
def test_the_only_sure_face_of_a_page_opens_by_a_persons_decision_and_its_names_do_not(run: Prepare) -> None:
    data, page = sparse(with_portrait=True)
    policy = Policy(identifiers=page.known, faces="face_is_finding", chosen_by="reviewer")
    report, kept = run(data, "lab_document", policy)
    assert [mask for mask in report.masks if mask.what in {"face", "text"}] == []
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    secrets = [(entry, box) for entry, box in page.places() if entry.is_secret]
    assert [entry.text for entry, box in secrets if papers.covered(picture, box, 0.0, FILL) < 0.95] == []
    two = Image.new("RGB", (1700, 2200), (255, 255, 255))
    two.paste(portrait(500), (200, 300))
    two.paste(portrait(400), (1000, 1200))
    taped = Image.new("RGB", (1700, 2200), (255, 255, 255))
    taped.paste(portrait(720), (300, 400))
    ImageDraw.Draw(taped).rectangle((555, 600, 795, 662), fill=(236, 228, 210))
    ImageDraw.Draw(taped).text((567, 607), "Zoraida Q.", (30, 30, 50), ImageFont.load_default(42))
    pages = io.BytesIO()
    two.save(pages, "PDF", resolution=papers.DOTS, save_all=True, append_images=[taped])
    report, kept = run(pages.getvalue(), "lab_document", policy)
    assert [mask.threshold for mask in report.masks if mask.what == "face"] == [SURE, SURE]
    second = np.asarray(Image.open(io.BytesIO(kept.files["page-2"])).convert("RGB")).astype(int)
    is_covered = (np.abs(second - FILL).max(axis=2) < 12).astype(float)
    assert is_covered[615:650, 585:765].mean() > 0.99, "a strange name on the face"
    assert is_covered[895:955, 630:750].mean() < 0.5, "the mouth"


@pytest.mark.wide
def test_without_what_reads_dates_a_page_waits_for_a_person() -> None:
    page = papers.paper(1, papers.FONTS[0])
    policy = Policy(identifiers=page.known)
    with open_jail() as jail:
        report = prepare("lab_document", io.BytesIO(page.pdf()), Kept(), policy, jail=jail)
    assert (report.verdict, report.reason) == ("held", "no_date_reader")

"""What is broken over lines and cells, spelled out, put into longer tokens or misread is covered; values stay."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from econsult.people import dates
from imaging import Identifiers
from imaging.reading.confusion import is_misreading
from imaging.reading.deny import DenyList
from imaging.reading.spelling import fold
from imaging.reading.words import Line
from tests.bench.names import NAMES, misread, words
from tests.imaging.documents import pdf, printed_as, words_on
from tests.imaging.test_papers import line

KNOWN = Identifiers(
    names=("Jos\u00e9 Reyes Castro", "Mar\u00eda Quiñones Villase\u00f1or", "Mar\u00edn Pe\u00f1a", "Ana Li"),
    birth_dates=("2019-03-12",),
    numbers=("SYN-363137", "004417"),
    phones=("(505) 555-0151",),
    emails=("oriana.reyes@example.org",),
)


def covered(*texts: str, exact: bool = False) -> str:
    """The words that are covered of lines under each other; two spaces are the gap between two cells."""
    lines: list[Line] = [
        [replace(word, top=24.0 * row, bottom=24.0 * row + 16, is_exact=exact) for word in line(text)]
        for row, text in enumerate(texts)
    ]
    found = dict(DenyList(KNOWN, dates).hits(lines))
    return " ".join(word.text for row, one in enumerate(lines) for at, word in enumerate(one) if at in found[row])


@pytest.mark.parametrize("text", ["Nifiez-Zifiiga", "Nifiez Zifiiga", "Nifiez\u2013Zifiiga"])
def test_two_parts_of_a_name_beside_each_other_may_be_read_worse_than_one_alone(text: str) -> None:
    """What a fax and Tesseract made of a double surname; either half of it alone could be another word."""
    names = DenyList(Identifiers(names=("Luc\u00eda N\u00fa\u00f1ez Z\u00fa\u00f1iga",)), dates)
    read = [[replace(word, confidence=77.0) for word in line(one)] for one in (text, "so", "Nifiez blanco")]
    found = dict(names.hits(read))
    assert (len(found[0]), len(found[2])) == (len(read[0]), 0)
    surely = [replace(word, is_exact=True) for word in read[0]]
    assert dict(names.hits([surely]))[0] == set()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("upper", "lower", "secret"),
    [("the girl is called Villa-", "se\u00f1or and lives near", "Villa- se\u00f1or"),
     ("called Pe-", "\u00f1a or so", "Pe- \u00f1a"),
     ("record SYN-36-", "3137 was taken", "SYN-36- 3137"), ("no. 00", "4417 of today", "00 4417"),
     ("born 12 de", "marzo de 2019 in", "12 de marzo de 2019"), ("born 12/03/", "2019 there", "12/03/ 2019"),
     ("born 12 mar-", "zo de 2019 in", "12 mar- zo de 2019"), ("seen 2019-03-", "12 there", "2019-03- 12"),
     ("call (505)", "555-0151 now", "(505) 555-0151"), ("call (505)", "555-9999 now", "(505) 555-9999"),
     ("to oriana.reyes@exam-", "ple.org only", "oriana.reyes@exam- ple.org"),
     ("Sitio  Villase", "abajo  \u00f1or", "Villase \u00f1or")],
)  # fmt: skip
def test_what_goes_on_in_the_next_line_or_cell_is_covered(upper: str, lower: str, secret: str, exact: bool) -> None:
    assert covered(upper, lower, exact=exact) == secret


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    "text",
    ["M A R \u00cd N", "M A R \u00cd N  P E \u00d1 A", "Q u i \u00f1 o n e s", "A N A", "Villa  se\u00f1or",
     "0 0 4 4 1 7", "004-417", "0044-17", "MRN004417A", "*004417*", "004417/2", "A004417B0012", "363137",
     "SYN  363  137", "(505) 555 - 0151", "5 0 5 5 5 5 0 1 5 1", "(505) 555 - 9999", "505 - 555 - 9999",
     "1 2 / 0 3 / 2 0 1 9", "PacienteMar\u00edn", "mar\u00edn_pe\u00f1a_2"],
)  # fmt: skip
def test_what_is_spelled_out_or_within_a_longer_token_is_covered(text: str, exact: bool) -> None:
    assert covered(text, exact=exact) == " ".join(text.split())


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    "texts",
    [("Hepatitis  A B C D  negative",), ("Sodium  140  mmol/L  135 - 145", "Potassium  4.1  mmol/L  3.5 - 5.1"),
     ("Hemoglobin  12", "4417  /uL"), ("Platelets  310000  /uL  150000 - 450000",), ("B12  345  200 - 1100",),
     ("WBC  7.3  19  4.5 - 13.5",), ("Toma 2026-04-21 12:16", "Informe 2026-04-22"), ("Nose swab", "Eyes: clear"),
     ("Gastro panel", "Dose 250 mg"), ("Vitamin B12  12.3", "2019  pg/mL"), ("evade", "marina en el toma rinal"),
     ("Blastos  0  0", "Bandas  44", "Otros  17")],
)  # fmt: skip
def test_values_ranges_and_dates_of_collection_stay(texts: tuple[str, ...], exact: bool) -> None:
    assert covered(*texts, exact=exact) == ""


def test_a_number_that_no_value_can_be_is_covered_in_a_row_of_results() -> None:
    assert covered("Glucose  95  mg/dL  70 - 100  004417") == "004417"
    assert covered("Platelets  363100  /uL  150000 - 450000") == ""


def test_a_long_number_is_known_with_one_sign_misread_however_sure_the_reader_was() -> None:
    """A line of print through a worn stamp makes an 8 of a 4."""
    deny = DenyList(Identifiers(numbers=("8200417",)), dates)
    read = [
        [replace(word, confidence=96.0, is_exact=False) for word in line(text)]
        for text in ("8200817", "8210817", "820081")
    ]
    assert [len(hits) for _, hits in deny.hits(read)] == [1, 0, 0]
    assert not any(hits for _, hits in deny.hits([[replace(word, is_exact=True) for word in line("8200817")]]))


@pytest.mark.parametrize("text", ["Mar1n", "Marfn", "Vi1laseñor", "Villasefior", "Rcyes", "Castr0", "J0se", "PEFIA"])
def test_a_misread_name_is_covered_where_somebody_had_to_make_it_out(text: str) -> None:
    assert covered(text) == text
    assert text == "PEFIA" or covered(text, exact=True) == ""


@pytest.mark.wide
def test_a_name_is_told_from_other_words_by_what_readers_mistake() -> None:
    """The bench prints the figures (`python -m tests.bench.names`); here every sixth word is taken."""
    pairs = [(fold(name), fold(seen)) for name in NAMES for seen in misread(name)]
    assert sum(is_misreading(seen, name, 100) for name, seen in pairs) >= 0.98 * len(pairs)
    others = words()[::6]
    wrong = [pair for pair in itertools.product(others, map(fold, NAMES)) if is_misreading(*pair, 100)]
    assert len(wrong) <= 2, wrong


def test_words_beside_a_name_stay_unless_they_begin_as_one_or_were_hardly_read() -> None:
    assert covered("today Reyes came with cough") == "Reyes"
    assert covered("Reyes Lopes came") == "Reyes Lopes"


def test_the_hyphen_at_which_a_line_of_a_pdf_is_broken_is_read() -> None:
    assert [word.text for word in words_on(pdf("SYN-36-) Tj 0 -30 Td (3137"))] == ["SYN-36-", "3137"]


@pytest.mark.parametrize("sign", ["200B", "200C", "200F", "2060", "FEFF"])
def test_a_sign_without_a_place_of_its_own_parts_no_word_of_a_pdf(sign: str) -> None:
    """Browsers print what they may break a word at; each half of Maria alone is no name."""
    paper = pdf("Mar\\001ia and Jo\\001se", objects=printed_as({1: sign}), resources=b"/Font<</F 4 0 R>>")
    assert [word.text for word in words_on(paper)] == ["Maria", "and", "Jose"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("Pt: Tadeo Villanueva", "Tadeo Villanueva"), ("Mom: Carmina Ledezma", "Carmina Ledezma"),
     ("Encargado: Tadeo Villanueva", "Tadeo Villanueva"), ("Guarantor  Carmina Ledezma", "Carmina Ledezma"),
     ("Visit #: 773180", "773180"), ("Registro: 773180", "773180"), ("No. de afiliación: 773180", "773180"),
     ("Nac.: 02/11/2021", "02/11/2021"), ("City/State/ZIP: Taos, NM 88001", "Taos, NM 88001")],
)  # fmt: skip
def test_everyday_labels_cover_what_stands_behind_their_colon(text: str, value: str) -> None:
    assert covered(text).removeprefix("#: ") == value


@pytest.mark.parametrize(
    ("text", "secret"),
    [("Sofi came with cough", "Sofi"), ("today Sofita, 4 years", "Sofita,"), ("she goes by Mafer at school", "Mafer"),
     ("le dicen \u201cPepa\u201d en casa", "\u201cPepa\u201d"), ("Nickname: Fer", "Fer"), ("Apodo: Fer", "Fer"),
     ("turned 2 on March 4", "March 4"), ("4-mzo-24", "4-mzo-24"),
     ("also known as Kawasaki", ""), ("sofi came", ""), ("goes by bus", ""), ("she turned 2 on March 5", ""),
     ("Card with figures", ""), ("Lulu came", "Lulu"), ("see lulu", ""), ("Lulu IgE  0.4  kU/L  0-0.35", ""),
     ("Lung, Test", ""), ("Sofi  11.2  g/dL  9.5-13.0", "")],
)  # fmt: skip
def test_what_a_child_is_called_at_home_and_its_birthday_are_covered(text: str, secret: str) -> None:
    """Of given names alone: `Card` of Cardona may be a card."""
    known = Identifiers(("Sof\u00eda Cardona",), ("2024-03-04",), nicknames=("Lulu", "Lung", "Test"))
    ((_, found),) = DenyList(known, dates).hits([[replace(word, is_exact=True) for word in line(text)]])
    assert " ".join(line(text)[at].text for at in sorted(found)) == secret


@pytest.mark.parametrize(
    "text",
    ["Contact dermatitis on both arms", "Birth weight 3.2 kg", "Visit in two weeks", "Case of eczema",
     "Mom says that it itches", "Contacto con tuberculosis", "Record of three attacks"],
)  # fmt: skip
def test_the_same_words_in_a_sentence_cover_nothing(text: str) -> None:
    assert covered(text) == ""


def test_each_row_of_a_table_with_a_column_of_children_or_of_numbers_loses_them_and_keeps_its_results() -> None:
    tests = ("Glucose  95  mg/dL  70-100", "Sodium  140  mmol/L  135-145", "Platelets  250000  /uL  150000-400000")
    people = ("Tadeo Villanueva", "Ximena Ledezma", "Gadea Osuna")
    rows = [f"{person}  {result}" for person, result in zip(people, tests, strict=True)]
    assert covered("Patient  Test  Result  Unit  Range", *rows) == " ".join(people)
    numbers = ("45300", "8200400", "77100")
    rows = [f"{number}  {result}" for number, result in zip(numbers, tests, strict=True)]
    assert covered("MRN  Test  Result  Unit  Range", *rows) == " ".join(numbers)


@pytest.mark.parametrize(
    "lines",
    [("Test  Patient  Control  Unit", "Prothrombin  12.5  12.1  sec", "Platelets  250000  200000  /uL"),
     ("Name  Result  Unit  Range", "Fragmin  11.2  g/dL  9.5-13.0")],
)  # fmt: skip
def test_a_column_of_results_is_none_of_children(lines: tuple[str, ...]) -> None:
    assert not {word for text in lines[1:] for word in text.split()} & set(covered(*lines).split())


@pytest.mark.parametrize(
    ("text", "secret"),
    [("seen by L.N.Z. of today", "L.N.Z."), ("signed  L. N. Z.", "L. N. Z."), ("LNZP  today", "LNZP"),
     ("L.N. today", ""), ("LNZ today", ""), ("LNZP  11.2  g/dL  11.5-15.5", ""), ("I.N.R. was high", ""),
     ("LNZP's rash", "LNZP's"), ("L.N.Z.'s rash", "L.N.Z.'s"), ("L.N.P. came", "L.N.P."), ("N.Z.P.", "N.Z.P."),
     ("Z.P.L.N. today", "Z.P.L.N."), ("P.Z.L. today", ""), ("LNP today", "")],
)  # fmt: skip
def test_the_initials_of_a_name_are_told_by_dots_or_by_four_of_them(text: str, secret: str) -> None:
    """In a row of results they are a test, and so is what is a test's name anyhow."""
    known = Identifiers(
        names=("Luc\u00eda N\u00fa\u00f1ez Zeta", "Luc\u00eda N\u00fa\u00f1ez Zeta Pardo", "Ida Nu\u00f1o Reyes")
    )
    words = line(text)
    ((_, found),) = DenyList(known, dates).hits([words])
    assert " ".join(words[at].text for at in sorted(found)) == secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [("Hemoglobin  11.2  g/dL  11.5-15.5  48200", "48200"), ("48200  Hemoglobin  11.2 L g/dL  11.5 - 15.5", "48200"),
     ("Glucose  92  mg/dL  <100  4821", "4821"), ("Glucose  92  mg/dL  70-99  123400", "123400"),
     # No value with a unit stands first, nor last behind another one; of four figures it may be an earlier one.
     ("48200  11/02/2026  Hemoglobin  11.2  g/dL", "48200"), ("123400  Sodium  140  mmol/L", "123400"),
     ("Platelets  250  10^3/uL  48200", "48200"), ("4821  Ferritin  20  ng/mL", "4821"),
     ("Ferritin  20  ng/mL  4821", ""), ("Lab no. 48200 Na  140  mmol/L", "48200"),
     # What stands before the unit is the value, and so may be what has its unit behind the range.
     ("Platelets  48200  cells/uL  15000-45000", ""), ("1  Platelets  48200 H cells/uL  15000-45000", ""),
     ("Vitamin B 12  4821  pg/mL  200-900", ""), ("Platelets  48200  15000-45000  cells/uL", ""),
     ("Platelets  123400  cells/uL", ""), ("CD4  48200  cells/uL  34  %", "")],
)  # fmt: skip
def test_a_record_number_that_may_be_a_value_is_told_by_the_value_beside_it(text: str, secret: str) -> None:
    words = line(text)
    ((_, found),) = DenyList(Identifiers(numbers=("48200", "4821", "123400")), dates).hits([words])
    assert " ".join(words[at].text for at in sorted(found)) == secret


@pytest.mark.parametrize("head", ["Pat1ent  Test  Result", "Paclente  Prueba  Resultado"])
def test_the_head_of_a_column_of_children_may_be_misread(head: str) -> None:
    assert covered(head, "Holm  Glucose  92  mg/dL  70-99") == "Holm"
    assert covered(head, "Holm  Glucose  92  mg/dL  70-99", exact=True) == ""

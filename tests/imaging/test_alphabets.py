"""A name is covered in each of the ways in which the alphabets of the world write it, on paper as in the record."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from econsult.people import dates
from imaging import Identifiers, Policy
from imaging.masks import FILL
from imaging.reading.deny import DenyList
from imaging.reading.spelling import fold
from tests.imaging import papers
from tests.imaging.conftest import Prepare
from tests.imaging.papers import Paper, Planted
from tests.imaging.test_papers import line
from tests.spread import spread

PAIRS = (
    ("Łukasz", "Lukasz"), ("Sørensen", "Sorensen"), ("Sørensen", "Soerensen"), ("Müller", "Mueller"),
    ("Müller", "Muller"), ("Đorđe", "Djordje"), ("Đorđe", "Dorde"), ("Weiß", "Weiss"), ("Þórunn", "Thorunn"),
    ("Guðrún", "Gudrun"), ("Guðrún", "Gudhrun"), ("I\u015f\u0131k", "Isik"), ("YILDIZ", "Y\u0131ld\u0131z"),
    ("\u0130brahim", "Ibrahim"), ("Æskil", "Aeskil"), ("Bœuf", "Boeuf"), ("Ħamrun", "Hamrun"), ("Ŋgala", "Ngala"),
    ("Åsmund", "Aasmund"), ("Nguyễn", "Nguyen"), ("Người", "Nguoi"), ("Đặng", "Dang"), ("Ka\u02bbiulani", "Kaiulani"),
    ("Pen\u0303a", "Pe\u00f1a"),
)  # fmt: skip


def covered(name: str, text: str, *, exact: bool) -> list[str]:
    words = [replace(word, is_exact=exact) for word in line(text)]
    ((_, found),) = DenyList(Identifiers(names=(name,)), dates).hits([words])
    return [words[number].text for number in sorted(found)]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(("recorded", "printed"), [*PAIRS, *(pair[::-1] for pair in PAIRS if pair[0] != "Müller")])
def test_a_name_is_covered_with_a_letter_of_its_own_or_with_plain_ones(
    recorded: str, printed: str, exact: bool
) -> None:
    assert covered(recorded, f"seen {printed} came with", exact=exact) == [printed]
    assert covered(recorded, f"seen {printed.lower()}_4 came with", exact=exact) == [f"{printed.lower()}_4"]


@pytest.mark.parametrize(("recorded", "read"), [
    ("Mueller", "Muller"), ("Mueller", "Miiller"), ("Sørensen", "Sgrensen"), ("Michał", "Michat"), ("Weiß", "Weil"),
    ("Þórunn", "Pérunn"), ("Þórunn", "bérunn"), ("Bæking", "Beeking"), ("Bœuf", "Boouf"),
])  # fmt: skip
def test_what_a_reader_of_english_makes_of_such_a_letter_is_covered(recorded: str, read: str) -> None:
    assert covered(recorded, f"seen {read} came with", exact=False) == [read]
    assert covered(recorded, f"seen {read} came with", exact=True) == []


def test_letters_are_folded_alike_whatever_they_are_made_of() -> None:
    assert fold("Łø Đđ \u0131 ÆŒ ß Þð Ħŋ \u2116") == "loddiaeoessthdhnno"


def test_a_word_that_was_surely_read_is_not_taken_for_a_label_that_it_resembles() -> None:
    assert covered("Elena Soto", "came  with cough", exact=True) == []
    assert covered("Elena Soto", "Tutcr  Otra Persona", exact=False) == ["Otra", "Persona"]


@pytest.mark.parametrize("kind", spread(["scan", "pdf"], 1))
@pytest.mark.parametrize(("recorded", "printed"), [("Lukasz Sorensen", "Łukasz Sørensen"),
                                                   ("Łukasz Sørensen", "Lukasz Soerensen")])  # fmt: skip
def test_a_page_loses_a_name_that_it_spells_in_another_way(
    run: Prepare, recorded: str, printed: str, kind: str
) -> None:
    first, last = printed.split()
    planted = [
        Planted(text, x, 700 - 40 * row, is_secret=text in (first, last))
        for row, one in enumerate((first, last))
        for x, text in ((60, "It was said that"), (180, one), (280, "came with cough again"))
    ]
    planted += [Planted("Hemoglobin", 60, 600, is_secret=False), Planted("11.2 g/dL", 260, 600, is_secret=False)]
    page = Paper(tuple(planted), Identifiers((recorded,)), "Helvetica")
    data = page.pdf() if kind == "pdf" else papers.scanned(page.picture(), "clean", 1)[0]
    _, kept = run(data, "lab_document", Policy(identifiers=page.known, faces="keep"))
    picture = Image.open(io.BytesIO(kept.files["page-1"]))
    shares = {entry.text: papers.covered(picture, box, 0, FILL) for entry, box in page.places()}
    assert {text: share for text, share in shares.items() if text in (first, last) and share < 0.9} == {}
    assert {text: share for text, share in shares.items() if text not in (first, last) and share > 0.1} == {}

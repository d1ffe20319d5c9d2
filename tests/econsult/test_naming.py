"""What says who a child is, in all its spellings, and the clinical words that look like it and stay."""

from __future__ import annotations

import time
from datetime import date

import pytest

from econsult.people.naming import MARKS, Known, cover, kinds_in

MARKED = {mark: mark for mark in MARKS}
CASE = Known(
    names=("Lucía Marín de la Cruz", "Rosa Pérez"),
    birth_dates=(date(2022, 9, 5),),
    phones=("+1 505-555-0151",),
    emails=("rosa@x.test",),
    numbers=("MRN-00123",),
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Mi hija Lucía Marín tiene ronchas", "Mi hija [name] tiene ronchas"),
        ("MARIN, LUCIA", "[name]"),
        ("Marin Lucia de la Cruz", "[name]"),
        ("lucia has spots", "[name] has spots"),
        ("Lucía's rash", "[name] rash"),
        ("Lucía\u2019s rash", "[name] rash"),
        ("Luci\u0301a Mari\u0301n", "[name]"),
        ("Lu\u200bcía", "[name]"),
        ("LuciaMarin", "[name]"),
        ("Lucía M. Marín", "[name]"),
        ("La mamá Rosa dice que pica", "La mamá [name] dice que pica"),
        ("Rosa Pérez llamó", "[name] llamó"),
        ("505-555-0151", "[phone]"),
        ("(505) 555 0151", "[phone]"),
        ("+1.505.555.0151", "[phone]"),
        ("5055550151 o 555-0151", "[phone] o [phone]"),
        ("nació 2022-09-05", "nació [birth_date]"),
        ("5 de septiembre de 2022", "[birth_date]"),
        ("5 de setiembre del año 2022", "[birth_date]"),
        ("September 5th, 2022", "[birth_date]"),
        ("09/05/22 05.09.2022 5-Sep-2022 20220905", "[birth_date] [birth_date] [birth_date] [birth_date]"),
        ("nació el 5 de septiembre", "nació el [birth_date]"),
        ("MRN 00123, mrn00123", "[number], [number]"),
        ("write to ROSA@x.test", "write to [email]"),
    ],
)
def test_an_identifier_is_covered_in_every_spelling(text: str, read: str) -> None:
    assert cover(text, CASE, MARKED) == read


@pytest.mark.parametrize(("day", "suffix"), [(1, "st"), (2, "nd"), (3, "rd"), (5, "th"), (21, "st"), (30, "th")])
def test_a_birth_date_is_covered_on_every_day_of_the_month(day: int, suffix: str) -> None:
    known = Known(birth_dates=(date(2026, 11, day),))
    spelled = [
        f"{day}{suffix} of November 2026", f"{day}{suffix} November 2026", f"November {day}{suffix}, 2026",
        f"{day} de noviembre de 2026", f"{day}\u00ba de noviembre de 2026", f"{day}\u00b0 de noviembre del 2026",
        f"{day}.\u00ba de noviembre de 2026", f"{day}.\u00b0 noviembre 2026", f"11/{day:02}/2026", f"{day}-11-26",
    ]  # fmt: skip
    if day == 1:
        spelled += ["1ero de noviembre de 2026", "1er noviembre 2026", "primero de noviembre de 2026"]
        spelled += ["first of November 2026", "November first, 2026"]
    assert [text for text in spelled if cover(text, known, MARKED) != "[birth_date]"] == []


@pytest.mark.parametrize(
    "text",
    [
        "Una mancha rosa. Rosa en los bordes",
        "Apareció en la cruz de la espalda, cerca del mar",
        "Plaquetas 505, 250 mg c/8 h, TA 90/50",
        "Seen 2022-09-06, again 2023-09-05",
        "",
    ],
)
def test_clinical_words_stay(text: str) -> None:
    assert cover(text, CASE, MARKED) == text


def test_a_name_of_everyday_words_is_covered_only_as_a_name() -> None:
    known = Known(names=("Mar Blanca Luz",))
    assert cover("Mar Luz tiene una placa blanca que da a la luz", known, MARKED) == (
        "[name] tiene una placa blanca que da a la luz"
    )


def test_a_writer_hears_which_kinds_there_are_and_nothing_is_shown_in_a_log() -> None:
    assert kinds_in("Lucía 505-555-0151", CASE) == ("name", "phone")
    assert "Luc" not in repr(CASE)


@pytest.mark.parametrize(
    "text",
    ["1-" * 10_000, "Lu Ma " * 3300, "5 de " * 4000, "5" + " " * 20_000 + "x", "march" + " " * 20_000 + "x",
     "7 " * 10_000, "7 march " * 2500, "born on march" + "-" * 20_000, "march 7 " + "de " * 6600,
     "Luc\u00eda a " * 2500, "5" * 20_000, "a@" * 10_000],
    ids=range(12),
)  # fmt: skip
def test_a_long_text_takes_no_long_time(text: str) -> None:
    """Four times what a message may hold, within the time of the process: more would hold up everybody's pages."""
    began = time.thread_time()
    assert cover(text, CASE, MARKED)
    assert time.thread_time() - began < 1.0

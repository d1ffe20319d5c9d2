"""What says who a child is, in all its spellings, and the clinical words that look like it and stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from econsult.people.naming import MARKS, Known, cover, cover_each, kinds_in
from tests import spelled
from tests.spread import spread
from tests.timing import quickest

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
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
        ("luciamarindelacruz is MarinCruzLucia", "[name] is [name]"),
        ("foto_luciamarincruz_2", "foto_[name]_2"),
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


DAYS = (date(2026, 11, 1), date(2026, 11, 5), date(2022, 9, 5), date(2019, 3, 7), date(2026, 12, 31), date(2024, 5, 22),
        date(2023, 2, 11), date(2020, 10, 21), date(2019, 8, 30), date(2026, 1, 12), date(2007, 7, 2))  # fmt: skip


@pytest.mark.parametrize("spell", [spelled.in_figures, spelled.in_words, spelled.raised, spelled.misspelt])
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_birth_date_is_covered_in_whatever_spelling(day: date, spell: Callable[[date], Iterator[str]]) -> None:
    known = Known(birth_dates=(day,))
    texts = [text for written in spell(day) for text in (written, f"Baby, {written}, came 3 times, 4 doses")]
    left = {text: read for text in texts if (read := cover(text, known, MARKED)) not in _READ}
    assert left == {}


_READ = ("[birth_date]", "Baby, [birth_date], came 3 times, 4 doses")


@pytest.mark.parametrize("text", spelled.BORN)
def test_a_day_without_its_year_is_covered_where_it_is_a_birthday(text: str) -> None:
    read = cover(text, Known(birth_dates=(date(2019, 3, 7),)), MARKED)
    assert read.endswith("[birth_date]")
    assert not re.search(r"\d|mar", read)


def test_a_birth_may_be_told_behind_its_day() -> None:
    known = Known(birth_dates=(date(2019, 3, 7),))
    assert cover("On March 7 she was born at term", known, MARKED) == "On [birth_date] she was born at term"
    assert cover("El 7 de marzo naci\u00f3 sana", known, MARKED) == "El [birth_date] naci\u00f3 sana"
    assert cover("Seen on March 7, 2020. She was born", known, MARKED) == "Seen on March 7, 2020. She was born"


@pytest.mark.parametrize("text", spelled.OTHER)
def test_another_day_and_a_value_stay(text: str) -> None:
    assert cover(text, Known(birth_dates=(date(2019, 3, 7),)), MARKED) == text


@pytest.mark.parametrize("sign", ["_", ":", "/", "|", "\\", ";", " + ", ", ", "\u00a0", "\n"])
def test_whatever_sign_stands_inside_an_identifier_it_is_covered(sign: str) -> None:
    known = Known(("Luz Prueba Nuevo",), (date(2026, 11, 1),), ("555-867-5309",), numbers=("4821199",))
    parts = {"name": ("luz", "nuevo"), "birth_date": ("2026", "11", "01"), "phone": ("555", "867", "5309"),
             "number": ("48", "21", "199")}  # fmt: skip
    for kind, each in parts.items():
        assert cover(f"x {sign.join(each)} y", known, MARKED) == f"x [{kind}] y"


def test_a_number_beside_others_is_found_and_another_is_not() -> None:
    assert cover("call 505-555-0151 16 kg, 5", CASE, MARKED) == "call [phone] 16 kg, 5"
    assert cover("MRN4821199 and MRN_4821199", Known(numbers=("4821199",)), MARKED) == "MRN[number] and MRN_[number]"
    assert cover("mrn_MRN00123, x55501519", CASE, MARKED) == "mrn_[number], x55501519"
    long = Known(numbers=("MRN-0482119",))
    assert cover("0482119 and 482119, 1482119 or 4821190", long, MARKED) == "[number] and [number], 1482119 or 4821190"


def test_what_is_spread_over_texts_beside_each_other_is_covered_in_each() -> None:
    known = Known(("Rosa Mar",), (date(2026, 11, 1),), ("555-867-5309",), numbers=("123456",))
    marks = {mark: mark for mark in MARKS}
    assert cover_each(["2026", "11", "1", "x"], known, marks) == ["[birth_date]"] * 3 + ["x"]
    assert cover_each(["Rosa", "Mar"], known, marks) == ["[name]", "[name]"]
    assert cover_each(["see Rosa", "Mar, a child", ""], known, marks) == ["see [name]", "[name], a child", ""]
    assert cover_each(["555", "867", "5309"], known, marks) == ["[phone]"] * 3
    assert cover_each(["1", "11", "26"], known, marks) == ["1", "11", "26"]
    assert cover_each(["12", "34"], Known(numbers=("1234",)), marks) == ["12", "34"]
    assert cover_each([], known, marks) == []


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


def test_whoever_is_registered_by_a_word_of_the_house_is_covered_and_signs_stay() -> None:
    known = Known(("Princess Honey Johnson", "Bear Thompson", "China Trigo Limón", "Tina Baby"))
    told = "Princess has a rash. princess scratches at night. Is Bear well? China no duerme. Consulta de Trigo, 4 a."
    read = "[name] has a rash. [name] scratches at night. Is [name] well? [name] no duerme. Consulta de [name], 4 a."
    assert cover(told, known, MARKED) == read
    stays = "She cannot bear weight and ate honey. Alergia al trigo, ronchas por limón"
    assert cover(stays, known, MARKED) == stays


def test_a_name_that_is_hardly_a_sign_is_covered_in_small_letters_and_one_that_may_be_grave_stays() -> None:
    small = ["mora", "conejo", "gallo", "pinto", "borrego", "tina"]
    read = [cover(f"y {name} tiene fiebre", Known((f"Karla {name}",)), MARKED) for name in small]
    assert read == ["y [name] tiene fiebre"] * len(small)
    grave = {"Iman": "se tragó un iman", "Trout": "hives after trout", "Chin": "a cut on the chin"}
    assert [cover(text, Known((f"Karla {name}",)), MARKED) for name, text in grave.items()] == [*grave.values()]


HOME = Known(
    ("Luz Prueba", "Rosa Mar"),
    nicknames=("Chuyita", "Nené Lu", "Peanut Butter", "Mi corazón", "Camaroncito", "Lunar", "Manchitas", "Niña"),
)


@pytest.mark.parametrize(
    "text",
    ["Peanut Butter: hives. Allergic to Peanut", "Corazón: soplo. Un soplo en el corazón", "PeanutButter",
     "Alergia al Camarón, a camarones y al camaroncito", "tiene un lunar negro y manchitas rosa", "Mother: Peanut rash",
     "la niña tiene fiebre", "It itches my child. Peanut makes it worse", "allergic to chuyita"],
)  # fmt: skip
def test_no_nickname_hides_what_a_child_may_be_allergic_to_or_has(text: str) -> None:
    assert cover(text, HOME, MARKED) == text


SIGNS = """
Coja desde ayer, no apoya la pierna; Sordo de un oído; Cabecita caliente, fontanela hundida; Piecitos hinchados;
Manitas frías; Chimuela desde la caída; Lechita le cae mal; Pancito con leche le da ronchas; Caracol, y ronchas;
Boquita morada; Naricita tapada; Taquitos le dan ronchas; Tosecita de noche; Moradito al llorar; Hundidita, la
mollera; Puntitos rojos; Wheezy at night; Limpy since yesterday; Snotty for days; Barfy after milk; Wobbles when
walking; Sniffles, no fever; Rashy on the arms; Patches on her back; Scabs on his knee; Pimples; Ham makes her itch;
Tilapia, then hives; Fainted at school; Droolers cannot swallow; Swelling of lips; Bluish lips; Blinky, one eye;
Gummies, he ate ten; Peaches swell her lips
"""


def test_no_nickname_hides_a_sign_or_what_was_eaten_in_whatever_fond_form() -> None:
    texts = [" ".join(text.split()) for text in SIGNS.split(";")]
    covered = [cover(text, Known(nicknames=(text.split()[0].strip(","),)), MARKED) for text in texts]
    assert covered == texts


def test_a_nickname_that_sounds_like_such_a_word_is_covered() -> None:
    called = (
        "Pepito Lupe Caro Carito Chuyito Toñito Paquita Anita Penny Molly Danny James Cody Gary Sally Bonnie Titi Bubú"
    )
    assert [cover(f"{name} cries", Known(nicknames=(name,)), MARKED) for name in called.split()] == [
        "[name] cries"
    ] * 18


def test_a_nickname_is_covered_where_it_is_said_of_somebody() -> None:
    told = "Chuyita, Nené Lu or my girl chuyita; our son Peanut Butter ate. Luz \u201cPeanut\u201d Prueba, ChuyitaLu"
    read = "[name], [name] or my girl [name]; our son [name] ate. [name], ChuyitaLu"
    assert cover(told, HOME, MARKED) == read
    # A part of the name beside it tells nothing of it.
    assert cover("Luz Prueba: peanut allergy", HOME, MARKED) == "[name]: peanut allergy"


def test_a_writer_hears_which_kinds_there_are_and_nothing_is_shown_in_a_log() -> None:
    assert kinds_in("Lucía 505-555-0151", CASE) == ("name", "phone")
    assert "Luc" not in repr(CASE)


@pytest.mark.parametrize(
    "text",
    spread(["1-" * 10_000, "Lu Ma " * 3300, "5 de " * 4000, "5" + " " * 20_000 + "x", "march" + " " * 20_000 + "x",
     "7 " * 10_000, "7 march " * 2500, "born on march" + "-" * 20_000, "march 7 " + "de " * 6600,
     "Luc\u00eda a " * 2500, "5" * 20_000, "a@" * 10_000, "5 sept 22 " * 2000, "dos mil " * 2500, "261101 " * 2900,
     " ".join(f"novi{n:x}" for n in range(2500)).translate(_LETTERS), "05.09." * 3300, "1793491200 " * 1800,
     "treinta y " * 2000, "5.\u00ba " * 5000, "nacio el " * 2200, "505-555-01" * 2000, "mrn_0012" * 2500], 1),
    ids=range(23),
)  # fmt: skip
def test_a_long_text_takes_no_long_time(text: str) -> None:
    """Four times what a message may hold, within the time of the process: more would hold up everybody's pages."""
    found: list[object] = []
    assert quickest(lambda: found.append(cover(text, CASE, MARKED)), 1) < 1
    assert found[0]

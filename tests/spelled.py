"""A day in the ways that people, programs and forms write it, for texts and for pages alike; and what only looks so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

ENGLISH = "January February March April May June July August September October November December"
SPANISH = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
MONTHS = {"en": ENGLISH.split(), "es": SPANISH.split()}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
DAYS = {
    1: ("first", "primero", "uno", "one"), 2: ("second", "dos", "two"), 3: ("third", "tres", "three"),
    5: ("fifth", "cinco", "quinto"), 11: ("eleventh", "once"), 12: ("twelfth", "doce"),
    21: ("twenty-first", "veintiuno"),
    22: ("twenty second", "veintid\u00f3s"), 30: ("thirtieth", "treinta"), 31: ("thirty-first", "treinta y uno"),
}  # fmt: skip
YEARS = {
    2026: ("dos mil veintis\u00e9is", "two thousand twenty-six", "twenty twenty-six"),
    2019: ("dos mil diecinueve",),
}
NTH = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def in_figures(day: date) -> Iterator[str]:
    """Figures alone."""
    d, m, y = day.day, day.month, day.year
    for sign in ("-", "/", ".", " ", "_", ":", "|", " / ", ", ", "\u2013", "\u2010", "\u00b7", "\\", "--", "-\u00a0"):
        yield from (sign.join(map(str, order)) for order in ((d, m, y), (m, d, y), (y, m, d), (y, d, m)))
        yield from (
            f"{d:02}{sign}{m:02}{sign}{y}",
            f"{y}{sign}{m:02}{sign}{d:02}",
            f"{m:02}{sign}{d:02}{sign}{y % 100:02}",
        )
    yield from (f"{y}{m:02}{d:02}", f"{d:02}{m:02}{y}", f"{m:02}{d:02}{y}", f"{d}/{m}/{y % 100:02}", f"{y}: {m}/{d}")
    yield from (f"{m}/{y}/{d}", f"{y}-{m:02}{d:02}", f"{d:02}{m:02}.{y}")


def in_words(day: date) -> Iterator[str]:
    """With the month in words, or everything."""
    d, y, short = day.day, day.year, f"{day.year % 100:02}"
    en, es, roman = MONTHS["en"][day.month - 1], MONTHS["es"][day.month - 1], ROMAN[day.month - 1]
    nth = f"{d}{NTH.get(d, 'th')}"
    yield from (f"{nth} of {en} {y}", f"{nth} {en} {y}", f"{en} {nth}, {y}", f"{en} {d} {y}", f"{nth} of {en} {short}")
    yield from (
        f"{en[:3]}. {nth}, '{short}",
        f"{en[:3]} {nth}, \u2019{short}",
        f"{d}-{en[:3]}-{y}",
        f"{d}{en[:3].upper()}{y}",
    )
    yield from (
        f"{y}-{en[:3]}-{d:02}",
        f"{y}/{en[:3]}/{d}",
        f"{y} {en} {d}",
        f"{y}, {es} {d}",
        f"{short}-{en[:3]}-{d:02}",
    )
    yield from (
        f"{d} de {es} de {y}",
        f"{d} de {es} del {y}",
        f"{d} de {es} del a\u00f1o {y}",
        f"{es} {d} de {y}",
        f"{d} {es} {y}",
    )
    yield from (f"{d}o de {es} de {y}", f"{d}o. de {es} de {y}", f"{d}.o de {es} de {y}", f"{es} {d} del {short}")
    yield from (f"{d}-{roman}-{y}", f"{d}.{roman.lower()}.{y}", f"{d} / {roman} / {short}", f"{d:02}_{es}_{y}")
    yield from (
        f"{es.upper()} {d}, {y}",
        f"{en}, the {nth}, {y}",
        f"{d} d{chr(39)}{es} {y}",
        f"{d} del mes {day.month} del {y}",
    )
    for word in DAYS.get(d, ()):
        yield from (f"{word} of {en} {y}", f"{en} {word}, {y}", f"{word} de {es} de {y}", f"{word} de {es} del {short}")
        for year in YEARS.get(y, ()):
            yield f"{word} de {es} de {year}"


def raised(day: date) -> Iterator[str]:
    """With a raised letter behind the day, which readers of pages take for other signs."""
    es = MONTHS["es"][day.month - 1]
    for ending in ("\u00ba", ".\u00ba", "\u00b0", ".\u00b0", "\u1d52", " \u00ba", "ero", "er", "ro.", "\u00aa"):
        yield f"{day.day}{ending} de {es} de {day.year}"


def misspelt(day: date) -> Iterator[str]:
    """With slips of the pen."""
    wrong = {9: ("setiembre", "septienbre", "sept", "spbre"), 11: ("nobiembre", "novienbre", "noviem.", "novbre"),
             2: ("febraury", "febreo"), 8: ("agsto", "agosoto")}  # fmt: skip
    for month in wrong.get(day.month, ()):
        yield from (f"{day.day} de {month} de {day.year}", f"{month} {day.day}, {day.year}")


BORN = ("naci\u00f3 el 7 de marzo", "born on March 7", "born March 7th", "was born on the 7th of March", "DOB: 7 Mar",
        "fecha de nacimiento: 7/3", "cumple a\u00f1os el 7 de marzo", "birthday 3/7",
        "nacida el siete de marzo", "nacido el d\u00eda 7 de marzo", "born at term by section on March 7",
        "nacida por ces\u00e1rea en casa el 7 de marzo", "birthday is March 7", "DOB Mar. 7",
        "F. Nac. 7 mar")  # fmt: skip
"""The seventh of March without its year, where it is said to be a birthday."""
OTHER = (
    "Rash since March 7", "desde el 7 de marzo", "Seen 2019-03-08, again 2020-03-07", "Collected 2026-04-21  12:16",
    "since 6 March 2019, March 7 she slept", "visto el 6/2/2019, 3/7 de la dosis", "Hb 7.3, 19 %", "Hb 3.7  19  5",
    "26/02/2019, 03/07/2020", "25/02/19, 03/07/20", "7 days, 3 of 19 moles", "7 mg, 3 times, 2019",
    "born at term. Rash since March 7", "nacida sana; desde el 7 de marzo",
    "born\n7 March", "since March 2019, 7 spots", "3 2019 7", "seen 7/2/2019/3",
    "born at term, Apgar 7/3", "born 7.3 lb", "nacida a las 07:03",
    "2019-03-0712", "12019-03-07", "7 de marzo", "Marta 7, 2019", "7 mar", "19/3",
)  # fmt: skip
"""What is not the seventh of March 2019, though much of it stands there."""

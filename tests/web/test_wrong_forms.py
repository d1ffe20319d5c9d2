"""Whatever is typed into a form of the program and cannot be: one sentence at its field, and nothing is done."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from econsult.consults.policies import Policy
from econsult.people.persons import Organization
from econsult.rosters.limits import Conflict, FallbackPool, Limits
from econsult.rosters.shifts import Shift, Swap, TimeOff
from tests.personas import Clinic, open_clinic
from tests.spread import spread
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

SAVED = (Shift, TimeOff, Swap, Policy, Limits, FallbackPool, Conflict, Organization)
NOW = datetime.now(UTC)
SOON = (NOW + timedelta(days=3)).date().isoformat()
TUESDAY = (NOW + timedelta(days=7 + (1 - NOW.weekday()) % 7)).date().isoformat()
LONG, CONTROL, HIDDEN = "x" * 5000, "a\x07\x00b", "\u202e1"
TYPED = (LONG, CONTROL, HIDDEN, "-1", "99999999999999999999", "NaN", "\u0667", "'; --", "<b>x</b>")
DAYS = (*TYPED, "2027-02-30", "2027-13-01", "9999-12-31", "0001-01-01")
TIMES = (*TYPED, "25:00", "12:60")
HOURS_REFUSED = ("", *TYPED, "721", "1e9", "1,000")


@dataclass(frozen=True)
class Form:
    """A form of a page of a person, filled in rightly; and of each field what cannot be, with the field's sentence."""

    who: str
    path: str
    right: dict[str, str]
    wrong: dict[str, tuple[tuple[str, ...], str, str]]


SPECIALTY = {"specialty": "dermatology"}
NOBODY = ("", LONG, CONTROL, "{other_derm}")
PERSON = ("Choose somebody who answers for this specialty", "Elija a alguien que responda por esta especialidad")
ELSE = (
    "Choose somebody else who answers for this specialty",
    "Elija a otra persona que responda por esta especialidad",
)
WHEN = (
    "Choose a day that there is, and write a time such as 18:00",
    "Elija un día que exista y escriba una hora como 18:00",
)
GONE = ("This shift is not on the plan any more: choose another", "Este turno ya no está en el plan: elija otro")
AMOUNT = ("Write a number from 0.02 to 720", "Escriba un número de 0,02 a 720")
RULES = dict.fromkeys(("first_reply", "next_reply", "family_informed", "pause"), "24") | {"urgency": "routine"}
FORMS = {
    "shift": Form(
        "coordinator",
        "/program/roster/shifts",
        {**SPECIALTY, "person": "{derm}", "weekday": "2", "on_day": SOON, "starts": "08:00", "hours": "8"},
        {
            "person": (NOBODY, *PERSON),
            "weekday": (("7", *TYPED), "Choose a day of the week", "Elija un día de la semana"),
            "on_day": (
                ("2020-01-07", *DAYS),
                "Choose a day that has not passed, within a year",
                "Elija un día que no haya pasado, dentro de un año",
            ),
            "starts": (TIMES, "Write when it starts, for example 18:00", "Escriba cuándo empieza, por ejemplo 18:00"),
            "hours": (
                ("0", "25", *TYPED),
                "Write how many hours, up to 24",
                "Escriba cuántas horas, hasta 24",
            ),
        },
    ),
    "off": Form(
        "coordinator",
        "/program/roster/off",
        {**SPECIALTY, "person": "{derm}", "from": SOON, "from_at": "08:00", "until": SOON, "until_at": "18:00"},
        {
            "person": (NOBODY, "Choose somebody of the list", "Elija a alguien de la lista"),
            "from": (DAYS, *WHEN),
            "from_at": (TIMES, *WHEN),
            "until": (("", *DAYS), *WHEN),
            "until_at": (TIMES, *WHEN),
        },
    ),
    "swap": Form(
        "coordinator",
        "/program/roster/swaps",
        {**SPECIALTY, "shift": "{shift}", "day": TUESDAY, "to": "{derm2}"},
        {
            "shift": (("", LONG, CONTROL, "0", "{other_shift}"), *GONE),
            "day": (("", *DAYS), "Choose the date of the shift", "Elija la fecha del turno"),
            "to": (NOBODY, *ELSE),
        },
    ),
    "own swap": Form(
        "derm",
        "/program/roster/mine/swaps",
        {"shift": "{shift}", "day": TUESDAY, "to": "{derm2}"},
        {
            "shift": (("", LONG, CONTROL, "0", "{other_shift}"), *GONE),
            "day": (("", *DAYS), "This shift is over", "Este turno ya terminó"),
            "to": (NOBODY, *ELSE),
        },
    ),
    "limits": Form(
        "coordinator",
        "/program/people/{derm}/limits",
        {**SPECIALTY, "states": "NM", "languages": "es", "capacity": "3"},
        {
            "states": (
                ("New Mexico", *TYPED),
                "Write states with two letters, for example NM, TX",
                "Escriba los estados con dos letras, por ejemplo NM, TX",
            ),
            "languages": ((LONG, CONTROL, "xx"), "Choose languages of the list", "Elija idiomas de la lista"),
            "capacity": (
                ("1000", *TYPED),
                "Write a number up to 999; 0 means no limit",
                "Escriba un número hasta 999; 0 significa sin límite",
            ),
        },
    ),
    "stands in": Form(
        "coordinator",
        "/program/people/fallbacks",
        {**SPECIALTY, "fallback": "neurology"},
        {
            "fallback": (
                ("", LONG, CONTROL, "dermatology"),
                "Choose another specialty to stand in",
                "Elija otra especialidad que responda en su lugar",
            )
        },
    ),
    "state": Form(
        "coordinator",
        "/program/people/clinics/{home}",
        {**SPECIALTY, "state": "NM"},
        {
            "state": (
                ("New Mexico", "ZZ", "NM, TX", *TYPED),
                "Write the state with two letters, for example NM",
                "Escriba el estado con dos letras, por ejemplo NM",
            )
        },
    ),
    "zone": Form(
        "coordinator",
        "/program/people/clinics/{home}/zone",
        {**SPECIALTY, "time_zone": "America/Denver"},
        {
            "time_zone": (
                ("Mars/Phobos", "../etc", "America", *TYPED),
                "Choose a time zone of the list, for example America/Denver",
                "Elija un huso horario de la lista, por ejemplo America/Denver",
            )
        },
    ),
    "conflict": Form(
        "coordinator",
        "/program/people/conflicts",
        {**SPECIALTY, "person": "{derm}", "number": "{asked}"},
        {
            "person": (NOBODY, "Choose a specialist of the list", "Elija a un especialista de la lista"),
            "number": (
                ("", "C-0", "{other_asked}", *TYPED),
                "There is no request with this number",
                "No hay ninguna solicitud con este número",
            ),
        },
    ),
    "rules": Form(
        "director",
        "/program/rules",
        {**SPECIALTY, **RULES, "allocate": "60", "release": "12", "ladder": "50, 100"},
        {
            **dict.fromkeys(("first_reply", "next_reply", "family_informed", "pause"), (HOURS_REFUSED, *AMOUNT)),
            "allocate": (
                ("", "0", "43201", "1.5", *TYPED),
                "Write a number from 1 to 43,200",
                "Escriba un número de 1 a 43.200",
            ),
            "release": (("", "24.5", *TYPED), "Write a number from 0 to 24", "Escriba un número de 0 a 24"),
            "ladder": (
                ("", "50", "100, 50", "50, 50, 100", LONG, "0, 100", "50, 100, 200"),
                "Write up to ten rising numbers of which the last is 100, such as 50, 75, 100",
                "Escriba hasta diez números crecientes; el último es 100, como 50, 75, 100",
            ),
        },
    ),
}
CHOSEN = {"person", "weekday", "shift", "to", "languages", "fallback", "state"}
"""Chosen from a list: what is not in it cannot be kept."""


def _saved(runtime: Runtime) -> list[Any]:
    with runtime.database.reading() as session:
        return [[tuple(row) for row in session.execute(select(*table.__table__.c))] for table in SAVED]


def _ids(runtime: Runtime, clinic: Clinic) -> dict[str, str]:
    """The ids of this program and of another one."""
    other = open_clinic(runtime.database, vault=clinic.vault, mark="Z")
    hours = {"specialty": "dermatology", "weekday": 1, "starts": 480, "minutes": 60, "time_zone": "UTC"}
    with runtime.database.writing() as session:
        planned = [
            Shift(program_id=each.program.id, person_id=each.derm.id, from_day=NOW.date(), **hours)
            for each in (clinic, other)
        ]
        session.add_all(planned)
        asked = [each.econsult(session, now=NOW).number for each in (clinic, other)]
        return {
            **{name: getattr(clinic, name).public_id for name in ("derm", "derm2", "home")},
            "other_derm": other.derm.public_id,
            "shift": str(planned[0].id),
            "other_shift": str(planned[1].id),
            "asked": asked[0],
            "other_asked": asked[1],
        }


def _tries(form: Form, ids: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each field with each value that cannot be, the others right."""
    right = {name: value.format(**ids) for name, value in form.right.items()}
    for name, (values, *_sentences) in form.wrong.items():
        for value in values:
            yield name, right | {name: value.format(**ids) if value.startswith("{") else value}


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.wide), "es"])
@pytest.mark.parametrize("which", spread(FORMS, 4))
def test_what_cannot_be_is_one_sentence_at_its_field(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, which: str, language: str
) -> None:
    form, ids = FORMS[which], _ids(runtime, clinic)
    with runtime.database.writing() as session:
        session.merge(getattr(clinic, form.who)).language = language
    browser, before = browser_of(getattr(clinic, form.who)), _saved(runtime)
    broken, token = [], token_from(browser.get("/nowhere").text)
    # What only looks is read as what saves.
    verb = "save" if language == "en" else "look"
    for name, fields in _tries(form, ids):
        reply = browser.post(form.path.format(**ids), data={**fields, "verb": verb, "csrf_token": token})
        box = reply.text.partition('id="problem"')[2].partition("</div>")[0]
        said = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', box)
        sentence = form.wrong[name][1 if language == "en" else 2]
        is_right = reply.status_code == 422 and [html.unescape(words) for _place, words in said] == [sentence]
        is_at_it = is_right and f'id="{said[0][0]}"' in reply.text
        kept = [value for field, value in fields.items() if field not in CHOSEN and "\x00" not in value]
        is_kept = all(value.strip() in html.unescape(reply.text) for value in kept)
        if not (is_right and is_at_it and (is_kept or which == "own swap")):
            broken.append((name, fields[name][:20], reply.status_code, said, is_at_it, is_kept))
    assert broken == []
    assert _saved(runtime) == before


@pytest.mark.parametrize("name", ["specialty", "urgency"])
def test_what_a_form_is_about_is_never_taken_for_something_else(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, name: str
) -> None:
    """A code that there is not was taken for the first specialty, for all of them, or for routine."""
    ids, before = _ids(runtime, clinic), _saved(runtime)
    for form in FORMS.values():
        if name in form.right:
            browser, right = browser_of(getattr(clinic, form.who)), {k: v.format(**ids) for k, v in form.right.items()}
            for value in (LONG, CONTROL, "homeopathy"):
                reply = post(browser, form.path.format(**ids), {**right, name: value, "verb": "save"})
                # The zone of a clinic and time off are of no specialty, and are not saved from a page of none either.
                assert reply.status_code == 404, (form.path, value[:20])
    assert _saved(runtime)[:3] == before[:3]

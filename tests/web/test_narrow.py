"""The narrowest telephone, 320 points, in Spanish, whose words are longer, and in a demo, whose bar says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from econsult.people.persons import Person
from econsult.people.signin import open_session
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.services.homes import fit_templates
from tests.web.looking import torn
from tests.web.serving import served
from web import create_app
from web.shell.auth import COOKIE
from workers.runtime import Runtime

PLACES = {
    "derm": ("/worklist", "/account", "/worklist/advice", "/program/roster/mine"),
    "pcp": ("/clinic", "/clinic/ask", "/account"),
    "coordinator": ("/clinic/phone", "/coordination", "/coordination/desk", "/coordination/ages", "/program/sessions"),
    "director": ("/program", "/program/people", "/program/rules", "/sentences"),
    "admin": ("/start", "/program/roster", "/program/sessions", "/program/accounts", "/program/accounts/new"),
    "officer": ("/privacy", "/privacy/records", "/privacy/sealed"),
}


IS_TALL = """() => {
  const all = [...document.querySelectorAll('.bar nav li')], here = all.find(li => li.querySelector('[aria-current]'));
  return all.some(li => li.offsetTop !== all[0].offsetTop) || here?.getBoundingClientRect().right > innerWidth;
}"""
"""Whether the menu takes more than one line, or hides the entry of its own page."""


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    """A demo, on whose staff pages the bar says that its data is made up."""
    settings = replace(runtime.settings, is_demo=True)
    app = create_app(Runtime(replace(runtime.installation, settings=settings)))
    fit_templates(app)
    with served(app) as found:
        yield found


def test_no_page_of_the_staff_is_wider_than_the_telephone_or_breaks_a_word(
    runtime: Runtime, clinic: Clinic, officer: Person, address: str, devices: Devices
) -> None:
    with runtime.database.writing() as session:
        case = clinic.claimed(session, now=datetime.now(UTC) - timedelta(minutes=20))
        for name in PLACES:
            session.merge(officer if name == "officer" else getattr(clinic, name)).language = "es"
    wide, tall, broken = [], [], []
    for name, paths in PLACES.items():
        page = devices.desktop(viewport={"width": 320, "height": 640})
        with runtime.database.writing() as session:
            person = officer if name == "officer" else getattr(clinic, name)
            token = open_session(session, person, datetime.now(UTC))
        page.context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        for path in (*paths, *((f"/consults/{case.public_id}",) if name in ("derm", "pcp") else ())):
            page.goto(address + path)
            width, language = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.lang]")
            assert language == "es", path
            wide += [(name, path, width)] if width > 320 else []
            tall += [(name, path)] if page.evaluate(IS_TALL) else []
            broken += [(name, path, word) for word in torn(page)]
        page.context.close()
    assert (wide, tall, broken) == ([], [], [])

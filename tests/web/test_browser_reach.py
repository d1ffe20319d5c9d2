"""A mother gives her number without scripts; the pages on the way are accessible, whole and in one language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from econsult.notices import NoticeKind, notify
from econsult.people.persons import Person, choose_language
from econsult.people.signin import open_session
from econsult.reach.deliveries import Reason, Sending, Ways, pending_deliveries, record_failed
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import session_cookie
from tests.web.looking import look_at
from tests.web.serving import served
from tests.web.texting import code_for, texting_app, wrong_for
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=5)
OTHERS = frozenset({"mother", "derm", "coordinator", "pcp"})


@pytest.fixture
def texting(runtime: Runtime, clinic: Clinic) -> Iterator[str]:
    with served(texting_app(runtime)) as address:
        yield address


def enter(page: Page, runtime: Runtime, person: Person, address: str) -> None:
    with runtime.database.writing() as session:
        page.context.add_cookies([session_cookie(open_session(session, person, datetime.now(UTC)), address)])


@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_a_number_is_given_and_proven_without_a_script(
    devices: Devices, runtime: Runtime, clinic: Clinic, texting: str, language: str, width: int
) -> None:
    with runtime.database.writing() as session:
        choose_language(session, clinic.mother, language, NOW)
    page = devices.desktop(viewport={"width": width, "height": 900}, java_script_enabled=False)
    enter(page, runtime, clinic.mother, texting)
    page.goto(f"{texting}/account")
    page.locator("#number").fill("555-0142")
    page.locator("form[action='/account/mobile'] button").click()
    expect(page.locator("#problem")).to_be_visible()
    expect(page.locator("#number")).to_have_value("555-0142")
    page.locator("#number").fill("505-555-0142")
    page.locator("form[action='/account/mobile'] button").click()
    page.locator("#code").fill(wrong_for(runtime, clinic.mother))
    page.locator("form[action$='/code'] button").click()
    expect(page.locator("#code-error")).to_be_visible()
    page.locator("#code").fill(code_for(runtime, clinic.mother))
    page.locator("form[action$='/code'] button").click()
    page.locator("label", has=page.locator("input[name=channel][value=both]")).click()
    page.locator("label", has=page.locator("input[name=quiet][value=own]")).click()
    page.locator("#quiet_from").select_option("22")
    page.locator("form[action='/account/contact'] button").click()
    expect(page.locator("input[name=channel][value=both]")).to_be_checked()
    with runtime.database.reading() as session:
        mother = session.get_one(Person, clinic.mother.id)
        assert (mother.channel, mother.quiet_hours) == ("both", "22-7")


@pytest.mark.wide
@pytest.mark.parametrize(("language", "width"), spread([("es", 390), ("en", 1440)], 1))
def test_the_pages_of_reaching_people_are_accessible_and_whole(
    devices: Devices, runtime: Runtime, clinic: Clinic, texting: str, language: str, width: int
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
        for person, about in ((clinic.mother, consult.id), (clinic.derm, None)):
            reader = session.get_one(Person, person.id)
            notice = notify(session, reader, NoticeKind.MESSAGE, consult_id=about, about="1", now=NOW)
            ways = Ways(None, has_gateway=True)
            (delivery,) = pending_deliveries(session, notice, reader, ways, NOW)
            record_failed(session, Sending(notice, delivery, ways), Reason.AWAY, NOW)
    page = devices.desktop(viewport={"width": width, "height": 900})
    family = f"/families/{clinic.child.public_id}"
    for name, person, path in (
        ("account", clinic.mother, "/account"),
        ("family", clinic.pcp, family),
        ("board", clinic.coordinator, "/coordination"),
    ):
        enter(page, runtime, person, texting)
        page.goto(f"{texting}{path}?lang={language}")
        look_at(page, name, language, OTHERS)
    enter(page, runtime, clinic.pcp, texting)
    page.goto(f"{texting}{family}?lang={language}")
    page.locator("input[name=number]").fill("+34 912 345 678")
    page.locator("form[action$='/mobile'] button").click()
    expect(page.locator("#problem")).to_be_visible()
    page.goto(f"{texting}{family}?lang={language}")
    page.locator("input[name=number]").fill("505-555-0142")
    with page.expect_navigation():
        page.locator("form[action$='/mobile'] button").click()
    page.goto(f"{texting}{family}?lang={language}")
    look_at(page, "family-waits", language, OTHERS)

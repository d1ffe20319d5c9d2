"""The page on which the clinic and the desk write down who acts for a child."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from econsult.barring import CONTACTS
from econsult.linking import Authority, Newcomer, add_caregiver, bar, unlink, write_order
from econsult.people.account import reopen_account
from econsult.people.keptaway import is_kept_caller, reaches_kept
from econsult.people.lookalikes import LOOKS, LookElsewhere
from econsult.people.onfile import set_contact
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person, person_by_email
from econsult.people.signin import SignInSession, close_account, set_password
from tests.personas import Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.browsing import post
from tests.web.conftest import PASSWORD, BrowserOf, Enter, stored_password
from tests.web.looking import complaints, look_at
from workers.runtime import Runtime

NEAR = ("/families", "/invitations", "/coordination/ages", "/clinic/phone")
"""Where staff let somebody near a child's record; the child's id follows."""
ORDER = "Only the aunt decides, order 12-345."


def _form(key: str, **changes: str) -> dict[str, str]:
    fields = {f"relation-{key}": "foster_parent", f"decides-{key}": "yes", f"paper-{key}": "Placement letter"}
    return {**fields, **changes}


def test_a_foster_mother_is_added_changed_and_ended(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    desk, path = browser_of(clinic.coordinator), f"/families/{clinic.child.public_id}/people"
    assert f'href="{path}"' in desk.get(f"/families/{clinic.child.public_id}").text
    last = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    new = {"name": "Rosa Gil", "email": "aunt@example.test", "email_again": "Aunt@example.test", "language": "es"}
    added = post(desk, path, {**new, **_form("new", **{"ends-new": last})})
    assert (added.status_code, added.location) == (303, f"{path}?said=caregiver_added")
    page = desk.get(f"{path}?said=caregiver_added").text
    assert ("Rosa Gil" in page, "Placement letter" in page, "A letter tells them how to come in" in page) == (True,) * 3
    with runtime.database.reading() as session:
        aunt = person_by_email(session, runtime.database.cipher, "aunt@example.test")
    assert aunt is not None
    theirs = browser_of(aunt)
    assert "Has not come in yet" in page
    assert post(theirs, "/family/join", {"birth_date": clinic.child.birth_date_text}).status_code == 303
    assert clinic.child.public_id in theirs.get("/family").text
    hers = f"{path}/{aunt.public_id}"
    assert post(desk, hers, _form(aunt.public_id, **{f"decides-{aunt.public_id}": "no"})).status_code == 303
    assert "May send and read, and not decide" in desk.get(path).text
    listed = desk.get("/coordination/ages").text
    assert "Rights that end by a day" not in listed
    soon = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    assert post(desk, hers, _form(aunt.public_id, **{f"ends-{aunt.public_id}": soon})).status_code == 303
    listed = desk.get("/coordination/ages").text
    assert ("Rights that end by a day" in listed, "Within 7 days" in listed, "Rosa Gil" in listed) == (True,) * 3
    assert post(desk, f"{hers}/end", {}).location == f"{path}?said=right_ended"
    assert clinic.child.public_id not in theirs.get("/family").text
    assert post(desk, f"{hers}/end", {}).status_code == 404
    back = post(desk, path, {**new, **_form("new")})
    assert back.location == f"{path}?said=caregiver_linked"


def test_who_may_decide_until_the_link_ends_is_not_said_to_look_in(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    ends = datetime.now(UTC) + timedelta(days=20)
    with runtime.database.writing() as session:
        mine = RelatedPerson.person_id == clinic.mother.id
        session.execute(update(RelatedPerson).where(mine).values(ends_at=ends))
    page = browser_of(clinic.pcp).get(f"/families/{clinic.child.public_id}/people").text
    told = page.split("May decide for the child</span>")[1].split("<details")[0]
    assert ("May decide until" in told, "May look in until" in told) == (True, False)
    theirs = browser_of(clinic.mother)
    page = theirs.get("/family?lang=en").text
    assert ("Your clinic wrote down this day." in page, "Somebody who is grown up" in page) == (True, False)
    assert "Su clínica anotó ese día." in theirs.get("/family?lang=es").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": ""}, "Write their own e-mail address"),
        ({"email_again": "anut@example.test"}, "Type it once more, as the family says it"),
        ({"email": "no address", "email_again": "no address"}, "Write the whole address"),
        ({"email": "derm@clinic.test", "email_again": "derm@clinic.test"}, "belongs to an account of another kind"),
        ({"name": ""}, "Write their name"),
        ({"relation-new": ""}, "Choose what they are to the child"),
        ({"decides-new": ""}, "Say whether they may decide"),
        ({"paper-new": ""}, "Write where their authority is written down"),
        ({"starts-new": "soon"}, "Write the day as 2026-11-30"),
        ({"starts-new": "2026-12-02", "looks-new": "2026-12-01"}, "This must not be before the days above"),
        ({"decides-new": "no", "ends-new": "2026-12-01"}, "Who may not decide has no such day"),
        ({"starts-new": "2026-12-02", "ends-new": "2026-12-01"}, "The last day must not be before the first"),
        ({"looks-new": "2026-12-02"}, "Write until when they may decide as well"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    clinic: Clinic, browser_of: BrowserOf, changes: dict[str, str], words: str
) -> None:
    desk, path = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}/people"
    given = {
        "name": "Rosa Gil",
        "email": "aunt@example.test",
        "email_again": "Aunt@example.test",
        "language": "es",
        **_form("new"),
    }
    refused = post(desk, path, given | changes)
    assert (refused.status_code, words in refused.text) == (422, True)
    kept = "Placement letter" if "paper-new" not in changes else "Rosa Gil"
    assert kept in refused.text


def test_who_writes_many_strangers_addresses_down_is_told_to_ask_the_desk(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        session.add_all(LookElsewhere(person_id=clinic.pcp.id, at=datetime.now(UTC)) for _ in range(LOOKS))
        session.get_one(Patient, clinic.child.id).birth_date_text = f"{datetime.now(UTC).year - 16}-01-01"
    path, email = f"/families/{clinic.child.public_id}/people", clinic.stranger.email
    given = {"email": email, "email_again": email, "name": "Ana", "language": "es"}
    late = post(browser_of(clinic.pcp), path, {**given, "relation-new": "mother", "decides-new": "no"})
    assert (late.status_code, "Many names, numbers or addresses" in late.text) == (429, True)
    assert f'value="{email}"' in late.text
    # No account of a young person is opened by the coordination.
    youth = {"youth_email": email, "youth_email_again": email, "is_seen": "yes", "youth_language": "en"}
    late = post(browser_of(clinic.pcp), f"/families/{clinic.child.public_id}/youth", youth)
    assert (late.status_code, "Go on tomorrow" in late.text) == (429, True)


def test_whose_account_is_closed_can_be_kept_away_and_of_two_numbers_the_one_that_is_meant(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    desk, path = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}/people"
    hers = f"{path}/{clinic.mother.public_id}"
    with runtime.database.writing() as session:
        close_account(session, session.merge(clinic.mother), datetime.now(UTC))
        child = session.get_one(Patient, clinic.child.id)
        set_contact(session, child, "505-555-0123 / 505-555-0199", "", clinic.pcp, now=datetime.now(UTC))
    no_longer = desk.get(f"{path}?lang=en").text.split('id="h-ended"')[1]
    assert ("Their account is closed." in no_longer, f'action="{hers}/bar"' in no_longer) == (True, True)
    refused = post(desk, f"{hers}/bar?lang=en", {"bar-paper": ORDER, "bar-phone": "no"})
    assert (refused.status_code, ORDER in refused.text) == (422, True)
    assert refused.text.count("Say whether this reaches them") == 2, "in the summary and at the number"
    said = {"bar-paper": ORDER, "bar-phone": "no", "bar-phone-2": "yes"}
    assert post(desk, f"{hers}/bar", said).location == f"{path}?said=kept_away"
    with runtime.database.reading() as session:
        child = session.get_one(Patient, clinic.child.id)
        assert child.phone == "505-555-0123"
        assert (reaches_kept(session, child, "505-555-0123"), reaches_kept(session, child, "5055550199")) == (
            False,
            True,
        )
        assert is_kept_caller(session, child.id, clinic.mother.name, "")


def test_an_order_that_comes_after_the_right_has_ended_is_written_down(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    desk, path = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}/people"
    hers = f"{path}/{clinic.mother.public_id}"
    assert post(desk, f"{hers}/end", {}).status_code == 303
    no_longer = desk.get(path).text.split('id="h-ended"')[1]
    assert (f'action="{hers}/bar"' in no_longer, "<details open" in no_longer) == (True, False)
    said = {f"bar-{part}": "no" for part in CONTACTS}
    refused = post(desk, f"{hers}/bar?lang=en", said)
    told = "Write where the order is written down" in refused.text.split('id="h-ended"')[1]
    assert (refused.status_code, told) == (422, True)
    assert post(desk, f"{hers}/bar", {**said, "bar-paper": ORDER}).location == f"{path}?said=kept_away"
    with runtime.database.reading() as session:
        assert is_kept_caller(session, clinic.child.id, clinic.mother.name, "")
    email = clinic.mother.email
    back = {"name": "x", "email": email, "email_again": email, "language": "es", **_form("new")}
    again = post(desk, f"{path}?lang=en", back)
    assert (again.status_code, "A court keeps this person from the child" in again.text) == (422, True)
    assert post(desk, f"{path}/nobody/bar", {"bar-paper": ORDER}).status_code == 404


def test_a_caregiver_whose_account_was_closed_is_linked_once_it_is_open_again(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    email, path = clinic.stranger.email, f"/families/{clinic.child.public_id}/people"
    given = {"name": "Aunt", "email": email, "email_again": email, "language": "en", **_form("new")}
    with runtime.database.writing() as session:
        close_account(session, session.merge(clinic.stranger), datetime.now(UTC))
    refused = post(browser_of(clinic.pcp), f"{path}?lang=en", given)
    told = [words in refused.text for words in ("The account at this address was closed", "of another kind")]
    assert (refused.status_code, told) == (422, [True, False])
    with runtime.database.writing() as session:
        reopen_account(session, session.merge(clinic.stranger), datetime.now(UTC))
    assert post(browser_of(clinic.pcp), path, given).location == f"{path}?said=caregiver_linked"


def test_an_order_of_a_court_stands_wherever_somebody_is_let_near(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    desk, child = browser_of(clinic.coordinator), clinic.child.public_id
    path = f"/families/{child}/people"
    assert "Write in a sentence" in post(desk, f"{path}/order", {"order": "no"}).text
    assert post(desk, f"{path}/order", {"order": ORDER}).status_code == 303
    for where in (path, f"/families/{child}", f"/invitations/{child}", f"/coordination/ages/{child}"):
        page = desk.get(where).text
        assert ("A court said who may act for this child." in page, ORDER in page) == (True, True), where
    new = {"name": "Rosa Gil", "email": "aunt@example.test", "email_again": "Aunt@example.test", **_form("new")}
    assert "tick that you did" in post(desk, path, new).text
    assert post(desk, path, {**new, "has_read": "yes"}).status_code == 303
    with runtime.database.reading() as session:
        mother = session.scalars(select(Person).where(Person.id == clinic.mother.id)).one()
    theirs, hers = browser_of(mother), f"{path}/{mother.public_id}"
    assert clinic.child.public_id in theirs.get("/family").text
    refused = post(desk, f"{hers}/bar", {"bar-paper": ""})
    assert (refused.status_code, "Write where the order is written down" in refused.text) == (422, True)
    contact = {"phone": "505-555-0142", "email": mother.email}
    contact |= {f"{name}_again": where for name, where in contact.items()}
    assert post(desk, f"/families/{child}/contact", contact).status_code == 303
    unsaid = post(desk, f"{hers}/bar", {"bar-paper": "Order 12-345"})
    assert (unsaid.status_code, "Say whether this reaches them" in unsaid.text) == (422, True)
    assert "Order 12-345" in unsaid.text
    done = post(desk, f"{hers}/bar", {"bar-paper": "Order 12-345", "bar-phone": "no"})
    assert done.location == f"{path}?said=kept_away"
    assert clinic.child.public_id not in theirs.get("/family").text
    family = desk.get(f"/families/{child}").text
    assert ("505-555-0142" in family, mother.email in family) == (True, False)
    # Whom the order keeps away stands wherever somebody is let near the record, also without words of its own.
    assert post(desk, f"{path}/order", {"order": ""}).status_code == 303
    for where in (path, *(f"{place}/{child}" for place in NEAR), f"/families/{child}/details"):
        assert f"A court keeps away: {mother.name}" in desk.get(where).text, where
    for where, given, name in (
        (f"/families/{child}/contact", contact, "email"),
        (
            f"/invitations/{child}",
            {"language": "es", "sent_to": mother.email, "sent_to_again": mother.email},
            "sent_to",
        ),
    ):
        refused = post(desk, where, given)
        assert (refused.status_code, f'id="{name}-error"' in refused.text) == (422, True)
        assert "A court keeps whoever is reached there from the child" in refused.text
    assert "Kept away by a court" in desk.get(path).text
    again = {"name": mother.name, "email": mother.email, "email_again": mother.email, "has_read": "yes", **_form("new")}
    assert "A court keeps this person from the child" in post(desk, path, again).text
    assert post(desk, f"{hers}/lift", {}).status_code == 303
    assert "Kept away by a court" not in desk.get(path).text
    assert clinic.child.public_id not in theirs.get("/family").text


@pytest.mark.wide
@pytest.mark.parametrize("language", spread(["es", "en"], 1))
def test_it_is_accessible_whole_and_in_its_language(
    runtime: Runtime, clinic: Clinic, enter: Enter, address: str, devices: Devices, language: str
) -> None:
    path = f"/families/{clinic.child.public_id}/people"
    with runtime.database.writing() as session:
        child, cipher, now = session.get_one(Patient, clinic.child.id), runtime.database.cipher, datetime.now(UTC)
        session.get_one(Person, clinic.coordinator.id).language = language
        write_order(session, child, ORDER, clinic.coordinator, now=now)
        for number, decides in enumerate((True, False)):
            until = now + timedelta(days=30)
            said = Authority("foster_parent", decides, now, until if decides else None, "Placement letter", until)
            who = Newcomer(f"aunt-{number}@example.test", f"Rosa Gil {number}", "es", said, has_read_order=True)
            aunt, _is_new = add_caregiver(session, cipher, child, who, clinic.pcp, now=now)
        bar(session, child, aunt.public_id, "Order 12-345", clinic.pcp, now=now, reaches=dict.fromkeys(CONTACTS, False))
        unlink(session, child, clinic.mother.public_id, clinic.pcp, now=now)
        set_contact(session, child, "505-555-0142", "house@example.test", clinic.pcp, now=now)
    width = 390 if language == "es" else 1440
    page = enter(devices.desktop(viewport={"width": width, "height": 900}), clinic.coordinator)
    heard = complaints(page)
    page.goto(f"{address}{path}")
    look_at(page, "kin", language, {"mother"})
    for fold in page.locator("details").all():
        fold.locator("summary").click()
    page.get_by_role("button", name="Agregar" if language == "es" else "Add", exact=True).click()
    page.get_by_role("alert").first.wait_for()
    look_at(page, "kin-wrong", language, {"mother"})
    assert heard == []


def test_an_open_browser_lets_nobody_near_the_child_without_the_password(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        set_password(session, session.merge(clinic.pcp), stored_password(), datetime.now(UTC))
        bar(session, session.merge(clinic.child), clinic.mother.public_id, ORDER, clinic.pcp, now=datetime.now(UTC))
    desk, child = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}"
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC) - timedelta(minutes=11)))
    new = {"name": "Rosa Gil", "email": "aunt@example.test", "email_again": "aunt@example.test", "language": "es"}
    acts: dict[str, tuple[str, dict[str, str]]] = {
        f"{child}/people/{clinic.mother.public_id}/lift": (f"lift-{clinic.mother.public_id}", {}),
        f"{child}/people": ("new", {**new, **_form("new"), "has_read": "yes"}),
        f"{child}/people/order": ("order", {"order": "No order any more."}),
        f"{child}/contact": ("contact", {"phone": "505-555-0142", "phone_again": "505-555-0142"}),
    }
    for path, (key, fields) in acts.items():
        for given, language, words in (("", "en", "Write your password"), ("wrong", "es", "Esta no es su contraseña")):
            with runtime.database.writing() as session:
                session.get_one(Person, clinic.pcp.id).language = language
            refused = post(desk, path, {**fields, "factor_password": given, "owner_key": key})
            typed = [fields[name] for name in ("name", "order", "phone") if name in fields]
            assert (refused.status_code, refused.text.count(words)) == (422, 2), path
            form = re.search(f'action="{path}"(?:(?!</form>).)*id="factor_password"', refused.text, re.DOTALL)
            assert form is not None, path
            assert refused.text.count('href="#factor_password"') == 1, path
            assert all(word in refused.text for word in typed), path
        assert post(desk, path, {**fields, "factor_password": PASSWORD}).status_code == 303, path


def test_nor_changes_whom_a_family_is_reached_by_or_what_they_may_do(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        set_password(session, session.merge(clinic.pcp), stored_password(), datetime.now(UTC))
        born = datetime.now(UTC).date().replace(day=1)
        session.get_one(Patient, clinic.child.id).birth_date_text = born.replace(year=born.year - 15).isoformat()
    desk, child, hers = browser_of(clinic.pcp), f"/families/{clinic.child.public_id}", clinic.mother.public_id
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC) - timedelta(minutes=11)))
    youth = {"youth_email": "own@example.test", "youth_email_again": "own@example.test", "is_seen": "yes"}
    for path, fields in (
        (f"{child}/{hers}/mobile", {"number": "505-555-0142"}),
        (f"{child}/youth", youth),
        (f"{child}/people/{hers}", _form(hers)),
    ):
        refused = post(desk, path, fields)
        assert (refused.status_code, "Write your password" in refused.text) == (422, True), path
        assert 'name="factor_password"' in refused.text
        # Without a gateway nothing shows the number.
        assert next(iter(fields.values())) in refused.text or "number" in fields
    assert post(desk, f"{child}/youth", {**youth, "factor_password": PASSWORD}).status_code == 303
    # To keep somebody away is never slower than it was.
    assert post(desk, f"{child}/people/{hers}/end", {}).status_code == 303

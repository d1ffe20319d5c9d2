"""Accounts at one address in two programs: whoever opens one there comes by it to no other, and its owner does.

An address of the house tells nothing of a program, so that it may stand in the pages of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from econsult.people.patients import Patient, link_caregiver
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import SignInSession, open_session
from tests.personas import Clinic
from tests.web.browsing import SESSION, post
from tests.web.conftest import PASSWORD, stored_password
from workers.runtime import Runtime

ADDRESS = re.compile(r"http\S+?(/sign-in/link/[\w-]+)</code>")
PLACES = ("/account/programs", "/account", "/start", "/family", "/api/v1/patients")
Check = Callable[[TestResponse, str], None]


@dataclass
class Doors:
    """Relatives of children, each at an address that was never used before."""

    app: Flask
    runtime: Runtime
    opened: int = 0
    went_over: int = 0

    def relative(self, clinic: Clinic, mark: str) -> Person:
        """Somebody of the child's family in this program."""
        self.opened += 1
        about = {"email": f"kin{self.opened}@house.test", "name": f"{mark}Kin", "role": Role.CAREGIVER}
        with self.runtime.database.writing() as session:
            now, cipher = datetime.now(UTC), self.runtime.database.cipher
            kin = add_person(session, cipher, session.merge(clinic.program), now=now, **about)
            kin.password_hash = stored_password()
            link_caregiver(session, session.get_one(Patient, clinic.child.id), kin, "mother", now)
        return kin

    def take(self, clinic: Clinic, kin: Person, name: str, check: Check) -> None:
        """The administrator of another program opens an account at that address, and tries to enter the first one."""
        browser = self._by_first_link(clinic.admin, kin, name)
        chosen = {"new": "another horse another staple", "new_again": "another horse another staple"}
        sent: dict[str, dict[str, str]] = {f"/account/programs/{kin.public_id}": {}, "/account/password": chosen}
        for path, fields in sent.items():
            for place in PLACES:
                check(browser.get(place), place)
            check(post(browser, path, fields), path)
        for place in PLACES:
            check(browser.get(place), place)
        with self.runtime.database.reading() as session:
            entered = select(func.count()).select_from(SignInSession).where(SignInSession.person_id == kin.id)
            assert session.scalar(entered) == 0, "somebody else is in the account"
            assert session.get_one(Person, kin.id).password_hash == kin.password_hash

    def go_over(self, clinic: Clinic, kin: Person, name: str, check: Check) -> None:
        """The relative signs in with the password, and goes over to their work in this program."""
        with self.runtime.database.writing() as session:
            about = {"email": kin.email, "name": name, "role": Role.DIRECTOR, "now": datetime.now(UTC)}
            own = add_person(session, self.runtime.database.cipher, session.merge(clinic.program), **about)
            # They have come in by their first link before.
            own.came_in_at = own.created_at
        browser = self.app.test_client()
        came = post(browser, "/sign-in", {"email": kin.email, "password": PASSWORD})
        assert came.location == "/account/programs"
        assert post(browser, f"/account/programs/{own.public_id}", {}).status_code == 303
        for place in PLACES[1:]:
            check(browser.get(place), place)
        self.went_over += 1

    def _by_first_link(self, admin: Person, kin: Person, name: str) -> FlaskClient:
        by, browser = self.app.test_client(), self.app.test_client()
        with self.runtime.database.writing() as session:
            by.set_cookie(SESSION, open_session(session, session.get_one(Person, admin.id), datetime.now(UTC)))
        made = post(by, "/program/accounts/new", {"name": name, "email": kin.email, "role": "director"})
        assert made.status_code == 303, made.text
        shown = ADDRESS.search(post(by, f"{made.location.partition('?')[0]}/link", {}).text)
        assert shown is not None
        assert post(browser, shown[1], {}, form_at=shown[1]).status_code == 303
        return browser

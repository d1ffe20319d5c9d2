"""A browser that was left open: whoever finds it opens nothing to anybody without the password of its owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults.confidential import keep_confidential
from econsult.consults.records import Consult
from econsult.database import Base
from econsult.people.caregivers import ProxyGrant
from econsult.people.invitations import Invitation
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import SignInSession
from econsult.rosters.limits import Conflict
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import PASSWORD, BrowserOf
from tests.web.test_elsewhere import know
from tests.web.test_youth import send
from workers.runtime import Runtime


@dataclass
class House:
    """A program whose young person, clinic and desk have passwords."""

    runtime: Runtime
    clinic: Clinic
    youth: Person
    browser_of: BrowserOf

    @property
    def child(self) -> str:
        return self.clinic.child.public_id

    def count(self, table: type[Base]) -> int:
        with self.runtime.database.reading() as session:
            return len(session.scalars(select(table.id)).all())

    def kept(self, number: str) -> bool:
        with self.runtime.database.reading() as session:
            return bool(session.scalars(select(Consult.confidential).where(Consult.public_id == number)).one())


@dataclass
class Act:
    """A form, the key of its password field, and whether it was done."""

    browser: FlaskClient
    path: str
    fields: dict[str, str]
    key: str
    is_done: Callable[[], bool]


def a_right_of_somebody_grown(house: House) -> Act:
    now = datetime.now(UTC)
    with house.runtime.database.writing() as session:
        session.get_one(Patient, house.clinic.child.id).birth_date_text = f"{now.year - 19}-01-01"
    fields = {"basis": "guardianship", "paper": "Order in the folder", "starts": now.date().isoformat(), "ends": ""}
    mother, desk = house.clinic.mother.public_id, house.browser_of(house.clinic.coordinator)
    path = f"/coordination/ages/{house.child}/rights"
    return Act(desk, path, {"caregiver": mother, **fields}, "right", lambda: house.count(ProxyGrant) > 0)


def the_youths_own_question(house: House) -> Act:
    own = house.browser_of(house.youth)
    number = send(own, house.clinic.child, None)
    return Act(own, f"/family/questions/{number}/private", {"sees": "shared"}, "sees", lambda: not house.kept(number))


def a_question_that_the_clinic_keeps(house: House) -> Act:
    with house.runtime.database.writing() as session:
        consult = house.clinic.econsult(session, now=datetime.now(UTC))
        keep_confidential(session, consult, session.merge(house.clinic.pcp), True, now=datetime.now(UTC))
        number = consult.public_id
    path = f"/consults/{number}/confidential"
    return Act(
        house.browser_of(house.clinic.pcp), path, {"sees": "shared"}, "kept", lambda: not house.kept(number)
    )  # fmt: skip


def a_caregiver_who_goes_on(house: House) -> Act:
    mother = house.clinic.mother.public_id
    path = f"/family/sharing/{mother}"
    return Act(house.browser_of(house.youth), path, {"verb": "allow"}, mother, lambda: house.count(ProxyGrant) > 0)


def a_conflict(house: House) -> Act:
    clinic = house.clinic
    with house.runtime.database.writing() as session:
        session.add(Conflict(program_id=clinic.program.id, person_id=clinic.derm.id, patient_id=clinic.child.id))
    path = f"/program/people/conflicts/{clinic.derm.public_id}/{house.child}/remove"
    key = f"{clinic.derm.public_id}-{house.child}"
    fields = {"specialty": "dermatology"}
    return Act(house.browser_of(clinic.coordinator), path, fields, key, lambda: house.count(Conflict) == 0)


def an_invitation(house: House) -> Act:
    desk, path = house.browser_of(house.clinic.pcp), f"/invitations/{house.child}"
    return Act(desk, path, {"language": "es"}, "invite", lambda: house.count(Invitation) > 0)


ACTS: list[Callable[[House], Act]] = [
    a_right_of_somebody_grown,
    the_youths_own_question,
    a_question_that_the_clinic_keeps,
    a_caregiver_who_goes_on,
    a_conflict,
    an_invitation,
]


@pytest.mark.parametrize("ready", ACTS, ids=lambda ready: ready.__name__)
def test_an_old_sign_in_is_asked_for_the_password(
    runtime: Runtime, clinic: Clinic, youth: Person, browser_of: BrowserOf, ready: Callable[[House], Act]
) -> None:
    for person in (youth, clinic.coordinator, clinic.pcp):
        know(runtime, person)
    act = ready(House(runtime, clinic, youth, browser_of))
    with runtime.database.writing() as session:
        session.execute(update(SignInSession).values(created_at=datetime.now(UTC) - timedelta(minutes=11)))
    for given, words in (("", "Write your password"), ("wrong", "This is not your password")):
        refused = post(
            act.browser, f"{act.path}?lang=en", {**act.fields, "factor_password": given, "owner_key": act.key}
        )
        assert refused.status_code == 422
        assert refused.text.count(words) == 2
        assert refused.text.count('id="factor_password"') == 1
        assert refused.text.count('href="#factor_password"') == 1
        assert not act.is_done()
    assert post(act.browser, act.path, {**act.fields, "factor_password": PASSWORD}).status_code == 303
    assert act.is_done()

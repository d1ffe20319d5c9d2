"""An authority that ended ends everything: the account, and what else led its holder near the child."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from econsult.access import consult_for, may_look, patients_for, sent_file_for, upload_for
from econsult.birthdays import tasks_about, watch_ages
from econsult.consults import requests
from econsult.consults.adopting import adopt
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.linking import Authority, Newcomer, add_caregiver, unlink
from econsult.people.caregivers import Basis, GrantForm, end_grant, grant_proxy
from econsult.people.formerly import reaches_former
from econsult.people.invitations import Door, invite, live_invitation, look_at
from econsult.people.mixups import prove
from econsult.people.onfile import RESTS, Way, contact_on_file, set_contact
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.quiet import Quiet
from econsult.reach.mobiles import set_mobile
from tests.econsult.test_invitations import ASKED, PHONE, SECRET, device_of, issue, sent_by
from tests.personas import NOON, Clinic

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
FOSTER = "foster@example.test"
ENDS = NOON + 2 * DAY
NUMBER = "+15055550157"


@pytest.fixture
def foster(database: Database, clinic: Clinic) -> Person:
    """A foster mother whose placement ends in two days."""
    with database.writing() as session:
        placed = Authority("foster_parent", True, None, ENDS, "Placement letter, folder 3")
        who = Newcomer(FOSTER, "Rosa Gil", "es", placed)
        person = add_caregiver(session, database.cipher, child_of(session, clinic), who, clinic.pcp, now=NOON)[0]
        prove(session, person, clinic.child.birth_date_text, NOON)
        set_mobile(session, database.cipher, person, NUMBER, by=person, countries=["US"], now=NOON)
        return person


def child_of(session: Session, clinic: Clinic) -> Patient:
    return session.get_one(Patient, clinic.child.id)


def adopted(database: Database, clinic: Clinic, device: Person, sender: Person | None) -> Consult:
    consult = sent_by(database, device, clinic)
    with database.writing() as session:
        return adopt(session, session.get_one(Consult, consult.id), clinic.pcp, sender, now=NOON)


def lives(database: Database, device: Person, now: datetime) -> bool:
    with database.reading() as session:
        return live_invitation(session, session.get_one(Person, device.id), now) is not None


def test_invitations_and_devices_end_with_the_placement_of_their_holder(
    database: Database, clinic: Clinic, foster: Person
) -> None:
    unopened, token = issue(database, clinic, sent_to=FOSTER)
    addressed = device_of(database, issue(database, clinic, sent_to=NUMBER)[1])
    taken = device_of(database, issue(database, clinic)[1])
    asked = adopted(database, clinic, taken, foster)
    mothers, unknown = (device_of(database, issue(database, clinic)[1]) for _ in range(2))
    adopted(database, clinic, mothers, clinic.mother)
    adopted(database, clinic, unknown, None)
    theirs, others = (addressed, taken), (mothers, unknown)
    for now, is_in in ((ENDS - SECOND, True), (ENDS, False)):
        assert [lives(database, each, now) for each in theirs] == [is_in, is_in]
        assert [lives(database, each, now) for each in others] == [True, True]
        with database.reading() as session:
            door = look_at(session, token, PHONE.secret, now)[0]
            assert door == (Door.READY if is_in else Door.GONE)
    with database.writing() as session:
        assert not may_look(session, taken, session.get_one(Consult, asked.id), ENDS)
        with pytest.raises(ForbiddenError):
            requests.create(session, taken, clinic.child, ASKED, now=ENDS)
        with pytest.raises(InvalidError) as refused:
            invite(session, clinic.pcp, clinic.child, "es", secret_key=SECRET, now=ENDS, sent_to=NUMBER)
    assert refused.value.fields == {"sent_to": "over"}
    assert unopened.is_live(ENDS), "nobody revoked it"


def test_what_staff_end_at_once_ends_their_devices_too(database: Database, clinic: Clinic, foster: Person) -> None:
    device = device_of(database, issue(database, clinic, sent_to=FOSTER)[1])
    assert lives(database, device, NOON + SECOND)
    with database.writing() as session:
        unlink(session, child_of(session, clinic), foster.public_id, clinic.pcp, now=NOON + SECOND)
    assert not lives(database, device, NOON + SECOND)


def test_no_code_goes_to_a_contact_that_reaches_whose_right_is_over_unless_it_reaches_another_too(
    database: Database, clinic: Clinic, foster: Person
) -> None:
    with database.writing() as session:
        child = child_of(session, clinic)
        set_contact(session, child, "505-555-0157", FOSTER, clinic.pcp, now=NOON)
        late = NOON + RESTS
        assert [contact_on_file(session, child, way, late) != "" for way in Way] == [True, True]
        assert [contact_on_file(session, child, way, ENDS) for way in Way] == ["", ""]
        # A telephone that a family shares goes on reaching who still acts.
        set_mobile(session, database.cipher, clinic.mother, NUMBER, by=clinic.mother, countries=["US"], now=NOON)
        assert [contact_on_file(session, child, way, ENDS) != "" for way in Way] == [True, False]
        assert not reaches_former(session, child.id, "", ENDS)


def test_a_guardianship_that_ended_ends_it_and_of_who_is_grown_up_no_device_knows_anything(
    database: Database, clinic: Clinic
) -> None:
    device = device_of(database, issue(database, clinic)[1])
    asked = sent_by(database, device, clinic)
    with database.writing() as session:
        child = child_of(session, clinic)
        child.birth_date_text = "2008-03-02"
        begins = datetime(2026, 3, 2, 7, 0, tzinfo=NOON.tzinfo)
        form = GrantForm(Basis.GUARDIANSHIP, "Order of the court, folder 12", begins, ENDS)
        grant = grant_proxy(session, child, clinic.mother, form, clinic.coordinator, now=NOON)
        for now, is_in in ((NOON, True), (ENDS - SECOND, True), (ENDS, False)):
            assert bool(patients_for(session, clinic.mother, now=now)) is is_in
        end_grant(session, child, grant.public_id, clinic.coordinator, NOON + SECOND)
        assert patients_for(session, clinic.mother, now=NOON + SECOND) == []
        assert live_invitation(session, device, begins - SECOND) is not None
        assert live_invitation(session, device, begins) is None
        for find in (consult_for, sent_file_for, upload_for):
            with pytest.raises(NotFoundError):
                find(session, device, asked.public_id, now=begins)
        with pytest.raises(InvalidError) as refused:
            invite(session, clinic.pcp, child, "es", secret_key=SECRET, now=begins)
    assert refused.value.fields == {"patient": "grown_up"}


def test_who_may_decide_does_so_until_a_day_that_is_said(database: Database, clinic: Clinic, foster: Person) -> None:
    with pytest.raises(InvalidError) as refused:
        Authority("foster_parent", True, None, None, "Placement letter", looks_until=ENDS)
    assert refused.value.fields == {"ends": "until_when"}
    with database.writing() as session:
        watch_ages(session, NOON + timedelta(hours=6), Quiet(starts=0, ends=0))
        # The end of a placement makes nobody come of age.
        assert [(task.age, task.is_ahead) for task in tasks_about(session, child_of(session, clinic))] == []

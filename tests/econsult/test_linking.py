"""Who acts for a child, as staff write it down: links, authority from and until, and what a court ordered."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.access import consult_for, patient_for
from econsult.consults import requests
from econsult.consults.requests import SubmitForm
from econsult.database import Database
from econsult.ending import ending_rights
from econsult.errors import ForbiddenError, InvalidError, NotFoundError, TooManyTriesError
from econsult.linking import (
    Authority,
    Newcomer,
    add_caregiver,
    bar,
    change_authority,
    lift_bar,
    linked_to,
    no_longer,
    unlink,
    write_order,
)
from econsult.notices import Notice, NoticeKind
from econsult.panel import KnownAddressError
from econsult.people.caregivers import caregiver_link, caregivers_of, check_speaks
from econsult.people.lookalikes import LOOKS, LookElsewhere
from econsult.people.mixups import prove
from econsult.people.patients import Patient, RelatedPerson, link_caregiver
from econsult.people.persons import Person, Role
from econsult.trail import AuditEvent
from econsult.youths import YouthForm, open_account
from tests.personas import NOON, TARGETS, Clinic, open_clinic

DAY = timedelta(days=1)
FOSTER = Authority("foster_parent", True, NOON, NOON + 30 * DAY, "Placement letter in the folder")
AUNT = Newcomer("aunt@example.test", "Rosa Gil", "es", FOSTER)


def child_of(session: Session, clinic: Clinic) -> Patient:
    return session.get_one(Patient, clinic.child.id)


def test_who_is_added_gets_an_account_and_acts_at_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child = child_of(session, clinic)
        person, is_new = add_caregiver(session, database.cipher, child, AUNT, clinic.pcp, now=NOON)
        with pytest.raises(NotFoundError):
            patient_for(session, person, child.public_id, now=NOON)
        assert prove(session, person, child.birth_date_text, NOON)
        assert (is_new, person.role, person.program_id) == (True, Role.CAREGIVER, clinic.program.id)
        assert patient_for(session, person, child.public_id, now=NOON).id == child.id
        letter = select(Notice.kind).where(Notice.person_id == person.id)
        assert session.scalars(letter).all() == [NoticeKind.ACCOUNT_OPENED]
        # A second time changes what they may do, and makes no second account or letter.
        again = Newcomer("Aunt@example.test ", "Rosa", "en", Authority("other", False))
        assert add_caregiver(session, database.cipher, child, again, clinic.coordinator, now=NOON) == (person, False)
        link = caregiver_link(session, child.id, person.id, NOON)
        assert link is not None
        assert (link.relation, link.has_authority, link.paper, link.authority_until) == ("other", False, None, None)
        assert session.scalars(letter).all() == [NoticeKind.ACCOUNT_OPENED]
    with database.reading() as session:
        who = select(AuditEvent.person_id).where(AuditEvent.action == "link_caregiver").order_by(AuditEvent.id.desc())
        assert session.scalars(who.limit(2)).all() == [clinic.coordinator.id, clinic.pcp.id]


def test_who_may_decide_until_a_day_sees_nothing_before_the_first_and_after_the_last(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        child = child_of(session, clinic)
        days = Authority("agency", True, NOON + DAY, NOON + 2 * DAY, "Order 7")
        person, _new = add_caregiver(
            session, database.cipher, child, Newcomer(AUNT.email, AUNT.name, "es", days), clinic.pcp, now=NOON
        )
        assert prove(session, person, child.birth_date_text, NOON + DAY)
        asked = clinic.family_question(session)
        for at, is_in in ((NOON, False), (NOON + DAY, True), (NOON + 2 * DAY, False)):
            for find in (patient_for, consult_for):
                number = child.public_id if find is patient_for else asked.public_id
                if is_in:
                    assert find(session, person, number, now=at)
                else:
                    with pytest.raises(NotFoundError):
                        find(session, person, number, now=at)
            assert (person in caregivers_of(session, child.id, at)) is is_in
            # Even a no is theirs alone who are there.
            if not is_in:
                with pytest.raises(ForbiddenError):
                    check_speaks(session, child.id, person, at, needs_authority=False)
        assert [each.person.id for each in no_longer(session, child, NOON + 2 * DAY)] == [person.id]
        ending = ending_rights(session, clinic.coordinator, NOON + DAY)
        assert [(each.person.id, each.at, each.is_over, each.is_soon) for each in ending] == [
            (person.id, NOON + 2 * DAY, False, True)
        ]
        assert [each.is_over for each in ending_rights(session, clinic.coordinator, NOON + 3 * DAY)] == [True]
        assert ending_rights(session, clinic.coordinator, NOON + 60 * DAY) == []
        with pytest.raises(ForbiddenError):
            ending_rights(session, clinic.pcp, NOON)


def test_who_may_look_in_for_longer_sends_and_reads_until_that_day(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child = child_of(session, clinic)
        for number, said in enumerate(
            (
                Authority("agency", True, None, NOON + DAY, "Order 7", NOON + 5 * DAY),
                Authority("grandparent", False, looks_until=NOON + 5 * DAY),
            )
        ):
            who = Newcomer(f"{number}@example.test", "Rosa Gil", "es", said)
            person, _new = add_caregiver(session, database.cipher, child, who, clinic.pcp, now=NOON)
            assert prove(session, person, child.birth_date_text, NOON)
            assert patient_for(session, person, child.public_id, now=NOON + 2 * DAY)
            with pytest.raises(ForbiddenError):
                check_speaks(session, child.id, person, NOON + 2 * DAY)
            with pytest.raises(NotFoundError):
                patient_for(session, person, child.public_id, now=NOON + 5 * DAY)
        # Without a day a grandmother by the clinic's word stays.
        gran = Newcomer("gran@example.test", "Ana Gil", "es", Authority("grandparent", False))
        person, _new = add_caregiver(session, database.cipher, child, gran, clinic.pcp, now=NOON)
        assert prove(session, person, child.birth_date_text, NOON)
        assert patient_for(session, person, child.public_id, now=NOON + 500 * DAY)


def test_a_question_of_somebody_without_authority_is_not_sent(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child = child_of(session, clinic)
        mother = session.get_one(Person, clinic.mother.id)
        change_authority(session, child, mother.public_id, Authority("mother", False), clinic.pcp, now=NOON)
        with pytest.raises(ForbiddenError):
            requests.submit(session, clinic.family_draft(session), mother, SubmitForm(), now=NOON, targets=TARGETS)


@pytest.mark.parametrize(
    ("relation", "decides", "paper", "ends", "fields"),
    [
        ("foster_parent", True, "", None, {"paper": "required"}),
        ("agency", True, "  x  ", None, {"paper": "required"}),
        ("other", False, "abc", None, {"paper": "required"}),
        ("mother", True, "x" * 501, None, {"paper": "required"}),
        ("uncle", True, "", None, {"relation": "unknown_value"}),
        ("mother", True, "", NOON, {"ends": "not_after_start"}),
        ("mother", False, "", NOON + DAY, {"ends": "not_deciding"}),
    ],
)
def test_what_is_written_down_must_make_sense(
    relation: str, decides: bool, paper: str, ends: datetime | None, fields: dict[str, str]
) -> None:
    with pytest.raises(InvalidError) as refusal:
        Authority(relation, decides, NOON, ends, paper)
    assert refusal.value.fields == fields


def test_whom_a_court_keeps_away_is_out_at_once_and_linked_by_nobody(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child, mother = child_of(session, clinic), session.get_one(Person, clinic.mother.id)
        asked = clinic.family_question(session)
        with pytest.raises(InvalidError):
            bar(session, child, mother.public_id, " no ", clinic.pcp, now=NOON)
        bar(session, child, mother.public_id, "Order 12-345, folder", clinic.pcp, now=NOON)
        for find in (patient_for, consult_for):
            with pytest.raises(NotFoundError):
                find(session, mother, child.public_id if find is patient_for else asked.public_id, now=NOON)
        here, barred = linked_to(session, child, NOON)
        assert ([each.person.id for each in here], [each.person.id for each in barred]) == ([], [mother.id])
        back = Newcomer(mother.email, mother.name, "es", Authority("mother", True))
        with pytest.raises(InvalidError) as refusal:
            add_caregiver(session, database.cipher, child, back, clinic.coordinator, now=NOON)
        assert refusal.value.fields == {"email": "barred"}
        with pytest.raises(InvalidError):
            link_caregiver(session, child, mother, "mother", NOON)
        for act in (unlink, lift_bar):
            with pytest.raises(NotFoundError):
                act(session, child, clinic.stranger.public_id, clinic.pcp, now=NOON)
        with pytest.raises(NotFoundError):
            unlink(session, child, mother.public_id, clinic.pcp, now=NOON)
        lift_bar(session, child, mother.public_id, clinic.pcp, now=NOON)
        # Lifting lets nobody in: that is a step of its own.
        with pytest.raises(NotFoundError):
            patient_for(session, mother, child.public_id, now=NOON)
        add_caregiver(session, database.cipher, child, back, clinic.coordinator, now=NOON)
        assert patient_for(session, mother, child.public_id, now=NOON).id == child.id


def test_an_order_is_read_before_anybody_is_added(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child = child_of(session, clinic)
        with pytest.raises(InvalidError):
            write_order(session, child, "no", clinic.coordinator, now=NOON)
        write_order(session, child, "Only the aunt decides, order 12-345.", clinic.coordinator, now=NOON)
        with pytest.raises(InvalidError) as refusal:
            add_caregiver(session, database.cipher, child, AUNT, clinic.pcp, now=NOON)
        assert refusal.value.fields == {"has_read": "required"}
        read = Newcomer(AUNT.email, AUNT.name, "es", FOSTER, has_read_order=True)
        add_caregiver(session, database.cipher, child, read, clinic.pcp, now=NOON)
        write_order(session, child, "", clinic.coordinator, now=NOON)
        assert child.court_order is None
    with database.reading() as session:
        said = select(AuditEvent.action).where(AuditEvent.action.contains("order")).order_by(AuditEvent.id)
        assert session.scalars(said).all() == ["court_order", "lift_court_order"]


def test_an_address_of_the_staff_is_refused_and_one_of_another_program_gets_an_account_here(
    database: Database, clinic: Clinic
) -> None:
    second = open_clinic(database, vault=clinic.vault, mark="second-")
    with database.writing() as session:
        who = Newcomer(clinic.derm.email, "Somebody", "en", Authority("other", False))
        with pytest.raises(InvalidError) as refusal:
            add_caregiver(session, database.cipher, child_of(session, clinic), who, clinic.pcp, now=NOON)
        assert refusal.value.fields == {"email": "taken"}
        who = Newcomer(second.mother.email, "Somebody", "en", Authority("other", False))
        person, is_new = add_caregiver(session, database.cipher, child_of(session, clinic), who, clinic.pcp, now=NOON)
        assert (is_new, person.program_id, person.id != second.mother.id) == (True, clinic.program.id, True)


def test_nobody_asks_by_addresses_which_families_other_clinics_have(database: Database, clinic: Clinic) -> None:
    """Whose child one knows is no stranger, and to the desk nobody is."""

    def link(who: Person, by: Person) -> bool:
        with database.writing() as session:
            newcomer = Newcomer(who.email, "Ana", "es", Authority("other", False))
            return add_caregiver(session, database.cipher, child_of(session, clinic), newcomer, by, now=NOON)[1]

    with database.writing() as session:
        session.add_all(LookElsewhere(person_id=clinic.pcp.id, at=NOON) for _ in range(LOOKS - 1))
    with pytest.raises(KnownAddressError):
        link(clinic.derm, clinic.pcp)
    for stranger in (clinic.stranger, clinic.derm):
        with pytest.raises(TooManyTriesError):
            link(stranger, clinic.pcp)
    with database.writing() as session, pytest.raises(TooManyTriesError):
        form = YouthForm(clinic.stranger.email, "es", is_seen=True)
        child = child_of(session, clinic)
        child.birth_date_text = "2010-01-15"
        open_account(session, database.cipher, child, form, clinic.pcp, now=NOON)
    assert link(clinic.mother, clinic.pcp) is False
    assert link(clinic.stranger, clinic.coordinator) is False
    assert link(clinic.stranger, clinic.pcp) is False, "by now the clinic knows them"


def test_only_the_clinic_and_the_desk_write_it_down(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child, mother = child_of(session, clinic), clinic.mother.public_id
        for staff in (clinic.derm, clinic.nurse, clinic.mother, clinic.director):
            with pytest.raises(ForbiddenError):
                add_caregiver(session, database.cipher, child, AUNT, staff, now=NOON)
            with pytest.raises(ForbiddenError):
                bar(session, child, mother, "Order 12-345", staff, now=NOON)
            with pytest.raises(ForbiddenError):
                write_order(session, child, "Order 12-345", staff, now=NOON)
        assert session.scalars(select(RelatedPerson.barred_at).where(RelatedPerson.patient_id == child.id)).all() == [
            None
        ]

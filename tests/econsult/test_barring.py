"""A court keeps somebody away: their devices and invitations end, and nothing of theirs reaches the child again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from econsult.consults.adopting import adopt
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.linking import Authority, Newcomer, add_caregiver, bar, lift_bar
from econsult.people.invitations import Invitation, invite, live_invitation, still_works
from econsult.people.keptaway import is_kept_caller, numbers_in, reaches_kept
from econsult.people.mixups import prove
from econsult.people.onfile import RESTS, Way, contact_on_file, contact_row, set_contact
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.reach.mobiles import set_mobile
from tests.econsult.test_invitations import SECRET, device_of, issue, sent_by
from tests.personas import NOON, Clinic

ORDER = "Order 12-345, folder"
FATHER = "father@example.test"
LATER = NOON + RESTS + timedelta(hours=1)


@pytest.fixture
def father(database: Database, clinic: Clinic) -> Person:
    with database.writing() as session:
        who = Newcomer(FATHER, "Luis Vega", "es", Authority("father", True))
        father = add_caregiver(session, database.cipher, child_of(session, clinic), who, clinic.pcp, now=NOON)[0]
        prove(session, father, clinic.child.birth_date_text, NOON)
        number = {"by": father, "countries": ["US"], "now": NOON}
        set_mobile(session, database.cipher, father, "505-555-0157", **number)
        return father


def child_of(session: Session, clinic: Clinic) -> Patient:
    return session.get_one(Patient, clinic.child.id)


def keep_away(session: Session, clinic: Clinic, who: Person, **reaches: bool) -> None:
    child = child_of(session, clinic)
    bar(session, child, who.public_id, ORDER, clinic.pcp, now=NOON, reaches=reaches)


def brought(database: Database, clinic: Clinic, device: Person, sender: Person | None) -> None:
    consult = sent_by(database, device, clinic)
    with database.writing() as session:
        adopt(session, session.get_one(Consult, consult.id), clinic.pcp, sender, now=NOON)


def test_their_devices_and_invitations_end_and_those_of_another_caregiver_go_on(
    database: Database, clinic: Clinic, father: Person
) -> None:
    adopted = device_of(database, issue(database, clinic)[1])
    brought(database, clinic, adopted, father)
    addressed = device_of(database, issue(database, clinic, sent_to=FATHER)[1])
    unknown = device_of(database, issue(database, clinic)[1])
    unopened, _token = issue(database, clinic)
    mothers = device_of(database, issue(database, clinic, sent_to="mother@other.test")[1])
    brought(database, clinic, mothers, clinic.mother)
    borrowed = device_of(database, issue(database, clinic, sent_to="+15055550157")[1])
    brought(database, clinic, borrowed, clinic.mother)
    with database.writing() as session:
        keep_away(session, clinic, father)
    with database.reading() as session:
        for device in (adopted, addressed, unknown, borrowed):
            gone = session.get_one(Person, device.id)
            assert (gone.is_active, live_invitation(session, gone, NOON)) == (False, None)
        assert session.get_one(Invitation, unopened.id).revoked_at == NOON
        stays = session.get_one(Person, mothers.id)
        assert stays.is_active
        assert live_invitation(session, stays, NOON) is not None


def test_nothing_of_theirs_becomes_a_contact_or_a_target_again_until_the_order_is_over(
    database: Database, clinic: Clinic, father: Person
) -> None:
    with database.writing() as session:
        set_contact(session, child_of(session, clinic), "(505) 555 0157", "Father@Example.test", clinic.pcp, now=NOON)
        keep_away(session, clinic, father)
        child = child_of(session, clinic)
        row = contact_row(session, child)
        assert (child.phone, row.email if row else None) == ("", "")
        # They give themselves another address afterwards; the one of that day counts as well.
        session.get_one(Person, father.id).email = "new@example.test"
        session.flush()
        for email in (FATHER, " FATHER@example.test", "new@example.test"):
            with pytest.raises(InvalidError) as refusal:
                set_contact(session, child, "", email, clinic.pcp, now=NOON)
            assert refusal.value.fields == {"email": "barred"}
        with pytest.raises(InvalidError) as refusal:
            set_contact(session, child, "+1 505 555 0157", "", clinic.pcp, now=NOON)
        assert refusal.value.fields == {"phone": "barred"}
        for where in (FATHER, "+15055550157"):
            with pytest.raises(InvalidError) as refusal:
                invite(session, clinic.pcp, child, "es", secret_key=SECRET, now=NOON, sent_to=where)
            assert refusal.value.fields == {"sent_to": "barred"}
        again = Newcomer(FATHER, "Luis V.", "es", Authority("other", False))
        with pytest.raises(InvalidError) as refusal:
            add_caregiver(session, database.cipher, child, again, clinic.pcp, now=NOON)
        assert refusal.value.fields == {"email": "barred"}
        # Of the same program another child's family is not meant.
        set_contact(session, session.get_one(Patient, clinic.other_child.id), "", FATHER, clinic.pcp, now=NOON)
        lift_bar(session, child, father.public_id, clinic.pcp, now=NOON)
        set_contact(session, child, "505-555-0157", FATHER, clinic.pcp, now=NOON)


@pytest.mark.parametrize(
    ("where", "is_theirs"),
    [
        ("505-555-0157 ext. 2", True),
        ("(505) 555 0157 (2)", True),
        ("505-555-0199 / 1 505 555 0157", True),
        ("\u0665\u0660\u0665-\u0665\u0665\u0665-\u0660\u0661\u0665\u0667", True),
        ("father@ex\u200bample.test", True),
        ("\uff26ather@example.test", True),
        ("505-555-0158 ext. 2", False),
        ("157", False),
        ("father@example.tes", False),
        ("", False),
    ],
)
def test_however_it_is_typed_what_reaches_them_is_seen(
    database: Database, clinic: Clinic, father: Person, where: str, is_theirs: bool
) -> None:
    with database.writing() as session:
        keep_away(session, clinic, father)
        assert reaches_kept(session, child_of(session, clinic), where) is is_theirs
        assert is_kept_caller(session, clinic.child.id, "Somebody Else", where) is is_theirs


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("505-555-0123 / 505-555-0199", ["505-555-0123", "505-555-0199"]),
        ("505 555 0123 1 505 555 0199", ["505 555 0123", "1 505 555 0199"]),
        ("505-555-0123 (mom), 5550199 (dad)", ["505-555-0123 (mom)", "5550199 (dad)"]),
        ("mom 505-555-0123 dad 505-555-0199", ["mom 505-555-0123", "dad 505-555-0199"]),
        ("505-555-0123 o 505-555-0199 ext. 2", ["505-555-0123", "505-555-0199 ext. 2"]),
        ("+52 55 1234 5678", ["+52 55 1234 5678"]),
        ("(505) 555 0123 (2)", ["(505) 555 0123 (2)"]),
        ("505-555-0123; 14", ["505-555-0123 14"]),
        ("", []),
    ],
)
def test_several_numbers_of_one_field_are_told_apart(where: str, numbers: list[str]) -> None:
    assert numbers_in(where) == numbers


def test_whether_the_contact_on_file_reaches_them_must_be_said(
    database: Database, clinic: Clinic, father: Person
) -> None:
    with database.writing() as session:
        set_contact(session, child_of(session, clinic), "505-555-0199", "house@example.test", clinic.pcp, now=NOON)
        with pytest.raises(InvalidError) as refusal:
            keep_away(session, clinic, father, phone=False)
        assert refusal.value.fields == {"email": "required"}
        keep_away(session, clinic, father, phone=False, email=True)
        child = child_of(session, clinic)
        row = contact_row(session, child)
        assert (child.phone, row.email if row else None) == ("505-555-0199", "")
        assert reaches_kept(session, child, "house@example.test")
        assert contact_on_file(session, child, Way.SMS, LATER) == "505-555-0199"


def test_no_code_goes_to_a_number_that_became_theirs(database: Database, clinic: Clinic, father: Person) -> None:
    with database.writing() as session:
        set_contact(session, child_of(session, clinic), "505-555-0199", "", clinic.pcp, now=NOON)
        keep_away(session, clinic, father, phone=False)
        number = {"by": father, "countries": ["US"], "now": NOON}
        set_mobile(session, database.cipher, session.get_one(Person, father.id), "505-555-0199", **number)
        assert contact_on_file(session, child_of(session, clinic), Way.SMS, LATER) == ""


def test_an_order_waits_for_an_invitation_that_is_being_made_and_ends_it(
    database: Database, clinic: Clinic, father: Person
) -> None:
    def order() -> None:
        with database.writing() as session:
            keep_away(session, clinic, father)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            child = child_of(session, clinic)
            invitation = invite(session, clinic.pcp, child, "es", secret_key=SECRET, now=NOON, sent_to=FATHER)
            done = pool.submit(order)
            wait([done], timeout=0.5)
        done.result(20)
    with database.writing() as session:
        made = session.get_one(Invitation, invitation.id)
        assert made.revoked_at == NOON
        # One that was made all the same, as by an older version, opens nothing either.
        made.revoked_at = None
        assert not still_works(session, made, NOON)

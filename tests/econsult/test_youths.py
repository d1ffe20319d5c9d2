"""Young people: an account that the clinic opens, what stays between the two, and who goes on after majority."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from econsult.access import consult_for, consults_about, patients_for
from econsult.access_log import looks_at
from econsult.consults import answers, holding, requests
from econsult.consults.confidential import is_kept_from, keep_confidential
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.threads import Audience, post
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.browsers import note_browser
from econsult.people.caregivers import Basis, GrantForm, caregivers_of, grant_proxy, grown_up_at, right_until
from econsult.people.consent import YOUTH_TEXTS, ConsentGiven, consent_for, hash_of
from econsult.people.mixups import prove
from econsult.people.onfile import set_contact
from econsult.people.passkeys import Passkey, passkeys_of
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person, Role
from econsult.people.signin import make_token, visitor_by_token
from econsult.rights import Right
from econsult.youths import YouthForm, close_youth, end_sharing, let_go_on, open_account, sharers
from tests.econsult import test_outcomes
from tests.house.tree import python_files
from tests.personas import ANSWER, FAMILY_QUESTION, LEASE, NOON, TARGETS, Clinic, grown_youth

ASKED = RequestForm(
    question=FAMILY_QUESTION,
    details={"body_site": "elbow", "red_flags": []},
    consent=ConsentGiven("youth", "electronic", "en"),
)


@pytest.fixture
def youth(database: Database, clinic: Clinic) -> Person:
    with database.writing() as session:
        return grown_youth(session, database, clinic)


def asked(database: Database, youth: Person, clinic: Clinic, *, is_private: bool) -> Consult:
    """A question of the young person, as their page sends it, answered by their clinic."""
    with database.writing() as session:
        draft = requests.create(session, youth, session.get_one(Patient, clinic.child.id), ASKED, now=NOON)
        keep_confidential(session, draft, youth, is_private, now=NOON)
        sent = requests.submit(session, draft, youth, SubmitForm(), now=NOON, targets=TARGETS)
        holding.claim(session, sent, clinic.pcp, now=NOON, lease=LEASE)
        post(session, sent, clinic.pcp, Audience.FAMILY, text="Hello", now=NOON)
        answers.save_draft(session, sent, clinic.pcp, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, sent, clinic.pcp, now=NOON)
        return sent


def seen_by(database: Database, person: Person, consult: Consult) -> bool:
    with database.writing() as session:
        try:
            consult_for(session, person, consult.public_id, now=NOON)
        except NotFoundError:
            return False
        return True


def told(database: Database, person: Person) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Notice.kind).where(Notice.person_id == person.id).order_by(Notice.id)))


def test_the_young_see_and_say_what_is_theirs_and_nobody_elses(
    database: Database, clinic: Clinic, youth: Person
) -> None:
    sent = asked(database, youth, clinic, is_private=True)
    with database.writing() as session:
        mine = consult_for(session, youth, sent.public_id, now=NOON)
        family, clinical = mine.may(Right.READ_FAMILY), mine.may(Right.READ_CLINICIANS)
        assert (mine.relation, family, clinical) == ("youth", True, False)
        assert [child.id for child in patients_for(session, youth, now=NOON)] == [clinic.child.id]
        assert answers.answer_for(session, mine.consult, youth) is not None
        consent = consent_for(session, sent.id)
        assert consent is not None
        assert (consent.given_by, consent.text_hash) == ("youth", hash_of(YOUTH_TEXTS["en"]))
        other = requests.create(session, clinic.stranger, clinic.other_child, RequestForm(), now=NOON)
    assert not seen_by(database, youth, other)
    assert told(database, youth) == [
        NoticeKind.ACCOUNT_OPENED,
        NoticeKind.RECEIVED,
        NoticeKind.MESSAGE,
        NoticeKind.ANSWERED,
    ]


def test_what_is_confidential_is_not_there_for_a_caregiver(database: Database, clinic: Clinic, youth: Person) -> None:
    def look() -> tuple[object, ...]:
        with database.writing() as session:
            child, rows, _older = looks_at(session, clinic.mother, clinic.child.public_id, now=NOON)
            listed = consults_about(session, clinic.mother, child, now=NOON)
            log = {(row.number, row.action, row.detail) for row in rows}
        return [each.id for each in listed], log, told(database, clinic.mother)

    look()
    before = look()
    sent = asked(database, youth, clinic, is_private=True)
    assert look() == before
    assert not seen_by(database, clinic.mother, sent)
    assert seen_by(database, clinic.pcp, sent)
    shared = asked(database, youth, clinic, is_private=False)
    assert seen_by(database, clinic.mother, shared)
    after = look()
    assert after[0] == [*([shared.id]), *before[0]]  # type: ignore[misc]
    assert {number for number, _action, _detail in after[1]} >= {shared.number}  # type: ignore[attr-defined]
    with database.writing() as session:
        _child, rows, _older = looks_at(session, youth, clinic.child.public_id, now=NOON)
        assert sent.number in {row.number for row in rows}


def test_a_draft_of_the_young_is_private_until_they_say_else(database: Database, clinic: Clinic, youth: Person) -> None:
    with database.writing() as session:
        draft = requests.create(session, youth, session.get_one(Patient, clinic.child.id), ASKED, now=NOON)
        assert draft.is_confidential
        sent = requests.submit(session, draft, youth, SubmitForm(), now=NOON, targets=TARGETS)
    assert not seen_by(database, clinic.mother, sent)


def test_who_may_keep_and_who_may_show(database: Database, clinic: Clinic, youth: Person) -> None:
    def keep(consult: Consult, person: Person, wish: bool) -> bool:
        try:
            with database.writing() as session:
                keep_confidential(session, session.get_one(Consult, consult.id), person, wish, now=NOON)
        except ForbiddenError:
            return False
        return True

    private = asked(database, youth, clinic, is_private=True)
    with database.writing() as session:
        mothers, clinics = clinic.family_question(session), clinic.econsult(session)
    # What a caregiver began is known to them; what the young keep, only they open.
    assert [keep(mothers, each, True) for each in (youth, clinic.pcp)] == [False, False]
    assert not keep(private, clinic.pcp, False)
    assert keep(clinics, clinic.pcp, True)
    assert not seen_by(database, clinic.mother, clinics)
    assert keep(clinics, clinic.pcp, False)
    assert seen_by(database, clinic.mother, clinics)
    assert keep(private, youth, False)
    assert seen_by(database, clinic.mother, private)
    with database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = "2022-01-15"
    assert not keep(clinics, clinic.pcp, True)


def test_a_notice_that_waits_is_not_sent_once_its_question_is_kept(
    database: Database, clinic: Clinic, youth: Person
) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session)
        waiting = session.scalars(select(Notice).where(Notice.person_id == clinic.mother.id)).all()
        assert [is_kept_from(session, each, clinic.mother) for each in waiting] == [False]
        keep_confidential(session, consult, clinic.pcp, True, now=NOON)
        assert [is_kept_from(session, each, clinic.mother) for each in waiting] == [True]
        assert [is_kept_from(session, each, youth) for each in waiting] == [False]


def test_the_clinic_that_has_seen_them_opens_one_account_at_an_address_of_their_own(
    database: Database, clinic: Clinic
) -> None:
    form = YouthForm("own@example.test", "en", is_seen=True)

    def fault(form: YouthForm, years: int = 15) -> dict[str, str]:
        with pytest.raises(InvalidError) as refused, database.writing() as session:
            child = session.get_one(Patient, clinic.child.id)
            child.birth_date_text = f"{2026 - years}-01-15"
            set_contact(session, child, "", "parents@example.test", clinic.pcp, now=NOON)
            open_account(session, database.cipher, child, form, clinic.pcp, now=NOON)
        return dict(refused.value.fields)

    assert fault(form, years=12) == {"age": "too_young"}
    assert fault(replace(form, is_seen=False)) == {"is_seen": "required"}
    assert fault(replace(form, email="Parents@example.test")) == {"email": "shared"}
    assert fault(replace(form, email="mother@clinic.test")) == {"email": "taken"}
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        child.birth_date_text = "2011-01-15"
        for stranger in (clinic.coordinator, clinic.mother, clinic.derm):
            with pytest.raises(ForbiddenError):
                open_account(session, database.cipher, child, form, stranger, now=NOON)
        person = open_account(session, database.cipher, child, form, clinic.nurse, now=NOON)
        assert (person.role, person.is_staff, person.name) == (Role.YOUTH, False, child.name)
    assert fault(replace(form, email="second@example.test")) == {"email": "has_account"}
    with database.writing() as session:
        # Whoever has the address now may have made these.
        made = {"credential_id": "a", "credential_hash": "b", "public_key": b"c", "sign_count": 0, "device": "d"}
        session.add(Passkey(person_id=person.id, created_at=NOON, **made))
        session.get_one(Person, person.id).password_hash = "x"
        token = make_token(session, person, NOON)
        note_browser(session, person, "a parent's", NOON)
        assert close_youth(session, session.get_one(Patient, clinic.child.id), clinic.pcp, NOON)
        assert not session.get_one(Person, person.id).is_active
        assert patients_for(session, session.get_one(Person, person.id), now=NOON) == []
        later, child = NOON + timedelta(days=1), session.get_one(Patient, clinic.child.id)
        again = open_account(session, database.cipher, child, form, clinic.pcp, now=later)
        assert (again.id, again.is_active) == (person.id, True)
        assert (passkeys_of(session, again), again.password_hash) == ([], None)
        assert visitor_by_token(session, token, later) is None
        assert note_browser(session, again, "a parent's", later), "a stranger again"
        # Whoever has it now shows anew that they are meant.
        assert patients_for(session, again, now=later) == []
        assert prove(session, again, "2011-01-15", later)
        assert [each.id for each in patients_for(session, again, now=later)] == [child.id]


def test_at_majority_the_young_person_says_who_goes_on_and_ends_it(
    database: Database, clinic: Clinic, youth: Person
) -> None:
    shared = asked(database, youth, clinic, is_private=False)
    private = asked(database, youth, clinic, is_private=True)
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        grown_at = grown_up_at(session, child.id)
        assert grown_at is not None
        later = grown_at + timedelta(days=1)
        own = session.scalars(select(RelatedPerson).where(RelatedPerson.person_id == youth.id)).one()
        assert right_until(session, own, NOON) is None
        assert [each.id for each in caregivers_of(session, child.id, later)] == [youth.id]
        let_go_on(session, child, youth, clinic.mother.public_id, NOON)
        let_go_on(session, child, youth, clinic.mother.public_id, NOON)
        assert len(sharers(session, child, NOON)[0][2]) == 1
        assert {each.id for each in caregivers_of(session, child.id, later)} == {youth.id, clinic.mother.id}
        consult_for(session, clinic.mother, shared.public_id, now=later)
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.mother, private.public_id, now=later)
        end_sharing(session, child, youth, clinic.mother.public_id, later)
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.mother, shared.public_id, now=later)
        court = GrantForm(Basis.GUARDIANSHIP, "An order of the court", later)
        grant_proxy(session, child, clinic.mother, court, clinic.coordinator, now=later)
        end_sharing(session, child, youth, clinic.mother.public_id, later)
        consult_for(session, clinic.mother, shared.public_id, now=later)
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.mother, private.public_id, now=later)
        for stranger in (clinic.stranger.public_id, youth.public_id):
            with pytest.raises(NotFoundError):
                let_go_on(session, child, youth, stranger, later)


def test_whoever_tells_a_family_of_a_question_thinks_of_what_is_kept() -> None:
    """A new notice would else tell a caregiver of what is confidential."""
    texts = {
        path.name: path.read_text()
        for path in (*python_files("econsult"), *python_files("workers"))
        if path.name not in {"caregivers.py", "formerly.py"}  # What it means, and who may act no longer.
    }
    calls = [call for text in texts.values() for call in re.findall(r"caregivers_of\(\s*[^()]*\)", text)]
    assert len(calls) >= 3
    assert [call for call in calls if "only_self" not in call] == []
    askers = [name for name, text in texts.items() if "family_of(session, consult, now)" in text]
    assert len(askers) >= 9, "they ask elsewhere, and this test reads the wrong words"


def test_only_the_young_are_asked_how_it_went_with_what_they_keep(
    database: Database, clinic: Clinic, youth: Person
) -> None:
    private = asked(database, youth, clinic, is_private=True)
    shared = asked(database, youth, clinic, is_private=False)
    with database.writing() as session:
        test_outcomes.ask(session)
        assert test_outcomes.asked(session, youth) == [private.id, shared.id]
        assert test_outcomes.asked(session, clinic.mother) == [shared.id]
    assert told(database, youth).count(NoticeKind.OUTCOME_ASKED) == 2
    assert told(database, clinic.mother).count(NoticeKind.OUTCOME_ASKED) == 1

"""What was written for somebody reaches them only while they may still hear of it: decided when it is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econsult.jobs import Job, JobState
from econsult.notices import Notice, NoticeKind, NoticeState, notify
from econsult.people.caregivers import Basis, GrantForm, grant_proxy
from econsult.people.deaths import Death
from econsult.people.invitations import Device, invite, open_invitation, token_of
from econsult.people.onfile import Way
from econsult.people.patients import Patient, RelatedPerson
from econsult.people.persons import Person, Program, Role, add_person
from econsult.queue.invariants import violations
from econsult.reach.unreached import unreached_for
from tests.services.posts import TextGateway
from tests.workers.clinic import Clinic, now
from tests.workers.posting import number, posting, run, run_all, sendings, state, told
from tests.workers.test_read_code import asked, on_file, outbox
from workers.desk import Desk

DAY = timedelta(days=1)
Change = Callable[[Session, Clinic], None]


def link(session: Session, clinic: Clinic, **values: object) -> None:
    mine = RelatedPerson.person_id == clinic.mother.id, RelatedPerson.patient_id == clinic.child.id
    session.execute(update(RelatedPerson).where(*mine).values(**values))


def ended(session: Session, clinic: Clinic) -> None:
    link(session, clinic, ends_at=now() - DAY)


def authority_over(session: Session, clinic: Clinic) -> None:
    link(session, clinic, authority_until=now() - DAY)


def barred(session: Session, clinic: Clinic) -> None:
    link(session, clinic, barred_at=now() - DAY)


def of_age(session: Session, clinic: Clinic) -> None:
    child, today = session.get_one(Patient, clinic.child.id), now().date()
    child.birth_date_text = date(today.year - 19, today.month, 1).isoformat()


def erased(session: Session, clinic: Clinic) -> None:
    session.get_one(Patient, clinic.child.id).erased_at = now() - DAY


def left(session: Session, clinic: Clinic) -> None:
    session.get_one(Person, clinic.mother.id).is_active = False


def died(session: Session, clinic: Clinic) -> None:
    session.add(Death(program_id=clinic.child.program_id, patient_id=clinic.child.id, noted_at=now(), noted_by_id=1))


CHANGES = (ended, authority_over, barred, of_age, erased, left, died)


def letters(clinic: Clinic) -> list[str]:
    folder = clinic.runtime.settings.outbox
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def change(clinic: Clinic, how: Change) -> None:
    with clinic.runtime.database.writing() as session:
        how(session, clinic)


@pytest.mark.parametrize("how", CHANGES)
def test_what_was_written_before_somebody_was_out_reaches_them_on_no_channel(
    clinic: Clinic, desk: Desk, text_gateway: TextGateway, how: Change
) -> None:
    number(clinic, "505-555-0142", "both")
    desk = posting(desk, **text_gateway.settings)
    notice, job = told(clinic)
    change(clinic, how)
    run(desk, job)
    assert (letters(clinic), text_gateway.texts) == ([], [])
    assert sendings(clinic, notice) == {}
    with clinic.runtime.database.reading() as session:
        assert session.get_one(Job, job).state == JobState.DONE
        assert list(violations(session, now())) == []


def test_a_letter_that_waits_for_its_server_is_weighed_again_at_each_try(clinic: Clinic, desk: Desk) -> None:
    notice, job = told(clinic)
    run(posting(desk, smtp_url="smtp://127.0.0.1:9"), job)
    assert (state(clinic, notice), sendings(clinic, notice)) == (NoticeState.PENDING, {"email": ("pending", "")})
    change(clinic, ended)
    run(desk, job)
    assert letters(clinic) == []


def test_what_gathered_is_told_only_while_one_of_it_may_be(clinic: Clinic, desk: Desk) -> None:
    (first, _job), (second, _other) = told(clinic), told(clinic, about="2")
    with clinic.runtime.database.writing() as session:
        mother = session.get_one(Person, clinic.mother.id)
        for about in ("1", "2"):
            digest = notify(session, mother, NoticeKind.DIGEST, consult_id=None, about=about, now=now())
            assert digest is not None
            gathered = session.get_one(Notice, first if about == "1" else second)
            gathered.state, gathered.digest_id = NoticeState.GATHERED, digest.id
        jobs = session.scalars(select(Job).where(Job.dedupe_key == f"notice:{digest.id}")).one().id
        one = session.scalars(select(Job.id).where(Job.dedupe_key == f"notice:{digest.id - 1}")).one()
    run(desk, one)
    assert len(letters(clinic)) == 1
    change(clinic, barred)
    run(desk, jobs)
    assert len(letters(clinic)) == 1


@pytest.mark.parametrize(
    ("kind", "goes"),
    [
        (NoticeKind.RIGHT_ENDS, False),
        (NoticeKind.ACCOUNT_OPENED, False),
        (NoticeKind.SIGN_IN_CHANGED, True),
        (NoticeKind.SIGN_IN_NEW, True),
        (NoticeKind.CONTACT_CHANGED, True),
    ],
)
def test_of_the_account_itself_its_owner_hears_and_of_a_right_while_it_is_there(
    clinic: Clinic, desk: Desk, kind: NoticeKind, goes: bool
) -> None:
    change(clinic, lambda session, clinic: link(session, clinic, ends_at=now() + 20 * DAY))
    for count, how in ((1, None), (2 if goes else 1, ended)):
        if how is not None:
            change(clinic, how)
        with clinic.runtime.database.writing() as session:
            mother = session.get_one(Person, clinic.mother.id)
            notify(session, mother, kind, consult_id=None, about=str(how), now=now())
        run_all(desk, clinic)
        assert len(letters(clinic)) == count


def test_with_a_guardianship_on_file_letters_go_on(clinic: Clinic, desk: Desk) -> None:
    runtime = clinic.runtime
    change(clinic, of_age)
    with runtime.database.writing() as session:
        program = session.get_one(Program, clinic.child.program_id)
        details = {"email": "desk@clinic.test", "name": "Carla", "role": Role.COORDINATOR, "now": now()}
        staff = add_person(session, runtime.database.cipher, program, **details)
        child, mother = session.get_one(Patient, clinic.child.id), session.get_one(Person, clinic.mother.id)
        form = GrantForm(Basis.GUARDIANSHIP, "Order of the court, folder 12", now() - DAY)
        grant_proxy(session, child, mother, form, staff, now=now())
    _notice, job = told(clinic)
    run(desk, job)
    assert len(letters(clinic)) == 1


def test_the_desk_calls_nobody_who_is_out_since_their_letter_failed(clinic: Clinic) -> None:
    runtime = clinic.runtime
    notice, _job = told(clinic)
    with runtime.database.writing() as session:
        program = session.get_one(Program, clinic.child.program_id)
        details = {"email": "desk@clinic.test", "name": "Carla", "role": Role.COORDINATOR, "now": now()}
        staff = add_person(session, runtime.database.cipher, program, **details)
        session.get_one(Notice, notice).state = NoticeState.FAILED
        session.flush()
        assert [each.person.id for each in unreached_for(session, staff, now=now())] == [clinic.mother.id]
        ended(session, clinic)
        assert unreached_for(session, staff, now=now()) == []


def test_no_code_to_read_goes_out_once_the_device_is_out(clinic: Clinic, desk: Desk) -> None:
    runtime = clinic.runtime
    on_file(clinic, 2)
    with runtime.database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        staff = session.scalars(select(Person).where(Person.role == Role.COORDINATOR)).one()
        made = invite(session, staff, child, "es", secret_key=runtime.secret_key, now=now())
        device = Device("0" * 32, "mother", child.birth_date_text)
        token = token_of(made, runtime.secret_key) or ""
        _door, person = open_invitation(session, runtime.database.cipher, token, device, now())
        assert person is not None
    job, _code = asked(clinic, Way.EMAIL, reader=person)
    change(clinic, lambda session, _clinic: session.execute(update(Person).values(is_active=False)) and None)
    assert outbox(clinic, desk, job) == []

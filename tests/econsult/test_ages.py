"""Ages: the right task on the right day, notices once, and the right of a caregiver that ends with the day itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from econsult.access import consult_for, patient_for, patients_for, rendition_for
from econsult.birthdays import UNKNOWN, AgeTask, count_open, finish, open_tasks, tasks_about, watch_ages
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, Rendition, receive
from econsult.database import Database, new_public_id
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.ages import ZONE, Ages, age_on, ages_of, birthday, day_begins, set_ages
from econsult.people.caregivers import (
    Basis,
    GrantForm,
    caregivers_of,
    check_speaks,
    end_grant,
    grant_proxy,
    has_grown_up,
    right_until,
)
from econsult.people.patients import Patient, RelatedPerson
from econsult.picking import Pick
from econsult.queue.quiet import Quiet
from tests.personas import Clinic

AWAKE = Quiet(starts=0, ends=0)
BORN = date(2008, 6, 10)
GROWN = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
"""Midnight in Denver on the eighteenth birthday."""
SECOND = timedelta(seconds=1)
PAPER = "Order of the probate court, folder 12"


@pytest.fixture
def child(database: Database, clinic: Clinic) -> Patient:
    return born(database, clinic, BORN.isoformat())


def born(database: Database, clinic: Clinic, day: str) -> Patient:
    """The clinic's child, with another birth date."""
    with database.writing() as session:
        child = session.get_one(Patient, clinic.child.id)
        child.birth_date_text, child.ages_seen_at = day, None
        session.flush()
    return child


def watch(database: Database, *moments: datetime) -> None:
    for now in moments:
        with database.writing() as session:
            watch_ages(session, now, AWAKE)


def tasks(database: Database, child: Patient) -> list[tuple[int, bool]]:
    with database.reading() as session:
        return [(task.age, task.is_ahead) for task in tasks_about(session, child)]


def warned(database: Database) -> list[int]:
    with database.reading() as session:
        query = select(Notice.person_id).where(Notice.kind == NoticeKind.RIGHT_ENDS).order_by(Notice.id)
        return list(session.scalars(query))


def may(database: Database, clinic: Clinic, now: datetime) -> bool:
    """Whether the mother may know her child, by every way in."""
    with database.writing() as session:
        listed = clinic.child.id in [child.id for child in patients_for(session, clinic.mother, now=now)]
        acts = clinic.mother.id in [person.id for person in caregivers_of(session, clinic.child.id, now)]
        try:
            patient_for(session, clinic.mother, clinic.child.public_id, now=now)
        except NotFoundError:
            assert (listed, acts) == (False, False)
            return False
    assert (listed, acts) == (True, True)
    return True


def grant(database: Database, clinic: Clinic, form: GrantForm, now: datetime) -> str:
    with database.writing() as session:
        return grant_proxy(session, clinic.child, clinic.mother, form, clinic.coordinator, now=now).public_id


def test_birthdays_of_a_leap_day() -> None:
    leap = date(2008, 2, 29)
    assert birthday(leap, 18) == date(2026, 3, 1)
    assert birthday(leap, 12) == date(2020, 2, 29)
    assert [age_on(leap, date(2026, month, day)) for month, day in ((2, 28), (3, 1))] == [17, 18]
    assert age_on(leap, date(2007, 1, 1)) == 0


@pytest.mark.parametrize("year", range(2004, 2009))
def test_somebody_is_as_old_from_the_birthday_on_and_not_a_day_before(year: int) -> None:
    born = date(year, 1, 1)
    while born.year == year:
        for age in (1, 4, 12, 14, 16, 18, 21, 25):
            day = birthday(born, age)
            assert (age_on(born, day - timedelta(days=1)), age_on(born, day)) == (age - 1, age), (born, age)
        born += timedelta(days=1)


@pytest.mark.parametrize(("age", "steps"), [(11, []), (12, [12]), (15, [14]), (17, [16]), (18, [18]), (21, [21])])
def test_each_age_opens_its_own_task(
    database: Database, clinic: Clinic, child: Patient, age: int, steps: list[int]
) -> None:
    now = day_of(database, birthday(BORN, age)) + timedelta(hours=1)
    watch(database, now)
    assert [step for step, is_ahead in tasks(database, child) if not is_ahead] == steps


def day_of(database: Database, day: date) -> datetime:
    with database.reading() as session:
        return day_begins(session, day)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
def test_the_years_pass_and_each_step_comes_once_on_its_day(database: Database, clinic: Clinic, child: Patient) -> None:
    """Twelve years by the clock, three days at a time, and the birthday's own midnight looked at closely."""
    opened = []
    day = datetime(2019, 12, 30, 18, 0, tzinfo=UTC)
    while day < datetime(2030, 1, 1, tzinfo=UTC):
        watch(database, day)
        day += timedelta(days=10)
    with database.reading() as session:
        rows = session.scalars(select(AgeTask).where(AgeTask.patient_id == child.id).order_by(AgeTask.opened_at)).all()
        for row in rows:
            begins = day_begins(session, birthday(BORN, row.age)) - timedelta(days=90 if row.is_ahead else 0)
            assert timedelta() <= row.opened_at - begins < timedelta(days=10)
            opened.append((row.age, row.is_ahead))
    assert opened == [(12, False), (14, False), (16, False), (18, True), (18, False), (21, False)]
    assert tasks(database, child) == [(21, False)], "what nobody did gives way to the next"
    assert warned(database) == [clinic.mother.id] * 2


def test_a_step_opens_with_the_day_of_the_program_and_not_of_greenwich(
    database: Database, clinic: Clinic, child: Patient
) -> None:
    watch(database, GROWN - SECOND)
    assert (18, False) not in tasks(database, child)
    watch(database, GROWN)
    assert tasks(database, child) == [(18, False)]
    with database.reading() as session:
        session.info[ZONE] = "Asia/Tokyo"
        assert day_begins(session, BORN) == datetime(2008, 6, 9, 15, 0, tzinfo=UTC)


def test_a_caregiver_is_told_twice_and_never_again(database: Database, clinic: Clinic, child: Patient) -> None:
    told = {91: 0, 90: 1, 89: 1, 31: 1, 30: 2, 29: 2, 1: 2, 0: 2, -5: 2}
    for days, count in told.items():
        watch(database, GROWN - timedelta(days=days) + timedelta(hours=9))
        assert (days, len(warned(database))) == (days, count)
    assert set(warned(database)) == {clinic.mother.id}


def test_a_child_who_comes_late_has_one_notice_and_nobody_is_waked(
    database: Database, clinic: Clinic, child: Patient
) -> None:
    night, day = GROWN - timedelta(days=9, hours=-1), GROWN - timedelta(days=9, hours=-10)
    for now, count in ((night, 0), (day, 1), (day + timedelta(minutes=1), 1)):
        with database.writing() as session:
            watch_ages(session, now, Quiet())
        assert len(warned(database)) == count
    assert tasks(database, child)[0] == (18, True)


def test_with_many_clocks_everything_happens_once(database: Database, clinic: Clinic, child: Patient) -> None:
    now = GROWN - timedelta(days=20)

    def tick(_number: int) -> None:
        with database.writing() as session:
            watch_ages(session, now, AWAKE)

    with ThreadPoolExecutor(6) as clocks:
        list(clocks.map(tick, range(24)))
    assert warned(database) == [clinic.mother.id]
    with database.reading() as session:
        query = select(func.count(AgeTask.id)).where(AgeTask.patient_id == child.id)
        assert session.scalars(query).one() == 2
        assert session.scalars(select(func.count(Patient.id)).where(Patient.ages_seen_at == now)).one() == 2


def test_every_child_is_looked_at_once_a_day_in_small_turns(database: Database, clinic: Clinic) -> None:
    now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    with database.writing() as session:
        assert [watch_ages(session, now, AWAKE, Pick(1)) for _ in range(3)] == [1, 1, 0]
        assert watch_ages(session, now + timedelta(hours=25), AWAKE) == 2
        assert watch_ages(session, now, AWAKE) == 0, "a clock that went back looks at nothing anew"


def test_a_birth_date_that_nobody_knows_ends_no_right_and_asks_the_desk(database: Database, clinic: Clinic) -> None:
    child = born(database, clinic, "")
    watch(database, GROWN, GROWN + timedelta(days=900))
    assert tasks(database, child) == [(UNKNOWN, False)]
    assert may(database, clinic, GROWN + timedelta(days=900))
    born(database, clinic, BORN.isoformat())
    watch(database, GROWN + timedelta(days=901))
    assert tasks(database, child) == [(18, False)]


def test_the_right_ends_with_the_day_and_needs_no_clock_for_it(
    database: Database, clinic: Clinic, child: Patient
) -> None:
    with database.writing() as session:
        consult = clinic.family_question(session, now=GROWN - timedelta(days=40))
    moments = (GROWN - SECOND, GROWN, GROWN + timedelta(days=400))
    assert [may(database, clinic, now) for now in moments] == [True, False, False]
    with database.writing() as session:
        assert consult_for(session, clinic.mother, consult.public_id, now=GROWN - SECOND).rights
        check_speaks(session, child.id, clinic.mother, GROWN - SECOND)
        with pytest.raises(NotFoundError):
            consult_for(session, clinic.mother, consult.public_id, now=GROWN)
        with pytest.raises(ForbiddenError):
            check_speaks(session, child.id, clinic.mother, GROWN)
        assert [has_grown_up(session, clinic.mother, now) for now in moments] == [False, True, True]
        assert not has_grown_up(session, clinic.stranger, GROWN)
        assert consult_for(session, clinic.pcp, consult.public_id, now=GROWN).rights, "the clinic's right stays"


def test_the_bytes_of_a_picture_close_with_it(database: Database, clinic: Clinic, child: Patient) -> None:
    now = GROWN - timedelta(days=3)
    with database.writing() as session:
        consult = clinic.family_question(session, now=now)
        sent = Received(new_public_id(), MediaKind.PHOTO, 10, "far", b"k", clinic.mother.id)
        file = receive(session, consult, sent, now)
        session.execute(update(Attachment).values(state=AttachmentState.READY))
        copy = Rendition(attachment_id=file.id, name="thumb", media_type="image/jpeg", size=3, blob_key="b/k")
        copy.object_id, copy.key_wrapped, copy.width, copy.height, copy.sha256 = "0" * 32, b"k", 1, 1, "0" * 64
        session.add(copy)
    with database.writing() as session:
        assert rendition_for(session, clinic.mother, copy.public_id, now=GROWN - SECOND)[0].id == copy.id
        with pytest.raises(NotFoundError):
            rendition_for(session, clinic.mother, copy.public_id, now=GROWN)


def test_a_guardianship_keeps_the_right_for_as_long_as_it_lasts(
    database: Database, clinic: Clinic, child: Patient
) -> None:
    starts, ends = GROWN - timedelta(days=100), GROWN + timedelta(days=365)
    grant(database, clinic, GrantForm(Basis.GUARDIANSHIP, PAPER, starts, ends), GROWN - timedelta(days=95))
    assert [may(database, clinic, now) for now in (GROWN, ends - SECOND, ends)] == [True, True, False]
    watch(database, GROWN - timedelta(days=89), GROWN - timedelta(days=29))
    assert warned(database) == [], "nothing ends now"
    assert (18, True) not in tasks(database, child)
    watch(database, ends - timedelta(days=29))
    assert warned(database) == [clinic.mother.id], "the end of what is on file is told as well"
    with database.reading() as session:
        link = session.scalars(select(RelatedPerson).where(RelatedPerson.person_id == clinic.mother.id)).one()
        assert right_until(session, link, GROWN) == ends


def test_a_guardianship_that_begins_later_lets_nobody_in_before(
    database: Database, clinic: Clinic, child: Patient
) -> None:
    starts = GROWN + timedelta(days=10)
    grant(database, clinic, GrantForm(Basis.GUARDIANSHIP, PAPER, starts), GROWN)
    moments = (GROWN - SECOND, GROWN, starts - SECOND, starts)
    assert [may(database, clinic, now) for now in moments] == [True, False, False, True]
    with database.reading() as session:
        link = session.scalars(select(RelatedPerson).where(RelatedPerson.person_id == clinic.mother.id)).one()
        assert right_until(session, link, GROWN - SECOND) == GROWN
        assert right_until(session, link, starts) is None


def test_the_young_persons_word_opens_and_takes_back_at_once(
    database: Database, clinic: Clinic, child: Patient
) -> None:
    now = GROWN + timedelta(days=2)
    number = grant(database, clinic, GrantForm(Basis.YOUTH, "Said at the visit", now), now)
    later = now + timedelta(days=7)
    assert [may(database, clinic, at) for at in (now - SECOND, now, later)] == [False, True, True]
    with database.writing() as session:
        end_grant(session, child, number, clinic.coordinator, later)
        end_grant(session, child, number, clinic.coordinator, later + timedelta(days=1))
    assert [may(database, clinic, at) for at in (later - SECOND, later, later + SECOND)] == [True, False, False]
    with database.writing() as session, pytest.raises(NotFoundError):
        end_grant(session, clinic.other_child, number, clinic.coordinator, later)


def test_what_is_on_file_for_one_child_or_person_helps_no_other(
    database: Database, clinic: Clinic, child: Patient
) -> None:
    with database.writing() as session, pytest.raises(NotFoundError):
        form = GrantForm(Basis.YOUTH, PAPER, GROWN)
        grant_proxy(session, clinic.child, clinic.stranger, form, clinic.coordinator, now=GROWN)
    grant(database, clinic, GrantForm(Basis.YOUTH, PAPER, GROWN), GROWN)
    with database.writing() as session:
        session.execute(update(RelatedPerson).where(RelatedPerson.person_id == clinic.mother.id).values(ends_at=GROWN))
    assert not may(database, clinic, GROWN), "a link that was ended stays ended"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"basis": "habit"}, "basis"),
        ({"paper": " ab "}, "paper"),
        ({"paper": "x" * 501}, "paper"),
        ({"ends_at": GROWN}, "ends"),
    ],
)
def test_a_basis_without_paper_or_sense_is_refused(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        GrantForm(**{"basis": Basis.GUARDIANSHIP, "paper": PAPER, "starts_at": GROWN, **wrong})  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]


def test_a_program_says_its_own_ages(database: Database, clinic: Clinic, child: Patient) -> None:
    with database.writing() as session:
        assert ages_of(session, clinic.program.id) == Ages((12, 14, 16, 18, 21), 18)
        for wrong in (Ages(()), Ages((14, 12)), Ages((12, 12)), Ages((0, 12)), Ages((12, 30)), Ages((12,), 12)):
            with pytest.raises(InvalidError):
                set_ages(session, clinic.program, wrong)
        set_ages(session, clinic.program, Ages((13, 19), 19))
        set_ages(session, clinic.program, Ages((13, 19), 19))
    assert may(database, clinic, GROWN)
    with database.reading() as session:
        end = day_begins(session, birthday(BORN, 19))
    assert [may(database, clinic, now) for now in (end - SECOND, end)] == [True, False]
    watch(database, end)
    assert tasks(database, child) == [(19, False)]


def test_only_coordinators_see_the_tasks_and_write_them_off(database: Database, clinic: Clinic, child: Patient) -> None:
    watch(database, GROWN)
    with database.writing() as session:
        assert [(task.age, who.id) for task, who in open_tasks(session, clinic.coordinator, GROWN)] == [(18, child.id)]
        number = tasks_about(session, child)[0].id
        for person in (clinic.pcp, clinic.mother, clinic.derm, clinic.director):
            with pytest.raises(ForbiddenError):
                open_tasks(session, person, GROWN)
            with pytest.raises(ForbiddenError):
                finish(session, person, child, number, GROWN)
        with pytest.raises(NotFoundError):
            finish(session, clinic.coordinator, clinic.other_child, number, GROWN)
        finish(session, clinic.coordinator, child, number, GROWN)
        finish(session, clinic.coordinator, child, number, GROWN + SECOND)
        assert count_open(session, clinic.coordinator) == 0
    watch(database, GROWN + timedelta(days=1))
    assert tasks(database, child) == [], "what is done does not come again"


def test_no_day_of_birth_lies_open_in_the_database(database: Database, clinic: Clinic, child: Patient) -> None:
    """What the watch keeps says when somebody looked, not how old the child is to a day before it is so."""
    watch(database, GROWN - timedelta(days=400))
    with database.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM patient WHERE id = :id"), {"id": child.id}).one()
    told = " ".join(str(value) for value in row)
    assert all(word not in told for word in ("2008-06-10", "2026-06-10", "06-10"))

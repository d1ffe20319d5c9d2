"""One shift of one day given to somebody else: on a day that comes, by one who was asked and said yes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, PractitionerSpecialty, Role, add_person
from econsult.rosters.planning import ShiftForm, add_shift, end_time_off, remove_shift, take_off
from econsult.rosters.shifts import Shift, Swap, has_roster, on_duty, own_spans, spans
from econsult.rosters.swapping import accept_swap, decline_swap, offer_swap, swaps_coming, swaps_offered, take_back_swap
from econsult.staffing import answer_for
from tests.econsult.test_cover import shift
from tests.personas import NOON, Clinic

HOUR = timedelta(hours=1)
TODAY = NOON.date()
"""A Monday, 5 in the morning in Denver; the shift goes from 4 to 13 there."""


@pytest.fixture
def derm3(database: Database, clinic: Clinic) -> Person:
    with database.writing() as session:
        person = add_person(
            session,
            database.cipher,
            clinic.program,
            email="derm3@clinic.test",
            name="Derm Three",
            role=Role.SPECIALIST,
            now=NOON,
        )
        session.add(PractitionerSpecialty(person_id=person.id, specialty="dermatology"))
    return person


@pytest.mark.parametrize(
    ("day", "hours", "why"),
    [
        (None, 0, "required"),
        (date.min, 0, "passed"),
        (date.max, 0, "passed"),
        (TODAY - timedelta(days=7), 0, "passed"),
        (TODAY, 8, "passed"),
        (TODAY + timedelta(days=371), 0, "passed"),
        (TODAY + timedelta(days=1), 0, "invalid"),
    ],
)
def test_a_day_on_which_nothing_can_be_swapped_is_refused(
    database: Database, clinic: Clinic, day: date | None, hours: int, why: str
) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        with pytest.raises(InvalidError) as refused:
            offer_swap(session, clinic.coordinator, number, day, clinic.derm2.public_id, now=NOON + hours * HOUR)
        assert refused.value.fields == {"day": why}


def test_a_shift_that_goes_on_may_still_be_swapped(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        late = NOON + 8 * HOUR - timedelta(seconds=1)
        assert offer_swap(session, clinic.derm, number, TODAY, clinic.derm2.public_id, now=late).on_day == TODAY


def test_whoever_answers_for_the_specialty_no_more_takes_no_shift_of_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        asked = offer_swap(session, clinic.derm, number, TODAY, clinic.derm2.public_id, now=NOON)
        answer_for(session, clinic.admin, clinic.derm2.public_id, ["neurology"], now=NOON)
        with pytest.raises(InvalidError) as refused:
            accept_swap(session, clinic.derm2, asked.id, now=NOON)
        assert (refused.value.fields, here(session, clinic)) == ({"day": "unsuitable"}, {clinic.derm.id})


def here(session: Session, clinic: Clinic) -> set[int]:
    return on_duty(session, clinic.program.id, "dermatology", NOON)


def told(session: Session, kind: NoticeKind) -> list[int]:
    return list(session.scalars(select(Notice.person_id).where(Notice.kind == kind).order_by(Notice.id)))


def test_an_accepted_swap_counts_until_the_next_one_is_accepted(
    database: Database, clinic: Clinic, derm3: Person
) -> None:
    with database.writing() as session:
        number, desk = shift(session, clinic, clinic.derm).id, clinic.coordinator
        first = offer_swap(session, desk, number, TODAY, clinic.derm2.public_id, now=NOON - 48 * HOUR)
        accept_swap(session, clinic.derm2, first.id, now=NOON - 47 * HOUR)
        with pytest.raises(InvalidError):
            offer_swap(session, desk, number, TODAY, clinic.derm2.public_id, now=NOON - 3 * HOUR)
        second = offer_swap(session, desk, number, TODAY, derm3.public_id, now=NOON - 2 * HOUR)
        assert here(session, clinic) == {clinic.derm2.id}
        assert told(session, NoticeKind.ROSTER) == [clinic.derm2.id, derm3.id]
        accept_swap(session, derm3, second.id, now=NOON - HOUR)
        accept_swap(session, derm3, second.id, now=NOON)
        assert here(session, clinic) == {derm3.id}
        assert session.scalars(select(Swap.accepted_at)).all() == [NOON - HOUR]


def test_whoever_is_asked_no_more_can_accept_no_more(database: Database, clinic: Clinic, derm3: Person) -> None:
    with database.writing() as session:
        number, desk = shift(session, clinic, clinic.derm).id, clinic.coordinator
        first = offer_swap(session, desk, number, TODAY, clinic.derm2.public_id, now=NOON).id
        assert offer_swap(session, desk, number, TODAY, clinic.derm2.public_id, now=NOON).id == first, "asked once"
        second = offer_swap(session, desk, number, TODAY, derm3.public_id, now=NOON).id
        for person, asked in ((clinic.derm2, second), (clinic.derm, second), (derm3, second + 1)):
            with pytest.raises(NotFoundError):
                accept_swap(session, person, asked, now=NOON)
        assert (swaps_offered(session, clinic.derm2, NOON), here(session, clinic)) == ([], {clinic.derm.id})
        assert told(session, NoticeKind.ROSTER) == [clinic.derm2.id, derm3.id]


def test_each_asking_has_its_letter_whatever_number_its_row_gets(
    database: Database, clinic: Clinic, derm3: Person
) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        asked = [clinic.derm2, derm3, clinic.derm2, derm3]
        for person in asked:
            offer_swap(session, clinic.derm, number, TODAY, person.public_id, now=NOON)
        assert told(session, NoticeKind.ROSTER) == [person.id for person in asked]


def test_each_end_of_a_time_off_has_its_letter(database: Database, clinic: Clinic) -> None:
    ends = []
    for round_ in range(2):
        with database.writing() as session:
            starts, finishes = NOON + (10 + round_) * HOUR, NOON + 20 * HOUR
            off = take_off(session, clinic.coordinator, clinic.derm.public_id, starts, finishes, now=NOON)
            before = len(told(session, NoticeKind.DUTY_CHANGED))
            end_time_off(session, clinic.coordinator, off.id, now=NOON)
            session.flush()
            ends.append(len(told(session, NoticeKind.DUTY_CHANGED)) - before)
    assert ends == [1, 1]


def test_a_shift_that_is_over_can_be_accepted_no_more(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        asked = offer_swap(session, clinic.derm, number, TODAY, clinic.derm2.public_id, now=NOON).id
        assert len(swaps_offered(session, clinic.derm2, NOON + 7 * HOUR)) == 1
        assert swaps_offered(session, clinic.derm2, NOON + 8 * HOUR) == []
        with pytest.raises(InvalidError):
            accept_swap(session, clinic.derm2, asked, now=NOON + 8 * HOUR)


def test_whoever_is_put_on_duty_or_off_by_somebody_else_hears_of_it_once(database: Database, clinic: Clinic) -> None:
    form = ShiftForm(clinic.derm.public_id, "dermatology", 0, 240, 540, "America/Denver")
    with database.writing() as session:
        desk, kind = clinic.coordinator, NoticeKind.DUTY_CHANGED
        number = add_shift(session, desk, form, now=NOON).id
        assert told(session, kind) == [clinic.derm.id]
        take_off(session, desk, clinic.derm2.public_id, NOON, NOON + HOUR, now=NOON)
        assert told(session, kind) == [clinic.derm.id, clinic.derm2.id]
        asked = offer_swap(session, desk, number, TODAY + timedelta(days=7), clinic.derm2.public_id, now=NOON)
        accept_swap(session, clinic.derm2, asked.id, now=NOON)
        assert told(session, kind) == [clinic.derm.id, clinic.derm2.id, clinic.derm.id]
        assert told(session, NoticeKind.SWAP_ANSWERED) == [desk.id]
        remove_shift(session, desk, number, now=NOON, ends_plan=True)
        assert told(session, kind)[3:] == [clinic.derm.id, clinic.derm2.id]


def test_the_same_shift_is_not_added_twice(database: Database, clinic: Clinic) -> None:
    form = ShiftForm(clinic.derm.public_id, "dermatology", 0, 240, 540, "America/Denver")
    with database.writing() as session:
        number = add_shift(session, clinic.coordinator, form, now=NOON).id
        with pytest.raises(InvalidError) as refused:
            add_shift(session, clinic.coordinator, form, now=NOON)
        assert refused.value.fields == {"starts": "taken"}
        remove_shift(session, clinic.coordinator, number, now=NOON, ends_plan=True)
        add_shift(session, clinic.coordinator, form, now=NOON)


def test_two_who_remove_the_last_two_shifts_at_once_leave_one(database: Database, clinic: Clinic) -> None:
    forms = [ShiftForm(clinic.derm.public_id, "dermatology", 0, starts, 240, "UTC") for starts in (0, 240)]
    with database.writing() as session:
        numbers = [add_shift(session, clinic.coordinator, form, now=NOON).id for form in forms]

    def remove(number: int) -> dict[str, str]:
        try:
            with database.writing() as session:
                remove_shift(session, clinic.coordinator, number, now=NOON)
        except InvalidError as error:
            return error.fields
        return {}

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, numbers), key=len) == [{}, {"ends_plan": "required"}]
    with database.reading() as session:
        assert len(session.scalars(select(Shift)).all()) == 1


def test_a_swap_is_declined_and_whoever_asked_hears_of_it(database: Database, clinic: Clinic, derm3: Person) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        asked = offer_swap(session, clinic.derm, number, TODAY, clinic.derm2.public_id, now=NOON).id
        with pytest.raises(NotFoundError):
            decline_swap(session, derm3, asked, now=NOON)
        decline_swap(session, clinic.derm2, asked, now=NOON)
        assert told(session, NoticeKind.SWAP_ANSWERED) == [clinic.derm.id]
        for answer in (accept_swap, decline_swap):
            with pytest.raises(NotFoundError):
                answer(session, clinic.derm2, asked, now=NOON)
        assert (swaps_offered(session, clinic.derm2, NOON), here(session, clinic)) == ([], {clinic.derm.id})
        seen = [swap.declined_at for swap, _shift in swaps_coming(session, clinic.program.id, "dermatology", NOON)]
        assert seen == [NOON]
        again = offer_swap(session, clinic.derm, number, TODAY, derm3.public_id, now=NOON)
        accept_swap(session, derm3, again.id, now=NOON)
        with pytest.raises(NotFoundError):
            decline_swap(session, derm3, again.id, now=NOON)
        assert here(session, clinic) == {derm3.id}


def test_a_question_is_taken_back_until_it_is_answered(database: Database, clinic: Clinic, derm3: Person) -> None:
    with database.writing() as session:
        number, derm = shift(session, clinic, clinic.derm).id, clinic.derm
        for who in (derm, clinic.coordinator):
            asked = offer_swap(session, derm, number, TODAY, clinic.derm2.public_id, now=NOON).id
            with pytest.raises(ForbiddenError):
                take_back_swap(session, derm3, asked, clinic.derm2.public_id, now=NOON)
            # On a page of before it was somebody else's.
            with pytest.raises(InvalidError) as other:
                take_back_swap(session, who, asked, derm3.public_id, now=NOON)
            assert other.value.fields == {"swap": "other"}
            take_back_swap(session, who, asked, clinic.derm2.public_id, now=NOON)
            with pytest.raises(NotFoundError):
                accept_swap(session, clinic.derm2, asked, now=NOON)
            with pytest.raises(NotFoundError):
                take_back_swap(session, who, asked, clinic.derm2.public_id, now=NOON)
        asked = offer_swap(session, derm, number, TODAY, clinic.derm2.public_id, now=NOON).id
        accept_swap(session, clinic.derm2, asked, now=NOON)
        with pytest.raises(InvalidError):
            take_back_swap(session, derm, asked, clinic.derm2.public_id, now=NOON)
        assert here(session, clinic) == {clinic.derm2.id}


def test_own_shifts_are_those_that_one_has_and_took_over(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        shift(session, clinic, clinic.derm2, weekday=1)
        asked = offer_swap(session, clinic.derm, number, TODAY + timedelta(days=7), clinic.derm2.public_id, now=NOON)
        accept_swap(session, clinic.derm2, asked.id, now=NOON)
        days = {
            person.id: [span.day for _specialty, span in own_spans(session, person, NOON, NOON + timedelta(days=14))]
            for person in (clinic.derm, clinic.derm2, clinic.neuro)
        }
        monday = [TODAY + timedelta(days=number) for number in range(15)]
        expected = {clinic.derm.id: [monday[0], monday[14]], clinic.derm2.id: [monday[1], monday[7], monday[8]]}
        assert days == {**expected, clinic.neuro.id: []}


@pytest.mark.parametrize("when", ["before", "after"])
def test_nobody_takes_a_shift_within_their_time_off(database: Database, clinic: Clinic, when: str) -> None:
    """Refused where it is asked for, and, where the time off came between, where it is accepted."""
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        off = (clinic.derm2.public_id, NOON + 6 * HOUR, NOON + 60 * HOUR)
        if when == "before":
            take_off(session, clinic.coordinator, *off, now=NOON)
            with pytest.raises(InvalidError) as refused:
                offer_swap(session, clinic.coordinator, number, TODAY, clinic.derm2.public_id, now=NOON)
            assert refused.value.fields == {"to": "away"}
            return
        swap = offer_swap(session, clinic.coordinator, number, TODAY, clinic.derm2.public_id, now=NOON)
        take_off(session, clinic.coordinator, *off, now=NOON)
        with pytest.raises(InvalidError) as refused:
            accept_swap(session, clinic.derm2, swap.id, now=NOON)
        assert (refused.value.fields, swap.accepted_at) == ({"day": "away"}, None)
        assert on_duty(session, clinic.program.id, "dermatology", NOON + 7 * HOUR) == {clinic.derm.id}


def test_whoever_took_a_shift_over_may_give_it_back(database: Database, clinic: Clinic) -> None:
    """Its owner is asked, by them or by the desk, and has it again once they have said yes."""
    with database.writing() as session:
        number = shift(session, clinic, clinic.derm).id
        derm, derm2 = clinic.derm, clinic.derm2
        accept_swap(session, derm2, offer_swap(session, derm, number, TODAY, derm2.public_id, now=NOON).id, now=NOON)
        assert on_duty(session, clinic.program.id, "dermatology", NOON) == {derm2.id}
        back = offer_swap(session, derm2, number, TODAY, derm.public_id, now=NOON)
        assert on_duty(session, clinic.program.id, "dermatology", NOON) == {derm2.id}
        accept_swap(session, derm, back.id, now=NOON)
        assert on_duty(session, clinic.program.id, "dermatology", NOON) == {derm.id}
        with pytest.raises(ForbiddenError):
            offer_swap(session, derm2, number, TODAY, derm.public_id, now=NOON)


def test_a_shift_of_one_day_is_beside_a_weekly_plan_and_ends_with_it(database: Database, clinic: Clinic) -> None:
    weekly = ShiftForm(clinic.derm.public_id, "dermatology", 0, 240, 540, "America/Denver")
    # The weekday of the form does not count beside a day.
    once = replace(weekly, person=clinic.derm2.public_id, weekday=4, starts=900, on_day=TODAY + timedelta(days=1))
    start, desk = NOON + timedelta(hours=1), clinic.coordinator
    with database.writing() as session:
        with pytest.raises(InvalidError) as refused:
            add_shift(session, desk, once, now=NOON)
        assert refused.value.fields == {"on_day": "no_plan"}, "it would be the whole plan"
        number = add_shift(session, desk, weekly, now=NOON).id
        add_shift(session, desk, once, now=NOON)
        for wrong in (once, replace(once, on_day=TODAY - timedelta(days=2)), replace(once, on_day=date.min)):
            with pytest.raises(InvalidError):
                add_shift(session, desk, wrong, now=NOON)
        found = spans(session, clinic.program.id, "dermatology", start, start + timedelta(days=15))
        assert [span.day for span in found if span.person_id == clinic.derm2.id] == [once.on_day]
        with pytest.raises(InvalidError) as refused:
            remove_shift(session, desk, number, now=NOON)
        assert refused.value.fields == {"ends_plan": "required"}
        remove_shift(session, desk, number, now=NOON, ends_plan=True)
        session.flush()
        assert not has_roster(session, clinic.program.id, "dermatology")

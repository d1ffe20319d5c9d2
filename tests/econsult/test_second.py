"""A second specialist is asked one question: by the router's rules, for a while, with a clock of its own."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import event, select, update

from econsult.access import attachment_for, consult_for
from econsult.advice.colleagues import asked_of_me, open_sides, unanswered_sides
from econsult.consults import answers, declining, holding, passing
from econsult.consults.attachments import Attachment
from econsult.consults.hands import loads_of
from econsult.consults.records import Consult
from econsult.consults.second import (
    ask_second,
    give_back,
    may_answer,
    reply_second,
    stay_second,
    take_back,
    take_second,
)
from econsult.consults.second_desk import give_second
from econsult.consults.sides import SideEvent, SideQuestion, side_of
from econsult.consults.threads import Audience, messages_of
from econsult.consults.urgency import change_urgency
from econsult.database import Database
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError, TakenError
from econsult.notices import Notice
from econsult.people.persons import Person
from econsult.queue.asides import fire_sides, return_sides
from econsult.queue.forecast import forecast
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from econsult.rights import Relation, Right
from econsult.rosters.limits import Conflict, Limits
from econsult.rosters.shifts import TimeOff
from tests.econsult.test_forms_at_once import waiting
from tests.personas import ANSWER, LEASE, NOON, TARGETS, Clinic, open_clinic
from tests.workers.clinic import wait_until

H = timedelta(hours=1)
ASKED = "Could the new patches be a sign of neurofibromatosis?"


def open_side(session, clinic: Clinic, **whom: object) -> tuple[Consult, SideQuestion]:
    consult = clinic.claimed(session)
    chosen = whom or {"specialty": "neurology"}
    return consult, ask_second(session, consult, clinic.derm, ASKED, now=NOON, **chosen)


def relation(session, consult: Consult, person: Person) -> Relation | None:
    try:
        return consult_for(session, person, consult.public_id, now=NOON).relation
    except NotFoundError:
        return None


def told(session, kind: str = "side") -> list[tuple[int, str]]:
    query = select(Notice.person_id, Notice.kind).where(Notice.kind.startswith(kind))
    return sorted((row.person_id, str(row.kind)) for row in session.execute(query))


def kept(session, now) -> list[str]:
    return [line for line in violations(session, now) if "colleague" in line]


def test_a_pool_is_asked_one_takes_it_and_replies_among_clinicians(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        assert told(session) == [(clinic.neuro.id, "side_asked")]
        asked = consult_for(session, clinic.neuro, consult.public_id, now=NOON)
        assert (asked.relation, asked.readable_lanes(), asked.may(Right.HOLD)) == (Relation.ASKED, (), False)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        second = consult_for(session, clinic.neuro, consult.public_id, now=NOON)
        assert (second.relation, second.readable_lanes()) == (Relation.SECOND, (Audience.CLINICIANS,))
        for right in (Right.ANSWER, Right.WRITE_CLINICIANS, Right.READ_FAMILY, Right.SEE_IDENTITY, Right.BREAK_GLASS):
            with pytest.raises(ForbiddenError):
                consult_for(session, clinic.neuro, consult.public_id, now=NOON, right=right)
        reply_second(session, consult, side, clinic.neuro, "Six or more spots: yes, look for it.", now=NOON + H)
        words = [message.text for message in messages_of(session, consult.id, (Audience.CLINICIANS,))]
        assert words == [ASKED, "Six or more spots: yes, look for it."]
        # The first specialist stays responsible, and the second one is out.
        assert (consult.holder_id, consult.status, side.state) == (clinic.derm.id, "claimed", "replied")
        assert relation(session, consult, clinic.neuro) is None
        assert kept(session, NOON + 50 * H) == []
        with pytest.raises(ImpossibleVerbError):
            reply_second(session, consult, side, clinic.neuro, "More", now=NOON + H)


def test_a_face_opens_for_who_took_the_question_alone(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        file = Attachment(
            consult_id=consult.id, patient_id=consult.patient_id, uploaded_by_id=clinic.pcp.id, kind="photo", size=1,
            state="ready", report={}, blob_key="x", key_wrapped=b"", received_at=NOON, is_restricted=True,
        )  # fmt: skip
        session.add(file)
        session.flush()
        with pytest.raises(ForbiddenError):
            attachment_for(session, clinic.neuro, file.public_id, now=NOON)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        assert attachment_for(session, clinic.neuro, file.public_id, now=NOON)
        reply_second(session, consult, side, clinic.neuro, "Yes.", now=NOON)
        with pytest.raises(NotFoundError):
            attachment_for(session, clinic.neuro, file.public_id, now=NOON)


def test_one_of_two_who_take_it_at_once_gets_it(database: Database, clinic: Clinic) -> None:
    people = [clinic.derm2, *clinic.more(database, 2)]
    with database.writing() as session:
        number = open_side(session, clinic, specialty="dermatology")[0].id
    winners: list[int] = []

    def take(person: Person) -> None:
        with database.writing() as session:
            found = session.get_one(Consult, number)
            side = side_of(session, number, is_locked=True)
            assert side is not None
            with suppress(TakenError):
                take_second(session, found, side, session.get_one(Person, person.id), now=NOON)
                winners.append(person.id)

    threads = [Thread(target=take, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        taken = session.scalars(select(SideEvent.id).where(SideEvent.kind == "taken")).all()
        side = side_of(session, number)
        assert side is not None
        assert (len(taken), winners) == (1, [side.holder_id])


def test_the_routers_rules_hold_for_pool_and_person(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)

        def ask(**whom: object) -> str:
            with pytest.raises(InvalidError) as refused:
                ask_second(session, consult, clinic.derm, ASKED, now=NOON, **whom)
            return refused.value.fields["second"]

        assert (ask(specialty="cardiology"), ask(specialty="magic")) == ("nobody", "required")
        assert ask(specialty="dermatology", wanted=clinic.derm) == "not_allowed"
        assert ask(specialty="neurology", wanted=clinic.derm2) == "not_allowed"
        session.add(Limits(person_id=clinic.neuro.id, states="TX", languages="fr", capacity=1))
        clinic.home.state = "NM"
        session.merge(clinic.home)
        session.flush()
        assert ask(specialty="neurology") == "nobody"
        # No family is spoken to: the language bars nobody. Full hands do, where one person is asked.
        session.execute(update(Limits).values(states="NM"))
        other = clinic.econsult(session, specialty="neurology")
        session.execute(update(Limits).values(languages=""))
        holding.claim(session, other, clinic.neuro, now=NOON, lease=LEASE)
        session.execute(update(Limits).values(languages="fr"))
        assert ask(specialty="neurology", wanted=clinic.neuro) == "away"
        session.add(Conflict(person_id=clinic.neuro.id, patient_id=consult.patient_id))
        session.flush()
        assert ask(specialty="neurology") == "nobody"
        with pytest.raises(ForbiddenError):
            ask_second(session, consult, clinic.derm2, ASKED, specialty="neurology", now=NOON)


@pytest.mark.parametrize("why", ["barred", "holder"])
def test_a_question_that_nobody_may_answer_any_more_breaks_no_list(
    database: Database, clinic: Clinic, why: str
) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        if why == "barred":
            session.add(Conflict(person_id=clinic.neuro.id, patient_id=consult.patient_id))
        else:
            consult.holder_id = clinic.neuro.id
        session.flush()
        assert asked_of_me(session, clinic.neuro, NOON) == []
        with pytest.raises(ForbiddenError):
            take_second(session, consult, side, clinic.neuro, now=NOON)
        side.holder_id = clinic.derm2.id
        give_back(session, consult, side, clinic.derm2, now=NOON + H)
        assert side.holder_id is None
        assert (clinic.coordinator.id, "side_late") in told(session)
        assert (clinic.coordinator.id, "side_asked") not in told(session)


def test_one_person_is_asked_and_gives_it_back_to_the_pool(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic, specialty="dermatology", wanted=clinic.derm2)
        assert relation(session, consult, clinic.derm2) == Relation.SECOND
        with pytest.raises(InvalidError):
            ask_second(session, consult, clinic.derm, ASKED, specialty="neurology", now=NOON)
        with pytest.raises(ForbiddenError):
            take_back(session, consult, side, clinic.derm2, now=NOON)
        give_back(session, consult, side, clinic.derm2, now=NOON + H)
        assert (side.holder_id, relation(session, consult, clinic.derm2)) == (None, Relation.POOL)
        take_second(session, consult, side, clinic.derm2, now=NOON + H)
        with pytest.raises(TakenError):
            take_second(session, consult, side, clinic.neuro, now=NOON + H)
        take_back(session, consult, side, clinic.derm, now=NOON + 2 * H)
        assert (side.state, side.next_at, kept(session, NOON + 50 * H)) == ("taken_back", None, [])


def test_its_clock_reminds_then_tells_the_desk_then_the_director(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, _side = open_side(session, clinic)
        assert any("nobody was told" in line for line in kept(session, NOON + 13 * H))
    seen = []
    # It was promised within 24 hours: whoever asked has a quarter of them left when the reply is due.
    for hours in (8, 9, 9, 14, 17, 18, 18, 36, 1):
        with database.writing() as session:
            fire_sides(session, NOON + hours * H, Quiet())
            seen.append(len(told(session)))
    assert seen == [1, 2, 2, 3, 5, 9, 9, 13, 13]
    with database.writing() as session:
        late = {number for number, kind in told(session) if kind == "side_late"}
        assert late == {clinic.coordinator.id, clinic.director.id, clinic.derm.id}
        kinds = [(row.kind, row.level) for row in session.scalars(select(SideEvent).order_by(SideEvent.id))]
        assert kinds == [("opened", 0), *(("reminded", n) for n in (1, 2, 3)), ("late", 4), ("late", 5)]
        assert kept(session, NOON + 48 * H) == []
        assert relation(session, consult, clinic.neuro) == Relation.ASKED


@pytest.mark.parametrize(
    ("urgency", "asked", "minutes"),
    [
        ("routine", 0, 18 * 60),
        ("routine", 20 * 60, 3 * 60),
        ("routine", 24 * 60, 60),
        ("same_day", 0, 180),
        ("urgent", 0, 45),
        ("urgent", 20, 25),
        ("urgent", 50, 15),
    ],
)
def test_a_reply_is_due_while_it_still_helps(
    database: Database, clinic: Clinic, urgency: str, asked: int, minutes: int
) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session, urgency=urgency)
        at = NOON + timedelta(minutes=asked)
        holding.claim(session, consult, clinic.derm, now=at, lease=LEASE)
        side = ask_second(session, consult, clinic.derm, ASKED, specialty="neurology", now=at)
        assert side.due_at == at + timedelta(minutes=minutes)
        assert side.next_at == at + timedelta(minutes=minutes) / 2


def test_what_becomes_urgent_hastens_its_question(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        change_urgency(session, consult, clinic.derm, "urgent", "", now=NOON + H / 4, targets=TARGETS)
        assert side.due_at == NOON + H / 4 + timedelta(minutes=30)
        fire_sides(session, NOON + H, Quiet())
        assert (side.level, kept(session, NOON + H)) == (4, [])
        assert [row.kind for row in session.scalars(select(SideEvent).order_by(SideEvent.id))][1] == "hastened"


def test_whoever_waits_for_a_colleague_keeps_the_request(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        assert holding.lapse_claims(session, NOON + 18 * H) == []
        take_second(session, consult, side, clinic.neuro, now=NOON + H)
        reply_second(session, consult, side, clinic.neuro, "Yes.", now=NOON + 12 * H)
        # From the reply on it is as after information that was asked for: a while to go on, and then the pool's.
        assert holding.lapse_claims(session, NOON + 14 * H) == []
        assert holding.lapse_claims(session, NOON + 16 * H) == [consult]
        assert told(session, "side_replied") == []


def test_whoever_gets_the_request_meanwhile_keeps_it_too(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, _side = open_side(session, clinic)
        passing.take_over(session, consult, clinic.derm2, "She is ill", now=NOON + H, lease=LEASE)
        assert holding.lapse_claims(session, NOON + 18 * H) == []
        assert holding.lapse_claims(session, NOON + 23 * H) == [consult]


@pytest.mark.parametrize("held", [True, False])
def test_whoever_asked_hears_of_the_reply_whatever_became_of_their_hold(
    database: Database, clinic: Clinic, held: bool
) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        assert holding.lapse_claims(session, NOON + 23 * H) == [consult]
        if held:
            holding.claim(session, consult, clinic.derm2, now=NOON + 23 * H, lease=LEASE)
        take_second(session, consult, side, clinic.neuro, now=NOON + 23 * H)
        reply_second(session, consult, side, clinic.neuro, "Yes.", now=NOON + 24 * H)
        assert told(session, "side_replied") == [(clinic.derm.id, "side_replied")]


@pytest.mark.parametrize("how", ["reroute", "assign"])
def test_who_gets_the_whole_request_is_asked_nothing_beside_it(database: Database, clinic: Clinic, how: str) -> None:
    with database.writing() as session:
        whom = {"specialty": "neurology"} if how == "reroute" else {"specialty": "dermatology", "wanted": clinic.derm2}
        consult, side = open_side(session, clinic, **whom)
        if how == "reroute":
            passing.reroute(session, consult, clinic.derm, "neurology", "All of it", now=NOON)
        else:
            passing.take_over(session, consult, clinic.derm2, "I take all of it", now=NOON, lease=LEASE)
        assert (side.state, side.next_at, kept(session, NOON + H)) == ("over", None, [])


def test_a_question_of_a_colleague_fills_hands_too(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        assert loads_of(session, {clinic.neuro.id, clinic.derm.id}) == {clinic.neuro.id: 1, clinic.derm.id: 1}
        take_back(session, consult, side, clinic.derm, now=NOON)
        assert loads_of(session, {clinic.neuro.id}) == {}


def test_a_question_about_a_test_fills_no_hands(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        consult.is_test = True
        take_second(session, consult, side, clinic.neuro, now=NOON)
        assert loads_of(session, {clinic.neuro.id, clinic.derm.id}) == {}


def test_full_hands_take_no_question_but_what_was_written_counts(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        return_sides(session, NOON + H)
        assert side.holder_id is None
        own = holding.claim(session, clinic.econsult(session, specialty="neurology"), clinic.neuro, now=NOON, lease=H)
        session.add(Limits(person_id=clinic.neuro.id, capacity=1))
        session.flush()
        with pytest.raises(ForbiddenError) as refused:
            take_second(session, consult, side, clinic.neuro, now=NOON + H)
        assert (refused.value.code, side.holder_id, own.holder_id) == ("at_capacity", None, clinic.neuro.id)
        reply_second(session, consult, side, clinic.neuro, "Yes.", now=NOON + H)
        assert side.state == "replied"


@pytest.mark.parametrize("other", ["take", "give", "ask"])
def test_two_things_at_once_never_pass_a_limit(postgres_database: Database, other: str) -> None:
    """While a claim fills the last place, a colleague's question waits for it, by whichever way it comes."""
    clinic = open_clinic(postgres_database)
    with postgres_database.writing() as session:
        session.add(Limits(person_id=clinic.neuro.id, capacity=1))
        number = clinic.econsult(session, specialty="neurology").id
        asked = open_side(session, clinic)[0].id if other != "ask" else clinic.claimed(session).id
    refused: list[str] = []

    def fill() -> None:
        try:
            with postgres_database.writing() as session:
                consult, neuro = session.get_one(Consult, asked), session.get_one(Person, clinic.neuro.id)
                derm, desk = (session.get_one(Person, each.id) for each in (clinic.derm, clinic.coordinator))
                side = side_of(session, asked)
                if side is None:
                    ask_second(session, consult, derm, ASKED, specialty="neurology", wanted=neuro, now=NOON)
                elif other == "take":
                    take_second(session, consult, side, neuro, now=NOON)
                else:
                    give_second(session, consult, side, neuro, by=desk, now=NOON)
        except (ForbiddenError, InvalidError) as error:
            refused.append(error.code)

    thread = Thread(target=fill)
    with postgres_database.writing() as session:
        neuro = session.get_one(Person, clinic.neuro.id)
        holding.claim(session, session.get_one(Consult, number), neuro, now=NOON, lease=LEASE)
        thread.start()
        # It waits for the claim, and goes on when that is written.
        wait_until(lambda: not thread.is_alive() or waiting(postgres_database) == 1)
    thread.join()
    with postgres_database.reading() as session:
        assert (loads_of(session, {clinic.neuro.id}), len(refused)) == ({clinic.neuro.id: 1}, 1)


@pytest.mark.parametrize("why", ["away", "left", "conflict", "lapsed", "given_back"])
def test_what_leaves_a_colleagues_hands_goes_to_its_pool_and_each_hears_once(
    database: Database, clinic: Clinic, why: str
) -> None:
    third = clinic.more(database, 1)[0]
    with database.writing() as session:
        consult, side = open_side(session, clinic, specialty="dermatology", wanted=clinic.derm2)
        session.execute(update(Notice).values(kind="old"))
        at = NOON + H
        if why == "away":
            session.add(TimeOff(person_id=clinic.derm2.id, starts_at=NOON, ends_at=NOON + 9 * H))
        elif why == "left":
            session.get_one(Person, clinic.derm2.id).is_active = False
        elif why == "conflict":
            session.add(Conflict(person_id=clinic.derm2.id, patient_id=consult.patient_id))
        elif why == "lapsed":
            # Who was asked by name has it alone until three quarters of its time are over.
            assert return_sides(session, NOON + 13 * H) == 0
            at = NOON + 14 * H
        session.flush()
        if why == "given_back":
            give_back(session, consult, side, clinic.derm2, now=at)
        for _ in range(2):
            return_sides(session, at)
        assert told(session) == sorted([(third.id, "side_asked"), (clinic.derm.id, "side_moved")])
        assert (side.holder_id, side.claim_until, side.uncovered_at) == (None, None, None)
        kinds = session.scalars(select(SideEvent.kind).order_by(SideEvent.id.desc())).first()
        assert kinds == (why if why in ("lapsed", "given_back") else "gone")
        fire_sides(session, at, Quiet())
        assert kept(session, at) == []


def test_where_nobody_else_is_there_the_desk_hears_once(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        session.add(TimeOff(person_id=clinic.neuro.id, starts_at=NOON, ends_at=NOON + 15 * H))
        session.flush()
        session.execute(update(Notice).values(kind="old"))
        assert (return_sides(session, NOON + H), return_sides(session, NOON + H)) == (1, 0)
        fire_sides(session, NOON + 9 * H, Quiet())
        assert told(session, "side_late") == [(clinic.coordinator.id, "side_late")]
        assert (side.uncovered_at, [each.side.id for each in asked_of_me(session, clinic.neuro, NOON)]) == (
            NOON + H,
            [side.id],
        )
        assert [found.id for found, _ in unanswered_sides(session, clinic.coordinator, NOON)] == [side.id]
        # Somebody is there again, and goes again: that is told anew.
        take_second(session, consult, side, clinic.neuro, now=NOON + 10 * H)
        assert side.uncovered_at is None


def test_what_was_written_while_it_lapsed_is_welcome(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        with pytest.raises(ForbiddenError):
            reply_second(session, consult, side, clinic.neuro, "Yes.", now=NOON)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        stay_second(session, consult, clinic.neuro, NOON + H / 3, LEASE)
        assert (return_sides(session, NOON + H * 2 / 3), return_sides(session, NOON + H)) == (0, 1)
        reply_second(session, consult, side, clinic.neuro, "Yes.", now=NOON + H)
        assert (side.state, kept(session, NOON + H)) == ("replied", [])


def test_who_has_it_and_is_off_duty_counts_as_not_there(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        session.add(TimeOff(person_id=clinic.neuro.id, starts_at=NOON + 8 * H, ends_at=NOON + 15 * H))
        session.flush()
        fire_sides(session, NOON + 9 * H, Quiet())
        assert (clinic.coordinator.id, "side_late") in told(session)


@pytest.mark.parametrize("how", ["sign", "decline", "consent"])
def test_it_is_over_with_the_answer_and_with_the_request(database: Database, clinic: Clinic, how: str) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        if how == "sign":
            answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
            answers.sign(session, consult, clinic.derm, now=NOON)
        elif how == "decline":
            declining.decline(session, consult, clinic.derm, "Not for us", now=NOON)
        else:
            consult.consent_withdrawn_at = NOON
            fire_sides(session, NOON + 12 * H, Quiet())
        assert (side.state, side.next_at, side_of(session, consult.id)) == ("over", None, None)
        assert relation(session, consult, clinic.neuro) is None
        assert kept(session, NOON + 50 * H) == []


def test_what_is_returned_to_the_pool_keeps_its_question(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        holding.release(session, consult, clinic.derm, "", now=NOON)
        holding.claim(session, consult, clinic.derm2, now=NOON, lease=LEASE)
        take_second(session, consult, side, clinic.neuro, now=NOON)
        reply_second(session, consult, side, clinic.neuro, "Yes.", now=NOON)
        assert (clinic.derm2.id, "message") in told(session, "message")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"next_at": None}, "has no deadline"),
        ({"state": "replied"}, "is watched"),
        ({"level": 3}, "differs from its ledger"),
        ({"holder_id": 1}, "held without an end"),
        ({"claim_until": NOON - H}, "let it lapse"),
    ],
)
def test_the_check_finds_what_was_tampered_with(
    database: Database, clinic: Clinic, change: dict[str, object], words: str
) -> None:
    with database.writing() as session:
        open_side(session, clinic)
        session.execute(update(SideQuestion).values(**change))
        assert any(words in line for line in kept(session, NOON))
        session.execute(update(SideQuestion).values(state="open", next_at=NOON + H, level=0))
        session.execute(update(Consult).values(status="answered"))
        assert any("goes on although" in line for line in kept(session, NOON))


def test_lists_begin_with_the_questions_and_not_with_everything_that_is_open(
    sqlite_database: Database, clinic: Clinic
) -> None:
    query = open_sides(clinic.neuro).compile(sqlite_database.engine, compile_kwargs={"literal_binds": True})
    with sqlite_database.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()]
    assert [" side_question" in step for step in plan[:2]] == [True, False]
    assert plan[1].startswith("SEARCH consult USING INTEGER PRIMARY KEY")


def test_a_list_of_many_asks_the_database_no_more_often_than_one_of_few(database: Database, clinic: Clinic) -> None:
    seen: list[int] = []
    with database.writing() as session:
        session.add(Limits(person_id=clinic.neuro.id, states="NM", languages="fr"))
        clinic.home.state = "NM"
        session.merge(clinic.home)
        for number in (2, 12):
            for _ in range(number - len(seen) * 2):
                open_side(session, clinic)
            session.flush()
            session.expire_all()
            asked: list[str] = []

            def listen(*told: object, into: list[str] = asked) -> None:
                into.append(str(told[2]))

            event.listen(database.engine, "before_cursor_execute", listen)
            neuro = session.get_one(Person, clinic.neuro.id)
            found = asked_of_me(session, neuro, NOON)
            session.flush()
            event.remove(database.engine, "before_cursor_execute", listen)
            assert len(found) == number
            # What is written down of each that was listed is one line of the trail, in as few statements as may be.
            seen.append(sum(each.startswith("SELECT") for each in asked))
    assert seen[1] <= seen[0] + 2


@pytest.mark.parametrize("why", ["conflict", "licence", "asked", "requester", "", "taken"])
def test_the_list_and_the_rule_of_taking_say_the_same(database: Database, clinic: Clinic, why: str) -> None:
    with database.writing() as session:
        consult, side = open_side(session, clinic)
        if why == "conflict":
            session.add(Conflict(person_id=clinic.neuro.id, patient_id=consult.patient_id))
        elif why == "licence":
            session.add(Limits(person_id=clinic.neuro.id, states="TX", languages=""))
            clinic.home.state = "NM"
            session.merge(clinic.home)
        elif why == "asked":
            side.asked_by_id = clinic.neuro.id
        elif why == "requester":
            consult.sent_on_by_id = clinic.neuro.id
        elif why == "taken":
            side.holder_id = clinic.derm2.id
        session.flush()
        listed = [each.side.id for each in asked_of_me(session, clinic.neuro, NOON)]
        assert bool(listed) == may_answer(session, consult, side, clinic.neuro, NOON) == (why == "")


def test_the_forecast_knows_whose_reply_will_be_late(database: Database, clinic: Clinic) -> None:
    def risks(session, hours: float) -> list[tuple[str, str]]:
        found = forecast(session, clinic.program.id, NOON + hours * H).risks
        return [(each.clock, each.why) for each in found if each.clock == "second"]

    with database.writing() as session:
        consult, side = open_side(session, clinic)
        # No family is spoken to: the language bars nobody.
        session.add(Limits(person_id=clinic.neuro.id, states="", languages="fr"))
        session.flush()
        assert risks(session, 0) == []
        off = TimeOff(person_id=clinic.neuro.id, starts_at=NOON + H / 2, ends_at=NOON + 30 * H)
        session.add(off)
        session.flush()
        assert (risks(session, 0), risks(session, 1)) == ([], [("second", "no_cover")])
        side.holder_id = clinic.neuro.id
        session.flush()
        assert (risks(session, 1), risks(session, 19)) == ([("second", "holder_away")], [("second", "late")])
        consult.is_test = True
        session.flush()
        assert risks(session, 1) == []

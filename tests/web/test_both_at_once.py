"""On PostgreSQL, two people change one row of the program at the same moment, by real forms over real connections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from econsult.access import consult_for
from econsult.consults import answers, passing
from econsult.consults.policies import Policy
from econsult.consults.records import Consult
from econsult.consults.telephone import PhoneEvent
from econsult.consults.threads import Message
from econsult.people.persons import Role, add_person
from econsult.queue.invariants import violations
from econsult.rights import Right
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import Shift, Swap, TimeOff
from econsult.trail import AuditEvent
from tests.beside import beside
from tests.personas import ANSWER, LEASE, Clinic
from tests.together import at_once
from tests.web.browsing import token_from
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC)
SOON = (NOW + timedelta(days=3)).date().isoformat()
MONDAY = (NOW + timedelta(days=7 - NOW.weekday())).date().isoformat()
ROUNDS = 3
SPECIALTY = {"specialty": "dermatology"}
HOURS = dict.fromkeys(("first_reply", "next_reply", "family_informed", "pause"), "24")
RULES = {**SPECIALTY, **HOURS, "urgency": "routine", "allocate": "60", "release": "12", "ladder": "50, 75, 90, 100"}
HELD = "24|24|24|72|12|60|50, 75, 90, 100"
Send = Callable[[str, dict[str, Any]], int]


@pytest.fixture
def runtime(postgres_runtime: Runtime) -> Runtime:
    return postgres_runtime


def _sender(browser: FlaskClient) -> Send:
    """Sends a form and returns the status, with a token that was read before anybody waits at the gate."""
    token = token_from(browser.get("/nowhere").text)
    return lambda path, fields: browser.post(path, data={"csrf_token": token, **fields}).status_code


@pytest.fixture
def two(browser_of: BrowserOf, clinic: Clinic) -> tuple[Send, Send]:
    """A coordinator and a director, each at a page of the program."""
    return _sender(browser_of(clinic.coordinator)), _sender(browser_of(clinic.director))


def _count(runtime: Runtime, table: Any) -> int:
    with runtime.database.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def _plan(runtime: Runtime, clinic: Clinic, count: int) -> list[int]:
    """A plan of so many shifts from Monday on, and nothing else."""
    hours = {"specialty": "dermatology", "starts": 480, "minutes": 60, "time_zone": "UTC", "from_day": NOW.date()}
    with runtime.database.writing() as session:
        for table in (Swap, Shift):
            session.execute(delete(table))
        made = [
            Shift(program_id=clinic.program.id, person_id=clinic.derm.id, weekday=day, **hours) for day in range(count)
        ]
        session.add_all(made)
        session.flush()
        return [shift.id for shift in made]


@pytest.mark.wide
def test_the_same_form_of_the_roster_sent_twice_at_once_makes_one_row(
    runtime: Runtime, clinic: Clinic, two: tuple[Send, Send]
) -> None:
    shift = {**SPECIALTY, "person": clinic.derm.public_id, "weekday": "1", "starts": "18:00", "hours": "12"}
    off = {"person": clinic.derm.public_id, "from": SOON, "until": SOON}
    for path, fields, table, statuses in (
        ("/program/roster/shifts", shift, Shift, [303, 422]),
        ("/program/roster/off", off, TimeOff, [303, 303]),
    ):
        for _ in range(ROUNDS):
            with runtime.database.writing() as session:
                session.execute(delete(table))
            assert sorted(at_once(*(partial(send, path, fields) for send in two))) == statuses
            assert _count(runtime, table) == 1


def test_of_the_last_two_shifts_two_people_take_off_one(
    runtime: Runtime, clinic: Clinic, two: tuple[Send, Send]
) -> None:
    for _ in range(ROUNDS):
        numbers = _plan(runtime, clinic, 2)
        removes = [f"/program/roster/shifts/{number}/remove" for number in numbers]
        assert sorted(at_once(partial(two[0], removes[0], SPECIALTY), partial(two[1], removes[1], SPECIALTY))) == [
            303,
            422,
        ]
        assert _count(runtime, Shift) == 1


def test_two_people_who_remove_one_shift_both_find_it_gone(
    runtime: Runtime, clinic: Clinic, two: tuple[Send, Send]
) -> None:
    for _ in range(ROUNDS):
        remove = f"/program/roster/shifts/{_plan(runtime, clinic, 2)[0]}/remove"
        assert at_once(partial(two[0], remove, SPECIALTY), partial(two[1], remove, SPECIALTY)) == [303, 303]
        assert _count(runtime, Shift) == 1


def test_a_swap_is_accepted_or_gone_never_both(
    runtime: Runtime, clinic: Clinic, two: tuple[Send, Send], browser_of: BrowserOf
) -> None:
    colleague = _sender(browser_of(clinic.derm2))
    for other in ("remove", "decline", "ask"):
        for _ in range(ROUNDS):
            number = _plan(runtime, clinic, 2)[0]
            asked = {**SPECIALTY, "shift": str(number), "day": MONDAY, "to": clinic.derm2.public_id}
            assert two[0]("/program/roster/swaps", asked) == 303
            with runtime.database.reading() as session:
                swap = session.scalars(select(Swap.id)).one()
            against = {
                "remove": partial(two[1], f"/program/roster/shifts/{number}/remove", SPECIALTY),
                "decline": partial(colleague, f"/program/roster/mine/{swap}/decline", {}),
                "ask": partial(two[1], "/program/roster/swaps", asked),
            }[other]
            done = at_once(partial(colleague, f"/program/roster/mine/{swap}", {}), against)
            with runtime.database.reading() as session:
                left = list(session.scalars(select(Swap)))
            assert set(done) <= {303, 404, 422}
            assert 303 in done
            assert [each for each in left if each.accepted_at and each.declined_at] == []
            assert (done[0] == 303 and other != "remove") == any(each.accepted_at for each in left)


def test_of_two_who_change_the_rules_at_once_the_second_is_told(
    runtime: Runtime, clinic: Clinic, two: tuple[Send, Send], browser_of: BrowserOf
) -> None:
    with runtime.database.writing() as session:
        for _ in range(6):
            clinic.econsult(session, now=NOW)
    seen, admin = HELD, _sender(browser_of(clinic.admin))
    for turn, verb in enumerate(("save", "apply", "save")):
        hours = (str(30 + turn), str(40 + turn))
        forms = [{**RULES, "first_reply": value, "verb": verb, "seen": seen} for value in hours]
        done = at_once(partial(two[1], "/program/rules", forms[0]), partial(admin, "/program/rules", forms[1]))
        assert sorted(done) == [303, 422]
        kept = hours[done.index(303)]
        seen = f"{kept}|24|24|24|12|60|50, 75, 90, 100"
        with runtime.database.reading() as session:
            assert (
                f'"first_reply": {int(kept) * 60}'
                in session.scalars(select(Policy.content).order_by(Policy.version.desc()).limit(1)).one()
            )
            assert list(violations(session, NOW)) == []
    assert _count(runtime, Policy) == 3


def test_of_two_who_set_limits_at_once_the_second_is_told(
    runtime: Runtime, clinic: Clinic, two: tuple[Send, Send]
) -> None:
    path, seen = f"/program/people/{clinic.derm.public_id}/limits", "||0"
    for turn in range(ROUNDS):
        forms = [{**SPECIALTY, "states": "NM", "capacity": str(10 * turn + n), "seen": seen} for n in (1, 2)]
        done = at_once(*(partial(send, path, form) for send, form in zip(two, forms, strict=True)))
        assert sorted(done) == [303, 422]
        with runtime.database.reading() as session:
            capacity = session.scalars(select(Limits.capacity)).one()
        assert capacity == 10 * turn + 1 + done.index(303)
        seen = f"NM||{capacity}"


def test_of_two_coordinators_who_give_it_at_once_one_does(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """The other reads who has it, and gives it away only with a reason."""
    desks = [_sender(browser_of(clinic.coordinator)) for _ in range(2)]
    for _ in range(ROUNDS):
        with runtime.database.writing() as session:
            consult = clinic.econsult(session, now=NOW)
        forms = [
            {"person": each.public_id, "had": "", "reason": "Theirs", "although": "1"}
            for each in (clinic.derm, clinic.derm2)
        ]
        path = f"/coordination/desk/{consult.public_id}"
        done = at_once(*(partial(send, path, form) for send, form in zip(desks, forms, strict=True)))
        assert sorted(done) == [303, 422]
        with runtime.database.reading() as session:
            holder = session.get_one(Consult, consult.id).holder_id
            assert holder == (clinic.derm.id, clinic.derm2.id)[done.index(303)]
            assert list(violations(session, NOW)) == []


def test_each_of_many_who_ask_for_the_next_case_at_once_has_one_of_their_own(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Whoever lost to five others was told that everything is answered."""
    people = clinic.more(runtime.database, 8)
    with runtime.database.writing() as session:
        asked = [clinic.econsult(session, now=NOW).id for _ in people]
    sends = [_sender(browser_of(person)) for person in people]
    assert at_once(*(partial(send, "/worklist/next", {}) for send in sends)) == [303] * 8
    with runtime.database.reading() as session:
        holders = session.scalars(select(Consult.holder_id).where(Consult.id.in_(asked))).all()
    assert sorted(filter(None, holders)) == sorted(person.id for person in people)


def test_the_next_case_is_the_one_after_what_is_sent_elsewhere_meanwhile(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Whoever had just found it read that the page was not there."""
    with runtime.database.writing() as session:
        first, second = (clinic.econsult(session, now=NOW).public_id for _ in range(2))

    def send_on() -> None:
        with runtime.database.writing() as session:
            desk = clinic.coordinator
            consult = consult_for(session, desk, first, now=NOW, right=Right.ASSIGN).consult
            passing.reroute(session, consult, desk, "neurology", "Nerves", now=NOW)

    derm = browser_of(clinic.derm)
    token = token_from(derm.get("/nowhere").text)
    with beside(runtime.database, "wish", send_on, patience=5):
        reply = derm.post("/worklist/next", data={"csrf_token": token})
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/consults/{second}")


@pytest.mark.wide
def test_of_two_who_stand_in_for_the_desk_and_act_at_once_one_does(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Nobody of the clinic and of the desk is there: two directors do the same step, each in their own way."""
    with runtime.database.writing() as session:
        details = {"email": "second@clinic.test", "name": "second", "role": Role.DIRECTOR, "now": NOW}
        other = add_person(session, runtime.database.cipher, clinic.program, **details)
        emergency, waits = clinic.claimed(session, now=NOW), clinic.econsult(session, now=NOW)
        away = {"starts_at": NOW - timedelta(hours=1), "ends_at": NOW + timedelta(days=2)}
        session.add_all(TimeOff(person_id=each.id, **away) for each in (clinic.pcp, clinic.coordinator))
        asked = clinic.family_question(session, now=NOW)
        urgent = {**ANSWER, "disposition": "emergency_now"}
        answers.save_draft(session, emergency, clinic.derm, urgent, now=NOW, lease=LEASE)
        answers.sign(session, emergency, clinic.derm, now=NOW)
    called = [{"outcome": "reached", "version": "1"}, {"outcome": "sent_help", "words": "Police", "version": "1"}]
    given = [{"person": each.public_id, "had": "", "although": "1"} for each in (clinic.derm, clinic.derm2)]
    turned = [{"words": words} for words in ("Llame al 1", "Llame al 2")]
    desk, people = "/coordination/desk", [browser_of(person) for person in (clinic.director, other)]
    token = [token_from(browser.get("/nowhere").text) for browser in people]
    for path, forms, ends, other_end in (
        # Where help was sent first, the other may still reach the family, and says so.
        (f"/calls/{emergency.public_id}/done", called, {"called", "noted", "done_by_other"}, set()),
        # Of a request that somebody has by now the second reads who, beside their own form.
        (f"{desk}/{waits.public_id}", given, {"assigned"}, {""}),
        (f"{desk}/{asked.public_id}/decline", turned, {"declined"}, {"done_by_other"}),
    ):
        sent = [{**form, "csrf_token": own} for form, own in zip(forms, token, strict=True)]
        done = at_once(*(partial(who.post, path, data=form) for who, form in zip(people, sent, strict=True)))
        said = {(reply.location or "").partition("said=")[2].partition("&")[0] for reply in done}
        assert said - ends == other_end, path
        assert {reply.status_code for reply in done} <= {303, 422}
    with runtime.database.reading() as session:
        made = select(PhoneEvent.kind).where(PhoneEvent.kind == "done")
        acts = [act for act in session.scalars(select(AuditEvent.action)) if act in ("decline", "assign")]
        assert (session.scalars(made).all(), sorted(acts)) == (["done"], ["assign", "decline"])
        assert session.scalars(select(Message.id).where(Message.consult_id == asked.id)).one()
        assert list(violations(session, NOW)) == []


def test_of_any_two_who_press_at_once_about_a_case_each_has_done_it_or_reads_why_not(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Every pair of presses of two people, in whichever order they come: none fails, and the promise is whole."""
    who = (clinic.derm, clinic.derm2, clinic.coordinator, clinic.pcp)
    sends = {person.id: _sender(browser_of(person)) for person in who}
    why, given = {"reason": "Why"}, {"person": clinic.neuro.public_id, "although": "1", "reason": "Why"}
    presses = [
        *((clinic.derm, "/consults/{}/" + what, why) for what in ("decline", "release")),
        (clinic.derm, "/consults/{}/reroute", {**why, "specialty": "neurology"}),
        (clinic.derm2, "/consults/{}/take-over", why),
        (clinic.coordinator, "/coordination/desk/{}", {**given, "person": clinic.derm2.public_id}),
        (clinic.pcp, "/consults/{}/withdraw", why),
        (clinic.pcp, "/consults/{}/urgency", {**why, "urgency": "same_day"}),
    ]
    for one, two in combinations(presses, 2):
        if one[0].id == two[0].id:
            continue
        with runtime.database.writing() as session:
            held = clinic.claimed(session, now=NOW).public_id
        done = at_once(*(partial(sends[by.id], path.format(held), fields) for by, path, fields in (one, two)))
        assert set(done) <= {303, 403, 404, 409, 422}, (one, two)
        assert 303 in done, (one, two)
    with runtime.database.reading() as session:
        assert list(violations(session, NOW)) == []


@pytest.mark.wide
def test_of_any_two_of_the_desk_who_decide_about_a_question_at_once_one_does(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf
) -> None:
    """Nobody of the clinic is there: it is given to somebody, sent on, or turned down, and only one of these."""
    with runtime.database.writing() as session:
        away = {"starts_at": NOW - timedelta(hours=1), "ends_at": NOW + timedelta(days=2)}
        session.add(TimeOff(person_id=clinic.pcp.id, **away))
    sends = [_sender(browser_of(clinic.coordinator)) for _ in range(2)]
    presses = {
        "": {"person": clinic.other_pcp.public_id, "had": "", "reason": "Why"},
        "/decline": {"words": "Llame al 1"},
        "/send-on": {**SPECIALTY, "question_type": "diagnosis", "shown_for": "dermatology", "lacking_words": "Nobody"},
    }
    for chosen in (*combinations(presses, 1), *combinations(presses, 2)):
        with runtime.database.writing() as session:
            path = f"/coordination/desk/{clinic.family_question(session, now=NOW).public_id}"
        forms = [partial(send, path + what, presses[what]) for send, what in zip(sends, chosen, strict=False)]
        done = at_once(*forms)
        assert done.count(303) == 1, (chosen, done)
        assert set(done) <= {303, 403, 404, 409, 422}, (chosen, done)
    with runtime.database.reading() as session:
        assert list(violations(session, NOW)) == []

"""The desk of what nobody has: why nobody can take it, what will be late, and who stands in for the desk."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text, update

from econsult.access import consult_for
from econsult.consults import answers, holding, second, telling, threads
from econsult.consults.earlier import attached_to
from econsult.consults.records import Consult
from econsult.consults.sides import side_of
from econsult.consults.threads import Audience, messages_of
from econsult.errors import ForbiddenError
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.people.signin import close_account
from econsult.rights import Right
from econsult.rosters.limits import Limits
from econsult.rosters.shifts import TimeOff
from econsult.trail import AuditEvent
from tests.crowd import Crowd, add_crowd
from tests.personas import ANSWER, FAMILY_QUESTION, LEASE, QUESTION, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.words import terms
from workers.runtime import Runtime

WHY_SENT_ON = "Nobody of the clinic could take it: the desk sent it on"
EMERGENCY = {**ANSWER, "disposition": "emergency_now"}
PHONE = "505-555-0177"
WHOLE = "Every request has somebody who can take it."


@pytest.fixture
def desk(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.coordinator)


def column(page: str, name: str) -> str:
    """What stands in one column of the desk."""
    return html.unescape(page[page.index(f'id="c-{name}"') :].partition("</section>")[0])


def _away(person: Person, now: datetime) -> TimeOff:
    """Time off that began an hour ago and lasts for days."""
    return TimeOff(person_id=person.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(9))


def test_what_nobody_has_room_for_is_listed_first_and_says_why(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        quiet = clinic.econsult(session, now=now)
        held = clinic.econsult(session, now=now)
        holding.claim(session, held, session.get_one(Person, clinic.derm.id), now=now, lease=LEASE)
        session.add(Limits(person_id=clinic.derm.id, capacity=1))
        session.add(_away(clinic.derm2, now))
        session.flush()
        waits = clinic.econsult(session, now=now)
        assert (waits.uncovered_at is not None, waits.is_unallocated) == (True, False)
    page = desk.get("/coordination/desk").text
    first, second = column(page, "nobody"), column(page, "untaken")
    assert (waits.number in first, waits.number in second, WHOLE in first) == (True, False, False)
    assert re.search(r'class="count">(\d+)', first)[1] == "1"  # type: ignore[index]
    assert 'Nobody has it <span class="count">1</span>' in page
    assert "Everybody who is there for it has as many as they may hold at once." in first
    # What was offered while somebody had room, and has not been looked at since, is named as well.
    assert (quiet.number in second, "Nobody who is there can take 1 request now:" in first) == (True, True)
    assert f"{clinic.derm.name} (full)" in first
    assert f"{clinic.derm2.name} (away)" in first
    refused = post(desk, f"/coordination/desk/{waits.public_id}", {"person": clinic.derm.public_id})
    assert (refused.status_code, refused.text.count("has as many as they may hold at once. Choose")) == (422, 2)
    assert '<a class="tap" href="/program/people?specialty=dermatology">' in refused.text
    refused = post(desk, f"/coordination/desk/{waits.public_id}", {"person": clinic.derm2.public_id})
    assert (refused.status_code, "This person is away. Choose somebody else" in refused.text) == (422, True)
    with runtime.database.writing() as session:
        session.scalars(select(Limits)).one().capacity = 2
    # Until the watch has looked again it stands where it stood, and says that somebody has room.
    first = column(desk.get("/coordination/desk").text, "nobody")
    assert (waits.number in first, "Somebody who can take it is there again." in first) == (True, True)
    assert first.index(f">{clinic.derm.name}<") < first.index(f">{clinic.derm2.name} (away)<")
    given = post(desk, f"/coordination/desk/{waits.public_id}", {"person": clinic.derm.public_id})
    assert given.status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, waits.id).holder_id == clinic.derm.id
    assert waits.number not in column(desk.get("/coordination/desk").text, "nobody")


@pytest.mark.parametrize(("crowd", "number"), [(59, "60"), (119, "99+")])
def test_what_somebody_holds_who_is_away_is_counted_and_comes_fifty_at_a_time(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, crowd: int, number: str
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        add_crowd(session, clinic.econsult(session, now=now), Crowd(crowd, now, timedelta(0), ("dermatology",)))
        session.execute(update(Consult).values(status="claimed", holder_id=clinic.derm.id, uncovered_at=now))
        held = sorted(session.scalars(select(Consult.public_id)))
    address, seen, pages = "/coordination/desk?specialty=dermatology", list[str](), 0
    while address:
        shown = column(desk.get(address).text, "left")
        assert re.search(r'class="count">([^<]*)<', shown)[1] == number  # type: ignore[index]
        seen += re.findall(r'<li class="tick" id="w-([^"]*)"', shown)
        following = re.search(r'href="([^"]*column=left[^"]*cursor=[^"]*)"', shown)
        assert ("To the beginning of the list" in desk.get(address).text) == (pages > 0)
        address, pages = following[1] if following else "", pages + 1
    assert (sorted(seen), pages) == (held, len(held) // 50 + 1)
    assert desk.get("/coordination/desk?column=left&cursor=soup").status_code == 422
    beside = desk.get("/coordination/desk?column=left&specialty=neurology").text
    assert "Nothing of this specialty." in column(beside, "left")


@pytest.mark.parametrize(
    ("crowd", "specialties", "words"),
    [
        (59, ("dermatology",), "take 60 requests now"),
        (119, ("dermatology",), "take 99+ requests now"),
        # Fifty of the first hundred; nobody has looked at the rest.
        (119, ("dermatology", "neurology"), "take 50+ requests now"),
    ],
)
@pytest.mark.wide
def test_what_nobody_can_take_now_is_counted_beyond_its_page(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, crowd: int, specialties: tuple[str, ...], words: str
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        add_crowd(session, clinic.econsult(session, now=now), Crowd(crowd, now, timedelta(0), specialties))
        for person in (clinic.derm, clinic.derm2):
            session.add(_away(person, now))
    shown = column(desk.get("/coordination/desk").text, "nobody")
    assert words in shown
    further = re.search(r'href="([^"]*column=untaken[^"]*cursor=[^"]*)"', shown)
    assert further is not None
    assert "Nobody who can take it is there now." in column(desk.get(further[1]).text, "untaken")


def test_the_desk_is_read_beside_those_who_write_and_noted_before_it_is_shown(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    """Only the lines of the trail are written, and the page is shown to nobody where they are not."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        asked = clinic.econsult(session, now=now)
        session.add(_away(clinic.derm, now))
    written: list[str] = []
    engine = runtime.database.engine

    def note(_connection: object, _cursor: object, statement: str, _given: object, context: object, _: object) -> None:
        if not getattr(context, "execution_options", {}).get("econsult_read_only"):
            written.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert asked.number in desk.get("/coordination/desk").text
    finally:
        event.remove(engine, "before_cursor_execute", note)
    tables = {table for line in written for table in re.findall(r"(?:FROM|INTO|UPDATE) (\w+)", line)}
    assert {"audit_event", "audit_chain"} <= tables <= {"audit_event", "audit_chain", "person"}
    with runtime.database.writing() as session:
        rows = select(AuditEvent).where(AuditEvent.entity_id == asked.public_id, AuditEvent.action == "list")
        assert [row.person_id for row in session.scalars(rows)] == [clinic.coordinator.id]
        session.execute(text("ALTER TABLE audit_event RENAME TO audit_event_gone"))
    try:
        refused = desk.get("/coordination/desk")
    finally:
        with runtime.database.writing() as session:
            session.execute(text("ALTER TABLE audit_event_gone RENAME TO audit_event"))
    assert (refused.status_code, asked.number in refused.text) == (503, False)


def test_a_full_page_of_the_desk_asks_no_more_than_a_short_one(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    now = datetime.now(UTC)
    numbers: list[int] = []
    for crowd in (2, 60):
        with runtime.database.writing() as session:
            add_crowd(session, clinic.econsult(session, now=now), Crowd(crowd, now, timedelta(0), ("dermatology",)))
            session.execute(
                update(Consult).where(Consult.id % 2 == 0).values(holder_id=clinic.derm.id, uncovered_at=now)
            )
            session.execute(update(Consult).where(Consult.id % 2 == 0).values(status="claimed"))
            session.execute(update(Consult).values(public_id=func.hex(func.randomblob(16))))
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object, asked: list[str] = asked) -> None:
            asked.append(statement)

        event.listen(runtime.database.engine, "before_cursor_execute", note)
        page = desk.get("/coordination/desk").text
        event.remove(runtime.database.engine, "before_cursor_execute", note)
        assert page.count('<li class="tick" id="w-') >= crowd / 2
        numbers.append(len(asked))
    # The long page looks once more for what nobody can take beyond it.
    assert numbers[1] <= numbers[0] + 5, numbers


def test_what_will_be_late_comes_fifty_at_a_time_under_a_count_that_stops(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    past = datetime.now(UTC) - timedelta(days=3)
    with runtime.database.writing() as session:
        add_crowd(session, clinic.econsult(session, now=past), Crowd(119, past, timedelta(0), ("dermatology",)))
        numbers = sorted(consult.number for consult in session.scalars(select(Consult)))
    address, seen, pages = "/coordination/desk", list[str](), 0
    while address:
        shown = column(desk.get(address).text, "soon")
        assert re.search(r'class="count">([^<]*)<', shown)[1] == "99+"  # type: ignore[index]
        seen += re.findall(r'<a class="num" href="[^"]*">([^<]*)<', shown)
        following = re.search(r'href="([^"]*column=soon[^"]*cursor=[^"]*)"', shown)
        address, pages = following[1] if following else "", pages + 1
        if pages == 1:
            # What comes in front of the page meanwhile is on top of the next one, and there alone.
            with runtime.database.writing() as session:
                numbers.append(clinic.econsult(session, now=past, urgency="urgent").number)
    assert (sorted(seen), seen[50], pages) == (sorted(numbers), numbers[-1], 3)
    assert [desk.get(f"/coordination/desk?column=soon&cursor={made_up}").status_code for made_up in ("x", "WzFd")] == [
        422,
        422,
    ]


@pytest.mark.parametrize(
    ("hours", "lines", "has_form"),
    [
        # What the clinic owes the family needs no other specialist; what the holder owes the clinic may.
        (26, ["reply to the family", "It is late already."], False),
        (40, ["reply to the family", "It is late already.", "next reply", "Whoever has it is away."], True),
    ],
)
def test_each_late_promise_of_a_request_has_its_line_and_the_holders_own_a_form(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic, hours: int, lines: list[str], has_form: bool
) -> None:
    """An answered request: the mother wrote first, the clinic 20 hours later, and the specialist goes on leave."""
    begun = datetime.now(UTC) - timedelta(hours=hours)
    with runtime.database.writing() as session:
        asked = clinic.answered(session, now=begun)
        telling.inform(session, asked, clinic.coordinator, method="phone", teach_back=True, now=begun)
        for hour, who, lane in ((1, clinic.mother, Audience.FAMILY), (20, clinic.pcp, Audience.CLINICIANS)):
            threads.post(session, asked, who, lane, text="And the dose?", now=begun + timedelta(hours=hour))
        if has_form:
            now = datetime.now(UTC)
            session.add(
                TimeOff(person_id=clinic.derm.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(2))
            )
    shown = column(desk.get("/coordination/desk").text, "soon")
    said = re.findall(r"reply to the family|next reply|It is late already\.|Whoever has it is away\.", shown)
    assert said == lines
    assert (f'id="p-{asked.public_id}"' in shown) is has_form


def test_what_a_clinic_on_leave_owes_is_said_of_the_clinic(runtime: Runtime, desk: FlaskClient, clinic: Clinic) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        clinic.answered(session, now=now)
        session.add(_away(clinic.pcp, now))
    shown = column(desk.get("/coordination/desk").text, "soon")
    assert "Nobody of the clinic is there before it runs out." in shown
    spanish = column(desk.get("/coordination/desk?lang=es").text, "soon")
    assert "No hay nadie de la clínica antes de que venza." in spanish
    # The same clock as on the roster beside it.
    assert re.search(r"antes del? .*\d\d:\d\d<", spanish)
    assert "p.\xa0m." not in spanish


def test_whoever_stands_in_telephones_a_family_and_reads_a_receipt(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    """The answer says emergency, and neither the clinic nor a coordinator is there."""
    now, director = datetime.now(UTC), browser_of(clinic.director)
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).phone = PHONE
        asked = clinic.claimed(session, now=now)
        session.add_all(_away(person, now) for person in (clinic.pcp, clinic.coordinator))
        answers.save_draft(session, asked, clinic.derm, EMERGENCY, now=now, lease=LEASE)
        answers.sign(session, asked, clinic.derm, now=now)
    call, card = f"/calls/{asked.public_id}", f"/coordination/{asked.public_id}"
    page = director.get("/coordination/desk").text
    assert (f'href="{call}"' in page, clinic.child.name in html.unescape(page)) == (True, False)
    assert browser_of(clinic.admin).get(call).status_code == 403
    shown = html.unescape(director.get(call).text)
    assert (clinic.child.name in shown, f'href="tel:{PHONE}"' in shown) == (True, True)
    assert post(director, f"{call}/tried", {"tried": "wrong_number"}).location.endswith(f"{call}?said=tried")
    # Another number is the clinic's to write down: no button leads where they may not go.
    shown = director.get(call).text
    assert ("The clinic writes it down: call it." in shown, "#h-file" in shown, "letter.pdf" in shown) == (
        True,
        False,
        False,
    )
    # What they may not do of the desk the card does not offer.
    other = director.get(card).text
    assert [part for part in (f'{clinic.child.public_id}"', "/invitations/", "/ages/", "/close") if part in other] == []
    done = {"outcome": "reached", "teach_back": "on", "version": "1"}
    assert [post(director, f"{call}/done", done).location for _ in range(2)] == [
        "/start?said=called",
        "/start?said=noted",
    ]
    assert "Written down: you called the family." in director.get("/start?said=called").text
    assert [director.get(path).status_code for path in (call, card)] == [403, 403]
    assert f'href="{call}"' not in director.get("/coordination/desk").text
    seen = html.unescape(browser_of(clinic.mother).get(f"/family/children/{clinic.child.public_id}/seen").text)
    mine = seen[seen.index(clinic.director.name) :]
    assert "no había nadie de coordinación" in mine.partition("</li>")[0]


def test_whoever_stands_in_tells_a_family_and_replies_to_it(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    now, director = datetime.now(UTC), browser_of(clinic.director)
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).phone = PHONE
        told, asks = (clinic.answered(session, now=now) for _ in range(2))
        telling.inform(session, asks, clinic.pcp, method="phone", teach_back=True, now=now)
        threads.post(session, asks, clinic.mother, Audience.FAMILY, text="It burns", now=now)
        session.add_all(_away(person, now) for person in (clinic.pcp, clinic.coordinator))
        session.flush()
        asked = clinic.family_question(session, now=now)
    page = director.get("/coordination/desk").text
    assert [f'href="/coordination/{each.public_id}"' in page for each in (told, asks)] == [True, True]
    card = f"/coordination/{told.public_id}"
    shown = html.unescape(director.get(card).text)
    assert str(ANSWER["family_summary"]) in shown
    # The one lane that they read is the one that is open.
    assert ('href="?lane=family" aria-current="page"' in shown, "Read by the clinic and the care" in shown) == (
        True,
        False,
    )
    assert PHONE in html.unescape(post(director, f"{card}/phone", {}).text)
    assert post(director, f"{card}/tried", {"tried": "no_answer"}).location.endswith(f"{card}?said=not_reached")
    heard = {"method": "phone", "version": "1"}
    assert post(director, f"{card}/informed", {**heard, "version": "9"}).status_code == 409
    assert {post(director, f"{card}/informed", heard).location for _ in range(2)} == {"/start?said=informed"}
    lane = f"/consults/{asks.public_id}/messages"
    words = {"lane": "family", "text": "Stop the cream, and call us", "verb": "message"}
    preview = post(director, lane, words)
    assert (preview.status_code, "The family reads this" in preview.text) == (200, True)
    assert {post(director, lane, {**words, "confirmed": "yes"}).location for _ in range(2)} == {"/start?said=sent"}
    assert [director.get(f"/coordination/{each.public_id}").status_code for each in (told, asks)] == [403, 403]
    # A no is followed by the call that tells of it.
    said = post(director, f"/coordination/desk/{asked.public_id}/decline", {"words": "Llame al 555-0100"}).location
    assert said == f"/coordination/{asked.public_id}?said=declined"
    assert "We could not answer this question here." in director.get(said).text
    with runtime.database.reading() as session:
        found = [session.get_one(Consult, each.id) for each in (told, asks)]
        assert (found[0].informed_method, found[1].family_waits_since) == ("phone", None)
        assert len(messages_of(session, asks.id, (Audience.FAMILY,))) == 2


@pytest.mark.parametrize("is_away", [False, True])
def test_whoever_stands_in_for_an_empty_desk_gives_requests_away_and_sees_no_child(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, is_away: bool
) -> None:
    now, director = datetime.now(UTC), browser_of(clinic.director)
    assert "/coordination/desk" not in director.get("/program").text
    with runtime.database.writing() as session:
        session.add_all(Limits(person_id=person.id, languages="fr") for person in (clinic.derm, clinic.derm2))
        waits = clinic.econsult(session, now=now, details={"body_site": "elbow", "contact": {"way": "phone"}})
        late = clinic.econsult(session, now=now - timedelta(days=3))
        off = TimeOff(person_id=clinic.coordinator.id, starts_at=now, ends_at=now + timedelta(9))
        if is_away:
            session.add(off)
        else:
            close_account(session, session.get_one(Person, clinic.coordinator.id), now)
    assert 'href="/coordination/desk"' in director.get("/program").text
    # Where the letter leads first, it is said as well; an administrator decides only where no director is left.
    starts = [browser.get("/start").text for browser in (director, browser_of(clinic.admin))]
    assert ["so you decide who takes a request" in start for start in starts] == [True, False]
    page = director.get("/coordination/desk").text
    assert all(number in column(page, "nobody") for number in (waits.number, late.number))
    assert late.number in column(page, "soon")
    with runtime.database.reading() as session:
        child = terms.child(session.get_one(Patient, clinic.child.id), now.date())
        seen = [word for word in (clinic.child.name, child, QUESTION, "Wants a call") if word in html.unescape(page)]
    assert seen == []
    assert f'href="/coordination/{late.public_id}"' not in page
    path, fields = f"/coordination/desk/{waits.public_id}", {"person": clinic.derm.public_id}
    assert post(director, path, fields).status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Consult, waits.id).holder_id == clinic.derm.id
        acts = select(AuditEvent.action, AuditEvent.detail).where(AuditEvent.person_id == clinic.director.id)
        assert {("list", ""), ("use/give", "stand_in")} <= {(row[0], row[1]) for row in session.execute(acts)}
        # What the page shows is all: nothing else of the request opens by its id.
        for right in set(Right) - {Right.GIVE}:
            with pytest.raises(ForbiddenError):
                consult_for(session, clinic.director, waits.public_id, now=now, right=right)
    assert post(browser_of(clinic.admin), path, fields).status_code == 403
    if is_away:
        # One coordinator is back: the desk is theirs again.
        with runtime.database.writing() as session:
            session.get_one(TimeOff, off.id).ends_at = now
        assert post(director, path, fields).status_code == 403
        assert 'href="/coordination/desk"' not in director.get("/program").text


def test_whoever_stands_in_finds_somebody_who_replies_to_a_colleague(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    now, director = datetime.now(UTC), browser_of(clinic.director)
    secret = "Is this a sign of a nerve?"
    with runtime.database.writing() as session:
        away = _away(clinic.neuro, now)
        session.add(away)
        session.flush()
        asked = clinic.take(session, clinic.econsult(session, now=now), now=now)
        derm = session.get_one(Person, clinic.derm.id)
        second.ask_second(session, asked, derm, secret, specialty="neurology", now=now)
    path = f"/consults/{asked.public_id}/second/desk"
    assert post(director, path, {"to": "nobody"}).status_code == 403
    assert "c-asides" not in browser_of(clinic.coordinator).get("/coordination/desk").text
    with runtime.database.writing() as session:
        close_account(session, session.get_one(Person, clinic.coordinator.id), now)
    page = director.get("/coordination/desk").text
    shown = column(page, "asides")
    assert all(word in shown for word in (asked.number, "derm asks a colleague:", "Nobody has taken it yet."))
    with runtime.database.reading() as session:
        child = terms.child(session.get_one(Patient, clinic.child.id), now.date())
    assert [word for word in (clinic.child.name, child, QUESTION, secret) if word in html.unescape(page)] == []
    assert "c-asides" not in director.get("/coordination/desk?specialty=dermatology").text
    assert post(director, path, {"to": clinic.neuro.public_id}).location == "/coordination/desk?said=second_nobody"
    with runtime.database.writing() as session:
        session.delete(session.get_one(TimeOff, away.id))
    choices = re.findall(r'<option value="([^"]*)">', column(director.get("/coordination/desk").text, "asides"))
    assert choices == [clinic.neuro.public_id, "pool", "nobody"]
    assert post(director, path, {"to": clinic.neuro.public_id}).location == "/coordination/desk?said=noted"
    with runtime.database.reading() as session:
        side = side_of(session, asked.id)
        assert side is not None
        assert (side.holder_id, side.uncovered_at) == (clinic.neuro.id, None)
    assert post(browser_of(clinic.admin), path, {"to": "nobody"}).status_code == 403
    assert post(director, path, {"to": "nobody"}).location == "/coordination/desk?said=noted"
    with runtime.database.reading() as session:
        assert side_of(session, asked.id) is None


def test_what_nobody_of_a_familys_clinic_can_take_goes_to_another_clinic_or_ends_with_words(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    """The only clinician is on leave: the other clinic's is offered, the own when the desk says so, or it ends."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        session.add(_away(clinic.pcp, now))
        session.flush()
        given, own, ended = (clinic.family_question(session, now=now) for _ in range(3))
    page = html.unescape(desk.get("/coordination/desk").text)
    assert f"{clinic.other_pcp.name}, Other clinic</option>" in page
    assert f"{clinic.pcp.name} (away)</option>" in page
    # What is told of as late stands above with its form, and leads there.
    assert f'href="#w-{given.public_id}">Stands in another list here too' in column(page, "soon")
    assert desk.get(f"/coordination/{given.public_id}").status_code == 200
    assert (
        post(desk, f"/coordination/desk/{given.public_id}", {"person": clinic.other_pcp.public_id}).status_code == 303
    )
    refused = post(desk, f"/coordination/desk/{own.public_id}", {"person": clinic.pcp.public_id})
    assert (refused.status_code, "Give it to this person although away." in refused.text) == (422, True)
    said = {"person": clinic.pcp.public_id, "although": "1"}
    assert post(desk, f"/coordination/desk/{own.public_id}", said).status_code == 303
    address = f"/coordination/desk/{ended.public_id}/decline"
    refused = post(desk, address, {"words": " ", "reason": "Called the center in Taos"})
    assert (refused.status_code, refused.text.count("Write what the family reads")) == (422, 2)
    assert 'value="Called the center in Taos"' in refused.text
    told = post(desk, address, {"words": "Llame al 555-0100", "reason": "Called the center in Taos"})
    assert told.headers["Location"].endswith(f"/coordination/{ended.public_id}?said=declined")
    assert desk.get(told.headers["Location"]).status_code == 200
    with runtime.database.reading() as session:
        found = [session.get_one(Consult, each.id) for each in (given, own, ended)]
        assert [each.holder_id for each in found] == [clinic.other_pcp.id, clinic.pcp.id, None]
        assert (found[2].status, found[2].end_reason) == ("declined", "Called the center in Taos")
    assert post(desk, address, {"words": "Again"}).status_code == 403


def test_the_desk_sends_on_what_nobody_of_a_familys_clinic_can_take(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        covered = clinic.family_question(session, now=now)
        session.add(_away(clinic.pcp, now))
        session.flush()
        before, asked = clinic.econsult(session, now=now), clinic.family_question(session, now=now)
    wish = {"specialty": "dermatology", "question_type": "diagnosis"}
    assert post(desk, f"/coordination/desk/{covered.public_id}/send-on", wish).status_code == 403
    address = f"/coordination/desk/{asked.public_id}/send-on"
    assert f'action="{address}"' in desk.get("/coordination/desk").text
    refused = post(desk, address, {**wish, "specialty": ""})
    assert (refused.status_code, refused.text.count("Choose a specialty")) == (422, 2)
    # First it reads, like a clinic, what asks the same and what nobody has answered; nothing is sent unseen.
    looked = post(desk, address, wish)
    assert looked.status_code == 422
    told = ("asked about this child within 14 days.", before.number)
    assert all(
        text in looked.text for text in (*told, "Not answered on the checklist:", 'name="core.weight"', WHY_SENT_ON)
    )
    assert 'name="urgency"' in looked.text
    wish |= {"shown_for": "dermatology", "lacking_words": WHY_SENT_ON, "asked": "core", "core.weight": "16"}
    # It shows the specialist an earlier request, like a clinic, and none that it does not know.
    assert f'value="{before.public_id}"' in looked.text
    unknown = post(desk, address, {**wish, "earlier_asked": "yes", "earlier": "nothing"})
    assert (unknown.status_code, "earlier requests can be shown" in unknown.text) == (422, True)
    wish |= {"earlier_asked": "yes", "earlier": before.public_id, "urgency": "same_day"}
    # Two taps send it once.
    assert {post(desk, address, wish).location for _ in range(2)} == {"/coordination/desk?said=sent_on"}
    with runtime.database.reading() as session:
        found = session.get_one(Consult, asked.id)
        assert (found.kind, found.specialty, found.status) == ("econsult", "dermatology", "submitted")
        assert (found.question, found.sent_on_by_id) == (FAMILY_QUESTION, clinic.coordinator.id)
        assert found.urgency == "same_day"
        assert (found.details["core.weight"], found.override_reason) == (16, WHY_SENT_ON)
        assert [each.id for each in attached_to(session, found)] == [before.id]


def test_the_desk_is_told_that_a_danger_sign_stops_what_it_sends_on(
    runtime: Runtime, desk: FlaskClient, clinic: Clinic
) -> None:
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        session.add(_away(clinic.pcp, now))
        session.flush()
        asked = clinic.family_question(session, now=now)
        asked.details = {**asked.details, "red_flags": ["breathing"]}
    wish = {"specialty": "dermatology", "question_type": "diagnosis"}
    refused = post(desk, f"/coordination/desk/{asked.public_id}/send-on", wish)
    assert (refused.status_code, refused.text.count("This may be an emergency.")) == (422, 2)
    with runtime.database.reading() as session:
        assert session.get_one(Consult, asked.id).sent_on_by_id is None

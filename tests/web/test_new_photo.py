"""An answer asks for a new photo in some days: it can be sent by every way, and the question is asked again with it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.advice.late import tell_of_late_steps
from econsult.billing.rounds import begun_in
from econsult.consults import answers, declining, holding
from econsult.consults.attachments import AttachmentState, MediaKind, attachments_of
from econsult.consults.clocks import open_clocks
from econsult.consults.correcting import save_correction
from econsult.consults.own_steps import TAKE
from econsult.consults.photo_came import settle_awaited
from econsult.consults.policies import ClockName
from econsult.consults.preparing import end_without_copies, hold, link_renditions
from econsult.consults.recommendations import StepState, add_event, steps_of
from econsult.consults.records import Consult
from econsult.consults.reviews import held_files, reject_file, release_for_treatment
from econsult.consults.threads import Audience
from econsult.consults.threads import post as post_words
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person
from econsult.people.signin import make_token
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_received
from workers.runtime import Runtime

NOW = datetime.now(UTC)
LATER = "quiere ver una foto nueva más adelante"
WANTS = {**ANSWER, "disposition": "new_photo", "photo_days": 5, "recommendations": []}


def answered(runtime: Runtime, clinic: Clinic, **changes: Any) -> Consult:
    """An eConsult whose answer asks for a new photo, read by the clinic."""
    at = NOW - timedelta(minutes=20)
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=at)
        for name, value in changes.items():
            setattr(consult, name, value)
        sign(session, consult, clinic)
        return consult


def sign(
    session: Session, consult: Consult, clinic: Clinic, plan: Sequence[dict[str, Any]] = (), *, is_read: bool = True
) -> None:
    """The specialist asks for a new photo, and the clinic reads it."""
    at = NOW - timedelta(minutes=20)
    holding.claim(session, consult, clinic.derm, now=at, lease=LEASE)
    wants = {**WANTS, "recommendations": list(plan)}
    answers.save_draft(session, consult, clinic.derm, wants, now=at, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=at)
    if not is_read:
        consult.release_at = at
        return
    answers.acknowledge(session, consult, clinic.pcp, now=at + timedelta(minutes=1))


def send(browser: FlaskClient, consult: Consult, back: str, kind: str = "photo:close") -> str:
    """What the plain form does; returns where it leads."""
    files = {kind: (io.BytesIO(os.urandom(2000)), "IMG_2.jpg")}
    answer = post(browser, "/uploads/simple", {"consult_id": consult.public_id, "next": back, **files})
    return str(answer.location)


def prepare(runtime: Runtime, consult: Consult, *states: AttachmentState) -> None:
    """What a worker's last transaction does with the files that wait: each ends like this, or is ready."""
    now = datetime.now(UTC)
    with runtime.database.writing() as session:
        session.get_one(Consult, consult.id, with_for_update=True)
        waiting = [file for file in attachments_of(session, consult.id) if file.state == AttachmentState.RECEIVED]
        for number, file in enumerate(waiting):
            state = states[number] if number < len(states) else AttachmentState.READY
            if state == AttachmentState.READY:
                link_renditions(session, file, (), {}, now)
            elif state == AttachmentState.HELD:
                hold(session, file, (), reason="face", report={}, now=now)
            else:
                end_without_copies(session, file, state, reason="not_an_image", now=now)
            settle_awaited(session, file, now=now)


def look(runtime: Runtime, consult: Consult) -> tuple[str, list[str], list[str], int]:
    """Status, how far its steps are, its open clocks, its files. The five promises hold."""
    with runtime.database.reading() as session:
        found = session.get_one(Consult, consult.id)
        assert list(violations(session, datetime.now(UTC))) == []
        clocks = sorted(clock.name for clock in open_clocks(session, found.id))
        return (
            found.status,
            [step.state for step in steps_of(session, found.id)],
            clocks,
            len(attachments_of(session, found.id)),
        )


def told(runtime: Runtime, consult: Consult, person: Person, kind: NoticeKind) -> int:
    with runtime.database.reading() as session:
        query = select(Notice).where(
            Notice.consult_id == consult.id, Notice.person_id == person.id, Notice.kind == kind
        )
        return len(session.scalars(query).all())


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_family_sends_it_from_its_answer_and_the_specialist_has_it(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, is_closed: bool
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}"
    if is_closed:
        closing = {"version": "1", "changed": "yes", "referral": "avoided", "otherwise": "clinic", "seen": "no"}
        post(mother, f"{here}/answer/understood", {"version": "1"})
        post(browser_of(clinic.pcp), f"/consults/{consult.public_id}/close", closing)
        assert look(runtime, consult)[0] == "closed"
    offers = told(runtime, consult, clinic.derm, NoticeKind.NEW_REQUEST)
    for page in (here, f"{here}/answer"):
        assert f'href="{here}/photos">' in mother.get(page).text
        assert "Enviar la foto nueva" in mother.get(page).text
    # A paper is not what was asked for.
    assert "problem=closed" in send(mother, consult, f"{here}/photos", "lab_document:laboratory")
    assert look(runtime, consult)[1] == ["proposed"]
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult)
    status, steps, clocks, files = look(runtime, consult)
    assert (status, steps, files) == ("submitted", ["done"], 1)
    assert {"allocate", "first_reply"} <= set(clocks)
    assert told(runtime, consult, clinic.derm, NoticeKind.NEW_REQUEST) == offers + 1
    assert told(runtime, consult, clinic.pcp, NoticeKind.MESSAGE) == 1
    # The second one goes along, and what was answered stays to be read, with its step done.
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult)
    assert look(runtime, consult)[3] == 2
    page = mother.get(f"{here}/answer").text
    assert "Usted ya lo hizo." in page
    assert "Enviar la foto nueva" not in page
    # The specialist takes it and answers again.
    derm = browser_of(clinic.derm)
    assert post(derm, f"/consults/{consult.public_id}/claim", {}).status_code == 303
    with runtime.database.writing() as session:
        again = session.get_one(Consult, consult.id)
        answers.save_draft(session, again, clinic.derm, ANSWER, now=datetime.now(UTC), lease=LEASE)
        answers.sign(session, again, clinic.derm, now=datetime.now(UTC))
    assert look(runtime, consult)[:2] == ("answered", ["done", "proposed"])


def test_the_clinic_sends_it_from_the_case(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    consult = answered(runtime, clinic)
    pcp, here = browser_of(clinic.pcp), f"/consults/{consult.public_id}"
    assert "Add the new photo that the answer asks for" in pcp.get(here).text
    assert "sent=1" in send(pcp, consult, here)
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["done"])
    assert told(runtime, consult, clinic.pcp, NoticeKind.MESSAGE) == 0
    assert "Add the new photo" not in pcp.get(here).text


def test_a_program_sends_it(runtime: Runtime, clinic: Clinic, browser_of: BrowserOf) -> None:
    consult = answered(runtime, clinic)
    with runtime.database.writing() as session:
        token = make_token(session, clinic.mother, datetime.now(UTC))
    machine = browser_of(clinic.mother).application.test_client()
    fields = {"consult_id": consult.public_id, "photo:close": (io.BytesIO(os.urandom(2000)), "a.jpg")}
    headers = {"Authorization": f"Bearer {token}"}
    sent = machine.post("/uploads/simple", data=fields, headers=headers, content_type="multipart/form-data")
    assert sent.status_code < 400, sent.text
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["done"])


@pytest.mark.parametrize("state", ["done", "not_done"])
def test_whoever_pressed_another_button_first_may_send_it_all_the_same(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, state: str
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}"
    with runtime.database.reading() as session:
        (step,) = steps_of(session, consult.id)
    assert post(mother, f"{here}/steps/{step.public_id}", {"verb": state}).status_code == 303
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", [StepState.DONE])


@pytest.mark.parametrize("is_closed", [False, True])
def test_only_a_photo_is_the_photo_that_is_waited_for(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, is_closed: bool
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}"
    if is_closed:
        with runtime.database.writing() as session:
            found = session.get_one(Consult, consult.id)
            answers.close(session, found, clinic.pcp, reason="Seen in person", now=datetime.now(UTC))
    before = look(runtime, consult)
    offers = told(runtime, consult, clinic.derm, NoticeKind.NEW_REQUEST)
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    # Nothing is said of it, and no clock runs, before it is known to be one; its sender is told that it is here.
    assert look(runtime, consult)[:3] == before[:3]
    for page in (here, f"{here}/answer"):
        assert "Enviar la foto nueva" not in mother.get(page).text
    assert "Su foto nueva ya llegó." in mother.get(here).text
    prepare(runtime, consult, AttachmentState.REJECTED)
    assert look(runtime, consult)[:3] == before[:3]
    assert told(runtime, consult, clinic.mother, NoticeKind.MORE_NEEDED) == 1
    assert "Enviar la foto nueva" in mother.get(here).text
    # The clinic decides first about one that is held, and hears of it; a refusal is told to the sender as well.
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult, AttachmentState.HELD)
    assert look(runtime, consult)[:3] == before[:3]
    assert told(runtime, consult, clinic.pcp, NoticeKind.MESSAGE) == 1
    with runtime.database.writing() as session:
        ((held, _),) = held_files(session, clinic.pcp)
        held.blob_key = "kept"
        reject_file(session, held, clinic.pcp, reason="Another child", now=datetime.now(UTC))
    assert look(runtime, consult)[:3] == before[:3]
    assert told(runtime, consult, clinic.mother, NoticeKind.MORE_NEEDED) == 2
    assert told(runtime, consult, clinic.derm, NoticeKind.NEW_REQUEST) == offers
    # The next one is a photo.
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["done"])
    assert told(runtime, consult, clinic.derm, NoticeKind.NEW_REQUEST) == offers + 1


@pytest.mark.parametrize("is_corrected", [False, True])
def test_a_held_photo_is_decided_about_also_where_its_question_was_closed_after_it_came(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, is_corrected: bool
) -> None:
    consult = answered(runtime, clinic)
    assert "sent=1" in send(mother, consult, f"/family/questions/{consult.public_id}/photos")
    prepare(runtime, consult, AttachmentState.HELD)
    # Whoever closes it reads that the photo is not decided about.
    pages = (clinic.pcp, f"/consults/{consult.public_id}"), (clinic.coordinator, f"/coordination/{consult.public_id}")
    assert ["has not decided about it yet" in browser_of(person).get(page).text for person, page in pages] == [True] * 2
    with runtime.database.writing() as session:
        found, now = session.get_one(Consult, consult.id), datetime.now(UTC)
        if is_corrected:
            # That an answer is signed anew does not make the photo one from before it.
            found.answered_at = now
        answers.close(session, found, clinic.pcp, reason="Seen in person", now=now)
    with runtime.database.writing() as session:
        ((held, _),) = held_files(session, clinic.pcp)
        held.blob_key = "kept"
        path = f"/reviews/{held.public_id}"
    pcp = browser_of(clinic.pcp)
    assert path in pcp.get("/reviews").text
    assert pcp.get(path).status_code == 200
    with runtime.database.writing() as session:
        ((held, _),) = held_files(session, clinic.pcp)
        release_for_treatment(session, held, clinic.pcp, reason="The rash is there", now=datetime.now(UTC))
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["done"])


@pytest.mark.parametrize("why", ["no photo is awaited", "from before the answer"])
def test_what_a_closed_question_does_not_wait_for_is_nobodys_to_decide(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient, why: str
) -> None:
    consult = answered(runtime, clinic)
    assert "sent=1" in send(mother, consult, f"/family/questions/{consult.public_id}/photos")
    prepare(runtime, consult, AttachmentState.HELD)
    with runtime.database.writing() as session:
        found = session.get_one(Consult, consult.id)
        (step,), ((held, _),) = steps_of(session, consult.id), held_files(session, clinic.pcp)
        if why == "no photo is awaited":
            add_event(session, step, "decline", person_id=clinic.pcp.id, now=NOW, reason="No need")
        else:
            held.received_at = NOW - timedelta(hours=1)
        answers.close(session, found, clinic.pcp, reason="Seen in person", now=datetime.now(UTC))
        assert held_files(session, clinic.pcp) == []


def test_nobody_is_told_that_a_photo_is_late_which_is_here_and_looked_at_first(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}"
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult, AttachmentState.HELD)
    with runtime.database.reading() as session:
        (step,) = steps_of(session, consult.id)

    def tick(at: datetime) -> list[int]:
        with runtime.database.writing() as session:
            tell_of_late_steps(session, at, Quiet())
        kinds = (clinic.mother, NoticeKind.STEP_OPEN), (clinic.coordinator, NoticeKind.STEP_LATE)
        return [told(runtime, consult, person, kind) for person, kind in kinds]

    due = step.due_at
    assert due is not None
    assert tick(due + timedelta(minutes=1)) == [0, 0]
    page = mother.get(f"{here}/answer").text
    assert ("Su foto nueva ya llegó." in page, LATER in page) == (True, False)
    assert buttons(page, step.public_id) == []
    # It was none: the step is open after all, and is told once.
    with runtime.database.writing() as session:
        ((held, _),) = held_files(session, clinic.pcp)
        held.blob_key = "kept"
        reject_file(session, held, clinic.pcp, reason="Another child", now=datetime.now(UTC))
    page = mother.get(f"{here}/answer").text
    assert (LATER in page, {"done", "not_done"} <= set(buttons(page, step.public_id))) == (True, True)
    assert tick(due + timedelta(hours=2)) == [0, 0]
    assert tick(due + timedelta(days=1, minutes=2)) == [1, 1]
    assert tick(due + timedelta(days=3)) == [1, 1]


def refuse(runtime: Runtime, consult: Consult, clinic: Clinic) -> None:
    """The clinic says that the photo cannot be used."""
    with runtime.database.writing() as session:
        (photo,) = [file for file in attachments_of(session, consult.id) if file.state == AttachmentState.READY]
        photo.blob_key = "kept"
        reject_file(session, photo, clinic.pcp, reason="Another child", now=datetime.now(UTC))


@pytest.mark.parametrize("is_taken", [False, True])
@pytest.mark.parametrize("is_heard", [False, True])
def test_a_photo_that_is_refused_after_it_counted_is_waited_for_again(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, is_taken: bool, is_heard: bool
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}"
    if is_heard:
        post(mother, f"{here}/answer/understood", {"version": "1"})
    before = look(runtime, consult)
    kept = ("answered_at", "released_at", "acknowledged_at", "informed_at", "holder_id", "unheard_version")
    with runtime.database.reading() as session:
        was = [getattr(session.get_one(Consult, consult.id), name) for name in kept]
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult)
    derm = browser_of(clinic.derm)
    if is_taken:
        assert post(derm, f"/consults/{consult.public_id}/claim", {}).status_code == 303
    refuse(runtime, consult, clinic)
    # The specialist has nothing to look at, and the step its day again.
    status, steps, clocks, _files = look(runtime, consult)
    assert (status, steps, clocks) == (before[0], before[1], before[2])
    with runtime.database.reading() as session:
        found = session.get_one(Consult, consult.id)
        assert [getattr(found, name) for name in kept] == was
        assert [step.next_at == step.due_at for step in steps_of(session, consult.id)] == [True]
        assert len(begun_in(session, Consult.id == consult.id)[consult.id]) == 0
    assert told(runtime, consult, clinic.mother, NoticeKind.MORE_NEEDED) == 1
    # Who had taken it has it no more, and hears so.
    assert told(runtime, consult, clinic.derm, NoticeKind.WITHDRAWN) == is_taken
    assert "Enviar la foto nueva" in mother.get(here).text
    # The next one opens it again.
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["done"])


def test_the_clock_of_whoever_has_begun_to_answer_is_held_for_the_next_photo(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}/photos"
    assert "sent=1" in send(mother, consult, here)
    prepare(runtime, consult)
    assert post(browser_of(clinic.derm), f"/consults/{consult.public_id}/claim", {}).status_code == 303
    with runtime.database.writing() as session:
        found, now = session.get_one(Consult, consult.id), datetime.now(UTC)
        answers.save_draft(session, found, clinic.derm, {"impression": "As it was"}, now=now, lease=timedelta(hours=1))
    refuse(runtime, consult, clinic)
    messages = told(runtime, consult, clinic.derm, NoticeKind.MESSAGE)

    def clock() -> tuple[str, int | None, str, str | None]:
        with runtime.database.reading() as session:
            found = session.get_one(Consult, consult.id)
            assert list(violations(session, datetime.now(UTC))) == []
            (held,) = open_clocks(session, consult.id, ClockName.FIRST_REPLY)
            return found.status, found.holder_id, held.state, held.paused_reason

    assert clock() == ("needs_info", clinic.derm.id, "paused", "needs_family")
    assert messages == 1
    assert mother.get(here.removesuffix("/photos")).status_code == 200
    # The next one lets it run on, in the same hands, with what was written.
    assert "sent=1" in send(mother, consult, here)
    assert clock() == ("claimed", clinic.derm.id, "running", None)


@pytest.mark.parametrize("is_heard", [False, True])
def test_whoever_telephones_says_that_it_was_declined_after_the_photo_and_asks_for_no_other(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, is_heard: bool
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}"
    if is_heard:
        post(mother, f"{here}/answer/understood", {"version": "1"})
    assert "sent=1" in send(mother, consult, f"{here}/photos")
    prepare(runtime, consult)
    with runtime.database.writing() as session:
        found, now = session.get_one(Consult, consult.id), datetime.now(UTC)
        holding.claim(session, found, clinic.derm, now=now, lease=LEASE)
        declining.decline(session, found, clinic.derm, "This needs a biopsy", now=now)
    # Who sent the photo learns that it waits for nothing; of the answer of before it has heard once already.
    assert [told(runtime, consult, clinic.mother, kind) for kind in (NoticeKind.DECLINED, NoticeKind.ANSWERED)] == [
        1,
        1,
    ]
    desk, card = browser_of(clinic.coordinator), f"/coordination/{consult.public_id}"
    tell = desk.get(card).text.partition('id="tell"')[2].partition("</section>")[0]
    assert "We could not answer this question again." in tell
    assert ("Tell that too" in tell, "This looks like eczema." in tell) == (not is_heard, not is_heard)
    assert "foto" not in tell.partition("</h2>")[2]
    assert "new photo" not in tell
    assert post(desk, f"{card}/informed", {"version": "0", "method": "phone"}).status_code == 303
    assert "family_informed" not in look(runtime, consult)[2]


def test_what_the_clinic_asked_before_the_photo_came_waits_for_its_reply_again_once_the_photo_is_refused(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    consult = answered(runtime, clinic)
    with runtime.database.writing() as session:
        found, asked = session.get_one(Consult, consult.id), datetime.now(UTC)
        post_words(session, found, clinic.pcp, Audience.CLINICIANS, text="Is it safe with her inhaler?", now=asked)
    before = look(runtime, consult)
    assert "next_reply" in before[2]
    assert "sent=1" in send(mother, consult, f"/family/questions/{consult.public_id}/photos")
    prepare(runtime, consult)
    assert "next_reply" not in look(runtime, consult)[2]
    messages = told(runtime, consult, clinic.derm, NoticeKind.MESSAGE)
    refuse(runtime, consult, clinic)
    assert (look(runtime, consult)[0], look(runtime, consult)[2]) == (before[0], before[2])
    with runtime.database.reading() as session:
        found = session.get_one(Consult, consult.id)
        assert (found.clinic_waits_since, found.holder_id) == (asked, clinic.derm.id)
    # Whoever signed the answer hears, and a reply ends the waiting.
    assert told(runtime, consult, clinic.derm, NoticeKind.MESSAGE) == messages + 1
    with runtime.database.writing() as session:
        found = session.get_one(Consult, consult.id)
        post_words(session, found, clinic.derm, Audience.CLINICIANS, text="It is.", now=datetime.now(UTC))
    assert "next_reply" not in look(runtime, consult)[2]


def test_words_that_came_with_a_refused_photo_are_answered_all_the_same(
    runtime: Runtime, clinic: Clinic, mother: FlaskClient
) -> None:
    consult = answered(runtime, clinic)
    here = f"/family/questions/{consult.public_id}/photos"
    assert "sent=1" in send(mother, consult, here)
    prepare(runtime, consult)
    with runtime.database.writing() as session:
        found = session.get_one(Consult, consult.id)
        post_words(session, found, clinic.pcp, Audience.CLINICIANS, text="It spreads.", now=datetime.now(UTC))
    refuse(runtime, consult, clinic)
    assert look(runtime, consult)[:2] == ("submitted", ["proposed"])
    assert told(runtime, consult, clinic.mother, NoticeKind.MORE_NEEDED) == 1
    assert "sent=1" in send(mother, consult, here)
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["done"])


def test_a_file_from_before_the_answer_that_is_ready_after_it_is_not_the_photo(
    runtime: Runtime, clinic: Clinic
) -> None:
    at = NOW - timedelta(minutes=30)
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=at)
    file_received(runtime, consult, clinic.mother, MediaKind.PHOTO, at)
    with runtime.database.writing() as session:
        sign(session, session.get_one(Consult, consult.id), clinic)
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("answered", ["proposed"])


@pytest.mark.parametrize("why", ["declined", "advice_only", "unread", "withdrawn"])
def test_where_no_new_photo_is_waited_for_an_answered_question_takes_none(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient, why: str
) -> None:
    consult = answered(runtime, clinic)
    with runtime.database.writing() as session:
        found = session.get_one(Consult, consult.id)
        (step,) = steps_of(session, consult.id)
        if why == "declined":
            add_event(session, step, "decline", person_id=clinic.pcp.id, now=NOW, reason="No need")
        elif why == "advice_only":
            step.kind = "other"
        elif why == "unread":
            found.released_at, found.release_at = None, NOW + timedelta(hours=12)
        else:
            found.consent_withdrawn_at = NOW
    before = look(runtime, consult)[0]
    assert "problem=" in send(mother, consult, f"/family/questions/{consult.public_id}/photos")
    assert look(runtime, consult)[0] == before
    assert "Enviar la foto nueva" not in mother.get(f"/family/questions/{consult.public_id}").text


def test_a_private_place_is_photographed_at_the_clinic(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    consult = answered(runtime, clinic, is_private_site=True)
    with runtime.database.reading() as session:
        (step,) = steps_of(session, consult.id)
    assert (step.owner, step.kind) == ("pcp", "photo")
    here = f"/family/questions/{consult.public_id}"
    assert "Enviar la foto nueva" not in mother.get(f"{here}/answer").text
    assert mother.get(f"{here}/photos").location == here
    pcp = browser_of(clinic.pcp)
    assert TAKE["en"] in pcp.get(f"/consults/{consult.public_id}").text
    assert "sent=1" in send(pcp, consult, f"/consults/{consult.public_id}")
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["done"])


def test_the_clinics_steps_keep_their_buttons_where_the_photo_comes_before_it_has_read_the_answer(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    plan = [{"text": f"Check the blood count {number}", "owner": "pcp", "due_at": None} for number in range(3)]
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=NOW - timedelta(minutes=20))
        sign(session, consult, clinic, plan, is_read=False)
        assert answers.release_due(session, NOW - timedelta(minutes=10)) == [consult]
    assert "sent=1" in send(mother, consult, f"/family/questions/{consult.public_id}/photos")
    pcp, here = browser_of(clinic.pcp), f"/consults/{consult.public_id}"
    with runtime.database.reading() as session:
        ids = [step.public_id for step in steps_of(session, consult.id)]
    # The answer is unread still: one form decides about all.
    assert buttons(pcp.get(here).text, ids[0]) == []
    prepare(runtime, consult)
    assert look(runtime, consult)[:2] == ("submitted", ["proposed", "proposed", "proposed", "done"])
    assert {"accept", "done", "decline"} <= set(buttons(pcp.get(here).text, ids[0]))
    assert post(pcp, f"{here}/steps/{ids[0]}", {"verb": "accept"}).status_code == 303
    # A page from before that, and a program, decide about the others at once.
    with runtime.database.writing() as session:
        token = make_token(session, clinic.pcp, datetime.now(UTC))
    machine, headers = pcp.application.test_client(), {"Authorization": f"Bearer {token}"}
    said = {"accept": True, "decline": [{"step": ids[1], "reason": "It was done in May"}], "version": 1}
    read = machine.post(f"/api/v1/consults/{consult.public_id}/acknowledge", json=said, headers=headers)
    assert read.status_code == 200, read.text
    assert look(runtime, consult)[:2] == ("submitted", ["accepted", "declined", "accepted", "done"])
    with runtime.database.reading() as session:
        # The next answer is to be read when it comes.
        assert session.get_one(Consult, consult.id).acknowledged_at is None


def test_whoever_answers_next_reads_why_a_correction_was_begun_before_the_photo_came(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, mother: FlaskClient
) -> None:
    consult, reason = answered(runtime, clinic), "The dose was for a child of 30 kg"
    with runtime.database.writing() as session:
        found = session.get_one(Consult, consult.id)
        save_correction(session, found, clinic.derm, {**WANTS, "watch_for": "Half of it"}, reason, now=NOW, version=1)
    assert "sent=1" in send(mother, consult, f"/family/questions/{consult.public_id}/photos")
    prepare(runtime, consult)
    derm, here = browser_of(clinic.derm2), f"/consults/{consult.public_id}"
    assert reason not in browser_of(clinic.pcp).get(here).text
    assert post(derm, f"{here}/claim", {}).status_code == 303
    page = derm.get(here).text
    assert reason in page
    assert "Half of it" in page
    assert "the answer from before still stands" in page


def buttons(page: str, step: str) -> list[str]:
    """What the page offers to do with this step."""
    part = page.partition(f'id="step-{step}"')[2].partition("</li>")[0]
    assert part
    return re.findall(r'name="verb" value="(\w+)"', part)

"""The page “Came by e-mail”: one's own mail alone, thrown away or made the beginning of a request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from econsult.consults import threads
from econsult.consults.attachments import Attachment
from econsult.consults.records import Consult
from econsult.incoming.answering import answer_with
from econsult.incoming.confirming import LONGEST_THINKS, mail_for, take_out
from econsult.incoming.records import WAITS, IncomingMail, MailState
from econsult.incoming.taking import Intake, take_mail
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.people.persons import Person
from econsult.queue.invariants import violations
from tests.econsult.letters import PHOTO, WORDS, letter
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.test_clinic import CHILD
from tests.web.test_clinic_request import FIELDS
from uploads.door import Door
from uploads.errors import CutShortError
from uploads.from_mail import send_files
from uploads.slots import alone
from workers.runtime import Runtime

FILES = (
    ("IMG_1.jpg", "image/jpeg", PHOTO),
    ("logo.png", "image/png", b"logo" * 90),
    ("a.pdf", "application/pdf", PHOTO),
)
NOW = datetime.now(UTC)


@pytest.fixture
def pcp(browser_of: BrowserOf, clinic: Clinic) -> FlaskClient:
    return browser_of(clinic.pcp)


def came(runtime: Runtime, raw: bytes | None = None, at: datetime = NOW) -> str:
    """Take a message in; returns its public id."""
    take_mail(Intake(runtime.database, runtime.blobs), raw or letter(files=FILES), now=at)
    return mail_in(runtime).public_id


def mail_in(runtime: Runtime) -> IncomingMail:
    """The newest message as it is now."""
    with runtime.database.reading() as session:
        return session.scalars(select(IncomingMail).order_by(IncomingMail.id.desc()).limit(1)).one()


def begun(pcp: FlaskClient, clinic: Clinic, public_id: str) -> str:
    """Begin a request about the child; returns its page."""
    return str(post(pcp, f"/clinic/mail/{public_id}/ask", {"child": clinic.child.public_id}).location)


def files_of(runtime: Runtime, path: str) -> list[tuple[str, str, int | None]]:
    with runtime.database.reading() as session:
        mine = Consult.public_id == path.rpartition("/")[2]
        query = select(Attachment).join(Consult, Consult.id == Attachment.consult_id).where(mine)
        return [(file.kind, file.filename, file.size) for file in session.scalars(query.order_by(Attachment.id))]


def fields(verb: str, *files: int, **changes: Any) -> dict[str, Any]:
    """The form of the request with a button of the e-mail's."""
    given = {**FIELDS, "verb": verb, "mail_files": [str(number) for number in files], **changes}
    return {name: value for name, value in given.items() if value is not None}


def test_the_start_page_leads_to_what_came_and_only_its_person_sees_it(
    runtime: Runtime, pcp: FlaskClient, browser_of: BrowserOf, clinic: Clinic
) -> None:
    assert "came by e-mail" not in pcp.get("/clinic").text
    assert "Nothing waits here." in pcp.get("/clinic/mail").text
    public_id = came(runtime)
    assert "1 message came by e-mail in your name" in pcp.get("/clinic").text
    page = pcp.get("/clinic/mail").text
    for words in (
        "Red patches on both elbows",
        "IMG_1.jpg",
        "logo.png",
        "Begin a request with it",
        "Throw this e-mail away",
    ):
        assert words in page
    for person in (clinic.nurse, clinic.other_pcp):
        other = browser_of(person)
        assert "ZQ7PHI" not in other.get("/clinic/mail").text + other.get("/clinic").text
        assert other.get(f"/clinic/mail/{public_id}/ask").status_code == 404
        for path, given in (("ask", {"child": clinic.child.public_id}), ("find", {"find": "Luz"}), ("throw-away", {})):
            assert post(other, f"/clinic/mail/{public_id}/{path}", given).status_code == 404
    assert mail_in(runtime).state == MailState.WAITING


def test_it_reads_in_spanish_too(runtime: Runtime, browser_of: BrowserOf, clinic: Clinic) -> None:
    with runtime.database.writing() as session:
        session.get_one(Person, clinic.pcp.id).language = "es"
    came(runtime)
    pcp = browser_of(clinic.pcp)
    assert "1 mensaje llegó por correo a nombre de usted" in pcp.get("/clinic").text
    page = pcp.get("/clinic/mail").text
    for words in (
        "Llegó por correo",
        "Empezar una solicitud con esto",
        "Tirar este correo",
        "Documento",
    ):
        assert words in page


def test_thrown_away_nothing_of_it_is_left(runtime: Runtime, pcp: FlaskClient) -> None:
    public_id = came(runtime)
    answer = post(pcp, f"/clinic/mail/{public_id}/throw-away", {})
    assert "Thrown away." in pcp.get(str(answer.location)).text
    mail = mail_in(runtime)
    assert (mail.state, mail.content, mail.is_stored, list(runtime.blobs.list())) == ("ended", None, False, [])
    assert post(pcp, f"/clinic/mail/{public_id}/throw-away", {}).status_code == 404


def test_the_child_is_looked_for_as_always_and_a_strangers_child_is_none(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    at = f"/clinic/mail/{came(runtime)}"
    page = pcp.get(f"{at}/ask").text
    assert (f'action="{at}/ask"' in page, f'action="{at}/find"' in page, "Luz Prueba" in page) == (True, True, True)
    assert f'action="{at}/ask"' in post(pcp, f"{at}/find", {"find": "luz"}).text
    assert post(pcp, f"{at}/find", {"find": " "}).status_code == 422
    assert pcp.get(f"{at}/find").location == f"{at}/ask"
    assert post(pcp, f"{at}/ask", {"child": clinic.other_child.public_id}).status_code == 404
    assert mail_in(runtime).state == MailState.WAITING


def test_the_danger_signs_come_before_its_files(runtime: Runtime, pcp: FlaskClient, clinic: Clinic) -> None:
    path = begun(pcp, clinic, came(runtime))
    page = pcp.get(path).text
    assert (WORDS.splitlines()[-1] in page, "From the e-mail of" in page) == (True, True)
    refused = post(pcp, path, fields("mail_add", 0, no_signs=None))
    assert (refused.status_code, "First answer the danger signs" in refused.text) == (422, True)
    assert (files_of(runtime, path), len(mail_in(runtime).files)) == ([], 3)


def test_who_may_not_attest_adds_nothing_beside_a_danger_sign(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    nurse = browser_of(clinic.nurse)
    assert post(nurse, "/clinic/children/new", CHILD).status_code == 303
    with runtime.database.reading() as session:
        child = session.scalars(select(Patient).order_by(Patient.id.desc()).limit(1)).one()
    at = f"/clinic/mail/{came(runtime, letter('nurse@clinic.test', files=FILES))}/ask"
    path = str(post(nurse, at, {"child": child.public_id}).location)
    refused = post(nurse, path, fields("mail_add", 0, no_signs=None, red_flags="seizure"))
    assert (refused.status_code, "The child goes to the ER now." in refused.text) == (422, True)
    assert files_of(runtime, path) == []


def test_the_chosen_files_go_through_the_door_and_the_rest_is_gone(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    path = begun(pcp, clinic, came(runtime))
    answer = post(pcp, path, fields("mail_add", 0, 2))
    assert answer.location == f"{path}?said=files_sent#files"
    expected = [("photo", "IMG_1.jpg", len(PHOTO)), ("lab_document", "a.pdf", len(PHOTO))]
    assert files_of(runtime, path) == expected
    mail = mail_in(runtime)
    assert (mail.state, mail.content, list(runtime.blobs.list("incoming/"))) == ("ended", None, [])
    assert "From the e-mail of" not in pcp.get(path).text
    # The same button from another window: what is done is done.
    post(pcp, path, fields("mail_add", 0, 1, 2))
    assert files_of(runtime, path) == expected


def test_a_file_that_is_broken_in_the_store_is_named_and_keeps_what_came_before(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    public_id = came(runtime)
    path = begun(pcp, clinic, public_id)
    runtime.blobs.delete(f"incoming/{public_id}/1")
    refused = post(pcp, path, fields("mail_add", 0, 1, 2))
    assert (refused.status_code, "A file did not arrive." in refused.text) == (422, True)
    assert [name for _kind, name, _size in files_of(runtime, path)] == ["IMG_1.jpg"]
    assert [each.number for each in mail_in(runtime).files] == [1, 2]
    assert post(pcp, path, fields("mail_add", 2)).status_code == 303
    assert [name for _kind, name, _size in files_of(runtime, path)] == ["IMG_1.jpg", "a.pdf"]


def test_nothing_is_sent_while_a_file_waits_beside_it(runtime: Runtime, pcp: FlaskClient, clinic: Clinic) -> None:
    path = begun(pcp, clinic, came(runtime))
    refused = post(pcp, path, fields("send"))
    assert (refused.status_code, "Add its files, or leave them out." in refused.text) == (422, True)
    assert post(pcp, path, fields("mail_add")).status_code == 422
    assert post(pcp, path, fields("mail_leave")).location == f"{path}?said=saved"
    assert (mail_in(runtime).state, files_of(runtime, path)) == ("ended", [])
    assert str(post(pcp, path, fields("send")).location).endswith("?said=request_sent")


def test_confirmed_twice_it_leads_to_the_one_request(runtime: Runtime, pcp: FlaskClient, clinic: Clinic) -> None:
    public_id = came(runtime)
    path = begun(pcp, clinic, public_id)
    assert begun(pcp, clinic, public_id) == path
    assert pcp.get(f"/clinic/mail/{public_id}/ask").location == path
    page = pcp.get("/clinic/mail").text
    assert ("You began a request with it." in page, "Begin a request with it" in page) == (True, False)


def test_a_long_text_stands_beside_the_fields_until_it_is_done(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    path = begun(pcp, clinic, came(runtime, letter(text="long " * LONGEST_THINKS, files=())))
    page = pcp.get(path).text
    assert ("too long for one field" in page, "Done with the text" in page) == (True, True)
    post(pcp, path, fields("mail_leave"))
    assert (mail_in(runtime).content, "long long" in pcp.get(path).text) == (None, False)


def test_markup_in_it_is_text_and_what_has_expired_is_not_there(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    hostile = "<script>alert(1)</script>"
    files = ((hostile, "image/png", PHOTO),)
    public_id = came(runtime, letter(text=hostile, files=files), datetime.now(UTC) - WAITS + timedelta(minutes=5))
    page = pcp.get("/clinic/mail").text
    assert (hostile in page, "&lt;script&gt;alert(1)" in page) == (False, True)
    with runtime.database.writing() as session:
        session.scalars(select(IncomingMail)).one().until = NOW
        number = clinic.claimed(session, now=NOW).public_id
    assert "alert(1)" not in pcp.get("/clinic/mail").text + pcp.get("/clinic").text
    assert pcp.get(f"/clinic/mail/{public_id}/ask").status_code == 404
    # Nobody is told that it was sent, of which nothing went anywhere.
    wish = {"request": number, "text": "Here."}
    assert post(pcp, f"/clinic/mail/{public_id}/answer", wish).status_code == 404


def waiting(runtime: Runtime, clinic: Clinic) -> Consult:
    """A request of which its specialist has asked for something, and whose clock is held."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        threads.request_info(session, consult, clinic.derm, text="Ruler?", items=[], audience=None, now=NOW)
    return consult


def test_it_answers_what_a_specialist_asked_and_the_clock_runs_on(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    consult = waiting(runtime, clinic)
    path = f"/consults/{consult.public_id}"
    at = f"/clinic/mail/{came(runtime)}/answer"
    page = pcp.get("/clinic/mail").text
    assert (f'action="{at}"' in page, consult.number in page) == (True, True)
    wish = {"request": consult.public_id, "text": "With a ruler.", "files": ["0"]}
    for missing, words in (("request", "Choose the request that it answers"), ("text", "Choose a file, or write")):
        refused = post(pcp, at, wish | {missing: "", "files": []})
        assert (refused.status_code, words in refused.text) == (422, True)
    assert [post(pcp, at, wish).location for _ in range(2)] == [f"{path}?said=files_sent"] * 2
    with runtime.database.reading() as session:
        told = session.get_one(Consult, consult.id)
        said = [message.text for message in threads.messages_of(session, told.id, ["clinicians"])]
        assert (told.status, said) == ("claimed", ["Ruler?", "With a ruler."])
        # One e-mail is one letter, though its words and its file are two things.
        letters = select(Notice.id).where(Notice.person_id == clinic.derm.id, Notice.kind == NoticeKind.MESSAGE)
        assert len(session.scalars(letters).all()) == 1
        assert list(violations(session, datetime.now(UTC))) == []
    assert [name for _kind, name, _size in files_of(runtime, path)] == ["IMG_1.jpg"]
    assert mail_in(runtime).state == MailState.ENDED


def test_what_does_not_arrive_of_an_answer_waits_for_the_same_request_and_says_nothing_twice(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    consult, other = waiting(runtime, clinic), waiting(runtime, clinic)
    public_id = came(runtime)
    runtime.blobs.delete(f"incoming/{public_id}/1")
    at, wish = (
        f"/clinic/mail/{public_id}/answer",
        {"request": consult.public_id, "text": "Here.", "files": ["0", "1", "2"]},
    )
    refused = post(pcp, at, wish)
    assert (refused.status_code, "A file did not arrive." in refused.text, "Not all of it" in refused.text) == (
        422,
        1,
        1,
    )
    assert post(pcp, at, wish | {"request": other.public_id}).status_code == 404
    assert post(pcp, at, wish | {"files": ["2"]}).status_code == 303
    path = f"/consults/{consult.public_id}"
    assert [name for _kind, name, _size in files_of(runtime, path)] == ["IMG_1.jpg", "a.pdf"]
    with runtime.database.reading() as session:
        assert len(threads.messages_of(session, consult.id, ["clinicians"])) == 2


def test_an_answer_is_sent_after_a_request_that_was_taken_back_and_none_that_was_thrown_away_is_called_sent(
    runtime: Runtime, pcp: FlaskClient, clinic: Clinic
) -> None:
    consult = waiting(runtime, clinic)
    wish = {"request": consult.public_id, "text": "With a ruler.", "files": ["0"]}
    thrown = came(runtime, letter(name="2@phone.test", files=FILES))
    assert post(pcp, f"/clinic/mail/{thrown}/throw-away", {}).status_code == 303
    assert post(pcp, f"/clinic/mail/{thrown}/answer", wish).status_code == 404
    public_id = came(runtime)
    assert post(pcp, f"{begun(pcp, clinic, public_id)}/discard", {}).status_code == 303
    at = f"/clinic/mail/{public_id}/answer"
    assert post(pcp, at, wish).location == f"/consults/{consult.public_id}?said=files_sent"


def test_pressed_twice_while_the_first_is_on_its_way_each_file_goes_once(runtime: Runtime, clinic: Clinic) -> None:
    consult, now = waiting(runtime, clinic), datetime.now(UTC)
    door = Door(runtime.database, runtime.vault, runtime.settings.staging)
    runtime.blobs.delete(f"incoming/{came(runtime)}/2")
    with runtime.database.writing() as session:
        mail = mail_for(session, clinic.pcp, mail_in(runtime).public_id, now)
        answer_with(session, mail, consult, clinic.pcp, "Here.", now=now)
    # The second has read of three files before the first has sent two; that one is cut off at the third.
    press = partial(
        send_files, door, runtime.blobs, clinic.pcp, (mail, consult.public_id), (0, 1, 2), clock=lambda: now
    )
    with ThreadPoolExecutor(2) as both, alone(door.staging, clinic.pcp.id):
        presses = [both.submit(press) for _ in range(2)]
        assert files_of(runtime, f"/{consult.public_id}") == []
    assert [type(each.exception()) for each in presses] == [CutShortError, CutShortError]
    assert [name for _kind, name, _size in files_of(runtime, f"/{consult.public_id}")] == ["IMG_1.jpg", "logo.png"]


def test_an_answer_that_is_cut_off_after_its_last_file_says_that_all_of_it_was_sent(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic
) -> None:
    consult, public_id = waiting(runtime, clinic), came(runtime)
    with runtime.database.writing() as session:
        mail = mail_for(session, clinic.pcp, public_id, datetime.now(UTC))
        answer_with(session, mail, consult, clinic.pcp, "Here.", now=datetime.now(UTC))
        take_out(mail, (0, 1, 2))
    pcp = browser_of(clinic.pcp)
    page = pcp.get("/clinic/mail").text
    assert ("All of it was sent." in page, "Send as the answer" in page) == (True, False)
    assert post(pcp, f"/clinic/mail/{public_id}/throw-away", {}).status_code == 303
    assert mail_in(runtime).state == MailState.ENDED

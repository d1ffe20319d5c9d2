"""A mother follows her question: start page, status, messages, cancelling, and the answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults import answers, declining, holding, requests, threads
from econsult.consults.attachments import AttachmentState, MediaKind, Received, attachments_of, receive
from econsult.consults.conversion import VISIT
from econsult.consults.ledger import Clock
from econsult.consults.preparing import end_without_copies, note_progress, start_processing
from econsult.consults.recommendations import add_event, steps_of
from econsult.consults.records import Consult
from econsult.consults.threads import Audience
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.trail import AuditEvent
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=30)


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    """A question that the clinic has and that nobody has taken yet."""
    with runtime.database.writing() as session:
        return clinic.family_question(session, now=NOW)


def answer_it(runtime: Runtime, clinic: Clinic, asked: Consult, now: datetime = NOW, **changes: object) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        holding.claim(session, consult, clinic.pcp, now=now, lease=LEASE)
        answers.save_draft(session, consult, clinic.pcp, {**ANSWER, **changes}, now=now, lease=LEASE)
        answers.sign(session, consult, clinic.pcp, now=now)


def test_the_start_page_lists_own_children_and_the_promised_time(
    mother: FlaskClient, browser_of: BrowserOf, clinic: Clinic, asked: Consult
) -> None:
    page = mother.get("/family").text
    assert asked.number in page
    assert "Le respondemos antes" in page
    assert ("Luz" in page, "Sam" in page) == (True, False)
    assert asked.number not in browser_of(clinic.stranger).get("/family").text


def test_a_family_reads_its_own_question_on_every_page_about_it(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    """Who has asked five times cannot tell them apart by numbers."""
    page = f"/family/questions/{asked.public_id}"
    assert f'Usted preguntó</p><p class="quote verbatim">{asked.question}</p>' in mother.get(page).text
    answer_it(runtime, clinic, asked)
    assert f"Usted preguntó:</b> {asked.question}</span></p>" in mother.get(f"{page}/answer").text


def test_a_clinics_question_is_told_by_its_field_and_not_by_words_that_the_family_never_wrote(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
    for path in ("/family", f"/family/questions/{consult.public_id}"):
        page = mother.get(path).text
        assert (consult.question in page, "Usted preguntó" in page) == (False, False)
    assert "Su clínica le preguntó a un especialista: Dermatología" in mother.get("/family").text


def test_the_status_page_says_how_far_it_is(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    page = mother.get(f"/family/questions/{asked.public_id}?lang=en").text
    assert "A doctor will look" in page
    with runtime.database.writing() as session:
        holding.claim(session, session.get_one(Consult, asked.id), clinic.pcp, now=NOW, lease=LEASE)
    page = mother.get(f"/family/questions/{asked.public_id}?lang=en").text
    assert "A doctor is looking" in page
    assert "You will hear by" in page


@pytest.mark.parametrize("path", ["/family", "/family/questions/{}"])
def test_what_is_late_is_not_promised_for_an_hour_that_has_passed(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult, path: str
) -> None:
    """The family reads what its letter says: it takes longer, and it is not forgotten."""
    with runtime.database.writing() as session:
        late = datetime.now(UTC) - timedelta(hours=1)
        session.execute(update(Clock).where(Clock.consult_id == asked.id).values(deadline_at=late))
        session.execute(update(Consult).where(Consult.id == asked.id).values(due_at=late))
    page = mother.get(path.format(asked.public_id) + "?lang=en").text
    assert "This takes longer than we said. We did not forget you." in page
    assert "You will hear by" not in page
    assert "Tarda más de lo que dijimos. No le olvidamos." in mother.get(path.format(asked.public_id) + "?lang=es").text


def test_a_signed_answer_that_the_clinic_has_not_read_has_a_promised_time(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.answered(session, now=NOW)
    assert consult.release_at is not None
    for path in ("/family", f"/family/questions/{consult.public_id}"):
        page = mother.get(f"{path}?lang=en").text
        assert "Your doctor will talk with you." in page
        assert "You can read it here by" in page
    with runtime.database.writing() as session:
        answers.acknowledge(session, session.get_one(Consult, consult.id), clinic.pcp, now=NOW)
    assert "You can read it here" not in mother.get(f"/family/questions/{consult.public_id}").text


def test_what_happened_last_stands_first(mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult) -> None:
    with runtime.database.writing() as session:
        newer = clinic.family_question(session, now=NOW + timedelta(minutes=1))
    page = mother.get("/family").text
    assert page.index(newer.number) < page.index(asked.number)
    answer_it(runtime, clinic, asked, now=NOW + timedelta(minutes=2))
    page = mother.get("/family").text
    assert page.index(asked.number) < page.index(newer.number)


def test_a_request_for_more_is_shown_with_its_list(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        holding.claim(session, consult, clinic.pcp, now=NOW, lease=LEASE)
        threads.request_info(
            session, consult, clinic.pcp, text="Otra foto <b>", items=["De cerca"], audience=None, now=NOW
        )
    page = mother.get(f"/family/questions/{asked.public_id}").text
    assert "Necesitamos una cosa más" in page
    assert "Otra foto &lt;b&gt;" in page
    assert "<li>De cerca</li>" in page
    # Until when, on the family's own clock, and what comes after.
    wanted = NOW.astimezone(ZoneInfo("America/Denver")) + timedelta(hours=72)
    hour = format_datetime(wanted.replace(tzinfo=None), "h:mm", locale="es")
    assert re.search(rf"responda abajo antes del \w+ {hour}\s[ap]\.\sm\.", page)
    assert "Después el doctor sigue con lo que hay aquí." in page
    assert page.count("Agregar otra foto") == 1
    assert re.search(rf"responda antes del \w+ {hour}", mother.get("/family").text)
    more = mother.get(f"/family/questions/{asked.public_id}/photos").text
    assert more.index("<li>De cerca</li>") < more.index('id="far-take"') < more.index("Lo que usted envió")
    post(mother, f"/family/questions/{asked.public_id}/messages", {"text": "Ya la mandé."})
    page = mother.get(f"/family/questions/{asked.public_id}").text
    assert "Ya la mandé." in page
    assert "Necesitamos una cosa más" not in page


def test_what_a_specialist_asks_of_the_clinic_is_not_asked_of_the_family(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.take(session, clinic.econsult(session, now=NOW), now=NOW)
        lane = Audience.CLINICIANS
        threads.request_info(session, consult, clinic.derm, text="How heavy?", items=(), audience=lane, now=NOW)
    for page in (mother.get(f"/family/questions/{consult.public_id}").text, mother.get("/family").text):
        assert "Un doctor le pidió algo más a su clínica" in page
        assert "Necesitamos una cosa más" not in page
        assert "responda" not in page


@pytest.mark.parametrize("place", ["", "/photos", "/sent"])
def test_the_card_of_a_file_that_is_on_its_way_has_a_heading_above_it(
    mother: FlaskClient, asked: Consult, place: str
) -> None:
    page = mother.get(f"/family/questions/{asked.public_id}{place}").text
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page)]
    assert "<h3 data-title>" in page
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_a_closed_question_leads_to_a_new_one_and_to_the_clinic(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    where = f"/family/questions/{asked.public_id}"
    answer_it(runtime, clinic, asked)
    assert f'href="{where}#messages"' in mother.get(f"{where}/answer").text
    assert "Hacer otra pregunta" not in mother.get(where).text
    post(mother, f"{where}/answer/understood", {"version": "1"})
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        answers.close(session, consult, clinic.pcp, reason="All done", now=NOW + timedelta(hours=1))
    for page in (mother.get(f"{where}/answer").text, mother.get(where).text):
        assert f"{where}#messages" not in page
        assert 'href="tel:+15055550100"' in page
        assert f'action="/family/children/{clinic.child.public_id}/ask"' in page


def test_a_closed_question_gives_no_advice_on_its_photos(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    where = f"/family/questions/{asked.public_id}"
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        key = runtime.vault.new_object_key(session, session.get_one(Patient, consult.patient_id), "a" * 32)[1]
        known = Received("a" * 32, MediaKind.PHOTO, 9, "x.jpg", key, clinic.mother.id)
        file = receive(session, consult, known, NOW)
        file.state, file.quality = AttachmentState.READY, {"exposure": "dark"}
    assert "Puede que haya poca luz en esta foto" in mother.get(where).text
    post(mother, f"{where}/cancel", {"sure": "yes"})
    assert "Puede que haya poca luz en esta foto" not in mother.get(where).text


def test_a_location_is_called_removed_only_where_one_was(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        key = runtime.vault.new_object_key(session, session.get_one(Patient, consult.patient_id), "a" * 32)[1]
        known = Received("a" * 32, MediaKind.PHOTO, 9, "x.jpg", key, clinic.mother.id)
        file = receive(session, consult, known, NOW)
        file.state, file.report = AttachmentState.READY, {"removed": ["exif", "icc"]}
    where = f"/family/questions/{asked.public_id}"
    assert "Ubicación borrada" not in mother.get(where).text
    with runtime.database.writing() as session:
        (file,) = attachments_of(session, asked.id)
        file.report = {"removed": ["exif", "gps"]}
    assert "Ubicación borrada" in mother.get(where).text


def test_an_empty_message_is_refused_and_clinicians_words_stay_with_clinicians(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        threads.post(session, consult, clinic.pcp, threads.Audience.CLINICIANS, text="Secreto clínico", now=NOW)
    page = post(mother, f"/family/questions/{asked.public_id}/messages", {"text": " "})
    assert page.status_code == 422
    assert "Secreto" not in page.text


def test_cancelling_needs_its_box(mother: FlaskClient, asked: Consult) -> None:
    assert post(mother, f"/family/questions/{asked.public_id}/cancel", {}).status_code == 422
    assert post(mother, f"/family/questions/{asked.public_id}/cancel", {"sure": "yes"}).status_code == 303
    assert "Usted canceló esta pregunta" in mother.get(f"/family/questions/{asked.public_id}").text
    assert post(mother, f"/family/questions/{asked.public_id}/cancel", {"sure": "yes"}).status_code == 409


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("rejected", "damaged", "No pudimos abrir este archivo"),
        ("rejected", "too_many_scans", "Este archivo es demasiado grande"),
        ("rejected", "something_new", "No pudimos usar este archivo"),
        ("held", "faces", "Una persona la está revisando"),
        ("failed", "verification", "No pudimos prepararla"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult, state: str, reason: str, words: str
) -> None:
    with runtime.database.writing() as session:
        received = Received("a" * 32, MediaKind.PHOTO, 10, "x.jpg", b"k", clinic.mother.id, view="far")
        attachment = receive(session, session.get_one(Consult, asked.id), received, NOW)
        end_without_copies(session, attachment, AttachmentState(state), reason=reason, now=NOW)
    page = mother.get(f"/family/questions/{asked.public_id}").text
    assert "De lejos" in page
    assert words in page
    assert "x.jpg" not in page


def test_a_file_that_was_sent_anew_asks_for_nothing_more(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    where = f"/family/questions/{asked.public_id}"

    def send(number: str, view: str, state: AttachmentState) -> None:
        with runtime.database.writing() as session:
            received = Received(number * 32, MediaKind.PHOTO, 10, "x.jpg", b"k", clinic.mother.id, view=view)
            attachment = receive(session, session.get_one(Consult, asked.id), received, NOW)
            if state != AttachmentState.RECEIVED:
                end_without_copies(session, attachment, state, reason="damaged", now=NOW)

    send("a", "far", AttachmentState.REJECTED)
    send("b", "close", AttachmentState.RECEIVED)
    assert "Un archivo no sirvió" in mother.get(where).text
    send("c", "far", AttachmentState.REJECTED)
    assert "pero usted mandó otra" not in mother.get(where).text
    send("d", "far", AttachmentState.RECEIVED)
    page = mother.get(where).text
    assert "Un archivo no sirvió" not in page
    assert page.count("pero usted mandó otra") == 2
    assert "No pudimos abrir" not in page


def test_files_in_preparation_are_looked_at_again(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    assert "hx-get" not in mother.get(f"/family/questions/{asked.public_id}").text
    with runtime.database.writing() as session:
        received = Received("b" * 32, MediaKind.VIDEO, 10, "", b"k", clinic.mother.id)
        video = receive(session, session.get_one(Consult, asked.id), received, NOW)
    files = f"/family/questions/{asked.public_id}/files"
    assert "every 4s" in mother.get(files).text
    assert "%" not in mother.get(files).text
    with runtime.database.writing() as session:
        start_processing(session.merge(video))
        note_progress(session, video.id, 40)
    assert "La estamos preparando. 40\N{NO-BREAK SPACE}%" in mother.get(files).text


def test_the_answer_is_read_in_plain_words_and_understood(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    where = f"/family/questions/{asked.public_id}/answer"
    assert mother.get(where).status_code == 404
    answer_it(runtime, clinic, asked, watch_for="- Fever\n- Pus", references="Textbook 12")
    page = mother.get(where).text
    assert page.index("This looks like eczema") < page.index("Triamcinolone") < page.index("Atopic dermatitis")
    assert page.index("Atopic dermatitis") < page.index("Textbook 12")
    assert '<span lang="en">Pus</span>' in page
    assert '<a href="tel:+15055550100" class="nowrap">505-555-0100</a>' in page.partition('class="care care-warm"')[2]
    assert post(mother, f"{where}/understood", {"version": "1"}).status_code == 303
    assert "Ya sabemos que la leyó" in mother.get(where).text
    with runtime.database.reading() as session:
        consult = session.get_one(Consult, asked.id)
    assert consult.informed_method == "opened"
    assert "La respuesta está lista" in mother.get("/family").text


def test_what_waits_for_the_family_stands_above_what_waits_for_others(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    answer_it(runtime, clinic, asked)
    with runtime.database.writing() as session:
        later = clinic.family_question(session, now=datetime.now(UTC))
    page = mother.get("/family").text
    assert 0 < page.index(asked.number) < page.index(later.number)
    assert post(mother, f"/family/questions/{asked.public_id}/answer/understood", {"version": "1"}).status_code == 303
    page = mother.get("/family").text
    assert page.index(later.number) < page.index(asked.number)


def test_a_question_that_the_clinic_takes_back_is_not_said_to_be_cancelled_by_the_family(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=NOW)
        requests.withdraw(session, consult, clinic.pcp, "Seen today", now=NOW)
    for path in ("/family", f"/family/questions/{consult.public_id}"):
        page = mother.get(path).text
        assert "Su clínica retiró esta pregunta. Llámela, por favor." in page
        assert "Usted canceló" not in page
    with runtime.database.reading() as session:
        kinds = session.scalars(select(Notice.kind).where(Notice.person_id == clinic.mother.id)).all()
    assert NoticeKind.WITHDRAWN in kinds


def test_what_the_family_cancels_itself_it_is_not_told_of(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    post(mother, f"/family/questions/{asked.public_id}/cancel", {"sure": "yes"})
    assert "Usted canceló" in mother.get(f"/family/questions/{asked.public_id}").text
    with runtime.database.reading() as session:
        assert session.scalars(select(Notice).where(Notice.kind == NoticeKind.WITHDRAWN)).all() == []


def test_an_emergency_stands_on_every_page_on_which_its_answer_is_offered(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    answer_it(runtime, clinic, asked, disposition="emergency_now")
    where = f"/family/questions/{asked.public_id}"
    for is_above in (True, False):
        for path in ("/family", where, f"{where}/answer"):
            assert "Por favor vaya a urgencias ahora" in mother.get(path).text, path
        # Above the button for a new question until somebody has said that it was understood.
        top = mother.get("/family").text.split("Enviar fotos")[0]
        assert (f'href="{where}/answer"' in top) == is_above
        post(mother, f"{where}/answer/understood", {"version": "1"})


def test_what_an_urgent_question_waits_for_stands_above_everything_else(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    for urgency, is_above in (("routine", False), ("same_day", True)):
        with runtime.database.writing() as session:
            consult = clinic.econsult(session, now=NOW, urgency=urgency)
            holding.claim(session, consult, clinic.derm, now=NOW, lease=LEASE)
            threads.request_info(
                session, consult, clinic.derm, text="¿Fiebre?", items=[], audience=Audience.FAMILY, now=NOW
            )
        top = mother.get("/family").text.split("Enviar fotos")[0]
        assert (f'href="/family/questions/{consult.public_id}"' in top) == is_above
        assert ("Necesitamos una cosa más de usted" in top, "Por favor, responda" in top) == (is_above, is_above)


def test_a_message_before_the_answer_is_no_step_after_it(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    where = f"/family/questions/{asked.public_id}"
    post(mother, f"{where}/messages", {"text": "¿Y si le da fiebre?"})
    page = mother.get(where).text
    assert "Usted nos escribió" not in page
    assert "Usted nos dice que entendió" in page


def test_a_question_is_called_closed_only_when_it_is(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    where = f"/family/questions/{asked.public_id}"
    answer_it(runtime, clinic, asked)
    assert "Usted nos dice que entendió" in mother.get(where).text
    post(mother, f"{where}/answer/understood", {"version": "1"})
    page = mother.get(where).text
    assert "Usted entendió la respuesta" in page
    assert "Puede seguir escribiéndonos" in page
    assert "Cerrado" not in page
    post(mother, f"{where}/messages", {"text": "¿Y si le da fiebre?"})
    page = mother.get(where).text
    assert "Primero contestamos lo que nos escribió" in page
    assert "Usted nos dice que entendió" not in page
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        threads.post(session, consult, clinic.pcp, Audience.FAMILY, text="Llame", now=NOW)
        answers.close(session, consult, clinic.pcp, reason="", now=NOW)
    assert "Cerrado" in mother.get(where).text


@pytest.mark.parametrize(
    ("disposition", "words"), [("emergency_now", "vaya a urgencias ahora"), ("clinic_visit", "necesita una visita")]
)
def test_an_answer_that_needs_more_says_so_first(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult, disposition: str, words: str
) -> None:
    answer_it(runtime, clinic, asked, disposition=disposition)
    assert words in mother.get(f"/family/questions/{asked.public_id}/answer").text


def test_a_family_reads_by_when_its_clinic_calls_about_the_visit_until_that_is_arranged(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic
) -> None:
    """An expedited visit and any other read alike: whoever waits for a call must know when to call themselves."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, "disposition": "expedite"}, now=NOW, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOW)
        answers.acknowledge(session, consult, clinic.pcp, now=NOW)
    words, page = "Si nadie le llama antes", f"/family/questions/{consult.public_id}/answer"
    assert words in mother.get(page).text
    with runtime.database.writing() as session:
        visit = next(step for step in steps_of(session, consult.id) if step.kind == VISIT)
        add_event(session, visit, "done", person_id=clinic.pcp.id, now=NOW)
    assert words not in mother.get(page).text


def test_strangers_find_no_question_and_every_look_is_audited(
    mother: FlaskClient, browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    stranger = browser_of(clinic.stranger)
    for path in ("", "/sent", "/files", "/photos", "/answer"):
        assert stranger.get(f"/family/questions/{asked.public_id}{path}").status_code == 404
    for path in ("/messages", "/cancel", "/answer/understood"):
        fields = {"text": "x", "sure": "yes"}
        assert post(stranger, f"/family/questions/{asked.public_id}{path}", fields).status_code == 404
    mother.get(f"/family/questions/{asked.public_id}")
    with runtime.database.reading() as session:
        query = select(AuditEvent.person_id).where(AuditEvent.action == "read", AuditEvent.consult_id == asked.id)
        assert set(session.scalars(query)) == {clinic.mother.id}


def test_signs_to_watch_for_stand_above_911_and_in_the_familys_language(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    answer_it(runtime, clinic, asked, watch_for="No puede respirar: llame al 911.")
    page = mother.get(f"/family/questions/{asked.public_id}/answer?lang=en").text
    card = page[page.index('class="care care-warm"') :]
    assert card.index("Get help if:") < card.index('<span lang="es">') < card.index("tel:911")
    assert "Call the clinic today" not in page


def test_a_declined_question_says_to_call_and_claims_no_doctor(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        holding.claim(session, consult, clinic.pcp, now=NOW, lease=LEASE)
        declining.decline(session, consult, clinic.pcp, "Needs laboratory tests first.", now=NOW)
    page = mother.get(f"/family/questions/{asked.public_id}?lang=en").text
    assert "Please call your clinic</h1>" in page
    assert "laboratory" not in page
    assert "A doctor" not in page
    assert "Please call your clinic</span>" in mother.get("/family?lang=en").text


def test_a_message_is_acknowledged_until_somebody_replies(
    mother: FlaskClient, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    answer_it(runtime, clinic, asked)
    where, words = f"/family/questions/{asked.public_id}", "Recibimos su mensaje. Su clínica le va a responder."
    assert words not in mother.get(where).text
    post(mother, f"{where}/messages", {"text": "¿Y si no mejora?"})
    assert words in mother.get(where).text
    assert words in mother.get("/family").text
    with runtime.database.writing() as session:
        consult = session.get_one(Consult, asked.id)
        threads.post(session, consult, clinic.pcp, threads.Audience.FAMILY, text="Nos avisa.", now=NOW)
    assert words not in mother.get(where).text


def test_the_start_page_and_the_question_say_the_same(mother: FlaskClient, clinic: Clinic, asked: Consult) -> None:
    home, page = mother.get("/family").text, mother.get(f"/family/questions/{asked.public_id}").text
    assert "Enviada. Un médico la va a ver pronto.</span>" in home
    assert "Enviada. Un médico la va a ver pronto.</h1>" in page
    assert asked.question in home

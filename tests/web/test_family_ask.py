"""A mother asks: emergency first, then where, then photos or none, her words, the consent, and send."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, Received, receive
from econsult.consults.preparing import end_without_copies
from econsult.consults.records import Consult, RedFlagStop
from econsult.consults.redflags import BELOW_MONTHS, IN_FORMS, PRIVATE_SITES, UNIVERSAL, URGENCY_OF_CODE, flags_now
from econsult.consults.requests import SubmitForm, submit
from econsult.consults.screening import screen_red_flags
from econsult.consults.told_signs import signs_for_today
from econsult.errors import EmergencyError
from econsult.notices import Notice
from econsult.people.consent import TEXT_VERSION, consent_for
from econsult.people.patients import Patient
from tests.personas import TARGETS, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.words.families import PRIVATE_SITE, SITE_CODES
from web.words.signs import EVERY, FLAG_CODES, for_age
from workers.runtime import Runtime

STORY = {"since": "days", "symptoms": ["itch"], "story": "Le pica de noche.", "question": "¿Qué es y qué hago en casa?"}


def start(mother: FlaskClient, clinic: Clinic) -> str:
    """Open a draft; returns its address without the step."""
    answer = post(mother, f"/family/children/{clinic.child.public_id}/ask", {})
    return answer.location.rsplit("/", 1)[0]


def only_consult(runtime: Runtime) -> Consult:
    with runtime.database.reading() as session:
        return session.scalars(select(Consult)).one()


def test_every_universal_sign_is_asked_and_every_site_can_be_chosen() -> None:
    assert set(UNIVERSAL) <= set(FLAG_CODES)
    assert {*FLAG_CODES, *IN_FORMS} == set(URGENCY_OF_CODE)
    assert PRIVATE_SITE in PRIVATE_SITES
    assert "elbow" in SITE_CODES


OF_NEWBORNS = {"newborn_blisters", "newborn_genitals"}
OF_YOUNG_BABIES = {"young_infant_fever", "young_infant_vomit"}
OF_BABIES = {"infant_spasms", "infant_jaundice", "baby_not_feeding", "few_wet_diapers", "infant_flank_fever"}


@pytest.mark.parametrize(
    ("months", "hidden"),
    [
        (0, set()),
        (1, OF_NEWBORNS),
        (3, OF_NEWBORNS | OF_YOUNG_BABIES),
        (12, OF_NEWBORNS | OF_YOUNG_BABIES | OF_BABIES),
    ],
)
def test_a_sign_of_babies_asks_nobody_who_is_older(months: int, hidden: set[str]) -> None:
    assert set(FLAG_CODES) - {code for code, _ in for_age(EVERY, months)} == hidden
    assert "young_infant_fever" in {code for code, _ in for_age(EVERY, months, ["young_infant_fever"])}


RARE = ("cystic_fibrosis_illness", "connective_tissue_pain", "feeding_tube_out", "cleft_repair_bleeds")


@pytest.mark.parametrize("months", [0, 6, 60, 200])
def test_what_a_known_illness_brings_is_asked_at_every_age(months: int) -> None:
    """A tube, a repair, or an illness that a child was born with: none of them ends with an age."""
    assert set(RARE) <= {code for code, _ in for_age(EVERY, months)}


NERVES = ("skills_lost", "vision_or_balance", "legs_weaken")


def test_the_list_has_each_specialtys_own_signs_for_the_childs_age(mother: FlaskClient, clinic: Clinic) -> None:
    page = mother.get(f"{start(mother, clinic)}/emergency").text
    for code in ("inhaler_fails", "worst_headache", "exertional_syncope", "blisters_or_raw_skin", "breathing"):
        assert f'value="{code}"' in page
    # What the table of seizures and nerves asks, each by a line of its own.
    for code in ("seizure", "infant_spasms", "sudden_weakness", "shunt_illness", *NERVES):
        assert flags_now([code]) == (code,)
        assert f'value="{code}"' in page or code in BELOW_MONTHS
    # An illness that is known, and what must not be waited with in it.
    for code in ("eczema_sores", "adrenal_illness", "heart_illness", "kidney_illness", *RARE):
        assert (code in URGENCY_OF_CODE, flags_now([code]), f'value="{code}"' in page) == (True, (code,), True)
    assert flags_now(["infant_jaundice"]) == ()
    # The child is four years old.
    assert not any(f'value="{code}"' in page for code in BELOW_MONTHS)


def test_a_question_goes_all_the_way_without_scripts(mother: FlaskClient, clinic: Clinic, runtime: Runtime) -> None:
    ask = start(mother, clinic)
    assert post(mother, f"{ask}/emergency", {"emergency": "no"}).location == f"{ask}/where"
    assert post(mother, f"{ask}/where", {"site": "elbow"}).location == f"{ask}/photos"
    assert post(mother, f"{ask}/story", STORY).location == f"{ask}/questions/dermatology"
    assert post(mother, f"{ask}/questions/dermatology", {}).location == f"{ask}/questions/core"
    assert post(mother, f"{ask}/questions/core", {}).location == f"{ask}/check"
    page = mother.get(f"{ask}/check").text
    assert "Le pica de noche." in page
    assert "Soy su mamá." in page
    answer = post(mother, f"{ask}/check", {"agree": "yes"})
    receipt = mother.get(answer.location).text
    consult = only_consult(runtime)
    assert answer.location.endswith(f"/family/questions/{consult.public_id}/sent")
    assert consult.number in receipt
    assert "Le respondemos antes de las" in receipt
    with runtime.database.reading() as session:
        consent = consent_for(session, consult.id)
    assert consent is not None
    assert (consent.given_by, consent.method, consent.language, consent.text_version) == (
        "parent",
        "electronic",
        "es",
        TEXT_VERSION,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"emergency": "yes"},
        {"emergency": "yes", "flags": "seizure"},
        {"emergency": "no", "flags": "breathing"},
        {"flags": "kawasaki_signs"},
        {},
    ],
)
def test_a_sign_that_means_now_ends_the_request_and_is_recorded(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime, fields: dict[str, str]
) -> None:
    ask = start(mother, clinic)
    assert post(mother, f"{ask}/emergency", fields).location == f"{ask}/call-911"
    page = mother.get(f"{ask}/call-911").text
    assert 'href="tel:911"' in page
    assert 'href="tel:+15055550100"' in page
    with runtime.database.reading() as session:
        stop = session.scalars(select(RedFlagStop)).one()
        told = session.scalars(select(Notice.person_id)).all()
    assert stop.codes in {"not_named", fields.get("flags")}
    assert clinic.pcp.id in told


def test_the_way_to_911_stands_above_the_signs_and_no_stands_last(mother: FlaskClient, clinic: Clinic) -> None:
    page = mother.get(f"{start(mother, clinic)}/emergency").text
    assert page.index("</h1>") < page.index("Sí, llamar al 911") < page.index('value="breathing"')
    assert page.index('value="kawasaki_signs"') < page.rindex('value="yes"') < page.index('value="no"')


@pytest.mark.parametrize("step", ["emergency", "where", "photos", "private", "story", "check"])
def test_nothing_leads_around_the_stop(mother: FlaskClient, clinic: Clinic, runtime: Runtime, step: str) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "yes"})
    assert mother.get(f"{ask}/{step}").location == f"{ask}/call-911"
    if step != "photos":
        fields = {"emergency": "no", "site": "elbow", "way": "visit", "phone": "1", "agree": "yes", **STORY}
        assert post(mother, f"{ask}/{step}", fields).location == f"{ask}/call-911"
    assert only_consult(runtime).submitted_at is None


def test_a_same_day_sign_goes_on_is_answered_sooner_and_is_read_by_everybody(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime, browser_of: BrowserOf
) -> None:
    ask = start(mother, clinic)
    answer = post(mother, f"{ask}/emergency", {"emergency": "no", "flags": "kawasaki_signs"})
    assert answer.location == f"{ask}/where"
    assert only_consult(runtime).urgency == "same_day"
    for step, fields in (("where", {"site": "elbow"}), ("story", STORY)):
        assert post(mother, f"{ask}/{step}", fields).status_code == 303
    check = mother.get(f"{ask}/check").text
    sign = "ojos rojos"
    # She reads what she answered first before she sends it, and whom to call today; nobody says that they will call.
    assert check.index("Llame hoy a su clínica") < check.index("Señales de peligro")
    assert check.count(sign) == 2
    assert f'href="{ask}/emergency"' in check
    receipt = post(mother, f"{ask}/check", {"agree": "yes"}, form_at=f"{ask}/check")
    assert sign in mother.get(receipt.location).text
    number = only_consult(runtime).public_id
    for person in (clinic.pcp, clinic.coordinator):
        page = browser_of(person).get(f"/consults/{number}", follow_redirects=True).text
        assert "Danger sign of the same day:" in page
    assert "Danger sign of the same day" in browser_of(clinic.pcp).get("/clinic").text


def test_a_same_day_sign_in_an_answer_to_a_form_is_read_wherever_one_of_the_list_is(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime, browser_of: BrowserOf
) -> None:
    now = datetime.now(UTC)
    told = {"body_site": "elbow", "red_flags": [], "cleft.danger_signs": ["weight"]}
    with runtime.database.writing() as session:
        draft = clinic.family_draft(session, now=now, details=told)
        sent = submit(session, draft, clinic.mother, SubmitForm(), now=now, targets=TARGETS)
        assert (sent.urgency, signs_for_today(session, sent)) == ("same_day", ("few_wet_diapers",))
    pcp = browser_of(clinic.pcp)
    assert "Danger sign of the same day:" in pcp.get(f"/consults/{sent.public_id}").text
    assert "Danger sign of the same day" in pcp.get("/clinic").text
    assert "Moja pocos pañales" in mother.get(f"/family/questions/{sent.public_id}/sent").text


def test_whoever_told_of_no_sign_is_told_to_call_nobody(mother: FlaskClient, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    for step, fields in (("emergency", {"emergency": "no"}), ("where", {"site": "elbow"}), ("story", STORY)):
        post(mother, f"{ask}/{step}", fields)
    check = mother.get(f"{ask}/check").text
    assert "Llame hoy" not in check
    assert "Señales de peligro" in check


def test_a_private_area_has_no_camera(mother: FlaskClient, clinic: Clinic, runtime: Runtime) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    assert post(mother, f"{ask}/where", {"site": PRIVATE_SITE}).location == f"{ask}/private"
    assert mother.get(f"{ask}/photos").location == f"{ask}/private"
    assert mother.get(f"{ask}/story").location == f"{ask}/private"
    page = mother.get(f"{ask}/private").text
    assert 'type="file"' not in page
    assert post(mother, f"{ask}/private", {"way": "call_back", "phone": ""}).status_code == 422
    assert post(mother, f"{ask}/private", {"way": "call_back", "phone": "505 555 0143"}).location == f"{ask}/story"
    assert mother.get(f"{ask}/photos").location == f"{ask}/private"
    consult = only_consult(runtime)
    assert consult.is_private_site
    assert consult.details["contact"] == {"way": "call_back", "phone": "505 555 0143"}


def test_after_a_slip_into_the_private_area_back_leads_to_the_place_again(mother: FlaskClient, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": PRIVATE_SITE})
    assert f'class="back" href="{ask}/where"' in mother.get(f"{ask}/private").text
    assert "¿Dónde está?" in mother.get(f"{ask}/where").text
    assert mother.get(f"{ask}/emergency").status_code == 200
    assert post(mother, f"{ask}/where", {"site": "elbow"}).location == f"{ask}/photos"
    assert mother.get(f"{ask}/photos").status_code == 200


def test_a_question_that_was_stopped_elsewhere_stays_stopped_at_the_last_step(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime
) -> None:
    ask = start(mother, clinic)
    for step, fields in (("emergency", {"emergency": "no"}), ("where", {"site": "elbow"}), ("story", STORY)):
        post(mother, f"{ask}/{step}", fields)
    with suppress(EmergencyError), runtime.database.writing() as session:
        draft = session.scalars(select(Consult)).one()
        screen_red_flags(session, draft, clinic.mother, {"red_flags": ["seizure"]}, None, now=datetime.now(UTC))
    assert post(mother, f"{ask}/check", {"agree": "yes"}).location == f"{ask}/call-911"


def test_sending_no_photo_without_scripts_is_said(mother: FlaskClient, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "elbow"})
    page = mother.get(f"{ask}/photos?sent=0").text
    assert "Elija una foto primero" in page
    assert "Recibimos sus archivos." not in page


def test_a_step_cannot_be_jumped_over(mother: FlaskClient, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    for step in ("where", "photos", "story", "check"):
        assert mother.get(f"{ask}/{step}").location == f"{ask}/emergency"
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    assert mother.get(f"{ask}/check").location == f"{ask}/where"


def test_a_fever_in_a_young_baby_is_an_emergency_wherever_it_is_said(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = datetime.now(UTC).date().isoformat()
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "elbow"})
    answer = post(mother, f"{ask}/story", {**STORY, "symptoms": ["fever"]})
    assert answer.location == f"{ask}/call-911"


def test_faults_are_named_beside_their_fields_and_words_are_kept(mother: FlaskClient, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    assert post(mother, f"{ask}/where", {"site": "moon"}).status_code == 422
    post(mother, f"{ask}/where", {"site": "elbow"})
    page = post(mother, f"{ask}/story", {"story": "Le pica mucho.", "question": "Ay"})
    assert page.status_code == 422
    assert "<title>Error: Cuéntenos" in page.text
    assert '<a href="#since">Elija desde cuándo</a>' in page.text
    assert page.text.count("Escriba un poco más, por lo menos 20 letras") == 2
    assert "Le pica mucho." in page.text


def test_the_language_switch_keeps_half_written_words(mother: FlaskClient, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "elbow"})
    switched = post(mother, f"{ask}/story", {"lang": "en", "story": "Empezó ayer", "symptoms": "itch"})
    page = mother.get(switched.location).text
    assert "Tell us about it" in page
    assert "Empezó ayer" in page
    assert 'value="itch" checked' in page


def test_without_a_yes_nothing_is_sent(mother: FlaskClient, clinic: Clinic, runtime: Runtime) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "elbow"})
    post(mother, f"{ask}/story", STORY)
    assert post(mother, f"{ask}/check", {}).status_code == 422
    assert only_consult(runtime).submitted_at is None


def test_a_draft_is_found_again_and_can_be_thrown_away(mother: FlaskClient, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    home = mother.get("/family").text
    assert "Seguir con ella" in home
    again = post(mother, f"/family/children/{clinic.child.public_id}/ask", {})
    assert again.location == f"{ask}/where"
    assert home.index("<summary>") < home.index("Se borrarán sus palabras y sus fotos") < home.index("Sí, borrarla")
    post(mother, f"{ask}/discard", {})
    assert "Seguir con ella" not in mother.get("/family").text


def test_a_sent_question_cannot_be_changed_through_its_old_steps(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime
) -> None:
    ask = start(mother, clinic)
    for step, fields in (("emergency", {"emergency": "no"}), ("where", {"site": "elbow"}), ("story", STORY)):
        post(mother, f"{ask}/{step}", fields)
    # While a file is on its way the style sheet puts away that there is none.
    assert '<div class="no-files" data-no-file>' in mother.get(f"{ask}/check").text
    sent = post(mother, f"{ask}/check", {"agree": "yes"}).location
    assert mother.get(f"{ask}/story").location == sent.removesuffix("/sent")
    # Who taps twice on a slow line sees the answer to the second tap alone: it is the receipt of the first.
    assert post(mother, f"{ask}/check", {"agree": "yes"}).location == sent
    with runtime.database.writing() as session:
        session.execute(update(Consult).values(submitted_at=datetime.now(UTC) - timedelta(minutes=3)))
    assert post(mother, f"{ask}/check", {"agree": "yes"}).location == sent.removesuffix("/sent")


def test_strangers_and_staff_find_nothing(mother: FlaskClient, browser_of: BrowserOf, clinic: Clinic) -> None:
    ask = start(mother, clinic)
    stranger, pcp = browser_of(clinic.stranger), browser_of(clinic.pcp)
    assert post(stranger, f"/family/children/{clinic.child.public_id}/ask", {}).status_code == 404
    for step in ("emergency", "where", "photos", "private", "story", "check", "call-911"):
        assert stranger.get(f"{ask}/{step}").status_code == 404
        assert pcp.get(f"{ask}/{step}").status_code == 403
    assert post(stranger, f"{ask}/discard", {}).status_code == 404


def photo_of(runtime: Runtime, mother_id: int, name: str = "a") -> str:
    """Give the only draft a photo in preparation; returns its id."""
    with runtime.database.writing() as session:
        received = Received(name * 32, MediaKind.PHOTO, 10, "", b"k", mother_id, view="far")
        return receive(session, session.scalars(select(Consult)).one(), received, datetime.now(UTC)).public_id


def test_a_wrong_photo_is_taken_back_without_scripts(
    mother: FlaskClient, browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    ask = start(mother, clinic)
    post(mother, f"{ask}/emergency", {"emergency": "no"})
    post(mother, f"{ask}/where", {"site": "elbow"})
    photo = photo_of(runtime, clinic.mother.id)
    page = mother.get(f"{ask}/photos").text
    assert f'action="{ask}/photos/{photo}/remove"' in page
    assert "<noscript><a" in page
    assert post(browser_of(clinic.stranger), f"{ask}/photos/{photo}/remove", {}).status_code == 404
    assert post(mother, f"{ask}/photos/{photo}/remove", {}).location == f"{ask}/photos"
    assert f'data-file="{photo}"' not in mother.get(f"{ask}/photos").text


def test_the_last_look_counts_only_files_that_can_be_used(
    mother: FlaskClient, clinic: Clinic, runtime: Runtime
) -> None:
    ask = start(mother, clinic)
    for step, fields in (("emergency", {"emergency": "no"}), ("where", {"site": "elbow"}), ("story", STORY)):
        post(mother, f"{ask}/{step}", fields)
    photo_of(runtime, clinic.mother.id, "a")
    refused = photo_of(runtime, clinic.mother.id, "b")
    with runtime.database.writing() as session:
        file = session.scalars(select(Attachment).where(Attachment.public_id == refused)).one()
        end_without_copies(session, file, AttachmentState.REJECTED, reason="not_an_image", now=datetime.now(UTC))
    assert "<dd>1. No sirven: De lejos</dd>" in mother.get(f"{ask}/check").text
    assert "Esto no es una foto." in mother.get(f"{ask}/photos").text

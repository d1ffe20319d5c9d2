"""The questionnaires against the clinical pages' own list, and the answers that they take."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from econsult.consults import requests
from econsult.consults.asked import check_library
from econsult.consults.plainness import grade
from econsult.consults.redflags import URGENCY_OF_CODE
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.database import Database
from econsult.errors import EmergencyError, InvalidError
from econsult.templates.answering import danger_signs, ruled_out, shown, wrong_values
from econsult.templates.items import FAMILY, Questionnaire, flat
from econsult.templates.loading import DATA, built_in, load_library
from econsult.templates.parsing import parse
from tests.personas import NOON, TARGETS, Clinic

# Written by hand from the clinical pages (section 6), never from the data: what each specialty requires ("R").
REQUIRED = {
    "core-clinic": "clinical_question ask_kind urgency red_flags consent impression tried weight onset fever history "
    "medications allergies exam",
    "dermatology-clinic": "body_site number itch pain spreading private_area mucosal_sores blisters blanching "
    "new_drug topicals photo_overview photo_mid photo_close",
    "neurology-clinic": "event is_episodic first_event frequency duration during afterwards triggers "
    "development focal_deficit "
    "head video_event",
    "endocrinology-clinic": "topic growth birth parents_height tanner glucose_signs steroids headache_vision",
    "nephrology-clinic": "topic blood_pressure height_percentile urinalysis protein_ratio creatinine edema "
    "urine_output recent_infection nephrotoxins",
    "genetics-clinic": "reason pedigree pregnancy growth development findings photo_face_front photo_face_profile "
    "photo_hands photo_feet photo_ears photo_skin tests_done test_reports variant",
    "metabolic-clinic": "is_known diagnosis emergency_letter diet ill_now signs labs sib_deaths",
    "cardiology-clinic": "reason exertional_syncope infant_signs cyanosis vitals saturation murmur femoral_pulses "
    "family_history ecg",
    "gastroenterology-clinic": "growth pain pain_duration stool_type stool_frequency stool_blood vomiting "
    "general_signs on_gluten "
    "jaundice bilirubin photo_stool_color",
    "cystic_fibrosis-clinic": "status genotype center spirometry cough hemoptysis growth sputum modulator enzymes "
    "antibiotics sweat_test",
    "asthma-clinic": "control_score day_symptoms night_symptoms rescue exacerbations steroid_courses emergency_care "
    "triggers controller adherence action_plan atypical",
    "cleft-clinic": "type side feeding airway surgeries ears speech nasal syndrome photo_front_rest photo_front_smile "
    "photo_profile_left photo_profile_right photo_three_quarter_left photo_three_quarter_right photo_from_below "
    "photo_palate photo_bite",
}
RECOMMENDED = {
    "core-clinic": "family_worry immunizations family_history",
    "dermatology-clinic": "lesion_type size contacts skin_tone photo_oblique photo_other_side photo_dermoscopy",
    "neurology-clinic": "drugs eeg mri video_gait photo_skin",
    "endocrinology-clinic": "bone_age karyotype",
    "nephrology-clinic": "chemistry urine_color ultrasound",
    "genetics-clinic": "",
    "metabolic-clinic": "",
    "cardiology-clinic": "wearable",
    "gastroenterology-clinic": "photo_stool",
    "cystic_fibrosis-clinic": "",
    "asthma-clinic": "spirometry allergy_labs video_inhaler video_breathing",
    "cleft-clinic": "video_speech dental",
}
AGES = {
    "neurology.head": (0, 36),
    "cardiology.infant_signs": (0, 12),
    "cardiology.saturation": (0, 3),
    "gastroenterology.jaundice": (0, 12),
    "asthma.spirometry": (72, None),
    "cleft.feeding": (0, 12),
    "cleft.speech": (30, None),
}
LED_TO = {
    "dermatology.mucosal_sores": {"sores_with_new_drug"},
    "dermatology.blisters": {"blisters_or_raw_skin"},
    "dermatology.blanching": {"non_blanching_rash"},
    "neurology.focal_deficit": {"sudden_weakness"},
    "endocrinology.glucose_signs": {"diabetic_crisis"},
    "nephrology.urine_output": {"dehydration"},
    "metabolic.ill_now": {"metabolic_illness"},
    "metabolic.signs": {"metabolic_illness"},
    "cardiology.exertional_syncope": {"exertional_syncope"},
    "cardiology.aortic_pain": {"connective_tissue_pain"},
    "genetics.aortic_pain": {"connective_tissue_pain"},
    "gastroenterology.tube_out": {"feeding_tube_out"},
    "gastroenterology.stool_blood": {"bilious_or_bloody_vomit"},
    "gastroenterology.vomiting": {"bilious_or_bloody_vomit"},
    "cystic_fibrosis.hemoptysis": {"hemoptysis"},
    "cystic_fibrosis.chest_pain": {"cystic_fibrosis_illness"},
    "cleft.airway": {"breathing"},
    "cleft.repair_bleeds": {"cleft_repair_bleeds"},
    "dermatology.danger_signs": {
        "blisters_or_raw_skin",
        "newborn_blisters",
        "eczema_sores",
        "fast_spreading_skin",
    },
    "endocrinology.danger_signs": {
        "low_sugar_or_calcium",
        "adrenal_illness",
        "newborn_genitals",
        "young_infant_vomit",
        "vision_or_balance",
        "thyroid_storm",
    },
    "nephrology.danger_signs": {
        "breathing",
        "pressure_crisis",
        "kidney_illness",
        "weak_defenses_fever",
        "infant_flank_fever",
        "critical_result",
    },
    "genetics.danger_signs": {"baby_not_feeding", "heart_illness", "low_sugar_or_calcium"},
    "metabolic.danger_signs": {"low_sugar_or_calcium", "critical_result", "baby_not_feeding", "kidney_illness"},
    "cardiology.danger_signs": {
        "exertional_syncope",
        "heart_illness",
        "heart_rate",
        "breathing",
        "baby_not_feeding",
    },
    "gastroenterology.danger_signs": {
        "severe_pain",
        "belly_waves",
        "young_infant_vomit",
        "poisoning",
        "bowel_or_liver_illness",
    },
    "cystic_fibrosis.danger_signs": {
        "low_oxygen",
        "cystic_fibrosis_illness",
        "weak_defenses_fever",
        "diabetic_crisis",
    },
    "asthma.danger_signs": {"chest_pulls_in", "low_oxygen", "inhaler_fails", "choking"},
    "cleft.danger_signs": {"baby_not_feeding", "breathing", "cleft_repair_bleeds", "few_wet_diapers"},
}
FORMS = {form.name: form for form in built_in()}
ALL = [(name, item) for name, form in FORMS.items() for item in flat(form.items)]


def ends(form: Questionnaire, mark: str) -> set[str]:
    return {item.link_id.rpartition(".")[2] for item in flat(form.items) if getattr(item, mark)}


@pytest.mark.parametrize("name", REQUIRED)
def test_a_form_requires_what_its_clinical_page_requires(name: str) -> None:
    assert ends(FORMS[name], "is_required") == set(REQUIRED[name].split())


@pytest.mark.parametrize("name", RECOMMENDED)
def test_a_form_recommends_what_its_clinical_page_recommends(name: str) -> None:
    assert ends(FORMS[name], "is_recommended") == set(RECOMMENDED[name].split())


def test_every_specialty_has_a_form_and_the_first_ones_ask_families_too() -> None:
    assert {name for name in FORMS if name.endswith("-clinic")} == set(REQUIRED)
    families = {"core-family", "dermatology-family", "neurology-family", "asthma-family"}
    assert {name for name in FORMS if name.endswith("-family")} == families


def test_ages_and_danger_signs_are_those_of_the_page() -> None:
    items = {item.link_id: item for _, item in ALL}
    assert {link: (items[link].from_month, items[link].to_month) for link in AGES} == AGES
    found = {link: {item.red_flag, *(each.red_flag for each in item.options)} - {""} for link, item in items.items()}
    assert {link: signs for link, signs in found.items() if signs} == LED_TO
    assert set().union(*LED_TO.values()) <= set(URGENCY_OF_CODE)
    check_library(load_library())


def test_each_skin_photo_has_its_view_and_the_old_views_stay() -> None:
    views = {item.link_id.rpartition(".")[2]: item.view for item in flat(FORMS["dermatology-clinic"].items)}
    wanted = {"photo_overview": "far", "photo_mid": "mid", "photo_close": "close"}
    assert {name: views[name] for name in wanted} == wanted


def test_the_control_test_of_asthma_is_linked_and_not_copied() -> None:
    item = FORMS["asthma-clinic"].by_link["asthma.control_score"]
    assert (item.link.startswith("https://"), item.kind) == (True, "integer")


@pytest.mark.parametrize("name", FORMS)
def test_every_text_is_there_in_spanish_and_the_form_says_that_it_is_a_draft(name: str) -> None:
    form = FORMS[name]
    items = [part for item in flat(form.items) for part in (item, *item.items)]
    texts = [form.title, *(item.words for item in items), *(item.hint for item in items if item.hint)]
    texts += [option.words for item in items for option in item.options]
    assert [words.texts["en"] for words in texts if not words.texts.get("es")] == []
    assert (form.is_signed, form.is_translated("es"), form.resource["status"]) == (False, False, "draft")


def test_families_read_short_and_plain_sentences() -> None:
    items = [item for form in FORMS.values() if form.audience == FAMILY for item in flat(form.items) if item.is_asked]
    for language, hardest in (("en", 6), ("es", 6)):
        texts = [words.in_language(language) for item in items for words in (item.words, item.hint) if words]
        sentences = [each for text in texts for each in re.split(r"[.?!…]+(?:\s|$)", text) if each.strip()]
        assert [each for each in sentences if len(each.split()) > 20] == []
        found = grade(" ".join(text if text[-1] in ".?!" else f"{text}." for text in texts), language)
        assert found is not None
        assert found <= hardest


CHILD = {"dermatology.itch": 7, "dermatology.pain": False, "dermatology.number": "few"}


@pytest.mark.parametrize(
    ("link", "value", "fault"),
    [
        ("dermatology.itch", 11, "out_of_range"),
        ("dermatology.itch", 7.5, "wrong_type"),
        ("dermatology.itch", True, "wrong_type"),
        ("dermatology.itch", "7", "wrong_type"),
        ("dermatology.pain", "no", "wrong_type"),
        ("dermatology.number", "dozens", "unknown_value"),
        ("dermatology.lesion_type", "papule", "wrong_type"),
        ("dermatology.lesion_type", ["papule", "moon"], "unknown_value"),
        ("dermatology.new_drug", "x" * 401, "too_long"),
        ("dermatology.photo_close", "yes", "unknown_value"),
        ("dermatology.itch", 10**400, "out_of_range"),
        ("dermatology.itch", float("nan"), "wrong_type"),
    ],
)
def test_a_wrong_answer_is_named_by_its_link(link: str, value: Any, fault: str) -> None:
    assert wrong_values(FORMS["dermatology-clinic"], {**CHILD, link: value}) == {link: fault}


@pytest.mark.parametrize(
    "more", [{"other": "x"}, {"dermatology.photo_close": "not_done"}, {"dermatology.itchy": 3}, {"core.weight": "x"}]
)
def test_answers_that_fit_and_names_that_the_form_has_not_are_let_be(more: dict[str, Any]) -> None:
    assert wrong_values(FORMS["dermatology-clinic"], CHILD | more) == {}


def asked_now(name: str, answers: dict[str, Any], months: int) -> set[str]:
    return {item.link_id for item in shown(FORMS[name], answers, months)}


@pytest.mark.parametrize(("months", "is_asked"), [(0, True), (35, True), (36, False)])
def test_an_item_is_for_its_ages(months: int, is_asked: bool) -> None:
    assert ("neurology.head" in asked_now("neurology-clinic", {}, months)) is is_asked


def test_a_condition_opens_an_item_and_a_table_is_judged_row_by_row() -> None:
    assert "cardiology.ecg" not in asked_now("cardiology-clinic", {"cardiology.reason": ["murmur"]}, 60)
    assert "cardiology.ecg" in asked_now("cardiology-clinic", {"cardiology.reason": ["syncope"]}, 60)
    assert "dermatology.photo_nails" not in asked_now("dermatology-clinic", CHILD, 60)
    points = [{"date": "2025-13", "height": 100}, {"date": "2025-03", "height": 900, "shoe": 3}, 5]
    assert wrong_values(FORMS["core-clinic"], {"core.growth": points}) == {
        "core.growth.0.date": "wrong_type",
        "core.growth.1.height": "out_of_range",
        "core.growth.1": "unknown_item",
        "core.growth.2": "wrong_type",
    }


def test_a_request_is_refused_for_a_wrong_answer_and_not_for_a_foreign_name(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        foreign = clinic.econsult(session, details={"body_site": "elbow", "itch": "much", "weight_kg": "16.4"})
        assert foreign.status == "submitted"
        assert foreign.details["answered_under"]["dermatology-clinic"] == "1.0.0"
        wrong = clinic.draft(session, details={"body_site": "elbow", "dermatology.itch": 12})
        with pytest.raises(InvalidError) as refused:
            requests.submit(session, wrong, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)
    assert refused.value.fields == {"details.dermatology.itch": "out_of_range"}


def test_who_answers_a_form_is_told_what_it_requires_and_may_go_on_with_a_reason(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, details={"body_site": "elbow", "dermatology.itch": 3})
        with pytest.raises(InvalidError) as refused:
            requests.submit(session, draft, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)
        sent = requests.submit(session, draft, clinic.pcp, SubmitForm("Not known"), now=NOON, targets=TARGETS)
    assert {"details.dermatology.pain", "details.core.weight", "details.tried"} <= set(refused.value.fields)
    assert "details.dermatology.itch" not in refused.value.fields
    assert (sent.status, sent.override_reason) == ("submitted", "Not known")


def test_only_we_say_under_which_forms_a_request_was_sent(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, details={"answered_under": {"dermatology-clinic": "9"}})
        assert "answered_under" not in draft.details


def test_an_answer_that_is_a_danger_sign_stops_the_request(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError) as stopped, database.writing() as session:
        clinic.econsult(session, details={"dermatology.blanching": "no"})
    assert stopped.value.codes == ("non_blanching_rash",)
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = clinic.family_draft(session, details={"body_site": "elbow", "red_flags": [], "metabolic.ill_now": True})
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)


def test_a_medicine_against_fever_in_a_sentence_is_no_fever(database: Database, clinic: Clinic) -> None:
    details = {"body_site": "elbow", "core.medications": "Acetaminophen for fever last month", "core.fever": False}
    with database.writing() as session:
        clinic.child.birth_date_text = "2026-02-01"
        session.merge(clinic.child)
        draft = clinic.draft(session, details=details)
        reason = SubmitForm("Not known")
        assert requests.submit(session, draft, clinic.pcp, reason, now=NOON, targets=TARGETS).status == "submitted"
        hot = requests.create(session, clinic.pcp, clinic.child, RequestForm(details={"core.fever": True}), now=NOON)
    with pytest.raises(EmergencyError), database.writing() as session:
        requests.submit(session, session.merge(hot), clinic.pcp, reason, now=NOON, targets=TARGETS)


def test_the_files_in_the_house_carry_their_names() -> None:
    for path in sorted(Path(DATA).glob("*.json")):
        assert json.loads(path.read_text(encoding="utf-8"))["name"] == path.stem.partition("@")[0]


def chained() -> Questionnaire:
    """A; B if A; C (required) and D (a danger sign) if B; E if A or B."""
    sign = [{"url": "urn:econsult:red-flag", "valueCode": "seizure"}]

    def item(name: str, *asked_if: str, **more: Any) -> dict[str, Any]:
        conditions = [{"question": f"dermatology.{one}", "operator": "=", "answerBoolean": True} for one in asked_if]
        when = {"enableWhen": conditions, "enableBehavior": "any"} if conditions else {}
        return {"linkId": f"dermatology.{name}", "text": f"{name}?", "type": "boolean", **when, **more}

    items = [
        item("a"),
        item("b", "a"),
        item("c", "b", required=True),
        item("d", "b", extension=sign),
        item("e", "a", "b"),
    ]
    head = {"resourceType": "Questionnaire", "name": "dermatology-clinic", "version": "2.0.0", "title": "t"}
    return parse({**head, "status": "draft", "item": items})


@pytest.mark.parametrize(
    ("said", "asked", "out", "signs"),
    [
        ({"a": False, "b": True, "d": True}, "a", "bcde", ()),
        ({"a": True, "b": False, "d": True}, "abe", "cd", ()),
        ({"a": True, "b": True, "d": True}, "abcde", "", ("seizure",)),
        # Nobody has answered what decides: what is said counts as danger, and nothing more is required.
        ({"b": True, "d": True}, "a", "", ("seizure",)),
        ({"d": True}, "a", "", ("seizure",)),
    ],
)
def test_an_item_that_is_off_takes_along_what_hangs_on_it(
    said: dict[str, bool], asked: str, out: str, signs: tuple[str, ...]
) -> None:
    form, answers = chained(), {f"dermatology.{name}": value for name, value in said.items()}
    assert [item.link_id[-1] for item in shown(form, answers, 48)] == list(asked)
    assert sorted(link[-1] for link in ruled_out(form, answers)) == list(out)
    assert danger_signs(form, answers) == signs


def test_an_answer_to_what_is_ruled_out_is_dropped_when_the_request_is_sent(database: Database, clinic: Clinic) -> None:
    details = {"neurology.is_episodic": False, "neurology.duration": 300, "body_site": "elbow"}
    with database.writing() as session:
        draft = clinic.draft(session, specialty="neurology", details={**details, "seen": "x"})
        sent = requests.submit(session, draft, clinic.pcp, SubmitForm("Not known"), now=NOON, targets=TARGETS)
        assert {"neurology.is_episodic", "seen"} <= set(sent.details)
        assert "neurology.duration" not in sent.details


@pytest.mark.parametrize(
    ("name", "near"), [("dermatology.ich", "dermatology.itch"), ("core.weight_x", "core.weight"), ("asthma.zzqqxx", "")]
)
def test_a_misspelt_item_is_refused_with_the_nearest_one(
    database: Database, clinic: Clinic, name: str, near: str
) -> None:
    with pytest.raises(InvalidError) as refused, database.writing() as session:
        clinic.econsult(session, details={"body_site": "elbow", name: 7})
    assert refused.value.fields == {f"details.{name}": "unknown_item"}
    assert str(refused.value) == f"details.{name} is in none of our forms{f': did you mean {near}?' if near else '.'}"


@pytest.mark.parametrize(("symptoms", "is_stopped"), [(["breathing"], True), (["Stiff neck"], True), (["itch"], False)])
def test_a_sign_among_a_familys_symptoms_stops_it(
    database: Database, clinic: Clinic, symptoms: list[str], is_stopped: bool
) -> None:
    with pytest.raises(EmergencyError) if is_stopped else nullcontext(), database.writing() as session:
        draft = clinic.family_draft(session, details={"body_site": "elbow", "symptoms": symptoms})
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)

"""Every clause of the page of danger signs (section 6.12) is asked, as urgently as it says and at the ages it says."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from econsult.consults.plainness import grade
from econsult.consults.redflags import IN_FORMS, NOW, SAME_DAY, URGENCY_OF_CODE
from econsult.people.patients import Patient
from econsult.people.persons import SPECIALTIES
from econsult.templates.loading import built_in
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.words.catalogues import load_catalogue
from web.words.signs import EVERY, FLAG_CODES, for_age
from workers.runtime import Runtime


class Clause(NamedTuple):
    """One clause of the page: the sign, and the words of the list that say it to families and clinics alike.

    `below` is the age in months from which it is not asked. `at` is the item of the specialty's own form for clinics
    that asks for it as well, with the choice that tells of it; `leads_to` the sign there, where it is another one.
    """

    code: str
    says: str
    at: str = ""
    urgency: str = NOW
    below: int | None = None
    leads_to: str = ""


# Written by hand from section 6.12, row by row; never from the lists.
UNIVERSAL = [
    Clause("breathing", "Hard time breathing"),
    Clause("breathing", "breath that stops"),
    Clause("breathing", "blue lips"),
    Clause("unresponsive", "Very hard to wake"),
    Clause("unresponsive", "suddenly confused"),
    Clause("seizure", "A seizure"),
    Clause("young_infant_fever", "100.4 °F or more, in a baby under 3 months", below=3),
    Clause("weak_defenses_fever", "Fever, and weak defenses"),
    Clause("weak_defenses_fever", "medicine, cancer or a transplant"),
    Clause("weak_defenses_fever", "central line or port"),
    Clause("weak_defenses_fever", "no spleen"),
    Clause("weak_defenses_fever", "sickle cell"),
    Clause("non_blanching_rash", "do not fade when you press a glass"),
    Clause("stiff_neck", "Stiff neck"),
    Clause("stiff_neck", "bulging soft spot"),
    Clause("bilious_or_bloody_vomit", "Green vomit"),
    Clause("bilious_or_bloody_vomit", "blood in vomit"),
    Clause("bilious_or_bloody_vomit", "black stool"),
    Clause("dehydration", "No pee for 8 hours"),
    Clause("dehydration", "sunken eyes"),
    Clause("dehydration", "cannot keep water down"),
    Clause("severe_pain", "Very strong or sudden pain"),
    Clause("severe_pain", "hard belly"),
    Clause("severe_pain", "testicle"),
    Clause("anaphylaxis", "Swelling of face, lips or tongue"),
    Clause("injury", "bad injury"),
    Clause("injury", "bad burn"),
    Clause("injury", "hard hit on the head"),
    Clause("poisoning", "poison, pills"),
    Clause("self_harm", "hurting themselves"),
    Clause("unsafe", "Someone hurts your child, or you are not safe"),
]
OF_SPECIALTY = {
    "dermatology": [
        Clause("non_blanching_rash", "do not fade", "blanching=no"),
        Clause("blisters_or_raw_skin", "many blisters", "blisters=many_or_raw"),
        Clause("blisters_or_raw_skin", "peels and is raw"),
        Clause("sores_with_new_drug", "mouth, eyes or private parts", "mucosal_sores"),
        Clause("eczema_sores", "Eczema with round sores that hurt", "danger_signs=eczema_herpeticum"),
        Clause("fast_spreading_skin", "spreads fast and hurts a lot", "danger_signs=fast_spreading"),
        Clause(
            "newborn_blisters", "Under 1 month: blisters, or bumps with pus", "danger_signs=newborn_blisters", below=1
        ),
        Clause("anaphylaxis", "Swelling"),
        Clause("kawasaki_signs", "Fever for 5 days with red eyes, red lips or a rash", urgency=SAME_DAY),
        Clause("blisters_or_raw_skin", "red almost all over", "danger_signs=erythroderma"),
    ],
    "neurology": [
        Clause("seizure", "A seizure"),
        Clause("infant_spasms", "Jerks or head drops again and again", below=12),
        Clause("sudden_weakness", "weak arm or leg, a face that hangs, or no speech", "focal_deficit=sudden"),
        Clause("worst_headache", "The worst headache ever"),
        Clause("worst_headache", "wakes them and they throw up"),
        Clause("shunt_illness", "Shunt (brain tube): a headache, vomit or deep sleep"),
        Clause("skills_lost", "Seizures: can no longer do"),
        Clause("vision_or_balance", "Sees double"),
        Clause("vision_or_balance", "walks as if drunk"),
        Clause("injury", "hit on the head"),
        Clause("legs_weaken", "Legs that get weaker"),
        Clause("legs_weaken", "no longer hold pee"),
    ],
    "endocrinology": [
        Clause("diabetic_crisis", "Very thirsty with lots of pee, and throws up, breathes fast", "glucose_signs=ill"),
        Clause("diabetic_crisis", "fruity breath"),
        Clause("low_sugar_or_calcium", "sugar that stays under 54", "danger_signs=low_glucose"),
        Clause("adrenal_illness", "Daily steroids", "danger_signs=adrenal"),
        Clause("newborn_genitals", "not clearly male or female", "danger_signs=ambiguous_genitalia", below=1),
        Clause("young_infant_vomit", "vomit and weight loss", "danger_signs=salt_wasting", below=3),
        Clause("vision_or_balance", "sees badly", "danger_signs=vision"),
        Clause("adrenal_illness", "overactive thyroid", "danger_signs=thyroid_storm", leads_to="thyroid_storm"),
    ],
    "nephrology": [
        Clause("dehydration", "No pee", "urine_output=none"),
        Clause("breathing", "Hard time breathing", "danger_signs=swelling"),
        Clause("worst_headache", "high blood pressure", "danger_signs=pressure_crisis", leads_to="pressure_crisis"),
        Clause("vision_or_balance", "sees badly", "danger_signs=pressure_crisis", leads_to="pressure_crisis"),
        Clause("kidney_illness", "cola-dark pee with swelling", "danger_signs=dark_urine"),
        Clause("kidney_illness", "Bloody poop and then pale skin or little pee", "danger_signs=hus"),
        Clause("weak_defenses_fever", "dialysis", "danger_signs=weak_defenses"),
        Clause("weak_defenses_fever", "transplant", "danger_signs=weak_defenses"),
        Clause("infant_flank_fever", "A fever, and pain in the side", "danger_signs=infant_uti", below=12),
        # A result that no family knows of: the form alone asks for it.
        Clause("", "", "danger_signs=potassium", leads_to="critical_result"),
    ],
    "genetics": [
        Clause("breathing", "breath that stops", "danger_signs=hypotonia", leads_to="baby_not_feeding"),
        Clause("baby_not_feeding", "Cannot feed, or is limp", "danger_signs=hypotonia", below=12),
        Clause("connective_tissue_pain", "sudden pain in the chest or back", "aortic_pain"),
        Clause("heart_illness", "Heart problem", "danger_signs=syncope"),
        Clause("heart_illness", "passed out"),
        Clause("low_sugar_or_calcium", "low calcium (22q) with cramps", "danger_signs=low_calcium"),
    ],
    "metabolic": [
        Clause("metabolic_illness", "Metabolic disease: is sick now", "ill_now"),
        Clause("low_sugar_or_calcium", "or the number in their letter", "danger_signs=low_glucose"),
        Clause("", "", "danger_signs=ammonia", leads_to="critical_result"),
        Clause("baby_not_feeding", "Cannot feed, or is limp, sleepy", "danger_signs=newborn", below=12),
        Clause("kidney_illness", "cola-dark pee with swelling or sore muscles", "danger_signs=rhabdomyolysis"),
    ],
    "cardiology": [
        Clause("exertional_syncope", "Passed out or had chest pain at play or sport", "exertional_syncope"),
        Clause("exertional_syncope", "passed out with a racing heart"),
        Clause("exertional_syncope", "chest pain at play or sport", "danger_signs=exertional_pain"),
        Clause("heart_illness", "Kawasaki or MIS-C", "danger_signs=after_kawasaki"),
        Clause("heart_rate", "over 180 at rest (220 in a baby)", "danger_signs=fast"),
        Clause("breathing", "blue lips", "danger_signs=blue_spell"),
        Clause("baby_not_feeding", "gray or sweaty with feeds", "danger_signs=infant", below=12),
        Clause("heart_rate", "under 60 and dizzy", "danger_signs=slow"),
        Clause("heart_illness", "fever, chest pain or blue skin", "danger_signs=fever"),
        Clause("heart_illness", "blue skin", "danger_signs=shunt"),
        Clause("heart_rate", "shock from a heart device", "danger_signs=device"),
        Clause("connective_tissue_pain", "Marfan", "aortic_pain"),
    ],
    "gastroenterology": [
        Clause("bilious_or_bloody_vomit", "Green vomit", "vomiting=bilious"),
        Clause("bilious_or_bloody_vomit", "blood in vomit or stool", "stool_blood=much_blood"),
        Clause("severe_pain", "hard belly", "danger_signs=rigid"),
        Clause("belly_waves", "low on the right", "danger_signs=right_lower"),
        Clause("poisoning", "battery, a magnet or a strong cleaner", "danger_signs=swallowed"),
        Clause("belly_waves", "waves with a limp child or red jelly poop", "danger_signs=intussusception"),
        Clause("young_infant_vomit", "Under 3 months: vomit that shoots out", "danger_signs=projectile", below=3),
        Clause("infant_jaundice", "Yellow skin or eyes with white or pale poop", urgency=SAME_DAY, below=12),
        Clause("dehydration", "cannot keep water down"),
        Clause("bowel_or_liver_illness", "Bowel or liver disease: looks very sick", "danger_signs=bowel"),
        Clause("bowel_or_liver_illness", "is confused or bleeds", "danger_signs=liver"),
        Clause("feeding_tube_out", "feeding tube: it came out, and is less than 2 months old", "tube_out"),
    ],
    "cystic_fibrosis": [
        Clause("hemoptysis", "more than a teaspoon of blood", "hemoptysis=teaspoon"),
        Clause("cystic_fibrosis_illness", "sudden chest pain", "chest_pain"),
        Clause("low_oxygen", "under 92", "danger_signs=oxygen"),
        Clause("low_oxygen", "needs more oxygen than before", "danger_signs=oxygen"),
        Clause("cystic_fibrosis_illness", "vomit with no poop", "danger_signs=obstruction"),
        Clause("cystic_fibrosis_illness", "sick from the heat", "danger_signs=heat"),
        Clause("weak_defenses_fever", "port", "danger_signs=port"),
        Clause("diabetic_crisis", "Very thirsty", "danger_signs=diabetes"),
    ],
    "asthma": [
        Clause("chest_pulls_in", "Ribs that pull in", "danger_signs=retractions"),
        Clause("chest_pulls_in", "worn out by breathing", "danger_signs=retractions"),
        Clause("chest_pulls_in", "no breath to talk or feed", "danger_signs=retractions"),
        Clause("low_oxygen", "under 92", "danger_signs=oxygen"),
        Clause("breathing", "blue lips"),
        Clause("inhaler_fails", "does not help, is needed again in 3 hours", "danger_signs=rescue"),
        Clause("unresponsive", "hard to wake"),
        Clause("inhaler_fails", "one before led to the ICU", "danger_signs=intensive_care"),
        Clause("anaphylaxis", "Swelling"),
        Clause("choking", "Choked on something, drools, or breathes in with a loud noise", "danger_signs=stridor"),
        Clause("breathing", "breath that stops"),
    ],
    "cleft": [
        Clause("baby_not_feeding", "Cannot feed", "danger_signs=feeds", below=12),
        Clause("breathing", "breath that stops", "airway=pauses"),
        Clause("choking", "breathes in with a loud noise", "danger_signs=robin", leads_to="breathing"),
        Clause("cleft_repair_bleeds", "bleeds or opens", "repair_bleeds"),
        Clause("cleft_repair_bleeds", "a fever, noisy breath or no drinking", "danger_signs=after_surgery"),
        Clause("young_infant_fever", "under 3 months", below=3),
        Clause("few_wet_diapers", "Few wet diapers", "danger_signs=weight", SAME_DAY, 12),
        Clause("few_wet_diapers", "not back at birth weight", "danger_signs=weight", SAME_DAY, 12),
    ],
}
ROWS = [("universal", clause) for clause in UNIVERSAL]
ROWS += [(name, clause) for name, clauses in OF_SPECIALTY.items() for clause in clauses]
LISTED = [clause for _name, clause in ROWS if clause.code]
MONTHS = (0, 1, 2, 3, 6, 11, 12, 60, 200)
FORMS = {form.name: form for form in built_in()}
LONGEST_LINE = {"en": 125, "es": 145}
ENGLISH = {code: str(words) for code, words in EVERY}
"""Outside of a page a text is in the language that it is written in."""


def named(row: tuple[str, Clause]) -> str:
    return f"{row[0]}: {row[1].says or row[1].at}"


@pytest.mark.parametrize("row", [row for row in ROWS if row[1].code], ids=named)
def test_the_list_says_each_clause_as_urgently_and_at_the_ages_of_the_page(row: tuple[str, Clause]) -> None:
    clause = row[1]
    assert clause.says in ENGLISH[clause.code]
    assert URGENCY_OF_CODE[clause.code] == clause.urgency
    asked = [months for months in MONTHS if clause.code in {code for code, _ in for_age(EVERY, months)}]
    assert asked == [months for months in MONTHS if clause.below is None or months < clause.below]


@pytest.mark.parametrize("row", [row for row in ROWS if row[1].at], ids=named)
def test_the_specialtys_form_for_clinics_asks_for_it_too(row: tuple[str, Clause]) -> None:
    """At every age: a form is for a child whose clinician looks at it, and the choice names the newborn itself."""
    name, clause = row
    link, _, choice = clause.at.partition("=")
    item = FORMS[f"{name}-clinic"].by_link[f"{name}.{link}"]
    option = item.option(choice)
    sign = option.red_flag if option is not None else item.red_flag
    assert sign == (clause.leads_to or clause.code)
    assert URGENCY_OF_CODE[sign] == clause.urgency
    assert (item.from_month, item.to_month, item.conditions) == (0, None, ())


def test_no_specialty_and_no_sign_is_left_out_of_the_table() -> None:
    assert set(OF_SPECIALTY) == set(SPECIALTIES)
    assert {clause.code for clause in LISTED} == set(FLAG_CODES)
    assert {clause.leads_to for _name, clause in ROWS} & set(IN_FORMS) == set(IN_FORMS)


def of_age(runtime: Runtime, clinic: Clinic, born: str) -> None:
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).birth_date_text = born


@pytest.mark.parametrize(("born", "months"), [("today", 0), ("2017-01-02", 100)])
def test_the_pages_of_families_and_of_clinics_ask_for_every_one(
    mother: FlaskClient, browser_of: BrowserOf, clinic: Clinic, runtime: Runtime, born: str, months: int
) -> None:
    of_age(runtime, clinic, datetime.now(ZoneInfo("America/Denver")).date().isoformat() if born == "today" else born)
    pcp = browser_of(clinic.pcp)
    ask = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location.rsplit("/", 1)[0]
    family = mother.get(f"{ask}/emergency?lang=en").text
    request = pcp.get(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location).text
    due = {clause.code for clause in LISTED if clause.below is None or months < clause.below}
    for page in (family, request):
        assert {code for code in FLAG_CODES if f'value="{code}"' in page} == due
    # A clinician is nobody whose child it is.
    assert ["your child, or you are" in page for page in (family, request)] == [True, False]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_list_is_in_plain_words_and_each_line_is_short(language: str) -> None:
    catalogue = load_catalogue("es")
    told = {line: catalogue.get(line) for line in ENGLISH.values()}
    lines = list(told) if language == "en" else [str(text.string) for text in told.values() if text]
    assert (len(lines), len(ENGLISH)) == (len(EVERY), len(EVERY))
    assert [line for line in lines if len(line) > LONGEST_LINE[language]] == []
    found = grade(" ".join(f"{line}." for line in lines), language)
    assert found is not None
    assert found <= 6


def test_who_ticks_every_sign_is_led_to_help(mother: FlaskClient, clinic: Clinic) -> None:
    """There are more signs than there are codes in any other list of a request."""
    ask = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location.rsplit("/", 1)[0]
    codes = [code for code in FLAG_CODES if code != "unsafe"]
    assert post(mother, f"{ask}/emergency", {"emergency": "yes", "flags": codes}).location == f"{ask}/call-911"


@pytest.mark.parametrize("specialty", [name for name in OF_SPECIALTY if name != "neurology"])
def test_a_clinic_sees_its_specialtys_danger_signs_without_opening_anything(
    browser_of: BrowserOf, clinic: Clinic, specialty: str
) -> None:
    pcp = browser_of(clinic.pcp)
    path = str(post(pcp, "/clinic/ask", {"child": clinic.child.public_id}).location)
    post(pcp, path, {"verb": "save", "specialty": specialty, "question": "Is it safe to wait?"})
    part = pcp.get(path).text.partition(f'data-part="{specialty}"')[2].partition("</details>")[0]
    assert f'name="{specialty}.danger_signs"' in part.partition("<details")[0]

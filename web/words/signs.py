"""The danger signs that are asked of a child: in groups, in the words of families, and only those for its age."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from econsult.consults.redflags import BELOW_MONTHS
from web.words.families import RED_FLAGS, SKIN_FLAGS
from web.words.language import gettext

Flag = tuple[str, str, LazyString]
BREATH_FLAGS = (
    ("chest_pulls_in", "lungs", _l("Ribs that pull in, worn out by breathing, or no breath to talk or feed")),
    (
        "inhaler_fails",
        "lungs",
        _l("An asthma attack, and the inhaler does not help, is needed again in 3 hours, or one before led to the ICU"),
    ),
    ("low_oxygen", "lungs", _l("An oxygen number under 92 that is new, or needs more oxygen than before")),
    ("choking", "alert", _l("Choked on something, drools, or breathes in with a loud noise")),
    ("hemoptysis", "drop", _l("Coughed up more than a teaspoon of blood")),
    (
        "cystic_fibrosis_illness",
        "lungs",
        _l("Has cystic fibrosis, and sudden chest pain, vomit with no poop, or is sick from the heat"),
    ),
)
HEAD_FLAGS = (
    ("sudden_weakness", "brain", _l("New weak arm or leg, a face that hangs, or no speech")),
    (
        "worst_headache",
        "alert",
        _l("The worst headache ever, one that wakes them and they throw up, or one with high blood pressure"),
    ),
    ("shunt_illness", "brain", _l("A shunt (brain tube), and a headache, vomit or deep sleep")),
    ("infant_spasms", "family", _l("Jerks or head drops again and again, in a baby under 1 year")),
    ("skills_lost", "brain", _l("Has seizures, and can no longer do what they could before")),
    ("vision_or_balance", "eye", _l("Sees double, sees badly or walks as if drunk, and did not before")),
    ("legs_weaken", "alert", _l("Legs that get weaker day by day, or can no longer hold pee")),
)
BELLY_FLAGS = (
    (
        "belly_waves",
        "stomach",
        _l("Belly pain low on the right, or that comes in waves with a limp child or red jelly poop"),
    ),
    ("young_infant_vomit", "stomach", _l("Vomit that shoots out, or vomit and weight loss, in a baby under 3 months")),
    (
        "baby_not_feeding",
        "family",
        _l("Cannot feed, or is limp, sleepy, gray or sweaty with feeds, in a baby under 1 year"),
    ),
    ("few_wet_diapers", "drop", _l("Few wet diapers, or not back at birth weight, in a baby under 1 year")),
    ("newborn_genitals", "family", _l("Private parts not clearly male or female, in a baby under 1 month")),
    ("infant_flank_fever", "heat", _l("A fever, and pain in the side, the back or with pee, in a baby under 1 year")),
    (
        "kidney_illness",
        "drop",
        _l("Bloody poop and then pale skin or little pee, or cola-dark pee with swelling or sore muscles"),
    ),
    (
        "bowel_or_liver_illness",
        "stomach",
        _l("Has a bowel or liver disease, and looks very sick, is confused or bleeds"),
    ),
    ("feeding_tube_out", "stomach", _l("A belly feeding tube that came out, and is less than 2 months old")),
)
KNOWN_FLAGS = (
    (
        "exertional_syncope",
        "heart",
        _l("Passed out or had chest pain at play or sport, or passed out with a racing heart"),
    ),
    (
        "heart_illness",
        "heart",
        _l("Has a heart problem (or had Kawasaki or MIS-C), and passed out or has a fever, chest pain or blue skin"),
    ),
    (
        "heart_rate",
        "heart",
        _l("A heart rate over 180 at rest (220 in a baby), under 60 and dizzy, or a shock from a heart device"),
    ),
    ("connective_tissue_pain", "heart", _l("Has Marfan or a like illness, and sudden pain in the chest or back")),
    ("metabolic_illness", "flask", _l("Has a metabolic disease, and is sick now")),
    (
        "diabetic_crisis",
        "drop",
        _l("Very thirsty with lots of pee, and throws up, breathes fast, has fruity breath or is sleepy"),
    ),
    (
        "low_sugar_or_calcium",
        "drop",
        _l("Blood sugar that stays under 54 or the number in their letter, or low calcium (22q) with cramps"),
    ),
    (
        "adrenal_illness",
        "flask",
        _l("Needs steroids each day or has an overactive thyroid, and throws up, has a fever or is very weak"),
    ),
    (
        "cleft_repair_bleeds",
        "face",
        _l("A lip or palate just operated on, and it bleeds or opens, or a fever, noisy breath or no drinking"),
    ),
)
EVERY = RED_FLAGS + SKIN_FLAGS + BREATH_FLAGS + HEAD_FLAGS + BELLY_FLAGS + KNOWN_FLAGS
FLAG_CODES = tuple(code for code, _drawing, _words in EVERY)


def for_age(flags: tuple[Flag, ...], months: int, told: Collection[str] = ()) -> tuple[Flag, ...]:
    """Those of these signs that are asked at this age, and what was `told`: a sign of newborns asks nobody else."""
    return tuple(flag for flag in flags if flag[0] in told or months < BELOW_MONTHS.get(flag[0], months + 1))


def groups_for(months: int, *, is_youth: bool, told: Collection[str] = ()) -> Iterator[tuple[str, tuple[Flag, ...]]]:
    """Each group with its title, for a page of families, and for whoever reads it to them on the telephone.

    Every specialty's own signs stand in one of them; what was `told` stands there at any age.
    """
    first = gettext("Right now, do you have:") if is_youth else gettext("Right now, does your child have:")
    titles = (
        (first, RED_FLAGS),
        (gettext("Or on the skin:"), SKIN_FLAGS),
        (gettext("Or with the breath:"), BREATH_FLAGS),
        (gettext("Or with the head or a seizure:"), HEAD_FLAGS),
        (gettext("Or with the belly, food or pee:"), BELLY_FLAGS),
        (gettext("Or with the heart, an operation, or an illness you know of:"), KNOWN_FLAGS),
    )
    return ((title, for_age(flags, months, told)) for title, flags in titles)

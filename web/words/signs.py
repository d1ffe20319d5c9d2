"""The danger signs that are asked of a child: in groups, in the words of families, and only those for its age."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from econsult.consults.redflags import BELOW_MONTHS
from web.words.families import RED_FLAGS, SKIN_FLAGS
from web.words.language import gettext

Flag = tuple[str, LazyString]
"""Its code, and the words in which it is asked."""


class Group(NamedTuple):
    """Signs under one heading, with its drawing."""

    drawing: str
    title: str
    flags: tuple[Flag, ...]


BREATH_FLAGS = (
    ("chest_pulls_in", _l("Ribs that pull in, worn out by breathing, or no breath to talk or feed")),
    ("choking", _l("Choked on something, drools, or breathes in with a loud noise")),
    ("low_oxygen", _l("An oxygen number under 92 that is new, or needs more oxygen than before")),
    ("hemoptysis", _l("Coughed up more than a teaspoon of blood")),
    ("exertional_syncope", _l("Passed out or had chest pain at play or sport, or passed out with a racing heart")),
    (
        "heart_rate",
        _l("A heart rate over 180 at rest (220 in a baby), under 60 and dizzy, or a shock from a heart device"),
    ),
)
HEAD_FLAGS = (
    ("sudden_weakness", _l("New weak arm or leg, a face that hangs, or no speech")),
    (
        "worst_headache",
        _l("The worst headache ever, one that wakes them and they throw up, or one with high blood pressure"),
    ),
    ("vision_or_balance", _l("Sees double, sees badly or walks as if drunk, and did not before")),
    ("legs_weaken", _l("Legs that get weaker day by day, or can no longer hold pee")),
)
BELLY_FLAGS = (
    ("belly_waves", _l("Belly pain low on the right, or that comes in waves with a limp child or red jelly poop")),
    (
        "kidney_illness",
        _l("Bloody poop and then pale skin or little pee, or cola-dark pee with swelling or sore muscles"),
    ),
    (
        "diabetic_crisis",
        _l("Very thirsty with lots of pee, and throws up, breathes fast, has fruity breath or is sleepy"),
    ),
)
BABY_FLAGS = (
    ("baby_not_feeding", _l("Cannot feed, or is limp, sleepy, gray or sweaty with feeds")),
    ("few_wet_diapers", _l("Few wet diapers, or not back at birth weight")),
    ("infant_spasms", _l("Jerks or head drops again and again")),
    ("infant_flank_fever", _l("A fever, and pain in the side, the back or with pee")),
    ("infant_jaundice", _l("Yellow skin or eyes with white or pale poop")),
    ("young_infant_vomit", _l("Under 3 months: vomit that shoots out, or vomit and weight loss")),
    ("newborn_blisters", _l("Under 1 month: blisters, or bumps with pus")),
    ("newborn_genitals", _l("Under 1 month: private parts not clearly male or female")),
)
KNOWN_FLAGS = (
    (
        "inhaler_fails",
        _l("Asthma attack: the inhaler does not help, is needed again in 3 hours, or one before led to the ICU"),
    ),
    ("cystic_fibrosis_illness", _l("Cystic fibrosis: sudden chest pain, vomit with no poop, or sick from the heat")),
    ("heart_illness", _l("Heart problem (or had Kawasaki or MIS-C): passed out, a fever, chest pain or blue skin")),
    ("connective_tissue_pain", _l("Marfan or a like illness: sudden pain in the chest or back")),
    ("skills_lost", _l("Seizures: can no longer do what they could before")),
    ("shunt_illness", _l("Shunt (brain tube): a headache, vomit or deep sleep")),
    ("metabolic_illness", _l("Metabolic disease: is sick now")),
    (
        "low_sugar_or_calcium",
        _l(
            "Low sugar or calcium: sugar that stays under 54 or the number in their letter, "
            "or low calcium (22q) with cramps"
        ),
    ),
    ("adrenal_illness", _l("Daily steroids or an overactive thyroid: throws up, has a fever or is very weak")),
    ("bowel_or_liver_illness", _l("Bowel or liver disease: looks very sick, is confused or bleeds")),
    ("feeding_tube_out", _l("Belly feeding tube: it came out, and is less than 2 months old")),
    (
        "cleft_repair_bleeds",
        _l("Lip or palate just operated on: bleeds or opens, a fever, noisy breath or no drinking"),
    ),
)
_GROUPED = (
    ("alert", RED_FLAGS),
    ("spots", SKIN_FLAGS),
    ("lungs", BREATH_FLAGS),
    ("brain", HEAD_FLAGS),
    ("stomach", BELLY_FLAGS),
    ("family", BABY_FLAGS),
    ("heart", KNOWN_FLAGS),
)
EVERY = tuple(flag for _drawing, flags in _GROUPED for flag in flags)
FLAG_CODES = tuple(code for code, _words in EVERY)
FOR_STAFF = {
    "unsafe": _l("Somebody hurts the child, or the home is not safe"),
    "sudden_weakness": _l("New and sudden weakness, face droop or loss of speech"),
    "weak_defenses_fever": _l(
        "Fever with immune suppression, dialysis, a central line, no spleen or sickle cell disease"
    ),
    "exertional_syncope": _l("Syncope or chest pain with exertion, or syncope with palpitations"),
    "metabolic_illness": _l("Ill now, with a known or suspected metabolic disease"),
    "diabetic_crisis": _l("Much urine and thirst with vomiting, fast breathing, fruity breath or sleepiness"),
    "hemoptysis": _l("More than a teaspoon of blood coughed up"),
}
"""What staff tick and read in the place of words that speak to a family."""


def for_age(flags: tuple[Flag, ...], months: int, told: Collection[str] = ()) -> tuple[Flag, ...]:
    """Those of these signs that are asked at this age, and what was `told`: a sign of newborns asks nobody else."""
    return tuple(flag for flag in flags if flag[0] in told or months < BELOW_MONTHS.get(flag[0], months + 1))


def groups_for(months: int, *, is_youth: bool, told: Collection[str] = ()) -> Iterator[Group]:
    """The groups that ask something of a child of this age, for families, and for whoever reads them out by telephone.

    What everybody is asked comes first; then each part of the body, what only babies have, and what belongs to an
    illness that the family knows of, which begins with its name. What was `told` stands there at any age.
    """
    first = gettext("Right now, do you have:") if is_youth else gettext("Right now, does your child have:")
    titles = (
        first,
        gettext("Or on the skin:"),
        gettext("Or with the breath or heart:"),
        gettext("Or with the head or legs:"),
        gettext("Or with the belly, food or pee:"),
        gettext("Or in a baby under 1 year:"),
        gettext("Or with an illness you know of:"),
    )
    return _asked(titles, months, told)


def groups_on_form(months: int, told: Collection[str] = ()) -> tuple[Group, ...]:
    """The same for a clinic that fills in a form about this child."""
    titles = (
        gettext("In every child"),
        gettext("Skin"),
        gettext("Breath and heart"),
        gettext("Head and legs"),
        gettext("Belly, food and pee"),
        gettext("Babies under 1 year"),
        gettext("With a known illness"),
    )
    asked = _asked(titles, months, told)
    return tuple(
        each._replace(flags=tuple((code, FOR_STAFF.get(code, said)) for code, said in each.flags)) for each in asked
    )


def _asked(titles: Iterable[str], months: int, told: Collection[str]) -> Iterator[Group]:
    for (drawing, flags), title in zip(_GROUPED, titles, strict=True):
        if asked := for_age(flags, months, told):
            yield Group(drawing, title, asked)

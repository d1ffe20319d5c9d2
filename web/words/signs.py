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
    ("chest_pulls_in", "lungs", _l("Skin that pulls in at the ribs, or no breath to talk or feed")),
    ("inhaler_fails", "lungs", _l("The inhaler does not help, or is needed again in 3 hours")),
    ("choking", "alert", _l("Choked on something, drools, or breathes in with a loud noise")),
    ("hemoptysis", "drop", _l("Coughed up more than a teaspoon of blood")),
    ("cystic_fibrosis_chest_pain", "lungs", _l("Has cystic fibrosis, and chest pain that came on all at once")),
)
HEAD_FLAGS = (
    ("sudden_weakness", "brain", _l("New weak arm or leg, a face that hangs, or no speech")),
    ("worst_headache", "alert", _l("The worst headache ever, or one that wakes them and they throw up")),
    ("shunt_illness", "brain", _l("A shunt (brain tube), and a headache, vomit or deep sleep")),
    ("infant_spasms", "family", _l("Jerks or head drops again and again, in a baby under 1 year")),
    ("skills_lost", "brain", _l("Has seizures, and can no longer do what they could before")),
    ("vision_or_balance", "eye", _l("Sees double or walks as if drunk, and did not before")),
    ("legs_weaken", "alert", _l("Legs that get weaker day by day, or can no longer hold pee")),
)
KNOWN_FLAGS = (
    ("exertional_syncope", "heart", _l("Passed out at play or sport, or with a racing heart")),
    ("heart_illness", "heart", _l("Has a heart problem, and a fever, chest pain or blue skin")),
    ("connective_tissue_pain", "heart", _l("Has Marfan or a like illness, and sudden pain in the chest or back")),
    ("metabolic_illness", "flask", _l("Has a metabolic disease, and is sick now")),
    ("diabetic_crisis", "drop", _l("Very thirsty with lots of pee, and throws up, breathes fast or is sleepy")),
    ("adrenal_illness", "flask", _l("Needs steroids each day, and throws up, has a fever or is very weak")),
    ("kidney_illness", "drop", _l("Bloody poop, and then pale skin or very little pee")),
    ("feeding_tube_out", "stomach", _l("A belly feeding tube that came out, and is less than 2 months old")),
    ("cleft_repair_bleeds", "face", _l("A lip or palate that was just operated on, and bleeds or comes open")),
)
EVERY = RED_FLAGS + SKIN_FLAGS + BREATH_FLAGS + HEAD_FLAGS + KNOWN_FLAGS
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
        (gettext("Or with the heart, an operation, or an illness you know of:"), KNOWN_FLAGS),
    )
    return ((title, for_age(flags, months, told)) for title, flags in titles)

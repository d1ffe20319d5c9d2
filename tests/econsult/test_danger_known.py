"""Signs that belong to an illness or an operation: found where both are told, in both languages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from econsult.consults import danger_known as known
from econsult.consults import threads
from econsult.consults.danger_words import words_of_danger
from econsult.consults.records import RedFlagStop
from econsult.consults.redflags import ANSWERED, OF_SPECIALTIES, UNIVERSAL
from econsult.consults.threads import Audience
from econsult.database import Database
from tests.personas import NOON, Clinic

TUBE, CYSTIC = "feeding_tube_out", "cystic_fibrosis_illness"
TISSUE, CLEFT = "connective_tissue_pain", "cleft_repair_bleeds"
WEAK, SUGAR, OXYGEN = "weak_defenses_fever", "low_sugar_or_calcium", "low_oxygen"
FOUND = [
    (WEAK, "nació con VIH y tiene un catéter central, hoy tiene 39 de fiebre"),
    (WEAK, "port and fever"),
    (WEAK, "chemo and temp 38.5"),
    (WEAK, "sin bazo y con calentura"),
    (WEAK, "Drepanocitosis. Amaneció muy caliente"),
    (WEAK, "She had a port removed last year. Fever today"),
    (WEAK, "No fever yesterday, today 39. He has no spleen"),
    (WEAK, "Does she eat? No. Fever since noon, she has sickle cell"),
    (WEAK, "No fever medicine helps, he is on chemo"),
    (WEAK, "¿Come? No. Fiebre desde ayer, está en diálisis"),
    (SUGAR, "Her sugar is 48 and it does not come up"),
    (SUGAR, "his blood sugar keeps dropping"),
    (SUGAR, "low blood sugar since this morning"),
    (SUGAR, "tiene el azúcar en 45"),
    (SUGAR, "se le bajó mucho el azúcar"),
    (SUGAR, "tuvo una hipoglucemia"),
    (OXYGEN, "his oxygen is 88"),
    (OXYGEN, "pulse ox says 90"),
    (OXYGEN, "she needs more oxygen than before"),
    (OXYGEN, "tiene el oxígeno en 87"),
    (OXYGEN, "le bajó la saturación"),
    (OXYGEN, "necesita más oxígeno que ayer"),
    (CYSTIC, "CF. He throws up and has not pooped for two days"),
    (CYSTIC, "cystic fibrosis, weak and tired after the heat"),
    (CYSTIC, "fibrosis quística, no hace popó y vomita"),
    (CYSTIC, "tiene fibrosis quistica y con el calor anda muy débil"),
    (TUBE, "Her G-tube came out this morning"),
    (TUBE, "the gtube fell out"),
    (TUBE, "He pulled his feeding tube out"),
    (TUBE, "his mickey button popped out"),
    (TUBE, "The button on her belly fell out"),
    (TUBE, "g tube is out"),
    (TUBE, "the peg tube got dislodged"),
    (TUBE, "tube came all the way out"),
    (TUBE, "she yanked out her g-button"),
    (TUBE, "its out, the stomach tube slipped out"),
    (TUBE, "Se le salió la sonda"),
    (TUBE, "se le salio el boton del estomago"),
    (TUBE, "Se jaló la sonda de la panza"),
    (TUBE, "el botón gástrico se zafó"),
    (TUBE, "se le cayo la gastrostomia"),
    (TUBE, "se arrancó el tubo"),
    (TUBE, "la sonda esta afuera"),
    (TUBE, "se le zalio la zonda"),
    (TUBE, "el mickey se le salió"),
    (TUBE, "se sacó el botón de alimentación"),
    (CYSTIC, "He has cystic fibrosis and his chest hurts"),
    (CYSTIC, "CF. Sudden sharp pain in his chest"),
    (CYSTIC, "chest pain since noon, she has CF"),
    (CYSTIC, "my son with cystic fibrosis has pain on one side of the chest"),
    (CYSTIC, "Tiene fibrosis quística y le duele el pecho"),
    (CYSTIC, "le dio un dolor en el pecho de repente, tiene fibrosis quistica"),
    (CYSTIC, "fibrosis quistica, le duelen las costillas"),
    (CYSTIC, "siente una punzada en el pecho. Es de FQ"),
    (TISSUE, "He has Marfan and his chest hurts"),
    (TISSUE, "Marfan syndrome. pain in his back like tearing"),
    (TISSUE, "Loeys-Dietz, sudden back pain"),
    (TISSUE, "EDS and chest pain"),
    (TISSUE, "connective tissue disease, sharp pain between the shoulder blades"),
    (TISSUE, "Tiene síndrome de Marfan y le duele la espalda"),
    (TISSUE, "dolor de pecho, tiene Ehlers Danlos"),
    (TISSUE, "enfermedad del tejido conectivo, le duele mucho el pecho"),
    (TISSUE, "tiene la aorta grande y le duele la espalda de repente"),
    (TISSUE, "marfán, le dio un dolor en el pecho"),
    (CLEFT, "His cleft lip repair is bleeding"),
    (CLEFT, "she had palate surgery last week and there is blood in her mouth"),
    (CLEFT, "the stitches on his cleft lip came open"),
    (CLEFT, "cleft palate repair, it split open"),
    (CLEFT, "bleeding from the mouth after they closed her palate"),
    (CLEFT, "Lo operaron del labio y está sangrando"),
    (CLEFT, "se le abrieron los puntos del labio leporino"),
    (CLEFT, "le sale sangre del paladar, lo operaron el lunes"),
    (CLEFT, "paladar hendido, escupe sangre"),
    (CLEFT, "la operaron del paladar y se le abrió la herida"),
    (CLEFT, "le sangra la boca, tiene puntos en el paladar"),
]
PLAIN = (
    "His chest hurts after football",
    "le duele la espalda despues de la escuela",
    "Su hermano tiene fibrosis quística",
    "His gums bleed when he brushes",
    "Le sangra la nariz a veces",
    "¿Cómo limpio la sonda?",
    "How do I clean the g-tube?",
    "The button leaks a little",
    "El botón le supura poquito",
    "He has Marfan. Can he play basketball?",
    "Tiene Marfan. ¿Puede jugar basquetbol?",
    "cleft lip: when is the next surgery?",
    "Tiene labio leporino. ¿Cuándo es la cirugía?",
    "Ear tubes fell out last year",
    "The scar on the lip is red",
    "Le hicieron un examen de sangre",
    "We give him low sugar cereal",
    "Come poca azúcar, ¿está bien?",
    "Le bajé al azúcar en la comida",
    "He takes 20 grams of sugar a day",
    "How much sugar is in 50 grams of rice?",
    "She used oxygen when she was born",
    "Usó oxígeno al nacer",
    "her oxygen is 98",
    "tiene el oxígeno en 97",
    "He throws up after milk",
    "The heat makes her itch",
    "El calor le da comezón",
    "He has leukemia. No fever",
    "port flush on Monday, no fever today",
    "She has sickle cell. What can she eat?",
    "No tiene fiebre. Está en quimio",
    "sin fiebre, trasplantado hace un año",
    "Tiene anemia falciforme. ¿Puede nadar?",
    "We fly to Puerto Rico and she has a fever",
    "Viajamos a Puerto Rico y tiene fiebre",
    "a port wine stain, it feels hot",
    "he has a fever and a cough",
    "tiene fiebre y tos",
    "hearing aids and a fever",
    "no se toma ni un vaso de leche y tiene fiebre",
    "Sickle cell: he takes 100 mg twice",
    "he was born at 38 weeks and has a port",
    "he has HIV and weighs 40 pounds",
    "She got her immunizations and has a fever",
    "le pusieron las vacunas y tiene fiebre",
    "allergy shots (immunotherapy) and a fever",
    "port came in February",
)


@pytest.mark.parametrize(("code", "text"), FOUND, ids=str)
def test_the_sign_is_found_as_families_say_it(code: str, text: str) -> None:
    assert code in words_of_danger(text)


@pytest.mark.parametrize("text", PLAIN)
def test_the_same_words_without_the_illness_are_no_such_sign(text: str) -> None:
    assert set(words_of_danger(text)).isdisjoint(known.ENGLISH)


def test_every_sign_has_its_words_in_both_languages_and_is_one_that_families_are_asked() -> None:
    assert set(known.ENGLISH) == set(known.SPANISH) == {code for code, _text in FOUND}
    assert set(known.ENGLISH) <= {*ANSWERED, *OF_SPECIALTIES, *UNIVERSAL}


def test_an_illness_is_known_by_what_was_asked_of_the_child_before(database: Database, clinic: Clinic) -> None:
    """A message says what happens now; what the child has stands where it was asked for."""
    with database.writing() as session:
        asked = clinic.family_question(session)
        threads.post(session, asked, clinic.mother, Audience.FAMILY, text="Le duele el pecho", now=NOON)
        assert session.scalars(select(RedFlagStop.codes)).all() == []
        clinic.econsult(session, specialty="cystic_fibrosis")
        threads.post(session, asked, clinic.mother, Audience.FAMILY, text="Le duele el pecho", now=NOON)
        assert session.scalars(select(RedFlagStop.codes)).all() == [CYSTIC]

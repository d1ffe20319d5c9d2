"""Signs of one part of the body in what families write, in both languages: hints, and never an all-clear."""

from __future__ import annotations

from econsult.consults import danger_known as known
from econsult.consults import danger_organs as english
from econsult.consults import danger_organs_spanish as spanish
from econsult.consults.danger_words import words_of_danger
from econsult.consults.redflags import ANSWERED, OF_SPECIALTIES, UNIVERSAL, URGENCY_OF_CODE
from web.words.signs import FLAG_CODES

FOUND = {
    "inhaler_fails": ("Her asthma is bad, the inhaler is not helping", "Tiene asma y la bomba no le hace nada"),
    "choking": ("he choked on a grape", "se atragantó con una uva"),
    "worst_headache": ("the worst headache of her life", "el dolor de cabeza lo despierta de noche"),
    "shunt_illness": ("He has a VP shunt and is throwing up", "Tiene una válvula en la cabeza y vomita"),
    "skills_lost": ("epilepsy, and she stopped talking, not like before", "tiene convulsiones y ya no camina"),
    "infant_spasms": (
        "his head drops over and over when he wakes",
        "la niña cabecea una y otra vez y encoge los brazos",
    ),
    "vision_or_balance": ("she sees double since Monday", "camina como borracho desde ayer"),
    "legs_weaken": ("his legs are getting weaker", "las piernas no le responden"),
    "sudden_weakness": ("one side of his face is drooping", "tiene la boca chueca desde hoy"),
    "eczema_sores": ("eczema with round sores and fever", "eccema con llagas redondas y calentura"),
    "blisters_or_raw_skin": ("her skin is coming off and looks raw", "tiene ampollas por todo el cuerpo"),
    "fast_spreading_skin": ("the red on his leg is spreading fast", "lo rojo le está creciendo muy rápido"),
    "kawasaki_signs": (
        "fever for 6 days, and her eyes are red",
        "lleva cinco días con calentura y los labios partidos",
    ),
    "adrenal_illness": ("She has CAH and is vomiting", "toma hidrocortisona todos los días y tiene fiebre"),
    "heart_illness": ("born with a heart defect, now a fever", "tiene un problema del corazón y se desmayó"),
    "heart_rate": ("his heart rate is 190", "el corazón le late a 200"),
    "exertional_syncope": ("she passed out at soccer practice", "se desmayó jugando futbol"),
    "kidney_illness": ("pee like coke and a swollen face", "popó con sangre y ahora está pálido"),
    "bowel_or_liver_illness": ("Crohn's, and she looks really sick", "tiene colitis y se ve muy mal"),
    "belly_waves": ("belly pain low on the right", "le duele la panza abajo a la derecha"),
    "diabetic_crisis": ("so thirsty, pees a lot and throws up", "toma mucha agua, orina mucho y vomita"),
    "metabolic_illness": ("He has MSUD and a fever", "tiene fenilcetonuria y no quiere comer"),
    "hemoptysis": ("she is coughing up blood", "tose sangre desde hoy"),
    "sores_with_new_drug": (
        "sores in her mouth since she started amoxicillin",
        "llagas en la boca con la medicina nueva",
    ),
    "baby_not_feeding": ("the baby will not take the bottle", "la bebé no quiere el pecho"),
    "newborn_blisters": ("my newborn has blisters with pus", "la bebé de 10 días tiene ampollitas"),
    "infant_jaundice": ("the baby is yellow and his poop is white", "el bebé tiene los ojitos amarillos y popó blanca"),
    "few_wet_diapers": ("only one wet diaper today, the baby is sleepy", "el bebé solo mojó un pañal hoy"),
    "young_infant_vomit": ("our newborn has projectile vomit", "el recién nacido vomita a chorro"),
}
LATER = (
    ("choking", "a barking cough and a loud noise breathing in", "tiene tos de perro y hace ruido al respirar"),
    ("diabetic_crisis", "the sugar says HI and she is vomiting", "el azúcar marca HI y vomita"),
    ("diabetic_crisis", "his insulin pump broke and he is throwing up", "se acabó la insulina y está vomitando"),
    ("sudden_weakness", "she can't move her left arm", "no puede mover el brazo"),
    ("young_infant_vomit", "the baby vomits, it shoots across the room", "el bebé vomita con mucha fuerza"),
    ("kawasaki_signs", "fever for 10 days and red eyes and a rash", "fiebre desde hace 10 días y ojos rojos"),
    ("kawasaki_signs", "for two weeks now a fever, and red lips", "lleva dos semanas con calentura y ronchas"),
    ("kawasaki_signs", "a fever for more than a week, pink eyes", "quince días de fiebre y los labios partidos"),
    ("infant_jaundice", "My baby is 3 weeks old and still yellow", "El bebé tiene 3 semanas y todavía está amarillo"),
    ("blisters_or_raw_skin", "her skin is peeling off, no eczema", "se le está pelando la piel del cuerpo"),
    ("fast_spreading_skin", "the wound turned black", "se le puso negra la pierna"),
)
"""What lasts longer than the sign needs, and is told in another order than the first of them."""
PLAIN = (
    "The eczema on his elbow itches at night",
    "Le pica el codo de noche",
    "Which inhaler is best for school?",
    "¿Qué inhalador es mejor para la escuela?",
    "She has a headache after reading",
    "He has Crohn's. What can he eat?",
    "El corazón suena bien, dijo el doctor",
    "The baby has a rash on the belly",
    "El bebé tiene granitos en la panza",
    "She plays soccer and has a wart on her foot",
    "He has diabetes. Can he swim?",
    "A blister on his heel from new shoes",
    "The baby is 8 months old and has dry skin",
    "El bebé usa pañal de tela y está rosado",
    "Una ampolla en el talón por los zapatos",
    "The ring on her arm is spreading slowly for 3 weeks",
    "La mancha le ha crecido poco a poco este mes",
    "The skin on his elbow is dry and red for 6 days",
    "Lleva cinco días con los ojos rojos",
    "She had a fever two weeks ago and has a rash now",
    "My baby is 3 weeks old and has yellow poop",
    "La bebé de 3 semanas hace popó amarilla, todavía toma pecho",
    "The baby has yellow discharge in one eye",
    "eczema peeling skin on fingers",
    "Se le pela la piel de los dedos",
    "born with red hair all over",
    "se le puso oscura la piel del cuello desde hace un año",
    "se pone oscuro cuando llora",
    "The skin on his neck turned dark over months",
    "She nods her head when I ask if it itches",
    "Le doy insulina antes de comer, ¿puede usar la crema?",
)


def test_each_sign_is_found_as_families_say_it_in_both_languages() -> None:
    told = [*FOUND.items(), *((code, texts) for code, *texts in LATER)]
    assert [(code, text) for code, texts in told for text in texts if code not in words_of_danger(text)] == []


def test_what_is_no_such_sign_is_not_called_one() -> None:
    codes = set(english.ENGLISH)
    assert [(text, found) for text in PLAIN if (found := codes & set(words_of_danger(text)))] == []


def test_every_sign_that_families_are_asked_has_its_words_but_those_that_are_seen_and_not_said() -> None:
    assert set(english.ENGLISH) == set(spanish.SPANISH) == set(FOUND)
    searched = {*english.ENGLISH, *known.ENGLISH, *UNIVERSAL}
    assert {*FLAG_CODES, *ANSWERED, *OF_SPECIALTIES} - searched == {
        # The words of breathing and of a fever find these.
        "chest_pulls_in",
        "infant_flank_fever",
        # Whoever sees this calls it by no word of its own.
        "newborn_genitals",
    }
    assert set(english.ENGLISH) <= set(URGENCY_OF_CODE)

"""The steps that we write into an answer ourselves, in every language that we speak.

An answer keeps them in its family's language, since the family reads the whole plan; staff read the same in theirs.
"""

from __future__ import annotations

STEP = {
    "en": "Arrange the visit: the clinic agreed to it beforehand.",
    "es": "Organizar la visita: la clínica estuvo de acuerdo de antemano.",
}
"""Of a visit to which the clinic agreed beforehand."""
CALL = {
    "en": "Call the family and arrange the visit.",
    "es": "Llamar a la familia y organizar la consulta.",
}
"""The same where nobody has agreed to it yet: the family reads that its clinic will call."""
SEND = {
    "en": "Send us a new photo of the same place.",
    "es": "Envíe una foto nueva del mismo lugar.",
}
"""Of an answer that asks for a new photo later."""
TAKE = {
    "en": "Take a new photo of the same place at the clinic.",
    "es": "Tomar una foto nueva del mismo lugar en la clínica.",
}
"""The same where a family may not photograph the place: the clinic's."""
TESTS = {
    "en": "Do the tests and send us the results.",
    "es": "Hacer los estudios y enviarnos los resultados.",
}
"""Of an answer that wants tests first, where nobody of the staff has a step: the clinic's."""
ASK_OTHER = {
    "en": "Ask the other specialty, and tell the family.",
    "es": "Preguntar a la otra especialidad y avisar a la familia.",
}
"""Of an answer that another specialty should give."""
OURS = (STEP, CALL, SEND, TAKE, TESTS, ASK_OTHER)


def is_own(text: str) -> bool:
    """Whether these are our words, in any language."""
    return any(text in words.values() for words in OURS)


def in_language(text: str, language: str) -> str:
    """A step that is ours, in this language; what somebody wrote stays as it is."""
    found = next((words for words in OURS if text in words.values()), None)
    return found.get(language, text) if found else text

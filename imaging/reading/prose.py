"""Tells a sentence that begins with a label's word from a label: `Patient presents with fever`, `Patient Zoe Doe`.

Discharge letters and notes of visits are full of such lines, and what a label names is covered to the end of the line.
"""

import itertools
import re
from collections.abc import Iterator

from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.short_words import EVERYDAY
from imaging.reading.somebodys import DAY, OF_BIRTH, TELLING, is_somebodys
from imaging.reading.spelling import PARTICLES, fold
from imaging.reading.words import Line, Word

_SURE = 60.0
"""How sure a reader must be of a word whose first letter is said to be small."""
_GAP = 0.9
"""How far words of a sentence stand from each other at most, in heights."""
_LOOKED_AT = 8
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OF_NOTES = """
presents presented presenting presentation reports reported denies states stated came comes seen brought tolerated
tolerates remains remained continues received receives needs needed understands agrees agreed complains describes
noted notes appears looks feels felt doing stable improved discharged admitted evaluated referred started given taking
takes with without after before since until this that these their there from into about will would should could been
being were does did not reviewed discussed explained called sent denied presenta presento presentaba presentando acude
acudio refiere refirio niega nego inicia inicio recibe recibio necesita tolera mejora continua ingresa ingreso egresa
femenino femenina masculino masculina originaria originario conocida conocido previamente quien desde hasta cuando
tiene tuvo esta estaba fue sera estable desconoce menciona comenta trae traida traido valorada valorado referida
referido enviada enviado para pero como donde antes despues durante segun entre sobre tambien aparente
"""
_TELLING = frozenset(_OF_NOTES.split()) | LAB_WORDS | (EVERYDAY - PARTICLES)
"""Words of notes that nobody is called, beside short words and those of clinics."""


def begins_prose(line: Line, start: int, end: int) -> bool:
    """Whether a sentence goes on behind the label from `start` to `end`, which has no colon, and nobody is named.

    Its next word is written small. Behind a label of numbers or of birth no number or no year follows; behind one of
    names is a word of notes among those that follow.
    """
    words = list(itertools.islice(_run(line, end), _LOOKED_AT))
    if not words or not _is_small(words[0]):
        return False
    label, texts = {fold(word.text) for word in line[start:end]}, [word.text for word in words]
    if not OF_BIRTH.isdisjoint(label):
        return not any(DAY.fullmatch(text) or _YEAR.search(text) for text in texts)
    if not TELLING.isdisjoint(label):
        return not any(is_somebodys(text) and not DAY.fullmatch(text) for text in texts)
    return any(fold(text) in _TELLING for text in texts)


def goes_on(line: Line, at: int) -> bool:
    """Whether a sentence goes on there behind somebody's name: `Patient Zoe Doe was seen today`."""
    return _is_small(line[at]) and fold(line[at].text) in _TELLING


def _run(line: Line, start: int) -> Iterator[Word]:
    """The words from there to the next gap."""
    for before, word in itertools.pairwise(line[start - 1 :]):
        if word.left - before.right > _GAP * max(1.0, before.height):
            return
        yield word


def _is_small(word: Word) -> bool:
    first = next(filter(str.isalpha, word.text), "")
    return first.islower() and (word.is_exact or word.is_word or word.confidence >= _SURE)

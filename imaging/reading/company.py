"""What is covered because of what stands beside it: `de la`, initials, further names that were misread."""

from imaging.reading.confusion import SURE
from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.labels import zones_of
from imaging.reading.measures import MEASURES
from imaging.reading.somebodys import NEXT, begins_test, is_somebodys, proves_test
from imaging.reading.spelling import PARTICLES, fold
from imaging.reading.words import Line, Word

_BESIDE = 0.9


def with_company(line: Line, found: set[int], *, is_row: bool) -> set[int]:
    """Add what stands between and beside the parts of a name that were found in a line."""
    more = set(found) if is_row else _with_neighbours(line, found)
    for number, word in enumerate(line):
        folded = fold(word.text)
        is_small = folded in PARTICLES or len(folded) <= 1
        if is_small and not folded.isdigit() and _reaches(line, number, found) and not _is_test(line, number):
            more.add(number)
    return more


def _with_neighbours(line: Line, found: set[int]) -> set[int]:
    """Add words of letters alone that follow a covered one without a gap, up to the next label."""
    labels = {number for start, end, _ in zones_of(line) for number in range(start, end)}
    more = set(found)
    for step in (1, -1):
        for number in sorted(found, reverse=step < 0):
            at = number + step
            while 0 <= at < len(line) and at not in labels and _is_beside(line[at - step], line[at]):
                if step > 0 and _is_test(line, at):
                    break
                more.add(at)
                at += step
    return more


def _is_test(line: Line, number: int) -> bool:
    """Whether a test and its result begin behind somebody's name or number: `Doe Hb 11.2 g/dL`, `7731842 K 4.1`."""
    texts = [word.text for word in line[number:]]
    before = line[number - 1].text if number else ""
    follows = fold(before).isdigit() or is_somebodys(before)
    return proves_test(texts) or (follows and (begins_test(texts) or fold(texts[0]) in NEXT))


def _is_beside(covered: Word, word: Word) -> bool:
    first, second = sorted((covered, word), key=lambda entry: entry.left)
    is_name = sum(letter.isalpha() for letter in word.text) >= 2 and not any(letter.isdigit() for letter in word.text)
    has_capital = next((letter.isupper() for letter in word.text if letter.isalpha()), False)
    if not has_capital and (word.is_exact or word.confidence >= SURE):
        return False
    return is_name and fold(word.text) not in LAB_WORDS | MEASURES and second.left - first.right < _BESIDE * word.height


def _reaches(line: Line, number: int, found: set[int]) -> bool:
    """Whether a small word leads, over small words alone, to a covered one."""
    for step in (1, -1):
        at = number + step
        while 0 <= at < len(line) and (fold(line[at].text) in PARTICLES or len(fold(line[at].text)) <= 1):
            at += step
        near = 0 <= at < len(line) and abs(line[at].left - line[number].left) < 12 * line[number].height
        if at in found and near:
            return True
    return False

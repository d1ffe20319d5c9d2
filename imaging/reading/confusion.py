"""How likely a reader made one word of another: an edit distance in which letters that look alike cost little.

Whoever reads blurred print takes a letter for one of the same shape (`c` and `e`, `l` and `1`), two for one (`rn` and
`m`) or one for two (`d` and `cl`), and loses a thin stroke; it hardly ever takes an `n` for a `j`. So `Marfn` may be
Marín, while `nose` is no José. What may be wrong goes by the length of the name and by how sure the reader was.
"""

import functools

_FREE = str.maketrans("0158", "olsb")
"""A figure within a word is no figure."""
_SAME_SHAPE, _NEAR_SHAPE, _HALF_SHAPE, _FAR_SHAPE, _FAR = 0.25, 0.35, 0.5, 0.65, 0.7
_SHAPES = (
    (_FAR, "cg mw nm"),
    (_FAR_SHAPE, "hk vy uo pn rt es vw oq sz as rk nu uv nh co ao ae nr do"),
    (_HALF_SHAPE, "lt"),
    (_NEAR_SHAPE, "if it ft eo e6 g6 t7 a4 e3"),
    (_SAME_SHAPE, "il ij z2 ce bh g9 gq 9q b6 l7"),
)
_SWAPS = {pair: cost for cost, pairs in _SHAPES for one in pairs.split() for pair in (tuple(one), tuple(one[::-1]))}
_JOINED = "rn-m m-rn cl-d d-cl vv-w w-vv nn-m m-nn in-m m-in ni-m m-ni li-h lo-b ii-u li-u il-u tt-u ti-u it-u ri-n"
_JOINED += " fi-n fl-n ji-n ii-n it-n ti-n fh-n hi-n ft-n tt-n lc-k ci-a nn-rm rm-nn"
_TOGETHER = {tuple(pair.split("-")) for pair in _JOINED.split()}
"""What is seen for what is meant: letters that touch, and what a reader of English makes of an `ñ` and of an `ü`."""
_THIN = dict.fromkeys("iljtf", 0.5)
SURE, HALF_SURE = 90.0, 75.0
_MOST = {4: (0.3, 0.65, 1.0), 5: (0.5, 1.0, 1.25), 6: (0.6, 1.0, 1.3), 7: (0.8, 1.3, 2.0), 8: (1.0, 1.6, 2.0)}
_MOST_LONG = (1.3, 2.0, 2.0)
"""How much may be wrong in a name of so many letters, where the reader was sure, half sure and unsure of the word."""
SHORTEST = min(_MOST)
_LENGTHS_APART = 4


def is_misreading(word: str, part: str, confidence: float) -> bool:
    """Whether a folded word, read with this confidence (0 to 100), may be a folded part of a name misread."""
    if word == part or len(part) < SHORTEST or abs(len(word) - len(part)) > _LENGTHS_APART:
        return word == part
    seen = word.translate(_FREE)
    if len(set(part) - set(seen)) > len(part) // 2:
        return False
    most = _MOST.get(len(part), _MOST_LONG)[0 if confidence >= SURE else 1 if confidence >= HALF_SURE else 2]
    return mislike(seen, part, most) <= most


@functools.lru_cache(maxsize=16_384)
def mislike(word: str, part: str, most: float) -> float:
    """Return what it costs to have seen `word` for `part`, 0 to any; more than `most` as soon as that is clear."""
    rows = [[0.0]]
    for meant in part:
        rows[0].append(rows[0][-1] + _THIN.get(meant, 1.0))
    for number, seen in enumerate(word, 1):
        last, lost = rows[-1], _THIN.get(seen, 1.0)
        row = [last[0] + lost]
        rows.append(row)
        for place, meant in enumerate(part, 1):
            swapped = last[place - 1] + (0.0 if seen == meant else _SWAPS.get((seen, meant), 1.0))
            cost = min(swapped, last[place] + lost, row[place - 1] + _THIN.get(meant, 1.0))
            row.append(min(cost, _as_joined(word[:number], part[:place], rows)))
        if min(row) > most and min(last) > most:
            return most + 1.0
    return rows[-1][-1]


def _as_joined(word: str, part: str, rows: list[list[float]]) -> float:
    """The cost of two beginnings if their last letters are one for two, two for one or two for two."""
    best = float("inf")
    for seen, meant in ((word[-2:], part[-1:]), (word[-1:], part[-2:]), (word[-2:], part[-2:])):
        if (seen, meant) in _TOGETHER:
            best = min(best, rows[len(word) - len(seen)][len(part) - len(meant)] + _SAME_SHAPE)
    return best

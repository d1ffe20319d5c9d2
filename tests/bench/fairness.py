"""Whether advice on a photo is as right about dark skin as about light: `python -m tests.bench.fairness [COUNT]`.

Drawn skin of the ten tones of the Monk scale (`tests/imaging/skins.py`): COUNT pictures a tone of each kind. A share is
that of the pictures of which a word was said; `apart` is how much the light and the dark half of the scale differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from PIL import Image

from imaging.steps.judge_quality import judge_quality
from tests.bench._figures import report
from tests.imaging.skins import FALLS, MONK, TINTED, Shot, Tone, bare, shots, take

COUNT = 12
FALSE = (
    ("exposure", "dark"),
    ("exposure", "bright"),
    ("clipping", "clipped"),
    ("sharpness", "blurry"),
    ("colour", "cast"),
)
CASTS = {"blue": (0.4, 0.75, 1.6), "green": (0.5, 1.5, 0.5), "orange": (1.3, 0.9, 0.12)}
GRAIN = (0.0, 1.0, 2.0, 4.0)
"""The noise of a camera, in steps of 255."""
Told = list[dict[str, object]]


def main(count: int = COUNT) -> None:
    good = {place: _judged(shots(tone, count)) for place, tone in enumerate(MONK)}
    for name, word in FALSE:
        _tell(f"false.{word}", {place: _share(told, name, word) for place, told in good.items()}, apart=5)
    room = {place: _judged(shots(tone, count, balances=TINTED)) for place, tone in enumerate(MONK)}
    _tell("false.dark.in_tinted_light", {p: _share(told, "exposure", "dark") for p, told in room.items()}, apart=5)
    for fall in FALLS:
        smooth = {place: _judged(bare(tone, fall, noise) for noise in GRAIN) for place, tone in enumerate(MONK)}
        shares = {p: _share(told, "sharpness", "blurry") for p, told in smooth.items()}
        _tell(f"false.blurry.smooth.{fall.replace(' ', '_')}", shares, apart=5)
    for stops in (-1.0, -2.0, -3.0, -4.0):
        under = {place: _judged(shots(tone, count, stops=stops)) for place, tone in enumerate(MONK)}
        _tell(f"found.dark.{-stops:g}_stops_under", {p: _share(told, "exposure", "dark") for p, told in under.items()})
        _tell(f"roc.dark.{-stops:g}_stops_under", {p: _area(told, good[p]) for p, told in under.items()}, unit="area")
    for stops in (1.0, 2.0):
        over = {place: _judged(shots(tone, count, stops=stops)) for place, tone in enumerate(MONK)}
        for name, word in FALSE[:3]:
            _tell(f"over.{word}.{stops:g}_stops", {p: _share(told, name, word) for p, told in over.items()})
    for blur in (4.0, 6.0, 8.0, 12.0):
        soft = {place: _judged(shots(tone, count, blur=blur)) for place, tone in enumerate(MONK)}
        _tell(f"found.blurry.{blur:g}_pixels", {p: _share(told, "sharpness", "blurry") for p, told in soft.items()})
    for name, cast in CASTS.items():
        tinted = {place: _judged(_in_light(tone, count, cast)) for place, tone in enumerate(MONK)}
        _tell(f"found.cast.{name}", {p: _share(told, "colour", "cast") for p, told in tinted.items()})


def _judged(taken: Iterable[Shot | Image.Image]) -> Told:
    return [judge_quality(take(shot) if isinstance(shot, Shot) else shot) for shot in taken]


def _in_light(tone: Tone, count: int, cast: tuple[float, float, float]) -> list[Shot]:
    return [replace(shot, balance=cast) for shot in shots(tone, count)]


def _share(told: Told, name: str, word: str) -> float:
    return 100 * sum(one[name] == word for one in told) / len(told)


def _area(wrong: Told, right: Told) -> float:
    """How often a wrong picture speaks more for want of light than a right one: 1 is always, 0.5 chance."""
    high, low = (np.array([_want(one) for one in each]) for each in (wrong, right))
    return float((high[:, None] > low).mean() + (high[:, None] == low).mean() / 2)


def _want(told: dict[str, object]) -> float:
    """One figure of what `exposure` goes by: what is lit well lacks nothing."""
    return -20.0 if float(str(told["brightest"])) >= 150 else float(str(told["lack"]))


def _tell(name: str, shares: dict[int, float], *, unit: str = "% of pictures", apart: float | None = None) -> None:
    for place, share in shares.items():
        report(f"fairness.{name}.monk_{place + 1:02d}", round(share, 2), unit)
    light, dark = (float(np.mean([shares[place] for place in half])) for half in (range(5), range(5, 10)))
    report(f"fairness.{name}.apart", round(abs(light - dark), 2), unit, limit=apart)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))

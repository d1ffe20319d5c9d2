"""The pipelines, as tables of contents: what happens to a file, in order.

Each step is a plain function in a file of its own. Its parameter names say what it needs; the table says what it
gives. A step that gives several things returns a record whose fields have those names.
"""

import inspect
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property

from imaging.detectors import Detectors, load_detectors, warm_up
from imaging.masks import Mask
from imaging.models import Models
from imaging.steps.check_copies import check_copies
from imaging.steps.convert_colour import convert_colour
from imaging.steps.cover import cover
from imaging.steps.decode_pixels import decode_pixels
from imaging.steps.find_codes import find_codes
from imaging.steps.find_identifiers import find_identifiers
from imaging.steps.find_masks import find_masks
from imaging.steps.inspect_still import inspect_still
from imaging.steps.judge_film import judge_film
from imaging.steps.judge_page import judge_page
from imaging.steps.judge_photo import judge_photo
from imaging.steps.keep_pixels import keep_pixels
from imaging.steps.list_tracks import list_tracks
from imaging.steps.make_small import make_small
from imaging.steps.make_view import make_view
from imaging.steps.move_index import move_index
from imaging.steps.open_clip import open_clip
from imaging.steps.open_pages import open_pages
from imaging.steps.open_still import open_still
from imaging.steps.read_whole import read_whole
from imaging.steps.render_clip import render_clip
from imaging.steps.render_pages import render_pages
from imaging.steps.render_photo import render_photo
from imaging.steps.render_review import render_review
from imaging.steps.transcode_clip import transcode_clip
from imaging.steps.turn_upright import turn_upright


@dataclass(frozen=True)
class Step:
    """One function and the names of what it gives."""

    run: Callable[..., object]
    gives: tuple[str, ...] = ()

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The names of the function's parameters."""
        return tuple(inspect.signature(self.run).parameters)


_PIXELS = (
    Step(read_whole, ("data",)),
    Step(inspect_still, ("removed",)),
    Step(open_still, ("decode", "profile", "orientation", "width", "height", "found")),
    Step(decode_pixels, ("decoded", "content")),
    Step(convert_colour, ("pixels",)),
    Step(turn_upright, ("pixels",)),
)

PHOTO = (
    *_PIXELS,
    Step(make_small, ("small",)),
    Step(judge_photo, ("quality",)),
    Step(find_masks, ("masks", "open_faces", "shown")),
    Step(find_codes, ("masks",)),
    Step(keep_pixels, ("image",)),
    Step(cover, ("image",)),
    Step(make_view, ("view",)),
    Step(render_photo),
)

PHOTO_REVIEW = (*_PIXELS, Step(keep_pixels, ("image",)), Step(make_view, ("view",)), Step(render_review))

_OF_FILM = ("open_faces", "content", "unread")
VIDEO = (
    Step(open_clip, ("opened",)),
    Step(list_tracks, ("found",)),
    Step(transcode_clip, ("clip", "view", "width", "height", "frame_size", "duration", "masks", *_OF_FILM)),
    Step(move_index, ("clip",)),
    Step(judge_film, ("quality",)),
    Step(render_clip),
)

DOCUMENT = (
    Step(read_whole, ("data",)),
    Step(open_pages, ("pages", "draw", "words", "found")),
    Step(find_identifiers, ("find",)),
    Step(render_pages, ("width", "height", "first", "masks", "content")),
    Step(judge_page, ("quality",)),
)

PIPELINES: dict[str, tuple[Step, ...]] = {"photo": PHOTO, "video": VIDEO, "lab_document": DOCUMENT}
REVIEWS: dict[str, tuple[Step, ...]] = {"photo": PHOTO_REVIEW, "video": VIDEO, "lab_document": DOCUMENT}
"""What is done instead for the person who decides about a file that is held."""

VERIFICATION = (Step(read_whole, ("data",)), Step(check_copies, ("findings",)))
CHECKS: dict[str, tuple[Step, ...]] = {"verification": VERIFICATION}
"""What a second process does with the copies that a first one made."""

_FACTS = ("width", "height", "duration", "pages", "quality", "findings", "open_faces", "content")
_CLASSES = ("removed", "found")

GIVEN = ("source", "size", "media_type", "policy", "emit", "budget", "progress", "detectors")
"""What every pipeline starts with: the file, what is known of it, and the ways out."""

_loaded = Detectors()


def run(kind: str, *, is_review: bool = False, is_last: bool = False, **given: object) -> dict[str, object]:
    """Run one file through the pipeline of its kind and return the facts for the report.

    `emit(rendition)` receives each finished copy; `budget(seconds)` grants that much more processor time;
    `progress(share)` hears how much of a long work is done, from 0 to 1. Where the file `is_last` of this process, the
    networks that were loaded are gone as soon as nobody needs them. Raises Refused, Held, or whatever a decoder raises
    on bad bytes.
    """
    steps = (REVIEWS if is_review else PIPELINES | CHECKS)[kind]
    values: dict[str, object] = {"detectors": _hand_over() if is_last else _loaded, **given}
    # Of what is large nothing may be held but by `values`, where it is let go.
    del given
    timings: dict[str, float] = {}
    for place, step in enumerate(steps):
        began = time.process_time()
        values.update(_named(step, step.run(**{name: values[name] for name in step.needs})))
        timings[step.run.__name__] = round((time.process_time() - began) * 1000, 1)
        _let_go(values, steps[place + 1 :])
    return _facts(values) | {"timings": timings}


def load(models: Models) -> None:
    """Load the models that look for faces and writing; once in the server, before any child is forked from it."""
    global _loaded  # noqa: PLW0603 - what is loaded here is shared by every job.
    _loaded = load_detectors(models)
    warm_up(_loaded)


def _hand_over() -> Detectors:
    """Give up what was loaded to whoever asks: it is gone as soon as he needs it no more."""
    global _loaded
    given, _loaded = _loaded, Detectors()
    return given


def _let_go(values: dict[str, object], steps: tuple[Step, ...]) -> None:
    """Drop what no later step needs: the pixels of a large photo should not be in memory three times."""
    needed = {name for step in steps for name in step.needs} | set(_FACTS) | set(_CLASSES) | {"masks"}
    for name in values.keys() - needed:
        del values[name]


def _named(step: Step, result: object) -> dict[str, object]:
    if len(step.gives) == 1:
        return {step.gives[0]: result}
    return {name: getattr(result, name) for name in step.gives}


def _facts(values: dict[str, object]) -> dict[str, object]:
    counts: Counter[str] = Counter()
    for key in _CLASSES:
        counts += _classes(values.get(key))
    masks = [asdict(mask) for mask in _masks(values.get("masks"))]
    told = {"removed": sorted(counts), "counts": dict(counts), "masks": masks}
    return {name: values.get(name) for name in _FACTS} | told


def _masks(value: object) -> tuple[Mask, ...]:
    """The boxes that a step covered and gave as `masks`."""
    return value if isinstance(value, tuple) else ()


def _classes(value: object) -> Counter[str]:
    """The classes that a step named, with how many there were of each; a bare set names one of each."""
    return Counter(value) if isinstance(value, Counter | frozenset) else Counter()

"""The tables of contents fit together, and the room is entered through one door."""

import subprocess
import sys
from pathlib import Path

import pytest

import imaging
from imaging import KINDS, pipeline, told, warmth
from imaging.limits import JOB_LIMITS
from imaging.pipeline import CHECKS, GIVEN, PIPELINES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", PIPELINES)
def test_every_step_is_given_what_it_needs_by_an_earlier_one(kind: str) -> None:
    known = set(GIVEN)
    for step in PIPELINES[kind]:
        assert set(step.needs) <= known, step
        known |= set(step.gives)


def test_every_kind_has_its_pipeline_and_its_limits() -> None:
    assert set(KINDS) == set(PIPELINES) == set(JOB_LIMITS) - set(CHECKS)


def test_each_step_is_alone_in_a_file_of_its_name() -> None:
    for step in {step for steps in PIPELINES.values() for step in steps}:
        assert step.run.__module__ == f"imaging.steps.{step.run.__name__}"


def test_asking_for_a_pipeline_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        pipeline.run("hologram")


def test_importing_the_room_loads_no_decoder() -> None:
    script = (
        "import sys, imaging; print(sorted({'PIL', 'cv2', 'numpy', 'av', 'pypdfium2', 'pi_heif'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_door_has_these_names_and_no_others() -> None:
    assert imaging.__all__ == [
        "DEIDENTIFIED",
        "KINDS",
        "TREATMENT_USE",
        "Finding",
        "Identifiers",
        "Jail",
        "JailError",
        "Leaflet",
        "Line",
        "PaperPage",
        "Part",
        "Policy",
        "Region",
        "Report",
        "Style",
        "Target",
        "TypesettingError",
        "accepts",
        "as_text",
        "open_jail",
        "prepare",
        "sniff",
        "typeset",
        "verify",
        "write_paper",
    ]
    assert all(getattr(imaging, name).__doc__ for name in imaging.__all__)


def test_facts_from_the_jail_are_taken_by_their_shape_alone() -> None:
    lies = {
        "width": "12",
        "height": -1,
        "duration": float("nan"),
        "pages": 2**40,
        "removed": ["exif", "Jane Q Tester", 7],
        "quality": {"sharpness": "good", "note": "born on 2019-01-01", "a b": 1},
        "timings": {"step": 1.5, "other": "x"},
        "detail": "../../etc",
    }
    facts = told.read_facts(lies)
    assert (facts.width, facts.height, facts.duration, facts.pages, facts.detail) == (None,) * 5
    assert facts.removed == ("exif",)
    assert facts.quality == {"sharpness": "good"}
    assert facts.timings == {"step": 1.5}


def test_a_rehearsal_shows_a_picture_that_is_ready_and_loads_no_decoder() -> None:
    script = (
        "import sys; from imaging import Policy, open_jail, prepare, rehearsal\n"
        "import imaging.rehearsal as r; was = r.prepare\n"
        "def prepare(*given, **named):\n    report = was(*given, **named); print(report.verdict); return report\n"
        "r.prepare = prepare\n"
        "with open_jail() as jail: r.rehearse(jail)\n"
        "print(sorted({'PIL', 'cv2', 'av', 'pypdfium2', 'pi_heif'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["ready", "[]"]


def test_none_of_the_blanks_that_warm_the_jail_up_is_refused() -> None:
    """The first real file of that kind would find nothing loaded, inside the jail, where nothing can be."""
    for kind, media_type, data in warmth._blanks():
        warmth._try(kind, media_type, data)

"""`import cv2` works where libGL is missing, after the set-up step. libGL is really hidden: the loader fails on it."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution, distributions, version
from pathlib import Path

import pytest

from imaging.opencv import FULL, HEADLESS

ROOT = Path(__file__).parents[2]
# A bare server has had the step already; the tests run there too.
HERE = next(name for name in (FULL, HEADLESS) if any(distributions(name=name)))


def make_environment(folder: Path, *more: str) -> Path:
    """Make an environment that holds our OpenCV and numpy, and more packages of ours, by hard links; its python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = (folder / "lib").glob("python*/site-packages")
    for package in (HERE, "numpy", *more):
        for file in distribution(package).files or ():
            if ".." not in file.parts:
                target = site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(Path(str(file.locate())), target)
    return folder / "bin" / "python"


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment whose pip may not be asked for anything, because it has none."""
    return make_environment(tmp_path / "venv")


def link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture
def no_display(tmp_path: Path) -> dict[str, str]:
    """An environment in which the dynamic loader finds an empty libGL before any real one."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "libGL.so.1").touch()
    return {**os.environ, "LD_LIBRARY_PATH": str(tmp_path / "hidden"), "PYTHONPATH": str(ROOT)}


def run(python: Path, env: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, *arguments], env=env, cwd="/", capture_output=True, text=True, timeout=240, check=False
    )


def pip(python: Path, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True, timeout=240)


def installed(python: Path, env: dict[str, str]) -> list[str]:
    lines = run(python, env, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").stdout.splitlines()
    return [line for line in lines if line.startswith("opencv")]


@pytest.mark.slow
def test_the_set_up_step_swaps_the_package_where_libgl_is_missing(tmp_path: Path, no_display: dict[str, str]) -> None:
    environment = make_environment(tmp_path / "venv", "pip")
    number = version(HERE)
    if HERE == HEADLESS:
        pip(environment, "uninstall", "--yes", HEADLESS)
        pip(environment, "install", "--no-deps", f"{FULL}=={number}")
    before = run(environment, no_display, "-c", "import cv2")
    assert "libGL.so.1" in before.stderr
    assert before.returncode == 1
    step = run(environment, no_display, "-m", "imaging.opencv")
    assert step.returncode == 0, step.stderr
    assert installed(environment, no_display) == [f"opencv-python-headless=={number}"]
    after = run(environment, no_display, "-c", "import cv2; print(cv2.__version__)")
    assert after.returncode == 0, after.stderr
    assert number.startswith(after.stdout.strip())
    again = run(environment, no_display, "-m", "imaging.opencv")
    assert (again.returncode, "works" in again.stdout) == (0, True)
    pip(environment, "install", "--no-deps", f"{FULL}=={number}")
    assert len(installed(environment, no_display)) == 2
    healed = run(environment, no_display, "-m", "imaging.opencv")
    assert healed.returncode == 0, healed.stderr
    assert installed(environment, no_display) == [f"opencv-python-headless=={number}"]


@pytest.mark.wide
def test_the_set_up_step_changes_nothing_where_opencv_works(environment: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    step = run(environment, env, "-m", "imaging.opencv")
    assert (step.returncode, step.stdout) == (0, f"OpenCV {version(HERE)} works\n")


def test_the_set_up_step_says_when_it_cannot_help(environment: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    (package,) = environment.parents[1].glob("lib/python*/site-packages/cv2")
    (package / "__init__.py").unlink()
    (package / "__init__.py").write_text("raise ImportError('broken by hand')")
    step = run(environment, env, "-m", "imaging.opencv")
    assert step.returncode == 1
    assert step.stderr == "OpenCV does not load: ImportError: broken by hand\n"

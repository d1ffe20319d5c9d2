"""Lets the canary make every attempt in a real jail and prints how each ended: `python -m tests.imaging.escapes`."""

import io
import json
import re
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

import imaging
from imaging import limits, prepare
from imaging.jail.client import Jail
from tests.imaging import canary, files
from tests.imaging.conftest import PLAIN, Kept

KILLED, REFUSED, NOTHING = ("rejected", "seccomp", None), ("rejected", "damaged", "PermissionError"), "Nothing"
CRASHED = ("failed", "crash", None)
_OTHERS: dict[str, tuple[str, str | None, str | None]] = {
    "behave": ("ready", None, None),
    "burn the processor": ("rejected", "cpu", None),
    "sleep for ever": ("failed", "wall", None),
    "eat memory by the piece": ("rejected", "memory", None),
    "eat memory at once": ("rejected", "memory", None),
    "read a null pointer": CRASHED,
    "abort": CRASHED,
    "talk without end": CRASHED,
    "start threads without end": ("rejected", "damaged", "RuntimeError"),
    "raise its limits": ("rejected", "damaged", "ValueError"),
    "find another descriptor": ("rejected", "damaged", NOTHING),
    "find an environment": ("rejected", "damaged", NOTHING),
}
_SPEAKS = {"tell a verdict too deep to be read", "tell a reason in words of the file", "refuse without a reason"}
_SPEAKS |= {"ask for a byte behind the end of numbers", "ask for more time than a number can hold"}
_SPEAKS |= {"ask for a time that is no number", "tell of its end with more memory than there is"}
_SPEAKS |= {"tell of its end with no number of seconds", "fill the parent's memory with boxes"}
_SPEAKS |= {"give a copy wider than a number can hold", "give a copy of no width"}
_OTHERS |= dict.fromkeys(_SPEAKS, CRASHED)
_REFUSED = {"read a file of the system", "read its own executable", "list a folder", "look whether a file exists"}
_REFUSED |= {
    "write a file",
    "remove a file",
    "read the parent's environment",
    "read its own map",
    "run a shell",
    "fork",
    "start processes",
    "leave a file for the next job",
}
_REFUSED |= {"have its connection signal the parent", "name a thread of the parent to be signalled"}
_REFUSED |= {"choose the signal of its connection", "let its connection send signals"}
_REFUSED |= {"let its connection send signals by the other way"}
_REFUSED |= {"make a file in memory", "bring in new code", "make data runnable", "type into the terminal"}
EXPECTED = {name: _OTHERS.get(name, REFUSED if name in _REFUSED else KILLED) for name in canary.ATTEMPTS}


def code_with_canary(folder: Path) -> Path:
    """Copy the package that decodes, with the canary in a decoder's place and less time to wait for."""
    code = folder / "imaging"
    source = Path(imaging.__file__).parent
    shutil.copytree(source, code, ignore=shutil.ignore_patterns("samples", "__pycache__"))
    shutil.copyfile(canary.__file__, code / "steps" / "decode_pixels.py")
    text = (code / "limits.py").read_text()
    shorter = re.sub(r'"photo": JobLimits\(10, 10,', '"photo": JobLimits(1, 1,', text)
    assert shorter != text
    (code / "limits.py").write_text(shorter)
    return code


def attempt(jail: Jail, name: str) -> tuple[str, str | None, str | None]:
    """Send a picture that asks the canary for this and return verdict, reason and detail."""
    picture = Image.new("RGB", (32, 32), (list(canary.ATTEMPTS).index(name), *canary.SIGN))
    report = prepare("photo", io.BytesIO(files.encode(picture, "PNG")), Kept(), PLAIN, jail=jail)
    return report.verdict, report.reason, report.detail


def main() -> None:
    """Print the user and how each attempt ended, as JSON; what is not named on the command line is left out."""
    patient = limits.JOB_LIMITS["photo"]
    chosen = sys.argv[1:] or list(EXPECTED)
    with tempfile.TemporaryDirectory() as folder, Jail(code=code_with_canary(Path(folder))) as jail:
        server = jail.pid
        for name in chosen:
            limits.JOB_LIMITS["photo"] = replace(patient, wall=2) if name == "sleep for ever" else patient
            print(json.dumps([name, *attempt(jail, name)]), flush=True)
        print(json.dumps(["server", server == jail.pid]))


if __name__ == "__main__":
    main()

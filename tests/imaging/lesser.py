"""Takes locks away as an older kernel would, then prepares a photo or makes attempts: `python -m tests.imaging.lesser`.

The calls fail as they do on a kernel that lacks them; nothing in the jail knows of it.
"""

import errno
import io
import json
import os
import sys
import tempfile
from pathlib import Path

from imaging import kernel, open_jail, prepare
from imaging.jail import calls, filters, levels
from imaging.jail.client import Jail
from tests.imaging import escapes, files
from tests.imaging.conftest import PLAIN, Kept

_LANDLOCK = (444, 445, 446)


def main(lacking: str, least: str, path: str, *attempts: str) -> None:
    """`lacking` is `landlock`, `seccomp` or `both`; `path` is where tools may be found.

    Where `attempts` are named, the canary makes them there instead, one job after the other.
    """
    os.environ["PATH"] = path
    numbers = [*_LANDLOCK] if lacking in {"landlock", "both"} else []
    if lacking in {"seccomp", "both"}:
        numbers += calls.numbers(calls.SECCOMP, kernel.machine())
    kernel.forbid_gaining()
    filters.install(filters.packed(filters.without(numbers, errno.ENOSYS)))
    filters.is_available.cache_clear()
    if attempts:
        with tempfile.TemporaryDirectory() as folder, Jail(code=escapes.code_with_canary(Path(folder))) as jail:
            for name in attempts:
                print(json.dumps([levels.best_level(), name, *escapes.attempt(jail, name)]), flush=True)
        return
    with open_jail(least=least) as jail:
        report = prepare("photo", io.BytesIO(files.encode(files.corners(), "JPEG")), Kept(), PLAIN, jail=jail)
    print(json.dumps([levels.best_level(), report.verdict, report.reason, report.jail]))


if __name__ == "__main__":
    main(*sys.argv[1:])

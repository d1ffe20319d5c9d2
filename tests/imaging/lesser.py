"""Takes locks away as an older kernel would, then prepares one photo: `python -m tests.imaging.lesser`.

The calls fail as they do on a kernel that lacks them; nothing in the jail knows of it.
"""

import errno
import io
import json
import os
import sys

from imaging import kernel, open_jail, prepare
from imaging.jail import calls, filters, levels
from tests.imaging import files
from tests.imaging.conftest import PLAIN, Kept

_LANDLOCK = (444, 445, 446)


def main(lacking: str, least: str, path: str) -> None:
    """`lacking` is `landlock`, `seccomp` or `both`; `path` is where tools may be found."""
    os.environ["PATH"] = path
    numbers = [*_LANDLOCK] if lacking in {"landlock", "both"} else []
    if lacking in {"seccomp", "both"}:
        numbers += calls.numbers(calls.SECCOMP, kernel.machine())
    kernel.forbid_gaining()
    filters.install(filters.packed(filters.without(numbers, errno.ENOSYS)))
    filters.is_available.cache_clear()
    with open_jail(least=least) as jail:
        report = prepare("photo", io.BytesIO(files.encode(files.corners(), "JPEG")), Kept(), PLAIN, jail=jail)
    print(json.dumps([levels.best_level(), report.verdict, report.reason, report.jail]))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How well a jail is closed, and what this host has to close it with."""

import functools
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence

from imaging.jail import filters, landlock

RLIMITS, BUBBLEWRAP, SEALED = "rlimits", "bubblewrap", "landlock+seccomp"
LEVELS = (RLIMITS, BUBBLEWRAP, SEALED)
"""From the weakest on. Process limits are always there; they alone keep no decoder from a file or a socket."""
LANDLOCK, SECCOMP, OTHER_USER = "landlock", "seccomp", "other_user"
LEAST_FOR_PATIENTS = BUBBLEWRAP
_SECONDS = 10
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")


def is_enough(level: str, least: str) -> bool:
    """Whether a level reaches another."""
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(least)


def level_of(locks: Collection[str], *, is_wrapped: bool) -> str:
    """The level that the locks of one job add up to."""
    if {LANDLOCK, SECCOMP} <= set(locks):
        return SEALED
    return BUBBLEWRAP if is_wrapped else RLIMITS


def can_seal() -> bool:
    """Whether this kernel has landlock and call filters, on a processor that we know."""
    return landlock.version() > 0 and filters.is_available()


@functools.cache
def best_level() -> str:
    """The level that a jail opened here will have."""
    return level_of({LANDLOCK, SECCOMP} if can_seal() else (), is_wrapped=needs_wrap())


@functools.cache
def needs_wrap() -> bool:
    """Whether the jail is put into bubblewrap: where the kernel alone cannot close it, and bubblewrap works."""
    if can_seal() or shutil.which("bwrap") is None:
        return False
    try:
        tried = subprocess.run(
            [*wrap(["/usr"]), sys.executable, "-I", "-c", ""],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            env={},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def wrap(seen: Sequence[str]) -> list[str]:
    """The command that starts a program with no network, no other process in sight, and no file but what it loads."""
    command = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    command += ["--cap-drop", "ALL", "--chdir", "/", "--dev", "/dev"]
    for path in dict.fromkeys([*_SYSTEM, sys.base_prefix, sys.prefix, *seen]):
        command += ["--ro-bind-try", path, path]
    # What a job could write there, the next one could read, and it would be memory.
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/"]

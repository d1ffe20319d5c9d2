"""What this machine must have before the tests can drive real servers: `python -m tests.services.machine [--install]`.

Exit 0 when everything is there; otherwise 1, after a line for each missing program and the command that installs it.
With --install, root or a password-less sudo on Debian and Ubuntu is used to install them first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# The Debian packages bring servers along that must not start by themselves: the tests start their own.
INSTALL = """
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\\nexit 101\\n' > $policy
    chmod 755 $policy
fi
apt-get -o DPkg::Lock::Timeout=300 -qq update
apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -qq -y --no-install-recommends install "$@"
"""
DEBIAN_POSTGRES = "/usr/lib/postgresql/*/bin/initdb"


@dataclass(frozen=True)
class Tool:
    """One thing that the tests drive: how to see that it is there, and the Debian package that brings it.

    `marks` are program names, or absolute patterns; one that is found is enough.
    """

    purpose: str
    package: str
    marks: tuple[str, ...]

    def is_here(self) -> bool:
        return any(_is_found(mark) for mark in self.marks)


TOOLS = (
    Tool("browser", "chromium", ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")),
    Tool("fonts of the pages", "fonts-liberation", ("/usr/share/fonts/**/Liberation*", "/Library/Fonts")),
    Tool("fonts of other scripts", "fonts-noto-core", ("/usr/share/fonts/**/NotoSans-*", "/Library/Fonts")),
    Tool("queue", "redis-server", ("redis-server", "valkey-server")),
    Tool("database", "postgresql", ("initdb", DEBIAN_POSTGRES)),
    Tool("object store: monitor", "ceph-mon", ("ceph-mon",)),
    Tool("object store: disk", "ceph-osd", ("ceph-osd",)),
    Tool("object store: S3 gateway", "radosgw", ("radosgw",)),
    Tool("object store: commands", "ceph-common", ("ceph",)),
    Tool("second opinion on metadata", "libimage-exiftool-perl", ("exiftool",)),
    Tool("second opinion on video", "ffmpeg", ("ffprobe",)),
    Tool("second opinion on PDF", "poppler-utils", ("pdftoppm",)),
    Tool("virus scanner", "clamav-daemon", ("clamd",)),
    Tool("reading of lab pages", "tesseract-ocr", ("tesseract",)),
    Tool("HEIC photos", "libheif-examples", ("heif-enc",)),
    Tool("a jail without landlock", "bubblewrap", ("bwrap",)),
    Tool("users and limits", "util-linux", ("setpriv",)),
)

QUICKER = Tool("browser without a window", "chromium-headless-shell", ("chromium-headless-shell",))
"""Not needed: the tests take it before the browser, for they take a quarter longer with that one."""


def missing_tools() -> list[Tool]:
    """Every tool that is not on this machine."""
    return [tool for tool in TOOLS if not tool.is_here()]


def install(packages: list[str]) -> bool:
    """Install Debian packages without a question. False where this machine or this user cannot."""
    root = _becoming_root()
    if root is None or shutil.which("apt-get") is None:
        return False
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-euc", INSTALL, "install", *packages]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Check the machine, after installing what is missing where `--install` is given."""
    missing = missing_tools()
    if missing and "--install" in arguments:
        install([tool.package for tool in missing])
        missing = missing_tools()
    if "--install" in arguments and not QUICKER.is_here() and _is_offered(QUICKER.package):
        install([QUICKER.package])
    for tool in missing:
        print(f"Missing: {tool.package} ({tool.purpose})", file=sys.stderr)
    if missing:
        packages = " ".join(tool.package for tool in missing)
        print(f"Install it with: sudo apt-get install --no-install-recommends {packages}", file=sys.stderr)
    return 1 if missing else 0


def _is_offered(package: str) -> bool:
    """Whether this machine's lists name the package; nothing is asked of the network."""
    if shutil.which("apt-cache") is None:
        return False
    told = subprocess.run(["apt-cache", "show", package], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return told.returncode == 0 and bool(told.stdout)


def _is_found(mark: str) -> bool:
    if not mark.startswith("/"):
        return shutil.which(mark) is not None
    return next(Path("/").glob(mark.removeprefix("/")), None) is not None


def _becoming_root() -> list[str] | None:
    """The words in front of a command that make it run as root; None where that would need a password."""
    if os.geteuid() == 0:
        return []
    asked = ["sudo", "--non-interactive"]
    if shutil.which("sudo") is None:
        return None
    allowed = subprocess.run([*asked, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return asked if allowed.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

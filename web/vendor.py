"""The vendored browser libraries: `python -m web.vendor --check` compares each file with its recorded hash.

Nothing is fetched when the product runs or is installed. `vendor.lock.json` names each file with its package, version,
licence and SHA-256, so that a changed or an unlisted file is found by the checks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "vendor"
LOCK = "vendor.lock.json"
FIELDS = {"file", "name", "version", "sha256", "licence"}


def faults(folder: Path = FOLDER) -> list[str]:
    """One sentence for each file that is missing, changed or not listed; empty when all is well."""
    entries = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    found = [fault for entry in entries if (fault := _fault(folder, entry))]
    listed = {entry["file"] for entry in entries} | {LOCK}
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in listed)
    return found + [f"{name} is not listed in {LOCK}." for name in strangers]


def _fault(folder: Path, entry: dict[str, str]) -> str:
    if set(entry) != FIELDS:
        return f"{entry.get('file', '?')} must have exactly the fields {', '.join(sorted(FIELDS))}."
    path = folder / entry["file"]
    if not path.is_file():
        return f"{entry['file']} is missing."
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        return f"{entry['file']} has changed: its SHA-256 is not the recorded one."
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Print each fault to stderr; exit status 1 when there is one."""
    parser = argparse.ArgumentParser(prog="python -m web.vendor", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", required=True, help="compare the files with the lock")
    parser.parse_args(arguments)
    found = faults()
    for fault in found:
        sys.stderr.write(fault + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

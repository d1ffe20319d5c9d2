"""Checks files against the report that they came with: all are there, under their names, covered where it says so."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from imaging.identifiers import Identifiers
from imaging.jail.client import open_jail
from imaging.masks import Mask
from imaging.proof import CODES, decoded_anew
from imaging.rendition import Rendition
from imaging.report import DIFFERS, RenditionFacts, Report, SourceFacts
from imaging.signing import SIGNATURE, is_signed_by
from imaging.traces import traces
from imaging.verification import Finding


def compare(
    files: Sequence[Path], report: Path, key: str | None = None, identifiers: Identifiers | None = None
) -> list[Finding]:
    """Check files against a report of them, and its signature where a `key`, as base64, is trusted.

    A file is known by its hash; one that bears the name of a rendition, such as `view.jpg`, must be that one. All that
    the report names must be there, and no word of the case may be in it. Covered boxes are decoded again in a jail.
    Raises OSError for what cannot be read.
    """
    try:
        content = json.loads(report.read_bytes(), object_pairs_hook=_once)
        hashes = {str(entry["name"]): str(entry["sha256"]) for entry in content["renditions"]}
        masks = tuple(Mask(**mask) for mask in content["masks"])
        shapes = {
            str(entry["name"]): (str(entry["media_type"]), int(entry["width"]), int(entry["height"]))
            for entry in content["renditions"]
        }
        parts = {name: dict(content.get(name) or {}) for name in ("source", SIGNATURE, *DIFFERS)}
    except (ValueError, KeyError, TypeError):
        return [Finding(str(report), "not a report")]
    told = [Finding(str(report), what) for what in _told_beside(content, parts, identifiers)]
    found = {file: file.read_bytes() for file in files}
    given = {file: sha256(data).hexdigest() for file, data in found.items()}
    findings = list(_strangers(given, hashes))
    findings += [Finding(str(report), f"{name} is missing") for name in _missing(given, hashes)]
    if not findings:
        by_hash = {given[file]: data for file, data in found.items()}
        copies = [Rendition(name, *shapes[name], by_hash[digest]) for name, digest in hashes.items()]
        findings += _uncovered(copies, masks, seeks_codes=CODES in content.get("checks", ()))
    if key is not None and not is_signed_by(content, key):
        findings.append(Finding(str(report), "not signed by this key"))
    return told + findings


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of which no field is told twice: who reads it would see the last alone. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is told twice")
    return found


def _told_beside(
    content: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]], identifiers: Identifiers | None
) -> Iterator[str]:
    """What a report tells that none of ours does: further fields, words where figures stand, words of the case."""
    known = {
        "source": {field.name for field in fields(SourceFacts)},
        SIGNATURE: {"algorithm", "public_key", "value"},
    }
    copies = {field.name for field in fields(RenditionFacts)}
    is_known = {field.name for field in fields(Report)} >= content.keys() - {SIGNATURE}
    is_known &= all(names >= parts[name].keys() for name, names in known.items())
    if not is_known or not all(copies >= entry.keys() for entry in content["renditions"]):
        yield "a field that no report has"
    if not all(isinstance(figure, int | float) for name in DIFFERS for figure in parts[name].values()):
        yield "words where figures stand"
    text = json.dumps({name: each for name, each in content.items() if name != SIGNATURE}, ensure_ascii=False).encode()
    for writing in traces(text, identifiers) if identifiers is not None else ():
        yield f"a word of the case in {writing}"


def _strangers(given: Mapping[Path, str], hashes: Mapping[str, str]) -> Iterator[Finding]:
    for file, seen in given.items():
        if seen not in hashes.values():
            yield Finding(str(file), "not in the report")
        elif hashes.get(file.stem, seen) != seen:
            yield Finding(str(file), "in the report under another name")


def _missing(given: Mapping[Path, str], hashes: Mapping[str, str]) -> Iterator[str]:
    """The names of what was not given; of two renditions of the same bytes each must be."""
    left = Counter(given.values())
    for name, listed in hashes.items():
        left[listed] -= 1
        if left[listed] < 0:
            yield name


def _uncovered(copies: Sequence[Rendition], masks: Sequence[Mask], *, seeks_codes: bool) -> Iterator[Finding]:
    """Decode the files again, each under its name in the report, wherever the report says that it was looked at so."""
    if not (masks or seeks_codes):
        return
    with open_jail() as jail:
        lines = decoded_anew(jail, copies, masks, seeks_codes=seeks_codes)
    if lines is None:
        yield Finding(copies[0].name, "its pixels could not be looked at")
    for line in lines or ():
        name, _, what = line.rpartition(" ")
        yield Finding(name, what)

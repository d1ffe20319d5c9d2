"""Proves of finished copies that they hold what they should and nothing else, by other code in other processes.

The walk over the structure and the search for the case's words are done here, outside of the jail that made the copies:
a decoder that was taken over cannot answer for them. Pixels are decoded again in a jailed process of their own. Both
are binding. exiftool, where it is installed, is asked as well, and the report names it.
"""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass

from imaging.bundle import CODE, pack
from imaging.exiftool import ExiftoolError
from imaging.identifiers import Identifiers
from imaging.jail.client import Jail
from imaging.limits import VERIFICATION
from imaging.magic import HEAD_BYTES, sniff
from imaging.masks import Mask
from imaging.policy import MASK, Policy
from imaging.rendition import Rendition
from imaging.second_opinion import strangers
from imaging.verification import verify_bytes

STRUCTURE, WORDS, PIXELS, CODES = "structure", "identifiers", "pixels", "codes"
_NONE, _SILENT = "none", "silent"


@dataclass(frozen=True)
class Proof:
    """What was looked for, and whether all of it was as it should be. `opinion` names the other tool, or `none`.

    `is_code_left` where nothing else was found than that a code can be read; `is_unfinished` where the pixels could not
    be looked at to the end.
    `cpu` is the seconds of processor time that it took, in this process and in the jail.
    """

    holds: bool
    checks: tuple[str, ...] = ()
    opinion: str = _NONE
    cpu: float = 0.0
    is_code_left: bool = False
    is_unfinished: bool = False


def prove(jail: Jail, copies: Sequence[Rendition], masks: Sequence[Mask], policy: Policy) -> Proof:
    """Check the copies of one file, made under this policy. What cannot be checked does not hold."""
    began = time.thread_time()
    words = policy.identifiers if policy.identifiers.count() else None
    seeks_codes = policy.text == MASK and not policy.is_review
    looked_for = (STRUCTURE, True), (WORDS, words), (PIXELS, masks), (CODES, seeks_codes)
    checks = [name for name, is_asked in looked_for if is_asked]
    holds, jailed, is_unfinished = not any(_finds(copy, words, policy) for copy in copies), 0.0, False
    if holds and (masks or seeks_codes):
        found, jailed = _decoded(jail, pack(copies, masks, seeks_codes=seeks_codes))
        holds, is_unfinished = found == [], found is None
        if found and {line.rpartition(" ")[2] for line in found} == {CODE}:
            return Proof(False, cpu=time.thread_time() - began + jailed, is_code_left=True)
    opinion, agrees = _ask_another(jail, copies, policy) if holds else (_NONE, True)
    cpu = time.thread_time() - began + jailed
    return Proof(holds and agrees, tuple(checks), opinion, cpu, is_unfinished=is_unfinished)


def decoded_anew(
    jail: Jail, copies: Sequence[Rendition], masks: Sequence[Mask], *, seeks_codes: bool
) -> list[str] | None:
    """Return a line per copy and thing that its pixels show and should not; None where that came to no end."""
    return _decoded(jail, pack(copies, masks, seeks_codes=seeks_codes))[0]


def _finds(copy: Rendition, words: Identifiers | None, policy: Policy) -> bool:
    if sniff(copy.data[:HEAD_BYTES]) != copy.media_type:
        return True
    return bool(verify_bytes(copy.data, copy.name, words, allows_sound=policy.allows_sound))


def _decoded(jail: Jail, data: bytes) -> tuple[list[str] | None, float]:
    """Let a fresh child of the jail decode the copies and look at every covered box and for codes.

    Returns what it found, None where it came to no end, and what that cost.
    """
    outcome = jail.run(VERIFICATION, "application/octet-stream", io.BytesIO(data), len(data), Policy().to_plain())
    found = outcome.facts.get("findings")
    is_told = outcome.verdict == "ready" and isinstance(found, list)
    return [str(line) for line in found] if is_told and isinstance(found, list) else None, outcome.cpu or 0.0


def _ask_another(jail: Jail, copies: Sequence[Rendition], policy: Policy) -> tuple[str, bool]:
    if not jail.reader.is_here:
        return _NONE, True
    try:
        entries = jail.reader.look([copy.data for copy in copies])
    except ExiftoolError:
        # A tool that hangs must not hold up a child's file; that it said nothing is in the report.
        return _SILENT, True
    version = str(entries[0].get("ExifTool:ExifToolVersion", "")) if entries else ""
    found = strangers(entries, [copy.name for copy in copies], allows_sound=policy.allows_sound)
    return f"exiftool {version}".strip(), not found

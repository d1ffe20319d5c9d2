"""Prepares one file: sniff, send it through the jail, verify what came out, put it, report."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from imaging.jail.client import Jail, open_jail
from imaging.jail.conversation import Outcome, Teller
from imaging.kinds import KINDS, accepts, guess
from imaging.magic import DICOM, HEAD_BYTES, sniff
from imaging.models import Models, model_versions
from imaging.policy import DEIDENTIFIED, MASK, MASK_ALL, TREATMENT_USE, Policy, Target
from imaging.proof import Proof, prove
from imaging.rendition import Rendition
from imaging.report import FAILED, HELD, READY, REJECTED, RenditionFacts, Report, SourceFacts
from imaging.residual import residual_risks
from imaging.told import read_facts
from imaging.tools import tool_versions
from imaging.verification import has_sound

_BLOCK = 1024 * 1024
_NAMES = {"photo": r"thumb|view|full", "video": r"poster|play", "lab_document": r"thumb|page-[1-9]\d{0,2}"}
_REVIEW_NAMES = r"review|review-[1-9]\d{0,2}"
_PICTURES = {"photo", "video"}


def prepare(
    kind: str,
    source: BinaryIO,
    target: Target,
    policy: Policy,
    *,
    jail: Jail | None = None,
    tell: Teller | None = None,
) -> Report:
    """Prepare one file and return the report; the renditions are put only when its verdict is `ready` or `held`.

    Where a person must decide first, `held`, they are the `review` copies for that person's eyes.

    `source` is a seekable reader of the plain bytes. It is read only in this process, so it may decrypt as it goes;
    what it raises reaches the caller, as does what `target.put` raises. Renditions are collected, verified, then
    put one after another: a put that fails may leave earlier ones behind, so link them only with the report in hand.
    `tell` hears in percent how far a film or a long document is. Without `jail` a fork-server is started for this one
    file, which costs about half a second.
    """
    facts = _look(source)
    reason = _refusal(kind, facts)
    if reason is not None:
        return _report(kind, facts, policy, Outcome(REJECTED, reason))
    with _jail_or_own(jail) as used:
        models = used.models
        outcome = _run(used, kind, source, facts, policy, tell=tell)
        if outcome.verdict == HELD:
            outcome = _held(outcome, _run(used, kind, source, facts, replace(policy, is_review=True)))
    for rendition in outcome.renditions:
        target.put(rendition.name, rendition.media_type, rendition.data, rendition.width, rendition.height)
    return _report(kind, facts, policy, outcome, models)


def _run(
    jail: Jail, kind: str, source: BinaryIO, facts: SourceFacts, policy: Policy, *, tell: Teller | None = None
) -> Outcome:
    outcome = jail.run(kind, str(facts.media_type), source, facts.bytes, policy.to_plain(), tell=tell)
    if outcome.verdict != READY:
        return outcome
    names = _REVIEW_NAMES if policy.is_review else _NAMES[kind]
    told = read_facts(outcome.facts)
    proof = prove(jail, outcome.renditions, told.masks, policy) if _is_named(names, outcome) else Proof(False)
    if proof.is_code_left:
        return replace(outcome, verdict=HELD, reason="code_left", renditions=[])
    if not proof.holds:
        # The same file would come out so again, and its sender can do nothing about it: somebody looks at the original.
        verdict = FAILED if policy.is_review or proof.is_unfinished else HELD
        return replace(outcome, verdict=verdict, reason="verification", renditions=[], opinion=proof.opinion)
    return replace(outcome, checks=proof.checks, opinion=proof.opinion, proof_cpu=proof.cpu)


def _held(asked: Outcome, review: Outcome) -> Outcome:
    """Join why the file is held with the copies for whoever decides; a file that cannot be shown at all says so."""
    return replace(review, verdict=HELD, reason=asked.reason) if review.verdict == READY else review


class _Borrowed:
    """Lets a jail that belongs to the caller stand in a `with` without being closed by it."""

    def __init__(self, jail: Jail) -> None:
        self._jail = jail

    def __enter__(self) -> Jail:
        return self._jail

    def __exit__(self, *_: object) -> None:
        return


def _jail_or_own(jail: Jail | None) -> "_Borrowed | Jail":
    return open_jail() if jail is None else _Borrowed(jail)


def _look(source: BinaryIO) -> SourceFacts:
    """Size, hash and sniffed type, found here so that they do not depend on what the jail says."""
    source.seek(0)
    head = source.read(HEAD_BYTES)
    digest, size = hashlib.sha256(), 0
    for block in _blocks(source):
        digest.update(block)
        size += len(block)
    return SourceFacts(sniff(head), size, digest.hexdigest())


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    source.seek(0, os.SEEK_SET)
    while block := source.read(_BLOCK):
        yield block


def _refusal(kind: str, facts: SourceFacts) -> str | None:
    """Say why a file need not enter the jail at all."""
    if facts.bytes == 0:
        return "empty"
    if facts.media_type is None:
        return KINDS[kind].not_one
    if facts.media_type == DICOM:
        return "dicom_not_yet"
    if not accepts(kind, facts.media_type):
        other = guess(facts.media_type)
        return KINDS[other].is_one if accepts(other, facts.media_type) else "unsupported_type"
    return "too_many_bytes" if facts.bytes > KINDS[kind].max_bytes else None


def _is_named(expected: str, outcome: Outcome) -> bool:
    """Check the names of what the jail gave as if a stranger had sent it."""
    names = [rendition.name for rendition in outcome.renditions]
    return bool(names) and len(set(names)) == len(names) and all(re.fullmatch(expected, name) for name in names)


def _report(kind: str, facts: SourceFacts, policy: Policy, outcome: Outcome, models: Models | None = None) -> Report:
    told = read_facts(outcome.facts)
    # What was verified is believed here, not what the jail says of itself.
    is_heard = any(copy.media_type == "video/mp4" and has_sound(copy.data) for copy in outcome.renditions)
    return Report(
        kind=kind,
        verdict=outcome.verdict,
        reason=outcome.reason,
        detail=told.detail,
        source=replace(facts, width=told.width, height=told.height, duration=told.duration, pages=told.pages),
        removed=told.removed,
        counts=told.counts,
        renditions=tuple(_rendition_facts(rendition) for rendition in outcome.renditions),
        masks=told.masks,
        quality=told.quality,
        has_sound=is_heard,
        open_faces=told.open_faces,
        content=told.content,
        label=TREATMENT_USE if is_heard else _label(kind, policy, outcome.verdict),
        jail=outcome.level,
        checks=outcome.checks,
        second_opinion=outcome.opinion,
        residual=residual_risks(kind, policy, has_sound=is_heard, has_face=told.has_face) if outcome.renditions else (),
        tools=tool_versions() | model_versions(models or Models()),
        policy=policy.for_report(),
        usage=_usage(told.timings, outcome),
    )


def _label(kind: str, policy: Policy, verdict: str) -> str:
    """Return what the copies may be called. Paper keeps its collection dates, so it is for treatment use always."""
    is_masked = policy.faces == MASK_ALL and policy.text == MASK and not policy.is_review
    return DEIDENTIFIED if verdict == READY and is_masked and kind in _PICTURES else TREATMENT_USE


def _rendition_facts(rendition: Rendition) -> RenditionFacts:
    digest = hashlib.sha256(rendition.data).hexdigest()
    size = len(rendition.data)
    return RenditionFacts(rendition.name, rendition.media_type, rendition.width, rendition.height, size, digest)


def _usage(timings: dict[str, float], outcome: Outcome) -> dict[str, float]:
    """Processor milliseconds of the making in all and by step and of the proof, and the peak of memory in MiB."""
    usage = {f"{name}_ms": milliseconds for name, milliseconds in timings.items()}
    if outcome.cpu is not None and outcome.rss is not None:
        usage |= {"cpu_ms": round(outcome.cpu * 1000, 1), "rss_mib": round(outcome.rss / 2**20, 1)}
    return usage | {"proof_ms": round(outcome.proof_cpu * 1000, 1)} if outcome.proof_cpu else usage

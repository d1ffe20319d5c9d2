"""What a worker decides about a file: whether it may be opened at all, and whether it is what its sender meant."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.attachments import PAPER, AttachmentState
from econsult.consults.preparing import Marks, PreparedCopy
from econsult.vault import Vault
from imaging import Report
from storage.sealed import SealedReader
from workers.scanner import Finding, Scanner

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """How the file is to be shown from now on. `marks` say which file it is, where that was asked for."""

    state: AttachmentState
    reason: str | None
    report: dict[str, Any] | None = None
    copies: tuple[PreparedCopy, ...] = ()
    marks: Marks = field(default_factory=Marks)

    @property
    def is_ready(self) -> bool:
        return self.state == AttachmentState.READY


@dataclass(frozen=True)
class Declared:
    """What was said of the file before anybody opened it, and whether it may show a body."""

    size: int
    sha256: str | None
    takes_pictures: bool


def marks_of(vault: Vault, session: Session, patient_id: int, report: Report) -> Marks:
    """The keyed hashes of a child's file by which it is known again: of its bytes, and of what it shows."""
    content = vault.content_mark(session, patient_id, report.source.sha256)
    return Marks(content, "" if report.content is None else vault.picture_mark(session, patient_id, report.content))


def scan(scanner: Scanner | None, plain: SealedReader) -> Verdict | None:
    """The verdict on a file that must not be opened; None where it may. Raises ScannerAwayError, ScanFailedError."""
    finding = Finding.CLEAN if scanner is None else scanner.scan(plain)
    if finding == Finding.INFECTED:
        log.warning("The virus scanner refused a file.")
        return Verdict(AttachmentState.REJECTED, "malware")
    if finding == Finding.NOT_SCANNED:
        log.warning("A file is longer than the virus scanner takes, and was not scanned.")
        return Verdict(AttachmentState.REJECTED, "not_scanned")
    return None


def objection(declared: Declared, report: Report) -> str | None:
    """Why a file that could be prepared is refused all the same: it is not what was sent, or not welcome."""
    if report.source.bytes != declared.size:
        return "size"
    if declared.sha256 is not None and report.source.sha256 != declared.sha256.lower():
        return "checksum"
    if not report.has_copies:
        return report.reason or "unsupported_type"
    if not declared.takes_pictures and report.source.media_type != PAPER:
        # Nothing but the content tells a photo from a scanned paper, and what a family calls its file proves nothing.
        return "private_site"
    return None

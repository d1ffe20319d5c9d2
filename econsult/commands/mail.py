"""The command `mail-in`: takes one e-mail from a mail server's pipe, and answers by a number of `sysexits.h`."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from sqlalchemy import select

from econsult.commands.programs import program_of
from econsult.incoming.parsing import LARGEST, CorruptMailError
from econsult.incoming.taking import BusyMailError, Intake, RefusedMailError, take_mail
from econsult.installation import Installation
from econsult.people.persons import Program
from storage.blobs import BlobError, open_store

CORRUPT, TRY_AGAIN, NOT_ACCEPTED = 65, 75, 77
"""EX_DATAERR, EX_TEMPFAIL and EX_NOPERM: the mail server sends it back, keeps it for later, or sends it back."""
OFF = "E-mail is not taken in here: see ECONSULT_MAIL_IN_ADDRESS."
TAKEN = "Taken: it waits for its person."


def offer(_name: str, command: argparse.ArgumentParser) -> None:
    """Offer `mail-in`."""
    command.set_defaults(run=_take, exit_of=_exit_of)


def _take(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    if not installation.settings.mail_in_address:
        raise RefusedMailError(OFF)
    # One byte more than is taken: a message of any size is then seen to be too large without being read.
    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        blobs = open_store(installation.settings.blobs_url)
    except (BlobError, ValueError):
        raise BusyMailError("The store does not answer now.") from None
    take_mail(Intake(installation.database, blobs, _programs(installation, options, now)), raw, now=now)
    return TAKEN


def _programs(installation: Installation, options: argparse.Namespace, now: datetime) -> list[int]:
    """Those whose accounts count: the one that --program names, or all that are not erased."""
    with installation.database.writing() as session:
        if options.program:
            return [program_of(session, installation, options, now).id]
        return list(session.scalars(select(Program.id).where(Program.erased_at.is_(None))))


def _exit_of(error: Exception) -> int:
    """What is wrong with us is tried again later: no message is lost because a database was away for a minute."""
    if isinstance(error, CorruptMailError):
        return CORRUPT
    return NOT_ACCEPTED if isinstance(error, RefusedMailError) else TRY_AGAIN

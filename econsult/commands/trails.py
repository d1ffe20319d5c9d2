"""The command `audit verify`: is the audit trail whole?"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from econsult.anchors import read_anchors
from econsult.errors import ConsultError
from econsult.installation import Installation
from econsult.trail_check import Checked, check_anchoring, check_trail


def offer(_name: str, audit: argparse.ArgumentParser) -> None:
    """Offer `audit`."""
    verbs = audit.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="check every row; exit 1 and the first bad row of each program")
    verify.set_defaults(run=_verify)


def _verify(installation: Installation, _options: argparse.Namespace, now: datetime) -> str:
    anchors = list(read_anchors(installation.settings.audit_anchors))
    with installation.database.reading() as session:
        found = check_anchoring(session, check_trail(session, anchors), now)
    for each in found:
        sys.stdout.write(_line(each) + "\n")
    faults = sum(bool(each.fault) for each in found)
    if faults:
        raise ConsultError("The audit trail is not whole.")
    return "" if found else "The audit trail is empty."


def _line(found: Checked) -> str:
    place = f"anchored up to row {found.anchored}" if found.anchored else "not anchored yet"
    return f"Program {found.program_id}: {found.rows} rows hold, {place}. {found.fault}".rstrip()

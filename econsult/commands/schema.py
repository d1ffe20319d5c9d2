"""The command `migrate`: the tables as this version needs them."""

from __future__ import annotations

import argparse
from datetime import datetime

from econsult.installation import Installation


def offer(_name: str, command: argparse.ArgumentParser) -> None:
    """Offer `migrate`."""
    command.set_defaults(run=_migrate, makes_records=True)


def _migrate(installation: Installation, _options: argparse.Namespace, _now: datetime) -> str:
    installation.database.migrate()
    return ""

"""Something more is on file that tells who a child is: papers that were read before it came may still show it."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from econsult.jobs import JobKind, Lane, add_job


def tell_more(session: Session, patient_id: int, now: datetime) -> None:
    """Let a worker compare the child's papers with all that is on file, once this transaction has ended.

    Whoever writes a name, an address or a number of the child, its family or a caller calls this: at worst nothing is
    new, and the job ends. Each has a job of its own, since one that runs already may have looked too early.
    """
    key = f"read_again:{patient_id}:{secrets.token_hex(8)}"
    add_job(session, JobKind.READ_AGAIN, patient_id, lane=Lane.FAST, dedupe_key=key, now=now)

"""The job TRIES: wrong passwords, and a sign-in closed after them, come into the trail of whom they concern."""

from __future__ import annotations

from econsult.jobs import Lease
from econsult.people.attempts import tell
from workers.desk import Desk


def tell_of_tries(desk: Desk, lease: Lease) -> None:
    """Write the rows and end the job, in one transaction. Raises LeaseLostError."""
    with desk.finishing(lease) as session:
        tell(session, desk.runtime.database.cipher, lease.subject_id, desk.now())

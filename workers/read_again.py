"""The job READ_AGAIN: papers are prepared anew for what has come on file since and tells who the child is."""

from __future__ import annotations

from econsult.consults.preparing import read_papers_again
from econsult.jobs import Lease
from econsult.people.patients import Patient
from workers.desk import Desk
from workers.policies import identifiers_of, told_mark


def read_again(desk: Desk, lease: Lease) -> None:
    """Put what was read for less in line again, and end the job. Raises LeaseLostError.

    A paper that is being prepared at this moment is compared by its own worker before it is shown.
    """
    with desk.finishing(lease) as session:
        child = session.get_one(Patient, lease.subject_id)
        if child.erased_at is None:
            told = identifiers_of(session, child.id)
            read_papers_again(session, child.id, told_mark(desk.runtime.vault, session, child.id, told), desk.now())

"""Browsers that an account was used by: of two that come at the same moment, one is a stranger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

from econsult.database import Database
from econsult.people.browsers import note_browser
from tests.personas import NOON, Clinic


def test_of_two_first_browsers_at_the_same_moment_one_is_told_of(database: Database, clinic: Clinic) -> None:
    def comes() -> bool:
        with database.writing() as session:
            return note_browser(session, clinic.derm, "another browser", NOON)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            first = note_browser(session, clinic.derm, "a browser", NOON)
            late = pool.submit(comes)
            # It waits for the first; without that it would be done by now.
            wait([late], timeout=1.5)
        assert (first, late.result()) == (False, True)

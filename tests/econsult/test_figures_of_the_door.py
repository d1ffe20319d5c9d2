"""What the door costs whoever guesses, in figures: the other tests of the door speak of them by their names."""

from __future__ import annotations

import time
from datetime import timedelta

from econsult.consults import by_code, glass
from econsult.database import Database
from econsult.people import account, attempts, factors, halfway, links, lookalikes, mixups, proving, signin
from econsult.people.passwords import hash_password
from tests.personas import NOON, Clinic


def test_the_figures_that_are_promised_are_those_that_hold() -> None:
    minutes = (
        (attempts.TRY_WINDOW, 15),
        (links.LIVES, 10),
        (halfway.CODE_LIVES, 10),
        (halfway.SET_UP_LIVES, 30),
        (proving.LIVES, 5),
        (account.FRESH, 10),
        (glass.LASTS, 60),
        (by_code.LIVES, 10),
        (by_code.READS, 30),
        (signin.STAFF_IDLE, 30),
        (signin.FAMILY_IDLE, 60),
        (signin.STAFF_ABSOLUTE, 12 * 60),
        (signin.FAMILY_ABSOLUTE, 24 * 60),
    )
    assert [each for each, number in minutes if each != timedelta(minutes=number)] == []
    assert (attempts.TRIES, attempts.TRIES_IN_ALL, attempts.FROM_ONE) == (10, 100, 60)
    assert (factors.TRIES, factors.TRIES_A_DAY, by_code.TRIES, by_code.CODES, mixups.TRIES) == (5, 30, 5, 5, 5)
    assert (20, timedelta(days=1)) == (lookalikes.LOOKS, lookalikes.DAY)


def test_a_password_for_an_address_that_nobody_has_is_weighed_as_for_a_known_one(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        session.merge(clinic.pcp).password_hash = hash_password("a sentence that nobody guesses")

    def cost(email: str) -> float:
        began = time.process_time()
        assert attempts.sign_in(database, email, "a wrong sentence here", source="192.0.2.1", now=NOON) is None
        return time.process_time() - began

    known, unknown = (min(cost(email) for _ in range(2)) for email in ("pcp@clinic.test", "nobody@clinic.test"))
    assert unknown > known / 2

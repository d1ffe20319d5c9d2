"""What a guesser tries first is no password here: common ones, words around the person, and patterns."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import partial

import pytest

from econsult.database import Database
from econsult.errors import InvalidError
from econsult.people.account import change_password, known_of
from econsult.people.guessable import refuse_guessable
from econsult.people.madeup import PASSWORD
from econsult.people.passwords import LONGEST, SHORTEST, hash_password
from econsult.people.signin import set_password
from tests.personas import NOON, Clinic
from tests.timing import quickest

ABOUT = ("Ana Marín", "ana.marin@clinic.test", "Mesa Children's Program", "Clínica del Valle")
COMMON = (
    "password1234567", "Password1234567!", "passwordpassword", "P@ssw0rdP@ssw0rd", "iloveyouiloveyou",
    "letmeinletmein123", "iloveyou123456789", "superman batman", "monkeymonkeymonkey", "football football",
)  # fmt: skip
PATTERNS = (
    "aaaaaaaaaaaaaaa", "abcdefghijklmnop", "123456789012345", "qwertyuiopasdfgh", "1q2w3e4r5t6y7u8i", "qazwsxedcrfvtgb",
    "abcabcabcabcabcabc", "2026-11-26 2026", "x" * LONGEST,
)  # fmt: skip
OWN = (
    "ana.marin@clinic.test", "AnaMarin20260101", "anamarinanamarin", "Marin.Marin.Marin", "econsulteconsult1",
    "econsult12345678", "contraseña12345", "clinicadelvalle1", "hospital12345678", PASSWORD,
)  # fmt: skip
GOOD = (
    "correct horse battery staple", "a long enough password", "el perro come pan negro", "ñandú azul camina lento",
    "the dog ate my math again", "zq8!fkw0Wm3pLx9", "мой дядя самых честных", "我们的孩子喜欢吃苹果和梨子哦今天天",
)  # fmt: skip


@pytest.mark.parametrize("password", [*COMMON, *PATTERNS, *OWN])
def test_what_is_easy_to_guess_is_refused(password: str) -> None:
    assert len(password) >= SHORTEST, "a shorter one is refused for that"
    with pytest.raises(InvalidError) as refused:
        refuse_guessable(password, ABOUT)
    assert refused.value.fields == {"password": "guessable"}
    assert password not in str(refused.value)


@pytest.mark.parametrize("password", GOOD)
def test_a_sentence_of_ones_own_and_a_made_one_are_taken(password: str) -> None:
    refuse_guessable(password, ABOUT)


def test_the_own_name_alone_makes_the_difference() -> None:
    refuse_guessable("zeferina quispe 82")
    with pytest.raises(InvalidError):
        refuse_guessable("zeferina quispe 82", ("Zeferina Quispe",))


@pytest.mark.wide
def test_weighing_takes_less_than_the_hash_whatever_is_sent() -> None:
    hashing = quickest(lambda: hash_password("correct horse battery staple"), enough=0)
    for worst in (secrets.token_urlsafe(192)[:LONGEST], "@4$0" * 64, "Aa1!" * 64, "\u0301" * LONGEST, "p@$$w0rd" * 32):
        most = max(5 * hashing, 0.5)
        assert quickest(partial(_weigh, worst), most) < most, worst[:8]


def _weigh(password: str) -> None:
    with suppress(InvalidError):
        refuse_guessable(password, ("x" * 120, "y" * 250))


def test_a_change_to_the_own_name_is_refused_and_the_old_one_stays(database: Database, clinic: Clinic) -> None:
    old = "correct horse battery staple"
    with database.writing() as session:
        set_password(session, session.merge(clinic.mother), hash_password(old), NOON)
        assert "mother@clinic.test" in known_of(session, clinic.mother)
    with pytest.raises(InvalidError):
        change_password(database, clinic.mother, old, "mother@clinic.test", source="192.0.2.1", now=NOON)
    assert change_password(database, clinic.mother, old, "una frase bien propia", source="192.0.2.1", now=NOON)

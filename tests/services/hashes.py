"""Passwords that are quick to hash, for tests of something else: a real one takes a processor a twentieth second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher

from econsult.people import passwords


@contextmanager
def hashed_lightly() -> Iterator[None]:
    """Hash new passwords by the product's own way with the least memory; what the full weight does and costs is proven
    beside the passwords. A stored hash names its weight, so those of the product are read as ever; what is checked
    where nobody has the address is as light as the others.
    """
    light = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", light)
        patch.setattr(passwords, "_DECOY", light.hash("whatever"))
        yield


@pytest.fixture
def light_hashes() -> Iterator[None]:
    """For a test that guesses again and again."""
    with hashed_lightly():
        yield

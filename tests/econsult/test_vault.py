"""The chain of keys: an object's key opens only with its own child, program and master."""

from __future__ import annotations

import pytest

from econsult.database import Database
from econsult.vault import Vault
from storage.keys import KeyRing, WrongKey, generate
from tests.personas import NOON, Clinic


def test_an_objects_key_comes_back(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        key, wrapped = clinic.vault.new_object_key(session, clinic.child, "a" * 32)
        assert clinic.vault.object_key(session, clinic.child.id, "a" * 32, wrapped) == key
        assert key not in wrapped


def test_a_key_does_not_open_as_another_object_or_another_childs(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _key, wrapped = clinic.vault.new_object_key(session, clinic.child, "a" * 32)
        with pytest.raises(WrongKey):
            clinic.vault.object_key(session, clinic.child.id, "b" * 32, wrapped)
        with pytest.raises(WrongKey):
            clinic.vault.object_key(session, clinic.other_child.id, "a" * 32, wrapped)


def test_another_master_opens_nothing(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _key, wrapped = clinic.vault.new_object_key(session, clinic.child, "a" * 32)
        with pytest.raises(WrongKey):
            Vault(KeyRing.parse(generate())).object_key(session, clinic.child.id, "a" * 32, wrapped)


def test_there_is_one_program(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        assert clinic.vault.ensure_program(session, "Another name", NOON).id == clinic.program.id

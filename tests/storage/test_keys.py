"""Keys: the ring, the chain of wrapped keys, and sealed fields."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keys
from storage.keys import FieldCipher, KeyRing, Purpose, WrongKey

OLD, NEW = keys.generate(), keys.generate()


def ring(*lines: str) -> KeyRing:
    return KeyRing.parse("\n".join(lines))


def test_generated_lines_make_a_ring_whose_first_key_is_current() -> None:
    found = ring("# master keys", NEW, "", f"{OLD}  # until spring")
    assert found.ids == (NEW.split(":")[0], OLD.split(":")[0])
    assert found.current == NEW.split(":")[0]
    assert len(found.key(found.current)) == 32


def test_a_ring_shows_no_key_material() -> None:
    assert OLD.split(":")[1][:8] not in repr(ring(OLD))
    assert ring(OLD).key(OLD.split(":")[0]).hex()[:8] not in repr(ring(OLD))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("k1", "line 1"),
        ("k1:c2hvcnQ=", "line 1"),
        (f"K1:{base64.b64encode(bytes(range(32))).decode()}", "line 1"),
        (f"{OLD}\nk2:not base64", "line 2"),
        (f"{OLD}\n{OLD}", "line 2 of the key ring repeats"),
        (f"k1:{base64.b64encode(bytes(32)).decode()}", "not a random key"),
        (f"{OLD}\nk2:{OLD.split(':')[1]}", "repeats"),
    ],
    ids=range(9),
)
def test_a_bad_ring_is_refused_by_line_without_quoting_it(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        KeyRing.parse(text)
    assert "c2hvcnQ" not in str(caught.value)


def test_the_chain_from_master_to_object_opens_link_by_link() -> None:
    master, program, patient, item = ring(OLD), keys.new_key(), keys.new_key(), keys.new_key()
    at_program = keys.key_context(Purpose.PROGRAM, program=1)
    at_patient = keys.key_context(Purpose.PATIENT, program=1, patient=7)
    at_item = keys.key_context(Purpose.OBJECT, program=1, patient=7, item="ab12")
    wrapped = (
        master.wrap(program, at_program),
        keys.wrap(patient, program, at_patient),
        keys.wrap(item, patient, at_item),
    )
    opened = keys.unwrap(wrapped[1], master.unwrap(wrapped[0], at_program), at_patient)
    assert keys.unwrap(wrapped[2], opened, at_item) == item
    assert len(wrapped[2]) == 61


@pytest.mark.parametrize(
    "other",
    [
        keys.key_context(Purpose.OBJECT, program=2, patient=7, item="x"),
        keys.key_context(Purpose.OBJECT, program=1, patient=8, item="x"),
        keys.key_context(Purpose.OBJECT, program=1, patient=7, item="y"),
        keys.key_context(Purpose.PATIENT, program=1, patient=7),
    ],
)
def test_a_key_moved_elsewhere_does_not_open(other: str) -> None:
    under, key = keys.new_key(), keys.new_key()
    wrapped = keys.wrap(key, under, keys.key_context(Purpose.OBJECT, program=1, patient=7, item="x"))
    with pytest.raises(WrongKey):
        keys.unwrap(wrapped, under, other)


def test_an_id_cannot_forge_a_context() -> None:
    with pytest.raises(ValueError, match="no '\\|'"):
        keys.key_context(Purpose.OBJECT, program=1, patient="7|x")


@given(position=st.integers(0, 60), mask=st.integers(1, 255))
def test_a_changed_wrapped_key_does_not_open(position: int, mask: int) -> None:
    under = bytes(range(32))
    changed = bytearray(keys.wrap(keys.new_key(), under, "context"))
    changed[position] ^= mask
    with pytest.raises(WrongKey):
        keys.unwrap(bytes(changed), under, "context")


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"\x05k1", b"\x00abc", b"\x02\xff\xfe" + bytes(61), bytes(80)])
def test_rubbish_is_not_a_wrapped_key(rubbish: bytes) -> None:
    with pytest.raises(WrongKey):
        ring(OLD).unwrap(rubbish, "context")
    with pytest.raises(WrongKey):
        keys.unwrap(rubbish, keys.new_key(), "context")


def test_after_rotation_old_wrappings_open_and_become_current() -> None:
    key = keys.new_key()
    wrapped = ring(OLD).wrap(key, "program|1")
    both = ring(NEW, OLD)
    assert both.unwrap(wrapped, "program|1") == key
    assert not both.is_current(wrapped)
    renewed = both.rewrap(wrapped, "program|1")
    assert both.is_current(renewed)
    assert both.rewrap(renewed, "program|1") == renewed
    assert ring(NEW).unwrap(renewed, "program|1") == key


def test_a_ring_without_the_key_says_which_one_it_lacks() -> None:
    wrapped = ring(OLD).wrap(keys.new_key(), "program|1")
    with pytest.raises(WrongKey, match=OLD.split(":")[0]):
        ring(NEW).unwrap(wrapped, "program|1")


def test_the_same_id_with_another_key_is_the_wrong_key() -> None:
    name = OLD.split(":")[0]
    other = f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    with pytest.raises(WrongKey):
        ring(other).unwrap(ring(OLD).wrap(keys.new_key(), "c"), "c")
    with pytest.raises(WrongKey):
        FieldCipher(ring(other)).open(FieldCipher(ring(OLD)).seal("text", "c"), "c")


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_comes_back_from_a_field(text: str) -> None:
    cipher = FieldCipher(ring(NEW, OLD))
    sealed = cipher.seal(text, "patient.name|7")
    assert cipher.open(sealed, "patient.name|7") == text
    assert sealed.isascii()


def test_equal_texts_look_different_in_the_column() -> None:
    cipher = FieldCipher(ring(OLD))
    assert cipher.seal("Ana", "patient.name|7") != cipher.seal("Ana", "patient.name|7")


@pytest.mark.parametrize("context", ["patient.name|8", "patient.mrn|7", ""])
def test_a_field_moved_to_another_place_does_not_open(context: str) -> None:
    cipher = FieldCipher(ring(OLD))
    with pytest.raises(WrongKey):
        cipher.open(cipher.seal("Ana", "patient.name|7"), context)


def test_rubbish_in_a_column_is_the_wrong_key() -> None:
    cipher, name = FieldCipher(ring(OLD)), OLD.split(":")[0]
    for value in ("", "plain text", f"{name}.", f"{name}.AAAA", f"{name}.!!!!", "k0.AAAA"):
        with pytest.raises(WrongKey):
            cipher.open(value, "patient.name|7")


def test_fields_survive_a_rotation_and_tell_that_they_are_old() -> None:
    sealed = FieldCipher(ring(OLD)).seal("Ana", "patient.name|7")
    cipher = FieldCipher(ring(NEW, OLD))
    assert cipher.open(sealed, "patient.name|7") == "Ana"
    assert not cipher.is_current(sealed)
    assert cipher.is_current(cipher.seal("Ana", "patient.name|7"))


def test_a_blind_index_finds_the_same_name_however_it_is_typed() -> None:
    cipher = FieldCipher(ring(OLD))
    spellings = ["Zoë  Müller", "zoë müller", " ZOE\u0308 MU\u0308LLER\n"]
    assert len({cipher.blind_index(text, "patient.name|1") for text in spellings}) == 1
    assert cipher.blind_index("Zoe Muller", "patient.name|1") != cipher.blind_index(spellings[0], "patient.name|1")


def test_a_blind_index_differs_by_column_and_program() -> None:
    cipher = FieldCipher(ring(OLD))
    contexts = ["patient.name|1", "patient.name|2", "patient.mrn|1"]
    assert len({cipher.blind_index("Ana", context) for context in contexts}) == 3


def test_searching_after_a_rotation_still_finds_old_rows() -> None:
    stored = FieldCipher(ring(OLD)).blind_index("Ana", "patient.name|1")
    cipher = FieldCipher(ring(NEW, OLD))
    wanted = cipher.blind_indexes("ana", "patient.name|1")
    assert stored in wanted
    assert wanted[0] == cipher.blind_index("Ana", "patient.name|1") != stored


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])
def test_a_private_secret_file_is_read(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "keys"
    file.write_text(OLD)
    file.chmod(mode)
    assert keys.read_private(file) == OLD


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_secret_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "keys"
    file.write_text(OLD)
    file.chmod(mode)
    with pytest.raises(ValueError, match="chmod 600"):
        keys.read_private(file)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        keys.read_private(tmp_path / "nowhere")

"""Ready sentences for answers: every specialty has some, and none is signed with a place left open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from econsult.advice.own_snippets import SnippetForm, identifiers_in, keep, known_to, remove
from econsult.advice.snippets import FIELDS, Snippet, snippets_for
from econsult.consults import answers
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.people.persons import SPECIALTIES, Person
from econsult.trail import AuditEvent
from tests.personas import ANSWER, LEASE, NOON, Clinic, open_clinic


def test_every_specialty_has_its_own_and_those_for_all() -> None:
    common = snippets_for(None)
    for specialty in SPECIALTIES:
        found = snippets_for(specialty)
        assert found[-len(common) :] == common
        assert len(found) > len(common), specialty
        assert len({each.name for each in found}) == len(found), "a name brings one sentence"
    for specialty in ("dermatology", "neurology", "asthma"):
        assert {each.field for each in snippets_for(specialty)} == set(FIELDS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Atopic", "field": "step", "text": "x"},
        {"name": "atopic", "field": "plan", "text": "x"},
        {"name": "atopic", "field": "step", "text": "for ⟨days"},
        {"name": "atopic", "field": "step", "text": "for ⟨⟩ days"},
        {"name": "atopic", "field": "step", "text": "x" * 1001},
        {"name": "atopic", "field": "step", "text": ""},
    ],
)
def test_a_snippet_that_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="wrong name, field or text"):
        Snippet(**wrong)


@pytest.mark.parametrize("place", ["watch_for", "recommendations"])
def test_an_answer_with_an_open_place_is_not_signed(database: Database, clinic: Clinic, place: str) -> None:
    opened = "for ⟨7⟩ days"
    given = [{"text": opened, "owner": "family", "due_at": None}] if place == "recommendations" else opened
    with database.writing() as session:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, place: given}, now=NOON, lease=LEASE)
        with pytest.raises(InvalidError) as refusal:
            answers.sign(session, consult, clinic.derm, now=NOON)
        assert refusal.value.fields == {place: "unfilled"}
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)


STEROID = SnippetForm("my-steroid", "step", "⟨Hydrocortisone 2.5 %⟩ twice a day for ⟨7⟩ days", "dermatology")


def test_everybody_has_their_own_the_program_has_its_and_no_other_program_reads_them(
    database: Database, clinic: Clinic
) -> None:
    there = open_clinic(database, vault=clinic.vault, mark="Far")
    with database.writing() as session:
        own = keep(session, clinic.derm, STEROID, now=NOON)
        keep(session, clinic.director, replace(STEROID, name="shared", specialty=""), now=NOON)
        keep(session, clinic.director, replace(STEROID, text="The program's words"), now=NOON)

        def names(person: Person, specialty: str | None) -> set[tuple[str, str]]:
            return {(each.name, each.origin) for each in known_to(session, person, specialty) if each.origin}

        assert names(clinic.derm, "dermatology") == {("my-steroid", "own"), ("shared", "program")}
        assert names(clinic.derm, "neurology") == {("shared", "program")}
        assert names(clinic.derm2, "dermatology") == {("my-steroid", "program"), ("shared", "program")}
        assert names(clinic.pcp, None) == {("shared", "program")}
        for person in (clinic.derm2, clinic.director):
            with pytest.raises(NotFoundError):
                keep(session, person, STEROID, now=NOON, public_id=own.public_id)
            with pytest.raises(NotFoundError):
                remove(session, person, own.public_id, now=NOON)
        for person in (clinic.coordinator, clinic.mother, clinic.nurse):
            with pytest.raises(ForbiddenError):
                keep(session, person, STEROID, now=NOON)
        assert names(there.derm, "dermatology") == set()
        with pytest.raises(NotFoundError):
            remove(session, there.derm, own.public_id, now=NOON)
        keep(session, clinic.derm, replace(STEROID, text="Changed"), now=NOON, public_id=own.public_id)
        remove(session, clinic.derm, own.public_id, now=NOON)
        assert names(clinic.derm, "dermatology") == {("my-steroid", "program"), ("shared", "program")}
    with database.reading() as session:
        trail = select(AuditEvent.action).where(AuditEvent.entity_id == own.public_id).order_by(AuditEvent.id)
        assert list(session.scalars(trail)) == ["add_snippet", "change_snippet", "remove_snippet"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"name": "My steroid"}, {"name": "invalid"}),
        ({"field": "plan"}, {"field": "unknown_value"}),
        ({"specialty": "witchcraft"}, {"specialty": "unknown_value"}),
        ({"text": " "}, {"text": "required"}),
        ({"text": "for ⟨days"}, {"text": "open_place"}),
        ({"text": "x" * 1001}, {"text": "too_long"}),
        ({"text": "As for {child}: twice a day"}, {"text": "name"}),
        ({"text": "As for {CHILD}: twice a day"}, {"text": "name"}),
        ({"text": "Seen on 3 March 2024, twice a day"}, {"text": "birth_date"}),
        ({"text": "Born 03/04/2019"}, {"text": "birth_date"}),
        ({"text": "Call 505-555-0199"}, {"text": "number"}),
        ({"text": "Record 00482913"}, {"text": "number"}),
        ({"text": "Write to ana@clinic.test"}, {"text": "email"}),
    ],
)
def test_what_would_be_about_one_child_or_makes_no_sense_is_not_kept(
    database: Database, clinic: Clinic, change: dict[str, str], wrong: dict[str, str]
) -> None:
    names = {"child": clinic.child.name, "CHILD": clinic.child.name.upper()}
    form = replace(STEROID, **{name: text.format(**names) if "{" in text else text for name, text in change.items()})
    with database.writing() as session:
        with pytest.raises(InvalidError) as refusal:
            keep(session, clinic.derm, form, now=NOON)
        assert refusal.value.fields == wrong


def test_a_name_brings_one_sentence_and_the_words_of_the_house_name_nobody(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        keep(session, clinic.derm, STEROID, now=NOON)
        with pytest.raises(InvalidError) as refusal:
            keep(session, clinic.derm, STEROID, now=NOON)
        assert refusal.value.fields == {"name": "taken"}
        # The same name for another specialty is another sentence.
        keep(session, clinic.derm, replace(STEROID, specialty="neurology"), now=NOON)
        texts = {each.text for specialty in SPECIALTIES for each in snippets_for(specialty)}
        assert [text for text in texts if identifiers_in(session, clinic.program.id, text)] == []

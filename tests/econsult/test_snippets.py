"""Ready sentences for answers: every specialty has some, and none is signed with a place left open."""

from __future__ import annotations

import pytest

from econsult.advice.snippets import FIELDS, Snippet, snippets_for
from econsult.consults import answers
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.people.persons import SPECIALTIES
from tests.personas import ANSWER, LEASE, NOON, Clinic


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
        {"name": "atopic", "field": "step", "text": "x" * 401},
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

"""In which language an answer speaks to its family, whose words these are, and who tells what is not there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from econsult.consults import answers, telling
from econsult.consults.correcting import correct
from econsult.consults.interpreting import to_interpret
from econsult.consults.spoken import language_of, told_in
from econsult.consults.undoing import take_back
from econsult.database import Database
from econsult.errors import InvalidError
from econsult.people.patients import Patient
from tests.personas import ANSWER, LEASE, NOON, Clinic

SPANISH = {
    "family_summary_es": "Esto parece eccema. Use la crema dos veces al día por siete días.",
    "watch_for_es": "Fiebre, pus o ampollas",
    "spanish_how": "reviewed",
    "spanish_by": "Ana Ruiz, interpreter",
    "recommendations": [{"text": "Cream twice a day", "owner": "family", "text_es": "Crema dos veces al día"}],
}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This looks like eczema. Use the cream two times a day.", "en"),
        ("Esto parece eccema. Use la crema dos veces al día.", "es"),
        (
            "Multifactorial inflammation necessitates corticosteroid application on the extremities.",
            "en",
        ),
        ("Su hijo no tiene nada grave.", "es"),
        ("Llame si hay fiebre", "es"),
        ("Hydrocortisone 1 %", ""),
        ("", ""),
    ],
)
def test_a_language_is_told_by_its_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_english_is_never_given_as_spanish() -> None:
    told = told_in(ANSWER, "es")
    assert (told.summary.language, [step.language for step in told.steps]) == ("en", ["en"])
    assert told.lacking == ("family_summary", "recommendations", "watch_for")
    told = told_in({**ANSWER, **SPANISH}, "es")
    assert (told.summary.language, told.steps[0].text, told.lacking) == ("es", "Crema dos veces al día", ())
    assert told.checked == ("reviewed", "Ana Ruiz, interpreter")
    assert told_in({**ANSWER, **SPANISH}, "en").summary.text == ANSWER["family_summary"]
    half = {**ANSWER, **SPANISH, "watch_for_es": ""}
    assert told_in(half, "es").lacking == ("watch_for",)
    told = told_in({**ANSWER, **SPANISH, "family_summary_es": ANSWER["family_summary"]}, "es")
    assert (told.summary.language, told.lacking) == ("en", ("family_summary",))
    # Why an answer was corrected is a text of the family's like any other.
    why = {**ANSWER, **SPANISH, "reason": "The dose was wrong: use it once a day."}
    assert told_in(why, "es").lacking == ("reason",)
    assert told_in({**why, "reason_es": "La dosis estaba mal: una vez al día."}, "es").lacking == ()
    # Whoever writes to the family in Spanish at once has nothing to write twice.
    only = {"family_summary": SPANISH["family_summary_es"], "watch_for": "Fiebre", "recommendations": []}
    assert told_in(only, "es").lacking == ()


@pytest.mark.parametrize(
    ("change", "field"), [({"spanish_how": None}, "spanish_how"), ({"spanish_by": " "}, "spanish_by")]
)
def test_spanish_that_nobody_answers_for_is_not_signed(
    database: Database, clinic: Clinic, change: dict[str, object], field: str
) -> None:
    with database.writing() as session, pytest.raises(InvalidError) as error:
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, {**ANSWER, **SPANISH, **change}, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
    assert error.value.fields == {field: "required"}


def test_what_lacks_is_the_desks_task_until_somebody_has_told_it(database: Database, clinic: Clinic) -> None:
    soon, hour = NOON + timedelta(seconds=5), NOON + timedelta(hours=1)
    with database.writing() as session:

        def tasks() -> list[int]:
            session.flush()
            return [each.id for each in to_interpret(session, clinic.program.id, hour)]

        session.get_one(Patient, clinic.child.id).language = "es"
        consult = clinic.claimed(session)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        assert tasks() == [consult.id]
        take_back(session, consult, clinic.derm, now=soon, lease=LEASE)
        assert tasks() == []
        answers.sign(session, consult, clinic.derm, now=soon)
        answers.acknowledge(session, consult, clinic.pcp, now=hour)
        # That the family opened what it cannot read ends nothing.
        telling.inform(session, consult, clinic.mother, method="opened", teach_back=False, now=hour)
        assert tasks() == [consult.id]
        correct(session, consult, clinic.derm, {**ANSWER, **SPANISH}, "Now you have it in Spanish too.", now=hour)
        assert tasks() == [consult.id]
        content = {**ANSWER, **SPANISH, "impression": "Scabies", "reason_es": "Ahora también en español."}
        correct(session, consult, clinic.derm, content, "Now you have it in Spanish too.", now=hour)
        assert tasks() == []
        with pytest.raises(InvalidError) as error:
            correct(session, consult, clinic.derm, {**content, "reason_es": "Otra razón."}, "Again.", now=hour)
        assert error.value.fields == {"answer": "unchanged"}
        correct(session, consult, clinic.derm, ANSWER, "That was another child's.", now=hour)
        assert tasks() == [consult.id]
        telling.inform(session, consult, clinic.coordinator, method="phone", teach_back=True, now=hour)
        assert tasks() == []


@pytest.mark.parametrize(
    "text", ["Harmless birthmark. No treatment needed.", "Mild asthma. Inhaler nightly, spacer always."]
)
def test_english_of_few_words_is_not_passed_off_as_spanish(text: str) -> None:
    told = told_in({"family_summary": text}, "es")
    assert (told.summary.language, told.lacking, told.is_in_spanish) == ("en", ("family_summary",), False)
    assert told_in({"family_summary": "Hidrocortisona 1 %", "spanish_how": "written"}, "es").is_in_spanish

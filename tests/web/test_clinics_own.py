"""What a family reads of a question that its clinic asked: that its clinic did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.personas import Clinic
from tests.web.conftest import BrowserOf
from workers.runtime import Runtime


def test_a_family_that_asked_nothing_is_not_told_that_its_question_came(
    browser_of: BrowserOf, clinic: Clinic, runtime: Runtime
) -> None:
    now = datetime.now(UTC) - timedelta(minutes=5)
    with runtime.database.writing() as session:
        pages = [clinic.econsult(session, now=now).public_id, clinic.family_question(session, now=now).public_id]
    mother = browser_of(clinic.mother)
    texts = [mother.get(f"/family/questions/{page}").text for page in pages]
    assert ["Su clínica le preguntó a un especialista" in text for text in texts] == [True, False]
    assert ["Recibimos su pregunta" in text for text in texts] == [False, True]

"""What the demo's doctors write to a Spanish-speaking family is Spanish, safety words above all."""

from __future__ import annotations

import pytest

from workers.demo.answered import ANSWERED
from workers.demo.case import Case
from workers.demo.people import CHILDREN
from workers.demo.skin import SKIN

SPANISH = {child.key for child in CHILDREN if child.language == "es"}
ENGLISH = {"the", "and", "or", "with", "of", "to", "for", "call", "fever", "bring", "pat", "day", "not"}


def to_family(case: Case) -> list[str]:
    """All that the answers of a case say to the family."""
    forms = [step.form for step in case.steps if step.verb == "answer"]
    steps = [each["text"] for form in forms for each in form["recommendations"] if each["owner"] == "family"]
    return steps + [form[name] for form in forms for name in ("family_summary", "watch_for")]


@pytest.mark.parametrize("case", [case for case in (*ANSWERED, *SKIN) if case.child in SPANISH], ids=lambda c: c.key)
def test_a_spanish_family_reads_no_english(case: Case) -> None:
    for text in to_family(case):
        words = {word.strip(".,:;").lower() for word in text.split()}
        assert words & ENGLISH == set(), text

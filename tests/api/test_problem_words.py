"""What a refusal says to people: true, and in the language that the program asked for; its codes never change."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.conftest import ProgramOf
from tests.personas import Clinic
from web.words.problems import LISTS, SENTENCES

Made = Callable[..., str]
ROOMS = tuple(Path(__file__).parents[2] / room for room in ("econsult", "web"))


@pytest.mark.parametrize(
    ("header", "wish", "beginning"),
    [
        ("es-MX,es;q=0.9", "", "Puede ser una emergencia. Llame al 911"),
        ("es", "?lang=fr", "Puede ser una emergencia."),
        ("fr", "", "This may be an"),
    ],
)
def test_a_danger_sign_is_refused_in_the_language_that_is_asked_for(
    clinic: Clinic, program_of: ProgramOf, made: Made, header: str, wish: str, beginning: str
) -> None:
    mother, at = program_of(clinic.mother), f"/consults/{made(clinic.family_draft)}"
    mother.patch(at, {"details": {"red_flags": ["breathing", "self_harm"], "body_site": "elbow"}})
    refused = mother.post(f"{at}/submit{wish}", Accept_Language=header)
    assert (refused.status_code, refused.json["code"]) == (409, "emergency")
    assert refused.json["detail"].startswith(beginning)
    assert refused.json["call"] == ["911", "988"]


def test_what_cannot_be_now_says_so_without_telling_what_never_was(
    clinic: Clinic, program_of: ProgramOf, made: Made
) -> None:
    pcp, draft = program_of(clinic.pcp), f"/consults/{made(clinic.draft)}"
    refused = pcp.post(f"{draft}/acknowledge", {"version": 1})
    assert refused.json["detail"] == "No signed answer stands now; nothing was written down."
    closed = pcp.post(f"{draft}/close?lang=es", {"reason": "Moved away"})
    assert closed.json["detail"].endswith(" ahora: el estado es draft.")
    taken = program_of(clinic.derm2).post(f"/consults/{made(clinic.claimed)}/claim?lang=es")
    assert (taken.json["holder"], taken.json["detail"]) == (
        clinic.derm.name,
        "“claim” no es posible ahora: el estado es claimed.",  # codespell:ignore posible
    )
    assert pcp.patch(draft, {"question": ""}).status_code == 200
    missing = pcp.post(f"{draft}/submit?lang=es")
    assert missing.json["detail"].startswith("Antes de enviar, complete: ")
    answered = f"/consults/{made(clinic.answered)}"
    unknown = pcp.post(f"{answered}/acknowledge", {"decline": [{"step": "0" * 32, "reason": "Too far"}]})
    assert unknown.json["detail"] == "A step that is named is none of this answer."
    written = program_of(clinic.mother).post(f"{answered}/messages?lang=es", {"audience": "family", "text": " "})
    assert written.json["detail"] == "Un mensaje necesita entre 1 y 5,000 caracteres."  # codespell:ignore caracteres
    (step, *_) = pcp.get(f"{answered}/steps").json["items"]
    undone = pcp.post(f"{answered}/steps/{step['id']}", {"verb": "again"})
    assert undone.json["detail"].endswith(" is not possible now: the state is proposed.")


def test_each_sentence_that_has_spanish_is_one_that_a_rule_says() -> None:
    texts = [
        str(node.value)
        for room in ROOMS
        for file in room.rglob("*.py")
        if file.name != "problems.py"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [str(each) for each in SENTENCES if str(each) not in texts] == []
    assert [str(each) for each in LISTS if not any(text.startswith(f"{each}: ") for text in texts)] == []

"""The details of a request: what of them has a shape is checked, and read safely whatever is stored."""

from __future__ import annotations

from typing import Any

import pytest

from econsult.consults import requests
from econsult.consults.details import check_details, contact_of, flags_of, symptoms_of, text_of
from econsult.consults.requests import RequestForm
from econsult.database import Database
from econsult.errors import InvalidError
from tests.personas import NOON, TARGETS, Clinic

ODD = (5, 1.5, True, "text", ["x"], [[1]], {"a": 1}, [{"b": 2}], "x" * 5001)
"""One of each kind that JSON has."""


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("contact", "505-555-0199", "invalid"), ("contact", 5, "invalid"), ("contact", ["x"], "invalid"),
        ("contact", {"way": "x" * 65}, "too_long"), ("contact", {"phone": 5}, "invalid"),
        ("contact", {"way": [1]}, "invalid"), ("contact", {"Luz Prueba": "noon"}, "unknown_value"),
        ("contact", {"phone": "5" * 41}, "too_long"), ("symptoms", "fever", "invalid"),
        ("symptoms", {"fever": True}, "invalid"), ("symptoms", [["fever"]], "invalid"),
        ("symptoms", ["x"] * 81, "too_long"), ("symptoms", ["x" * 65], "too_long"), ("since", ["today"], "invalid"),
        ("red_flags", [5], "invalid"), ("red_flags_asked", "yes", "invalid"), ("story", {"x": 1}, "invalid"),
        ("story", "x" * 5001, "too_long"), ("thinks", 5, "invalid"), ("face_consent", "yes", "invalid"),
        ("onset", "x" * 5001, "too_long"), ("onset", [[[[["x", [1]]]]]], "too_long"),
        ("onset", {"Luz Prueba": 1}, "unknown_value"), ("onset", [{"a b": 1}], "unknown_value"),
    ],
)  # fmt: skip
def test_a_detail_of_the_wrong_shape_is_named(name: str, value: Any, fault: str) -> None:
    with pytest.raises(InvalidError) as refused:
        check_details({name: value}, {name: value})
    assert refused.value.fields == {f"details.{name}": fault}


@pytest.mark.parametrize(
    "details", [{"Luz Prueba": "x"}, {"": 1}, {"a" * 65: 1}, {"a\n": 1}, {"\u0301": 1}, {"a" + "\u0301" * 64: 1}]
)
def test_a_name_that_may_be_somebody_s_is_refused_and_not_repeated(details: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as refused:
        check_details(details, details)
    assert refused.value.fields == {"details": "unknown_value"}
    assert "Luz" not in str(refused.value)


@pytest.mark.parametrize("details", [{f"a{n}": n for n in range(201)}, {f"a{n}": "\u00e1" * 5000 for n in range(14)}])
def test_all_details_together_have_an_end(details: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as refused:
        check_details({"onset": "today"}, details)
    assert refused.value.fields == {"details": "too_long"}


def test_a_template_s_own_answers_are_taken() -> None:
    answers = {"weight_kg": 16.4, "onsetDays": 3, "has-fever": False, "drugs": [{"name": "cetirizine", "mg": 5}]}
    details = {
        **answers,
        "symptoms": ["itch"],
        "since": "2 weeks",
        "contact": {"way": "letter", "when": "noon"},
    }
    check_details(details, details)
    codes = {"1.1": "yes", "8310-5": 37, "/4/1": 1, "_meta": "x", "2nd_visit": True, "duraci\u00f3n": "3 d\u00edas",
             "peso_nin\u0303o": 3, "\u0935\u091c\u093c\u0928": 4}  # fmt: skip
    check_details({**codes, "answers": codes}, {})
    check_details({"contact": None, "story": None}, {})


@pytest.mark.parametrize("leaf", [True, False, 5, 1.5, None, "x"])
def test_answers_may_be_four_deep_whatever_they_say(leaf: Any) -> None:
    answer = {"answers": [{"linkId": "fever", "answer": [{"value": leaf}]}]}
    check_details(answer, answer)
    with pytest.raises(InvalidError) as refused:
        check_details({"a": [[[[[leaf]]]]]}, {})
    assert refused.value.fields == {"details.a": "too_long"}


@pytest.mark.parametrize("value", ODD)
def test_whatever_is_stored_is_read_without_a_fault(value: Any) -> None:
    details = dict.fromkeys(("contact", "symptoms", "since", "red_flags"), value)
    assert set(contact_of(details)) == {"way", "phone"}
    assert all(isinstance(code, str) for code in (*symptoms_of(details), *flags_of(details)))
    assert isinstance(text_of(details, "since"), str)


@pytest.mark.parametrize("verb", ["create", "edit", "send_on"])
def test_no_verb_takes_a_detail_of_the_wrong_shape(database: Database, clinic: Clinic, verb: str) -> None:
    odd = {"symptoms": "fever"}
    with database.writing() as session:
        consult = clinic.family_question(session) if verb == "send_on" else clinic.draft(session)
    with pytest.raises(InvalidError) as refused, database.writing() as session:
        consult = session.merge(consult)
        if verb == "create":
            clinic.draft(session, details=odd)
        elif verb == "edit":
            requests.edit(session, consult, clinic.pcp, RequestForm(details=odd), now=NOON)
        else:
            form = RequestForm(specialty="dermatology", question_type="diagnosis", details=odd)
            requests.send_on(session, consult, clinic.pcp, form, now=NOON, targets=TARGETS)
    assert refused.value.fields == {"details.symptoms": "invalid"}
    with database.reading() as session:
        kept = session.merge(consult, load=True)
        assert "symptoms" not in kept.details


def test_what_the_clinic_adds_is_never_too_much_for_what_a_family_s_program_sent() -> None:
    theirs = {f"a{n}": "\u00e1" * 5000 for n in range(12)}
    known = dict.fromkeys(("story", "thinks", "tried", "background", "family_question"), "á" * 5000)
    check_details({"thinks": "x"}, {**theirs, **known})
    check_details({"face_policy": None}, {**theirs, "face_policy": None})

"""A fever is found in every coded field and spelling; only a no that belongs to it denies it."""

from __future__ import annotations

from typing import Any

import pytest

from econsult.consults.fever import tells_fever

TOLD: list[dict[str, Any]] = [
    *({"symptoms": [code]} for code in (
        "fever", "Fever", "fever without source", "fiebre sin foco", "fever, no cough", "fever_not_improving",
        "fever_38_5_not_eating", "fevers", "febrile", "calentura", "fever39", "temperature_39", "temp 38,5",
        "no_cough_fever", "Fi\u00e9bre", "highFever", "no rash but fever", "temperature 101.2 F",
    )),
    {"symptoms": "fever"}, {"symptoms": {"fever": True}}, {"symptoms": [{"code": "fever"}]},
    {"fever": True}, {"has_fever": True}, {"hasFever": 1}, {"fever": "yes"}, {"fever": "s\u00ed"}, {"fever": "39.2"},
    {"fever": "since yesterday"}, {"fever": ["since yesterday"]}, {"fever": {"present": True}}, {"fever": {"days": 2}},
    {"fiebre": "desde ayer"}, {"temperature_c": 39.5}, {"temperature": "38.0"}, {"temp_f": 101}, {"tmax": "38,4 C"},
    {"vitals": {"temperature": 38.6}}, {"triggers": ["fever"]}, {"fever": "no, but 38.4 at night with fever"},
    {"fever": "not_sure"}, {"fever": "no s\u00e9"}, {"fever": "not_measured"}, {"fever": "no_thermometer_but_hot"},
    {"vitals": [{"name": "temperature", "value": 38.9}]}, {"observations": [{"code": "temperature", "value": 39.4}]},
    {"symptoms": ["high_temperature"]}, {"temperature": "high"}, {"afebrile": False}, {"HASFEVER": True},
    {"answers": [{"linkId": "fever", "answer": [{"valueBoolean": True}]}]}, {"fever": 38.2}, {"fever": "N/A"},
    {"temperatura": "m\u00e1s de 39"}, {"fever": {"present": False, "max_c": 38.9}}, {"symptoms": [{"code": "fever"}]},
]  # fmt: skip
DENIED: list[dict[str, Any]] = [
    *({"symptoms": [code]} for code in (
        "no_fever", "sin fiebre", "denies fever", "no known fever", "afebrile", "fever: no", "fever_absent", "itch",
        "hay fever", "temperature_36_8", "temp 37.4", "no history of fever",
    )),
    {"fever": False}, {"fever": "no"}, {"fever": ""}, {"fever": None}, {"fever": 0}, {"fever": []}, {"no_fever": True},
    {"fever": {"present": False}}, {"temperature_c": 36.9}, {"temp_f": 98.6}, {"temperature": True}, {"weight_kg": 39},
    {"room": "39"}, {"story": "She had a fever of 39"}, {"onset": "no fever"}, {"symptoms": 5}, {"symptoms": None}, {},
    {"temperature_c": 36.8, "temperature_measured_at": "2026-11-26T09:38:05Z"}, {"temperature": "36.9 at 10:38"},
    {"fever": {"present": False, "max_c": 36.9}}, {"fever": "denied"}, {"fever": "ausente"}, {"afebrile": True},
    {"vitals": [{"name": "temperature", "value": 36.9}, {"name": "weight", "value": 39}]}, {"fever": "no fever"},
    {"answers": [{"linkId": "fever", "answer": [{"valueBoolean": False}]}]},
    {"symptoms": [{"code": "fever", "value": False}]},
    {"temperature": "not high"}, {"pulse": 140, "rr": 40}, {"fever": "afebrile"},
]  # fmt: skip


@pytest.mark.parametrize("details", TOLD, ids=str)
def test_what_may_be_a_fever_is_one(details: dict[str, Any]) -> None:
    assert tells_fever(details)


@pytest.mark.parametrize("details", DENIED, ids=str)
def test_what_is_denied_or_something_else_is_none(details: dict[str, Any]) -> None:
    assert not tells_fever(details)

"""A fever is found in every coded field and spelling; only a no that belongs to it denies it."""

from __future__ import annotations

from typing import Any

import pytest

from econsult.consults.fever import tells_fever
from tests.spread import spread
from tests.timing import quickest

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
    {"code": {"text": "Body temperature"}, "value": 39.1}, {"name": "temperature", "value": 39},
    {"code": "8310-5", "value": 39.1}, {
        "status": "final", "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5", "display": "Body temperature"}]},
        "valueQuantity": {"value": 38.6, "unit": "Cel"},
    },
    *({name: value} for name, value in (
        ("hay_fiebre", True), ("hay_fiebre", "s\u00ed"), ("fever", "hay fiebre de 39"), ("symptoms", ["hay_fiebre"]),
        ("temperature_at_home", 39.2), ("temp_on_arrival", 38.9), ("vitals_at_visit", {"temperature": 39}),
        ("vitals", [{"name": "Temperature at triage", "value": 39}]), ("vitals", "temp 39.2 at home"),
        ("exam", {"time": {"temp": 39}}), ("high_temperature", True), ("temperature_high", "yes"),
        ("temperature_over_38", True), ("no_fever", False), ("sin_fiebre", False), ("denies_fever", "no"),
        ("fever_absent", False), ("temperature", "38-39"), ("temperature", "38/39"), ("vitals", "T38.5"),
        ("temperature", "rectal:38.9"), ("temperature_f", 100.456), ("temp1", 39), ("tempc", 39),
        ("fever", "no fever now, 39.1 last night"), ("8310-5", 39.2), ("386661006", True), ("codes", ["R50.9"]),
        ("obs", {"code": {"text": "Body temperature"}, "value": 39.1}), ("temperature", "37.5-38.2"),
        ("obs", {"code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]}, "value": {"value": 39.1}}),
        ("vitals", "T 38.9 HR 170 RR 60"), ("temperature", "38.9 x 2 days"), ("temperature", "39 w/ cough"),
        ("temperature", "38-39-40"), ("fever", "?"), ("fever", "yes, 37.9"), ("afebrile", "not sure"),
        ("fever", {"measured": False, "since": "yesterday"}), ("fever", {"today": "no", "yesterday": "yes"}),
        ("rectal", 38.9), ("T\u00aa", 38.5), ("exam", "T\u00aa 38.5"),
        ("vitals", {"measurement": "temperature", "value": 39}),
        ("vitals", {"parameter": "Temperature", "reading": "39.1"}), ("code", "8310-5 39.1"),
        ("symptoms", ["no cough, fever"]), ("fever", "no but feels hot"), ("symptoms", ["denies pain but fever"]),
        ("fever", "no fever but hot at night"), ("axillary", "38.2"),
        *(("vitals", text) for text in (
            "T 101.3 P 160 R 50", "T 101.3F (oral)", "T max 39.1", "T-max 101.5", "T. m\u00e1x. 38,8", "T oral 38.5",
            "T axil 38.3", "T ear 38.3", "T now 38.6", "T was 39.1", "T today 39.2",
        )),
        *(("vitals", text) for text in (
            "T m\u00e1x 39", "T(R) 101", "T(R) 39", "T (r) 39", "T[R] 39", "T-R 39", "TR 101", "Tr. 38.5", "Temp R 101",
            "T r: 39", "T39R", "39.0 R, HR 160", "R 39.1", "T\u00ba 38,4", "T\u00ba: 38,4", "T\u00b0 38,4", "38\u00ba4",
            "T 38.9 W 4.1", "T 38.9 H 52", "T 39 W 4.1", "T 38.9 d 3", "T 38.9 G 90", "T 38.9 hr elevated",
            "T max 39 min 36.8", "T 39 Mg 2.1", "T38.9W4.1", "HR 160, 38.5 \u00b0C", "HR 160,38.5 \u00baC", "101.5 F",
            "102F", "39 grados", "39\u00ba", "39 deg C", "39\u2103", "102 Fahrenheit", "R 39 C",
            "Temp.38.4", "Tax 38.4", "TC 38,5",
            "T P R 39 160 40", "TPR 39/160/40", "exam: flexion, 39 \u00b0C", "born at 38 w, T 39.1",
        )),
        *(("temp", text) for text in ("R 39", "R 101", "(R) 39", "R39")), ("T\u00ba", 38.4), ("tr", 39),
        ("obs", {"value": 38.6, "unit": "\u00b0C"}), ("obs", [{"value": "101.5", "units": "F"}]),
        ("obs", {"valueQuantity": {"value": 38.6, "system": "http://unitsofmeasure.org", "code": "Cel"}}),
        ("symptoms", ["39_c"]), ("symptoms", ["39_grados"]), ("t_max", 39.1), ("tMax", 39.1),
        ("vitals", {"t_max": 39.1}), ("t_oral", 38.5), ("t_ear", 38.3),
        *(("symptoms", [text]) for text in (
            "rash without itching, fever since yesterday", "rash without itching and fever", "sin tos, con fiebre",
            "denies cough; fever yesterday", "denies cough. Has fever", "sin tos. Fiebre desde ayer",
            "niega tos. Fiebre desde ayer", "sin erupci\u00f3n, fiebre alta", "denies cough, fever yesterday",
        )),
        ("fever", {"text": "yes", "recorded": "today"}), ("temperature", "TA 38.5"), ("fever_days", 2),
    )),
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
    *({name: value} for name, value in (
        ("no_fever", None), ("afebrile", ""), ("denies", ["fever", "cough"]), ("ros_negative", ["fever"]),
        ("denied", {"fever": True}), ("hay_fever", True), ("high_temperature", False), ("temperature_over_38", "no"),
        ("temperature_over_38", 36.9), ("vitals", "T 37.1 HR 140 RR 40"), ("vitals", "RR 40, BP 70/40, temp 36.8"),
        ("vitals", "GA 39 weeks, T 36.9"), ("temperature", "36.9 (26/11/2026 09:38)"), ("fever", "none reported"),
        ("fever", {"text": "no", "recorded": "2026-11-26"}), ("fever", "not present"), ("386661006", False),
        ("obs", {"code": {"text": "Fever"}, "status": "final", "valueBoolean": False}), ("8310-5", 36.8),
        ("symptoms", {"fever": False, "cough": True}), ("fever_days", 0), ("temperature_site", "rectal"),
        ("fever", {"present": False, "measured_at": "2026-11-26T09:38:05Z"}), ("fever", "no tiene"),
        ("fever", {"present": False, "method": "rectal"}), ("fever", {"value": "no", "asked_by": "nurse"}),
        ("fever", "no ha tenido"), ("vitals", "T 36.8 RR 44 HR 140"), ("fever_free", True), ("fever", "No."),
        *(("symptoms", [text]) for text in (
            "denies cough or fever", "denies cough, fever, chills", "no fever or chills", "no fever, no cough",
            "no cough or fever", "niega tos o fiebre", "sin tos ni fiebre", "no tiene fiebre", "denies cough and fever",
            "has no fever", "no fever. No cough.", "denies cough, chills or fever", "no refiere fiebre",
            "no hay fiebre",
            "no presenta fiebre", "denies any fever", "sin fiebre, con tos", "yellow fever vaccine",
            "call if fever", "fiebre amarilla",
        )),
        *(("fever", text) for text in (
            "not at all", "no fever since birth", "no hay", "no refiere", "No, afebrile, T 36.9", "no fever or chills",
        )),
        ("fever", {"system": "http://snomed.info/sct", "code": "373067005", "display": "No"}),
        ("obs", {"code": {"text": "Fever"}, "verificationStatus": "refuted", "recordedDate": "2026-11-26"}),
        ("vitals", "T 36.7 P 140 R 40"), ("bath_temperature", 38), ("water_temp_c", 39), ("t_bili", 39),
        ("labs", "T bili 38"),
        *(("vitals", text) for text in (
            "R 40", "HR 140 R 40", "P 101", "P 101 R 39", "P 101, R 38, T 36.9", "T 36.8 (R) P 140 R 39",
            "T(R) 36.9 R 40", "T 36.9 W 4.1", "38 weeks", "GA 39+2", "T 36.8, 38 w 4 d", "T 36.9 (38 weeks)",
            "T 36.9 born at 38.5 weeks",
            "39\u00aa semana, T 36.8", "39 semanas", "39 d old", "wt 39", "T 36.8, HC 38.5", "T 36.8, PC 38,5 cm",
            "38F", "T 36.8 FiO2 .38", "T/A 101/60, T 36.8", "T 36.8 on 26/11/2026 at 10:38", "39 cm",
            "36.9 \u00b0C R 40", "born 38 C-section", "n\u00ba 39", "T 36.9 (29/10/26)",
        )),
        ("exam", "hip abduction 40 degrees"), ("sleeps", "head of bed at 40\u00b0"), ("icd", "R39.1"),
        ("icd", "Z38.00"),
        ("labs", "T4 101 nmol/l"), ("labs", "T 36.8, Hb 101 g/L"), ("bath", "38 C"),
        ("obs", {"value": 38.6, "unit": "cm"}), ("obs", {"value": 36.6, "unit": "\u00b0C"}),
        ("incubator", {"value": 38.6, "unit": "C"}),
        ("gestation_weeks", 39), ("template", "39"), ("temperature_over_night", "normal"),
    )),
    {"code": {"text": "Body temperature"}, "value": 36.9, "weight_kg": 4.2}, {"type": "visit", "head_cm": 39},
    {"complaint": "no fever", "weight_kg": 4.1}, {"temperature_site": "rectal", "head_cm": 38},
    {"vitals": {"temp": {"value": 36.8, "site": "rectal"}}}, {"fever": "no", "type": "follow-up", "length_cm": 52},
    {"temperature": "not high"}, {"pulse": 140, "rr": 40}, {"fever": "afebrile"},
]  # fmt: skip


@pytest.mark.parametrize("details", TOLD, ids=str)
def test_what_may_be_a_fever_is_one(details: dict[str, Any]) -> None:
    assert tells_fever(details)


@pytest.mark.parametrize("details", DENIED, ids=str)
def test_what_is_denied_or_something_else_is_none(details: dict[str, Any]) -> None:
    assert not tells_fever(details)


@pytest.mark.parametrize(
    "text",
    spread(
        [
            "fever " * 5000,
            "no " * 9000 + "fever",
            "temp " + "38 " * 9000,
            "1/" * 15_000,
            "T" + "(R) " * 9000,
            "38\u00ba " * 9000,
            "39 w " * 9000,
            "r 38." * 9000,
            "3" * 30_000,
        ],
        1,
    ),
)
def test_long_texts_are_read_in_a_moment(text: str) -> None:
    told = ({"fever": text}, {"temp": [text] * 3}, {"x": [{"code": text, **dict.fromkeys("abcdefgh", "no")}]})
    assert quickest(lambda: [tells_fever(details) for details in told], 1) < 1

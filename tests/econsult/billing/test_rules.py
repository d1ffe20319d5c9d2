"""Each billing rule on both sides of its border, as a table, and the sum of time against an oracle of seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from econsult.billing import identifiers
from econsult.billing.facts import Facts
from econsult.billing.rules import DEFAULTS, Side, suggest
from econsult.billing.siterules import load_rules, read_rules
from econsult.billing.spans import Span, counted, seconds_of
from econsult.errors import InvalidError, SettingError

GOOD = Facts(
    seconds=14 * 60,
    is_requested_by_clinician=True,
    is_request_signed=True,
    has_reason=True,
    has_consent=True,
    has_cost_notice=True,
    is_report_signed=True,
    is_report_sent=True,
    f2f_prior_14d=False,
    f2f_planned_14d=False,
    transfer_of_care=False,
    is_team_visit=False,
    served_on=date(2026, 3, 9),
    payer="medicaid",
    consultant_npi="1234567893",
    requester_npi="1245319599",
    is_consultant_enrolled=True,
    is_requester_enrolled=True,
    consultant_states=frozenset({"CA"}),
    requester_states=frozenset({"CA", "NV"}),
    child_state="CA",
    insurance_id="91234567A",
    diagnosis="L20.83",
    program_id="P-1",
)
SPOKEN = {"is_spoken_report": True}


def time(minutes: int, seconds: int) -> int:
    return minutes * 60 + seconds


WRITTEN = [((0, 0), ""), ((4, 59), ""), ((5, 0), "99451"), ((30, 59), "99451"), ((31, 0), "99451"), ((600, 0), "99451")]
TALKED = [
    ((4, 59), ""), ((5, 0), "99446"), ((10, 59), "99446"), ((11, 0), "99447"), ((20, 59), "99447"), ((21, 0), "99448"),
    ((30, 59), "99448"), ((31, 0), "99449"), ((240, 0), "99449"),
]  # fmt: skip
ASKED = [((0, 0), ""), ((15, 59), ""), ((16, 0), "99452"), ((29, 59), "99452"), ((90, 0), "99452")]


@pytest.mark.parametrize(
    ("side", "more", "spent", "code"),
    [(Side.CONSULTANT, {}, *row) for row in WRITTEN]
    + [(Side.CONSULTANT, {**SPOKEN, "spoken_seconds": time(*row[0]) // 2 + 1}, *row) for row in TALKED]
    + [(Side.REQUESTER, {}, *row) for row in ASKED],
)
def test_the_minutes_choose_the_code(side, more, spent, code) -> None:
    found = suggest(replace(GOOD, seconds=time(*spent), **more), side)
    assert (found.code, "minutes" in found.blockers, found.is_ready) == (code, not code, bool(code))


def test_what_nobody_was_asked_about_an_earlier_service_stands_against_nothing() -> None:
    before = replace(GOOD, seconds=1200, is_team_visit=None, has_cost_notice=False, served_on=date(2026, 11, 30))
    assert [suggest(before, side).blockers for side in BOTH] == [(), ()]
    assert suggest(replace(before, served_on=None), Side.CONSULTANT).blockers == ("cost_told", "team_visit")


@pytest.mark.parametrize(("spent", "beyond"), [((15, 59), 0), ((30, 59), 0), ((31, 0), 1), ((90, 0), 60)])
def test_a_clinics_code_stands_for_thirty_minutes_and_says_how_many_are_beyond(spent, beyond) -> None:
    spent = replace(GOOD, seconds=time(*spent), **SPOKEN)
    assert suggest(spent, Side.REQUESTER).beyond == beyond
    assert suggest(spent, Side.CONSULTANT).beyond == 0


@pytest.mark.parametrize(
    ("spoken", "said", "code"),
    [(420, True, "99451"), (421, True, "99447"), (421, None, "99451"), (840, False, "99451"), (0, True, "99451")],
)
def test_more_than_half_of_the_time_was_a_discussion_that_somebody_attests(spoken, said, code) -> None:
    assert suggest(replace(GOOD, spoken_seconds=spoken, is_spoken_report=said), Side.CONSULTANT).code == code


BOTH = (Side.CONSULTANT, Side.REQUESTER)
ONE = (Side.CONSULTANT,)
AGAINST = [
    ("requested", {"is_requested_by_clinician": False}, BOTH),
    ("request_signed", {"is_request_signed": False}, BOTH),
    ("reason", {"has_reason": False}, BOTH),
    ("consent", {"has_consent": False}, BOTH),
    ("report_signed", {"is_report_signed": False}, ONE),
    ("report_sent", {"is_report_sent": False}, ONE),
    ("f2f_prior", {"f2f_prior_14d": True}, ONE),
    ("f2f_prior", {"f2f_prior_14d": None}, ONE),
    ("f2f_planned", {"f2f_planned_14d": True}, ONE),
    ("f2f_planned", {"f2f_planned_14d": None}, ONE),
    ("transfer", {"transfer_of_care": True}, ONE),
    ("transfer", {"transfer_of_care": None}, ONE),
    ("team_visit", {"is_team_visit": True, "served_on": date(2026, 12, 1)}, ONE),
    ("team_visit", {"is_team_visit": None, "served_on": date(2026, 12, 1)}, ONE),
    ("cost_told", {"has_cost_notice": False, "served_on": date(2026, 12, 1)}, BOTH),
    ("payer", {"payer": ""}, BOTH),
    ("consultant_npi", {"consultant_npi": ""}, BOTH),
    ("requester_npi", {"requester_npi": ""}, BOTH),
    ("insurance_id", {"insurance_id": ""}, BOTH),
    ("diagnosis", {"diagnosis": ""}, BOTH),
    ("program_id", {"program_id": ""}, BOTH),
    ("consultant_enrolled", {"is_consultant_enrolled": False}, BOTH),
    ("requester_enrolled", {"is_requester_enrolled": False}, BOTH),
    ("child_state", {"child_state": ""}, BOTH),
    ("consultant_licence", {"consultant_states": frozenset({"NV"})}, BOTH),
    ("requester_licence", {"requester_states": frozenset({"NV"})}, BOTH),
]
MEDICAIDS = {
    "program_id", "consultant_enrolled", "requester_enrolled", "child_state", "consultant_licence", "requester_licence",
}  # fmt: skip


@pytest.mark.parametrize(("key", "more", "sides"), AGAINST)
def test_each_rule_stands_against_a_code_alone(key, more, sides) -> None:
    facts = replace(GOOD, seconds=time(20, 0))
    for side in BOTH:
        assert suggest(facts, side).is_ready
        found = suggest(replace(facts, **more), side)
        assert (key in found.blockers, found.is_ready) == (side in sides, side not in sides)
        # The code is named all the same: what is mended makes it ready.
        assert found.code == suggest(facts, side).code
        privately = suggest(replace(facts, **{"payer": "private", **more}), side)
        assert (key in privately.blockers) == (side in sides and key not in MEDICAIDS)


def test_a_colleagues_work_has_no_code_whatever_is_there() -> None:
    """However long, however spoken, with everything on record: the consultant asked, and not the treating clinician."""
    for minutes in (0, 5, 16, 31, 500):
        for spoken in (0, minutes):
            facts = replace(GOOD, seconds=time(minutes, 0), spoken_seconds=time(spoken, 0), is_spoken_report=True)
            found = suggest(facts, Side.COLLEAGUE)
            assert (found.code, found.blockers, found.reasons, found.is_ready) == ("", ("colleague",), (), False)
            assert found.minutes == minutes


@pytest.mark.parametrize(
    ("side", "before", "served", "is_free"),
    [
        (Side.CONSULTANT, date(2026, 3, 3), date(2026, 3, 9), False),  # Six days, over the change to summer time.
        (Side.CONSULTANT, date(2026, 3, 2), date(2026, 3, 9), True),
        (Side.CONSULTANT, date(2026, 10, 27), date(2026, 11, 2), False),  # The night of 25 hours.
        (Side.CONSULTANT, date(2026, 10, 26), date(2026, 11, 2), True),
        (Side.CONSULTANT, date(2026, 3, 9), date(2026, 3, 9), False),
        (Side.REQUESTER, date(2026, 2, 24), date(2026, 3, 9), False),
        (Side.REQUESTER, date(2026, 2, 23), date(2026, 3, 9), True),
        (Side.CONSULTANT, None, date(2026, 3, 9), True),
    ],
)
def test_a_code_comes_again_after_its_days(side, before, served, is_free) -> None:
    facts = replace(GOOD, seconds=time(20, 0), previous_on=before, served_on=served)
    assert ("window" not in suggest(facts, side).blockers) == is_free


def test_a_site_says_what_its_payers_want() -> None:
    told = {
        "version": "ca-1", "requester_first": 30, "requester_days": 28,
        "payers": {"medi_cal": {"is_medicaid": True, "modifiers": {"99451": ["GQ"]}}},
    }  # fmt: skip
    rules = read_rules(told)
    facts = replace(GOOD, payer="medi_cal", seconds=time(29, 59))
    assert suggest(facts, Side.CONSULTANT, rules).modifiers == ("GQ",)
    assert suggest(facts, Side.CONSULTANT, rules).version.endswith("+ca-1")
    assert (suggest(facts, Side.REQUESTER, rules).code, suggest(facts, Side.REQUESTER).code) == ("", "99452")
    assert suggest(replace(facts, seconds=time(30, 0)), Side.REQUESTER, rules).code == "99452"
    assert suggest(replace(facts, seconds=time(0, 0)), Side.CONSULTANT, rules).modifiers == ()
    assert "program_id" in suggest(replace(facts, program_id=""), Side.CONSULTANT, rules).blockers


def test_a_payer_takes_the_codes_of_its_list_alone() -> None:
    rules = read_rules({"version": "1", "payers": {"medicaid": {"codes": ["99452"], "place_of_service": "11"}}})
    found = suggest(replace(GOOD, program_id="P-1"), Side.CONSULTANT, rules)
    assert (found.code, found.blockers, found.place_of_service) == ("99451", ("accepted",), "11")
    assert suggest(replace(GOOD, seconds=time(16, 0)), Side.REQUESTER, rules).is_ready


def test_the_example_of_the_documents_is_a_file_of_rules(tmp_path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "billing.md").read_text(encoding="utf-8")
    (tmp_path / "rules.toml").write_text(page.split("```toml\n")[1].split("```")[0])
    payer = load_rules(str(tmp_path / "rules.toml")).payers["medi_cal"]
    assert (payer.name, payer.codes, payer.place_of_service) == ("Medi-Cal", frozenset({"99451"}), "11")


MISTAKES = [
    ([], "no object"), ({}, "version must"), ({"version": " "}, "version must"),
    ({"version": "1", "else": 1}, "else is no rule"),
    ({"version": "1", "requester_first": 15}, "requester_first must be a whole number from 16 to 30"),
    ({"version": "1", "requester_first": True}, "requester_first must"),
    ({"version": "1", "idle_minutes": 11}, "idle_minutes must be a whole number from 1 to 10"),
    ({"version": "1", "consultant_days": 0}, "consultant_days must"),
    ({"version": "1", "payers": []}, "payers must"),
    ({"version": "1", "payers": {"Medi-Cal": {}}}, "'Medi-Cal' must be up to 24 small letters"),
    ({"version": "1", "payers": {"a": []}}, "payers.a must be an object"),
    ({"version": "1", "payers": {"a": {"b": 1}}}, "payers.a.b is no rule"),
    ({"version": "1", "payers": {"a": {"name": ""}}}, "payers.a.name must"),
    ({"version": "1", "payers": {"a": {"is_medicaid": 1}}}, "payers.a.is_medicaid must be true or false"),
    ({"version": "1", "payers": {"a": {"place_of_service": 11}}}, "payers.a.place_of_service must be two digits"),
    ({"version": "1", "payers": {"a": {"codes": ["99450"]}}}, "payers.a.codes must be a list of codes"),
    ({"version": "1", "payers": {"a": {"codes": [["99451"]]}}}, "payers.a.codes must be a list of codes"),
    ({"version": "1", "payers": {"a": {"modifiers": []}}}, "payers.a.modifiers must"),
    ({"version": "1", "payers": {"a": {"modifiers": {"99450": ["GQ"]}}}}, "modifiers.99450: there is no such code"),
    ({"version": "1", "payers": {"a": {"modifiers": {"99451": "GQ"}}}}, "modifiers.99451 must list"),
    ({"version": "1", "payers": {"a": {"modifiers": {"99451": ["gq"]}}}}, "two capital letters or digits"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "words"), MISTAKES)
def test_each_mistake_in_a_sites_rules_is_a_sentence(told, words) -> None:
    with pytest.raises(SettingError, match=r"^ECONSULT_BILLING_RULES: .*\.$") as refused:
        read_rules(told)
    assert words in str(refused.value)


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path) -> None:
    (tmp_path / "rules.toml").write_text('version = "1"\nidle_minutes = 0\n[payers.a]\nplace_of_service = "1"\n')
    with pytest.raises(SettingError) as refused:
        load_rules(str(tmp_path / "rules.toml"))
    said = str(refused.value)
    assert (said.count("ECONSULT_BILLING_RULES: rules.toml: "), "idle_minutes" in said) == (2, True)
    wrong = [("a.toml", "{", "no TOML"), ("a.json", "= 1", "no JSON"), ("b", "[" * 90_000, "no JSON")]
    for name, text, words in [*wrong, ("c", "1" + " " * 100_001, "longer")]:
        (tmp_path / name).write_text(text)
        with pytest.raises(SettingError, match=words):
            load_rules(str(tmp_path / name))
    with pytest.raises(SettingError, match="cannot be read"):
        load_rules(str(tmp_path / "nowhere.json"))
    (tmp_path / "rules.toml").write_text(
        'version = "nm-1"\nidle_minutes = 5\n[payers.medicaid.modifiers]\n99451 = ["GQ"]\n'
    )
    rules = load_rules(str(tmp_path / "rules.toml"))
    assert (rules.version, rules.idle_minutes) == ("2026-12+nm-1", 5)
    # What the file does not name stays as it is in the house.
    medicaid = rules.payers["medicaid"]
    assert (medicaid.modifiers, medicaid.is_medicaid, set(rules.payers)) == (
        {"99451": ("GQ",)},
        True,
        set(DEFAULTS.payers),
    )


def test_nothing_said_suggests_nothing() -> None:
    for side in Side:
        found = suggest(Facts(), side)
        assert (found.code, found.is_ready, found.version) == ("", False, DEFAULTS.version)


@pytest.mark.parametrize(
    ("read", "given_text", "kept"),
    [
        (identifiers.read_npi, "123-456-7893", "1234567893"), (identifiers.read_npi, "", ""),
        (identifiers.read_npi, "1234567890", None), (identifiers.read_npi, "123456789", None),
        (identifiers.read_npi, "3234567891", None), (identifiers.read_npi, "12345678\uff193", None),
        (identifiers.read_taxonomy, "207n00000x", "207N00000X"), (identifiers.read_taxonomy, "207N00000", None),
        (identifiers.read_diagnosis, "l20.83", "L20.83"), (identifiers.read_diagnosis, "R51", "R51"),
        (identifiers.read_diagnosis, "T36.0X1A", "T36.0X1A"), (identifiers.read_diagnosis, "C7A.00", "C7A.00"),
        (identifiers.read_diagnosis, "u071", "U07.1"), (identifiers.read_diagnosis, "L2", None),
        (identifiers.read_diagnosis, "eczema", None), (identifiers.read_diagnosis, "L20.83456", None),
        (identifiers.read_insurance_id, " 9123-4567 a ", "9123-4567 A"), (identifiers.read_insurance_id, "=1+1", None),
        (identifiers.read_insurance_id, "1" * 41, None), (identifiers.read_insurance_id, "", ""),
        (identifiers.read_state, "ca", "CA"), (identifiers.read_state, "XX", None), (identifiers.read_state, "", ""),
    ],
)  # fmt: skip
def test_numbers_are_checked_for_their_form(read, given_text, kept) -> None:
    if kept is None:
        with pytest.raises(InvalidError):
            read(given_text)
    else:
        assert read(given_text) == kept


def test_one_wrong_digit_of_an_npi_is_always_found() -> None:
    good = "1234567893"
    for place in range(10):
        for digit in "0123456789":
            told = good[:place] + digit + good[place + 1 :]
            if told != good:
                with pytest.raises(InvalidError):
                    identifiers.read_npi(told)


MIDNIGHT = datetime(2026, 3, 8, 8, tzinfo=UTC)  # An hour before the clocks go forward in Denver.
WORK = st.tuples(st.integers(0, 3), st.sampled_from(["review", "prep"]), st.integers(0, 120), st.integers(-5, 90))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORK, max_size=12))
def test_no_second_is_counted_twice(work) -> None:
    """The oracle colours a line of seconds, one after the other, and never looks at an end or a beginning."""
    spans = [
        Span((consult, name, 1), MIDNIGHT + timedelta(seconds=start), MIDNIGHT + timedelta(seconds=start + length))
        for consult, name, start, length in work
    ]
    line: dict[int, tuple[int, str]] = {}
    for consult, name, start, length in work:
        for second in range(start, start + length):
            line.setdefault(second, (consult, name))
    sums = counted(spans)
    for consult in range(4):
        for names in ((), ("review",), ("prep",)):
            wanted = sum(1 for of, name in line.values() if of == consult and (not names or name in names))
            assert seconds_of(sums, consult, names) == wanted

"""Danger signs: found wherever they are told, and passed only by a clinician who says who examined the child."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from econsult.consults import requests
from econsult.consults.records import RedFlagStop
from econsult.consults.requests import SubmitForm
from econsult.database import Database
from econsult.errors import EmergencyError
from econsult.notices import Notice, NoticeKind
from tests.personas import NOON, TARGETS, Clinic

WHOLE = {"examined_by": "Dr. P", "at": NOON.isoformat(), "why": "Seen and well"}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"examined_by": " ", "why": "\n"}, {"examined_by": "required", "why": "required"}),
        ({"at": "never"}, {"at": "invalid"}),
        ({"at": ""}, {"at": "required"}),
        ({"at": None}, {"at": "required"}),
        ({"at": (NOON + timedelta(hours=1)).isoformat()}, {"at": "in_the_future"}),
        ({"at": "2022-01-14T10:00Z"}, {"at": "too_old"}),
        ({"at": "0001-01-01T00:00"}, {"at": "too_old"}),
    ],
)
def test_an_attestation_that_says_nothing_passes_nothing(
    database: Database, clinic: Clinic, changes: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(EmergencyError) as stopped, database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
        form = SubmitForm(red_flag_attestation={**WHOLE, **changes})
        requests.submit(session, draft, clinic.pcp, form, now=NOON, targets=TARGETS)
    assert stopped.value.detail == {"red_flags": ["seizure"], "attestation": wrong}


def test_a_time_without_a_zone_is_a_time(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
        form = SubmitForm(red_flag_attestation={**WHOLE, "at": "2026-03-02T11:30"})
        assert requests.submit(session, draft, clinic.pcp, form, now=NOON, targets=TARGETS).status == "submitted"


@pytest.mark.parametrize("symptoms", [["itch", "fever"], ["Fever"], ["fiebre"]])
@pytest.mark.parametrize(("birth_date", "is_stopped"), [("2026-02-06", True), ("2025-11-02", False)])
def test_a_fever_in_a_young_infant_stops_a_family_however_it_is_told(
    database: Database, clinic: Clinic, birth_date: str, is_stopped: bool, symptoms: list[str]
) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": [], "symptoms": symptoms})
        session.merge(clinic.child).birth_date_text = birth_date
    outcome = pytest.raises(EmergencyError, match="emergency") if is_stopped else nullcontext()
    with outcome, database.writing() as session:
        requests.submit(session, session.merge(draft), clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
    with database.reading() as session:
        assert session.scalars(select(RedFlagStop.codes)).all() == ["young_infant_fever"] * is_stopped


def test_the_key_of_a_notice_names_no_sign(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": ["seizure", "self_harm"]})
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
    with database.reading() as session:
        query = select(Notice.dedupe_key).where(Notice.kind == NoticeKind.EMERGENCY)
        keys = session.scalars(query).all()
    assert len(keys) == 1
    assert "seizure" not in keys[0]
    assert "self" not in keys[0]


def test_staff_who_are_stopped_read_it_themselves_and_nobody_is_told_of_a_family(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
    for _ in range(2):
        with pytest.raises(EmergencyError), database.writing() as session:
            requests.submit(session, session.merge(draft), clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)
    with database.reading() as session:
        assert len(session.scalars(select(RedFlagStop)).all()) == 2
        assert session.scalars(select(Notice).where(Notice.kind == NoticeKind.EMERGENCY)).all() == []

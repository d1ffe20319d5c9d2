"""How the desk closes what the clinic has not read: with proof, never before the call, and the reading stays theirs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from econsult.advice.close_out import close_for_clinic, close_out
from econsult.billing.entries import locked_at
from econsult.calls import call_waiting
from econsult.consults import answers, telling
from econsult.consults.attesting import names_somebody
from econsult.consults.correcting import correct
from econsult.consults.open_ends import ClinicTold
from econsult.consults.outcomes import Said
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.errors import CallOpenError, InvalidError
from tests.personas import ANSWER, LEASE, NOON, Clinic

HOUR = timedelta(hours=1)
LATER = NOON + 5 * HOUR
BARE = {"now": LATER, "version": None}
SAID = Said(changed="yes", referral="new", seen="yes")
WHY = "Their clinic is closed for good"


def test_the_desk_closes_unread_only_with_who_was_told_when_and_a_reason_of_words(
    database: Database, clinic: Clinic
) -> None:
    at = (LATER - HOUR).isoformat()
    with database.writing() as session:
        consult = clinic.answered(session)
        for who, when, why, wrong in (
            ("", "", "x", {"told_who": "required", "told_at": "required", "reason": "too_short"}),
            ("the nurse", (LATER + HOUR).isoformat(), WHY, {"told_who": "nobody", "told_at": "in_the_future"}),
            ("Ana Reyes", (NOON - HOUR).isoformat(), "", {"told_at": "before_the_answer", "reason": "not_informed"}),
            ("Ana Reyes", "yesterday", WHY, {"told_at": "invalid"}),
        ):
            with pytest.raises(InvalidError) as error:
                close_for_clinic(session, consult, clinic.coordinator, ClinicTold(who, when), reason=why, **BARE)
            assert error.value.fields == wrong
        close_for_clinic(session, consult, clinic.coordinator, ClinicTold("Ana Reyes, nurse", at), reason=WHY, **BARE)
        assert (consult.status, consult.end_told) == ("closed", {"who": "Ana Reyes, nurse", "at": at})
        # That it was read is for the clinic alone to say, and opens no time of theirs again.
        assert (consult.acknowledged_at, locked_at(session, consult, clinic.pcp)) == (None, LATER)
        answers.acknowledge(session, consult, clinic.pcp, now=LATER + HOUR)
        assert (consult.status, consult.acknowledged_at) == ("closed", LATER + HOUR)
        assert locked_at(session, consult, clinic.pcp) == LATER
        # What the clinic closes itself afterwards, with its own reason, was told to nobody there by the desk.
        correct(session, consult, clinic.derm, {**ANSWER, "impression": "Other"}, "A slip", now=LATER + HOUR)
        answers.acknowledge(session, consult, clinic.pcp, now=LATER + 2 * HOUR)
        close_out(session, consult, clinic.pcp, SAID, reason="The family moved away", now=LATER + 3 * HOUR)
        assert (consult.status, consult.end_told) == ("closed", None)


def test_who_was_told_is_a_name_and_no_machine() -> None:
    nobody = ("no one", "n/a", "left a message", "voicemail", "front desk", "doctor on call", "no sé", "7")
    assert [name for name in nobody if names_somebody(name)] == []
    assert all(map(names_somebody, ("Ana Reyes", "nurse Ngo", "\N{CJK UNIFIED IDEOGRAPH-674E}")))


def _emergency(session: Session, clinic: Clinic) -> Consult:
    """An answer that says "emergency, now", of which nobody has called the family."""
    consult = clinic.claimed(session)
    content = {**ANSWER, "disposition": "emergency_now"}
    answers.save_draft(session, consult, clinic.derm, content, now=NOON, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=NOON)
    return consult


def test_nobody_closes_while_a_family_is_to_be_called_about_an_emergency(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _emergency(session, clinic)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + HOUR)
        with pytest.raises(CallOpenError):
            close_for_clinic(session, consult, clinic.coordinator, ClinicTold(), reason=WHY, **BARE)
        with pytest.raises(CallOpenError):
            close_out(session, consult, clinic.pcp, SAID, reason=WHY, **BARE)
        telling.confirm_call(session, consult, clinic.pcp, "reached", now=NOON + 2 * HOUR)
        close_for_clinic(session, consult, clinic.coordinator, ClinicTold(), reason="", **BARE)
        assert (consult.status, consult.end_told) == ("closed", None)


def test_a_call_that_it_is_no_emergency_any_more_holds_no_close_up(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = _emergency(session, clinic)
        telling.confirm_call(session, consult, clinic.pcp, "reached", now=NOON + HOUR)
        correct(session, consult, clinic.derm, ANSWER, "The wrong child", now=NOON + HOUR)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON + 2 * HOUR)
        close_for_clinic(session, consult, clinic.coordinator, ClinicTold(), reason=WHY, **BARE)
        assert (consult.status, call_waiting(session, consult) is None) == ("closed", False)

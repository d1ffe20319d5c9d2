"""Who is grown up signs alone: nobody else's yes counts, by whomever it is written down, from the day itself on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults import requests
from econsult.consults.furtherance import Allowed, Choice, choose
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.sealing import Withdrawing, withdraw_consent
from econsult.consults.voice import VoiceChoice, choose_voice
from econsult.database import Database
from econsult.errors import ForbiddenError, InvalidError
from econsult.people.ages import birthday, day_begins
from econsult.people.caregivers import Basis, GrantForm, grant_proxy
from econsult.people.consent import Consent, ConsentGiven
from econsult.people.patients import Patient, RelatedPerson
from tests.econsult.test_invitations import device_of, issue
from tests.personas import NOON, TARGETS, Clinic

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
OTHERS = ("parent", "guardian", "agency")


def grown(session: Session, clinic: Clinic, years: int = 19) -> tuple[Patient, datetime]:
    """The child, so old in two days, and when they come of age."""
    child = session.get_one(Patient, clinic.child.id)
    child.birth_date_text = (NOON + 2 * DAY).date().replace(year=NOON.year - years).isoformat()
    session.flush()
    return child, day_begins(session, birthday(child.birth_date, 18))


def told(by: str, method: str = "verbal") -> RequestForm:
    return RequestForm(consent=ConsentGiven(by, method, "en"))


def refused(do: Callable[[], object], field: str = "consent.by", code: str = "grown_up") -> None:
    with pytest.raises(InvalidError) as error:
        do()
    assert error.value.fields == {field: code}


@pytest.mark.parametrize("by", OTHERS)
def test_staff_write_down_no_parents_yes_for_somebody_of_nineteen(database: Database, clinic: Clinic, by: str) -> None:
    with database.writing() as session:
        _child, _at = grown(session, clinic)
        refused(lambda: clinic.draft(session, consent=ConsentGiven(by, "verbal", "en")))
        draft = clinic.draft(session, consent=None)
        refused(lambda: requests.edit(session, draft, clinic.pcp, told(by), now=NOON))
        assert session.scalar(select(func.count(Consent.id))) == 0
        requests.edit(session, draft, clinic.pcp, told("youth"), now=NOON)
        sent = requests.submit(session, draft, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)
        allowed = Choice(Allowed.TRAINEES, True, by, "verbal", "en")
        refused(lambda: choose(session, sent, clinic.pcp, allowed, now=NOON), "opt_in.by")
        voice = VoiceChoice(True, by, "verbal", "en")
        refused(lambda: choose_voice(session, sent, clinic.pcp, voice, now=NOON), "voice_consent.by")
        seal = Withdrawing(by, "verbal", "en")
        refused(lambda: withdraw_consent(session, clinic.vault, sent, clinic.pcp, seal, now=NOON), "withdrawal.by")


def test_a_yes_of_the_day_before_binds_nobody_from_the_birthday_on(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        _child, at = grown(session, clinic, 18)
        draft, other = (clinic.draft(session, now=NOON) for _ in range(2))
        requests.submit(session, other, clinic.pcp, SubmitForm(), now=at - SECOND, targets=TARGETS)
        refused(lambda: requests.submit(session, draft, clinic.pcp, SubmitForm(), now=at, targets=TARGETS))
        assert session.get_one(Consult, draft.id).submitted_at is None
        requests.edit(session, draft, clinic.pcp, told("youth"), now=at)
        requests.submit(session, draft, clinic.pcp, SubmitForm(), now=at, targets=TARGETS)


def test_the_mother_signs_nothing_herself_but_by_a_guardianship_or_his_word(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        child, at = grown(session, clinic, 18)
        draft = clinic.family_draft(session, now=at - SECOND)
        with pytest.raises(ForbiddenError):
            requests.edit(session, draft, clinic.mother, told("parent", "electronic"), now=at)
        refused(lambda: requests.submit(session, draft, clinic.mother, SubmitForm(), now=at, targets=TARGETS))
        for basis in Basis:
            form = GrantForm(basis, "Order of the court, folder 12", at, at + DAY)
            grant_proxy(session, child, clinic.mother, form, clinic.coordinator, now=at)
            requests.edit(session, draft, clinic.mother, told("guardian", "electronic"), now=at)
            requests.edit(session, draft, clinic.pcp, told("guardian"), now=at)
            # Of whom it is on file, and who may decide.
            link = session.scalars(select(RelatedPerson).where(RelatedPerson.person_id == clinic.mother.id)).one()
            link.has_authority = False
            session.flush()
            refused(lambda: requests.edit(session, draft, clinic.pcp, told("guardian"), now=at))
            link.has_authority = True
            refused(lambda: requests.edit(session, draft, clinic.pcp, told("guardian"), now=at + DAY))
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=at, targets=TARGETS)


def test_nobody_of_a_family_signs_as_the_young_person(database: Database, clinic: Clinic) -> None:
    device = device_of(database, issue(database, clinic)[1])
    with database.writing() as session:
        draft = clinic.family_draft(session)
        for person in (clinic.mother, device):
            yes = told("youth", "electronic")
            refused(partial(requests.edit, session, draft, person, yes, now=NOON), code="not_yours")
        choice = Choice(Allowed.TRAINEES, True, "youth", "electronic", "en")
        refused(lambda: choose(session, draft, clinic.mother, choice, now=NOON), "opt_in.by", "not_yours")

"""The answer as a family reads it: the plain summary first, what to watch for, then the doctor's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.answers import Answer, answer_for
from econsult.consults.contents import Disposition
from econsult.consults.telling import inform
from econsult.errors import NotFoundError
from econsult.people.patients import Patient
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.pages.family.home import state_of
from web.pages.family.status import TALKING
from web.shell.auth import me, only
from web.showing.clinics import telephone_of
from web.words import terms

family_answer = Blueprint("family_answer", __name__, url_prefix="/family/questions/<public_id>/answer")
URGENT = frozenset({"emergency_now"})
VISIT = frozenset({"clinic_visit", "expedite", "convert_to_referral"})


@dataclass(frozen=True)
class Plain:
    """A signed and released answer, whole, sorted into what a family does and what the doctors wrote and do.

    `language` is the one that the family reads, in which doctors are asked to write to it.
    """

    language: str
    summary: str
    at_home: list[str]
    by_team: list[str]
    watch_for: list[str]
    impression: str
    confidence: str
    next_step: str
    references: str
    is_urgent: bool
    needs_visit: bool
    signed_at: datetime


@family_answer.get("")
@only(Role.CAREGIVER)
def show(public_id: str) -> str:
    """The released answer. Before its release it does not exist for the family."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        answer = answer_for(session, loaded.consult, me())
        telephone = telephone_of(session, loaded.patient)
    if answer is None or answer.signed_at is None:
        raise NotFoundError
    plain = _plain(answer, answer.signed_at, loaded.patient)
    return render_template(
        "family/answer.html",
        consult=loaded.consult,
        patient=loaded.patient,
        plain=plain,
        again=state_of(loaded.consult)[1],
        telephone=telephone,
        may_talk=loaded.consult.status in TALKING,
    )


@family_answer.post("/understood")
@only(Role.CAREGIVER)
def understood(public_id: str) -> Response:
    """The family says that it understood, which closes the loop."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
        inform(session, loaded.consult, me(), method="opened", teach_back=False, now=now())
    return redirect(url_for(".show", public_id=public_id, _anchor="reply"), code=303)


def _plain(answer: Answer, signed_at: datetime, patient: Patient) -> Plain:
    content = answer.content
    advice = content.get("recommendations") or []
    return Plain(
        language=patient.language,
        summary=content.get("family_summary") or "",
        at_home=[each["text"] for each in advice if each["owner"] == "family"],
        by_team=[each["text"] for each in advice if each["owner"] != "family"],
        watch_for=[line.strip(" -•") for line in (content.get("watch_for") or "").splitlines() if line.strip(" -•")],
        impression=content.get("impression") or "",
        confidence=str(terms.CONFIDENCES.get(content.get("confidence") or "", "")),
        next_step=str(terms.DISPOSITIONS[Disposition(answer.disposition)]) if answer.disposition else "",
        references=content.get("references") or "",
        is_urgent=answer.disposition in URGENT,
        needs_visit=answer.disposition in VISIT,
        signed_at=signed_at,
    )

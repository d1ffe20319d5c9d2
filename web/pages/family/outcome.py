"""How the child is weeks after an answer: three questions in plain words, and what to do where it is worse."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass, consult_for
from econsult.advice.asking import tell_outcome, was_asked
from econsult.consults.outcomes import LATER_OF_FAMILY, Said, Side, reports_of
from econsult.consults.records import Consult
from econsult.errors import InvalidError, NotFoundError
from econsult.people.deaths import has_died
from econsult.people.persons import HOUSEHOLD
from econsult.rights import Right
from web.context import database, now, ring_workers
from web.pages.family.progress import TALKING
from web.shell.auth import me, only
from web.shell.once import once
from web.showing.clinics import telephone_of
from web.showing.outcomes import missing_words, said_in_form
from web.words import outcomes as words

family_outcome = Blueprint("family_outcome", __name__, url_prefix="/family/questions/<public_id>/outcome")
Page = str | Response | tuple[str, int]


@family_outcome.get("")
@only(*HOUSEHOLD)
def show(public_id: str) -> Page:
    """The questions; once they are answered, thanks, and what to do where it is worse."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        if not was_asked(session, loaded.consult) or has_died(session, loaded.patient.id):
            raise NotFoundError
        return _page(session, loaded)


@family_outcome.post("")
@only(*HOUSEHOLD)
def say(public_id: str) -> Page:
    """Write it down."""
    said = said_in_form(*LATER_OF_FAMILY)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.FOLLOW)
        try:
            once(session, lambda: _tell(session, loaded, said))
        except InvalidError as error:
            return _page(session, loaded, missing_words(error.fields, words.ASKED_FAMILY), said), 422
    ring_workers()
    return redirect(url_for(".show", public_id=public_id), code=303)


def _tell(session: Session, loaded: Pass, said: Said) -> Consult:
    tell_outcome(session, loaded, me(), said, now=now())
    return loaded.consult


def _page(session: Session, loaded: Pass, errors: dict[str, str] | None = None, given: Said | None = None) -> str:
    mine = [each for each in reports_of(session, loaded.consult.id) if each.side == Side.FAMILY]
    last = mine[-1] if mine else None
    chosen = given or (Said(last.how or "", last.seen or "", otherwise=last.otherwise or "") if last else Said())
    return render_template(
        "family/outcome.html",
        consult=loaded.consult,
        patient=loaded.patient,
        questions=[(name, words.ASKED_FAMILY[name], list(words.FAMILY[name].items())) for name in LATER_OF_FAMILY],
        given=vars(chosen),
        errors=errors or {},
        is_said=last is not None and not errors,
        is_worse=last is not None and last.how == "worse" and not errors,
        telephone=telephone_of(session, loaded.patient),
        may_talk=loaded.consult.status in TALKING,
    )

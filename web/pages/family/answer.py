"""The answer as a family reads it: the plain summary first, what to watch for, then the doctor's own words."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.answers import answer_for
from econsult.consults.conversion import is_converted
from econsult.consults.opened import note_opened
from econsult.consults.telling import inform
from econsult.consults.versions import versions_of
from econsult.errors import NotFoundError, StaleVersionError
from econsult.note import codes_of
from econsult.people.deaths import has_died
from econsult.people.persons import HOUSEHOLD
from econsult.rights import Right
from web.context import database, now
from web.pages.family.progress import TALKING
from web.shell.auth import me, only
from web.shell.numbers import UNSEEN, form_number
from web.showing.awaited import wait_of
from web.showing.clinics import telephone_of
from web.showing.note import grouped
from web.showing.plain import plain_of
from web.showing.standing import asked_words, state_of
from web.showing.steps import own_of
from web.showing.visits import familys_visits
from web.words.language import gettext

family_answer = Blueprint("family_answer", __name__, url_prefix="/family/questions/<public_id>/answer")


@family_answer.get("")
@only(*HOUSEHOLD)
def show(public_id: str) -> str:
    """The released answer. Before its release it does not exist for the family."""
    return answer_page(public_id)


def answer_page(public_id: str, changed: str = "") -> str:
    """The answer as it is now; `changed` says what a press on an older page could not do any more."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        answer = answer_for(session, loaded.consult, me())
        note_opened(session, loaded.consult, me(), now=now())
        telephone = telephone_of(session, loaded.patient)
        codes = {version: grouped(code) for version, code in codes_of(session, loaded).items()}
        is_agreed = answer is not None and is_converted(session, loaded.consult, answer.disposition)
        before = [each for each in versions_of(session, loaded.consult.id, for_family=True) if each is not answer]
        mine, theirs = own_of(session, loaded, answer) if answer is not None else ([], [])
        is_kept = has_died(session, loaded.patient.id)
        again = state_of(loaded.consult, wait=wait_of(session, loaded.consult))[1]
        visits = [] if is_kept else familys_visits(session, loaded)
    if answer is None or answer.signed_at is None:
        raise NotFoundError
    plain = plain_of(answer, answer.signed_at, loaded.patient, is_agreed=is_agreed)
    return render_template(
        "family/kept_answer.html" if is_kept else "family/answer.html",
        consult=loaded.consult,
        own=asked_words(loaded.consult),
        is_kept=is_kept,
        patient=loaded.patient,
        plain=plain,
        version=answer.version,
        changed=changed,
        older=[plain_of(each, each.signed_at, loaded.patient) for each in reversed(before) if each.signed_at],
        mine=mine,
        theirs=theirs,
        visits=visits,
        codes=codes,
        again=again,
        telephone=telephone,
        may_talk=loaded.consult.status in TALKING,
    )


@family_answer.post("/understood")
@only(*HOUSEHOLD)
def understood(public_id: str) -> Response | tuple[str, int]:
    """The family says that it understood, which closes the loop; what was corrected meanwhile it reads first."""
    seen = form_number("version", UNSEEN)
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.INFORM)
            inform(session, loaded.consult, me(), method="opened", teach_back=False, now=now(), version=seen)
    except StaleVersionError:
        words = gettext("The answer changed after you opened this page. Please read what it says now.")
        return answer_page(public_id, words), 409
    return redirect(url_for(".show", public_id=public_id, _anchor="reply"), code=303)

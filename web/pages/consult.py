"""The case page: media, story and answer side by side, and the small decisions of whoever holds the request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.advice.close_out import is_left_open
from econsult.advice.own_snippets import known_to
from econsult.asked_before import is_for_another, may_be_followed
from econsult.consults import declining, holding
from econsult.consults.asking_more import open_request
from econsult.consults.confidential import is_offered
from econsult.consults.lifecycle import Status
from econsult.consults.names_shown import NamesShown, names_shown
from econsult.consults.opened import opened_of
from econsult.consults.outcomes import AT_CLOSING
from econsult.consults.taking import take
from econsult.consults.threads import Audience
from econsult.errors import ForbiddenError, TakenError
from econsult.people.patients import age_in_months
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now, settings
from web.pages.owning import asks_password
from web.shell.auth import me, only
from web.shell.desk import rings, why_barred
from web.shell.forms import FormReader
from web.shell.numbers import argument
from web.showing.arrivals import allowed_in, whence_of
from web.showing.casefile import Case, open_case
from web.showing.filling import Ready, filled_in
from web.showing.visits import ahead_of
from web.words import terms
from web.words.asking import LACKING
from web.words.families import SITES
from web.words.language import gettext
from web.words.marks import PLACES, SAID, SHAPES, SIZES
from web.words.outcomes import QUESTIONS, STAFF
from web.words.plain import meter_of, spanish_of
from web.words.signs import Group, groups_on_form
from web.words.snippets import SNIPPET_FIELDS
from web.words.steps import KINDS, due_days

consult = rings(Blueprint("consult", __name__, url_prefix="/consults/<public_id>"))
CASE_ROLES = (Role.SPECIALIST, Role.PCP, Role.TELEPRESENTER)
LONGEST_REASON = 1000


@consult.get("")
@only(*CASE_ROLES, Role.COORDINATOR)
def show(public_id: str) -> str | Response:
    """The case as this person may see it. A draft is edited elsewhere, and coordinators have a page of their own."""
    if me().role == Role.COORDINATOR:
        return redirect(f"/coordination/{public_id}", 303)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now())
        case = open_case(session, loaded)
    if case.consult.status == Status.DRAFT:
        return redirect(url_for("clinic_request.edit_request", public_id=public_id), 303)
    return case_page(case)


def case_page(case: Case, **changes: object) -> str:
    """The page of a case; `changes` replace what a refused form leaves different, such as `errors` and `content`."""
    content = changes.get("content", case.content)
    summary = content.get("family_summary", "") if isinstance(content, Mapping) else ""
    shown: dict[str, object] = {
        "errors": {},
        "meter": meter_of(str(summary), case.patient.language),
        **spanish_of(content if isinstance(content, Mapping) else {}, case.patient.language),
        "content": case.content,
        "saves": case.answer.saves if case.answer else 0,
        "theirs": None,
        "lost": None,
        "days": due_days(),
        "snippets": _snippets(case) if case.mode == "write" else (),
        "snippet_fields": SNIPPET_FIELDS,
        "kinds": KINDS,
        "closing": [(name, QUESTIONS[name], list(STAFF[name].items())) for name in AT_CLOSING],
        "given": {},
        "is_close_out_open": _is_close_out_open(case),
        **_known_beside(case),
        "sites": SITES,
        "why_lacking": LACKING,
        "danger_signs": _danger_signs(case),
        "name_opens": _name_opens(case),
        "whence": whence_of(case.consult),
        "allowed": allowed_in(case.consult),
        "may_keep": _may_keep(case),
        "asks_password": bool(case.consult.confidential) and asks_password(),
        "may_follow_up": me().role in (Role.PCP, Role.TELEPRESENTER) and may_be_followed(case.consult),
        "is_for_another": is_for_another(case.answer),
        **changes,
    }
    lane = str(changes.get("lane") or request.args.get("lane", ""))
    return render_template(
        "consult/case.html",
        case=case,
        terms=terms,
        lane=lane if lane in case.lanes else _opens_on(case, lane),
        sheet=argument("sheet", 1),
        is_marking="marking" in request.args,
        again=[request.args.get("again", ""), *_list(shown["given"], "photos")],
        marks={"shapes": SHAPES, "places": PLACES, "sizes": SIZES, "words": SAID},
        was=_number_before(),
        **{name: value for name, value in shown.items() if name != "lane"},
    )


def _danger_signs(case: Case) -> tuple[Group, ...]:
    """What is asked of this child where its question may be sent on."""
    may_ask = case.may(Right.SEND_ON) and case.is_family_question
    return groups_on_form(age_in_months(case.patient.birth_date, now().date())) if may_ask else ()


def _snippets(case: Case) -> tuple[Ready, ...]:
    with database().reading() as session:
        return filled_in(known_to(session, me(), case.consult.specialty), case.consult, case.patient, case.content)


def _opens_on(case: Case, wish: str) -> str:
    """Which tab is shown first: the thread in which something is asked of the reader, otherwise the answer."""
    return Audience.CLINICIANS if case.wanted and wish != "answer" else "answer"


def _list(given: object, name: str) -> list[str]:
    return list(given.get(name, ())) if isinstance(given, Mapping) else []


def _name_opens(case: Case) -> str:
    """`now` where the page leads to the child's name, open or by exception; to who must take it first, by which rule
    it opens then.
    """
    is_untaken = me().role == Role.SPECIALIST and case.may(Right.HOLD)
    may_now = case.may(Right.BREAK_GLASS)
    if case.consult.status == Status.WITHDRAWN or not (may_now or is_untaken):
        return ""
    with database().reading() as session:
        rule = names_shown(session, me().program_id, is_let=settings().lets_break_glass)
        return "" if rule == NamesShown.NOBODY else "now" if may_now else rule


def _may_keep(case: Case) -> bool:
    """Whether this reader may keep the question from the child's caregivers, or let them see it."""
    if not (me().role == Role.PCP and Right.KEEP_CONFIDENTIAL in case.rights):
        return False
    with database().reading() as session:
        return is_offered(session, case.consult, me(), now())


def _known_beside(case: Case) -> dict[str, object]:
    """Which visit is ahead, when the family opened the answer that nobody has said to be understood, and which request
    for information whoever answers waits for."""
    with database().reading() as session:
        opened = opened_of(session, [case.consult]) if me().role == Role.PCP else {}
        asked = open_request(session, case.consult) if case.mode == "write" else None
        return {
            "open_request": asked,
            "visit_ahead": ahead_of(session, case.consult),
            "opened_at": opened.get(case.consult.id),
        }


def _is_close_out_open(case: Case) -> bool:
    """Whether this reader is asked what came of an answer whose request somebody else closed."""
    if not (me().role == Role.PCP and Right.CLOSE in case.rights):
        return False
    with database().reading() as session:
        return is_left_open(session, case.consult)


def _number_before() -> str:
    """The number of the request that was signed just before this one was opened, or empty; nothing else is repeated."""
    was = request.args.get("was", "")
    return was if re.fullmatch(r"C-\d{1,12}", was) else ""


@consult.post("/claim")
@only(Role.SPECIALIST, Role.PCP)
def claim(public_id: str) -> Response:
    """Take the request in hand; exactly one of several people who try gets it."""
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
            take(session, loaded.consult, me(), now=now(), lease=settings().claim)
    except TakenError:
        return redirect(url_for(".show", public_id=public_id, said="taken"), 303)
    except ForbiddenError as error:
        return redirect(url_for(".show", public_id=public_id, said=why_barred(error)), 303)
    return redirect(url_for(".show", public_id=public_id), 303)


@consult.post("/release")
@only(Role.SPECIALIST, Role.PCP)
def release(public_id: str) -> Response:
    """Give it back to its pool."""
    reason = FormReader().text("reason", longest=LONGEST_REASON)
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
        holding.release(session, loaded.consult, me(), reason, now=now())
    return redirect(_home("released"), 303)


@consult.post("/decline")
@only(Role.SPECIALIST, Role.PCP)
def decline(public_id: str) -> Response | tuple[str, int]:
    """Say no for good, with a reason that the person who asked reads."""
    form = FormReader()
    reason = form.text("reason", longest=LONGEST_REASON, required=gettext("Say why, so that the clinic can go on"))
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
        if form.errors:
            return case_page(open_case(session, loaded), errors=form.errors), 422
        declining.decline(session, loaded.consult, me(), reason, now=now())
    return redirect(_home("declined"), 303)


def _home(said: str) -> str:
    return url_for("worklist.queue" if me().role == Role.SPECIALIST else "clinic.home", said=said)

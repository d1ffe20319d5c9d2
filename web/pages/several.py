"""Giving several requests of one specialty to one person at once: when somebody falls ill, or a night has piled up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.records import Consult
from econsult.consults.views import Filters, View
from econsult.consults.worklist import page
from econsult.errors import ForbiddenError, ImpossibleVerbError, NotFoundError
from econsult.queue.absence import uncovered_held
from econsult.standing import check_desk
from web.context import looking, now
from web.pages.allocation import DESK, asked_specialty
from web.pages.giving import LONGEST_REASON, Gift, Refused, give
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.unreadable import shown_again
from web.showing.there import there_now
from web.showing.waiting import Waiting, waiting
from web.words import terms
from web.words.language import gettext

several = rings(Blueprint("several", __name__, url_prefix="/coordination/desk/several"))
MOST = 50
"""So many of each kind stand on the page, the most urgent first; the others come once these are given."""


@several.get("")
@only(*DESK)
def show() -> str:
    """What nobody has, and what somebody has who is not there, of one specialty."""
    return _page()


@several.post("")
@only(*DESK)
def give_all() -> Response | tuple[str, int]:
    """Give each that is ticked to one person; what is refused stays ticked, with why."""
    form = FormReader()
    ticked = list(dict.fromkeys(request.form.getlist("ids")))[: 2 * MOST]
    if not ticked:
        form.errors["ids"] = gettext("Tick at least one request")
    wish = form.text("person", longest=40, required=gettext("Choose somebody"))
    reason = form.text("reason", longest=LONGEST_REASON)
    if form.errors:
        return _page(form.errors, ticked=ticked), 422
    although = form.text("although", longest=1) == "1"
    refused = _given(ticked, wish, reason, although=although)
    if refused:
        words = gettext(
            "Given: %(given)d. Not given: %(left)d, see below why.",
            given=len(ticked) - len(refused),
            left=len(refused),
        )
        return _page({"ids": words}, refused=refused, ticked=list(refused)), 422
    return redirect(url_for("allocation.desk", said="assigned_several", specialty=asked_specialty() or None), 303)


def _given(ids: Sequence[str], wish: str, reason: str, *, although: bool) -> dict[str, Refused]:
    """What was not given, by its id, and why not. Each stands alone: one that is refused holds up no other."""
    found: dict[str, Refused] = {}
    for public_id in ids:
        gift = Gift(wish, reason, request.form.get(f"had-{public_id}"), although)
        try:
            refused = give(public_id, gift)
        except (NotFoundError, ImpossibleVerbError):
            # It ended, or went elsewhere, since the page was opened.
            refused = Refused(gettext("It is not here any more"))
        if refused is not None:
            found[public_id] = refused
    return found


@shown_again
def _page(
    errors: Mapping[str, str] | None = None,
    *,
    refused: Mapping[str, Refused] | None = None,
    ticked: Collection[str] = (),
) -> str:
    with looking() as session:
        check_desk(session, me(), now())
        entries = _entries(session) if asked_specialty() else []
        left = (refused or {}).keys() - {entry.row.id for entry in entries}
        gone = [(_number(session, each), (refused or {})[each].words) for each in sorted(left)]
    people = dict(person for entry in entries for person in reversed(entry.people))
    return render_template(
        "coordination/several.html",
        entries=entries,
        # Of those who are there for one of them and not for another the words of the first count.
        people=sorted(people.items(), key=lambda each: ("(" in each[1], each[1])),
        specialty=asked_specialty(),
        specialties=terms.SPECIALTIES,
        refused=refused or {},
        # What stands in no list any more is told beside them.
        gone=gone,
        is_off=any(each.code == "off_duty" for each in (refused or {}).values()),
        ticked=ticked,
        errors=errors or {},
        given=request.form,
        most=MOST,
    )


def _number(session: Session, public_id: str) -> str:
    """The number of a request that this desk may still know; else nothing."""
    try:
        return consult_for(session, me(), public_id, now=now()).consult.number
    except (NotFoundError, ForbiddenError):
        return ""


def _entries(session: Session) -> list[Waiting]:
    """What can be given, the most urgent first."""
    free = page(session, me(), View.POOL, now=now(), filters=Filters(asked_specialty()), limit=MOST).consults
    held = uncovered_held(session, me().program_id, MOST, asked_specialty())
    found: dict[int, Consult] = {consult.id: consult for consult in (*free, *held)}
    return waiting(session, list(found.values()), there_now(session, me().program_id, now()))

"""The specialist's queue: one order, tabs with capped counts, the most urgent case at the press of one button."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.advice.colleagues import asked_of_me
from econsult.billing.replies import replied_of
from econsult.consults import holding
from econsult.consults.hands import FULL_HANDS
from econsult.consults.taking import is_kept_for_others, next_for
from econsult.consults.views import Filters, View
from econsult.consults.worklist import COUNT_CAP, Page, count_all, page
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.leaving_out import check_codes
from econsult.people.kept_views import Narrowed, keep_view, kept_view
from econsult.people.persons import LANGUAGES, Role, specialties_of
from econsult.rights import Right
from econsult.unreadable import UnreadableError
from web.context import database, now, settings
from web.shell.auth import me, only
from web.shell.desk import count_place, rings, why_barred
from web.shell.unreadable import looked
from web.showing.rows import rows_of
from web.words import terms
from web.words.language import gettext

worklist = rings(Blueprint("worklist", __name__, url_prefix="/worklist"))


@worklist.get("")
@only(Role.SPECIALIST)
def queue() -> str:
    """One page of one tab."""
    with database().writing() as session:
        kept = kept_view(session, me())
        shown = _narrowed(kept)
        found = _page(session, shown)
        rows = rows_of(session, found.consults)
        counts = counts_of(session, tuple(tabs()))
        own = sorted(specialties_of(session, me()))
        asides = asked_of_me(session, me(), now())
        replied = replied_of(session, me(), now()) if _view() == View.DONE else []
    count_place("/worklist", counts[View.POOL])
    return render_template(
        "worklist/queue.html",
        rows=rows,
        asides=[(each, terms.child(each.patient, now().date())) for each in asides],
        replied=replied,
        me_id=me().id,
        terms_specialties=terms.SPECIALTIES,
        tabs=tabs(),
        counts=counts,
        view=_view(),
        specialty=shown.specialty,
        spoken=shown.language,
        is_kept=shown == kept,
        is_begun=shown == kept != Narrowed(),
        languages=terms.LANGUAGES,
        specialties=[(code, terms.SPECIALTIES[code]) for code in own],
        next_cursor=found.next_cursor,
        cursor=request.args.get("cursor", ""),
    )


@worklist.get("/marks")
@only(Role.SPECIALIST)
def marks() -> Response:
    """Ids and versions of the tab's first rows, for a page that asks whether anything is new. It names no child."""
    with database().reading() as session:
        shown = _narrowed(kept_view(session, me()))
        found = [f"{consult.public_id}.{consult.version}" for consult in _page(session, shown).consults]
    response = jsonify(marks=found)
    response.set_etag(hashlib.sha256(" ".join(found).encode()).hexdigest()[:32])
    return response.make_conditional(request)


@worklist.post("/begin-with")
@only(Role.SPECIALIST)
def begin_with() -> Response:
    """Begin with this choice from now on, or with everything again."""
    wished = _wished(request.form)
    try:
        with database().writing() as session:
            keep_view(session, me(), wished)
    except InvalidError:
        return redirect(url_for(".queue"), 303)
    return redirect(url_for(".queue", said="saved"), 303)


@worklist.post("/next")
@only(Role.SPECIALIST)
def next_case() -> Response:
    """Take the most urgent request that nobody holds and open it."""
    try:
        taken = take_next()
    except ForbiddenError as error:
        return redirect(url_for(".queue", said=why_barred(error)), 303)
    return redirect(url_for("consult.show", public_id=taken) if taken else url_for(".queue", said=none_left()), 303)


def take_next() -> str | None:
    """Claim the first request that the signed-in person may take; its public id, or None where there is none.

    However many others ask at the same moment: whoever loses one to somebody faster goes on to the next in order, and
    so does whoever meets one of which a part is damaged. Raises ForbiddenError for somebody whose hands are full.
    """
    lost: set[int] = set()
    while (first := looked(lambda: _first(lost))) is not None:
        number, public_id = first
        if _took(public_id):
            return public_id
        lost.add(number)
    return None


def _took(public_id: str) -> bool:
    """Whether the signed-in person holds this request now. Raises ForbiddenError for somebody whose hands are full."""
    try:
        with database().writing() as session:
            loaded = consult_for(session, me(), public_id, now=now(), right=Right.HOLD)
            check_codes(session, loaded.consult)
            holding.claim(session, loaded.consult, me(), now=now(), lease=settings().claim)
    except ForbiddenError as error:
        # No other request would come to anything else. A look that goes without one of them counts one too few.
        if error.code == FULL_HANDS:
            raise
        return False
    except (ImpossibleVerbError, NotFoundError, UnreadableError):
        # Taken, taken back or sent elsewhere since it was read, or damaged where the list does not look.
        return False
    return True


def _first(lost: Collection[int]) -> tuple[int, str] | None:
    """Number and public id of the first request for me."""
    with database().reading() as session:
        first = next_for(session, me(), now=now(), lost=lost)
        return (first.id, first.public_id) if first is not None else None


def none_left() -> str:
    """Why there is no next one: everything is answered, or the rest is asked of colleagues by name first."""
    return "kept_for_named" if looked(_is_kept) else "all_answered"


def _is_kept() -> bool:
    with database().reading() as session:
        return is_kept_for_others(session, me(), now=now())


def tabs() -> dict[View, str]:
    """The specialist's tabs in their order, in words."""
    return {
        View.POOL: gettext("For me to answer"),
        View.MINE: gettext("Mine"),
        View.WAITING: gettext("Waiting for others"),
        View.OVERDUE: gettext("Late"),
        View.DONE: gettext("Answered"),
    }


def counts_of(session: Session, views: tuple[View, ...]) -> dict[View, str]:
    """How many rows each view has, in words: "0", "12", "99+"."""
    numbers = count_all(session, me(), views, now=now())
    return {view: f"{COUNT_CAP}+" if number > COUNT_CAP else str(number) for view, number in numbers.items()}


def _page(session: Session, shown: Narrowed) -> Page:
    cursor = request.args.get("cursor") or None
    filters = Filters(shown.specialty, language=shown.language)
    return page(session, me(), _view(), now=now(), filters=filters, cursor=cursor)


def _view() -> View:
    wish = request.args.get("view", "")
    return View(wish) if wish in tabs() else View.POOL


def _narrowed(kept: Narrowed) -> Narrowed:
    """What the address asks for; what the person keeps where it says nothing of it."""
    return _wished(request.args) if request.args.keys() & {"specialty", "language"} else kept


def _wished(given: Mapping[str, str]) -> Narrowed:
    specialty, language = given.get("specialty", ""), given.get("language", "")
    return Narrowed(specialty if specialty in terms.SPECIALTIES else "", language if language in LANGUAGES else "")

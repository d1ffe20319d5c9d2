"""A family's question while it is being written: it rests in the database from the first step, so nothing is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from flask import Response, abort, jsonify, redirect, request, url_for
from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for
from econsult.consults.details import contact_of, flags_of
from econsult.consults.lifecycle import Status
from econsult.consults.merging import Merged, merge, read_seen
from econsult.consults.records import Consult
from econsult.consults.redflags import flags_now, is_answer_fresh
from econsult.consults.requests import RequestForm, edit
from econsult.people.deaths import refuse_after_death
from econsult.people.persons import Person, Role
from econsult.rights import Right
from econsult.stops import is_gone_for
from web.context import now
from web.shell.auth import me
from web.words.language import gettext

ORDER = ("family_ask.emergency", "family_ask.where", "family_ask.private")
"""The steps that none may jump over. Photos take the place of the branch for private areas."""
SECOND_TAP = timedelta(minutes=2)
"""How long the same form may come again after it was sent; a slow line does not take longer."""


def load_draft(session: Session, public_id: str) -> Pass:
    """The caller's own draft. A question that was sent or stopped leads to its own page instead.

    Raises AfterDeathError: nobody goes on writing about a child who has died.
    """
    if is_gone_for(session, me(), public_id):
        abort(redirect(start_of(me()), code=303))
    loaded = consult_for(session, me(), public_id, now=now(), right=Right.REQUEST)
    if loaded.consult.status != Status.DRAFT:
        session.commit()
        abort(redirect(page_of(public_id, is_new=_is_second_tap(loaded.consult)), code=303))
    refuse_after_death(session, loaded.patient.id)
    if is_stopped(loaded.consult):
        session.commit()
        abort(redirect(url_for("family_ask.stopped", public_id=public_id), code=303))
    return loaded


def _is_second_tap(consult: Consult) -> bool:
    """Whether this is the same form again, on a slow line: the receipt, which the first answer was, got lost then."""
    at = consult.submitted_at
    return request.method == "POST" and at is not None and now() - at < SECOND_TAP


def page_of(public_id: str, *, is_new: bool = False) -> str:
    """Where a question stands that was sent: an invited device has one page for all of its questions."""
    if me().role == Role.INVITED:
        return url_for("invited.show", sent=public_id if is_new else None)
    return url_for("family_status.sent" if is_new else "family_status.show", public_id=public_id)


def start_of(person: Person) -> str:
    """Where somebody of a family begins."""
    return url_for("invited.show" if person.role == Role.INVITED else "family_home.home")


def keep(session: Session, draft: Pass, form: RequestForm) -> None:
    """Save what one step asked."""
    edit(session, draft.consult, me(), form, now=now())


def keep_merged(
    session: Session,
    draft: Pass,
    form: RequestForm,
    *,
    offered: Collection[str] = (),
    usual: Collection[str] = (),
    unread: Collection[str] = (),
) -> Merged:
    """Save what one step asked, apart from what was changed in another window after its page was opened."""
    seen = read_seen(request.form.get("seen", ""))
    merged = merge(session, draft.consult, form, seen, offered=offered, usual=usual, unread=unread)
    keep(session, draft, merged.form)
    return merged


def told_script(merged: Merged, errors: Mapping[str, str] | None = None) -> tuple[Response, int]:
    """What a page that saves by itself hears: whatever had no fault and no clash is saved."""
    wrong = dict(errors or {})
    if merged.clashes:
        words = gettext("You changed this in another window too. Press Continue to see both.")
        return jsonify(problem=words, errors=wrong, seen=merged.seen), 409
    if wrong:
        return jsonify(problem=next(iter(wrong.values())), errors=wrong, seen=merged.seen), 422
    return jsonify(saved=True, seen=merged.seen), 200


def is_stopped(consult: Consult) -> bool:
    """Whether the family named an emergency: such a question can never be sent."""
    return bool(flags_now(flags_of(consult.details)))


def next_step(consult: Consult) -> str:
    """The endpoint of the first step that lacks an answer that still holds; the last one checks and sends."""
    details: dict[str, Any] = consult.details
    if not is_answer_fresh(details, now()):
        return "family_ask.emergency"
    if not details.get("body_site"):
        return "family_ask.where"
    if consult.is_private_site and not contact_of(details)["way"]:
        return "family_ask.private"
    return "family_story.check" if consult.question else "family_story.story"


def require_before(session: Session, draft: Pass, wanted: str) -> None:
    """Send the family back when a step before `wanted` is missing, so that none can be jumped over."""
    missing = next_step(draft.consult)
    if missing in ORDER[: _place(wanted)]:
        session.commit()
        abort(redirect(url_for(missing, public_id=draft.consult.public_id), code=303))


def _place(step: str) -> int:
    return ORDER.index(step) if step in ORDER else len(ORDER)

"""The clinic's start page: what waits for us, what waits for others, and the children whom we may ask about."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult import panel
from econsult.access import patient_for
from econsult.bereavement import marked_lately
from econsult.consults import requests
from econsult.consults.drafts import empty_draft
from econsult.consults.requests import RequestForm
from econsult.consults.reviews import held_files
from econsult.consults.views import Filters, Slice, View
from econsult.consults.wanting import WANTED
from econsult.consults.worklist import COUNT_CAP, count, families_first
from econsult.consults.wrong_numbers import WrongNumber, wrong_numbers_for
from econsult.cursors import pack, unpack_number
from econsult.incoming.confirming import count_mail
from econsult.people.names import LONGEST_NAME
from econsult.people.persons import Role
from web.context import database, now
from web.pages.calls import phones_for
from web.pages.outcomes import asked_lines, left_lines, worse_lines
from web.pages.stops import calls_for
from web.shell.auth import me, only
from web.shell.desk import count_place, rings
from web.shell.forms import FormReader
from web.shell.once import once
from web.shell.unreadable import only_looks
from web.showing.asks import asks_of
from web.showing.letter import may_write_letter
from web.showing.rows import Row, rows_of
from web.words import terms
from web.words.language import gettext

clinic = rings(Blueprint("clinic", __name__, url_prefix="/clinic"))
CLINIC_ROLES = (Role.PCP, Role.TELEPRESENTER)
NEWEST_SHOWN = 12
START = (View.ASKED, View.ANSWERED, View.DECLINED, View.POOL, View.MINE, View.WAITING, View.DRAFTS)
OURS = (View.ASKED, View.DECLINED, View.POOL, View.MINE)
"""Where the next move is the clinic's own."""


@dataclass(frozen=True)
class List:
    """One page of one list, how many rows the whole list has, and where it goes on."""

    rows: list[Row]
    number: int
    next_cursor: str | None

    @property
    def count(self) -> str:
        return f"{COUNT_CAP}+" if self.number > COUNT_CAP else str(self.number)


@dataclass(frozen=True)
class _NotAsked(Filters):
    """Narrows what is with specialists to that which the clinic itself is not asked about."""

    def conditions(self) -> list[Slice]:
        return [*super().conditions(), ~WANTED]


@clinic.get("")
@only(*CLINIC_ROLES)
def home() -> str:
    """Every list of the clinic on one page; with `?view=` one of them alone, page after page."""
    view = request.args.get("view", "")
    if view in (*START, View.DONE):
        return _one_list(View(view))
    with database().writing() as session:
        lists = {view: _list(session, view) for view in START}
        asks = asks_of(session, [row.id for row in lists[View.ASKED].rows])
        children = panel.newest(session, me(), now=now(), limit=NEWEST_SHOWN)
        calls, phones = calls_for(session), phones_for(session)
        asked, worse, left = asked_lines(session), worse_lines(session), left_lines(session)
        died, numbers = marked_lately(session, me(), now()), _wrong_numbers(session)
        mail_waiting = count_mail(session, me(), now())
        files_waiting = len(held_files(session, me())) if me().role == Role.PCP else 0
    waiting = sum(lists[view].number for view in OURS)
    waiting += len(calls) + len(phones) + len(worse) + mail_waiting + len(numbers)
    count_place("/clinic", f"{COUNT_CAP}+" if waiting > COUNT_CAP else str(waiting or ""))
    shown = {
        "lists": lists,
        "asks": asks,
        "numbers": numbers,
        "died": died,
        "calls": calls,
        "phones": phones,
        "asked": asked,
        "worse": worse,
        "left": left,
        "files_waiting": files_waiting,
        "mail_waiting": mail_waiting,
        "words": _words(),
        **shown_children(children),
    }
    return render_template("clinic/home.html", **shown)


@clinic.get("/ask")
@only(*CLINIC_ROLES)
def choose_child() -> str:
    """Choose the child whom the question is about, newest registration first."""
    with database().writing() as session:
        before = unpack_number(request.args.get("before", ""))
        children = panel.newest(session, me(), now=now(), before=before)
    return render_template("clinic/choose.html", words="", **shown_children(children))


@clinic.post("/find")
@only(*CLINIC_ROLES)
@only_looks
def find_child() -> str | tuple[str, int]:
    """Find children by name or record number. A name is never part of an address, so this is a form that posts."""
    form = FormReader()
    words = form.text("find", longest=LONGEST_NAME, required=gettext("Write a name or a record number"))
    with database().writing() as session:
        wanted = "" if form.errors else words
        children = panel.find(session, me(), wanted, now=now()) if wanted else panel.newest(session, me(), now=now())
    page = render_template("clinic/choose.html", words=wanted, errors=form.errors, **shown_children(children))
    return (page, 422) if form.errors else page


@clinic.get("/find")
@only(*CLINIC_ROLES)
def find_again() -> Response:
    """Where somebody lands who changes the language on a page of findings."""
    return redirect(url_for(".choose_child"))


@clinic.post("/ask")
@only(*CLINIC_ROLES)
def start_request() -> Response:
    """Open a draft for the chosen child, so that files have a place to go to from the first moment."""
    with database().writing() as session:
        child = patient_for(session, me(), request.form.get("child", ""), now=now())
        begun = empty_draft(session, child, me())
        form = RequestForm(kind="econsult")
        draft = (
            begun.public_id if begun else once(session, lambda: requests.create(session, me(), child, form, now=now()))
        )
    return redirect(url_for("clinic_request.edit_request", public_id=draft), 303)


def _one_list(view: View) -> str:
    with database().writing() as session:
        listed = _list(session, view, request.args.get("cursor") or None)
        asks = asks_of(session, [row.id for row in listed.rows]) if view == View.ASKED else []
    shown = {"list": listed, "asks": asks, "is_first": "cursor" not in request.args}
    return render_template("clinic/list.html", view=view, title=_words()[view], **shown)


def _list(session: Session, view: View, cursor: str | None = None) -> List:
    filters = _NotAsked() if view == View.WAITING else Filters()
    found = families_first(session, me(), view, now=now(), filters=filters, cursor=cursor)
    is_whole = cursor is None and found.next_cursor is None
    number = len(found.consults) if is_whole else count(session, me(), view, now=now(), filters=filters)
    return List(rows_of(session, found.consults), number, found.next_cursor)


def shown_children(children: panel.Panel) -> dict[str, object]:
    """What a page needs to list children."""
    return {
        "children": [(child, terms.child(child, now().date())) for child in children.children],
        "before": pack(children.before) if children.before is not None else "",
        "looked_at": children.looked_at,
        "languages": terms.LANGUAGES,
    }


def _wrong_numbers(session: Session) -> list[tuple[WrongNumber, bool]]:
    """The families that the number on file does not reach, each with whether a letter may go there."""
    found = wrong_numbers_for(session, me(), now=now())
    return [(each, may_write_letter(session, each.consult)) for each in found]


def _words() -> dict[View, str]:
    """What stands over each list; whoever presented a child reads no answer and tells no family."""
    theirs = {
        View.ANSWERED: gettext("Answered: the clinic has it"),
        View.DECLINED: gettext("Declined: ask again, or leave it to the clinic"),
    }
    words = {
        View.ASKED: gettext("Needs you: a specialist asks for something"),
        View.ANSWERED: gettext("Answers to read and to tell"),
        View.DECLINED: gettext("Declined: tell the family, or ask again"),
        View.POOL: gettext("Families who wait for us"),
        View.MINE: gettext("In your hands"),
        View.WAITING: gettext("With specialists"),
        View.DRAFTS: gettext("Your drafts"),
        View.DONE: gettext("Closed"),
    }
    return {**words, **theirs} if me().role == Role.TELEPRESENTER else words

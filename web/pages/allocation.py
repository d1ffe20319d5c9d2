"""The desk of what nobody has taken: requests without anybody who could, and a named person for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import consult_for
from econsult.advice.colleagues import unanswered_sides
from econsult.consults.desks import STAND_INS
from econsult.consults.records import Consult
from econsult.consults.uncovered import is_clinicians
from econsult.consults.views import Filters, Slice, View
from econsult.consults.worklist import COUNT_CAP, PAGE, count, page
from econsult.people.persons import SPECIALTIES, Role
from econsult.queue.absence import count_uncovered_held, uncovered_page
from econsult.queue.forecast import Forecast, Risk, forecast, open_words
from econsult.rights import Right
from econsult.standing import check_desk
from web.context import looking, now
from web.pages.giving import LONGEST_REASON, Gift, give
from web.shell.auth import me, only
from web.shell.desk import count_place, rings
from web.shell.forms import FormReader
from web.shell.unreadable import shown_again
from web.showing.left_waiting import shown_to_heirs
from web.showing.outlook import Late, capped, late_page
from web.showing.second import SideBox, desk_box
from web.showing.sending import Sending
from web.showing.there import There, there_now
from web.showing.waiting import Waiting, asked_of, pools_of, waiting
from web.words import terms
from web.words.asking import LACKING

allocation = rings(Blueprint("allocation", __name__, url_prefix="/coordination/desk"))
LATE, LEFT = "soon", "left"
DESK = (Role.COORDINATOR, *STAND_INS)
"""Who may come at all; of the last two only whoever stands in for a desk without a coordinator."""


@dataclass(frozen=True)
class _NotAlarmed(Filters):
    """What somebody could take; the rest has a column of its own."""

    def conditions(self) -> list[Slice]:
        return [*super().conditions(), ~Consult.is_unallocated, Consult.uncovered_at.is_(None)]


COLUMNS: dict[str, tuple[View, Filters]] = {
    "nobody": (View.UNALLOCATED, Filters()),
    "untaken": (View.POOL, _NotAlarmed()),
}


@dataclass(frozen=True)
class Column:
    """One page of one column, how many there are in all, and where it goes on."""

    entries: list[Waiting]
    count: str
    next_cursor: str | None


@dataclass(frozen=True)
class Alone:
    """Which of what stands in a column nobody can take now, and how many there are on the next pages too, in words."""

    entries: list[Waiting]
    number: int
    count: str
    next_cursor: str | None


@allocation.get("")
@only(*DESK)
def desk() -> str:
    """What nobody can take, what nobody has taken, and what will be late; of one `specialty` where it is asked for."""
    return desk_page({})


@allocation.post("/<public_id>")
@only(*DESK)
def assign(public_id: str) -> Response | tuple[str, int]:
    """Give the request to a named person."""
    form = FormReader()
    gift = Gift(
        person=form.text("person", longest=40),
        reason=form.text("reason", longest=LONGEST_REASON),
        had=request.form.get("had"),
        although=form.text("although", longest=1) == "1",
    )
    refused = give(public_id, gift)
    if refused is not None:
        return desk_page({f"p-{public_id}": refused.words}, {public_id: refused.code}), 422
    return _given()


def _given() -> Response:
    return redirect(url_for(".desk", said="assigned", specialty=asked_specialty() or None), 303)


@dataclass(frozen=True)
class SentOn:
    """A question that the desk sends on, once it is looked at: what is alike and what lacks, and what is wrong."""

    public_id: str
    sending: Sending | None
    errors: Mapping[str, str]


@shown_again
def desk_page(errors: dict[str, str], refused: Mapping[str, str] | None = None, sent_on: SentOn | None = None) -> str:
    """The page; what was refused is said above all, with a way down to its form: the choice named `p-` and its id,
    or the words named `d-`.

    `refused` has the code of why, by the request's id: some forms then offer a way out.
    """
    chosen = request.args.get("column", "")
    with looking() as session:
        check_desk(session, me(), now())
        there = there_now(session, me().program_id, now())
        names = [chosen] if chosen in (*COLUMNS, LATE, LEFT) else [*COLUMNS, LATE, LEFT]
        columns = {name: _column(session, name, there) for name in names if name in COLUMNS}
        outlook = _narrowed(forecast(session, me().program_id, now())) if LATE in names else None
        late = _late(session, outlook) if outlook else None
        left = _left(session, there) if LEFT in names else None
        known = {entry.row.id for entry in left.entries} if left else set()
        held_late = [each for each in _held_late(late) if each.public_id not in known]
        others = {each.id: entry for each, entry in zip(held_late, waiting(session, held_late, there), strict=True)}
        shown = {entry.row.id for column in (*columns.values(), left) if column for entry in column.entries}
        here = shown | {each.public_id for each in held_late}
        kept = _kept(session, {name[2:] for name in errors} - here, there)
        untaken = columns.get("untaken")
        alone = _alone(session, untaken, there) if untaken and len(names) > 1 else None
        # On a coordinator's board these stand by themselves, and lead to the card.
        is_heirs = len(names) > 1 and me().role != Role.COORDINATOR
        asides, heirs = (_asides(session), shown_to_heirs(session)) if is_heirs else ([], None)
        count_desk(session)
    return render_template(
        "coordination/desk.html",
        columns=columns,
        alone=alone,
        # What stands on another page, or was not looked at, is not said to be in good hands.
        is_all_looked_at=untaken is not None and not untaken.next_cursor and "cursor" not in request.args,
        others=others,
        shown=shown,
        kept=kept,
        left=left,
        late=late,
        gaps=outlook.gaps if outlook else [],
        is_one=len(names) == 1,
        first_page=f"column={chosen}" if len(names) == 1 and _cursor(chosen) else "",
        specialty=asked_specialty(),
        is_coordinator=me().role == Role.COORDINATOR,
        asides=asides,
        heirs=heirs,
        terms=terms,
        errors=errors,
        refused=refused or {},
        given=request.form,
        sent_on=sent_on,
        why_lacking=LACKING,
    )


def _kept(session: Session, ids: Collection[str], there: There) -> list[Waiting]:
    """What was refused and stands in no column any more: its form stays, for whoever means it."""
    right = Right.ASSIGN if me().role == Role.COORDINATOR else Right.GIVE
    found = [consult_for(session, me(), each, now=now(), right=right).consult for each in ids]
    return waiting(session, found, there)


def count_desk(session: Session) -> int:
    """Show on this page, beside the entry of the desk, how many requests nobody can take."""
    number = count(session, me(), View.UNALLOCATED, now=now())
    count_place("/coordination/desk", capped(number) if number else "")
    return number


def _column(session: Session, name: str, there: There) -> Column:
    view, filters = COLUMNS[name]
    filters = replace(filters, specialty=asked_specialty())
    found = page(session, me(), view, now=now(), filters=filters, cursor=_cursor(name))
    number = count(session, me(), view, now=now(), filters=filters)
    return Column(waiting(session, found.consults, there), capped(number), found.next_cursor)


def _left(session: Session, there: There) -> Column:
    """One page of what is held by somebody who is not there."""
    found = uncovered_page(session, me().program_id, PAGE, asked_specialty(), cursor=_cursor(LEFT))
    number = count_uncovered_held(session, me().program_id, COUNT_CAP + 1, asked_specialty())
    return Column(waiting(session, found.consults, there), capped(number), found.next_cursor)


def _alone(session: Session, untaken: Column, there: There) -> Alone:
    """What nobody can take now of the column's first page and, as far as a count goes, of those after it."""
    entries = [entry for entry in untaken.entries if entry.lack]
    number, is_part = len(entries), False
    if untaken.next_cursor:
        view, filters = COLUMNS["untaken"]
        wanted, most = replace(filters, specialty=asked_specialty()), COUNT_CAP + 1 - PAGE
        rest = page(session, me(), view, now=now(), filters=wanted, cursor=untaken.next_cursor, limit=most)
        pools = pools_of(session, rest.consults)
        number += sum(bool(there.lack(pools[asked_of(consult)], consult)) for consult in rest.consults)
        is_part = rest.next_cursor is not None
    words = f"{number}+" if is_part and number <= COUNT_CAP else capped(number)
    return Alone(entries, number, words, untaken.next_cursor if number > len(entries) else None)


def _asides(session: Session) -> list[tuple[Consult, SideBox]]:
    """What colleagues were asked and the desk was told of, for whoever stands in for it."""
    found = [each for each in unanswered_sides(session, me(), now()) if _is_shown(each[0].specialty)]
    return [(consult, desk_box(session, consult, side)) for side, consult in found]


def asked_specialty() -> str:
    """The one specialty that the page is narrowed to, or nothing."""
    wish = request.args.get("specialty", "")
    return wish if wish in SPECIALTIES else ""


def _is_shown(specialty: str | None) -> bool:
    return asked_specialty() in ("", specialty)


def _narrowed(outlook: Forecast) -> Forecast:
    if not asked_specialty():
        return outlook
    risks = [risk for risk in outlook.risks if _is_shown(risk.consult.specialty)]
    return replace(outlook, risks=risks, gaps=[gap for gap in outlook.gaps if _is_shown(gap.specialty)])


def _late(session: Session, outlook: Forecast) -> Late:
    late = late_page(outlook, _cursor(LATE))
    open_words(session, late.risks)
    return late


def _cursor(name: str) -> str | None:
    """Where the page of this column begins, where another than the first was asked for."""
    return (request.args.get("cursor") or None) if request.args.get("column") == name else None


def _held_late(late: Late | None) -> list[Consult]:
    """What somebody has of what is shown as late, where they owe one of the replies that are.

    The request need not change hands for a colleague's reply, nor for what the clinic owes the family.
    """
    risks = late.risks if late else ()
    return [each.consult for each in risks if each.consult.holder_id is not None and _is_holders(each)]


def _is_holders(risk: Risk) -> bool:
    return any(is_clinicians(each.clock, each.lane) for each in risk.late)

"""A question to take a shift is taken back, by whoever has the shift or by who plans."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug import Response

from econsult.errors import InvalidError, NotFoundError
from econsult.people.persons import SPECIALTIES, Role
from econsult.rosters import planning, swapping
from web.context import database, now
from web.pages.program.choosing import chosen
from web.pages.program.roster import PLANNERS
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader

unasking = rings(Blueprint("unasking", __name__, url_prefix="/program/roster/swaps"))


@unasking.post("/<int:number>/take-back")
@only(*PLANNERS, Role.SPECIALIST)
def take_back(number: int) -> Response:
    """Ask nobody any more; who has answered meanwhile is shown with the answer."""
    said = "swap_taken_back"
    try:
        with database().writing() as session:
            swapping.take_back_swap(session, me(), number, FormReader().text("to", longest=40), now=now())
    except InvalidError as error:
        said = "swap_other" if error.fields["swap"] == "other" else "swap_answered"
    except NotFoundError:
        said = _gone(number)
    if me().role == Role.SPECIALIST:
        return redirect(url_for("duty.mine", said=said), 303)
    specialty = chosen("specialty", SPECIALTIES, SPECIALTIES[0])
    return redirect(url_for("roster.week", specialty=specialty, said=said), 303)


def _gone(number: int) -> str:
    """Two who take back the same want the same; another question may stand in its place.

    Raises NotFoundError for what nobody of the program asked or took back of late.
    """
    with database().reading() as session:
        if planning.is_just_gone(session, me(), "take_back_swap", number):
            return "swap_gone"
        if swapping.is_replaced(session, me(), number):
            return "swap_other"
    raise NotFoundError

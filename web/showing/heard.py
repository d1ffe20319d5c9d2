"""Whether what somebody answered reached the family, for whoever gave the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.advice.lists import Advice
from econsult.consults.telephone import PhoneTask
from econsult.people.deaths import died_among
from web.words import terms
from web.words.language import gettext
from web.words.times import moment


@dataclass(frozen=True)
class Heard:
    """One line: `is_done` tells what reached the family from what still has to; `is_call` is an emergency's call."""

    words: str
    is_done: bool
    is_call: bool = False


def heard_of(session: Session, advice: Iterable[Advice]) -> dict[int, list[Heard]]:
    """By the number of the answer: what is known of each that is the newest of its request.

    Of a child who has died nothing is said: nobody is to be told any more.
    """
    newest: dict[int, Advice] = {}
    for each in advice:
        known = newest.get(each.consult.id)
        if known is None or known.answer.version < each.answer.version:
            newest[each.consult.id] = each
    calls = select(PhoneTask).where(PhoneTask.consult_id.in_(newest)).order_by(PhoneTask.id)
    tasks = {(task.consult_id, task.version): task for task in session.scalars(calls)}
    died = died_among(session, {each.patient.id for each in newest.values()})
    return {each.answer.id: _lines(each, tasks) for each in newest.values() if each.patient.id not in died}


def _lines(each: Advice, tasks: Mapping[tuple[int, int], PhoneTask]) -> list[Heard]:
    consult, found = each.consult, []
    if task := tasks.get((consult.id, each.answer.version)):
        found.append(_of_call(task))
    if consult.unheard_version is None and consult.informed_at is not None:
        how = terms.TOLD.get(consult.informed_method or "", "")
        heard = gettext("The family has heard: %(how)s, %(time)s.", how=how, time=moment(consult.informed_at))
        return [*found, Heard(heard, is_done=True)]
    if consult.is_unheard or consult.ended_at is None:
        found.append(Heard(gettext("The family has not said yet that it understood."), is_done=False))
    return found


def _of_call(task: PhoneTask) -> Heard:
    if task.done_at is None:
        return Heard(gettext("Nobody has reached the family by telephone yet."), is_done=False, is_call=True)
    came = terms.PHONE_OUTCOMES.get(task.outcome or "", gettext("The call was called off."))
    return Heard(f"{came} {moment(task.done_at)}", is_done=True, is_call=True)

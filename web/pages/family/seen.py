"""Who saw a child's records, day by day, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Blueprint, render_template, request

from econsult.access_log import Deed, Look, looks_at
from econsult.people.deaths import has_died
from econsult.people.persons import HOUSEHOLD, Role
from econsult.rights import Relation
from web.context import database, now
from web.shell.auth import me, only
from web.words.families import DEEDS, DEEDS_ON, STOOD_IN
from web.words.language import gettext
from web.words.terms import ROLES
from web.words.times import day, start_large

family_seen = Blueprint("family_seen", __name__, url_prefix="/family/children/<public_id>")


@dataclass
class Reader:
    """One person on one day, and what they did with which questions."""

    name: str
    role: str
    numbers: dict[Deed, set[str]] = field(default_factory=dict)
    stood_in: bool = False
    """Whether they were let in because no coordinator was there."""

    @property
    def deeds(self) -> list[str]:
        """Each thing that was done, in one line."""
        told = [_said(deed, sorted(filter(None, self.numbers[deed]))) for deed in Deed if deed in self.numbers]
        return [*told, str(STOOD_IN)] if self.stood_in else told


@family_seen.get("/seen")
@only(*HOUSEHOLD)
def show(public_id: str) -> str:
    """The newest days of the log, and a link to older ones."""
    with database().writing() as session:
        cursor = request.args.get("cursor", "")
        patient, looks, older = looks_at(session, me(), public_id, now=now(), cursor=cursor)
        is_kept = has_died(session, patient.id)
    return render_template("family/seen.html", patient=patient, days=_days(looks), older=older, is_kept=is_kept)


def _days(looks: Iterable[Look]) -> dict[str, list[Reader]]:
    """Readers by day, newest day first. Oneself comes last, and of course knows the child's name."""
    days: dict[str, dict[int, Reader]] = {}
    for look in looks:
        number = look.person.id if look.person else 0
        if number == me().id and look.deed == Deed.NAME:
            continue
        reader = days.setdefault(start_large(day(look.at)), {}).setdefault(number, _reader(look))
        reader.numbers.setdefault(look.deed, set()).add(look.number)
        reader.stood_in = reader.stood_in or look.detail == Relation.FOR_DESK
    return {
        name: [readers[number] for number in sorted(readers, key=lambda each: each == me().id)]
        for name, readers in days.items()
    }


def _reader(look: Look) -> Reader:
    if look.person is None:
        return Reader(gettext("Whoever runs this system"), "")
    if look.person.id == me().id:
        return Reader(gettext("You"), "")
    return Reader(look.person.name, str(ROLES[Role(look.person.role)]))


def _said(deed: Deed, numbers: list[str]) -> str:
    return f"{DEEDS_ON[deed]} {', '.join(numbers)}" if numbers else str(DEEDS[deed])

"""What is promised: targets and ladder for each specialty and urgency, with a look at what a change would do."""

from __future__ import annotations

import math
import re
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import format_decimal
from werkzeug import Response

from econsult.consults.policies import LEAST, LONGEST, Rules, closest, installed, overlay, read_content, save_policy
from econsult.consults.records import RANKS, Urgency
from econsult.errors import InvalidError
from econsult.people.pasted import pasted
from econsult.people.persons import SPECIALTIES, Role
from econsult.queue.preview import Preview, Scope, apply_to_open, preview
from web.context import database, now, settings
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.words import terms
from web.words.language import gettext

rules = rings(Blueprint("rules", __name__, url_prefix="/program/rules"))
HOURS = ("first_reply", "next_reply", "family_informed", "pause", "release")
_THOUSANDS = re.compile(r"(?<=[0-9])[.,'\u2019](?=[0-9]{3}(?:[^0-9]|$))")
BATCHES = 5
"""So many transactions of some hundred open requests each go over within one form; a button takes the rest."""
KEEPERS = (Role.ADMIN, Role.DIRECTOR)


@rules.get("")
@only(*KEEPERS)
def show() -> str:
    """The rules that hold for one specialty and urgency, in a form."""
    return _page(_as_form(_current()), {}, None)


@rules.post("")
@only(*KEEPERS)
def change() -> Response | tuple[str, int] | str:
    """Show what the change would do; with the verb `save` make it, and with `apply` let open requests go over too."""
    form = FormReader()
    given = {name: form.text(name, longest=40) for name in (*HOURS, "allocate", "ladder")}
    verb = request.form.get("verb", "look")
    try:
        content = _content(given)
        with database().writing() as session:
            if verb == "look":
                return _page(given, {}, preview(session, _scope(), content, now=now()))
            pair = {"specialty": _specialty(), "urgency": _urgency()}
            save_policy(session, me(), **pair, content=content, now=now())
    except InvalidError as error:
        return _page(given, {name: _sentence(name) for name in error.fields}, None), 422
    return _go_over() if verb == "apply" else _shown("saved")


@rules.post("/open")
@only(*KEEPERS)
def go_on() -> Response:
    """Let the open requests that still have older rules go over to the newest ones, where one look was not enough."""
    return _go_over()


def _go_over() -> Response:
    """In a transaction of its own: what was saved stays saved, however many open requests there are."""
    for _ in range(BATCHES):
        with database().writing() as session:
            applied = apply_to_open(session, me(), _scope(), now=now())
        if not applied.is_part:
            return _shown("saved")
    return _shown("saved_in_part")


def _shown(said: str) -> Response:
    return redirect(url_for(".show", specialty=_specialty(), urgency=_urgency(), said=said), 303)


def _scope() -> Scope:
    return Scope(me().program_id, _specialty(), _urgency(), settings().first_reply)


def _page(given: dict[str, str], errors: dict[str, str], looked: Preview | None) -> str:
    return render_template(
        "program/rules.html",
        given=given,
        errors=errors,
        looked=looked,
        count=_count(looked) if looked else "",
        is_part=request.args.get("said") == "saved_in_part",
        specialty=_specialty(),
        urgency=_urgency(),
        version=_current().version,
        clocks={**terms.CLOCKS, "release": gettext("answer opens to the family")},
        terms=terms,
    )


def _count(looked: Preview) -> str:
    """How many would change, as a person reads it; where only a part was counted it says so: "1,000+"."""
    number = format_decimal(len(looked.changes))
    return f"{number}+" if looked.is_part else number


def _current() -> Rules:
    """What a new request would be promised: the closest policy, over the installation's own targets."""
    urgency = _urgency()
    base = installed(urgency, settings().first_reply)
    with database().reading() as session:
        policy = closest(session, me().program_id, _specialty(), urgency)
    return overlay(base, read_content(policy.content), policy.version) if policy else base


def _as_form(found: Rules) -> dict[str, str]:
    # Two figures behind the point tell every minute apart, so what is shown can be sent again unchanged.
    hours = {name: f"{round(getattr(found, name).total_seconds() / 3600, 2):g}" for name in HOURS}
    minutes = f"{found.allocate.total_seconds() / 60:g}"
    return {**hours, "allocate": minutes, "ladder": ", ".join(str(level) for level in found.ladder)}


def _content(given: dict[str, str]) -> dict[str, Any]:
    """Minutes and levels. What is no number becomes one that the rules refuse by name."""
    found: dict[str, Any] = {name: _minutes(given[name], 60) for name in HOURS}
    found["allocate"] = _minutes(given["allocate"], 1)
    found["ladder"] = [int(part) for part in re.findall(r"\d{1,3}", given["ladder"])]
    return found


def _sentence(name: str) -> str:
    """What a field takes, from its least to its most; each says its unit in its label."""
    if name == "ladder":
        return gettext("Write rising numbers of which the last is 100, such as 50, 75, 100")
    unit = 1 if name == "allocate" else 60
    least = format_decimal(math.ceil(LEAST[name] / unit * 100) / 100)
    return gettext("Write a number from %(least)s to %(most)s", least=least, most=format_decimal(LONGEST[name] // unit))


def _minutes(text: str, unit: int) -> int:
    """Minutes of a number as people write it; in minutes it is whole, and a point in it parts its thousands."""
    number = pasted(text).replace(" ", "")
    if unit == 1:
        number = _THOUSANDS.sub("", number)
        return int(number) if re.fullmatch(r"[0-9]{1,6}", number) else -1
    return round(float(number.replace(",", ".")) * unit) if re.fullmatch(r"[0-9]{1,4}([.,][0-9]{1,6})?", number) else -1


def _specialty() -> str:
    wish = request.values.get("specialty", "")
    return wish if wish in SPECIALTIES else ""


def _urgency() -> str:
    wish = request.values.get("urgency", Urgency.ROUTINE)
    return wish if wish in tuple(RANKS) else Urgency.ROUTINE

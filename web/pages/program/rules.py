"""What is promised: targets and ladder for each specialty and urgency, with a look at what a change would do."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import format_decimal
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.consults.policies import (
    LEAST,
    LONGEST,
    TOO_LATE,
    Pair,
    Policy,
    Rules,
    closest,
    installed,
    overlay,
    policies_held,
    read_content,
    retire_policy,
    save_policy,
)
from econsult.consults.records import RANKS, Urgency
from econsult.errors import InvalidError
from econsult.people.pasted import pasted
from econsult.people.persons import SPECIALTIES, Program, Role
from econsult.queue.preview import Preview, Scope, apply_to_open, preview
from web.context import database, now, settings
from web.pages.owning import once_more
from web.pages.program.choosing import chosen
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.words import terms
from web.words.language import gettext

rules = rings(Blueprint("rules", __name__, url_prefix="/program/rules"))
HOURS = ("first_reply", "next_reply", "family_informed", "pause", "release")
_THOUSANDS = re.compile(r"(?<=[0-9])[.,'\u2019](?=[0-9]{3}(?:[^0-9]|$))")
_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
"""With three figures behind it the sign may part the thousands, or be the point."""
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
    """Show what the change would do; with the verb `save` make it, and with `apply` let open requests go over too.

    `look_back` shows what would be if these rules were taken back, `retire` does it, `retire_all` for open ones too.
    """
    form = FormReader()
    given = {name: form.text(name, longest=40) for name in (*HOURS, "allocate", "ladder")}
    verb = request.form.get("verb", "look")
    if verb in ("look_back", "retire", "retire_all"):
        return _take_back(verb)
    try:
        content = _content(given)
        if verb == "look":
            with database().reading() as session:
                _check_seen(session)
                looked = preview(session, _scope(), content, now=now())
            return _page(given, {}, looked)
        if (asked := _ask_owner()) is not None:
            return asked
        with database().writing() as session:
            # One form at a time: of two at once the second finds what the first has saved.
            session.execute(select(Program.id).where(Program.id == me().program_id).with_for_update(key_share=True))
            _check_seen(session)
            pair = {"specialty": _specialty(), "urgency": _urgency()}
            save_policy(session, me(), **pair, content=content, now=now())
    except InvalidError as error:
        return _page(given, {name: _sentence(name, code) for name, code in error.fields.items()}, None), 422
    return _go_over() if verb == "apply" else _shown("saved")


def _check_seen(session: Session) -> None:
    """Raise InvalidError where other rules hold by now than the page showed: saving would take them back unseen."""
    seen = request.form.get("seen", "")
    if seen and seen != _seen(_as_form(_rules(closest(session, me().program_id, _specialty(), _urgency())))):
        raise InvalidError("These rules were changed meanwhile.", {"rules": "stale"})


def _seen(held: Mapping[str, str]) -> str:
    """What holds, as a form carries it unseen."""
    return "|".join(held.values())


def _take_back(verb: str) -> Response | tuple[str, int] | str:
    """These rules end, so that the wider ones hold again."""
    if verb != "look_back" and (asked := _ask_owner()) is not None:
        return asked
    try:
        with database().writing() as session:
            if verb == "look_back":
                return _page(_as_form(_current()), {}, preview(session, _scope(), None, now=now()), is_back=True)
            retire_policy(session, me(), specialty=_specialty(), urgency=_urgency(), now=now())
    except InvalidError:
        gone = gettext("These rules were taken back already: the page shows what holds now")
        return _page(_as_form(_current()), {"back": gone}, None), 422
    return _go_over() if verb == "retire_all" else _shown("saved")


def _ask_owner() -> tuple[str, int] | None:
    """Rules say when an answer opens to families by itself, and what everybody is promised: the owner makes them."""
    return once_more(url_for(".show", specialty=_specialty(), urgency=_urgency()))


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


def _page(given: dict[str, str], errors: dict[str, str], looked: Preview | None, *, is_back: bool = False) -> str:
    pair = (_specialty(), _urgency())
    with database().reading() as session:
        held = policies_held(session, me().program_id)
        source = closest(session, me().program_id, *pair)
        wider = closest(session, me().program_id, *pair, without=pair)
    holds = _as_form(_rules(source))
    return render_template(
        "program/rules.html",
        given=given,
        errors=errors,
        looked=looked,
        count=_count(looked) if looked else "",
        is_part=request.args.get("said") == "saved_in_part",
        specialty=_specialty(),
        urgency=_urgency(),
        is_back=is_back,
        is_own=pair in held,
        seen=_seen(holds),
        clashes=_differences(given, holds) if "rules" in errors else [],
        source=_name(source),
        wider=_name(wider),
        differs=_differences(_as_form(_rules(source)), _as_form(_rules(wider))) if pair in held else [],
        others=[_named(each, version) for each, version in held.items() if each != pair],
        labels=_labels(),
        clocks={**terms.CLOCKS, "release": gettext("answer opens to the family")},
        terms=terms,
    )


def _count(looked: Preview) -> str:
    """How many would change, as a person reads it; where only a part was counted it says so: "1,000+"."""
    number = format_decimal(len(looked.changes))
    return f"{number}+" if looked.is_part else number


def _current() -> Rules:
    """What a new request would be promised: the closest policy, over the installation's own targets."""
    with database().reading() as session:
        return _rules(closest(session, me().program_id, _specialty(), _urgency()))


def _rules(policy: Policy | None) -> Rules:
    base = installed(_urgency(), settings().first_reply)
    return overlay(base, read_content(policy.content), policy.version) if policy else base


def _name(policy: Policy | None) -> str:
    """Which rules they are: "Dermatology, same day, version 2", or the installation's own."""
    return _named((policy.specialty, policy.urgency), policy.version)[0] if policy else gettext("the standard rules")


def _named(pair: Pair, version: int) -> tuple[str, Pair]:
    """What a policy is for, and its version, in words; and which one it is."""
    specialty = terms.SPECIALTIES[pair[0]] if pair[0] in terms.SPECIALTIES else gettext("All specialties")
    urgency = terms.URGENCIES[Urgency(pair[1])] if pair[1] in tuple(Urgency) else gettext("All urgencies")
    return f"{specialty}, {urgency}, " + gettext("version %(number)s", number=version), pair


def _differences(own: Mapping[str, str], wider: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What these rules say otherwise than the wider ones: the name of the field, and both values."""
    return [(name, value, wider[name]) for name, value in own.items() if value != wider[name]]


def _labels() -> dict[str, str]:
    return {
        "allocate": gettext("Somebody takes it within (minutes)"),
        "first_reply": gettext("First reply within (hours)"),
        "next_reply": gettext("Each next reply within (hours)"),
        "family_informed": gettext("The family has heard within (hours)"),
        "pause": gettext("Waiting for information for at most (hours)"),
        "release": gettext("The answer opens to the family by itself after (hours)"),
        "ladder": gettext("People are told at these percentages of the time"),
    }


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


def _sentence(name: str, code: str) -> str:
    """What a field takes, from its least to its most; each says its unit in its label."""
    if name == "rules":
        return gettext(
            "Somebody has changed these rules since you opened the page: compare, and save again if yours are to hold"
        )
    if code == TOO_LATE:
        return gettext("The answer must open before the family should have heard it: write fewer hours here")
    if name == "ladder":
        return gettext("Write up to ten rising numbers of which the last is 100, such as 50, 75, 100")
    unit = 1 if name == "allocate" else 60
    least = format_decimal(math.ceil(LEAST[name] / unit * 100) / 100)
    return gettext("Write a number from %(least)s to %(most)s", least=least, most=format_decimal(LONGEST[name] // unit))


def _minutes(text: str, unit: int) -> int:
    """Minutes of a number as people write it; in minutes it is whole, and a point in it parts its thousands.

    Of hours "1,000" may be one or a thousand: it is refused.
    """
    number = pasted(text).replace(" ", "")
    if unit == 1:
        number = _THOUSANDS.sub("", number)
        return int(number) if re.fullmatch(r"[0-9]{1,6}", number) else -1
    is_clear = re.fullmatch(r"[0-9]{1,4}([.,][0-9]{1,6})?", number) and not _EITHER.fullmatch(number)
    return round(float(number.replace(",", ".")) * unit) if is_clear else -1


def _specialty() -> str:
    return chosen("specialty", SPECIALTIES, "")


def _urgency() -> str:
    return chosen("urgency", RANKS, Urgency.ROUTINE)

"""What is wrong in a form of the roster, as sentences."""

from __future__ import annotations

from econsult.errors import InvalidError
from web.words.language import gettext


def wrong_words(error: InvalidError) -> dict[str, str]:
    """The sentence of each field that was refused, by its name."""
    known = {
        "person": gettext("Choose somebody who answers for this specialty"),
        "to": gettext("Choose somebody else who answers for this specialty"),
        "ends_plan": gettext("Say that the plan may end: then everybody of this specialty counts as on duty"),
        "starts": gettext("Write when it starts, for example 18:00"),
        "hours": gettext("Write how many hours, up to 24"),
        "day": gettext("The shift is not on that day"),
        "on_day": gettext("Choose a day that has not passed, within a year"),
        "weekday": gettext("Choose a day of the week"),
        "shift": gettext("This shift is not on the plan any more: choose another"),
    }
    if error.fields.get("starts") == "taken":
        known["starts"] = gettext("This person has a shift that starts then already. Remove it first to change it")
    if error.fields.get("to") == "taken":
        known["to"] = gettext("This person has the shift of that day already")
    if error.fields.get("to") == "away":
        known["to"] = gettext("This person is away then: choose somebody else")
    if error.fields.get("day") == "required":
        known["day"] = gettext("Choose the date of the shift")
    if error.fields.get("on_day") == "no_plan":
        known["on_day"] = gettext("There is no weekly plan: everybody counts as on duty on that day anyway")
    if error.fields.get("day") == "passed":
        known["day"] = gettext("Choose a day that has not passed, within a year")
    return {name: known.get(name, gettext("Check this part")) for name in error.fields}


def away_words(error: InvalidError) -> dict[str, str]:
    """The same of the form of time off, by the names that its fields have on the page."""
    unreadable = gettext("Choose a day that there is, and write a time such as 18:00")
    too_long = gettext("Nobody is away for more than a year at once: choose an earlier end")
    known = {
        ("person", "unsuitable"): ("away", gettext("Choose somebody of the list")),
        ("starts_at", "unreadable"): ("from", unreadable),
        ("ends_at", "unreadable"): ("until", unreadable),
        ("ends_at", "invalid"): ("until", gettext("The end must come after the start, and not have passed")),
        ("ends_at", "too_long"): ("until", too_long),
    }
    return dict(known.get(field, (field[0], gettext("Check this part"))) for field in error.fields.items())

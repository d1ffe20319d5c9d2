"""How people are reached, in words: channels, numbers, and why a message did not arrive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from babel.dates import format_time
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from econsult.errors import InvalidError
from econsult.reach.deliveries import SILENT, Channel, Reason
from econsult.reach.wishes import Wish
from web.words.language import gettext, language

CHANNELS = {
    Wish.EMAIL: _l("By e-mail"),
    Wish.SMS: _l("By text message"),
    Wish.BOTH: _l("Both"),
}
FAILURES: dict[tuple[str, str], LazyString] = {
    (Channel.EMAIL, Reason.REFUSED): _l("The mail server does not take the e-mail address."),
    (Channel.EMAIL, Reason.AWAY): _l("The mail server did not answer. We go on trying for two days."),
    (Channel.EMAIL, SILENT): _l("The mail server never answered. We have stopped trying."),
    (Channel.SMS, Reason.REFUSED): _l("The phone number takes no text messages."),
    (Channel.SMS, Reason.AWAY): _l("The text message could not be sent. We go on trying for two days."),
    (Channel.SMS, SILENT): _l("The text message could not be sent. We have stopped trying."),
    (Channel.SMS, Reason.STOPPED): _l("The phone answered STOP to text messages."),
    (Channel.SMS, Reason.UNDELIVERED): _l("The text message did not arrive at the phone."),
}


def hour_words(hour: int, *, for_family: bool) -> str:
    """A full hour: staff read 21:00, families 9:00 PM."""
    pattern = "h:mm a" if for_family else "HH:mm"
    return format_time(time(hour), pattern, locale=language()).replace(" ", "\N{NO-BREAK SPACE}")


def failures(reasons: Iterable[tuple[str, str]]) -> list[str]:
    """What went wrong on each channel, as sentences."""
    given = set(reasons)
    return [str(words) for pair, words in FAILURES.items() if pair in given]


def youth_faults(error: InvalidError) -> dict[str, str]:
    """What is wrong with the account of a young person, by the field that shows it."""
    words = {
        "age": gettext("The program gives no account of their own at this age"),
        "has_account": gettext("This young person has an account already"),
        "taken": gettext("Somebody else signs in with this address: ask for one that is theirs alone"),
        "barred": gettext("A court keeps whoever is reached there from the child"),
        "shared": gettext("The family reads this address too: ask for one that is theirs alone"),
    }
    if "age" in error.fields:
        return {"youth_email": words["age"]}
    code = error.fields.get("email", "")
    return {"youth_email": words.get(code, gettext("Write the whole address, such as ana@example.org"))}


def too_many_strangers(*, of_youth: bool = False) -> str:
    """What is said to who had more compared than they may in a day: details and addresses are counted together.

    The coordination sees no young person, and so opens no account of theirs.
    """
    if of_youth:
        return gettext(
            "Many names, numbers or addresses you wrote were compared with those of other clinics today. Go on tomorrow"
        )
    return gettext(
        "Many names, numbers or addresses you wrote were compared with those of other clinics today. "
        "Ask the care coordination, or go on tomorrow"
    )


def number_fault(code: str, countries: Iterable[str]) -> str:
    """What is wrong with a number that somebody typed."""
    if code == "other_country":
        locale = get_locale()
        names = ", ".join(locale.territories.get(each, each) for each in countries)
        return gettext("We send text messages to phones of these countries only: %(names)s", names=names)
    if code == "mute":
        return gettext("This number takes no text messages. Write the number of a cell phone")
    if code == "stopped":
        return gettext("This phone answered STOP. Send START from it first, then write it here again")
    return gettext("This is no whole phone number. Write it with the area code, such as 505-555-0142")

"""The end of a record, and of asking for a child, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.erasure.asking import KeptError
from econsult.erasure.records import Basis
from web.words.language import gettext
from web.words.times import long_day

BASES = {
    Basis.RETENTION: _l("It need not be kept any longer"),
    Basis.REQUEST: _l("The family or the young person asks for it"),
    Basis.MISTAKE: _l("It was registered by mistake"),
    Basis.ORDER: _l("A law or a court demands it"),
    Basis.PROGRAM: _l("The whole program ends"),
    Basis.RESTORED: _l("It had been erased, and a restored copy brought it back"),
}


def refused(error: KeptError) -> str:
    """Why a record must be kept, for whoever asked."""
    if error.until is not None:
        return gettext(
            "It must be kept until %(day)s. Only a law or a court goes before that", day=long_day(error.until)
        )
    if error.why == "hold":
        return gettext("A legal hold keeps this record. Lift the hold first")
    return gettext("A request is still open, or the family waits for a call. End that first")


def why_missing() -> str:
    """What to write where a reason is wanted."""
    return gettext("Write which law, order or wish demands it, in a sentence")


def after_death(*, is_staff: bool) -> str:
    """Why no question is taken for a child who has died, for whoever tried to send one."""
    if is_staff:
        return gettext("This child has died. No question of the family is written down any more.")
    return gettext(
        "We are so sorry for your loss. We take no new question or message for your child. You can still read and save "
        "all that is here. Your clinic is there for you: call them at any time."
    )

"""What whoever asks wishes, in words: whom they named and what became of it, and a visit that is agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.records import Consult, Kind
from econsult.consults.wishes import PassedOver, Wish, nameable, wish_of
from econsult.people.persons import Person
from econsult.rights import OF_FAMILY, Right
from web.context import now
from web.shell.auth import me
from web.showing.there import there_now
from web.words import terms
from web.words.language import gettext
from web.words.times import clock

WHY = {
    PassedOver.BARRED: _l("They may not take this one, so everybody of the specialty was asked."),
    PassedOver.FULL: _l("They hold as many as they may, so everybody of the specialty was asked."),
    PassedOver.AWAY: _l("They are not there in time, so everybody of the specialty was asked."),
    PassedOver.URGENT: _l("It is urgent, so everybody of the specialty was asked at once."),
    PassedOver.TIME: _l("Everybody of the specialty is asked by now."),
}


@dataclass(frozen=True)
class Wished:
    """What the page of a case says of it; each empty where nothing was wished."""

    named: str = ""
    is_me: bool = False
    became: str = ""
    may_convert: bool = False
    choices: tuple[tuple[str, list[tuple[str, str]]], ...] = ()
    """Of a question that may be sent on: each specialty that somebody answers for, in words, and whom one may name."""


NOTHING = Wished()


def wished_of(session: Session, loaded: Pass) -> Wished:
    """What was wished of this consult. A family reads nothing of it: it was promised an answer, and from nobody."""
    if loaded.may(Right.SEND_ON) and loaded.consult.kind == Kind.FAMILY_QUESTION:
        return Wished(choices=tuple(_choices(session, loaded.consult)))
    wish = wish_of(session, loaded.consult.id) if loaded.relation not in OF_FAMILY else None
    if wish is None:
        return NOTHING
    named = session.get_one(Person, wish.named_id) if wish.named_id is not None else None
    if named is None:
        return Wished(may_convert=wish.may_convert)
    return Wished(named.name, named.id == me().id, _became(loaded.consult, wish), wish.may_convert)


def _became(consult: Consult, wish: Wish) -> str:
    if consult.holder_id is not None:
        return ""
    if wish.passed_over:
        return str(WHY[PassedOver(wish.passed_over)])
    if wish.first_until is not None and wish.first_until > now():
        return gettext("They are asked alone until %(time)s, then everybody is.", time=clock(wish.first_until))
    return gettext("Everybody of the specialty is asked by now.") if wish.first_until is not None else ""


def _choices(session: Session, consult: Consult) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for code, words in terms.SPECIALTIES.items():
        people = nameable(session, consult.program_id, code)
        if people:
            yield str(words), [(person.public_id, person.name) for person in people]


def named_choices(session: Session, consult: Consult, specialty: str | None) -> list[tuple[str, str]]:
    """Whom the form offers for a specialty: id and name, with why somebody is not there now."""
    people = nameable(session, consult.program_id, specialty)
    if not people:
        return []
    there = there_now(session, consult.program_id, now())
    notes = {person.id: there.why_not(person, consult) for person in people}
    return [(each.public_id, f"{each.name} ({notes[each.id]})" if notes[each.id] else each.name) for each in people]

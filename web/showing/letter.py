"""A letter to a family that no number reaches: that there is something to read, and how; nothing of what it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.clocks import is_open
from econsult.consults.open_ends import has_call_open
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, note
from econsult.errors import ForbiddenError
from econsult.people.deaths import has_died
from econsult.people.persons import Person
from econsult.stops import unsafe_home
from imaging import Leaflet, Line, Part, Style
from web.context import settings
from web.shell.program import name_of
from web.showing.clinics import telephone_of
from web.words.language import gettext, language, speaking
from web.words.times import written

LETTERS = 13


def may_write_letter(session: Session, consult: Consult) -> bool:
    """Whether a letter may go to the family's home: something is to be told that can wait for the mail, and nobody
    there is endangered by it. What is an emergency now cannot wait: somebody is sent to a family that no call reaches.
    """
    if is_endangering(session, consult) or has_call_open(session, consult):
        return False
    return is_open(session, consult, ClockName.FAMILY_INFORMED)


def is_endangering(session: Session, consult: Consult) -> bool:
    """Whether a letter could do harm: at a home that may not be safe, before parents from whom the young person keeps
    the matter, or after a death.
    """
    number = consult.patient_id
    return consult.is_confidential or has_died(session, number) or unsafe_home(session, number) is not None


def letter_of(session: Session, person: Person, loaded: Pass, now: datetime) -> Leaflet:
    """The letter in the family's language, for the consult that was loaded for this person; that it was printed is
    written down. Raises ForbiddenError where none may go there.
    """
    if not may_write_letter(session, loaded.consult):
        raise ForbiddenError("No letter goes to this home now.")
    note(session, loaded.consult, "print_letter", person_id=person.id, now=now)
    with speaking(loaded.patient.language):
        return _letter(session, loaded, now)


def _letter(session: Session, loaded: Pass, now: datetime) -> Leaflet:
    phone = telephone_of(session, loaded.patient).number
    program = name_of(loaded.consult.program_id)
    when = written(now, zone=settings().time_zone, for_family=True)
    return Leaflet(
        title=gettext("There is something for you to read"),
        author=program,
        language=language(),
        footer=f"{program} · {when}",
        page=gettext("Page {page} of {pages}"),
        unprintable=gettext(
            "Some signs cannot be printed. They stand as codes, such as [U+2603]; the page in the system shows them."
        ),
        made_at=int(now.timestamp()),
        letters=LETTERS,
        parts=(
            _text("", gettext("To the family of %(name)s", name=loaded.patient.name)),
            _text("", gettext("We tried to call you. The phone number that we have did not reach you.")),
            _text("", gettext("There is news for you about what you or your clinic asked us.")),
            Part(
                gettext("How to read it"),
                (
                    Line(gettext("Go to this page and sign in with your e-mail: %(page)s", page=settings().base_url)),
                    Line(gettext("Or call your clinic and we will tell you: %(number)s", number=phone)),
                ),
                Style.POINTS,
            ),
            _text(gettext("Please call us all the same"), gettext("Tell us a phone number where we can reach you.")),
            Part("", (Line(f"{gettext('Hard to breathe or to wake?')} {gettext('Call')} 911."),), Style.WARNING),
        ),
    )


def _text(heading: str, words: str) -> Part:
    return Part(heading, (Line(words),))

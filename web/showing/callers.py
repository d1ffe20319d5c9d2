"""Who telephoned, and at which number a family asks to be called, for the pages of those who may know the child.

A number that was left before its home was told not to be safe, or before a court kept its owner away, is shown no more:
whoever pressed it would call there.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.details import caller_of, contact_of
from econsult.hidden_numbers import Hidden, why_hidden
from econsult.home_safety import READERS
from econsult.people.patients import Patient
from econsult.rights import Right
from web.shell.auth import me
from web.words.families import CONTACTS
from web.words.language import gettext


@dataclass(frozen=True)
class Contact:
    """How the family wants to be reached instead of sending photos.

    `phone` is empty for who may not know the child and where nobody must call it, for which `hidden` says the reason.
    """

    words: str
    phone: str
    hidden: str = ""


def wish_of(session: Session, loaded: Pass) -> Contact | None:
    """What the family asked for instead of photos, for this reader."""
    asked = contact_of(loaded.consult.details)
    words = str(CONTACTS.get(asked["way"], ""))
    if not words:
        return None
    if not loaded.may(Right.SEE_IDENTITY):
        return Contact(words, "")
    is_hidden, why = _hidden(session, loaded.patient, asked["phone"])
    return Contact(words, "" if is_hidden else asked["phone"], why)


def caller_words(session: Session, loaded: Pass) -> str:
    """Name and number; empty where nobody telephoned, and for who may not know whose child it is."""
    told = caller_of(loaded.consult.details)
    if not told["who"] or not loaded.may(Right.SEE_IDENTITY):
        return ""
    is_hidden, why = _hidden(session, loaded.patient, told["phone"]) if told["who"] != "clinic" else (False, "")
    return ", ".join(filter(None, (told["name"], "" if is_hidden else told["phone"], why)))


def phone_on_file(session: Session, patient: Patient) -> tuple[str, str]:
    """The number of the family that is on file, for whoever may know the child; or nothing, and why.

    The API has the same rule (`web.api.numbers`): a home that is not safe and a court's order hide it alike.
    """
    is_hidden, why = _hidden(session, patient, patient.phone)
    return "" if is_hidden else patient.phone, why


def _hidden(session: Session, patient: Patient, number: str) -> tuple[bool, str]:
    """Whether nobody must call this number, and why, for who speaks with families."""
    hidden = why_hidden(session, patient, number)
    if hidden is None:
        return False, ""
    why = (
        gettext("The number is not shown: the home is not safe.")
        if hidden is Hidden.HOME
        else gettext("The number is not shown: it reaches somebody whom a court keeps from the child.")
    )
    return True, why if me().role in READERS else ""

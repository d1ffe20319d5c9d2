"""What the page of a clinic's draft shows around its form: files, consent, the covered texts, earlier requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass, consult_for, consults_about
from econsult.consults.choice import not_on_duty
from econsult.consults.completeness import is_question
from econsult.consults.confidential import is_offered
from econsult.consults.details import flags_of
from econsult.consults.drafts import WORDS
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.merging import seen_text
from econsult.consults.records import CLINICS_OWN, Consult
from econsult.consults.redflags import is_answer_fresh
from econsult.consults.screening import stopped_on
from econsult.consults.voice import VoiceConsent, voice_consent_of
from econsult.consults.wishes import wish_of
from econsult.people.consent import Consent, consent_for
from econsult.people.persons import Person
from econsult.reading import outsider, told_kinds
from econsult.rights import Right
from web.context import database, now
from web.shell.auth import me
from web.showing.checklist import Checklist, checklist_of
from web.showing.facts import answers_of
from web.showing.sheets import Sheet, sheets_of
from web.showing.wishes import named_choices
from web.words.covered import marks
from web.words.dangers import signs_of
from web.words.language import gettext
from web.words.signs import FLAG_CODES

MOST_EARLIER = 5


@dataclass(frozen=True)
class Covered:
    """The draft's texts as a specialist will read them, and what is covered there, in words."""

    question: str
    details: Mapping[str, Any]
    told: list[str]


@dataclass(frozen=True)
class Desk(Checklist):
    """The draft with everything that its page shows around it."""

    loaded: Pass
    details: Mapping[str, Any]
    """What stands in the fields."""
    sheets: list[Sheet]
    consent: Consent | None
    voice: VoiceConsent | None
    others: list[Consult]
    covered: Covered
    off_duty: list[str]
    """The specialties for which urgent is not offered now."""
    answers: list[tuple[str, str]]
    """What was answered there, as a specialist will read it."""
    seen: str
    """What the form shows, which it brings back (`econsult.consults.merging`)."""
    nameable: list[tuple[str, str]]
    """Whom one may ask for by name."""
    named: str
    may_convert: bool
    may_keep: bool
    """Whether this reader may keep the clinic's own request from the child's caregivers, or let them see it."""
    stopped: list[str]
    """The signs, in words, that stopped this draft and are ticked no more."""

    @property
    def consult(self) -> Consult:
        return self.loaded.consult

    @property
    def shown_others(self) -> list[Consult]:
        """Every open one, so that none is asked twice, and some of the closed ones."""
        is_open = sum(other.status in OPEN for other in self.others)
        return self.others[: max(MOST_EARLIER, is_open)]

    @property
    def is_signs_answered(self) -> bool:
        """Whether the answer about danger signs stands; a "none" of yesterday is asked again."""
        details = self.consult.details
        return bool(flags_of(details)) or is_answer_fresh(details, now())

    def checks(self) -> list[tuple[str, bool]]:
        """What makes a request ready to send, in words, and whether it is there."""
        consult, details = self.consult, self.consult.details
        asked = [(gettext("What the specialty asks"), not self.missing)] if consult.specialty else []
        return [
            (gettext("Specialty"), bool(consult.specialty)),
            (gettext("Question"), is_question(consult.question)),
            (gettext("What you want to know"), bool(consult.question_type)),
            (gettext("What you think or tried"), bool(details.get("thinks") or details.get("tried"))),
            (gettext("A photo, a video or a report"), bool(self.sheets)),
            (gettext("Consent"), self.consent is not None),
            (gettext("Danger signs answered"), self.is_signs_answered),
            *asked,
        ]


def load_draft(session: Session, public_id: str) -> Pass:
    return consult_for(session, me(), public_id, now=now(), right=Right.REQUEST)


def open_desk(public_id: str, unsaved: Mapping[str, Any] | None = None) -> Desk:
    """`unsaved` are details that were written and could not be kept: they stand in their fields again."""
    with database().writing() as session:
        loaded = load_draft(session, public_id)
        others = consults_about(session, me(), loaded.patient, now=now())
        consult, read = loaded.consult, outsider(session, loaded, marks())
        details = {**consult.details, **(unsaved or {})}
        wish = wish_of(session, consult.id)
        named = session.get(Person, wish.named_id) if wish and wish.named_id else None
        return Desk(
            **vars(checklist_of(session, loaded, read, details)),
            loaded=loaded,
            nameable=named_choices(session, consult, consult.specialty),
            named=named.public_id if named else "",
            may_convert=bool(wish and wish.may_convert),
            may_keep=_may_keep(session, loaded),
            details=details,
            sheets=sheets_of(session, loaded.consult.id),
            consent=consent_for(session, loaded.consult.id),
            voice=voice_consent_of(session, loaded.consult.id),
            covered=_covered(session, loaded),
            off_duty=not_on_duty(session, me().program_id, now()),
            others=_most_alike(loaded.consult, others),
            seen=seen_text(session, consult, offered=FLAG_CODES, has_none=_says_none(consult)),
            stopped=signs_of(",".join(set(stopped_on(session, consult)) - set(flags_of(consult.details)))),
            answers=[(read.text(label), read.text(words)) for label, words in answers_of(session, consult)],
        )


def _may_keep(session: Session, loaded: Pass) -> bool:
    """Of a family's call the page of the call asks whether its caregivers may know; who wrote it down says no more."""
    is_own = loaded.consult.kind in CLINICS_OWN and loaded.may(Right.KEEP_CONFIDENTIAL)
    return is_own and is_offered(session, loaded.consult, me(), now())


def _says_none(consult: Consult) -> bool:
    return not flags_of(consult.details) and is_answer_fresh(consult.details, now())


def _covered(session: Session, loaded: Pass) -> Covered:
    consult, words = loaded.consult, marks()
    read = outsider(session, loaded, words)
    texts = (consult.question, *(str(consult.details.get(name) or "") for name in WORDS))
    told = [words[kind] for kind in told_kinds(session, loaded, texts)]
    return Covered(read.text(consult.question), read.whole(consult.details), told)


def _most_alike(draft: Consult, about: list[Consult]) -> list[Consult]:
    """What was sent about the same child: open ones first, those to the same specialty before others, then newest."""
    sent = (other for other in about if other.id != draft.id and other.status != Status.DRAFT)
    return sorted(sent, key=lambda other: (other.status not in OPEN, other.specialty != draft.specialty, -other.id))

"""The consult's own row, which every other part of the consult hangs on."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from econsult import audit
from econsult.belonging import CHILD, in_program, numbered_within, program_of
from econsult.codes import Code
from econsult.consults.lifecycle import Status
from econsult.consults.redflags import UNSAFE
from econsult.database import Base, Instant, PublicId, Sealed, SealedJson
from econsult.leading import narrow


class Kind(StrEnum):
    FAMILY_QUESTION = "family_question"
    ECONSULT = "econsult"
    FOLLOW_UP = "follow_up"


class Source(StrEnum):
    CAREGIVER = "caregiver"
    CLINICIAN = "clinician"
    TELEPRESENTER = "telepresenter"
    PHONE = "phone"


class Urgency(StrEnum):
    ROUTINE = "routine"
    SAME_DAY = "same_day"
    URGENT = "urgent"


CLINICS_OWN = frozenset({Kind.ECONSULT, Kind.FOLLOW_UP})
"""What a clinic asks of specialists; a follow-up shows what it follows."""
RANKS = {Urgency.URGENT: 0, Urgency.SAME_DAY: 1, Urgency.ROUTINE: 2}


def by_today(wish: Urgency) -> Urgency:
    """The urgency that was asked for, or that of the same day where this is less."""
    return min(Urgency.SAME_DAY, wish, key=RANKS.__getitem__)


STILL_PROMISED = "status IN ('answered', 'declined', 'withdrawn') AND next_deadline_at IS NOT NULL"
"""What came to something and still has a clock: the family was not told, or somebody waits for another reply."""
IS_DONE = text("status IN ('answered', 'closed', 'declined', 'redirected', 'withdrawn')")
"""What has come to something."""
TAKEN_OFF_DUTY, UNALLOCATED = text("consult.is_taken_off_duty"), text("consult.is_unallocated")
"""In the words of their indexes: SQLite does not take `is_taken_off_duty = 1` for the same."""
IS_QUESTION = text("kind = 'family_question'")
UNCALLED = text("NOT is_attested AND dealt_with_at IS NULL")
"""The same of a stop that nobody has dealt with."""
FIRST_NUMBER = 1000
"""Numbers for people begin after it, so that the first one looks like the others."""
QUESTION_TYPES = ("diagnosis", "treatment", "work_up", "interpret_result", "need_visit", "follow_up")


class Consult(PublicId, Base):
    """One question about one child. `version` counts saves; `next_deadline_at` is what the clock process looks for.

    `awaits_adoption` marks what came by invitation until the clinic takes it for the family's (`consults.adopting`).
    `due_at` is the earliest reply that somebody was promised, by which lists are ordered; `rules` is the promise, and
    `route` why it went to whom. From `answered_at` to `informed_method` it tells of the cycle that goes on now;
    `uncovered_at` says since when the desk knows that nobody is there for it (`consults.uncovered`);
    `is_taken_off_duty` that its holder took it off duty, and has neither been on duty for it nor answered since.
    `unheard_version` is an answer of a cycle before it that is open to the family and that nobody has heard yet.
    """

    __tablename__ = "consult"
    __table_args__ = (
        narrow("ix_consult_next_deadline", "next_deadline_at", only="next_deadline_at IS NOT NULL"),
        narrow("ix_consult_interpreter", "program_id", "interpreter_since", only="interpreter_since IS NOT NULL"),
        Index("ix_consult_worklist", "program_id", "specialty", "status", "urgency_rank", "due_at", "id"),
        Index("ix_consult_desk", "program_id", "status", "urgency_rank", "due_at", "id"),
        Index("ix_consult_clinic", "organization_id", "status", "urgency_rank", "due_at", "id"),
        narrow("ix_consult_lease", "claim_until", only="status = 'claimed' AND claim_until IS NOT NULL"),
        narrow(
            "ix_consult_fallback",
            *("program_id", "fallback_specialty", "status", "urgency_rank", "due_at", "id"),
            only="fallback_specialty IS NOT NULL",
        ),
        narrow("ix_consult_unallocated", "program_id", "id", only="is_unallocated"),
        narrow(
            "ix_consult_desk_promised", *("program_id", "status", "urgency_rank", "due_at", "id"), only=STILL_PROMISED
        ),
        narrow(
            "ix_consult_clinic_promised",
            *("organization_id", "status", "urgency_rank", "due_at", "id"),
            only=STILL_PROMISED,
        ),
        narrow("ix_consult_unheard", "program_id", "id", only="unheard_version IS NOT NULL"),
        narrow(
            "ix_consult_uncovered",
            *("program_id", "specialty", "status", "urgency_rank", "due_at", "id"),
            only="uncovered_at IS NOT NULL",
        ),
        narrow("ix_consult_off_duty", "program_id", "id", only="is_taken_off_duty"),
        narrow("ix_consult_release", "release_at", only="release_at IS NOT NULL"),
        narrow("ix_consult_asked", "holder_id", only="clinic_waits_since IS NOT NULL"),
        narrow(
            "ix_consult_clinic_asked", *("organization_id", "status", "urgency_rank", "due_at", "id"), only=IS_QUESTION
        ),
        narrow(
            "ix_consult_family_waits", "program_id", "family_waits_since", "id", only="family_waits_since IS NOT NULL"
        ),
        narrow("ix_consult_draft", "requester_id", "id", only="status = 'draft'"),
        narrow("ix_consult_done", "program_id", "status", "id", only=IS_DONE),
        narrow("ix_consult_clinic_done", "organization_id", "status", "id", only=IS_DONE),
        numbered_within("consult"),
        numbered_within("consult", CHILD),
        *in_program("consult", patient_id="patient", organization_id="organization"),
        *in_program("consult", requester_id="person", sent_on_by_id="person", holder_id="person"),
        narrow("ix_consult_holder", "holder_id", "status", only="holder_id IS NOT NULL"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    requester_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    sent_on_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(Code(16))
    source: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(Code(16), default=Status.DRAFT)
    specialty: Mapped[str | None] = mapped_column(String(32))
    fallback_specialty: Mapped[str | None] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8), default="en")
    urgency: Mapped[str] = mapped_column(String(16), default=Urgency.ROUTINE)
    urgency_rank: Mapped[int] = mapped_column(default=2)
    question: Mapped[str] = mapped_column(Sealed("consult.question"), default="")
    question_type: Mapped[str | None] = mapped_column(String(24))
    details: Mapped[dict[str, Any]] = mapped_column(SealedJson("consult.details"), default=dict)
    is_private_site: Mapped[bool] = mapped_column(default=False)
    is_test: Mapped[bool] = mapped_column(default=False)
    awaits_adoption: Mapped[bool] = mapped_column(default=False, server_default="0")
    confidential: Mapped[str] = mapped_column(String(8), default="", server_default="")
    """By whom it is kept from caregivers (`consults.confidential`); empty where they may know of it, and `unsafe` where
    nobody of the family finds it any more, since a sign on it says that the home is not safe."""
    override_reason: Mapped[str | None] = mapped_column(Sealed("consult.override_reason"))
    end_reason: Mapped[str | None] = mapped_column(Sealed("consult.end_reason"))
    end_told: Mapped[dict[str, str] | None] = mapped_column(SealedJson("consult.end_told"))
    """Who of the clinic was told of an answer that the desk closed unread, and when: `who`, `at`."""
    is_ended_by_staff: Mapped[bool] = mapped_column(default=False, server_default="0")
    rules: Mapped[str | None] = mapped_column(Text)
    route: Mapped[str | None] = mapped_column(Text)
    is_unallocated: Mapped[bool] = mapped_column(default=False)
    uncovered_at: Mapped[datetime | None] = mapped_column(Instant)
    is_taken_off_duty: Mapped[bool] = mapped_column(default=False, server_default="0")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    claim_until: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    release_at: Mapped[datetime | None] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    informed_at: Mapped[datetime | None] = mapped_column(Instant)
    informed_method: Mapped[str | None] = mapped_column(String(16))
    unheard_version: Mapped[int | None]
    interpreter_since: Mapped[datetime | None] = mapped_column(Instant)
    """Since when somebody must tell the answer by an interpreter: it is not there in the family's language."""
    family_waits_since: Mapped[datetime | None] = mapped_column(Instant)
    clinic_waits_since: Mapped[datetime | None] = mapped_column(Instant)
    first_contact_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    consent_withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    next_deadline_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def number(self) -> str:
        """The name that people say on the telephone."""
        return number_of(self.id)

    @property
    def is_confidential(self) -> bool:
        """Whether no caregiver may learn of it."""
        return self.confidential != ""

    @property
    def is_traceless(self) -> bool:
        """Whether it is gone for the family that began it: who hurts somebody there may hold the telephone."""
        return self.confidential == UNSAFE

    @property
    def is_unheard(self) -> bool:
        """Whether the family can read an answer, of this cycle or of one before, that nobody has heard yet."""
        return self.unheard_version is not None or (self.released_at is not None and self.informed_at is None)


SEALED_STAY_SHUT = tuple(
    defer(getattr(Consult, name)) for name in ("question", "details", "override_reason", "end_reason", "end_told")
)
"""For what the clock does to many consults: it needs nobody's words, and one that does not open must not end it."""


def number_of(consult_id: int) -> str:
    """The name of a consult on the telephone: "C-1001"."""
    return f"C-{FIRST_NUMBER + consult_id}"


def numbered(text: str) -> int | None:
    """The id of the consult that somebody named so, with or without the C; None for what is no such name."""
    found = re.fullmatch(r"(?:C-?)?([0-9]{4,9})", text.strip().upper())
    return int(found[1]) - FIRST_NUMBER if found else None


class RedFlagStop(Base):
    """A request that was stopped, or passed by a clinician's attestation, because of a red flag.

    `safe_way` is how a family that is not safe at home says that it can be reached. `is_hint` marks one that stopped
    nothing: words in a text that may tell of a sign, which a person looks at.
    """

    __tablename__ = "red_flag_stop"
    __table_args__ = (
        narrow("ix_red_flag_stop_uncalled", "id", only=UNCALLED),
        *in_program("red_flag_stop", consult_id="consult", person_id="person", dealt_with_by_id="person"),
    )

    program_id: Mapped[int | None] = program_of("consult")
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    codes: Mapped[str] = mapped_column(String(400))
    is_attested: Mapped[bool] = mapped_column(default=False)
    attestation: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("red_flag_stop.attestation"))
    safe_way: Mapped[str | None] = mapped_column(Sealed("red_flag_stop.safe_way"))
    is_hint: Mapped[bool] = mapped_column(default=False, server_default="0")
    at: Mapped[datetime] = mapped_column(Instant)
    dealt_with_at: Mapped[datetime | None] = mapped_column(Instant)
    dealt_with_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def note(
    session: Session, consult: audit.Listed, action: str, *, person_id: int | None, now: datetime, detail: str = ""
) -> None:
    """Add the audit row of something that was done with the consult."""
    whose = {"person_id": person_id, "patient_id": consult.patient_id, "consult_id": consult.id}
    audit.record(session, action, "consult", consult.public_id, now=now, detail=detail, **whose)

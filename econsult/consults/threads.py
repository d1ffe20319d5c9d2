"""What is said around a consult, in three lanes. A message has one audience, and nobody outside of it reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from econsult.belonging import in_program, numbered_within
from econsult.consults.attachments import Attachment
from econsult.consults.clocks import pause_clock
from econsult.consults.hearers import family_of
from econsult.consults.hinting import note_words
from econsult.consults.holding import require_holder
from econsult.consults.lane_hearers import tell_lane, tell_of_absent_clinic
from econsult.consults.lifecycle import ENDED, Status, next_status
from econsult.consults.marks import Drawing
from econsult.consults.policies import ClockName
from econsult.consults.records import Consult, Kind, Urgency, note
from econsult.consults.replies import said
from econsult.consults.retakes import Wanted, photos_of, send_retakes
from econsult.consults.wanted_items import keep_wanted
from econsult.database import Base, Instant, PublicId, Sealed, SealedJson
from econsult.errors import ImpossibleVerbError, InvalidError
from econsult.notices import NoticeKind
from econsult.people.deaths import has_died
from econsult.people.persons import HOUSEHOLD, Person
from econsult.seeing import is_seen, seen_part

LONGEST_MESSAGE, MOST_ITEMS = 5000, 20


class Audience(StrEnum):
    FAMILY = "family"
    CLINICIANS = "clinicians"
    COORDINATION = "coordination"


class Message(PublicId, Base):
    """One message. `items` is the checklist of a request for information, maybe with nothing on it; None otherwise.

    `is_relayed` marks what the family said on the telephone, written down by staff. `items` also holds what was taken
    back (`gone`, see `unasking`), and how many of its last lines, or which, word the photos that are asked for again
    (`worded`);
    with `taken_back_at` nothing of the request is left. `program_id` is the consult's, by which the database checks
    that the author is of the same program; it is empty only in what the version before wrote at an upgrade.
    """

    __tablename__ = "message"
    __table_args__ = (
        numbered_within("message"),
        *in_program("message", consult_id="consult", author_id="person"),
    )

    program_id: Mapped[int | None] = mapped_column(ForeignKey("program.id"))
    consult_id: Mapped[int] = mapped_column(ForeignKey("consult.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    audience: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Sealed("message.text"))
    items: Mapped[dict[str, Any] | None] = mapped_column(SealedJson("message.items"))
    is_relayed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Instant)
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def lines(self) -> list[str]:
        """The whole list, also what was taken back."""
        return list((self.items or {}).get("items", ()))

    @property
    def is_list(self) -> bool:
        """Whether the text says no more than the list."""
        return bool(self.lines) and self.text == "; ".join(self.lines)

    @property
    def standing_items(self) -> list[tuple[int, str]]:
        """The lines that are still asked for, each with its number."""
        gone = self._gone
        return [(number, line) for number, line in enumerate(self.lines) if str(number) not in gone]

    @property
    def standing_text(self) -> str:
        """The text without what was taken back of it; empty where nothing of it stands."""
        if self.is_list:
            return "; ".join(line for _number, line in self.standing_items)
        return "" if "words" in self._gone else self.text

    @property
    def _gone(self) -> set[str]:
        return set((self.items or {}).get("gone", ()))

    def worded(self, count: int) -> list[int]:
        """The numbers of the lines that word `count` photos, in their order; none where nothing does."""
        told, length = (self.items or {}).get("worded", 0), len(self.lines)
        lines = list(told) if isinstance(told, list) else list(range(length - told, length))
        return lines if len(lines) == count else []

    def drop(self, key: str) -> None:
        """Ask for this no more: the number of a line, "words", or something that is on no list."""
        self.items = {**(self.items or {}), "gone": sorted({*self._gone, key})}


def was_written_to_family(consult_id: Any, since: Any) -> ColumnElement[bool]:
    """The condition that staff have written to the family of this consult since then: what a wait of it asks for.

    Both are columns or values. What the family said on the telephone is no word to it.
    """
    return exists().where(
        Message.consult_id == consult_id,
        Message.audience == Audience.FAMILY,
        Message.is_relayed.is_(False),
        Message.created_at >= since,
        Message.author_id.in_(select(Person.id).where(Person.role.not_in(HOUSEHOLD))),
    )


def post(
    session: Session,
    consult: Consult,
    person: Person,
    audience: Audience,
    *,
    text: str,
    now: datetime,
    is_relayed: bool = False,
) -> Message:
    """Say something to one audience, to which the caller has checked that this person may write.

    With `is_relayed` staff write down what the family told them: it counts as if the family had written."""
    if not takes_messages(consult, audience, is_staff=person.is_staff and not is_relayed):
        raise ImpossibleVerbError(consult.status, "take messages")
    message = _add(session, consult, person, audience, text=text, items=None, now=now)
    message.is_relayed = is_relayed and person.is_staff
    said(session, consult, person, audience, now=now, is_relayed=message.is_relayed)
    tell_lane(session, consult, message, NoticeKind.MESSAGE, now)
    if message.is_relayed or not person.is_staff:
        note_words(session, consult, person, text, now=now)
    return message


def takes_messages(consult: Consult, lane: str, *, is_staff: bool) -> bool:
    """While it goes on; of what was declined or taken back its clinic still answers what the family had asked."""
    if consult.status in (Status.DECLINED, Status.WITHDRAWN):
        return is_staff and lane == Audience.FAMILY and consult.family_waits_since is not None
    return consult.status not in ENDED and consult.status != Status.DRAFT


def request_info(
    session: Session,
    consult: Consult,
    person: Person,
    *,
    text: str,
    items: Sequence[str],
    audience: Audience | None,
    now: datetime,
    again: Sequence[Wanted] = (),
    again_words: Sequence[str] = (),
    codes: Sequence[str] = (),
) -> Message:
    """Ask for what is missing: the first-reply clock is held until any answer comes, at most for the pause limit.

    Once a promise has been held for that long the question is asked all the same, and the clock runs on. `again` are
    photos that should be taken once more, as their marks show, `again_words` how the list puts each; `codes` name what
    of the list has a code, by which others learn before they send what specialists ask for (`wanted_items`). Raises
    InvalidError for a family of which nobody has an account: the question would wait for nobody; for one whose child
    has died; and for a photo of a private place that a family would have to take.
    """
    status = next_status(consult.status, "request_info")
    lane = audience or (Audience.FAMILY if consult.kind == Kind.FAMILY_QUESTION else Audience.CLINICIANS)
    photos = check_asking(session, consult, person, lane, again=again, items=[*items, *again_words], now=now)
    message = _add(session, consult, person, lane, text=text, items=[*items, *again_words], now=now)
    if again_words:
        message.items = {**(message.items or {}), "worded": len(again_words)}
    send_retakes(session, consult, person, message.id, photos, now=now)
    consult.first_contact_at = consult.first_contact_at or now
    consult.version += 1
    # Nobody waits three days for what is urgent: the question is sent, and the clock runs on.
    is_held = consult.urgency != Urgency.URGENT
    is_held = is_held and pause_clock(session, consult, ClockName.FIRST_REPLY, f"needs_{lane}", now)
    consult.status = status if is_held else consult.status
    keep_wanted(session, consult, items, codes, now=now)
    note(session, consult, "request_info", person_id=person.id, now=now, detail=lane)
    tell_lane(session, consult, message, NoticeKind.MORE_NEEDED, now)
    if lane == Audience.CLINICIANS and not is_held:
        tell_of_absent_clinic(session, consult, message, now)
    return message


def check_asking(
    session: Session,
    consult: Consult,
    person: Person,
    lane: Audience,
    *,
    again: Sequence[Wanted],
    items: Sequence[str],
    now: datetime,
) -> list[tuple[Attachment, Drawing | None]]:
    """Check before anything is written that this can be asked for; gives the photos. Raises as `request_info` does."""
    next_status(consult.status, "request_more" if consult.status == Status.NEEDS_INFO else "request_info")
    require_holder(consult, person)
    if lane == Audience.FAMILY and has_died(session, consult.patient_id):
        raise InvalidError("The child has died: nothing is asked of the family.", {"audience": "after_death"})
    if lane == Audience.FAMILY and not family_of(session, consult, now):
        raise InvalidError("Nobody of this family can read it here: ask the clinic.", {"audience": "nobody_reads"})
    if again and lane == Audience.FAMILY and consult.is_private_site:
        raise InvalidError("No family is asked for a photo of a private place.", {"retakes": "private_site"})
    check_items(items)
    return photos_of(session, consult, again)


def among_clinicians(session: Session, consult: Consult, person: Person, text: str, *, now: datetime) -> Message:
    """A word between specialists: the clinic and the holder read it; it is no reply to the clinic and ends no wait."""
    message = _add(session, consult, person, Audience.CLINICIANS, text=text, items=None, now=now)
    tell_lane(session, consult, message, NoticeKind.MESSAGE, now)
    return message


def messages_of(session: Session, consult_id: int, audiences: Sequence[str]) -> list[Message]:
    """The messages of these lanes, oldest first."""
    query = select(Message).where(Message.consult_id == consult_id, Message.audience.in_(audiences))
    return list(session.scalars(query.order_by(Message.id)))


def check_items(items: Sequence[str]) -> None:
    if len(items) > MOST_ITEMS or any(not 1 <= len(seen_part(item)) <= 200 for item in items):
        raise InvalidError(f"A list has at most {MOST_ITEMS} lines of up to 200 characters.", {"items": "invalid"})


def _add(
    session: Session,
    consult: Consult,
    person: Person,
    audience: Audience,
    *,
    text: str,
    items: Sequence[str] | None,
    now: datetime,
) -> Message:
    wrong: dict[str, str] = {}
    if not 1 <= len(seen_part(text)) <= LONGEST_MESSAGE:
        wrong["text"] = "too_long" if is_seen(text) else "required"
    if wrong:
        raise InvalidError("A message needs between 1 and 5,000 characters.", wrong)
    message = Message(
        program_id=consult.program_id,
        consult_id=consult.id,
        author_id=person.id,
        audience=audience,
        text=text.strip(),
        items={"items": [item.strip() for item in items]} if items is not None else None,
        created_at=now,
    )
    session.add(message)
    session.flush()
    note(session, consult, "message", person_id=person.id, now=now, detail=audience)
    return message

"""Rows of the staff's lists: each consult as one line that says what runs out when, about whom, and who has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from econsult.access import patients_on
from econsult.consults.answers import emergencies_among
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind, attachments_among, renditions_of
from econsult.consults.clocks import Clock, ClockName, ClockState, clocks_among
from econsult.consults.contents import Disposition
from econsult.consults.desks import STAND_INS
from econsult.consults.details import contact_of
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.records import Consult, Kind, Urgency
from econsult.consults.replies import ASKERS
from econsult.consults.screening import attested_among
from econsult.consults.told_signs import signs_for_today, stopped_before
from econsult.consults.wishes import Wish, wishes_among
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from econsult.reading import Reader, readers_among
from web.context import now
from web.shell.auth import me
from web.showing.deaths import has_died
from web.showing.files import picture_of
from web.words import terms
from web.words.chips import Chip, draft_chip, paused_chip, running_chip, stopped_chip
from web.words.covered import marks
from web.words.language import gettext
from web.words.times import due_by, moment, time_left

SMALL = {MediaKind.VIDEO: "play", MediaKind.LAB_DOCUMENT: "doc"}


@dataclass(frozen=True)
class Flag:
    """A small tag: icon, words, and a tone (empty, act, warm, stop)."""

    drawing: str
    words: str
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a list. `name` is empty for people who may not know it; `picture` is an address or empty."""

    id: str
    number: str
    chip: Chip
    name: str
    child: str
    specialty: str
    question: str
    language: str
    flags: tuple[Flag, ...]
    holder: str
    holder_note: str
    can_claim: bool
    taking: str
    """By when somebody must take it, for those who can; empty where somebody has or need not."""
    picture: str
    picture_drawing: str
    mark: str


@dataclass(frozen=True)
class _Around:
    """What belongs to the consults of one list, by the consult's (or the patient's, or the person's) id."""

    patients: dict[int, Patient]
    clocks: dict[int, list[Clock]]
    files: dict[int, list[Attachment]]
    pictures: dict[int, tuple[str, str]]
    holders: dict[int, str]
    attested: dict[int, bool]
    stopped: set[int]
    today: set[int]
    emergencies: set[int]
    readers: dict[int, Reader]
    wishes: dict[int, Wish]


def rows_of(session: Session, consults: Sequence[Consult]) -> list[Row]:
    """The rows of a list that `worklist.page` made for the signed-in person; writes the audit rows of listing them."""
    ids = [consult.id for consult in consults]
    holders = {consult.holder_id for consult in consults if consult.holder_id is not None}
    files = attachments_among(session, ids)
    patients = patients_on(session, me(), consults, now=now())
    around = _Around(
        patients=patients,
        wishes=wishes_among(session, ids),
        readers=readers_among(session, me(), patients.values(), marks()),
        clocks=clocks_among(session, ids),
        files=files,
        pictures=_pictures(session, files),
        holders={number: session.get_one(Person, number).name for number in holders},
        attested=attested_among(session, ids),
        stopped=set(stopped_before(session, consults)),
        today={consult.id for consult in consults if signs_for_today(session, consult)},
        emergencies=emergencies_among(session, [c.id for c in consults if c.status == Status.ANSWERED or c.is_unheard]),
    )
    return [_row(consult, around) for consult in consults]


def brief(chip: Chip, consult: Consult) -> Chip:
    """The chip for a column that already says "Due": the time that is left, alone."""
    if chip.kind not in {"due", "soon"} or consult.due_at is None:
        return chip
    return replace(chip, words=time_left(consult.due_at))


def chip_of(consult: Consult, clocks: Sequence[Clock]) -> Chip:
    """The clock that runs out first, said in words; a finished consult says how it stands."""
    if me().role == Role.SPECIALIST and any(clock.name == ClockName.FIRST_REPLY for clock in clocks):
        # Whoever is to answer is not the one who tells the family what was said before.
        clocks = [clock for clock in clocks if clock.name != ClockName.FAMILY_INFORMED]
    for clock in clocks:
        label = str(terms.CLOCKS.get(clock.name, clock.name))
        if clock.state == ClockState.PAUSED:
            reason = _pause_words(consult, clock)
            return paused_chip(label, reason, clock.paused_until)
        if clock.state == ClockState.RUNNING:
            return running_chip(label, clock.started_at, clock.deadline_at)
    words = str(terms.STATUSES[Status(consult.status)])
    return draft_chip(words) if consult.status == Status.DRAFT else stopped_chip(words)


def _pause_words(consult: Consult, clock: Clock) -> str:
    """Who is waited for; the clinic that is asked reads that it is meant itself."""
    reason = clock.paused_reason or ""
    is_ours = me().role in ASKERS and consult.holder_id != me().id
    if is_ours and reason == "needs_clinicians":
        return gettext("needs you")
    return str(terms.PAUSES.get(reason, reason))


def _row(consult: Consult, around: _Around) -> Row:
    patient = around.patients[consult.patient_id]
    picture, drawing = around.pictures.get(consult.id, ("", ""))
    is_blind = me().role in STAND_INS
    holder, holder_note = _holder(consult, around.holders)
    return Row(
        id=consult.public_id,
        number=consult.number,
        chip=brief(chip_of(consult, around.clocks[consult.id]), consult),
        name=patient.name if me().role not in (Role.SPECIALIST, *STAND_INS) else "",
        child="" if is_blind else _child(patient),
        specialty=str(terms.SPECIALTIES.get(consult.specialty or "", "")),
        question="" if is_blind else around.readers[patient.id].text(consult.question),
        language=patient.language.upper(),
        flags=_urgent(consult) if is_blind else _all_flags(consult, around),
        holder=holder,
        holder_note=holder_note,
        can_claim=consult.holder_id is None and consult.status in OPEN,
        taking=_taking(consult, around.clocks[consult.id]),
        picture=picture,
        picture_drawing=drawing,
        mark=f"{consult.public_id}.{consult.version}",
    )


def _child(patient: Patient) -> str:
    """Age and sex; of a child who has died that it has, wherever staff meet the name."""
    return gettext("Has died") if has_died(patient.id) else terms.child(patient, now().date())


def _taking(consult: Consult, clocks: Sequence[Clock]) -> str:
    if me().role in ASKERS and consult.kind != Kind.FAMILY_QUESTION:
        return ""
    running = (each for each in clocks if each.name == ClockName.ALLOCATE and each.state == ClockState.RUNNING)
    clock = next(running, None)
    if clock is None:
        return ""
    if clock.deadline_at > now():
        return gettext("to be taken %(when)s", when=due_by(clock.deadline_at))
    return gettext("should have been taken: %(moment)s", moment=moment(clock.deadline_at))


def _holder(consult: Consult, holders: dict[int, str]) -> tuple[str, str]:
    if consult.holder_id == me().id:
        return gettext("You"), ""
    if consult.holder_id is not None:
        return holders[consult.holder_id], ""
    if consult.status not in OPEN:
        return "", ""
    return gettext("Unclaimed"), str(terms.SPECIALTIES.get(consult.specialty or "", ""))


def _all_flags(consult: Consult, around: _Around) -> tuple[Flag, ...]:
    wish = around.wishes.get(consult.id)
    is_waiting = consult.holder_id is None and consult.status in OPEN
    named = [Flag("user", gettext("Asks for you"), "act")] if wish and is_waiting and wish.named_id == me().id else []
    return (*_alarms(consult, around), *named, *_flags(consult, around.files[consult.id]))


def _alarms(consult: Consult, around: _Around) -> list[Flag]:
    """What must be seen before anything else in the row."""
    found = [Flag("flag", gettext("Test"), "warm")] if consult.is_test else []
    if around.attested.get(consult.id):
        found.append(Flag("alert", gettext("Danger sign, examined"), "stop"))
    if consult.id in around.today:
        found.append(Flag("alert", gettext("Danger sign of the same day"), "stop"))
    if consult.id in around.stopped:
        found.append(Flag("alert", gettext("Stopped for a danger sign before"), "stop"))
    if consult.id in around.emergencies:
        found.append(Flag("alert", str(terms.DISPOSITIONS[Disposition.EMERGENCY_NOW]), "stop"))
    if consult.unheard_version is not None and me().role != Role.SPECIALIST:
        found.append(Flag("phone", gettext("Answer not heard yet"), "warm"))
    if consult.family_waits_since is not None:
        found.append(Flag("message", gettext("Family wrote"), "warm"))
    return found


def _urgent(consult: Consult) -> tuple[Flag, ...]:
    if consult.urgency == Urgency.ROUTINE:
        return ()
    return (Flag("flag", str(terms.URGENCIES[Urgency(consult.urgency)]), "stop"),)


def _flags(consult: Consult, files: Sequence[Attachment]) -> list[Flag]:
    found = [*_urgent(consult)]
    if consult.status in OPEN and contact_of(consult.details)["way"]:
        found.append(Flag("phone", gettext("Wants a call"), "warm"))
    if consult.awaits_adoption:
        found.append(Flag("qr", gettext("By invitation, not confirmed"), "warm"))
    if consult.is_private_site:
        found.append(Flag("lock", gettext("Private area"), "warm"))
    if any(file.kind == MediaKind.VIDEO for file in files):
        found.append(Flag("video", gettext("Video")))
    if any(file.kind == MediaKind.LAB_DOCUMENT for file in files):
        found.append(Flag("flask", gettext("Labs")))
    # What was refused or failed never becomes ready: nobody should wait for it.
    coming = [file.state for file in files if file.state not in {AttachmentState.REJECTED, AttachmentState.FAILED}]
    unready = sum(state != AttachmentState.READY for state in coming)
    if unready:
        words = gettext("%(count)d of %(total)d not ready", count=unready, total=len(coming))
        found.append(Flag("clock", words, "warm"))
    if consult.is_test:
        found.append(Flag("flask", gettext("Test"), "act"))
    return found


def _pictures(session: Session, files: dict[int, list[Attachment]]) -> dict[int, tuple[str, str]]:
    """Address and small drawing of each consult's first picture that is ready and open to everybody in the list."""
    if me().role in (Role.COORDINATOR, *STAND_INS):
        return {}
    ready = [file for group in files.values() for file in group if file.state == AttachmentState.READY]
    if me().role == Role.SPECIALIST:
        # A face or a voice opens with the case, for who has taken it.
        ready = [file for file in ready if not file.is_restricted]
    renditions = renditions_of(session, [file.id for file in ready])
    found: dict[int, tuple[str, str]] = {}
    for file in ready:
        picture = picture_of(renditions[file.id])
        if picture:
            found.setdefault(file.consult_id, (picture, SMALL.get(MediaKind(file.kind), "")))
    return found

"""One consult as the staff's case page shows it: who asks what about which child, and what this reader may do now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.answers import Answer, answer_for, draft_of, released_answer, signed_answer
from econsult.consults.awaited import WAITED_IN, photos_awaited
from econsult.consults.choice import not_on_duty
from econsult.consults.clocks import clocks_among
from econsult.consults.details import text_of
from econsult.consults.holding import stay
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.offering import why_of
from econsult.consults.open_ends import open_end_of
from econsult.consults.photo_came import is_under_way
from econsult.consults.presence import look
from econsult.consults.records import Consult, Kind
from econsult.consults.second import stay_second
from econsult.consults.threads import Audience, takes_messages
from econsult.consults.urgency import least_again
from econsult.consults.versions import standing_version
from econsult.lanes import may_write
from econsult.note import codes_of
from econsult.people.patients import ALIAS, Patient
from econsult.people.persons import Person
from econsult.reading import Reader, reader_for
from econsult.rights import Relation, Right
from web.context import now, settings
from web.shell.auth import me
from web.showing.asker import NO_ASKER, Asker, asker_of
from web.showing.before import Earlier, before_of
from web.showing.callers import Contact, caller_words, wish_of
from web.showing.calling import ToCall, to_call
from web.showing.closing import CLOSE_QUESTIONS, why_ended
from web.showing.corrected import Correctable, Older, correctable, older_of
from web.showing.facts import FormNote, askable_of, facts_of, missing_words, note_of
from web.showing.home_safety import HomeShown, home_shown
from web.showing.note import grouped
from web.showing.outcomes import Told, told_about
from web.showing.results import NONE, Results, results_of
from web.showing.retakes import with_marks
from web.showing.rows import chip_of
from web.showing.said import Said, lanes_of
from web.showing.second import SideBox, side_box
from web.showing.sending import FAMILYS, Sending, sending_of
from web.showing.sheets import Sheet, sheets_of
from web.showing.steps import Line, lines_of
from web.showing.there import clinic_now
from web.showing.wanted import Wanted, wanted_of
from web.showing.wishes import NOTHING, Wished, wished_of
from web.words import terms
from web.words.chips import Chip
from web.words.covered import marks
from web.words.dangers import Danger, EarlierStop, dangers_of, earlier_of, today_of
from web.words.routes import why_words

READERS = {Relation.MEDICAL_HOME, Relation.HOLDER, Relation.COORDINATOR, Relation.FOR_DESK}


@dataclass(frozen=True)
class Case:
    """Everything the page shows. `mode` says what the answer pane is for: write, take, read or wait."""

    consult: Consult
    patient: Patient
    mode: str
    chip: Chip
    who: str
    question: str
    holder: str
    facts: list[tuple[str, str]]
    words: list[str]
    dangers: list[Danger]
    signs_today: list[str]
    earlier_stops: list[EarlierStop]
    unsafe_home: HomeShown | None
    sheets: list[Sheet]
    lanes: dict[Audience, list[Said]]
    writable: frozenset[Audience]
    rights: frozenset[Right]
    answer: Answer | None
    standing: int = 0
    """The version that is read, told or closed now, which each form about it carries; 0 of a decline."""
    signed_by: str = ""
    codes: Mapping[int, str] = field(default_factory=dict)
    """By which papers of the signed versions are compared with them, oldest first."""
    contact: Contact | None = None
    correction: str = ""
    """Why the version before was corrected, where the one that is shown did so."""
    older: list[Older] = field(default_factory=list)
    """The signed versions before the one that is shown, the newest first."""
    may_correct: Correctable | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    """Colleagues who have this case open too."""
    why: str = ""
    """To whom it was offered, and why, while nobody has it."""
    end_reason: str = ""
    sending: Sending | None = None
    """The form by which a family's question is sent on, for whoever may."""
    is_answer_open: bool = False
    """Whether the family can read an answer, of this cycle or of one before."""
    form_note: FormNote | None = None
    why_sent: str = ""
    """The clinic's reason for sending it all the same."""
    askable: list[tuple[str, str]] = field(default_factory=list)
    asker: Asker = NO_ASKER
    """Whether a telepresenter asked, and what of it this reader reads."""
    lacks_clinic: bool = False
    """Whether nobody of the clinic is there, so that a question to it waits; for whoever may ask one."""
    clinic_back_at: datetime | None = None
    """When the first of them is back; None where that is not within the week."""
    missing: tuple[str, ...] = ()
    """What the specialty's form requires and nobody has answered."""
    steps: list[Line] = field(default_factory=list)
    """What became of each step of the answer that is shown."""
    told: list[Told] = field(default_factory=list)
    """What clinic and family said about how it went."""
    side: SideBox | None = None
    """The question to a second specialist, where one is asked or can be."""
    wanted: Wanted | None = None
    """What this reader's clinic is asked for."""
    earlier: Earlier = field(default_factory=Earlier)
    """Earlier requests of the child that this one shows."""
    caller: str = ""
    """Who telephoned, for who may know the child."""
    wished: Wished = NOTHING
    """Whom the clinic asked for by name, and whether it agreed to a visit."""
    off_duty: list[str] = field(default_factory=list)
    """The specialties for which urgent is not offered now."""
    least_again: str = ""
    """The urgency with which it is asked again: as it was, or what can be promised now."""
    begun_because: str = ""
    """Why a correction was begun whose words are the draft now; empty where the draft was none."""
    awaits_photo: bool = False
    """Whether the answer asks for a new photo, which has not come."""
    is_photo_here: bool = False
    """Whether that photo was sent, and nobody has decided about it yet."""
    results: Results = NONE
    """The results that the answer asked for: to be sent, or sent."""
    call: ToCall | None = None
    """The call to the family that an answer brought and nobody has made."""

    def may(self, right: str) -> bool:
        """Whether this reader has the right; templates name it by its code."""
        return Right(right) in self.rights

    @property
    def asked_by(self) -> str:
        """Who asks, in words."""
        return self.asker.words

    @property
    def is_open(self) -> bool:
        return self.consult.status in OPEN

    @property
    def close_question(self) -> str:
        """What must be explained before this closes, as a question; empty where nothing is."""
        return str(CLOSE_QUESTIONS.get(open_end_of(self.consult), ""))

    @property
    def is_unheard(self) -> bool:
        """Whether the family has not heard the answer that is shown here."""
        is_done = self.consult.status in (Status.ANSWERED, Status.CLOSED)
        return self.consult.unheard_version is not None or (is_done and self.consult.informed_at is None)

    @property
    def is_from_before(self) -> bool:
        """Whether the answer that is shown was signed before the question was opened again."""
        return self.mode in ("read", "take") and self.answer is not None and self.consult.answered_at is None

    @property
    def is_mine(self) -> bool:
        return self.consult.holder_id == me().id

    @property
    def is_family_question(self) -> bool:
        return self.consult.kind == Kind.FAMILY_QUESTION


def open_case(session: Session, loaded: Pass, sending: Sending | None = None) -> Case:
    """The case page of a consult that was loaded through access; `sending` is a form that was filled in already."""
    _stay(session, consult := loaded.consult)
    answer, awaits_photo = _readable_answer(session, loaded), bool(photos_awaited(session, consult))
    mode, read, sheets = _mode(loaded, answer), reader_for(session, loaded, marks()), _sheets(session, loaded)
    lacking, returns = clinic_now(session, consult) if mode == "write" else (False, None)
    return Case(
        consult=consult,
        patient=loaded.patient,
        mode=mode,
        chip=chip_of(consult, clocks_among(session, [consult.id])[consult.id]),
        who=_who(loaded),
        question=read.text(consult.question),
        sending=sending or sending_of(session, loaded, {}),
        end_reason=why_ended(consult, read),
        holder=session.get_one(Person, consult.holder_id).name if consult.holder_id else "",
        facts=[(read.text(label), read.text(words)) for label, words in facts_of(session, consult)],
        form_note=note_of(session, consult),
        askable=askable_of(session, consult),
        lacks_clinic=lacking,
        asker=asker_of(session, loaded),
        clinic_back_at=returns,
        missing=missing_words(session, consult),
        why_sent=read.text(consult.override_reason or ""),
        words=[read.text(text) for name in FAMILYS if (text := text_of(consult.details, name))],
        dangers=[danger.read_by(read) for danger in dangers_of(session, consult.id)],
        signs_today=today_of(session, consult),
        earlier_stops=earlier_of(session, consult),
        unsafe_home=home_shown(session, loaded.patient.id),
        sheets=sheets,
        lanes=lanes_of(session, loaded, read),
        writable=frozenset(lane for lane in Audience if _may_write(session, loaded, lane)),
        rights=loaded.rights,
        answer=answer,
        standing=standing_version(session, consult),
        signed_by=session.get_one(Person, answer.author_id).name if answer and answer.signed_at else "",
        codes={version: grouped(code) for version, code in codes_of(session, loaded).items()},
        correction=read.text(answer.why) if answer and answer.signed_at else "",
        begun_because=read.text(answer.why) if answer and not answer.signed_at else "",
        older=older_of(session, loaded, answer, read),
        may_correct=correctable(session, loaded),
        content=_content(answer, read),
        steps=lines_of(session, loaded, answer, read),
        side=side_box(session, loaded, read),
        told=told_about(session, consult.id) if loaded.relation in READERS else [],
        others=tuple(person.name for person in look(session, consult, me(), now())),
        why=why_words(why_of(consult)) if consult.holder_id is None else "",
        contact=wish_of(session, loaded),
        is_answer_open=released_answer(session, consult.id) is not None,
        wanted=wanted_of(session, loaded, read),
        caller=caller_words(session, loaded),
        wished=wished_of(session, loaded),
        earlier=before_of(session, loaded),
        off_duty=not_on_duty(session, consult.program_id, now()) if consult.status in (*OPEN, *WAITED_IN) else [],
        least_again=least_again(session, consult, consult.urgency, now()) if consult.status in WAITED_IN else "",
        awaits_photo=awaits_photo,
        is_photo_here=awaits_photo and is_under_way(session, consult),
        results=results_of(session, loaded, read, sheets),
        call=to_call(session, loaded),
    )


def _stay(session: Session, consult: Consult) -> None:
    """Looking at it renews what the person holds: the case, or the one question of a second specialist."""
    for renew in (stay, stay_second):
        renew(session, consult, me(), now(), settings().claim)


def _sheets(session: Session, loaded: Pass) -> list[Sheet]:
    if not loaded.may(Right.SEE_MEDIA):
        return []
    is_pool = loaded.relation in (Relation.POOL, Relation.ASKED)
    return with_marks(session, loaded, sheets_of(session, loaded.consult.id, for_pool=is_pool))


def _mode(loaded: Pass, answer: Answer | None) -> str:
    status, holder_id = loaded.consult.status, loaded.consult.holder_id
    if holder_id == me().id and status in OPEN and loaded.may(Right.ANSWER):
        return "write"
    if status == Status.SUBMITTED and loaded.may(Right.HOLD):
        return "take"
    return "read" if answer is not None and answer.signed_at is not None else "wait"


def _readable_answer(session: Session, loaded: Pass) -> Answer | None:
    if loaded.relation not in READERS:
        return None
    if loaded.consult.status in OPEN and loaded.consult.holder_id == me().id:
        return draft_of(session, loaded.consult.id) or signed_answer(session, loaded.consult.id)
    return answer_for(session, loaded.consult, me())


def _who(loaded: Pass) -> str:
    who = terms.child(loaded.patient, now().date())
    if loaded.may(Right.SEE_IDENTITY):
        return f"{loaded.patient.name}. {who}"
    return " · ".join(filter(None, (who, loaded.patient.region, loaded.patient.alias.removeprefix(ALIAS))))


def _may_write(session: Session, loaded: Pass, lane: Audience) -> bool:
    return takes_messages(loaded.consult, lane, is_staff=me().is_staff) and may_write(session, loaded, lane)


def _content(answer: Answer | None, read: Reader) -> Mapping[str, Any]:
    """What is being written stays as it is; what was signed may be a clinic's, to the family by name."""
    if answer is None or answer.signed_at is None:
        return answer.content if answer else {}
    return {name: read.whole(value) for name, value in answer.content.items()}

"""The note as a paper: an answer to take away, for clinicians or for a family, part by part in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from econsult.consults.contents import IN_SPANISH
from econsult.consults.conversion import is_converted
from econsult.consults.lifecycle import OPEN, Status
from econsult.consults.recommendations import steps_of
from econsult.consults.records import Kind
from econsult.consults.spoken import SPANISH, Spoken, language_of
from econsult.note import Edition, Note
from econsult.people.patients import ALIAS
from econsult.people.persons import Organization, specialties_of
from econsult.reading import Reader, reader_for
from econsult.rights import Relation, Right
from imaging import Leaflet, Line, Part, Style
from web.context import settings
from web.shell.program import name_of
from web.showing.clinics import telephone_of
from web.showing.plain import Plain, plain_of
from web.words import terms
from web.words.covered import marks
from web.words.families import EMERGENCY, OPEN_AGAIN
from web.words.language import gettext, language
from web.words.steps import as_read
from web.words.times import long_day, written

LARGE, SMALL = 13.0, 10.5
"""Letters of a family's paper and of a colleague's, in points."""
BLOCK = 8
WRITTEN = ("impression", "watch_for", "family_summary", "references", *IN_SPANISH)
SECOND = timedelta(seconds=1)
"""What is due when a day ends is due by that day."""
Facts = Iterator[tuple[str, str]]


def leaflet_of(session: Session, note: Note) -> Leaflet:
    """The note of the reader who was let in, in the language that is spoken now."""
    read = reader_for(session, note.passed, marks())
    content = _read(note.content, read) | {"correction": read.text(note.answer.why)}
    is_family = note.edition == Edition.FAMILY
    parts = _for_family(session, note, content) if is_family else _for_clinicians(session, note, content)
    number = note.passed.consult.number
    return Leaflet(
        title=gettext("Your answer, question %(number)s", number=number)
        if is_family
        else gettext("Answer to eConsult %(number)s", number=number),
        author=name_of(note.passed.consult.program_id),
        language=language(),
        footer=_footer(note),
        page=gettext("Page {page} of {pages}"),
        unprintable=gettext(
            "Some signs cannot be printed. They stand as codes, such as [U+2603]; the page in the system shows them."
        ),
        made_at=int(note.signed_at.timestamp()),
        letters=LARGE if is_family else SMALL,
        parts=tuple(part for part in (*parts, *_mark(note)) if part.lines),
    )


def _read(content: Mapping[str, Any], read: Reader) -> dict[str, Any]:
    """What was written as this reader may have it. Codes are words of ours, whatever the child is called."""
    steps = content.get("recommendations") or []
    covered = read.whole([text for step in steps for text in (step["text"], step.get("text_es") or "")])
    return {
        **content,
        **{name: read.text(content.get(name) or "") for name in WRITTEN},
        "recommendations": [
            {**step, "text": text, "text_es": spanish}
            for step, text, spanish in zip(steps, covered[::2], covered[1::2], strict=True)
        ],
    }


def grouped(fingerprint: str) -> str:
    """A fingerprint as eyes compare it."""
    return " ".join(fingerprint[place : place + BLOCK] for place in range(0, len(fingerprint), BLOCK))


def _for_family(session: Session, note: Note, content: Mapping[str, Any]) -> Iterator[Part]:
    is_agreed = is_converted(session, note.passed.consult, note.answer.disposition)
    plain = plain_of(note.answer, note.signed_at, note.passed.patient, content, is_agreed=is_agreed)
    yield _facts(_family_facts(session, note))
    yield Part("", tuple(map(Line, _warnings(note))), Style.WARNING)
    if plain.correction is not None:
        yield _text(gettext("What was corrected"), plain.correction.text, plain.correction.language)
    if plain.is_urgent:
        said = f"{EMERGENCY[1]}. {gettext('Call 911 if it is not safe to go there.')}"
        yield Part("", (Line(said),), Style.WARNING)
    if plain.is_lacking:
        yield Part("", (Line(_only_in(session, note, plain)),), Style.WARNING)
    yield _text(gettext("In short"), plain.summary.text, plain.summary.language)
    own = [place for place, step in enumerate(content.get("recommendations") or ()) if step["owner"] == "family"]
    dues = _dues(session, note)
    besides = [gettext("Do this by %(day)s", day=dues[place]) if place in dues else "" for place in own]
    yield from _spoken(gettext("What to do"), plain.at_home, Style.STEPS, besides)
    yield _text("", plain.what_now(is_youth=note.passed.relation == Relation.YOUTH))
    yield from _spoken(gettext("Get help if:"), plain.watch_for, Style.POINTS)
    yield Part(gettext("When to call"), tuple(_calls(session, note)), Style.POINTS)


def _only_in(session: Session, note: Note, plain: Plain) -> str:
    only = (
        gettext("Some of this is in English only.")
        if plain.language == SPANISH
        else gettext("Some of this is in Spanish only.")
    )
    number = telephone_of(session, note.passed.patient).number
    return f"{only} {gettext('Call us and we read it to you:')} {number}"


def _spoken(heading: str, lines: Sequence[Spoken], style: Style, besides: Sequence[str] = ()) -> Iterator[Part]:
    """One part for each run of lines in one language, each with what stands beside it; a reader of screens must know
    which language it is."""
    pairs = zip(lines, besides or [""] * len(lines), strict=True)
    for place, (language_, said) in enumerate(groupby(pairs, key=lambda pair: pair[0].language)):
        lines_ = tuple(Line(line.text, beside) for line, beside in said)
        yield Part(heading if place == 0 else "", lines_, style, language_)


def _family_facts(session: Session, note: Note) -> Facts:
    yield gettext("Child"), _child(note)
    yield gettext("Signed by"), note.author.name
    yield gettext("Signed on"), written(note.signed_at, zone=settings().time_zone, for_family=True)
    home = _home(session, note)
    yield gettext("Your clinic"), home.name if home else ""


def _calls(session: Session, note: Note) -> Iterator[Line]:
    yield Line(f"{gettext('Hard to breathe or to wake?')} {gettext('Call')} 911.")
    number = telephone_of(session, note.passed.patient).number
    yield Line(f"{gettext('For anything else, call your clinic:')} {number}")


def _for_clinicians(session: Session, note: Note, content: Mapping[str, Any]) -> Iterator[Part]:
    consult, patient = note.passed.consult, note.passed.patient
    question = reader_for(session, note.passed, marks()).text(consult.question)
    is_familys = consult.kind == Kind.FAMILY_QUESTION
    yield _facts(_clinician_facts(session, note))
    yield Part("", tuple(map(Line, _warnings(note))), Style.WARNING)
    if not is_familys:
        # Below the heading of another part it would be read as a sentence of that.
        yield _text("", gettext("Written from what the clinic sent, without seeing the child."))
    yield _text(gettext("What was corrected"), content["correction"])
    yield _text("", content.get("reason_es") or "", SPANISH)
    yield _text(gettext("Question"), question, patient.language if is_familys else "")
    yield _text(gettext("Likely diagnosis"), content.get("impression") or "")
    yield _text(gettext("How sure?"), str(terms.CONFIDENCES.get(content.get("confidence") or "", "")))
    dues, steps = _dues(session, note), enumerate(content.get("recommendations") or ())
    yield Part(gettext("Plan"), tuple(_step(step, dues.get(place, "")) for place, step in steps), Style.STEPS)
    yield _text(gettext("What happens next?"), terms.next_step(content))
    yield _text(gettext("Call the same day if"), content.get("watch_for") or "")
    first, beside = content.get("family_summary") or "", content.get("family_summary_es") or ""
    yield _text(gettext("Plain summary for the family"), first, language_of(first) or patient.language)
    yield _text(gettext("The same in Spanish"), beside, SPANISH)
    yield _text(gettext("References"), content.get("references") or "")


def _clinician_facts(session: Session, note: Note) -> Facts:
    consult, patient = note.passed.consult, note.passed.patient
    signed_on = note.signed_at.date()
    zone = settings().time_zone
    yield gettext("Child"), _child(note)
    if note.passed.may(Right.SEE_IDENTITY):
        yield gettext("Birth date"), long_day(patient.birth_date)
        yield gettext("Record number"), patient.mrn or ""
    yield gettext("Age"), terms.child(patient, signed_on)
    yield gettext("Specialty"), str(terms.SPECIALTIES.get(consult.specialty or "", ""))
    yield gettext("Asked by"), _asked_by(session, note)
    if consult.submitted_at:
        yield gettext("Asked on"), written(consult.submitted_at, zone=zone)
    yield gettext("Signed by"), _signed_by(session, note)
    yield gettext("Signed on"), written(note.signed_at, zone=zone)


def _child(note: Note) -> str:
    patient = note.passed.patient
    if note.passed.may(Right.SEE_IDENTITY):
        return patient.name
    return " · ".join(filter(None, (patient.alias.removeprefix(ALIAS), patient.region)))


def _asked_by(session: Session, note: Note) -> str:
    if not note.asked_by.is_staff:
        return gettext("Family")
    home = _home(session, note)
    return ", ".join(filter(None, (note.asked_by.name, home.name if home else "")))


def _signed_by(session: Session, note: Note) -> str:
    fields = [str(terms.SPECIALTIES[code]) for code in sorted(specialties_of(session, note.author))]
    return ", ".join((note.author.name, *fields))


def _home(session: Session, note: Note) -> Organization | None:
    number = note.passed.consult.organization_id
    return session.get(Organization, number) if number else None


def _warnings(note: Note) -> Iterator[str]:
    if note.answer.corrects is not None:
        said = gettext("This version corrects version %(old)d, which does not hold any more.", old=note.answer.corrects)
        yield said
    if note.newer is not None:
        yield gettext("This version is out of date. Version %(newer)d has replaced it.", newer=note.newer.version)
    elif note.is_before:
        status = Status(note.passed.consult.status)
        yield gettext("This is the answer from before.")
        if note.edition == Edition.CLINICIAN:
            yield str(terms.STATUSES[status])
        elif status in OPEN:
            yield str(OPEN_AGAIN[1])


def _step(step: Mapping[str, Any], due: str) -> Line:
    owner = str(terms.OWNERS.get(step.get("owner") or "", ""))
    by = gettext("by %(day)s", day=due) if due else ""
    return Line(as_read(step["text"]), ", ".join(filter(None, (owner, by))))


def _dues(session: Session, note: Note) -> dict[int, str]:
    """By which day each step of this version is due, by its place: what the answer names, else what is usual.

    The day is that of the program's clock, and the same on every copy of the paper.
    """
    zone, consult = ZoneInfo(settings().time_zone), note.passed.consult
    steps = steps_of(session, consult.id, note.answer.version)
    return {step.position: long_day((step.due_at - SECOND).astimezone(zone).date()) for step in steps}


def _mark(note: Note) -> Iterator[Part]:
    """What the paper is compared by."""
    yield _text(
        gettext("To compare this paper"),
        gettext(
            "The page of %(number)s shows a code for version %(version)d. If it is this one, no word was changed.",
            number=note.passed.consult.number,
            version=note.answer.version,
        ),
    )
    yield Part("", (Line(grouped(note.fingerprint)),), Style.MARK)


def _footer(note: Note) -> str:
    return " · ".join(
        (
            name_of(note.passed.consult.program_id),
            note.passed.consult.number,
            gettext("Version %(version)d", version=note.answer.version),
            note.fingerprint[:BLOCK],
        )
    )


def _facts(facts: Facts) -> Part:
    return Part("", tuple(Line(words, label) for label, words in facts if words), Style.FACTS)


def _text(heading: str, words: str, language_of_words: str = "") -> Part:
    return Part(heading, (Line(words),) if words.strip() else (), Style.TEXT, language_of_words)

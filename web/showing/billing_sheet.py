"""The support sheet as a paper, part by part. It is for billers and auditors, and in English whoever takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from econsult.billing.entries import MANUAL, Activity, TimeEntry
from econsult.billing.gathering import Part as Share
from econsult.billing.rules import Side
from econsult.billing.sheet import Sheet
from econsult.consults.answers import Answer
from econsult.note import fingerprint
from econsult.people.persons import Person
from econsult.rights import Right
from imaging import Leaflet, Line, Part, Style
from web.context import settings
from web.shell.program import name_of
from web.showing.note import SMALL, grouped
from web.words import terms
from web.words.billing import ACTIVITIES, HOLDS, against, beside, beyond, changed, counted, listed, payers_of, summed
from web.words.times import long_day, written

ATTESTED = {
    "f2f_prior_14d": "Seen in person in the 14 days before",
    "f2f_planned_14d": "To be seen in person within 14 days",
    "transfer_of_care": "Care taken over for this problem",
    "is_team_visit": "Seen in person by somebody of the team",
    "is_spoken_report": "Also reported by voice",
}
PARTS = {
    Side.CONSULTANT: "The specialist's part",
    Side.REQUESTER: "The clinic's part",
    Side.COLLEAGUE: "A colleague's part",
}
WAYS = {"electronic": "on their own page", "verbal": "by word of mouth", "paper": "on paper"}
Facts = Iterator[tuple[str, str]]


def leaflet_of(sheet: Sheet) -> Leaflet:
    """The sheet for the reader who was let in; call it where English is spoken."""
    number = sheet.passed.consult.number
    return Leaflet(
        title=f"Billing support sheet, eConsult {number}",
        author=name_of(sheet.passed.consult.program_id),
        language="en",
        footer=f"{name_of(sheet.passed.consult.program_id)} · {number} · not a claim",
        page="Page {page} of {pages}",
        unprintable="Some signs cannot be printed. They stand as codes, such as [U+2603].",
        made_at=int(sheet.made_at.timestamp()),
        letters=SMALL,
        parts=tuple(part for part in _parts(sheet) if part.lines),
    )


def _parts(sheet: Sheet) -> Iterator[Part]:
    yield Part("", tuple(map(Line, _warnings(sheet))), Style.WARNING)
    yield _facts("", _about(sheet))
    yield _facts("Request", _request(sheet))
    yield _facts("Consent", _consent(sheet))
    for part in sheet.parts:
        yield from _share(sheet, part)


def _warnings(sheet: Sheet) -> Iterator[str]:
    yield "This is no claim. It shows what is on record; a person decides and bills elsewhere."
    if sheet.passed.consult.is_confidential:
        yield "The young person keeps this question from the family: who the child is and who pays is left out."


def _about(sheet: Sheet) -> Facts:
    consult, patient = sheet.passed.consult, sheet.passed.patient
    is_open = sheet.passed.may(Right.SEE_IDENTITY) and not consult.is_confidential
    yield "eConsult", consult.number
    yield "Specialty", str(terms.SPECIALTIES.get(consult.specialty or "", ""))
    yield "Child", patient.name if is_open else patient.alias
    if is_open:
        coverage = sheet.loaded.coverage_of(consult)
        yield "Birth date", long_day(patient.birth_date)
        yield "Record number", patient.mrn or ""
        yield "Payer", dict(payers_of(sheet.rules)).get(coverage.payer, coverage.payer)
        yield "Insurance number", coverage.insurance_id
        yield "Plan or program", coverage.plan
        yield "State of the child", coverage.state
    if not consult.is_confidential:
        yield "Diagnosis (ICD-10)", sheet.loaded.billing_of(consult).diagnosis
    yield "Sheet made", _at(sheet.made_at)


def _request(sheet: Sheet) -> Facts:
    consult, loaded = sheet.passed.consult, sheet.loaded
    rounds = loaded.rounds[consult.id]
    if consult.id in loaded.sent_on:
        yield "A family asked first", _at(consult.submitted_at)
    for each in reversed(rounds):
        asker, is_again = loaded.asker_of(each), each.version > rounds[-1].version
        yield f"Asked again, answer {each.version}" if is_again else "Asked by", asker.name if asker else "no clinician"
        yield from _numbers(sheet, asker)
        yield "Asked", _at(each.asked_at) or "not sent yet"
    yield "Reason", str(terms.QUESTION_TYPES.get(consult.question_type or "", ""))
    yield "SHA-256 of the request as it stands", grouped(sheet.request_mark or "")


def _consent(sheet: Sheet) -> Facts:
    consult = sheet.passed.consult
    given = sheet.loaded.consents.get(consult.id)
    if given is None:
        yield "Consent", "none on record"
        return
    yield "Given by", f"{given.given_by}, {WAYS.get(given.method, given.method)}"
    yield "Given", _at(given.given_at)
    yield (
        "Recorded by",
        sheet.consent_by.name if sheet.consent_by and sheet.consent_by.is_staff else "the family itself",
    )
    yield "Text", f"version {given.text_version}, {given.language}, SHA-256 {given.text_hash[:16]}"
    yield "Withdrawn", _at(consult.consent_withdrawn_at)


def _share(sheet: Sheet, part: Share) -> Iterator[Part]:
    name = part.person.name if part.person else "nobody yet"
    several = len(sheet.loaded.rounds[sheet.passed.consult.id]) > 1
    answer = f", answer {part.of.version}" if several else ""
    yield _facts(f"{PARTS[part.side]}{answer}: {name}", _suggested(sheet, part))
    yield Part("What stands against it", _lines(part.suggestion.blockers, partial(against, part)), Style.POINTS)
    yield Part("What holds", _lines(part.suggestion.reasons, HOLDS.__getitem__), Style.POINTS)
    worked = [_entry(entry) for entry in sheet.entries_of(part)]
    yield Part(f"Time of {name}", tuple(worked), Style.FACTS)


def _suggested(sheet: Sheet, part: Share) -> Facts:
    found, report = part.suggestion, part.report
    none = "none fits the time" if part.may_have_code else "none is for this work: not claimable by itself"
    none = "none of its own: one for both" if part.first else none
    yield "Code that fits", "-".join((found.code, *found.modifiers)) if found.code else none
    yield "State", found.state
    yield "Changed", changed(part)
    yield "Date of service", long_day(part.facts.served_on) if part.facts.served_on else ""
    yield "Place of service", found.place_of_service
    yield "Minutes that count", str(found.minutes)
    yield "Made of", summed(part)
    yield "Beyond the code", beyond(part)
    yield "Counted elsewhere", counted(part)
    for activity, seconds in part.seconds.items():
        yield str(ACTIVITIES[Activity(activity)]), _length(timedelta(seconds=seconds)) if seconds else ""
    yield "Rules", found.version
    if part.side == Side.CONSULTANT:
        yield from _numbers(sheet, part.person)
        yield from _attested(sheet, part)
        yield "Written report", f"version {report.version}, signed {_at(report.signed_at)}" if report else "not signed"
        yield "SHA-256 of the report", _mark(sheet, report) if report else ""
        yield "Read by the clinic", _at(part.of.read_at)


def _attested(sheet: Sheet, part: Share) -> Facts:
    row = sheet.loaded.attestation_of(sheet.passed.consult, part.person, part.of.version)
    for name, words in ATTESTED.items():
        said = getattr(part.facts, name)
        yield words, "not said" if said is None else "yes" if said else "no"
    yield "Visits on record", listed(beside(part))
    yield "Attested", _at(row.attested_at) if row else ""


def _numbers(sheet: Sheet, person: Person | None) -> Facts:
    numbers = sheet.loaded.numbers_of(person)
    yield "NPI", numbers.npi
    yield "Taxonomy", numbers.taxonomy
    yield "Licensed in", numbers.states.replace(",", ", ")
    yield "Enrolled in Medicaid", "yes" if numbers.is_enrolled else ""


def _entry(entry: TimeEntry) -> Line:
    how = "by hand" if entry.source == MANUAL else "timer"
    said = [
        f"{ACTIVITIES[Activity(entry.activity)]}, {_length(entry.ended_at - entry.started_at)}, {how}",
        f"corrects an earlier entry, on {_at(entry.recorded_at)}" if entry.origin_id else "",
        "after the lock, as an amendment" if entry.is_amendment else "",
        f"replaced on {_at(entry.replaced_at)}, does not count" if entry.replaced_at else "",
        f"why: {entry.reason}" if entry.reason else "",
    ]
    return Line("; ".join(filter(None, said)), _at(entry.started_at))


def _length(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s" if seconds else f"{minutes} min"


def _lines(keys: tuple[str, ...], words: Callable[[str], object]) -> tuple[Line, ...]:
    return tuple(Line(str(words(key))) for key in keys)


def _mark(sheet: Sheet, report: Answer) -> str:
    return grouped(fingerprint(sheet.passed.consult, report, sheet.loaded.people[report.author_id]))


def _facts(heading: str, facts: Facts) -> Part:
    return Part(heading, tuple(Line(words, label) for label, words in facts if words), Style.FACTS)


def _at(when: datetime | None) -> str:
    return written(when, zone=settings().time_zone) if when else ""

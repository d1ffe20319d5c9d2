"""What is on record of a month as rows for a file: one for each part in each answered consult. Never a claim."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session, defer, load_only

from econsult.billing.exported import keep_exported
from econsult.billing.facts import Recorded
from econsult.billing.gathering import Part, parts_in, signed_between
from econsult.billing.loading import Loaded, load
from econsult.billing.near_visits import visits_after, visits_before
from econsult.billing.services import SHUT
from econsult.billing.siterules import rules_in
from econsult.cells import harmless
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind, note
from econsult.database import Database
from econsult.note import fingerprint
from econsult.people.patients import Patient
from econsult.unreadable import UnreadableError, is_no_moment

TOGETHER = 200
"""So many consults are read at once: a file of a year takes no more memory than one of a week."""
_WITHHELD = ("birth_date", "diagnosis", "payer", "insurance_id", "medicaid_id", "plan", "state_of_child")
"""What a row of a question that a young person keeps from the family leaves empty: by it an insurer could write."""


def signed_in(session: Session, span: tuple[datetime, datetime], *, program_id: int | None = None) -> list[int]:
    """The ids of the consults of which an answer was signed in `span` (the end is left out), oldest first.

    A consult that was answered again is in the spans of both answers, in each with that answer's parts alone. Raises
    UnreadableError where the moment of a signature is none.
    """
    _check_moments(session, program_id)
    signed = select(Answer.consult_id).where(Answer.signed_at >= span[0], Answer.signed_at < span[1])
    query = select(Consult.id).where(
        Consult.id.in_(signed), Consult.kind != Kind.FAMILY_QUESTION, Consult.is_test.is_(False)
    )
    if program_id is not None:
        query = query.where(Consult.program_id == program_id)
    return list(session.scalars(query.order_by(Consult.id)))


def _check_moments(session: Session, program_id: int | None) -> None:
    """The answer of a damaged moment would lie in no month, and nobody be told."""
    stored = type_coerce(Answer.signed_at, String)
    is_odd = is_no_moment(session, Answer.signed_at)
    query = select(stored).join(Consult, Consult.id == Answer.consult_id).where(is_odd)
    odd = session.scalar((query if program_id is None else query.where(Consult.program_id == program_id)).limit(1))
    if odd is not None:
        raise UnreadableError(odd, "answer.signed_at")


def consults_of(session: Session, ids: Sequence[int]) -> list[Consult]:
    """These consults, oldest first; of their words only the question is opened: a code asks that it is there."""
    query = select(Consult).where(Consult.id.in_(ids)).order_by(Consult.id)
    return list(session.scalars(query.options(*(defer(shut) for shut in SHUT))))


def note_export(session: Session, ids: Sequence[int], *, person_id: int | None, now: datetime) -> None:
    """Leave an audit row for each consult that is going to be in a file."""
    columns = load_only(Consult.id, Consult.public_id, Consult.patient_id, Consult.program_id)
    for consult in session.scalars(select(Consult).where(Consult.id.in_(ids)).order_by(Consult.id).options(columns)):
        note(session, consult, "export_billing", person_id=person_id, now=now)


def rows_of(
    session: Session, span: tuple[datetime, datetime], zone: ZoneInfo, *, now: datetime
) -> list[dict[str, str]]:
    """The rows of what was signed in `span`, oldest consult first; each consult leaves an audit row.

    They name neither child nor family: a claim's own system knows them by the consult's number.
    """
    ids = signed_in(session, span)
    note_export(session, ids, person_id=None, now=now)
    pieces = (ids[start:][:TOGETHER] for start in range(0, len(ids), TOGETHER))
    return [row for piece in pieces for row in _rows(session, piece, span, zone, now)]


def check_whole(
    database: Database, ids: Sequence[int], span: tuple[datetime, datetime], zone: ZoneInfo, *, now: datetime
) -> None:
    """Raise UnreadableError where something that a file would tell cannot be read, before anything of it leaves."""
    for start in range(0, len(ids), TOGETHER):
        with database.reading() as session:
            _told(session, ids[start:][:TOGETHER], span, zone, now)


def streamed(
    database: Database, ids: Sequence[int], span: tuple[datetime, datetime], zone: ZoneInfo, *, now: datetime
) -> Iterator[str]:
    """The same rows of these consults as CSV, some at a time, for whoever called `check_whole` and `note_export`.

    What a piece tells is kept before it leaves.
    """
    header = True
    for start in range(0, len(ids), TOGETHER):
        with database.writing() as session:
            text = as_safe_csv(_rows(session, ids[start:][:TOGETHER], span, zone, now), with_header=header)
        header = header and not text
        yield text and f"{text}\n"


def remuneration_of(rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """By clinician (NPI, else id) and side: how many consults, how many minutes, how many ready for a code."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        total = sums.setdefault((row["clinician"], row["side"]), [0, 0, 0])
        for place, more in enumerate((1, int(row["minutes_own"]), int(row["state"] == "ready"))):
            total[place] += more
    return [
        {"clinician": who, "side": side, "consults": str(count), "minutes": str(minutes), "ready": str(ready)}
        for (who, side), (count, minutes, ready) in sorted(sums.items())
    ]


def as_safe_csv(rows: list[dict[str, str]], *, with_header: bool = True) -> str:
    """The rows under the names of their columns; no cell is ever a formula. Empty where there are none."""
    if not rows:
        return ""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    if with_header:
        writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return table.getvalue().rstrip("\n")


def _rows(
    session: Session, ids: Sequence[int], span: tuple[datetime, datetime], zone: ZoneInfo, now: datetime
) -> list[dict[str, str]]:
    told = _told(session, ids, span, zone, now)
    new = [part for part, _row in told if part.exported is None or part.exported.figures != part.figures]
    keep_exported(session, ((part.key, part.figures) for part in new), now)
    return [row for _part, row in told]


def _told(
    session: Session, ids: Sequence[int], span: tuple[datetime, datetime], zone: ZoneInfo, now: datetime
) -> list[tuple[Part, dict[str, str]]]:
    consults = consults_of(session, ids)
    loaded = load(session, consults, zone, now=now, with_words=True)
    wanted = {consult.patient_id for consult in consults}
    children = {child.id: child for child in session.scalars(select(Patient).where(Patient.id.in_(wanted)))}
    parts = parts_in(loaded, zone, now=now, rules=rules_in(session))
    told = [part for consult in consults for part in signed_between(parts[consult.id], span)]
    return [(part, _row(loaded, children[part.consult.patient_id], part, zone)) for part in told]


def _row(loaded: Loaded, child: Patient, part: Part, zone: ZoneInfo) -> dict[str, str]:
    found, facts, consult, report = part.suggestion, part.facts, part.consult, part.report
    row = {
        "note": "not a claim",
        "consult": consult.number,
        "answer": str(part.answer),
        "side": part.side.value,
        "clinician": part.person.public_id if part.person else "",
        "consultant_npi": facts.consultant_npi,
        "consultant_taxonomy": facts.consultant_taxonomy,
        "requester_npi": facts.requester_npi,
        "requester_taxonomy": facts.requester_taxonomy,
        "date_of_service": facts.served_on.isoformat() if facts.served_on else "",
        "minutes": str(found.minutes),
        "minutes_own": str(part.minutes),
        **{f"minutes_{activity}": str(seconds // 60) for activity, seconds in part.seconds.items()},
        "counted_with": _named(part.first) if found.is_counted and part.first else "",
        "counts_also": "; ".join(f"{_named(each)} {each.minutes} min" for each in part.counted_here),
        "birth_date": child.birth_date_text,
        "diagnosis": facts.diagnosis,
        "payer": facts.payer,
        "insurance_id": facts.insurance_id,
        "medicaid_id": facts.insurance_id if part.is_medicaid else "",
        "plan": facts.program_id,
        "state_of_child": facts.child_state,
        "requested_at": _written(part.of.asked_at, zone),
        "reason_for_request": consult.question_type or "",
        **_consent(loaded, consult, zone),
        "report_signed_at": _written(report.signed_at if report else None, zone),
        "report_sha256": fingerprint(consult, report, loaded.people[report.author_id]) if report else "",
        "report_read_at": _written(part.of.read_at, zone),
        "visits_on_record": "; ".join(map(_visit, (*visits_before(facts), *visits_after(facts)))),
        "code": found.code,
        "modifiers": " ".join(found.modifiers),
        "units": "1" if found.code else "",
        "minutes_beyond": str(found.beyond) if found.beyond else "",
        "place_of_service": found.place_of_service,
        "state": found.state,
        "blockers": " ".join(found.blockers),
        "rules": found.version,
        "earlier_file": _earlier(part, zone),
    }
    # The row still says that somebody worked.
    return row | dict.fromkeys(_WITHHELD, "") if consult.is_confidential else row


def _visit(visit: Recorded) -> str:
    """A visit that stands beside what was attested: its day or waiting list, how far it is, and the reason given."""
    when = visit.on or f"since {visit.listed_on}"
    return " ".join(filter(None, (f"{when} {visit.state}", visit.why)))


def _named(part: Part) -> str:
    return f"{part.consult.number} answer {part.of.version} {part.facts.served_on}"


def _earlier(part: Part, zone: ZoneInfo) -> str:
    """What an earlier file told as ready, where it is not so any more."""
    told = part.was_ready
    return f"{told.code} {told.minutes} min, {_written(told.exported_at, zone)}" if told else ""


def _consent(loaded: Loaded, consult: Consult, zone: ZoneInfo) -> dict[str, str]:
    given = None if consult.consent_withdrawn_at else loaded.consents.get(consult.id)
    return {
        "consent_at": _written(given.given_at if given else None, zone),
        "consent_by": given.given_by if given else "",
        "consent_method": given.method if given else "",
        "consent_text": given.text_version if given else "",
    }


def _written(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes") if at else ""

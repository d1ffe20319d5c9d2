"""What is on record of a month as rows for a file: one for each side of each answered consult. Never a claim."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.billing.gathering import Part, parts_of
from econsult.billing.rules import DEFAULTS, RuleSet
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind, note

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes for a formula."""


def rows_of(
    session: Session, span: tuple[datetime, datetime], zone: ZoneInfo, *, now: datetime, rules: RuleSet = DEFAULTS
) -> list[dict[str, str]]:
    """The rows of what was last signed in `span` (the end is left out), oldest first; each consult leaves an audit row.

    They name neither child nor family: a claim's own system knows them by the consult's number. A consult that was
    answered again is in the span of its last answer alone, and `answer` says which one that was.
    """
    last = func.max(Answer.signed_at)
    signed = select(Answer.consult_id).group_by(Answer.consult_id).having(last >= span[0], last < span[1])
    query = select(Consult).where(
        Consult.id.in_(signed), Consult.kind != Kind.FAMILY_QUESTION, Consult.is_test.is_(False)
    )
    found: list[dict[str, str]] = []
    for consult in session.scalars(query.order_by(Consult.id)):
        note(session, consult, "export_billing", person_id=None, now=now)
        found += [_row(consult, part) for part in parts_of(session, consult, zone, now=now, rules=rules).values()]
    return found


def remuneration_of(rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """By clinician (NPI, else id) and side: how many consults, how many minutes, how many ready for a code."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        total = sums.setdefault((row["clinician"], row["side"]), [0, 0, 0])
        for place, more in enumerate((1, int(row["minutes"]), int(row["state"] == "ready"))):
            total[place] += more
    return [
        {"clinician": who, "side": side, "consults": str(count), "minutes": str(minutes), "ready": str(ready)}
        for (who, side), (count, minutes, ready) in sorted(sums.items())
    ]


def as_safe_csv(rows: list[dict[str, str]]) -> str:
    """The rows under the names of their columns; no cell is ever a formula. Empty where there are none."""
    if not rows:
        return ""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return table.getvalue().rstrip("\n")


def _row(consult: Consult, part: Part) -> dict[str, str]:
    found, facts = part.suggestion, part.facts
    if consult.is_confidential:
        # The row still says that somebody worked, and nothing by which an insurer could be written to.
        facts = replace(facts, diagnosis="", payer="", insurance_id="", program_id="", child_state="")
    return {
        "note": "not a claim",
        "consult": consult.number,
        "answer": str(part.answer),
        "side": part.side,
        "clinician": part.person.public_id if part.person else "",
        "consultant_npi": facts.consultant_npi,
        "requester_npi": facts.requester_npi,
        "date_of_service": facts.served_on.isoformat() if facts.served_on else "",
        "minutes": str(found.minutes),
        **{f"minutes_{activity}": str(seconds // 60) for activity, seconds in part.seconds.items()},
        "diagnosis": facts.diagnosis,
        "payer": facts.payer,
        "insurance_id": facts.insurance_id,
        "plan": facts.program_id,
        "state_of_child": facts.child_state,
        "code": found.code,
        "modifiers": " ".join(found.modifiers),
        "units": "1" if found.code else "",
        "state": "ready" if found.is_ready else "blocked",
        "blockers": " ".join(found.blockers),
        "rules": found.version,
    }


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_DANGEROUS) else value

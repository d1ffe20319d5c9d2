"""From the records to the facts of the rules: whose work it was, when, and what is there of it.

However many consults are asked about at once, the statements are as many as for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from econsult.billing.entries import Activity
from econsult.billing.exported import ExportedPart, PartKey
from econsult.billing.facts import Facts, Later, Recorded
from econsult.billing.in_person import recorded
from econsult.billing.loading import Loaded, load
from econsult.billing.near_visits import are_explained, visits_after, visits_before
from econsult.billing.records import Attestation
from econsult.billing.rounds import Round
from econsult.billing.rules import RuleSet, Side, Suggestion, suggest
from econsult.billing.siterules import rules_in
from econsult.billing.spans import seconds_of
from econsult.billing.together import ALONE, Key, Place
from econsult.consults.answers import Answer
from econsult.consults.records import Consult, Kind
from econsult.people.consent import tells_cost
from econsult.people.persons import Person


@dataclass(frozen=True)
class Part:
    """One person's part in one answer: who, how long by activity (seconds), the facts, and what fits them.

    `of` is the round that it belongs to: the answer, and the request that led to it. `served_at` is when the part was
    done, now where it is not. `first` is the part that this one is one service with, `later` those that are one with
    it; `exported` what a file told of it, where one did.
    """

    consult: Consult
    side: Side
    person: Person | None
    of: Round
    seconds: dict[str, int]
    facts: Facts
    suggestion: Suggestion
    served_at: datetime
    is_medicaid: bool
    exported: ExportedPart | None = None
    first: Part | None = None
    later: tuple[Part, ...] = ()

    @property
    def may_have_code(self) -> bool:
        """Whether there may be a code for such work by itself."""
        return self.side != Side.COLLEAGUE and not self.suggestion.is_counted

    @property
    def minutes(self) -> int:
        """The whole minutes of this part alone, wherever they count."""
        return self.facts.seconds // 60

    @property
    def counted_here(self) -> list[Part]:
        """The later parts whose minutes count with this one's."""
        return [each for each in self.later if each.suggestion.is_counted]

    @property
    def key(self) -> PartKey:
        return self.consult.id, self.answer, self.side.value, self.person.id if self.person else 0

    @property
    def figures(self) -> tuple[str, int, str]:
        """What a file tells: the code, the minutes that count for it, and the state."""
        return self.suggestion.code, self.suggestion.minutes, self.suggestion.state

    @property
    def was_ready(self) -> ExportedPart | None:
        """What a file told as ready and is not so any more: whoever billed it has to look at it again."""
        told = self.exported
        return told if told is not None and told.state == "ready" and told.figures != self.figures else None

    @property
    def report(self) -> Answer | None:
        return self.of.report

    @property
    def answer(self) -> int:
        """The number of its round, 0 before its answer is signed."""
        return self.of.version if self.report else 0


def parts_of(session: Session, consult: Consult, zone: ZoneInfo, *, now: datetime) -> dict[Side, Part]:
    """Both sides of a consult as it stands, by the site's rules: who answers or answered last, and the clinic."""
    found = all_parts_of(session, [consult], zone, now=now)[consult.id]
    return {part.side: part for part in reversed(found)}


def all_parts_of(
    session: Session, consults: Sequence[Consult], zone: ZoneInfo, *, now: datetime
) -> dict[int, list[Part]]:
    """The parts of these consults by their ids: of the newest answer the consultant's and the clinic's, and so on."""
    return parts_in(load(session, consults, zone, now=now), zone, now=now, rules=rules_in(session))


def parts_in(loaded: Loaded, zone: ZoneInfo, *, now: datetime, rules: RuleSet) -> dict[int, list[Part]]:
    """The same, from what was loaded already."""
    reader = _Reader(loaded, zone, now, rules)
    return {
        consult.id: [part for each in loaded.rounds[consult.id] for part in reader.parts(consult, each)]
        for consult in loaded.consults
    }


def signed_between(parts: Iterable[Part], span: tuple[datetime, datetime]) -> list[Part]:
    """Those whose answer was signed in `span` (the end is left out): each answer is of one month for good."""
    return [part for part in parts if part.report and span[0] <= (part.report.signed_at or span[1]) < span[1]]


@dataclass(frozen=True)
class _Reader:
    """Reads the facts of one part out of what was loaded."""

    loaded: Loaded
    zone: ZoneInfo
    now: datetime
    rules: RuleSet

    def parts(self, consult: Consult, each: Round) -> Iterator[Part]:
        """Of one answer: the consultant's, the clinic's, and those of colleagues whom the consultant asked."""
        yield self._part(consult, Side.CONSULTANT, each, self._consultant(consult, each))
        yield self._part(consult, Side.REQUESTER, each, self.loaded.asker_of(each))
        for person in self.loaded.colleagues_of(consult, each):
            yield self._part(consult, Side.COLLEAGUE, each, person)

    def _consultant(self, consult: Consult, each: Round) -> Person | None:
        return self.loaded.people.get(each.report.author_id if each.report else consult.holder_id or 0)

    def _part(self, consult: Consult, side: Side, each: Round, person: Person | None) -> Part:
        """One part; a consultant's with those that are one service with it."""
        if side != Side.CONSULTANT:
            return self._alone(consult, side, each, person)
        key = (consult.id, each.version)
        place = self.loaded.places.get(key, ALONE)
        later = tuple(filter(None, map(self._answer, self.loaded.later.get(key, ()))))
        part = self._alone(consult, side, each, person, place=place, later=tuple(map(_told, later)))
        first = self._answer(place.first) if place.first else None
        return replace(part, first=first, later=later)

    def _answer(self, key: Key) -> Part | None:
        """The consultant's part in an answer, which may be of another consult: with what counts with it, as a first."""
        consult = self.loaded.known[key[0]]
        each = next((one for one in self.loaded.rounds[consult.id] if one.version == key[1]), None)
        if each is None:
            return None
        place = self.loaded.places[key]
        later = () if place.first else tuple(filter(None, map(self._answer, self.loaded.later.get(key, ()))))
        person = self._consultant(consult, each)
        part = self._alone(consult, Side.CONSULTANT, each, person, place=place, later=tuple(map(_told, later)))
        return replace(part, later=later)

    def _alone(
        self,
        consult: Consult,
        side: Side,
        each: Round,
        person: Person | None,
        *,
        place: Place = ALONE,
        later: tuple[Later, ...] = (),
    ) -> Part:
        loaded, report = self.loaded, each.report
        asker, consultant = loaded.asker_of(each), self._consultant(consult, each)
        served = each.asked_at if side == Side.REQUESTER else report.signed_at if report else None
        before = loaded.asked_before(consult, person, served or self.now)
        own = loaded.sums.get(person.id, {}) if person else {}
        attested = loaded.attestation_of(consult, consultant, each.version)
        facts = Facts(
            **_request(loaded, consult, each, side),
            **_attested(attested),
            **_numbers(loaded, consult, {Side.CONSULTANT: consultant, Side.REQUESTER: asker}),
            seconds=seconds_of(own, consult.id, version=each.version),
            spoken_seconds=seconds_of(own, consult.id, [Activity.DISCUSSION], version=each.version),
            is_report_signed=report is not None,
            # The clinic can read a report from its signature on.
            is_report_sent=report is not None and consult.organization_id is not None,
            served_on=_day(served or self.now, self.zone),
            previous_on=_day(before, self.zone) if side == Side.REQUESTER else place.previous_on,
            first_on=place.first_on,
            visits=_visits(loaded, consult, attested, self.zone) if side == Side.CONSULTANT else (),
            later=later,
        )
        by_activity = {kind.value: seconds_of(own, consult.id, [kind], version=each.version) for kind in Activity}
        payer = self.rules.payers.get(facts.payer)
        part = Part(
            consult,
            side,
            person,
            each,
            by_activity,
            facts,
            suggest(facts, side, self.rules),
            served_at=served or self.now,
            is_medicaid=payer is not None and payer.is_medicaid,
        )
        return replace(part, exported=loaded.exported.get(part.key))


def _told(part: Part) -> Later:
    """What a later answer brings to the first one of its service."""
    facts = part.facts
    is_unexplained = not are_explained((*visits_before(facts), *visits_after(facts)))
    said = (facts.f2f_prior_14d, facts.f2f_planned_14d, facts.transfer_of_care, facts.is_team_visit)
    return Later(
        facts.seconds,
        facts.spoken_seconds,
        facts.is_spoken_report,
        is_in_person=is_unexplained or True in said,
        counts=part.suggestion.is_counted,
    )


def _request(loaded: Loaded, consult: Consult, each: Round, side: Side) -> dict[str, Any]:
    """Whoever answers still answers the request before an awaited photo; the clinic has signed no other one by it."""
    asker = loaded.asker_of(each)
    is_signed = each.asked_at is not None and asker is not None
    given = None if consult.consent_withdrawn_at else loaded.consents.get(consult.id)
    return {
        "is_requested_by_clinician": consult.kind != Kind.FAMILY_QUESTION and asker is not None,
        "is_request_signed": is_signed and not (each.is_as_before and side == Side.REQUESTER),
        "has_reason": bool(consult.question.strip()),
        "has_consent": given is not None,
        "has_cost_notice": given is not None and tells_cost(given),
        "is_confidential": consult.is_confidential,
    }


def _visits(loaded: Loaded, consult: Consult, said: Attestation | None, zone: ZoneInfo) -> tuple[Recorded, ...]:
    return recorded(loaded.visits.get(consult.patient_id, ()), consult, said, zone)


def _attested(row: Attestation | None) -> dict[str, Any]:
    """What the consultant said of their own part in this answer: nobody's word stands for another one."""
    names = ("f2f_prior_14d", "f2f_planned_14d", "transfer_of_care", "is_spoken_report", "is_team_visit")
    return {name: getattr(row, name) if row else None for name in names}


def _numbers(loaded: Loaded, consult: Consult, people: dict[Side, Person | None]) -> dict[str, Any]:
    coverage = loaded.coverage_of(consult)
    told: dict[str, Any] = {
        "payer": coverage.payer,
        "insurance_id": coverage.insurance_id,
        "program_id": coverage.plan,
        "child_state": coverage.state,
        "diagnosis": loaded.billing_of(consult).diagnosis,
    }
    for side, person in people.items():
        numbers = loaded.numbers_of(person)
        told |= {
            f"{side}_npi": numbers.npi,
            f"{side}_taxonomy": numbers.taxonomy,
            f"is_{side}_enrolled": numbers.is_enrolled,
            f"{side}_states": frozenset(filter(None, numbers.states.split(","))),
        }
    return told


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if at else None

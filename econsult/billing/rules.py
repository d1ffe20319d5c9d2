"""Which code fits a consult, and what stands against it: one table of codes, one of checks, over plain facts.

Nothing here bills anybody. A suggestion comes with the rules that held and those that did not, as keys that the pages
put into words; the day arithmetic is on calendar days of the program's zone, so that no clock change moves a window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from econsult.billing.facts import Facts, Later
from econsult.billing.near_visits import are_explained, visits_after, visits_before

VERSION = "2026-12"
"""Of the tables below; a suggestion names it, and whatever a site changed is added to it."""


class Side(StrEnum):
    """Whose work it was. A colleague is whom the consultant asked a question of their own: no code is for that."""

    CONSULTANT = "consultant"
    REQUESTER = "requester"
    COLLEAGUE = "colleague"


@dataclass(frozen=True)
class Code:
    """A code for `first` to `last` whole minutes; `is_spoken` asks for a discussion beside the written report.

    Of more whole minutes than `most` it stands for these alone: what goes beyond them may have a code of prolonged
    service, which nothing on record can choose.
    """

    code: str
    side: Side
    first: int
    last: int | None = None
    is_spoken: bool = False
    most: int | None = None


CODES = (
    Code("99446", Side.CONSULTANT, 5, 10, is_spoken=True),
    Code("99447", Side.CONSULTANT, 11, 20, is_spoken=True),
    Code("99448", Side.CONSULTANT, 21, 30, is_spoken=True),
    Code("99449", Side.CONSULTANT, 31, is_spoken=True),
    Code("99451", Side.CONSULTANT, 5),
    Code("99452", Side.REQUESTER, 16, most=30),
)


@dataclass(frozen=True)
class Payer:
    """What one payer wants: its modifiers by code, which codes it takes (None: all), its code for the place of service
    (empty: nobody said), and whether Medicaid's fields have to be there. `name` is a site's, for people."""

    modifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_medicaid: bool = False
    codes: frozenset[str] | None = None
    place_of_service: str = ""
    name: str = ""


@dataclass(frozen=True)
class RuleSet:
    """What a site may set. Days are calendar days: a code may come again when that many have gone by.

    `idle_minutes` is how long a timer runs on without a move of its person.
    """

    version: str = VERSION
    consultant_days: int = 7
    requester_days: int = 14
    requester_first: int = 16
    idle_minutes: int = 3
    payers: Mapping[str, Payer] = field(
        default_factory=lambda: {"medicaid": Payer(is_medicaid=True), "private": Payer(), "self_pay": Payer()}
    )

    def codes(self, side: Side) -> tuple[Code, ...]:
        """The codes of a side, with the site's own lower bound of the requester's."""
        codes = (code for code in CODES if code.side == side)
        if side == Side.REQUESTER:
            codes = (replace(code, first=self.requester_first) for code in codes)
        return tuple(codes)


DEFAULTS = RuleSet()


@dataclass(frozen=True)
class Case:
    """What a check looks at: the facts, the side, the site's rules."""

    facts: Facts
    side: Side
    rules: RuleSet

    @property
    def contacts(self) -> tuple[Facts | Later, ...]:
        """The answer itself, and the later ones whose time counts with its own."""
        return (self.facts, *(each for each in self.facts.later if each.counts))

    @property
    def seconds(self) -> int:
        return sum(each.seconds for each in self.contacts)

    @property
    def minutes(self) -> int:
        """Whole minutes of all of it: 10:59 is ten."""
        return self.seconds // 60

    @property
    def is_spoken(self) -> bool:
        """Whether somebody said that a report was spoken, and more than half of the time was a discussion."""
        spoken = sum(each.spoken_seconds for each in self.contacts)
        return any(each.is_spoken_report is True for each in self.contacts) and spoken * 2 > self.seconds

    @property
    def payer(self) -> Payer | None:
        return self.rules.payers.get(self.facts.payer)

    @property
    def is_medicaid(self) -> bool:
        return self.payer is not None and self.payer.is_medicaid

    @property
    def is_accepted(self) -> bool:
        """Whether the payer takes the code, as far as both are known: what is missing has a check of its own."""
        code = _code_for(self)
        return self.payer is None or self.payer.codes is None or code is None or code.code in self.payer.codes


@dataclass(frozen=True)
class Check:
    """A rule that holds or stands against: `key` names it in either case."""

    key: str
    holds: Callable[[Case], bool]
    sides: tuple[Side, ...] = (Side.CONSULTANT, Side.REQUESTER)
    medicaid_only: bool = False
    listed_only: bool = False
    """Only where the payer has a list of the codes that it takes."""
    later_only: bool = False
    """Only where later answers are one service with this one."""
    since: date | None = None
    """Of services from this day on: of those before it nobody was asked, and what a file told of them stands."""

    def applies(self, case: Case) -> bool:
        is_listed = case.payer is not None and case.payer.codes is not None
        is_wanted = (case.is_medicaid or not self.medicaid_only) and (is_listed or not self.listed_only)
        is_wanted = is_wanted and (bool(case.facts.later) or not self.later_only)
        served = case.facts.served_on
        return case.side in self.sides and is_wanted and (self.since is None or served is None or served >= self.since)


_CONSULTANT, _COLLEAGUE = (Side.CONSULTANT,), (Side.COLLEAGUE,)
_NEWLY_ASKED = date(2026, 12, 1)


def _is_window_free(case: Case) -> bool:
    days = case.rules.consultant_days if case.side == Side.CONSULTANT else case.rules.requester_days
    served, before = case.facts.served_on, case.facts.previous_on
    if case.facts.first_on is not None:
        return False
    return served is None or before is None or (served - before).days >= days


CHECKS = (
    # The codes are for whom the treating clinician asked and who reports to them. A colleague was asked by the
    # consultant, whose report it is, and whose own minutes alone count.
    Check("colleague", lambda case: case.side != Side.COLLEAGUE, _COLLEAGUE),
    Check("requested", lambda case: case.facts.is_requested_by_clinician),
    Check("request_signed", lambda case: case.facts.is_request_signed),
    Check("reason", lambda case: case.facts.has_reason),
    Check("consent", lambda case: case.facts.has_consent),
    # A family that agrees knows that it may have to pay a part.
    Check("cost_told", lambda case: case.facts.has_cost_notice, since=_NEWLY_ASKED),
    # What an insurer sends home tells the family of the question.
    Check("confidential", lambda case: not case.facts.is_confidential),
    Check("minutes", lambda case: _code_for(case) is not None),
    Check("report_signed", lambda case: case.facts.is_report_signed, _CONSULTANT),
    Check("report_sent", lambda case: case.facts.is_report_sent, _CONSULTANT),
    Check("f2f_prior", lambda case: case.facts.f2f_prior_14d is False, _CONSULTANT),
    Check("visit_before", lambda case: are_explained(visits_before(case.facts)), _CONSULTANT),
    Check("f2f_planned", lambda case: case.facts.f2f_planned_14d is False, _CONSULTANT),
    Check("visit_after", lambda case: are_explained(visits_after(case.facts)), _CONSULTANT),
    Check("transfer", lambda case: case.facts.transfer_of_care is False, _CONSULTANT),
    # A child whom a resident, a fellow or another clinician of the team sees is seen by the consultant's own practice.
    Check("team_visit", lambda case: case.facts.is_team_visit is False, _CONSULTANT, since=_NEWLY_ASKED),
    # One service has one code: what was said of any of its answers is said of all of it.
    Check("later", lambda case: not any(each.is_in_person for each in case.facts.later), _CONSULTANT, later_only=True),
    Check("window", _is_window_free),
    Check("payer", lambda case: case.facts.payer in case.rules.payers),
    Check("accepted", lambda case: case.is_accepted, listed_only=True),
    Check("consultant_npi", lambda case: bool(case.facts.consultant_npi)),
    Check("requester_npi", lambda case: bool(case.facts.requester_npi)),
    Check("insurance_id", lambda case: bool(case.facts.insurance_id) or case.facts.payer == "self_pay"),
    Check("diagnosis", lambda case: bool(case.facts.diagnosis)),
    Check("program_id", lambda case: bool(case.facts.program_id), medicaid_only=True),
    Check("consultant_enrolled", lambda case: case.facts.is_consultant_enrolled, medicaid_only=True),
    Check("requester_enrolled", lambda case: case.facts.is_requester_enrolled, medicaid_only=True),
    Check("child_state", lambda case: bool(case.facts.child_state), medicaid_only=True),
    Check(
        "consultant_licence", lambda case: case.facts.child_state in case.facts.consultant_states, medicaid_only=True
    ),
    Check("requester_licence", lambda case: case.facts.child_state in case.facts.requester_states, medicaid_only=True),
)
"""Every rule, in the order in which people read it."""
_OF_THE_FIRST = frozenset({"minutes", "window"})
"""What an answer that counts with an earlier one needs not keep by itself."""


@dataclass(frozen=True)
class Suggestion:
    """`code` fits the time; it may be billed only where `blockers` is empty, and then by a person, elsewhere.

    `reasons` and `blockers` hold keys of `CHECKS`: what was found right, and what stands against it. `minutes` are all
    that count for the code. Where `is_counted`, they count with the first answer of the service, and none here.
    `beyond` are the whole minutes over what the code stands for, which may have a code of prolonged service.
    """

    side: Side
    code: str
    minutes: int
    modifiers: tuple[str, ...]
    place_of_service: str
    reasons: tuple[str, ...]
    blockers: tuple[str, ...]
    version: str
    is_counted: bool = False
    beyond: int = 0

    @property
    def is_ready(self) -> bool:
        return bool(self.code) and not self.blockers

    @property
    def state(self) -> str:
        """In a word: `ready`, `counted` (with another one) or `blocked`."""
        return "ready" if self.is_ready else "counted" if self.is_counted else "blocked"


def suggest(facts: Facts, side: Side, rules: RuleSet = DEFAULTS) -> Suggestion:
    """What fits one side's work on a consult, with every rule that holds or does not.

    A later answer of a service has no code of its own: its time counts with the first one as soon as nothing else
    stands against it.
    """
    case = Case(facts, side, rules)
    checks = [check for check in CHECKS if check.applies(case)]
    against = tuple(check.key for check in checks if not check.holds(case))
    code, payer, is_later = _code_for(case), case.payer, facts.first_on is not None
    is_counted = is_later and _OF_THE_FIRST.issuperset(against)
    if is_later:
        against = () if is_counted else tuple(key for key in against if key != "minutes")
    return Suggestion(
        side=side,
        code=code.code if code else "",
        minutes=0 if is_counted else case.minutes,
        modifiers=payer.modifiers.get(code.code, ()) if payer and code else (),
        place_of_service=payer.place_of_service if payer and code else "",
        reasons=tuple(check.key for check in checks if check.holds(case)),
        blockers=against,
        version=rules.version,
        is_counted=is_counted,
        beyond=max(0, case.minutes - code.most) if code and code.most is not None else 0,
    )


def _code_for(case: Case) -> Code | None:
    """The one code whose minutes hold the time; a spoken report has codes of its own."""
    if case.facts.first_on is not None:
        return None
    for code in case.rules.codes(case.side):
        if code.is_spoken == case.is_spoken and code.first <= case.minutes <= (code.last or case.minutes):
            return code
    return None
